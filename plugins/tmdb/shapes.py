"""Makes the core's values of TMDB's answers (https://developer.themoviedb.org/reference)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from movietracker.pluginapi import CastMember, Credits, CrewMember, MediaType, ProviderFailed, SearchHit, TitleDetails

from .fields import Json, count, identifier, image, imdb_id, items, names_of, nested, number, score, text, year

MAX_CAST = 10

# At least one of these is in every answer that this plugin asks for.
_KNOWN_KEYS = frozenset({"results", "id", "genres", "cast", "movie_results", "images"})


def fault(answer: Any) -> Exception | None:
    """The error that an answer with status 200 is in disguise, or None for a good one."""
    if not isinstance(answer, dict) or answer.get("success") is False or not _KNOWN_KEYS & answer.keys():
        return ProviderFailed("TMDB gave an answer that makes no sense.")
    return None


def results(answer: Json, name: str = "results") -> list[Json]:
    """The list that an answer is about; raises ProviderFailed when it has none."""
    if not isinstance(answer.get(name), list):
        raise ProviderFailed("TMDB gave an answer that makes no sense.")
    return list(items(answer, name))


def hits(entries: Iterable[Json], media_type: MediaType | None = None) -> list[SearchHit]:
    """The hits among these entries; ``media_type`` is that of a list of one kind, whose entries do not say it."""
    return [found for entry in entries if (found := hit(entry, media_type))]


def hit(entry: Json, media_type: MediaType | None = None) -> SearchHit | None:
    """One movie, series or person; None when it is of another kind, or has no id or no name."""
    kind = media_type or text(entry, "media_type")
    number_, name = identifier(entry), text(entry, "title", "name", "original_title", "original_name")
    if number_ is None or name is None:
        return None
    if kind == "person":
        return _person(entry, number_, name)
    if kind not in ("movie", "tv"):
        return None
    return SearchHit(
        id=number_,
        title=name,
        media_type="movie" if kind == "movie" else "tv",
        year=year(entry, "release_date", "first_air_date"),
        poster=image(entry, "poster_path", 500),
        poster_small=image(entry, "poster_path", 200),
        overview=text(entry, "overview"),
        vote_average=score(entry, "vote_average"),
        vote_count=count(entry, "vote_count"),
    )


def _person(entry: Json, number_: int, name: str) -> SearchHit:
    titles = (text(known, "title", "name", "original_title", "original_name") for known in items(entry, "known_for"))
    return SearchHit(
        id=number_,
        title=name,
        media_type="person",
        poster=image(entry, "profile_path", 500),
        poster_small=image(entry, "profile_path", 200),
        known_for=tuple(title for title in titles if title),
    )


def details(answer: Json, media_type: MediaType) -> TitleDetails:
    """A title of ``/movie/{id}`` or ``/tv/{id}`` with credits and external_ids appended."""
    number_, name = identifier(answer), text(answer, "title", "name", "original_title", "original_name")
    if number_ is None or name is None:
        raise ProviderFailed("TMDB gave an answer that makes no sense.")
    people = nested(answer, "credits")
    return TitleDetails(
        title_id=number_,
        imdb_id=imdb_id(answer) or imdb_id(nested(answer, "external_ids")),
        title=name,
        media_type=media_type,
        year=year(answer, "release_date", "first_air_date"),
        poster=image(answer, "poster_path", 500),
        poster_small=image(answer, "poster_path", 200),
        plot=text(answer, "overview"),
        genres=names_of(items(answer, "genres")),
        cast=names_of(items(people, "cast"))[:MAX_CAST],
        director=_director(answer, people),
        runtime=_runtime(answer),
        vote_average=score(answer, "vote_average"),
        vote_count=count(answer, "vote_count"),
        number_of_seasons=count(answer, "number_of_seasons") if media_type == "tv" else None,
        number_of_episodes=count(answer, "number_of_episodes") if media_type == "tv" else None,
        original_title=text(answer, "original_title", "original_name"),
        raw=answer,
    )


def _director(answer: Json, people: Json) -> str | None:
    """All directors; a series names its creators where it has no director of the whole."""
    directors = names_of(_with_job(people, "Director")) or names_of(items(answer, "created_by"))
    return ", ".join(directors) or None


def _with_job(people: Json, job: str) -> Iterator[Json]:
    return (entry for entry in items(people, "crew") if entry.get("job") == job)


def _runtime(answer: Json) -> int | None:
    """Minutes; for a series those of an episode. 0 is how TMDB says that it does not know."""
    episodes = answer.get("episode_run_time")
    usual = [count({"runtime": value}, "runtime") for value in episodes] if isinstance(episodes, list) else []
    latest = count(nested(answer, "last_episode_to_air"), "runtime")
    return next((minutes for minutes in (count(answer, "runtime"), *usual, latest) if minutes), None)


def credits_of(answer: Json) -> Credits:
    """Everybody of ``/movie/{id}/credits`` who has a name."""
    return Credits(
        cast=tuple(
            CastMember(name, text(entry, "character"), count(entry, "order"))
            for entry in results(answer, "cast")
            if (name := text(entry, "name"))
        ),
        crew=tuple(
            CrewMember(name, text(entry, "job")) for entry in items(answer, "crew") if (name := text(entry, "name"))
        ),
    )


def popularity(entry: Json) -> float:
    """How popular TMDB says an entry is, for merging lists."""
    return number(entry, "popularity") or 0.0
