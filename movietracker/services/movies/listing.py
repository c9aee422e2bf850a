"""Which movies of a user to read, and the statements that read them.

What a status, a list or a person's vote selects is looked up first, in an index of its own, and the movies by their
keys then; a join lets SQLite read the whole library (134 of 2,000 movies: 0.9 ms; so 0.4 ms).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import BindParameter, Boolean, ColumnElement, Integer, Select, String, bindparam, cast, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ...models import MOVIES, PEOPLE, STATUS, TAGS, VIEWINGS, VOTES, WATCHED
from ...models.movie import IS_LIKED, sort_value
from .columns import MOVIE_COLUMNS, OF_MOVIE, TAG_COLUMNS, TITLES, VIEWING_COLUMNS, VOTE_COLUMNS, of_movie, of_user

_MOVIES = select(*MOVIE_COLUMNS).select_from(TITLES).where(of_user(MOVIES))
SOME_VOTES = select(*VOTE_COLUMNS).where(of_user(VOTES))
ALL_VOTES = SOME_VOTES.order_by(VOTES.c.id)
ALL_VIEWINGS = select(*VIEWING_COLUMNS).where(of_user(VIEWINGS))
ALL_TAGS = select(*TAG_COLUMNS).where(of_user(TAGS))
NAMES_OF_PEOPLE = select(PEOPLE.c.id, PEOPLE.c.name).where(of_user(PEOPLE))

SOME_MOVIES = _MOVIES.where(MOVIES.c.imdb_id.in_(bindparam("of_keys", expanding=True)))
ONE_MOVIE = _MOVIES.where(MOVIES.c.imdb_id == OF_MOVIE)
VOTES_OF_ONE_MOVIE = (
    select(*VOTE_COLUMNS, PEOPLE.c.name)
    .join_from(VOTES, PEOPLE, (PEOPLE.c.user_id == VOTES.c.user_id) & (PEOPLE.c.id == VOTES.c.person_id))
    .where(of_movie(VOTES))
)


class holds(FunctionElement[bool]):  # noqa: N801 - like those of ``func``
    """Whether a text holds another. LIKE tries again at each letter, up to the length of the one for the other."""

    inherit_cache = True
    type = Boolean()


@compiles(holds, "sqlite")
def _instr(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **options)}) > 0)"


@compiles(holds, "postgresql")
def _strpos(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **options)}) > 0)"


@dataclass(frozen=True, slots=True)
class MovieFilter:
    """Which movies to list; everything that is given must fit.

    ``statuses`` are alternatives, ``is_watched`` asks for that one besides; ``person_id`` recommended it; one of
    ``texts``, the search forms of what is looked for, is in a note, title, original title, genre, or name of cast or
    director, or a recommender is one of ``named``; one of ``genres`` (folded, at most 20) is one of its genres; its
    year is between ``years``, both included; a viewing was in ``watched``, from a moment (Unix seconds) until before
    another; the user's rating is at least ``min_rating``, or is missing as ``lacks_rating`` asks; it is ``liked`` or
    not; it has the tag of this ``folded_tag``.
    ``sort`` is a key of SORTS, descending with a leading "-".
    ``changed`` gives the numbers of the change clock between which (the first exclusive) the movie changed last; such
    lists are ordered by IMDb id and come whole.
    ``after`` is the (sort value, IMDb id) of the last row of the page before; ``limit`` the maximum number of rows.
    """

    statuses: tuple[str, ...] = ()
    is_watched: bool = False
    person_id: int | None = None
    list_id: str | None = None
    media_type: str | None = None
    texts: tuple[str, ...] = ()
    named: tuple[int, ...] = ()
    genres: tuple[str, ...] = ()
    years: tuple[str, str] | None = None
    watched: tuple[float, float] | None = None
    min_rating: float | None = None
    lacks_rating: bool = False
    liked: bool | None = None
    folded_tag: str | None = None
    sort: str = "imdb_id"
    after: tuple[Any, str] | None = None
    limit: int | None = None
    changed: tuple[int, int] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether this is the whole library, so that votes need no selection."""
        return self == MovieFilter(sort=self.sort)

    @property
    def shape(self) -> Self:
        """The same without its values: what decides on the statement."""
        return replace(
            self,
            statuses=("",) * len(self.statuses),
            person_id=None if self.person_id is None else 0,
            list_id=None if self.list_id is None else "",
            media_type=None if self.media_type is None else "",
            texts=("",) * len(self.texts),
            named=(),
            genres=("",) * len(self.genres),
            years=None if self.years is None else ("", ""),
            watched=None if self.watched is None else (0.0, 0.0),
            min_rating=None if self.min_rating is None else 0.0,
            folded_tag=None if self.folded_tag is None else "",
            after=None if self.after is None else ("", ""),
            limit=None if self.limit is None else 0,
            changed=None if self.changed is None else (0, 0),
        )

    @property
    def values(self) -> dict[str, Any]:
        """What is to be bound to the parameters of the statement; those that it does not have do no harm."""
        after, up_to = self.changed or (0, 0)
        value, imdb_id = self.after or (None, None)
        from_year, to_year = self.years or ("", "")
        from_moment, to_moment = self.watched or (0.0, 0.0)
        return {
            **{f"status_{number}": status for number, status in enumerate(self.statuses)},
            "person": self.person_id,
            "list": self.list_id,
            "media_type": self.media_type,
            **{f"text_{number}": text for number, text in enumerate(self.texts)},
            "named": f",{','.join(map(str, self.named))},",
            **{f"genre_{number}": f" {genre} " for number, genre in enumerate(self.genres)},
            "from_year": from_year,
            "to_year": to_year,
            "from_moment": from_moment,
            "to_moment": to_moment,
            "min_rating": self.min_rating,
            "folded_tag": self.folded_tag,
            "after_seq": after,
            "to_seq": up_to,
            "after_value": value,
            "after_id": imdb_id,
            "most": None if self.limit is None else self.limit + 1,
        }


