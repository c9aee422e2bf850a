"""What a library says in figures, in all or of a year: one walk over its titles, none of them read by itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from ..models.movie import MEDIA_TYPES, STATUSES
from ..services.library_read import LibraryRead
from .facts import counted_facts_of
from .library import Recommender, Title, VoteRow, read_people, read_titles, read_votes
from .occasions import Occasion, read_occasions
from .outcomes import opinions_of
from .recommenders import recommenders_json
from .tallies import Entry, average, decades_json, directors_json, genres_json

MAX_MONTHS = 120
STARS = range(1, 11)


class Records(NamedTuple):
    """What figures are made of: titles by IMDb id, people by id, votes, and viewings in order."""

    titles: Mapping[str, Title]
    people: Mapping[int, Recommender]
    votes: Sequence[VoteRow]
    occasions: Sequence[Occasion]


def read_stats(read: LibraryRead, year: int | None, zone: tzinfo) -> dict[str, Any]:
    """The figures of a user's library as StatsSchema has them, of all viewings or of those in a year.

    Days and years are those of ``zone``.
    """
    occasions = read_occasions(read, zone)
    of = None if year is None else {each.imdb_id for each in occasions if each.is_in(year)}
    titles = read_titles(read, facts_of=counted_facts_of, of=of)
    return stats_of(Records(titles, read_people(read), read_votes(read), occasions), year, zone)


def stats_of(records: Records, year: int | None, zone: tzinfo) -> dict[str, Any]:
    """The figures of these records, among which those of titles that are not there do not count."""
    seen: dict[str, list[Occasion]] = {imdb_id: [] for imdb_id in records.titles}
    for occasion in records.occasions:
        if occasion.imdb_id in seen:
            seen[occasion.imdb_id].append(occasion)
    entries = list(_entries(records, seen, year))
    counting = sorted(occasion for entry in entries for occasion in entry.occasions)
    return {
        "year": year,
        "tz": str(zone),
        "titles": _counts_json(entries),
        **_viewings_json(entries),
        "ratings": _ratings_json(entries),
        "genres": genres_json(entries),
        "decades": decades_json(entries),
        "directors": directors_json(entries),
        "years": _years_json(seen.values()),
        "months": _months_json(counting, year),
        "unknown_month": sum(not each.is_of_known_month for each in counting),
        "recommenders": recommenders_json(records.votes, records.people, seen, entries, year, zone),
        **_highlights_json(entries, counting),
    }


def _entries(records: Records, seen: Mapping[str, Sequence[Occasion]], year: int | None) -> Iterator[Entry]:
    """The titles that count, in order: of a year those with a viewing in it."""
    opinions = opinions_of(records.titles.values())
    for imdb_id, title in records.titles.items():
        occasions = seen[imdb_id] if year is None else [each for each in seen[imdb_id] if each.is_in(year)]
        if occasions or year is None:
            is_watched = title.is_watched or bool(occasions)
            yield Entry(title, occasions, is_watched, opinions.get(imdb_id), _minutes(title))


def _minutes(title: Title) -> int | None:
    """How long it takes to watch a title, a series with all its episodes; None when that is not known."""
    runtime, episodes = title.facts.runtime, title.facts.episodes
    if title.media_type != "tv" or runtime is None:
        return runtime
    return None if episodes is None else runtime * episodes


def _counts_json(entries: Sequence[Entry]) -> dict[str, Any]:
    by_status = Counter(entry.title.status for entry in entries)
    by_type = Counter(entry.title.media_type for entry in entries)
    return {
        "total": len(entries),
        "by_status": {status: by_status[status] for status in STATUSES if status != "deleted"},
        "by_media_type": {media_type: by_type[media_type] for media_type in MEDIA_TYPES},
    }


def _viewings_json(entries: Iterable[Entry]) -> dict[str, Any]:
    viewings = minutes = unknown = 0
    for entry in entries:
        viewings += len(entry.occasions)
        if entry.minutes is None:
            unknown += len(entry.occasions)
        else:
            minutes += entry.minutes * len(entry.occasions)
    return {"viewings": viewings, "hours": round(minutes / 60, 1), "unknown_runtimes": unknown}


def _ratings_json(entries: Iterable[Entry]) -> dict[str, Any]:
    ratings = [entry.title.rating for entry in entries if entry.title.rating is not None]
    titles = Counter(int(rating) for rating in ratings)
    return {
        "count": len(ratings),
        "average": average(ratings),
        "histogram": [{"stars": stars, "titles": titles[stars]} for stars in STARS],
    }


def _years_json(seen: Iterable[Sequence[Occasion]]) -> list[dict[str, Any]]:
    viewings = Counter(occasion.date[:4] for occasions in seen for occasion in occasions if occasion.date)
    return [{"year": int(year), "viewings": viewings[year]} for year in sorted(viewings)]


def _months_json(counting: Iterable[Occasion], year: int | None) -> list[dict[str, Any]]:
    """The months of a year, or those from the first to the last that has a viewing, the last MAX_MONTHS of them."""
    viewings = Counter(_month(occasion.date) for occasion in counting if occasion.is_of_known_month)
    if year is not None:
        months = range(12 * year, 12 * year + 12)
    elif viewings:
        last = max(viewings)
        months = range(max(min(viewings), last - MAX_MONTHS + 1), last + 1)
    else:
        months = range(0)
    return [{"month": f"{month // 12:04}-{month % 12 + 1:02}", "viewings": viewings[month]} for month in months]


def _month(date: str) -> int:
    """The number of the month of a date, counted from the year 0."""
    return 12 * int(date[:4]) + int(date[5:7]) - 1


def _highlights_json(entries: Iterable[Entry], counting: Iterable[Occasion]) -> dict[str, Any]:
    """The titles watched first and last, the one that the user likes best, and the longest; ties by name."""
    watched = {entry.title.imdb_id: entry for entry in entries if entry.is_watched}
    dated = [occasion for occasion in counting if occasion.is_of_known_day]
    liked = [(-entry.opinion.value, *_by_name(entry)) for entry in watched.values() if entry.opinion is not None]
    long = [(-entry.minutes, *_by_name(entry)) for entry in watched.values() if entry.minutes is not None]
    return {
        "first": _highlight_json(watched[dated[0].imdb_id], dated[0]) if dated else None,
        "last": _highlight_json(watched[dated[-1].imdb_id], dated[-1]) if dated else None,
        "best": _of_first(watched, liked),
        "longest": _of_first(watched, long),
    }


def _by_name(entry: Entry) -> tuple[str, str]:
    return entry.title.name or entry.title.imdb_id, entry.title.imdb_id


def _of_first(watched: Mapping[str, Entry], ranked: Iterable[tuple[float, str, str]]) -> dict[str, Any] | None:
    best = min(ranked, default=None)
    if best is None:
        return None
    entry = watched[best[-1]]
    return _highlight_json(entry, next((each for each in entry.occasions if each.date), None))


def _highlight_json(entry: Entry, occasion: Occasion | None) -> dict[str, Any]:
    title = entry.title
    return {
        "imdb_id": title.imdb_id,
        "title": title.name or title.imdb_id,
        "year": title.year,
        "media_type": title.media_type,
        "watched_on": None if occasion is None else occasion.date,
        "my_rating": title.rating,
        "minutes": entry.minutes,
    }
