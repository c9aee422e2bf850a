"""The operations on what was seen of a title: its viewings, and what the user thinks of it now."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from ...errors import Invalid, MovieNotFound, ViewingNotFound, ViewingRemoved
from ...models import VIEWINGS
from ...models.movie import Status, Viewing, Watch
from ...schemas.dates import DAY_SECONDS, day_of, first_day_of, is_on, start_of
from .. import quota
from ..change_clock import LibraryWrite
from .columns import of_user
from .reading import seen_of, status_of
from .seen import Seen, is_viewing_field, moment_of, newest_of, viewing_field
from .storing import TitleState, store

MAX_VIEWINGS = 1000
MAX_EVER = 2 * MAX_VIEWINGS
"""How many viewings a title may have had, removed ones included, since their ids are remembered."""

MOST_AHEAD = DAY_SECONDS
"""How far a viewing may be in the future: time zones are a day apart at most."""

WATCHED = Status("watched")

_TITLE_OF = select(VIEWINGS.c.imdb_id).where(of_user(VIEWINGS), VIEWINGS.c.id == bindparam("of_viewing"))


def watched_again(status: Status | None, seen: Seen, date: float) -> str | None:
    """The viewing that watching a title at this time means (Unix seconds); None for a new one.

    That is the newest one of a title that is watched already, or when it was on the same day.
    """
    newest = newest_of(seen.viewings)
    if newest is None or status == WATCHED:
        return newest
    return newest if day_of(moment_of(seen.viewings[newest])) == day_of(date) else None


def is_to_come(tx: LibraryWrite, watched: Watch) -> bool:
    """Whether a title is said to be watched in the future, beyond what time zones explain."""
    return watched.date_watched is not None and watched.date_watched > tx.latest_now + MOST_AHEAD


def watch(tx: LibraryWrite, imdb_id: str, watched: Watch, otherwise: float | None = None) -> None:
    """Record that a title was watched, as older clients say it: a new viewing, or a change of the newest one.

    Without a date a new viewing was at ``otherwise`` (Unix seconds), else now. A rating is the viewing's and the
    title's. Raises Invalid for a date in the future that the viewing does not have.
    """
    status, seen = status_of(tx, imdb_id), seen_of(tx, imdb_id)
    now = tx.wall_time if otherwise is None else otherwise
    date = watched.date_watched
    viewing_id = watched_again(status, seen, now if date is None else date)
    if is_to_come(tx, watched) and (viewing_id is None or date != seen.viewings[viewing_id].watched_at):
        raise Invalid.field("date_watched", "must not be in the future")
    if viewing_id is None:
        _check_room(tx, imdb_id, status, seen)
        viewing_id = str(uuid.uuid4())
        viewing = Viewing(watched_at=now if date is None else date, rating=watched.my_rating, created_at=tx.done_at)
    else:
        viewing = watched_anew(seen.viewings[viewing_id], watched)
    my_rating = seen.my_rating if watched.my_rating is None else watched.my_rating
    after = TitleState(WATCHED, Seen(my_rating, {**seen.viewings, viewing_id: viewing}))
    store(tx, imdb_id, None if status is None else TitleState(status, seen), after)


def rate(tx: LibraryWrite, imdb_id: str, my_rating: float | None) -> None:
    """Say what the user thinks of a title now; None takes the rating away. Raises MovieNotFound."""
    if status_of(tx, imdb_id) is None:
        raise MovieNotFound
    seen = seen_of(tx, imdb_id)
    store(tx, imdb_id, TitleState(seen=seen), TitleState(seen=seen._replace(my_rating=my_rating)))


def add_viewing(
    tx: LibraryWrite,
    imdb_id: str,
    said: Mapping[str, Any],
    *,
    viewing_id: str | None = None,
    sets_status: bool = True,
    rates: bool = True,
) -> str:
    """Add an occasion of watching, with any of the fields of Viewing; returns its id.

    Makes the title if it is not there, which becomes watched. A rating given with the newest viewing is the title's as
    well. A viewing whose id is there stays as it is. Raises Invalid, ViewingRemoved.
    """
    status, seen = status_of(tx, imdb_id), seen_of(tx, imdb_id)
    if viewing_id is None:
        viewing_id = str(uuid.uuid4())
    elif viewing_id in seen.viewings:
        return viewing_id
    else:
        _check_id(tx, imdb_id, viewing_id, is_there=status is not None)
    _check_room(tx, imdb_id, status, seen)
    viewing = changed(Viewing(created_at=tx.done_at), said)
    _check_dates(tx, viewing, said)
    before = None if status is None else TitleState(status, seen)
    after = _with_viewing(seen, viewing_id, viewing, rates=rates and viewing.rating is not None)
    store(tx, imdb_id, before, TitleState(WATCHED if sets_status or status is None else status, after))
    return viewing_id


def change_viewing(
    tx: LibraryWrite, imdb_id: str, viewing_id: str, said: Mapping[str, Any], *, rates: bool = True
) -> None:
    """Change any of watched_on, watched_at, rating and note; None takes one away. A rating is as in ``add_viewing``.

    A date that is given alone takes away another that contradicts it. Raises ViewingNotFound, MovieNotFound, Invalid.
    """
    seen = _seen_with(tx, imdb_id, viewing_id)
    viewing = changed(seen.viewings[viewing_id], said)
    _check_dates(tx, viewing, said)
    after = _with_viewing(seen, viewing_id, viewing, rates=rates and said.get("rating") is not None)
    store(tx, imdb_id, TitleState(seen=seen), TitleState(seen=after))


def remove_viewing(tx: LibraryWrite, imdb_id: str, viewing_id: str) -> None:
    """Remove an occasion of watching; status and rating of the title stay. Raises ViewingNotFound, MovieNotFound."""
    seen = _seen_with(tx, imdb_id, viewing_id)
    viewings = {each: viewing for each, viewing in seen.viewings.items() if each != viewing_id}
    store(tx, imdb_id, TitleState(seen=seen), TitleState(seen=seen._replace(viewings=viewings)))


def changed(viewing: Viewing, said: Mapping[str, Any]) -> Viewing:
    """The viewing with what is said of it; a date that is said alone replaces another that contradicts it."""
    after = viewing._replace(**{name: said[name] for name in Viewing._fields if name in said})
    after = after._replace(note=after.note or None)
    if not contradicts(after):
        return after
    if said.get("watched_on") is None:
        return after._replace(watched_on=None)
    if said.get("watched_at") is None:
        return after._replace(watched_at=None)
    raise Invalid.field("watched_on", "contradicts watched_at")


def watched_anew(viewing: Viewing, watched: Watch) -> Viewing:
    """The viewing with what older clients say of it; None leaves what is there."""
    said = {"watched_at": watched.date_watched, "rating": watched.my_rating}
    return changed(viewing, {name: value for name, value in said.items() if value is not None})


def contradicts(viewing: Viewing) -> bool:
    """Whether ``watched_at`` is not on ``watched_on`` in any time zone."""
    is_both = viewing.watched_at is not None and viewing.watched_on is not None
    return is_both and not is_on(viewing.watched_at, viewing.watched_on)  # type: ignore[arg-type]


def is_removed(tx: LibraryWrite, imdb_id: str, viewing_id: str) -> bool:
    """Whether a title that is there once had this viewing; its id is never given again."""
    field = viewing_field(viewing_id)
    is_noted = tx.field_change("movie", imdb_id, field) is not None or field in tx.field_changes_of("movie", imdb_id)
    return is_noted and viewing_id not in seen_of(tx, imdb_id).viewings


def _with_viewing(seen: Seen, viewing_id: str, viewing: Viewing, *, rates: bool) -> Seen:
    after = seen._replace(viewings={**seen.viewings, viewing_id: viewing})
    is_newest = newest_of(after.viewings) == viewing_id
    return after._replace(my_rating=viewing.rating) if rates and is_newest else after


def _seen_with(tx: LibraryWrite, imdb_id: str, viewing_id: str) -> Seen:
    if status_of(tx, imdb_id) is None:
        raise MovieNotFound
    seen = seen_of(tx, imdb_id)
    if viewing_id not in seen.viewings:
        raise ViewingNotFound
    return seen


def _check_id(tx: LibraryWrite, imdb_id: str, viewing_id: str, *, is_there: bool) -> None:
    if tx.execute(_TITLE_OF, of_viewing=viewing_id).first() is not None:
        raise Invalid.field("id", "is the id of a viewing of another title")
    if is_there and is_removed(tx, imdb_id, viewing_id):
        raise ViewingRemoved


def _check_room(tx: LibraryWrite, imdb_id: str, status: Status | None, seen: Seen) -> None:
    if len(seen.viewings) >= MAX_VIEWINGS:
        raise Invalid.field("viewings", f"must be at most {MAX_VIEWINGS} of a title")
    if status is not None and sum(map(is_viewing_field, tx.field_changes_of("movie", imdb_id))) >= MAX_EVER:
        raise Invalid.field("viewings", f"must be at most {MAX_EVER} of a title, removed ones included")
    quota.check(tx.connection, tx.user_id, tx.seq, "movie", 0)


def _check_dates(tx: LibraryWrite, viewing: Viewing, said: Mapping[str, Any]) -> None:
    latest = tx.latest_now + MOST_AHEAD
    if "watched_at" in said and viewing.watched_at is not None and viewing.watched_at > latest:
        raise Invalid.field("watched_at", "must not be in the future")
    if "watched_on" in said and viewing.watched_on is not None and start_of(first_day_of(viewing.watched_on)) > latest:
        raise Invalid.field("watched_on", "must not be in the future")
