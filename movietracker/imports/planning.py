"""What the rows of one title make of it: the rules of an import, as a function of what is stored.

What the user has said stays: the rating (unless it is to be replaced), votes, viewings, and any status but toWatch.
Importing the same again finds everything there, because the id of a viewing is made of what the source says of it.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..models.movie import MAX_NOTE_LENGTH, Status, Viewing, Vote
from ..plugin.importers import ImportRow
from ..schemas.dates import day_of, first_day_of, is_on, noon_of_first_day, start_of
from ..services.movies.seen import NOT_SEEN, Seen, is_viewing_field, newest_of, viewing_field
from ..services.movies.storing import StoredTitle, TitleState, united
from ..services.movies.viewings import MAX_EVER, MAX_VIEWINGS, MOST_AHEAD

CUT = "…"
"""What a note ends with that was too long."""

WATCHED, TO_WATCH = Status("watched"), Status("toWatch")
NAMESPACE = uuid.UUID("5b1f8f0e-8d0c-5a57-9a38-6a4d9b0f2f43")
_TICK = 0.001
"""Seconds between things of one time, so that they stay in the order of the file."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all titles of a chunk share.

    ``people`` and ``lists`` are the ids of those that the user confirmed, by the names in which they were found.
    ``told_at`` is when the files were uploaded, ``now`` the present time (Unix seconds). ``taken`` are ids of viewings
    that other titles have.
    """

    people: Mapping[str, int]
    lists: Mapping[str, str]
    replaces_ratings: bool
    told_at: float
    now: float
    taken: Mapping[str, str] = field(default_factory=dict)


class Known(NamedTuple):
    """What is stored of a title: its fields that ever changed, and the viewings that an undone import once made."""

    imdb_id: str
    stored: StoredTitle | None = None
    changed: Collection[str] = ()
    retired: Collection[str] = ()


@dataclass(slots=True)
class Plan:
    """What a title becomes; ``counts`` say what the rows did and what was left out."""

    after: TitleState
    added_at: float
    counts: Counter[str]


def plan(rows: Sequence[ImportRow], known: Known, means: Means) -> Plan:
    """What the title of these rows becomes."""
    counts: Counter[str] = Counter()
    before = known.stored.state if known.stored else TitleState()
    viewings = _viewings(rows, known, means, counts)
    seen = _seen(rows, before.seen or NOT_SEEN, viewings, means, counts)
    status = _status(rows, before.status, bool(viewings), means, counts)
    votes = _votes(rows, before.votes, means, counts)
    media_type = before.media_type or next((row.kind for row in rows if row.kind in ("movie", "tv")), "movie")
    return Plan(TitleState(status, seen, votes, media_type), _added_at(rows, means), counts)


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
            day = _day(row)
            told = (row.source, imdb_id, day, str(places[row.source, day]))
            places[row.source, day] += bool(day)  # of undated ones there is but one
        found.setdefault(_id_of(told, retired), []).append(row)
    return found


def _id_of(told: Sequence[str], retired: Collection[str]) -> str:
    """An id that is always the same, or the next one where an import was undone: no removed id is given again."""
    attempt = 0
    while True:
        made = str(uuid.uuid5(NAMESPACE, "\x1f".join((*told, str(attempt)))))
        if made not in retired:
            return made
        attempt += 1


def _viewings(rows: Sequence[ImportRow], known: Known, means: Means, counts: Counter[str]) -> dict[str, Viewing]:
    """The viewings to be added."""
    there = known.stored.state.seen.viewings if known.stored and known.stored.state.seen else {}
    ever = sum(map(is_viewing_field, known.changed))
    found = _with_reviews(viewing_ids(rows, known.imdb_id, known.retired), rows, known)
    added: dict[str, Viewing] = {}
    for place, (viewing_id, told) in enumerate(found.items()):
        if viewing_id in there:
            counts["viewings_known"] += 1
        elif viewing_id in means.taken or viewing_field(viewing_id) in known.changed:
            counts["viewings_removed"] += 1
        elif len(there) + len(added) >= MAX_VIEWINGS or ever + len(added) >= MAX_EVER:
            counts["viewings_beyond_limit"] += 1
        elif (viewing := _viewing(told, place, means, counts)) is not None:
            added[viewing_id] = viewing
    counts["viewings"] += len(added)
    return added


def _with_reviews(
    found: Mapping[str, list[ImportRow]], rows: Sequence[ImportRow], known: Known
) -> dict[str, list[ImportRow]]:
    """The viewings with the reviews of none of them, which are about the newest.

    Where the source knows of no viewing, reviews make one at an unknown time.
    """
    reviews = [row for row in rows if row.review and not row.is_viewing]
    if not reviews:
        return dict(found)
    if not found:
        return {_id_of((reviews[0].source, known.imdb_id, "", "0"), known.retired): reviews}
    newest = max(found, key=lambda viewing_id: max(map(_day, found[viewing_id])))
    return {**found, newest: [*found[newest], *reviews]}


def _day(row: ImportRow) -> str:
    """The day of a viewing as far as it is known, for comparing."""
    return row.watched_on or ("" if row.watched_at is None else str(day_of(row.watched_at)))


def _viewing(rows: Sequence[ImportRow], place: int, means: Means, counts: Counter[str]) -> Viewing | None:
    """The viewing of which these rows speak; None if it would be in the future."""
    watched_on = next((row.watched_on for row in rows if row.watched_on), None)
    watched_at = next((row.watched_at for row in rows if row.watched_at is not None), None)
    if watched_on is not None and watched_at is not None and not is_on(watched_at, watched_on):
        watched_at = None  # a day stays that day
    begins = watched_at if watched_on is None else start_of(first_day_of(watched_on))
    if begins is not None and begins > means.now + MOST_AHEAD:
        counts["viewings_in_future"] += 1
        return None
    rating = next((row.viewing_rating for row in rows if row.viewing_rating is not None), None)
    reviews = dict.fromkeys(row.review for row in rows if row.review)
    note = "\n".join(reviews) or next((row.note for row in rows if row.note), None)
    created_at = _told_at(rows, means) + place * _TICK
    return Viewing(watched_on, watched_at, rating, _cut(note, counts), rows[0].source[:64], created_at)


def _seen(
    rows: Sequence[ImportRow], before: Seen, added: Mapping[str, Viewing], means: Means, counts: Counter[str]
) -> Seen:
    viewings = {**before.viewings, **added} if added else before.viewings
    told = next((row.rating for row in reversed(rows) if row.rating is not None), None)
    newest = newest_of(viewings)
    if told is None and newest is not None and newest in added:
        told = added[newest].rating
    if told is None or told == before.my_rating:
        return Seen(before.my_rating, viewings)
    if before.my_rating is not None and not means.replaces_ratings:
        counts["ratings_kept"] += 1
        return Seen(before.my_rating, viewings)
    counts["ratings"] += 1
    return Seen(told, viewings)


def _status(
    rows: Sequence[ImportRow], before: Status | None, adds_viewings: bool, means: Means, counts: Counter[str]
) -> Status:
    """A title that is seen and wanted stays wanted; one that is watched, removed or on a list stays that."""
    is_wanted = any(row.status == "toWatch" for row in rows)
    is_watched = any(row.is_viewing or row.status == "watched" or row.rating is not None for row in rows)
    places = [row.list_place.name for row in rows if row.list_place is not None]
    chosen = next((means.lists[name] for name in places if name in means.lists), None)
    after = before
    if before is None:
        after = TO_WATCH if is_wanted else WATCHED if is_watched else Status("custom", chosen) if chosen else TO_WATCH
    elif before == TO_WATCH and is_watched and not is_wanted:
        after = WATCHED
    assert after is not None
    is_on = after.custom_list_id
    counts["list_items"] += before is None and is_on is not None
    counts["list_items_left_out"] += sum(is_on is None or means.lists.get(name) != is_on for name in places)
    return after


def _votes(
    rows: Sequence[ImportRow], before: Mapping[int, Vote], means: Means, counts: Counter[str]
) -> Mapping[int, Vote]:
    added: dict[int, Vote] = {}
    for row in rows:
        for told in row.recommended_by:
            person_id = means.people.get(told.name)
            if person_id is None:
                counts["recommendations_left_out"] += 1
            elif person_id in before:
                counts["recommendations_known"] += 1
            else:
                vote = Vote(_told_at([row], means), told.vote, _cut(told.note, counts))
                added[person_id] = united(added[person_id], vote) if person_id in added else vote
    counts["recommendations"] += len(added)
    return {**before, **added} if added else before


def _added_at(rows: Sequence[ImportRow], means: Means) -> float:
    """When the source was told of the title first; those of a list stand in its order when sorted by that."""
    position = next((row.list_place.position for row in rows if row.list_place and row.list_place.position), 0)
    return min(_told_at([row], means) for row in rows) + min(position, 10_000) * _TICK


def _told_at(rows: Sequence[ImportRow], means: Means) -> float:
    told = [noon_of_first_day(row.added_on) for row in rows if row.added_on]
    return min(told[0], means.told_at) if told else means.told_at


def _cut(note: str | None, counts: Counter[str]) -> str | None:
    if note is None or not note.strip():
        return None
    if len(note) <= MAX_NOTE_LENGTH:
        return note
    counts["notes_cut"] += 1
    return note[: MAX_NOTE_LENGTH - len(CUT)].rstrip() + CUT
