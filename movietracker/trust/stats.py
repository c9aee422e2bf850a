"""What a library says in figures, in all or of a year: one walk over its titles, none of them read by itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from ..models.movie import MEDIA_TYPES, STATUSES
from ..services.library_read import LibraryRead
from .facts import counted_facts_of
from .library import Recommender, Title, VoteRow, read_people, read_titles, read_votes
from .occasions import Occasion, read_occasions
from .outcomes import opinions_of
from .recommenders import Upvote, recommenders_json
from .tallies import Watched, average, decades_json, directors_json, genres_json

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
    seen: defaultdict[str, list[Occasion]] = defaultdict(list)
    for occasion in records.occasions:
        if occasion.imdb_id in records.titles:
            seen[occasion.imdb_id].append(occasion)
    watched = list(_watched(records, seen, year))
    titles = list(records.titles.values()) if year is None else [each.title for each in watched]
    counting = sorted(occasion for each in watched for occasion in each.occasions)
    return {
        "year": year,
        "tz": str(zone),
        "titles": _counts_json(titles),
        **_viewings_json(watched),
        "ratings": _ratings_json(titles),
        "genres": genres_json(titles, watched),
        "decades": decades_json(titles, watched),
        "directors": directors_json(titles, watched),
        "years": _years_json(seen.values()),
        "months": _months_json(counting, year),
        "unknown_month": sum(not each.is_of_known_month for each in counting),
        "recommenders": recommenders_json(_upvotes(records), records.people, seen, watched, year, zone),
        **_highlights_json(watched, counting),
    }


def _watched(records: Records, seen: Mapping[str, Sequence[Occasion]], year: int | None) -> Iterator[Watched]:
    """The titles that were watched, in order: of a year those with a viewing in it."""
    opinions = opinions_of(records.titles.values())
    for imdb_id, title in records.titles.items():
        occasions = [each for each in seen.get(imdb_id, ()) if each.is_in(year)]
        if occasions or (year is None and title.is_watched):
            yield Watched(title, occasions, opinions.get(imdb_id), _minutes(title))


def _upvotes(records: Records) -> Iterator[Upvote]:
    for imdb_id, person_id, is_up, moment in records.votes:
        if is_up and imdb_id in records.titles:
            yield imdb_id, person_id, moment


def _minutes(title: Title) -> int | None:
    """How long it takes to watch a title, a series with all its episodes; None when that is not known."""
    runtime, episodes = title.facts.runtime, title.facts.episodes
    if title.media_type != "tv" or runtime is None:
        return runtime
    return None if episodes is None else runtime * episodes


def _counts_json(titles: Sequence[Title]) -> dict[str, Any]:
    by_status = Counter(title.status for title in titles)
    by_type = Counter(title.media_type for title in titles)
    return {
        "total": len(titles),
        "by_status": {status: by_status[status] for status in STATUSES if status != "deleted"},
        "by_media_type": {media_type: by_type[media_type] for media_type in MEDIA_TYPES},
    }


def _viewings_json(watched: Iterable[Watched]) -> dict[str, Any]:
    viewings = minutes = unknown = 0
    for each in watched:
        viewings += len(each.occasions)
        if each.minutes is None:
            unknown += len(each.occasions)
        else:
            minutes += each.minutes * len(each.occasions)
    return {"viewings": viewings, "hours": round(minutes / 60, 1), "unknown_runtimes": unknown}


def _ratings_json(titles: Iterable[Title]) -> dict[str, Any]:
    ratings = [title.rating for title in titles if title.rating is not None]
    counts = Counter(int(rating) for rating in ratings)
    return {
        "count": len(ratings),
        "average": average(ratings),
        "histogram": [{"stars": stars, "titles": counts[stars]} for stars in STARS],
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


def _highlights_json(watched: Iterable[Watched], counting: Iterable[Occasion]) -> dict[str, Any]:
    """The titles watched first and last, the one that the user likes best, and the longest; ties by name."""
    of_title = {each.title.imdb_id: each for each in watched}
    dated = [occasion for occasion in counting if occasion.is_of_known_day]
    liked = [(-each.opinion.value, *_by_name(each)) for each in of_title.values() if each.opinion is not None]
    long = [(-each.minutes, *_by_name(each)) for each in of_title.values() if each.minutes is not None]
    return {
        "first": _highlight_json(of_title[dated[0].imdb_id], dated[0]) if dated else None,
        "last": _highlight_json(of_title[dated[-1].imdb_id], dated[-1]) if dated else None,
        "best": _of_first(of_title, liked),
        "longest": _of_first(of_title, long),
    }


def _by_name(watched: Watched) -> tuple[str, str]:
    return watched.title.name or watched.title.imdb_id, watched.title.imdb_id


def _of_first(of_title: Mapping[str, Watched], ranked: Iterable[tuple[float, str, str]]) -> dict[str, Any] | None:
    best = min(ranked, default=None)
    if best is None:
        return None
    watched = of_title[best[-1]]
    return _highlight_json(watched, next((each for each in watched.occasions if each.date), None))


def _highlight_json(watched: Watched, occasion: Occasion | None) -> dict[str, Any]:
    title = watched.title
    return {
        "imdb_id": title.imdb_id,
        "title": title.name or title.imdb_id,
        "year": title.year,
        "media_type": title.media_type,
        "watched_on": None if occasion is None else occasion.date,
        "my_rating": title.rating,
        "minutes": watched.minutes,
    }
