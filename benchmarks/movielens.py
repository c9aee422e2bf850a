"""MovieLens as libraries of movietracker: owners who watched, and people who recommended.

The folder has ``ratings.csv``, ``movies.csv`` and ``links.csv`` of https://grouplens.org/datasets/movielens/, whose
license does not allow them to be in this repository.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from movietracker.text import fold_key
from movietracker.trust.facts import Facts, PublicRating
from movietracker.trust.library import Library, Recommender, Title, TitleVote

FILES = ("ratings.csv", "movies.csv", "links.csv")
PEOPLE = 12
UPVOTE, DOWNVOTE = 4.0, 2.5
LEAST_RATINGS = 60

PRIOR_VOTES = 10
"""Votes at the mean by which the mean of the other users is shrunk; of 1 to 40 these order best by it."""

AUDIENCE = 100
"""How many voters of a public site a user of MovieLens stands for: its most rated title then has TMDB's most votes."""

SPLIT = 20261129
"""The seed that set apart the owners on whom the model was not tuned; another would mix them with the others."""


class Rated(NamedTuple):
    """A rating, 0.5 to 5 stars, at a time (Unix seconds)."""

    moment: int
    imdb_id: str
    stars: float


class MovieLens(NamedTuple):
    """Ratings by user, in the order of time; and by title its name, year, genres, and number and sum of ratings."""

    ratings: Mapping[int, Sequence[Rated]]
    movies: Mapping[str, tuple[str, str | None, Mapping[str, str]]]
    counts: Mapping[str, tuple[int, float]]
    mean: float


def read_movielens(folder: Path) -> MovieLens:
    """The data set in a folder; FileNotFoundError or ValueError says what is missing or wrong."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder} has no {', '.join(missing)}: it must be a folder of MovieLens, unpacked")
    try:
        ids = {row["movieId"]: f"tt{int(row['imdbId']):07}" for row in _rows(folder / "links.csv")}
        movies = {ids[row["movieId"]]: _movie(row["title"], row["genres"]) for row in _rows(folder / "movies.csv")}
        ratings: defaultdict[int, list[Rated]] = defaultdict(list)
        sums: defaultdict[str, list[float]] = defaultdict(list)
        for row in _rows(folder / "ratings.csv"):
            rated = Rated(int(row["timestamp"]), ids[row["movieId"]], float(row["rating"]))
            ratings[int(row["userId"])].append(rated)
            sums[rated.imdb_id].append(rated.stars)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{folder} is not as MovieLens has it: {error!r}") from error
    counts = {key: (len(stars), sum(stars)) for key, stars in sums.items()}
    total = sum(count for count, _ in counts.values())
    mean = sum(stars for _, stars in counts.values()) / max(total, 1)
    return MovieLens({user: sorted(of_user) for user, of_user in ratings.items()}, movies, counts, mean)


def held_out(data: MovieLens) -> tuple[list[int], list[int]]:
    """The owners on whom the model was tuned, two thirds of them, and the others."""
    owners = sorted(user for user, ratings in data.ratings.items() if len(ratings) >= LEAST_RATINGS)
    mixed = np.random.default_rng(SPLIT).permutation(owners).tolist()
    tuned = len(owners) * 2 // 3
    return sorted(mixed[:tuned]), sorted(mixed[tuned:])


def libraries(data: MovieLens, owner: int, draw: random.Random) -> tuple[Library, Library]:
    """A user's library when the first half was watched, and when all was, with PEOPLE others who recommend."""
    others = sorted(user for user in data.ratings if user != owner)
    people = {user: Recommender(user, f"User {user}", False) for user in sorted(draw.sample(others, PEOPLE))}
    votes: defaultdict[str, list[TitleVote]] = defaultdict(list)
    for user in people:
        for rated in data.ratings[user]:
            if rated.stars >= UPVOTE or rated.stars <= DOWNVOTE:
                votes[rated.imdb_id].append(TitleVote(user, rated.stars >= UPVOTE, 0.0))
    ratings = data.ratings[owner]
    watched = {rated.imdb_id: _title(data, rated, votes[rated.imdb_id]) for rated in ratings}
    later = {
        rated.imdb_id: watched[rated.imdb_id]._replace(status="toWatch", moment=None, rating=None)
        for rated in ratings[len(ratings) // 2 :]
    }
    return Library(dict(sorted((watched | later).items())), people), Library(dict(sorted(watched.items())), people)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _movie(name: str, genres: str) -> tuple[str, str | None, Mapping[str, str]]:
    year = re.search(r"\(([0-9]{4})\)\s*$", name)
    listed = [] if genres.startswith("(") else genres.split("|")
    return name, year[1] if year else None, {fold_key(genre): genre for genre in listed}


def _title(data: MovieLens, rated: Rated, votes: Sequence[TitleVote]) -> Title:
    """A title that the owner watched; its public rating is of all other users."""
    name, year, genres = data.movies[rated.imdb_id]
    count, stars = data.counts[rated.imdb_id]
    others = count - 1
    public = (stars - rated.stars + PRIOR_VOTES * data.mean) / (others + PRIOR_VOTES)
    facts = Facts(genres=genres, tmdb=PublicRating(2 * public, AUDIENCE * others))
    return Title(
        *(rated.imdb_id, name, year, "movie", "watched", None, float(rated.moment), 2 * rated.stars, None, None),
        *(facts, sorted(votes)),
    )
