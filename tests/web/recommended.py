"""Libraries with people in them, made beside the page."""

from typing import Any

from support.live_server import LiveServer


def imdb_id(number: int) -> str:
    """The id of a made-up title."""
    return f"tt{9_000_000 + number}"


def recommend(api: LiveServer, number: int, name: str = "Mum", *, upvote: bool = True, **details: Any) -> None:
    """Have somebody recommend a title, or warn of it."""
    data = {"title": f"Film {number}", "year": "1999", "genres": ["Drama"], "runtime": 100, **details}
    body = {"person_name": name, "tmdb_data": data, "media_type": "movie", "vote_type": upvote}
    reply = api.call("POST", f"/api/movies/{imdb_id(number)}/recommendations", body)
    assert reply.status == 201, reply.body


def watch(api: LiveServer, number: int, rating: float | None = None, at: float = 1.78e9) -> None:
    """Have watched it."""
    body = {"date_watched": at + number, "my_rating": rating}
    assert api.call("PUT", f"/api/movies/{imdb_id(number)}/watch", body).status == 200


def movie(api: LiveServer, number: int) -> Any:
    """The title as the server has it."""
    return api.call("GET", f"/api/movies/{imdb_id(number)}").json


def two_advisers(api: LiveServer) -> None:
    """Mum is always right, Dad never; of each there is a title to watch: Film 22 and Film 21."""
    for number in range(1, 9):
        recommend(api, number, "Mum" if number % 2 else "Dad")
        watch(api, number, 9 if number % 2 else 2)
    recommend(api, 21, "Dad")
    recommend(api, 22, "Mum")
