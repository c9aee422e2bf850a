"""People who recommend: the four quick recommenders, and everybody that the user adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from ..database import upsert
from ..errors import NameTaken, PersonNotFound, QuickRecommenderProtected
from ..models import MovieStatus, Person, PersonName, Recommendation, WatchRecord
from ..models.person import DEFAULT_COLOR
from ..prepared import Prepared
from .names import normal_form, normalise_name
from .transactions import LibraryRead, LibraryWrite

PEOPLE = Person.__table__
VOTES = Recommendation.__table__
NAMES = PersonName.__table__
STATUS = MovieStatus.__table__
WATCHED = WatchRecord.__table__

QUICK_RECOMMENDERS: tuple[dict[str, str], ...] = (
    {"quick_key": "youtube", "name": "Random YouTube Video", "color": "#bf5af2", "emoji": "📺"},
    {"quick_key": "oscar", "name": "Oscar Winner/Nominee", "color": "#ffd60a", "emoji": "🏆"},
    {"quick_key": "random_person", "name": "Random Person", "color": "#30d158", "emoji": "🤝"},
    {"quick_key": "google", "name": "Google Search", "color": "#64d2ff", "emoji": "🔎"},
)

_OF_USER = PEOPLE.c.user_id == bindparam("of_user")

_COUNT = (
    select(func.count())
    .select_from(VOTES)
    .where(VOTES.c.user_id == PEOPLE.c.user_id, VOTES.c.person_id == PEOPLE.c.id)
    .scalar_subquery()
    .label("movie_count")
)

PERSON_COLUMNS = (
    PEOPLE.c.id,
    PEOPLE.c.name,
    PEOPLE.c.user_id,
    PEOPLE.c.is_trusted,
    PEOPLE.c.color,
    PEOPLE.c.emoji,
    PEOPLE.c.quick_key,
    PEOPLE.c.last_modified,
    _COUNT,
    PEOPLE.c.seq.label("rev"),
)

_ALL = Prepared(select(*PERSON_COLUMNS).where(_OF_USER).order_by(PEOPLE.c.id))
_CHANGED = Prepared(
    select(*PERSON_COLUMNS).where(_OF_USER, PEOPLE.c.seq > bindparam("after"), PEOPLE.c.seq <= bindparam("up_to"))
)
_BY_ID = Prepared(select(*PERSON_COLUMNS).where(_OF_USER, PEOPLE.c.id == bindparam("of_person")))
_ID_BY_NAME = Prepared(select(PEOPLE.c.id).where(_OF_USER, PEOPLE.c.name == bindparam("of_name")))
_ID_BY_ID = Prepared(select(PEOPLE.c.id).where(_OF_USER, PEOPLE.c.id == bindparam("of_person")))
_MOVIES_OF = Prepared(
    select(VOTES.c.imdb_id).where(VOTES.c.user_id == bindparam("of_user"), VOTES.c.person_id == bindparam("of_person"))
)

_STATS = Prepared(
    select(
        func.count().label("total"),
        func.count().filter(STATUS.c.status == "watched").label("watched"),
        func.avg(WATCHED.c.my_rating).label("average"),
    )
    .select_from(VOTES)
    .join(STATUS, (STATUS.c.user_id == VOTES.c.user_id) & (STATUS.c.imdb_id == VOTES.c.imdb_id))
    .outerjoin(WATCHED, (WATCHED.c.user_id == VOTES.c.user_id) & (WATCHED.c.imdb_id == VOTES.c.imdb_id))
    .where(VOTES.c.user_id == bindparam("of_user"), VOTES.c.person_id == bindparam("of_person"))
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


def vote_field(person_id: int) -> str:
    """The field of a movie that holds this person's vote, for the change clock."""
    return f"vote:{person_id}"


def person_json(row: Any, *, with_rev: bool = False) -> dict[str, Any]:
    """The contract's Person from a row of PERSON_COLUMNS; ``with_rev`` adds its number, for the sync protocol."""
    person: dict[str, Any] = row._asdict()
    if not with_rev:
        del person["rev"]
    return person


def list_people(
    read: LibraryRead, *, with_rev: bool = False, changed: tuple[int, int] | None = None
) -> list[dict[str, Any]]:
    """All people of the user, the oldest first; or those whose last change has a number between these two."""
    if changed is None:
        rows = read.execute(_ALL)
    else:
        rows = sorted(read.execute(_CHANGED, after=changed[0], up_to=changed[1]), key=itemgetter(0))
    return [person_json(row, with_rev=with_rev) for row in rows]


def get_person(read: LibraryRead, person_id: int, *, with_rev: bool = False) -> dict[str, Any]:
    """One person by id; raises PersonNotFound."""
    row = read.execute(_BY_ID, of_person=person_id).one_or_none()
    if row is None:
        raise PersonNotFound
    return person_json(row, with_rev=with_rev)


