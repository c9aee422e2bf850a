"""People who recommend: the four quick recommenders, and those that the user adds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, union_all, update

from ..database import in_chunks
from ..errors import NameTaken, PersonNotFound, QuickRecommenderProtected
from ..models import NAMES, PEOPLE, STATUS, VOTES, WATCHED
from ..models.library import DEFAULT_COLOR
from ..schemas.person import PersonFields, PersonSchema
from .change_clock import LibraryWrite
from .collection import Collection
from .library_read import LibraryRead
from .names import folded_name, new_persons_name, normal_form

QUICK_RECOMMENDERS: tuple[dict[str, str], ...] = (
    {"quick_key": "youtube", "name": "Random YouTube Video", "color": "#bf5af2", "emoji": "📺"},
    {"quick_key": "oscar", "name": "Oscar Winner/Nominee", "color": "#ffd60a", "emoji": "🏆"},
    {"quick_key": "random_person", "name": "Random Person", "color": "#30d158", "emoji": "🤝"},
    {"quick_key": "google", "name": "Google Search", "color": "#64d2ff", "emoji": "🔎"},
)

NO_ONE = 0
"""The id of nobody."""

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
# By both, since a version from before the folded name may have written a row; each by its index, as OR would not be.
_HOLDERS = union_all(
    select(PEOPLE.c.id, PEOPLE.c.name).where(_OF_USER, PEOPLE.c.name == bindparam("of_name")),
    select(PEOPLE.c.id, PEOPLE.c.name).where(_OF_USER, PEOPLE.c.folded == bindparam("of_folded")),
)
_ALL = select(PEOPLE.c.name, PEOPLE.c.id).where(_OF_USER)
_NAMES_OF = (
    select(NAMES.c.person_id, NAMES.c.name)
    .where(NAMES.c.user_id == bindparam("of_user"), NAMES.c.person_id.in_(bindparam("of_people", expanding=True)))
    .order_by(NAMES.c.from_seq)
)
_QUICK_KEY = select(PEOPLE.c.quick_key).where(_OF_USER, _OF_PERSON)
_SET_ASIDE = update(PEOPLE).where(_OF_USER, _OF_PERSON).values(name=bindparam("to_name"))
_FOLD = update(PEOPLE).where(_OF_USER, _OF_PERSON).values(folded=bindparam("to_folded"))
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
    .where(*_IS_THEIR_VOTE, STATUS.c.status != "deleted")
)

_IS_THEIR_NAME = (
    NAMES.c.user_id == bindparam("of_user"),
    NAMES.c.person_id == bindparam("of_person"),
    NAMES.c.to_seq.is_(None),
)
_END_NAME = (
    update(NAMES)
    .where(*_IS_THEIR_NAME)
    .values(to_seq=bindparam("ends_at"), ended_at=bindparam("of_time"), device=bindparam("of_device"))
)
_TAKE_SPELLING = (
    delete(NAMES).where(*_IS_THEIR_NAME, NAMES.c.folded == bindparam("of_folded")).returning(NAMES.c.from_seq)
)


def vote_fields(person_id: int) -> tuple[str, str]:
    """The fields of a movie that hold this person's vote and what they said of it, for the change clock."""
    return f"vote:{person_id}", f"note:{person_id}"


def find_person(read: LibraryRead, name_or_id: str) -> int:
    """The id of the person of this name, or with this id when it is all digits and no person's name.

    A name is one's that differs from it in case, accents or invisible characters only, too: of several the exact one's,
    else that of the one who was added first. Raises PersonNotFound.
    """
    person_id = _person_of(read, name_or_id)
    if person_id is None:
        raise PersonNotFound
    return person_id


def person_asked_for(read: LibraryRead, name_or_id: str) -> int:
    """The id of that person; when there is none, one that nobody has, so that nothing is found of them."""
    return _person_of(read, name_or_id) or NO_ONE


def person_numbered(read: LibraryRead, text: str) -> int | None:
    """The id that this text is; None for one that is no person's."""
    is_id = re.fullmatch(r"[0-9]{1,18}", text) is not None and has_person(read, int(text))
    return int(text) if is_id else None


def made_again(read: LibraryRead, person_ids: Sequence[int]) -> dict[int, int]:
    """Of these people those who are gone, each with the one who has exactly their last name now."""
    last_names: dict[int, str] = {}
    for part in in_chunks(person_ids):
        last_names.update(map(tuple, read.execute(_NAMES_OF, of_people=part)))
    present: dict[str, int] = dict(map(tuple, read.execute(_ALL)))
    gone = last_names.keys() - set(present.values())
    return {each: present[name] for each in gone if (name := last_names[each]) in present}


def find_or_add_person(tx: LibraryWrite, name_or_id: str, field: str) -> int:
    """The id of that person, as ``find_person`` finds them, made if there is none. Raises Invalid, naming the field."""
    person_id = _person_of(tx, name_or_id)
    return _insert(tx, name=new_persons_name(name_or_id, field)) if person_id is None else person_id


