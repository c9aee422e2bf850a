"""What the rows of one title make of it: the rules of an import, as a function of what is stored.

What the user has said stays: the rating (unless it is to be replaced), votes, viewings, marks, and any status but
toWatch. What the user has taken away does not come again, unless it went with an import that was taken back.
Importing the same again finds everything there, because the id of a viewing is made of what the source says of it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..models.movie import Status, Viewing, Vote
from ..plugin.importers import ImportRow
from ..schemas.dates import first_day_of, is_on, noon_of_first_day, start_of
from ..schemas.importing import ReportCount
from ..services.movies.seen import NOT_SEEN, Seen, is_viewing_field, newest_of, viewing_field
from ..services.movies.storing import StoredTitle, TitleState, united
from ..services.movies.tags import MAX_TAGS, MAX_TAGS_EVER, is_tag_field, tag_field
from ..services.movies.viewings import MAX_EVER, MAX_VIEWINGS, MOST_AHEAD
from ..services.people import vote_fields
from .notes import cut, has_note_on_seen, own_note, says, takes_note, texts_of
from .recommenders import people_in_tag
from .same_viewings import day_of_row, id_of, known_by_other_ids

WATCHED, TO_WATCH = Status("watched"), Status("toWatch")
_TICK = 0.001
"""Seconds between things of one time, so that they stay in the order of the file."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all titles of a chunk share.

    ``people`` and ``lists`` are the ids of those that the user confirmed, by the names in which they were found;
    ``list_tags`` are the lists that become tags. ``tags`` gives the folded and the stored form of each that can be one.
    ``told_at`` is when the files were uploaded, ``now`` the present time (Unix seconds). ``taken`` are ids of viewings
    that other titles have.
    """

    people: Mapping[str, int]
    lists: Mapping[str, str]
    replaces_ratings: bool
    told_at: float
    now: float
    taken: Mapping[str, str] = field(default_factory=dict)
    list_tags: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Known(NamedTuple):
    """What is known of a title: the viewings of its rows by id, what is stored, its fields that ever changed, and those
    that an undone import once set.
    """

    imdb_id: str
    viewings: Mapping[str, list[ImportRow]]
    stored: StoredTitle | None = None
    changed: Collection[str] = ()
    retired: Collection[str] = ()

    @property
    def is_seen(self) -> bool:
        """Whether the library tells that the title was watched."""
        state = self.stored.state if self.stored else TitleState()
        return state.status == WATCHED or bool(state.seen and state.seen.viewings)

    def was_taken_away(self, field_name: str) -> bool:
        """Whether the user took away what a field held that holds nothing now."""
        return field_name in self.changed and field_name not in self.retired


@dataclass(slots=True)
class Plan:
    """What a title becomes; ``counts`` say what the rows did and what was left out.

    A new title without a status is left out, since nothing is said of it but that it is a title.
    """

    after: TitleState
    added_at: float
    counts: Counter[ReportCount]


def plan(rows: Sequence[ImportRow], known: Known, means: Means) -> Plan:
    """What the title of these rows becomes."""
    counts: Counter[ReportCount] = Counter()
    before = known.stored.state if known.stored else TitleState()
    viewings = _viewings(rows, known, means, counts)
    seen = _seen(rows, before.seen or NOT_SEEN, viewings, means, counts)
    status = _status(rows, before.status, means, counts)
    votes = _votes(rows, before.votes, known, means, counts)
    liked = _liked(rows, bool(before.liked), known, counts)
    tags = _tags(rows, before.tags, known, means, counts)
    if status is None and (seen.viewings or votes or liked or tags or any(row.needs_review for row in rows)):
        status = TO_WATCH  # what the user looked at and let in is wanted, too
    counts["notes_left_out"] += sum(own_note(row) is not None and not takes_note(row) for row in rows)
    media_type = before.media_type or next((row.kind for row in rows if row.kind in ("movie", "tv")), "movie")
    return Plan(TitleState(status, seen, votes, media_type, liked, tags), _added_at(rows, means), counts)


def _viewings(
    rows: Sequence[ImportRow], known: Known, means: Means, counts: Counter[ReportCount]
) -> dict[str, Viewing]:
    """The viewings to be added, and those whose day the library did not know."""
    there = known.stored.state.seen.viewings if known.stored and known.stored.state.seen else {}
    ever = sum(map(is_viewing_field, known.changed))
    found = _with_the_untold(known.viewings, rows, known)
    same = known_by_other_ids(found, there, known.imdb_id, known.retired)
    added: dict[str, Viewing] = {}
    dated: dict[str, Viewing] = {}
    for place, (viewing_id, told) in enumerate(found.items()):
        if viewing_id in there:
            counts["viewings_known"] += 1
        elif viewing_id in means.taken or viewing_field(viewing_id) in known.changed:
            counts["viewings_removed"] += 1
        elif other := same.get(viewing_id):
            counts["viewings_known"] += 1
            if not day_of_row(there[other]) and (viewing := _viewing(told, place, means, counts)) is not None:
                dated[other] = there[other]._replace(watched_on=viewing.watched_on, watched_at=viewing.watched_at)
        elif len(there) + len(added) >= MAX_VIEWINGS or ever + len(added) >= MAX_EVER:
            counts["viewings_beyond_limit"] += 1
        elif (viewing := _viewing(told, place, means, counts)) is not None:
            added[viewing_id] = viewing
    counts["viewings"] += len(added)
    return {**added, **{other: viewing for other, viewing in dated.items() if viewing != there[other]}}


def _with_the_untold(
    found: Mapping[str, list[ImportRow]], rows: Sequence[ImportRow], known: Known
) -> dict[str, list[ImportRow]]:
    """The viewings with the reviews and notes of none of them, which are about the newest unless a stored one has them.

    Where the source knows of no viewing, these make one at an unknown time. So does that it was watched, where the
    status does not tell that, because the title is wanted as well.
    """
    reviews = [row for row in rows if not row.is_viewing and (row.review or has_note_on_seen(row))]
    if not found and not reviews and not known.is_seen and any(row.status == "toWatch" for row in rows):
        reviews = [replace(row, note=None) for row in rows if row.status == "watched"]
    there = known.stored.state.seen.viewings if known.stored and known.stored.state.seen else {}
    notes = [viewing.note for viewing in there.values() if viewing.note]
    reviews = [row for row in reviews if not (texts := texts_of(row)) or not _all_said(texts, notes)]
    if not reviews:
        return dict(found)
    if not found:
        return {id_of((reviews[0].source, known.imdb_id, "", "0"), known.retired): reviews}
    newest = max(found, key=lambda viewing_id: max(map(day_of_row, found[viewing_id])))
    return {**found, newest: [*found[newest], *reviews]}


def _all_said(texts: Sequence[str], notes: Sequence[str]) -> bool:
    return all(any(says(note, text) for note in notes) for text in texts)


def _viewing(rows: Sequence[ImportRow], place: int, means: Means, counts: Counter[ReportCount]) -> Viewing | None:
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
    texts = dict.fromkeys(text for row in rows for text in texts_of(row))
    note = "\n".join(texts) or next((row.note for row in rows if row.note), None)
    created_at = _told_at(rows, means) + place * _TICK
    return Viewing(watched_on, watched_at, rating, cut(note, counts), rows[0].source[:64], created_at)


def _seen(
    rows: Sequence[ImportRow], before: Seen, added: Mapping[str, Viewing], means: Means, counts: Counter[ReportCount]
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
    rows: Sequence[ImportRow], before: Status | None, means: Means, counts: Counter[ReportCount]
) -> Status | None:
    """A title that is seen and wanted stays wanted; one that is watched, removed or on a list stays that.

    None for a new title of which the rows say neither, nor a list that the user confirmed.
    """
    told, on_list = _told_status(rows), listed_in(rows, means.lists) if before is None else None
    after = told if before is None or (before == TO_WATCH and told == WATCHED) else before
    if on_list is not None:
        after = Status("custom", means.lists[on_list])
    is_on = after and after.custom_list_id
    counts["list_items"] += on_list is not None
    others = [row.list_place.name for row in rows if row.list_place and row.list_place.name not in means.list_tags]
    counts["list_items_left_out"] += sum(is_on is None or means.lists.get(name) != is_on for name in others)
    return after


def _told_status(rows: Sequence[ImportRow]) -> Status | None:
    if any(row.status == "toWatch" for row in rows):
        return TO_WATCH
    if any(row.is_viewing or row.status == "watched" or row.rating is not None for row in rows):
        return WATCHED
    return None


def listed_in(rows: Sequence[ImportRow], lists: Collection[str]) -> str | None:
    """Under which of these names a new title of these rows comes to a list; None if it is watched or wanted instead."""
    places = [row.list_place for row in rows if row.list_place]
    if _told_status(rows) and not any(place.is_status for place in places):
        return None
    return next((place.name for place in places if place.name in lists), None)


def _votes(
    rows: Sequence[ImportRow], before: Mapping[int, Vote], known: Known, means: Means, counts: Counter[ReportCount]
) -> Mapping[int, Vote]:
    added: dict[int, Vote] = {}
    for row in rows:
        for told in row.recommended_by:
            person_id = means.people.get(told.name)
            if person_id is None:
                counts["recommendations_left_out"] += 1
            elif person_id in before:
                counts["recommendations_known"] += 1
            elif known.was_taken_away(vote_fields(person_id)[0]):
                counts["recommendations_removed"] += 1
            else:
                moment = _told_at([row], means) if told.told_at is None else min(told.told_at, means.told_at)
                note = told.note or (None if row.is_viewing or has_note_on_seen(row) else own_note(row))
                vote = Vote(moment, told.vote, cut(note, counts))
                added[person_id] = united(added[person_id], vote) if person_id in added else vote
    counts["recommendations"] += len(added)
    return {**before, **added} if added else before


def _liked(rows: Sequence[ImportRow], before: bool, known: Known, counts: Counter[ReportCount]) -> bool:
    """A title that the source likes is liked; that it does not is no reason to take the user's mark away."""
    if before or not any(row.liked for row in rows):
        return before
    if known.was_taken_away("liked"):
        counts["likes_removed"] += 1
        return before
    counts["likes"] += 1
    return True


