"""People who recommend: the four quick recommenders, and those that the user adds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from ..errors import NameTaken, PersonNotFound, QuickRecommenderProtected
from ..models import NAMES, PEOPLE, STATUS, VOTES, WATCHED
from ..models.library import DEFAULT_COLOR
from ..schemas.person import PersonFields, PersonSchema
from .change_clock import LibraryWrite
from .collection import Collection
from .library_read import LibraryRead
from .names import normal_form, normalise_name

QUICK_RECOMMENDERS: tuple[dict[str, str], ...] = (
    {"quick_key": "youtube", "name": "Random YouTube Video", "color": "#bf5af2", "emoji": "📺"},
    {"quick_key": "oscar", "name": "Oscar Winner/Nominee", "color": "#ffd60a", "emoji": "🏆"},
    {"quick_key": "random_person", "name": "Random Person", "color": "#30d158", "emoji": "🤝"},
    {"quick_key": "google", "name": "Google Search", "color": "#64d2ff", "emoji": "🔎"},
)

_COUNT = (
    select(func.count())
    .select_from(VOTES)
    .where(VOTES.c.user_id == PEOPLE.c.user_id, VOTES.c.person_id == PEOPLE.c.id)
    .scalar_subquery()
)
COLLECTION = Collection(
    "person",
    PersonSchema,
    PersonNotFound,
    changeable=("name", *PersonFields._declared_fields),
    defaults={"is_trusted": False, "color": DEFAULT_COLOR, "emoji": None, "quick_key": None},
    order=("id",),
    movie_count=_COUNT,
)
list_people, get_person, has_person = COLLECTION.read_all, COLLECTION.read_one, COLLECTION.has
values_of = COLLECTION.values_of

_OF_USER = PEOPLE.c.user_id == bindparam("of_user")
_OF_PERSON = PEOPLE.c.id == bindparam("of_person")
_ID_BY_NAME = select(PEOPLE.c.id).where(_OF_USER, PEOPLE.c.name == bindparam("of_name"))
_QUICK_KEY = select(PEOPLE.c.quick_key).where(_OF_USER, _OF_PERSON)
_RENAME = update(PEOPLE).where(_OF_USER, _OF_PERSON).values(name=bindparam("to_name"))
_IS_THEIR_VOTE = (VOTES.c.user_id == bindparam("of_user"), VOTES.c.person_id == bindparam("of_person"))
_MOVIES_OF = select(VOTES.c.imdb_id).where(*_IS_THEIR_VOTE)
_REMOVE_VOTES = delete(VOTES).where(*_IS_THEIR_VOTE)

_STATS = (
    select(
        func.count().label("total"),
        func.count().filter(STATUS.c.status == "watched").label("watched"),
        func.avg(WATCHED.c.my_rating).label("average"),
    )
    .select_from(VOTES)
    .join(STATUS, (STATUS.c.user_id == VOTES.c.user_id) & (STATUS.c.imdb_id == VOTES.c.imdb_id))
    .outerjoin(WATCHED, (WATCHED.c.user_id == VOTES.c.user_id) & (WATCHED.c.imdb_id == VOTES.c.imdb_id))
    .where(*_IS_THEIR_VOTE)
)

_END_NAME = (
    update(NAMES)
    .where(
        NAMES.c.user_id == bindparam("of_user"),
        NAMES.c.person_id == bindparam("of_person"),
        NAMES.c.to_seq.is_(None),
    )
    .values(to_seq=bindparam("ends_at"), ended_at=bindparam("of_time"), device=bindparam("of_device"))
)


def vote_fields(person_id: int) -> tuple[str, str]:
    """The fields of a movie that hold this person's vote and what they said of it, for the change clock."""
    return f"vote:{person_id}", f"vote:{person_id}:note"


def find_person(read: LibraryRead, name: str) -> int:
    """The id of the person of this name; raises PersonNotFound."""
    person_id = _id_of_name(read, normal_form(name))
    if person_id is None:
        raise PersonNotFound
    return person_id


def find_person_by_name_or_id(read: LibraryRead, text: str) -> int:
    """The id of the person of this name, or with this id when it is all digits and no person's name."""
    person_id = _id_of_name(read, normal_form(text))
    if person_id is None and re.fullmatch(r"[0-9]{1,18}", text) and has_person(read, int(text)):
        person_id = int(text)
    if person_id is None:
        raise PersonNotFound
    return person_id