def find_person(read: LibraryRead, name: str) -> int:
    """The id of the person who bears this name; raises PersonNotFound."""
    person_id = _id_of_name(read, normal_form(name))
    if person_id is None:
        raise PersonNotFound
    return person_id


def find_person_by_name_or_id(read: LibraryRead, text: str) -> int:
    """The id of the person of this name, or with this id when it is all digits and nobody bears it as a name."""
    person_id = _id_of_name(read, normal_form(text))
    if person_id is None and re.fullmatch(r"[0-9]{1,18}", text):
        person_id = read.execute(_ID_BY_ID, of_person=int(text)).scalar_one_or_none()
    if person_id is None:
        raise PersonNotFound
    return person_id


def check_person_id(read: LibraryRead, person_id: int) -> int:
    """The same id when it is one of this user's people; raises PersonNotFound."""
    if read.execute(_ID_BY_ID, of_person=person_id).first() is None:
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
    """Make a person; answers the id. Raises NameTaken."""
    normal = normalise_name(name)
    if _id_of_name(tx, normal) is not None:
        raise NameTaken(f"You have a person named “{normal}” already.")
    return _insert(tx, name=normal, is_trusted=is_trusted, color=color, emoji=emoji)


def add_people(tx: LibraryWrite, people: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make people with these columns; answers their ids, in order. Their names are normal, and nobody bears them."""
    ids = [tx.new_id() for _ in people]
    clock = tx.created_many("person", dict.fromkeys(ids, ()))
    usual = {"user_id": tx.user_id, "is_trusted": False, "color": DEFAULT_COLOR, "emoji": None, "quick_key": None}
    rows = [
        {**usual, **row, "id": person_id, **noted} for person_id, row, noted in zip(ids, people, clock, strict=True)
    ]
    if rows:
        tx.connection.execute(insert(PEOPLE), rows)
        _begin_name(tx, *((row["id"], row["name"]) for row in rows))
    return ids


def free_names(tx: LibraryWrite, person_ids: Iterable[int]) -> None:
    """Take away the names of people who are about to be given new ones, so that they may take each other's."""
    for person_id in person_ids:
        nobodys = f"\n{person_id}"  # no name begins with white space
        change = update(PEOPLE).where(_OF_USER, PEOPLE.c.id == bindparam("of_person")).values(name=nobodys)
        tx.execute(change, of_person=person_id)


def update_person(tx: LibraryWrite, person_id: int, changes: Mapping[str, Any]) -> None:
    """Change any of name, is_trusted, color, emoji; recommendations and quick_key stay. Raises NameTaken."""
    values = {key: changes[key] for key in ("name", "is_trusted", "color", "emoji") if key in changes}
    if "name" in values:
        values["name"] = normalise_name(values["name"])
        bearer = _id_of_name(tx, values["name"])
        if bearer not in (None, person_id):
            raise NameTaken(f"You have a person named “{values['name']}” already.")
    before = tx.execute(_BY_ID, of_person=person_id).one()._asdict()
    values = {key: value for key, value in values.items() if before[key] != value}
    if not values:
        return
    tx.execute(
        update(PEOPLE).where(_OF_USER, PEOPLE.c.id == bindparam("of_person")).values(**values), of_person=person_id
    )
    tx.touch("person", person_id, *values)
    if "name" in values:
        _end_name(tx, person_id)
        _begin_name(tx, (person_id, values["name"]))
        tx.touch_all("movie", tx.execute(_MOVIES_OF, of_person=person_id).scalars())  # they show the name


def delete_person(tx: LibraryWrite, person_id: int) -> None:
    """Remove a person and their recommendations. Raises QuickRecommenderProtected."""
    if tx.execute(_BY_ID, of_person=person_id).one().quick_key is not None:
        raise QuickRecommenderProtected
    tx.touch_all("movie", tx.execute(_MOVIES_OF, of_person=person_id).scalars(), vote_field(person_id))
    of_person = VOTES.c.person_id == bindparam("of_person")
    tx.execute(delete(VOTES).where(VOTES.c.user_id == bindparam("of_user"), of_person), of_person=person_id)
    tx.execute(delete(PEOPLE).where(_OF_USER, PEOPLE.c.id == bindparam("of_person")), of_person=person_id)
    tx.deleted("person", person_id)
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
    """Remember from which change on people bear these names, so that a queued action means who it meant."""
    begun = [
        {"user_id": tx.user_id, "person_id": person_id, "from_seq": tx.number_of("person", person_id), "name": name}
        for person_id, name in names
    ]
    upsert(tx.connection, NAMES, [{**row, "to_seq": None} for row in begun])  # in one batch it may come back


def _end_name(tx: LibraryWrite, person_id: int) -> None:
    when = {"ends_at": tx.number_of("person", person_id), "of_time": tx.done_at, "of_device": tx.device}
    tx.execute(_END_NAME, of_person=person_id, **when)
