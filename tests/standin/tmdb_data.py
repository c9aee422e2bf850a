"""What the TMDB stand-in knows: facts about well-known titles, and a few invented ones for the awkward cases."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

MOVIE_GENRES = {
    28: "Action",
    12: "Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    14: "Fantasy",
    36: "History",
    27: "Horror",
    10402: "Music",
    9648: "Mystery",
    10749: "Romance",
    878: "Science Fiction",
    10770: "TV Movie",
    53: "Thriller",
    10752: "War",
    37: "Western",
}
TV_GENRES = {
    10759: "Action & Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    10762: "Kids",
    9648: "Mystery",
    10763: "News",
    10764: "Reality",
    10765: "Sci-Fi & Fantasy",
    10766: "Soap",
    10767: "Talk",
    10768: "War & Politics",
    37: "Western",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in front of or behind the camera."""

    id: int
    name: str
    department: str = "Acting"
    profile_path: str | None = None
    popularity: float = 10.0


@dataclass(frozen=True, slots=True)
class Title:
    """A movie or a series; ``date`` and ``imdb_id`` are "" or None where the real service has nothing."""

    kind: Literal["movie", "tv"]
    id: int
    imdb_id: str | None
    title: str
    date: str | None
    genres: tuple[int, ...] = ()
    runtime: int | None = None
    overview: str = ""
    poster_path: str | None = None
    vote_average: float = 0.0
    vote_count: int = 0
    popularity: float = 1.0
    original_title: str = ""
    language: str = "en"
    cast: tuple[tuple[Person, str], ...] = ()
    crew: tuple[tuple[Person, str], ...] = ()
    created_by: tuple[Person, ...] = ()
    seasons: int | None = None
    episodes: int | None = None
    tvdb_id: int | None = None


KEANU = Person(6384, "Keanu Reeves", profile_path="/keanu.jpg", popularity=90.0)
LANA = Person(9340, "Lana Wachowski", "Directing")
LILLY = Person(9339, "Lilly Wachowski", "Directing")
NOLAN = Person(525, "Christopher Nolan", "Directing", "/nolan.jpg", 60.0)
GILLIGAN = Person(66633, "Vince Gilligan", "Writing")
CRANSTON = Person(17419, "Bryan Cranston", profile_path="/cranston.jpg")
NAMELESS = Person(990001, "Nobody in Particular", profile_path=None, popularity=0.1)

_MATRIX_CAST = (
    (KEANU, "Neo"),
    (Person(2975, "Laurence Fishburne"), "Morpheus"),
    (Person(530, "Carrie-Anne Moss"), "Trinity"),
    (Person(1331, "Hugo Weaving"), "Agent Smith"),
    (Person(9364, "Gloria Foster"), "Oracle"),
    (Person(532, "Joe Pantoliano"), "Cypher"),
    (Person(7244, "Marcus Chong"), "Tank"),
    (Person(9374, "Julian Arahanga"), "Apoc"),
    (Person(9376, "Matt Doran"), "Mouse"),
    (Person(9372, "Belinda McClory"), "Switch"),
    (Person(9378, "Anthony Ray Parker"), "Dozer"),
    (Person(9380, "Paul Goddard"), "Agent Brown"),
)