def find_or_add_person(tx: LibraryWrite, name: str) -> int:
    """The id of the person of this name, made if there is none."""
    normal = normalise_name(name, "person_name")
    person_id = _id_of_name(tx, normal)
    return person_id if person_id is not None else _insert(tx, name=normal)


def add_person(
    tx: LibraryWrite, name: str, *, is_trusted: bool = False, color: str = DEFAULT_COLOR, emoji: str | None = None
) -> int:
    """Make a person; returns the id. Raises NameTaken."""
    normal = normalise_name(name)
    if _id_of_name(tx, normal) is not None:
        raise NameTaken(f"You have a person named “{normal}” already.")
    return _insert(tx, name=normal, is_trusted=is_trusted, color=color, emoji=emoji)


def add_people(tx: LibraryWrite, people: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make people with these values; returns their ids, in order. Their names are normal and free."""
    ids = COLLECTION.add(tx, people)
    _begin_name(tx, *((person_id, person["name"]) for person_id, person in zip(ids, people, strict=True)))
    return ids


def update_people(tx: LibraryWrite, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change people by id, as ``update_person`` does; they may take each other's names."""
    renamed = [person_id for person_id, values in changes.items() if "name" in values]
    if len(renamed) > 1:
        # Placeholders cannot clash: stored names are stripped.
        tx.execute_many(_RENAME, [{"of_person": person_id, "to_name": f"\n{person_id}"} for person_id in renamed])
    for person_id, values in changes.items():
        update_person(tx, person_id, values)


def update_person(tx: LibraryWrite, person_id: int, changes: Mapping[str, Any]) -> None:
    """Change any of name, is_trusted, color, emoji; recommendations and quick_key stay. Raises NameTaken."""
    if "name" in changes:
        name = normalise_name(changes["name"])
        if _id_of_name(tx, name) not in (None, person_id):
            raise NameTaken(f"You have a person named “{name}” already.")
    changed = COLLECTION.change(tx, person_id, changes)
    if "name" in changed:
        _end_name(tx, person_id)
        _begin_name(tx, (person_id, changed["name"]))
        tx.touch_all("movie", tx.execute(_MOVIES_OF, of_person=person_id).scalars())  # they show the name


def delete_person(tx: LibraryWrite, person_id: int) -> None:
    """Remove a person and their recommendations. Raises QuickRecommenderProtected."""
    if tx.execute(_QUICK_KEY, of_person=person_id).scalar_one() is not None:
        raise QuickRecommenderProtected
    movies = tx.execute(_MOVIES_OF, of_person=person_id).scalars()
    tx.touch_all("movie", movies, *vote_fields(person_id))
    tx.execute(_REMOVE_VOTES, of_person=person_id)
    COLLECTION.remove(tx, person_id)
    _end_name(tx, person_id)


def seed_quick_recommenders(tx: LibraryWrite) -> None:
    """Give a new account the four quick recommenders, untrusted."""
    for recommender in QUICK_RECOMMENDERS:
        _insert(tx, **recommender)


def person_stats(read: LibraryRead, person_id: int) -> dict[str, Any]:
    """How good this person's recommendations were: counts, and the average of the user's own ratings (1 decimal)."""
    row = read.execute(_STATS, of_person=person_id).one()
    return {
        "total_movies": row.total,
        "watched_movies": row.watched,
        "average_rating": None if row.average is None else round(row.average, 1),
    }


def _id_of_name(read: LibraryRead, normal_name: str) -> int | None:
    found: int | None = read.execute(_ID_BY_NAME, of_name=normal_name).scalar_one_or_none()
    return found


def _insert(tx: LibraryWrite, **values: Any) -> int:
    return add_people(tx, [values])[0]


def _begin_name(tx: LibraryWrite, *names: tuple[int, str]) -> None:
    """Remember from which change on people have these names, so that a queued action means who it meant."""
    begun = [
        {"person_id": person_id, "from_seq": tx.number_of("person", person_id), "name": name, "to_seq": None}
        for person_id, name in names
    ]
    tx.upsert(NAMES, begun)  # in one batch a name may come back


def _end_name(tx: LibraryWrite, person_id: int) -> None:
    when = {"ends_at": tx.number_of("person", person_id), "of_time": tx.done_at, "of_device": tx.device}
    tx.execute(_END_NAME, of_person=person_id, **when)
