"""A few films whose lists the tests know, and the lists as the tests write them."""

from typing import Any
from urllib.parse import urlencode

from .client import Client

FILMS: dict[str, dict[str, Any]] = {
    "tt0000001": {
        "tmdb_data": {
            "title": "Ärger im Paradies",
            "year": "1932",
            "genres": ["Comedy", "Romance"],
            "cast": ["Miriam Hopkins"],
            "director": "Ernst Lubitsch",
        }
    },
    "tt0000002": {
        "tmdb_data": {"title": "Metropolis", "year": "1927", "genres": ["Science Fiction"], "cast": ["Brigitte Helm"]},
        "omdb_data": {"writer": "Thea von Harbou", "genres": ["Drama"], "actors": ["Alfred Abel"]},
    },
    "tt0000003": {
        "tmdb_data": {"title": "100% Wolf_Pack", "year": "2020", "genres": ["Animation"]},
        "media_type": "tv",
    },
    "tt0000004": {},
}
RECOMMENDERS = {
    "tt0000001": ["Ömer", "Mum"],
    "tt0000002": ["Mum"],
    "tt0000003": ["Dad", "12345"],
    "tt0000004": ["Rene\u0301"],
}


def fill(client: Client) -> None:
    """Put the films above into the library of a client."""
    for imdb_id, known in FILMS.items():
        for name in RECOMMENDERS[imdb_id]:
            answer = client.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": name} | known)
            assert answer.status_code == 201
    client.put("/api/movies/tt0000001/watch", json={"date_watched": 1.7e9, "my_rating": 9})
    client.put("/api/movies/tt0000003/watch", json={"date_watched": 1.6e9, "my_rating": 4.5})
    client.put("/api/movies/tt0000002/status", json={"status": "deleted"})


def ids(client: Client, **query: str) -> str:
    """The last digits of the movies found, in order."""
    answer = client.get(f"/api/movies?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return "".join(movie["imdb_id"][-1] for movie in answer.json)
