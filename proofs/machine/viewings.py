"""What was seen of a title, by the model: the rules, and the actions that use them."""

from typing import Any

from .model import Library, differing
from .records import DAY, Conflict, Doing, Rejected, Title, Viewing, days_of

Data = dict[str, Any]

EARLIEST_ZONE, LATEST_ZONE = 14 * 3600.0, 12 * 3600.0
"""How far the day of a user may begin before that of UTC, and end after it."""

INVALID = "validation_error"


def said_of(viewing: Viewing, said: Data) -> Viewing:
    """The viewing with what is said of it; a date that is said alone replaces another that contradicts it."""
    after = viewing._replace(**{name: said[name] for name in Viewing._fields if name in said})
    after = after._replace(note=after.note or None)
    if not _contradicts(after):
        return after
    if said.get("watched_on") is not None and said.get("watched_at") is not None:
        raise Rejected(INVALID)
    return after._replace(**{"watched_on" if said.get("watched_on") is None else "watched_at": None})


def _contradicts(viewing: Viewing) -> bool:
    if viewing.watched_on is None or viewing.watched_at is None:
        return False
    begin, end = days_of(viewing.watched_on)
    return not begin - EARLIEST_ZONE <= viewing.watched_at < end + LATEST_ZONE


def _refuse_future(doing: Doing, said: Data) -> None:
    times = [said.get("watched_at"), days_of(said["watched_on"])[0] if said.get("watched_on") else None]
    if any(time is not None and time > doing.latest_now + DAY for time in times):
        raise Rejected(INVALID)


def watched_again(title: Title, date: float) -> str | None:
    """The viewing that watching a title at this time means; None for a new one."""
    newest = title.newest
    if newest is None or (title.status, title.list_id) == ("watched", None):
        return newest
    return newest if title.viewings[newest].moment // DAY == date // DAY else None


def watch(library: Library, doing: Doing, imdb_id: str, date: float | None, rating: float | None) -> None:
    """That a title was watched, as older clients say it."""
    title = library.titles.get(imdb_id, Title())
    when = doing.timestamp if date is None else date
    viewing_id = watched_again(title, when)
    library.set_status(doing, imdb_id, "watched", None)
    title = library.titles[imdb_id]
    if viewing_id is None:  # the server chooses its id, which is learned from the tables
        library.made_viewings += 1
        viewing_id, after = f"new-{library.made_viewings}", Viewing(None, when, rating, None, doing.timestamp)
    else:
        after = said_of(title.viewings[viewing_id], _given(date, rating))
    library.put_viewing(doing, title, viewing_id, after)
    if rating is not None:
        library.rate(doing, title, rating)


def _given(date: float | None, rating: float | None) -> Data:
    return {name: each for name, each in (("watched_at", date), ("rating", rating)) if each is not None}


def add(
    library: Library, doing: Doing, imdb_id: str, said: Data, *, sets_status: bool = True, rates: bool = True
) -> None:
    """An occasion of watching; one whose id is there stays as it is."""
    viewing_id = said["id"]
    if viewing_id in library.titles.get(imdb_id, Title()).viewings:
        return
    if any(viewing_id in title.viewings for title in library.titles.values()):
        raise Rejected(INVALID)
    if is_removed(library, imdb_id, viewing_id):
        raise Rejected("viewing_removed")
    made = said_of(Viewing(None, None, None, None, doing.timestamp), said)
    _refuse_future(doing, said)
    if sets_status:
        library.set_status(doing, imdb_id, "watched", None)
    _store(library, doing, library.titles[imdb_id], viewing_id, made, rates=rates and made.rating is not None)


def change(library: Library, doing: Doing, imdb_id: str, said: Data, *, rates: bool = True) -> None:
    """What is said of an occasion of watching now."""
    title, viewing = _viewing(library, imdb_id, said["id"])
    after = said_of(viewing, said)
    _refuse_future(doing, said)
    _store(library, doing, title, said["id"], after, rates=rates and said.get("rating") is not None)


def remove(library: Library, doing: Doing, imdb_id: str, viewing_id: str) -> None:
    """An occasion of watching goes."""
    title, _ = _viewing(library, imdb_id, viewing_id)
    del title.viewings[viewing_id]
    library.note(doing, title, f"viewing {viewing_id}")