def add_person(
    tx: LibraryWrite, name: str, *, is_trusted: bool = False, color: str = DEFAULT_COLOR, emoji: str | None = None
) -> int:
    """Make a person; returns the id. Raises NameTaken, Invalid."""
    normal = new_persons_name(name)
    _refuse_taken(_holders(tx, normal))
    return _insert(tx, name=normal, is_trusted=is_trusted, color=color, emoji=emoji)


def add_people(tx: LibraryWrite, people: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make people with these values; returns their ids, in order. No other has exactly one of their names."""
    ids = COLLECTION.add(tx, [{**person, "folded": folded_name(person["name"])} for person in people])
    _begin_name(tx, *((person_id, person["name"]) for person_id, person in zip(ids, people, strict=True)))
    return ids


def update_people(tx: LibraryWrite, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change people by id; they may take each other's names, and no other has exactly one of those."""
    renamed = [person_id for person_id, values in changes.items() if "name" in values]
    if len(renamed) > 1:
        # Placeholders cannot clash: stored names are stripped.
        tx.execute_many(_SET_ASIDE, [{"of_person": person_id, "to_name": f"\n{person_id}"} for person_id in renamed])
    for person_id, values in changes.items():
        _change(tx, person_id, values)


def update_person(tx: LibraryWrite, person_id: int, changes: Mapping[str, Any]) -> None:
    """Change any of name, is_trusted, color, emoji; recommendations and quick_key stay.

    The name may be another spelling of theirs. Raises NameTaken, Invalid, PersonNotFound.
    """
    if "name" in changes:
        normal = new_persons_name(changes["name"])
        holders = _holders(tx, normal)
        is_theirs = any(each.id == person_id for each in holders)
        _refuse_taken([each for each in holders[:1] if each.id != person_id and (each.name == normal or not is_theirs)])
    _change(tx, person_id, changes)


def _change(tx: LibraryWrite, person_id: int, changes: Mapping[str, Any]) -> None:
    changed = COLLECTION.change(tx, person_id, changes)
    if "name" in changed:
        _rename(tx, person_id, changed["name"])
        tx.touch_all("movie", tx.execute(_MOVIES_OF, of_person=person_id).scalars())  # they show the name


def delete_person(tx: LibraryWrite, person_id: int) -> None:
    """Remove a person and their recommendations. Raises QuickRecommenderProtected, PersonNotFound."""
    if tx.execute(_QUICK_KEY, of_person=person_id).scalar_one_or_none() is not None:
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
    """How good this person's recommendations were: counts, and the average of the user's own ratings (1 decimal).

    As in all figures, titles with status deleted do not count.
    """
    row = read.execute(_STATS, of_person=person_id).one()
    return {
        "total_movies": row.total,
        "watched_movies": row.watched,
        "average_rating": None if row.average is None else round(row.average, 1),
    }


def _person_of(read: LibraryRead, name_or_id: str) -> int | None:
    normal = normal_form(name_or_id)
    holders = _holders(read, normal)
    return holders[0].id if holders else person_numbered(read, normal)


def _holders(read: LibraryRead, normal_name: str) -> list[Any]:
    """Who has this name, or one that differs so little that it is the same: the exact one first, then the oldest."""
    found = set(read.execute(_HOLDERS, of_name=normal_name, of_folded=folded_name(normal_name)))
    return sorted(found, key=lambda holder: (holder.name != normal_name, holder.id))


def _refuse_taken(holders: Sequence[Any]) -> None:
    if holders:
        raise NameTaken(f"You have a person named “{holders[0].name}” already.")


def _insert(tx: LibraryWrite, **values: Any) -> int:
    return add_people(tx, [values])[0]


def _rename(tx: LibraryWrite, person_id: int, name: str) -> None:
    """Note a new name. Another spelling ends nothing: who writes the former one means the same person."""
    folded = folded_name(name)
    tx.execute(_FOLD, of_person=person_id, to_folded=folded)
    is_shared = len(_holders(tx, name)) > 1  # an exact spelling tells such people apart
    began = None if is_shared else tx.execute(_TAKE_SPELLING, of_person=person_id, of_folded=folded).first()
    if began is None:
        _end_name(tx, person_id)
        _begin_name(tx, (person_id, name))
    else:
        spelling = {"person_id": person_id, "from_seq": began.from_seq, "name": name, "folded": folded, "to_seq": None}
        tx.upsert(NAMES, [spelling])


def _begin_name(tx: LibraryWrite, *names: tuple[int, str]) -> None:
    """Remember from which change on people have these names, so that a queued action means who it meant."""
    begun = [
        {
            "person_id": person_id,
            "from_seq": tx.number_of("person", person_id),
            "name": name,
            "folded": folded_name(name),
            "to_seq": None,
        }
        for person_id, name in names
    ]
    tx.upsert(NAMES, begun)  # in one batch a name may come back


def _end_name(tx: LibraryWrite, person_id: int) -> None:
    when = {"ends_at": tx.number_of("person", person_id), "of_time": tx.done_at, "of_device": tx.device}
    tx.execute(_END_NAME, of_person=person_id, **when)
