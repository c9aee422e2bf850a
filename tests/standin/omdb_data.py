"""What the OMDb stand-in knows, in OMDb's own field names; facts about well-known titles, own words for plots."""

from typing import Any

_FIELDS = (
    "Title",
    "Year",
    "Rated",
    "Released",
    "Runtime",
    "Genre",
    "Director",
    "Writer",
    "Actors",
    "Plot",
    "Language",
    "Country",
    "Awards",
    "Poster",
    "Metascore",
    "imdbRating",
    "imdbVotes",
    "imdbID",
    "Type",
    "DVD",
    "BoxOffice",
    "Production",
    "Website",
)


def _record(imdb_id: str, title: str, *, tomatoes: str | None = None, **known: str) -> dict[str, Any]:
    """A whole answer: fields that are not given are "N/A", the Ratings list follows from the scores."""
    record: dict[str, Any] = (
        dict.fromkeys(_FIELDS, "N/A") | {"Title": title, "imdbID": imdb_id, "Type": "movie"} | known
    )
    ratings = []
    if record["imdbRating"] != "N/A":
        ratings.append({"Source": "Internet Movie Database", "Value": f"{record['imdbRating']}/10"})
    if tomatoes:
        ratings.append({"Source": "Rotten Tomatoes", "Value": tomatoes})
    if record["Metascore"] != "N/A":
        ratings.append({"Source": "Metacritic", "Value": f"{record['Metascore']}/100"})
    return record | {"Ratings": ratings, "Response": "True"}


_ALL = (
    _record(
        "tt0133093",
        "The Matrix",
        tomatoes="83%",
        Year="1999",
        Rated="R",
        Released="31 Mar 1999",
        Runtime="136 min",
        Genre="Action, Sci-Fi",
        Director="Lana Wachowski, Lilly Wachowski",
        Writer="Lilly Wachowski, Lana Wachowski",
        Actors="Keanu Reeves, Laurence Fishburne, Carrie-Anne Moss",
        Plot="A programmer is shown that his world is a simulation and joins those who fight it.",
        Language="English",
        Country="United States, Australia",
        Awards="Won 4 Oscars. 42 wins & 52 nominations total",
        Poster="https://m.media-amazon.com/images/M/standin-matrix._V1_SX300.jpg",
        Metascore="73",
        imdbRating="8.7",
        imdbVotes="2,104,567",
        BoxOffice="$172,076,928",
    ),
    _record(
        "tt0903747",
        "Breaking Bad",
        Year="2008–2013",
        Rated="TV-MA",
        Released="20 Jan 2008",
        Runtime="45 min",
        Genre="Crime, Drama, Thriller",
        Writer="Vince Gilligan",
        Actors="Bryan Cranston, Aaron Paul, Anna Gunn",
        Plot="A chemistry teacher with cancer starts to cook drugs.",
        Language="English, Spanish",
        Country="United States",
        Awards="Won 16 Primetime Emmys. 169 wins & 269 nominations total",
        Poster="https://m.media-amazon.com/images/M/standin-breaking-bad._V1_SX300.jpg",
        imdbRating="9.5",
        imdbVotes="2,326,891",
        Type="series",
    )
    | {"totalSeasons": "5"},
    _record(
        "tt0944947",
        "Game of Thrones",
        Year="2011–",
        Genre="Action, Adventure, Drama",
        imdbRating="9.2",
        imdbVotes="2,400,000",
        Type="series",
    ),
    _record(
        "tt1375666",
        "Inception",
        tomatoes="87%",
        Year="2010",
        Rated="PG-13",
        Released="16 Jul 2010",
        Runtime="148 min",
        Genre="Action, Adventure, Sci-Fi",
        Director="Christopher Nolan",
        Writer="Christopher Nolan",
        Actors="Leonardo DiCaprio, Joseph Gordon-Levitt, Elliot Page",
        Plot="A thief who enters dreams is hired to plant an idea.",
        Language="English, Japanese, French",
        Country="United States, United Kingdom",
        Metascore="74",
        imdbRating="8.8",
        imdbVotes="2,600,000",
        BoxOffice="$292,587,330",
        Website="https://www.warnerbros.com/movies/inception",
    ),
    _record(
        "tt0111161",
        "The Shawshank Redemption",
        tomatoes="89%",
        Year="1994",
        Runtime="142 min",
        Genre="Drama",
        Director="Frank Darabont",
        Metascore="82",
        imdbRating="9.3",
        imdbVotes="2,900,000",
    ),
    _record("tt0234215", "The Matrix Reloaded", Year="2003", Runtime="138 min", imdbRating="7.2", imdbVotes="640,000"),
    _record("tt0245429", "Spirited Away", Year="2001", tomatoes="96%", Metascore="96", imdbRating="8.6"),
    _record("tt6751668", "Parasite", Year="2019", tomatoes="99%", Metascore="97", imdbRating="8.5"),
    # Known to OMDb by little more than its name: everything else is "N/A".
    _record("tt9100005", "Untold Tale"),
)

RECORDS: dict[str, dict[str, Any]] = {record["imdbID"]: record for record in _ALL}
