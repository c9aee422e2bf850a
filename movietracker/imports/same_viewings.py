"""Which viewings of a file are in the library already: by their ids, or by title and day where a source has no ids.

One part of an export can list what another only counts, or say without an id what another says with one.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from ..models.movie import Viewing
from ..plugin.importers import ImportRow
from ..schemas.dates import day_of
from ..services.movies.seen import viewing_field

NAMESPACE = uuid.UUID("5b1f8f0e-8d0c-5a57-9a38-6a4d9b0f2f43")


def viewing_ids(rows: Sequence[ImportRow], imdb_id: str, retired: Collection[str] = ()) -> dict[str, list[ImportRow]]:
    """The viewings of these rows by id, each with the rows that speak of it.

    The id is made of the source's own id; without one of title, day, and place among that day's viewings.
    """
    found: dict[str, list[ImportRow]] = {}
    places: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if not row.is_viewing:
            continue
        if row.viewing_id is not None:
            told: tuple[str, ...] = (row.source, row.viewing_id)
        else:
            day = day_of_row(row)
            told = _nameless(row.source, imdb_id, day, places[row.source, day])
            places[row.source, day] += bool(day) or row.is_counted  # of undated ones that are not counted there is one
        found.setdefault(id_of(told, retired), []).append(row)
    return found


def id_of(told: Sequence[str], retired: Collection[str]) -> str:
    """An id that is always the same, or the next one where an import was undone: no removed id is given again."""
    attempt = 0
    while True:
        made = str(uuid.uuid5(NAMESPACE, "\x1f".join((*told, str(attempt)))))
        if viewing_field(made) not in retired:
            return made
        attempt += 1


def day_of_row(row: ImportRow | Viewing) -> str:
    """The day of a viewing as far as it is known, for comparing; empty if nothing is."""
    return row.watched_on or ("" if row.watched_at is None else str(day_of(row.watched_at)))


def known_by_other_ids(
    found: Mapping[str, Sequence[ImportRow]], there: Mapping[str, Viewing], imdb_id: str, retired: Collection[str] = ()
) -> dict[str, str]:
    """The viewings of a file that the library has from the same source by another id, each with that id.

    A file that this application wrote has the library's own ids. Others are of the same day, if either has no id of
    its own. What is left then can be without a day on one side: what is only counted is any that is there, and a day
    is that of one that has none.
    """

    def has_no_name(other: str, source: str, day: str) -> bool:
        forms = (_nameless(source, imdb_id, each, place) for each in {day, ""} for place in range(len(there)))
        return any(id_of(form, retired) == other for form in forms)

    def is_of_day(row: ImportRow, other: str) -> bool:
        day = day_of_row(row)
        if not day or day_of_row(there[other]) != day:
            return False
        return row.viewing_id is None or has_no_name(other, row.source, day)

    def is_counted(row: ImportRow, other: str) -> bool:
        if row.is_counted:
            return True
        return bool(day_of_row(row)) and not day_of_row(there[other]) and has_no_name(other, row.source, "")

    return _paired(found, there, is_of_day, is_counted)


def _paired(
    found: Mapping[str, Sequence[ImportRow]], there: Mapping[str, Viewing], *rules: Callable[[ImportRow, str], bool]
) -> dict[str, str]:
    """Each viewing that has none, with the first left of its source that a rule allows, one rule after the other."""
    pairs: dict[str, str] = {}
    for made, (row, *_) in found.items():
        if made not in there and (own := row.viewing_id or "") in there:
            pairs[made] = own
    left = [other for other in there if other not in found and other not in pairs.values()]
    for is_same in rules:
        for viewing_id, (row, *_) in found.items():
            if viewing_id in there or viewing_id in pairs:
                continue
            same = (other for other in left if there[other].source == row.source[:64] and is_same(row, other))
            if (other := next(same, None)) is not None:
                pairs[viewing_id] = other
                left.remove(other)
    return pairs


def _nameless(source: str, imdb_id: str, day: str, place: int) -> tuple[str, ...]:
    """What the id of a viewing is made of that has none of its own."""
    return source, imdb_id, day, str(place)
