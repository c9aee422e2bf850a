"""The ranking of watched titles by comparison: the liked ones and the others, each group in an order of its own.

A place is stored as a key that sorts between those of its neighbors (``order_keys``), so that ranking a title changes
one row; positions and scores are computed when they are read. A title that is not watched keeps its row and is not
shown. One that is taken out keeps it, too, without ``ranked_at``, and one that moves to the other group remembers its
former place: a device that was offline may have put a title after it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Boolean, ColumnElement, Integer, bindparam, case, func, select, update

from ..errors import AlreadyRanked, Invalid, MovieNotFound, NotRanked, NotWatched
from ..models import MOVIES, RANKINGS, STATUS, WATCHED
from ..schemas.ranking import TitleRow, comparisons_json, ranked_json, title_json
from .change_clock import LibraryWrite
from .library_read import LibraryRead
from .movies.columns import IS_RANKED, of_movie, of_user, same_title
from .order_keys import MAX_LENGTH, key_between, make_room

FIRST = ""
"""The place before all others of a group; other places are the keys after which a title is put."""

Comparisons = Sequence[dict[str, str]]

_LIKED: BindParameter[bool] = bindparam("in_liked", type_=Boolean)
_OF_GROUP = of_user(RANKINGS) & (RANKINGS.c.liked == _LIKED)
_OTHERS = _OF_GROUP & (RANKINGS.c.imdb_id != bindparam("of_movie"))
_OTHERS_SHOWN = _OTHERS & RANKINGS.c.is_shown
_KEY = RANKINGS.c.order_key
_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)
_TITLE = (MOVIES.c.imdb_id, MOVIES.c.title, MOVIES.c.year, func.coalesce(MOVIES.c.tmdb_data, MOVIES.c.omdb_data))

_ONE = (
    select(
        *(STATUS.c.status, RANKINGS.c.liked, _KEY, RANKINGS.c.ranked_at, RANKINGS.c.comparisons),
        *(RANKINGS.c.former_key, *_TITLE),
    )
    .select_from(MOVIES.join(STATUS, same_title(STATUS)).outerjoin(RANKINGS, same_title(RANKINGS)))
    .where(of_movie(MOVIES))
)
_COUNT = select(func.count()).where(_OTHERS_SHOWN)
_IN_ORDER = select(_KEY).where(_OTHERS_SHOWN).order_by(_KEY).limit(1)
_NTH = _IN_ORDER.offset(bindparam("skipped", type_=Integer))
_BETWEEN = _IN_ORDER.where(RANKINGS.c.order_key > bindparam("after"), RANKINGS.c.order_key < bindparam("before"))
_NEXT = select(_KEY).where(_OTHERS, RANKINGS.c.order_key > bindparam("after")).order_by(_KEY).limit(1)
_LAST = select(_KEY).where(_OTHERS, RANKINGS.c.order_key < bindparam("before")).order_by(_KEY.desc()).limit(1)
_BEST = select(func.min(_KEY)).where(_OTHERS_SHOWN, RANKINGS.c.imdb_id.in_(_KEYS))
_PLACE: ColumnElement[Any] = case((RANKINGS.c.liked == _LIKED, _KEY), else_=func.coalesce(RANKINGS.c.former_key, _KEY))
_PLACE_OF = select(_PLACE.label("place")).where(of_movie(RANKINGS))
_GROUP = select(_KEY, RANKINGS.c.imdb_id).where(_OTHERS)
_KNOWN = select(MOVIES.c.imdb_id).where(of_user(MOVIES), MOVIES.c.imdb_id.in_(_KEYS))
_MOVE = update(RANKINGS).where(of_movie(RANKINGS)).values(order_key=bindparam("to_key"))
_UNRANK = update(RANKINGS).where(of_movie(RANKINGS)).values(ranked_at=None, comparisons=None, is_shown=False)

_ALL = (
    select(RANKINGS.c.liked, _KEY, RANKINGS.c.ranked_at, *_TITLE)
    .select_from(RANKINGS.join(STATUS, same_title(STATUS, RANKINGS) & IS_RANKED).join(MOVIES, same_title(RANKINGS)))
    .where(of_user(RANKINGS))
)
_UNRANKED = (
    select(WATCHED.c.date_watched, *_TITLE)
    .select_from(
        STATUS.join(MOVIES, same_title(STATUS))
        .outerjoin(RANKINGS, same_title(RANKINGS) & IS_RANKED)
        .outerjoin(WATCHED, same_title(WATCHED))
    )
    .where(of_user(STATUS), STATUS.c.status == "watched", RANKINGS.c.imdb_id.is_(None))
)


class Page(NamedTuple):
    """Titles ready to be dumped; ``last`` is where the next page goes on, None at the end."""

    titles: list[dict[str, Any]]
    last: tuple[Any, str] | None = None


class Title(NamedTuple):
    """A title and its row in the ranking; without one the columns of RANKINGS are None."""

    is_watched: bool
    liked: bool | None
    order_key: str
    ranked_at: float | None
    comparisons: str | None
    former_key: str | None
    shown: TitleRow

    @property
    def is_ranked(self) -> bool:
        """Whether it has a place in the ranking, shown or not."""
        return self.ranked_at is not None


def list_ranking(read: LibraryRead, after: tuple[bool, str] | None = None, limit: int | None = None) -> Page:
    """The ranking, the liked titles first; or so many after a place (group and key) in it."""
    # Sorted here: an index has the others first.
    rows = sorted(read.fetch(_ALL), key=lambda row: (not row[0], row[1]))
    counts = {liked: sum(bool(row[0]) == liked for row in rows) for liked in (True, False)}
    start = 0 if after is None else bisect_right(rows, (not after[0], after[1]), key=lambda row: (not row[0], row[1]))
    chosen = rows[start:] if limit is None else rows[start : start + limit]
    titles = [
        ranked_json(TitleRow(*title), at + 1 - (0 if liked else counts[True]), counts[bool(liked)], bool(liked), ranked)
        for at, (liked, _, ranked, *title) in enumerate(chosen, start)
    ]
    return Page(titles, None if start + len(chosen) == len(rows) else (bool(chosen[-1][0]), chosen[-1][1]))


def list_unranked(read: LibraryRead, after: tuple[float, str] | None = None, limit: int | None = None) -> Page:
    """The watched titles that are not ranked, the one watched last first; or so many after a place (date, IMDb id)."""
    rows = sorted((-(date or 0.0), *title) for date, *title in read.fetch(_UNRANKED))
    start = 0 if after is None else bisect_right(rows, (-after[0], after[1]), key=lambda row: row[:2])
    chosen = rows[start:] if limit is None else rows[start : start + limit]
    titles = [title_json(TitleRow(*title)) for _, *title in chosen]
    return Page(titles, None if start + len(chosen) == len(rows) else (-chosen[-1][0], chosen[-1][1]))


def read_title(tx: LibraryRead, imdb_id: str) -> Title:
    """A title and its place, if it has one. Raises MovieNotFound."""
    row = tx.execute(_ONE, of_movie=imdb_id).one_or_none()
    if row is None:
        raise MovieNotFound
    status, liked, order_key, ranked_at, comparisons, former_key, *shown = row
    return Title(status == "watched", liked, order_key, ranked_at, comparisons, former_key, TitleRow(*shown))


def watched_title(tx: LibraryRead, imdb_id: str) -> Title:
    """A title that can be ranked. Raises MovieNotFound, NotWatched."""
    title = read_title(tx, imdb_id)
    if not title.is_watched:
        raise NotWatched
    return title


def insert(
    tx: LibraryWrite, imdb_id: str, liked: bool, position: int, comparisons: Comparisons | None = None
) -> dict[str, Any]:
    """Rank a title at a position from 1, or the last one of its group; returns it as the ranking shows it.

    Raises MovieNotFound, NotWatched, AlreadyRanked, and Invalid for a comparison of titles that are not there.
    """
    title = watched_title(tx, imdb_id)
    if title.is_ranked:
        raise AlreadyRanked
    return _rank_at(tx, title, liked, position, comparisons)


def rank_again(
    tx: LibraryWrite, imdb_id: str, liked: bool, position: int, comparisons: Comparisons | None = None
) -> dict[str, Any]:
    """Give a ranked title another place; returns it as the ranking shows it.

    Raises MovieNotFound, NotWatched, NotRanked, and Invalid for a comparison of titles that are not there.
    """
    title = watched_title(tx, imdb_id)
    if not title.is_ranked:
        raise NotRanked
    return _rank_at(tx, title, liked, position, comparisons)


def _rank_at(
    tx: LibraryWrite, title: Title, liked: bool, position: int, comparisons: Comparisons | None
) -> dict[str, Any]:
    others = {"in_liked": liked, "of_movie": title.shown.imdb_id}
    count = tx.execute(_COUNT, **others).scalar_one()
    position = min(position, count + 1)
    place = tx.execute(_NTH, skipped=position - 2, **others).scalar_one() if position > 1 else FIRST
    ranked_at = rank_after(tx, title, liked, place, comparisons)
    return ranked_json(title.shown, position, count + 1, liked, ranked_at)


def place_of(tx: LibraryWrite, imdb_id: str, liked: bool) -> str | None:
    """The place after a title in this group: where it is, or was before it left; None when it never was ranked."""
    place: str | None = tx.execute(_PLACE_OF, of_movie=imdb_id, in_liked=liked).scalar_one_or_none()
    return place


def place_by(tx: LibraryWrite, title: Title, liked: bool, comparisons: Comparisons) -> str:
    """The place before the best title of this group that lost to this one; the last place when there is none."""
    others = {"in_liked": liked, "of_movie": title.shown.imdb_id}
    losers = [each["loser"] for each in comparisons if each["winner"] == title.shown.imdb_id]
    best = tx.execute(_BEST, of_keys=losers, **others).scalar_one() if losers else None
    return tx.execute(_LAST, before=best or "~", **others).scalar_one_or_none() or FIRST


def is_at(tx: LibraryWrite, title: Title, liked: bool, place: str) -> bool:
    """Whether a title is ranked in this group, and none that is shown is between this place and it."""
    if not title.is_ranked or title.liked != liked or place >= title.order_key:
        return False
    others = {"in_liked": liked, "of_movie": title.shown.imdb_id}
    return tx.execute(_BETWEEN, after=place, before=title.order_key, **others).first() is None


def rank_after(tx: LibraryWrite, title: Title, liked: bool, place: str, comparisons: Comparisons | None) -> float:
    """Rank a title directly after a place; nothing when it is there. Returns when it was ranked (Unix seconds).

    Comparisons replace those of an earlier ranking. Raises Invalid for a comparison of titles that are not there.
    """
    told = title.comparisons if comparisons is None else comparisons_json(comparisons)
    stays = is_at(tx, title, liked, place)
    if stays and told == title.comparisons:
        assert title.ranked_at is not None
        return title.ranked_at
    _check_known(tx, comparisons or ())
    imdb_id, ranked_at = title.shown.imdb_id, min(tx.done_at, tx.wall_time)
    row = {
        "imdb_id": imdb_id,
        "liked": liked,
        "order_key": title.order_key if stays else _key_after(tx, imdb_id, liked, place),
        "ranked_at": ranked_at,
        "comparisons": told,
        "is_shown": True,
        "former_key": title.former_key if title.liked in (None, liked) else title.order_key,
    }
    tx.upsert(RANKINGS, [row])
    tx.touch("movie", imdb_id, "ranking")
    return ranked_at


def unrank(tx: LibraryWrite, imdb_id: str) -> None:
    """Take a title out of the ranking. Raises MovieNotFound, NotRanked."""
    title = read_title(tx, imdb_id)
    if not (title.is_ranked and title.is_watched):
        raise NotRanked
    take_out(tx, title)


def take_out(tx: LibraryWrite, title: Title) -> None:
    """Take a ranked title out of the ranking, shown or not."""
    tx.execute(_UNRANK, of_movie=title.shown.imdb_id)
    tx.touch("movie", title.shown.imdb_id, "ranking")


def unknown_titles(tx: LibraryWrite, comparisons: Comparisons) -> set[str]:
    """The titles of comparisons that are not in the library."""
    named = {imdb_id for each in comparisons for imdb_id in each.values()}
    return named.difference(tx.execute(_KNOWN, of_keys=sorted(named)).scalars()) if named else named


def _check_known(tx: LibraryWrite, comparisons: Comparisons) -> None:
    unknown = unknown_titles(tx, comparisons)
    if unknown:
        raise Invalid.field("comparisons", f"{min(unknown)} is not in your library")


def _key_after(tx: LibraryWrite, imdb_id: str, liked: bool, place: str) -> str:
    """A key directly after a place of a group; where they would be too long, neighbors get other keys."""
    others = {"in_liked": liked, "of_movie": imdb_id}
    key = key_between(place or None, tx.execute(_NEXT, after=place, **others).scalar_one_or_none())
    if len(key) <= MAX_LENGTH:
        return key
    rows = sorted(tx.fetch(_GROUP, **others))
    at = bisect_right([key for key, _ in rows], place)
    window = make_room([key for key, _ in rows], at)
    key = window.keys.pop(at - window.start)
    moved = [imdb_id for _, imdb_id in rows[window.start : window.stop]]
    tx.execute_many(_MOVE, [{"of_movie": each, "to_key": to} for each, to in zip(moved, window.keys, strict=True)])
    tx.touch_all("movie", moved)  # no field: nobody said anything of these titles
    return key
