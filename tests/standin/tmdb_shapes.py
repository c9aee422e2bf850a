"""The documented JSON shapes of TMDB, made from the stand-in's titles and people."""

from collections.abc import Iterable, Sequence
from typing import Any

from .tmdb_data import MOVIE_GENRES, TV_GENRES, Person, Title

Json = dict[str, Any]


def page(results: Sequence[Json], **more: Any) -> Json:
    """One page of results; the stand-in has one page of everything."""
    return {"page": 1, "results": list(results), "total_pages": 1, "total_results": len(results)} | more


def genre_list(kind: str) -> Json:
    """``/genre/movie/list`` and ``/genre/tv/list``."""
    genres = MOVIE_GENRES if kind == "movie" else TV_GENRES
    return {"genres": [{"id": number, "name": name} for number, name in genres.items()]}


def title_item(title: Title, *, with_type: bool = False) -> Json:
    """A movie or series as a list shows it; lists of both kinds also say ``media_type``."""
    item: Json = {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": list(title.genres),
        "id": title.id,
        "original_language": title.language,
        "overview": title.overview,
        "popularity": title.popularity,
        "poster_path": title.poster_path,
        "vote_average": title.vote_average,
        "vote_count": title.vote_count,
    }
    original = title.original_title or title.title
    if title.kind == "movie":
        item |= {"title": title.title, "original_title": original, "release_date": title.date, "video": False}
    else:
        item |= {"name": title.title, "original_name": original, "first_air_date": title.date, "origin_country": ["US"]}
    return item | {"media_type": title.kind} if with_type else item


def person_item(person: Person, known_for: Iterable[Title], *, with_type: bool = False) -> Json:
    """A person as a search shows them."""
    item = _person(person) | {"known_for": [title_item(title, with_type=True) for title in known_for]}
    return item | {"media_type": "person"} if with_type else item


def _person(person: Person) -> Json:
    return {
        "adult": False,
        "gender": 0,
        "id": person.id,
        "known_for_department": person.department,
        "name": person.name,
        "original_name": person.name,
        "popularity": person.popularity,
        "profile_path": person.profile_path,
    }


def credits_of(title: Title) -> Json:
    """``/movie/{id}/credits`` without the id that the endpoint itself adds."""
    cast = [
        _person(person) | {"character": character, "credit_id": f"cast{title.id}x{order}", "order": order}
        for order, (person, character) in enumerate(title.cast)
    ]
    crew = [
        _person(person) | {"credit_id": f"crew{title.id}x{place}", "department": person.department, "job": job}
        for place, (person, job) in enumerate(title.crew)
    ]
    return {"cast": cast, "crew": crew}


def external_ids_of(title: Title) -> Json:
    """``/movie/{id}/external_ids`` without the id that the endpoint itself adds."""
    ids: Json = {"imdb_id": title.imdb_id, "wikidata_id": None, "facebook_id": None, "twitter_id": ""}
    return ids if title.kind == "movie" else ids | {"tvdb_id": title.tvdb_id, "freebase_id": None, "tvrage_id": None}


def details_of(title: Title) -> Json:
    """``/movie/{id}`` and ``/tv/{id}``."""
    names = MOVIE_GENRES if title.kind == "movie" else TV_GENRES
    details = title_item(title)
    del details["genre_ids"]
    details |= {
        "genres": [{"id": number, "name": names[number]} for number in title.genres],
        "homepage": "",
        "production_companies": [],
        "production_countries": [],
        "spoken_languages": [],
        "status": "Released" if title.date else "Rumored",
        "tagline": None,
    }
    return details | (_movie_only(title) if title.kind == "movie" else _series_only(title))


def _movie_only(title: Title) -> Json:
    return {
        "belongs_to_collection": None,
        "budget": 0,
        "imdb_id": title.imdb_id,
        "revenue": 0,
        "runtime": title.runtime,
    }


def _series_only(title: Title) -> Json:
    return {
        "created_by": [_person(person) | {"credit_id": f"by{person.id}"} for person in title.created_by],
        # Most series have an empty list here by now.
        "episode_run_time": [title.runtime] if title.runtime else [],
        "in_production": False,
        "languages": [title.language],
        "last_air_date": None,
        "last_episode_to_air": {"id": 1, "name": "", "runtime": 80} if title.episodes and not title.runtime else None,
        "next_episode_to_air": None,
        "networks": [],
        "number_of_episodes": title.episodes,
        "number_of_seasons": title.seasons,
        "seasons": [],
        "type": "Scripted",
    }


def error(status_code: int, message: str) -> Json:
    """How TMDB says that something is wrong."""
    return {"success": False, "status_code": status_code, "status_message": message}
