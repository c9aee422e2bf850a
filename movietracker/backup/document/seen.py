"""What was seen of a title, from a document: its viewings and rating, or the watch record of older files."""

import uuid
from collections.abc import Mapping

from ...models.movie import Viewing
from ...services.movies.seen import NO_VIEWINGS, NOT_SEEN, Seen, moment_of, watch_record_of
from ...services.movies.storing import TitleState
from .entries import MovieEntry

_WATCH_RECORDS = uuid.UUID("a4a3a7f0-8c0e-4d0e-8f0b-1de3c3a3a2d4")


def seen_in(record: MovieEntry, known: TitleState | None, age: float, *, replace: bool) -> Seen:
    """What was seen according to the file, completed from the account; ``age`` replaces missing dates (Unix seconds).

    A watch record says nothing of earlier viewings, so those of the account stay when an older file is merged.
    """
    before = (known.seen if known else None) or NOT_SEEN
    if record.viewings is not None:
        viewings: Mapping[str, Viewing] = {
            each: viewing if viewing.created_at else viewing._replace(created_at=age)
            for each, viewing in record.viewings.items()
        }
    else:
        viewings = _from_watch_record(record, before, age, replace=replace)
    return Seen(_rating(record, before), viewings)


def _rating(record: MovieEntry, before: Seen) -> float | None:
    if record.has_rating:
        return record.my_rating
    if record.has_watch:
        return None if record.watch is None else record.watch.my_rating
    return before.my_rating


def _from_watch_record(record: MovieEntry, before: Seen, age: float, *, replace: bool) -> Mapping[str, Viewing]:
    if not record.has_watch:
        return before.viewings
    if record.watch is None:
        return NO_VIEWINGS
    stored = watch_record_of(before)
    date = record.watch.date_watched
    if date is None:
        date = age if stored.date_watched is None else stored.date_watched
    if (date, record.watch.my_rating) == stored and not (replace and len(before.viewings) > 1):
        return before.viewings
    rating = record.watch.my_rating
    for viewing_id, viewing in before.viewings.items():
        if moment_of(viewing) == date:
            made = {viewing_id: viewing if rating is None else viewing._replace(rating=rating)}
            break
    else:
        viewing_id = str(uuid.uuid5(_WATCH_RECORDS, f"{record.imdb_id}/{date}"))
        made = {viewing_id: Viewing(watched_at=date, rating=rating, created_at=date)}
    return made if replace else {**before.viewings, **made}