@lru_cache(maxsize=512)
def listing(shape: MovieFilter) -> Select[Any]:
    """The statement for all filters of this shape, with the sort value as its last column."""
    ids, descending = MOVIES.c.imdb_id, shape.sort.startswith("-")
    sort = sort_value(shape.sort)
    statement = _MOVIES.where(*_conditions(shape)).add_columns(sort.label("sort_value"))
    if shape.after is not None:
        value: BindParameter[Any] = bindparam("after_value", type_=sort.type)
        beyond = sort < value if descending else sort > value
        statement = statement.where(or_(beyond, (sort == value) & (ids > bindparam("after_id"))))
    if shape.changed is not None:
        pass  # a few rows from the index of numbers, which list_movies sorts
    elif sort is ids:
        statement = statement.order_by(ids.desc() if descending else ids)
    else:
        statement = statement.order_by(sort.desc() if descending else sort, ids)
    if shape.limit is not None:
        statement = statement.limit(bindparam("most", type_=Integer))
    return statement


@lru_cache(maxsize=128)
def of_selection(shape: MovieFilter, hanging: Select[Any]) -> Select[Any] | None:
    """What hangs on the movies that are selected by an index, such as votes; None when something else selects, too."""
    keys = _selections(shape)
    if shape.changed is not None:
        keys.append(select(MOVIES.c.imdb_id).where(of_user(MOVIES), *_CHANGED))
    if not keys or _checks(shape) or shape.after is not None or shape.limit is not None:
        return None
    return hanging.where(*(hanging.selected_columns.imdb_id.in_(each) for each in keys))