def rate(library: Library, doing: Doing, imdb_id: str, my_rating: float | None) -> None:
    """What the user thinks of a title now."""
    if imdb_id not in library.titles:
        raise Rejected("movie_not_found")
    library.rate(doing, library.titles[imdb_id], my_rating)


def is_removed(library: Library, imdb_id: str, viewing_id: str) -> bool:
    """Whether a title that is there once had this viewing."""
    title = library.titles.get(imdb_id, Title())
    return f"viewing {viewing_id}" in title.changes and viewing_id not in title.viewings


def _store(library: Library, doing: Doing, title: Title, viewing_id: str, after: Viewing, *, rates: bool) -> None:
    library.put_viewing(doing, title, viewing_id, after)
    if rates and title.newest == viewing_id:
        library.rate(doing, title, after.rating)


def _viewing(library: Library, imdb_id: str, viewing_id: str) -> tuple[Title, Viewing]:
    if imdb_id not in library.titles:
        raise Rejected("movie_not_found")
    title = library.titles[imdb_id]
    if viewing_id not in title.viewings:
        raise Rejected("viewing_not_found")
    return title, title.viewings[viewing_id]


# The actions


def watch_movie(library: Library, doing: Doing, data: Data) -> None:
    """Conflicts with what others made of the status, the rating and the viewing that it means."""
    imdb_id, rating, date = data["imdb_id"], data.get("my_rating"), data.get("date_watched")
    if date is not None and date > doing.latest_now + DAY:
        date = doing.timestamp
    title = library.titles.get(imdb_id)
    if title is None:
        library.refuse_deleted(doing, "movie", imdb_id)
    else:
        differs = {"status": title.status != "watched", "rating": rating not in (None, title.my_rating)}
        viewing_id = watched_again(title, doing.timestamp if date is None else date)
        if viewing_id is not None:
            viewing = title.viewings[viewing_id]
            differs |= _fields(viewing_id, differing(viewing, said_of(viewing, _given(date, rating))))
        library.refuse_changed(doing, title, differs)
    watch(library, doing, imdb_id, date, rating)


def add_viewing(library: Library, doing: Doing, data: Data) -> None:
    """Never a conflict, unless it was removed; what others made of the title that the user did not know of stays."""
    imdb_id = data["imdb_id"]
    title = library.titles.get(imdb_id)
    if title is None:
        library.refuse_deleted(doing, "movie", imdb_id)
        add(library, doing, imdb_id, data)
        return
    if is_removed(library, imdb_id, data["id"]):
        raise Conflict("deleted")
    may = {name: library.may_set(doing, title, name) for name in ("status", "rating")}
    add(library, doing, imdb_id, data, sets_status=may["status"], rates=may["rating"])


def update_viewing(library: Library, doing: Doing, data: Data) -> None:
    """Each field is one of its own; the title's rating stays if another device rated it meanwhile."""
    title = library.title(doing, data["imdb_id"])
    _refuse_removed(library, data)
    _, viewing = _viewing(library, data["imdb_id"], data["id"])
    after = said_of(viewing, data)
    library.refuse_changed(doing, title, _fields(data["id"], differing(viewing, after)))
    change(library, doing, data["imdb_id"], data, rates=library.may_set(doing, title, "rating"))


def remove_viewing(library: Library, doing: Doing, data: Data) -> None:
    """A noop when another device did it, a conflict with any change of it."""
    title = library.title(doing, data["imdb_id"])
    if is_removed(library, data["imdb_id"], data["id"]):
        return
    _viewing(library, data["imdb_id"], data["id"])
    library.refuse_changed(doing, title, _fields(data["id"], ["", *Viewing._fields]))
    remove(library, doing, data["imdb_id"], data["id"])


def update_rating(library: Library, doing: Doing, data: Data) -> None:
    """Conflicts with another rating."""
    title = library.title(doing, data["imdb_id"])
    library.refuse_changed(doing, title, {"rating": title.my_rating != data["my_rating"]})
    library.rate(doing, title, data["my_rating"])


def _refuse_removed(library: Library, data: Data) -> None:
    if is_removed(library, data["imdb_id"], data["id"]):
        raise Conflict("deleted")


def _fields(viewing_id: str, names: list[str]) -> dict[str, bool]:
    return {f"viewing {viewing_id} {name}".strip(): True for name in names}