def _tags(
    rows: Sequence[ImportRow], before: Mapping[str, str], known: Known, means: Means, counts: Counter[ReportCount]
) -> Mapping[str, str]:
    """The title's tags with those of the rows, and with lists as tags; not with those that name a confirmed person."""
    told = [tag for row in rows for tag in row.tags if means.people.keys().isdisjoint(people_in_tag(tag))]
    places = [row.list_place.name for row in rows if row.list_place]
    told += [means.list_tags[name] for name in places if name in means.list_tags]
    added: dict[str, str] = {}
    ever = sum(map(is_tag_field, known.changed))
    for tag in dict.fromkeys(told):
        folded, shown = means.tags.get(tag, ("", ""))
        if folded in before or folded in added:
            continue
        if known.was_taken_away(tag_field(folded)):
            counts["tags_removed"] += 1
        elif not folded or len(before) + len(added) >= MAX_TAGS or ever + len(added) >= MAX_TAGS_EVER:
            counts["tags_left_out"] += 1
        else:
            added[folded] = shown
    counts["tags"] += len(added)
    return {**before, **added} if added else before


def _added_at(rows: Sequence[ImportRow], means: Means) -> float:
    """When the source was told of the title first; those of a list stand in its order when sorted by that."""
    position = next((row.list_place.position for row in rows if row.list_place and row.list_place.position), 0)
    return min(_told_at([row], means) for row in rows) + min(position, 10_000) * _TICK


def _told_at(rows: Sequence[ImportRow], means: Means) -> float:
    times = (noon_of_first_day(row.added_on) if row.added_on else row.added_at for row in rows)
    told = [time for time in times if time is not None]
    return min(told[0], means.told_at) if told else means.told_at