def _conditions(shape: MovieFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [MOVIES.c.imdb_id.in_(keys) for keys in _selections(shape)]
    if shape.changed is not None:
        conditions += _CHANGED
    return conditions + _checks(shape)


def _checks(shape: MovieFilter) -> list[ColumnElement[bool]]:
    """What no index finds, and is checked of each row."""
    conditions: list[ColumnElement[bool]] = []
    if shape.media_type is not None:
        conditions.append(MOVIES.c.media_type == bindparam("media_type"))
    if shape.texts:
        conditions.append(_search(len(shape.texts)))
    if shape.genres:
        conditions.append(_holds_one(MOVIES.c.genres, "genre", len(shape.genres)))
    if shape.lacks_rating:
        conditions.append(WATCHED.c.my_rating.is_(None))
    if shape.liked is False:
        conditions.append(~IS_LIKED)
    return conditions


def _search(texts: int) -> ColumnElement[bool]:
    """Whether one of so many texts is in what is known of the title, in a name of a recommender, or in a note."""
    elsewhere = [_RECOMMENDED_BY_NAMED]
    for table in _NOTED:
        held = _holds_one(table.c.search_text, "text", texts)
        # The first condition lets the index of notes be used.
        elsewhere.append(select(table.c.imdb_id).where(of_user(table), table.c.search_text.is_not(None), held))
    return or_(_holds_one(MOVIES.c.search_text, "text", texts), *(MOVIES.c.imdb_id.in_(each) for each in elsewhere))


def _holds_one(column: ColumnElement[Any], name: str, count: int) -> ColumnElement[bool]:
    return or_(*(holds(column, bindparam(f"{name}_{number}")) for number in range(count)))


_NOTED = (VOTES, VIEWINGS)
_CHANGED = (MOVIES.c.seq > bindparam("after_seq"), MOVIES.c.seq <= bindparam("to_seq"))

# The ids are one value, between commas, so that the statement is the same for however many.
_NAMED = select(PEOPLE.c.id).where(
    of_user(PEOPLE), holds(bindparam("named", type_=String()), "," + cast(PEOPLE.c.id, String) + ",")
)
_RECOMMENDED_BY_NAMED = select(VOTES.c.imdb_id).where(of_user(VOTES), VOTES.c.person_id.in_(_NAMED))


def _selections(shape: MovieFilter) -> list[Select[Any]]:
    """Statements that give the keys of what is selected, each from one index."""
    selections: list[Select[Any]] = []
    status = select(STATUS.c.imdb_id).where(of_user(STATUS))
    votes = select(VOTES.c.imdb_id).where(of_user(VOTES))
    watched = select(WATCHED.c.imdb_id).where(of_user(WATCHED))
    if shape.statuses:
        names = [bindparam(f"status_{number}", type_=STATUS.c.status.type) for number in range(len(shape.statuses))]
        selections.append(status.where(STATUS.c.status.in_(names)))
    if shape.is_watched:
        selections.append(status.where(STATUS.c.status == bindparam("watched", "watched")))
    if shape.list_id is not None:
        selections.append(status.where(STATUS.c.custom_list_id == bindparam("list")))
    if shape.person_id is not None:
        selections.append(votes.where(VOTES.c.person_id == bindparam("person")))
    if shape.years is not None:
        of_years = MOVIES.c.year.between(bindparam("from_year"), bindparam("to_year"))
        selections.append(select(MOVIES.c.imdb_id).where(of_user(MOVIES), of_years))
    if shape.watched is not None:
        moment = VIEWINGS.c.moment
        is_then = (moment >= bindparam("from_moment"), moment < bindparam("to_moment"))
        selections.append(select(VIEWINGS.c.imdb_id).where(of_user(VIEWINGS), *is_then))
    if shape.min_rating is not None:
        selections.append(watched.where(WATCHED.c.my_rating >= bindparam("min_rating")))
    if shape.liked:
        selections.append(select(MOVIES.c.imdb_id).where(of_user(MOVIES), IS_LIKED))
    if shape.folded_tag is not None:
        tags = select(TAGS.c.imdb_id).where(of_user(TAGS))
        selections.append(tags.where(TAGS.c.folded == bindparam("folded_tag")))
    return selections