def _days_from_now(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def all_titles() -> tuple[Title, ...]:
    """Every title; those in and before cinemas have dates around today."""
    return (*_MOVIES, *_SERIES, *_current())


def _current() -> tuple[Title, ...]:
    return (
        Title("movie", 900010, "tt9100010", "In Cinemas Last Week", _days_from_now(-7), (35,), 98, popularity=70.0),
        Title("movie", 900011, None, "Out Next Week", _days_from_now(7), (53,), None, popularity=65.0),
        Title("movie", 900012, None, "Out in Two Months", _days_from_now(60), (53,), None, popularity=66.0),
    )


_MOVIES = (
    Title(
        "movie",
        603,
        "tt0133093",
        "The Matrix",
        "1999-03-31",
        (28, 878),
        136,
        "A programmer is shown that his world is a simulation and joins those who fight it.",
        "/matrix.jpg",
        8.2,
        25000,
        85.0,
        cast=_MATRIX_CAST,
        crew=(
            (LANA, "Director"),
            (LILLY, "Director"),
            (LANA, "Screenplay"),
            (Person(9342, "Bill Pope", "Camera"), "Director of Photography"),
        ),
    ),
    Title(
        "movie",
        604,
        "tt0234215",
        "The Matrix Reloaded",
        "2003-05-15",
        (28, 12, 53, 878),
        138,
        "The fight against the machines goes on.",
        "/reloaded.jpg",
        7.0,
        10000,
        50.0,
        cast=((KEANU, "Neo"),),
        crew=((LILLY, "Director"), (LANA, "Director")),
    ),
    Title(
        "movie",
        27205,
        "tt1375666",
        "Inception",
        "2010-07-15",
        (28, 878, 12),
        148,
        "A thief who enters dreams is hired to plant an idea.",
        "/inception.jpg",
        8.4,
        36000,
        95.0,
        crew=((NOLAN, "Director"), (NOLAN, "Writer")),
    ),
    Title(
        "movie",
        278,
        "tt0111161",
        "The Shawshank Redemption",
        "1994-09-23",
        (18, 80),
        142,
        "A banker keeps his hope through two decades in prison.",
        "/shawshank.jpg",
        8.7,
        27000,
        75.0,
    ),
    Title(
        "movie",
        129,
        "tt0245429",
        "Spirited Away",
        "2001-07-20",
        (16, 10751, 14),
        125,
        "A girl works in a bathhouse of spirits to free her parents.",
        "/spirited.jpg",
        8.5,
        16000,
        72.0,
        original_title="千と千尋の神隠し",
        language="ja",
    ),
    Title(
        "movie",
        496243,
        "tt6751668",
        "Parasite",
        "2019-05-30",
        (35, 53, 18),
        133,
        "A poor family moves in with a rich one, one by one.",
        "/parasite.jpg",
        8.5,
        18000,
        71.0,
        original_title="기생충",
        language="ko",
    ),
    # Nothing but a name: no IMDb id, no date, no poster, no runtime, no cast.
    Title("movie", 900001, None, "A Film Nobody Registered", ""),
    # TMDB knows it, OMDb does not; its date is null, as in some old records.
    Title("movie", 900002, "tt9100002", "The Quiet Harbour", None, (18,), 0, cast=((NAMELESS, ""),)),
    # OMDb knows it by its name only.
    Title("movie", 900005, "tt9100005", "Untold Tale", "2024-02-30", (18,), 90),
)

_SERIES = (
    Title(
        "tv",
        1396,
        "tt0903747",
        "Breaking Bad",
        "2008-01-20",
        (18, 80),
        47,
        "A chemistry teacher with cancer starts to cook drugs.",
        "/breaking-bad.jpg",
        8.9,
        14000,
        88.0,
        cast=((CRANSTON, "Walter White"), (Person(84497, "Aaron Paul"), "Jesse Pinkman")),
        created_by=(GILLIGAN,),
        seasons=5,
        episodes=62,
        tvdb_id=81189,
    ),
    Title(
        "tv",
        1399,
        "tt0944947",
        "Game of Thrones",
        "2011-04-17",
        (10765, 18, 10759),
        None,
        "Noble families fight for a throne while winter comes.",
        "/thrones.jpg",
        8.5,
        24000,
        92.0,
        crew=((Person(44797, "Miguel Sapochnik", "Directing"), "Director"),),
        created_by=(Person(9813, "David Benioff", "Writing"), Person(228068, "D. B. Weiss", "Writing")),
        seasons=8,
        episodes=73,
    ),
    # The same number as a movie: TMDB counts movies and series apart.
    Title("tv", 603, None, "A Series with a Movie's Number", "", seasons=None, episodes=None),
)
