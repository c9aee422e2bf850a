"""What the user chose: which title a row means, remembered for the next import; what becomes of people and lists.

People and lists that were found are by the names in which they were found. Each is given the name of the person or list
of the library that it becomes, made if there is none, or None to be left out. Two of the same name become one. A list
may become a tag instead.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, select

from .. import clock
from ..database import in_chunks, upsert
from ..models import IMPORT_CHOICES
from ..plugin.importers import ImportRow
from ..services.movies.tags import tag_named
from ..services.names import new_persons_name, normalise_name
from ..services.transactions import query
from ..text import fold_key
from .jobs import Job

MAX_REMEMBERED = 10_000


def form_of(row: ImportRow) -> str | None:
    """A hash of source, folded title, year and kind, the same in every import; None for a row without a title."""
    if not row.title:
        return None
    parts = (row.source, fold_key(row.title), row.year, row.kind)
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def recall(user_id: str, forms: Iterable[str | None]) -> dict[str, str]:
    """The IMDb ids that the user chose for these forms in earlier imports."""
    wanted = [form for form in set(forms) if form is not None]
    chosen: dict[str, str] = {}
    for part in in_chunks(wanted):
        of_forms = IMPORT_CHOICES.c.user_id == user_id, IMPORT_CHOICES.c.form.in_(part)
        chosen.update(map(tuple, query(select(IMPORT_CHOICES.c.form, IMPORT_CHOICES.c.imdb_id).where(*of_forms))))
    return chosen


def remember(connection: Connection, user_id: str, chosen: Mapping[str, str]) -> None:
    """Remember IMDb ids by forms; beyond MAX_REMEMBERED the oldest are forgotten."""
    now = clock.now()
    made = [{"user_id": user_id, "form": form, "imdb_id": imdb_id, "at": now} for form, imdb_id in chosen.items()]
    upsert(connection, IMPORT_CHOICES, made)
    of_user = IMPORT_CHOICES.c.user_id == user_id
    newest = select(IMPORT_CHOICES.c.form).where(of_user).order_by(IMPORT_CHOICES.c.at.desc(), IMPORT_CHOICES.c.form)
    old = connection.execute(newest.offset(MAX_REMEMBERED)).scalars().all()
    for part in in_chunks(old):
        connection.execute(delete(IMPORT_CHOICES).where(of_user, IMPORT_CHOICES.c.form.in_(part)))


def forget(connection: Connection, user_id: str, forms: Iterable[str]) -> None:
    """Forget what the user chose for these forms, so that the next import asks again."""
    of_user = IMPORT_CHOICES.c.user_id == user_id
    for part in in_chunks(list(forms)):
        connection.execute(delete(IMPORT_CHOICES).where(of_user, IMPORT_CHOICES.c.form.in_(part)))


def decided(
    job: Job,
    *,
    people: Mapping[str, str | None],
    lists: Mapping[str, str | None],
    list_tags: Mapping[str, str] = MappingProxyType({}),
    ratings: str | None = None,
) -> dict[str, Any]:
    """The choices of a job with these as well; those for nobody and nothing that was found are ignored.

    ``list_tags`` are the tags that lists become. Raises Invalid for a name that cannot be.
    """
    known_people, known_lists = ({each["name"] for each in found} for found in (job.people, job.lists))
    kept = {each: tag for each, tag in job.choices.get("list_tags", {}).items() if each not in lists}
    tagged = {each: tag_named(tag)[1] for each, tag in list_tags.items() if each in known_lists}
    return {
        "people": {
            **job.choices.get("people", {}),
            **{each: name and new_persons_name(name) for each, name in people.items() if each in known_people},
        },
        "lists": {
            **job.choices.get("lists", {}),
            **{each: name and normalise_name(name) for each, name in lists.items() if each in known_lists},
            **dict.fromkeys(tagged),
        },
        "list_tags": kept | tagged,
        "ratings": ratings or job.choices.get("ratings", "keep"),
    }
