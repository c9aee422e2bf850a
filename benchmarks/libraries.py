"""Libraries of realistic size for the benchmarks: about 2 KiB of stored details a movie, 40 people, 2 votes each."""

from __future__ import annotations

import random

from movietracker.models.movie import Vote, Watch
from movietracker.plugin.providers import TitleDetails, TitleRatings
from movietracker.services import lists
from movietracker.services.movies import Metadata, ensure_movie, recommend, set_status, watch
from movietracker.services.transactions import library_write

PEOPLE = 40
LIST_NAME = "Rainy Sundays"
_WORDS = [
    "night",
    "city",
    "ghost",
    "river",
    "train",
    "winter",
    "last",
    "garden",
    "silver",
    "stranger",
    "island",
    "letter",
    "king",
    "house",
]


def imdb_id(number: int) -> str:
    """The IMDb id of a movie of the benchmark."""
    return f"tt{number + 1:07}"


def build(user_id: str, movies: int) -> None:
    """Fill a library: a third watched, a tenth on a custom list."""
    chance = random.Random(movies)
    with library_write(user_id) as tx:
        list_id = lists.add_list(tx, LIST_NAME)
        for number in range(movies):
            name = imdb_id(number)
            ensure_movie(tx, name, metadata(number, chance))
            for voter in chance.sample(range(PEOPLE), 2):
                recommend(tx, name, f"Person {voter}", Vote(vote_type=chance.random() < 0.9))
            if number % 3 == 0:
                watch(tx, name, Watch(1_700_000_000 + number, chance.randrange(2, 21) / 2))
            elif number % 10 == 1:
                set_status(tx, name, "custom", list_id)


def metadata(number: int, chance: random.Random) -> Metadata:
    title = f"The {chance.choice(_WORDS)} of the {chance.choice(_WORDS)} {number}".title()
    year = str(chance.randrange(1950, 2026))
    cast = tuple(f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}".title() for _ in range(10))
    genres = tuple(chance.sample(["Drama", "Comedy", "Action", "Thriller", "Romance", "Horror"], 2))
    details = TitleDetails(
        title_id=number + 1,
        imdb_id=imdb_id(number),
        title=title,
        media_type="tv" if number % 5 == 0 else "movie",
        year=year,
        poster=f"https://image.tmdb.org/t/p/w500/poster{number:027}.jpg",
        poster_small=f"https://image.tmdb.org/t/p/w200/poster{number:027}.jpg",
        plot=" ".join(chance.choices(_WORDS, k=70)).capitalize() + ".",
        genres=genres,
        cast=cast,
        director=cast[0],
        runtime=chance.randrange(80, 180),
        vote_average=7.5,
        vote_count=chance.randrange(100, 30_000),
    )
    ratings = TitleRatings(
        imdb_id=imdb_id(number),
        title=title,
        year=int(year),
        rated="PG-13",
        released=f"01 Jan {year}",
        runtime="120 min",
        genres=genres,
        director=cast[0],
        writer=cast[1],
        actors=cast[:4],
        plot=" ".join(chance.choices(_WORDS, k=40)).capitalize() + ".",
        language="English",
        country="United States",
        awards="Won 2 prizes.",
        imdb_rating=7.4,
        imdb_votes="123,456",
        rt_rating=88,
        metascore=71,
    )
    return Metadata(details.media_type, details.to_json(), ratings.to_json(), ())
