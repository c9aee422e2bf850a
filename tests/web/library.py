"""A small library for the tests of the screens."""

from .conftest import User

CASABLANCA = "tt0034583"
METROPOLIS = "tt0017136"
RASHOMON = "tt0042876"
CITIZEN_KANE = "tt0033467"

TITLES = (
    ("tt0017136", "Alma"), ("tt0019254", "Bruno"), ("tt0021749", "Alma"), ("tt0022100", "Bruno"),
    ("tt0032138", "Čarli"), ("tt0033467", "Alma"), ("tt0034583", "Alma"), ("tt0036775", "Čarli"),
    ("tt0038650", "Bruno"), ("tt0041959", "Alma"), ("tt0042876", "Čarli"), ("tt0045152", "Alma"),
)  # fmt: skip


def add_titles(user: User, count: int = len(TITLES)) -> None:
    """Add titles that people recommended, through another client."""
    for imdb_id, person in TITLES[:count]:
        user.api.call("POST", "/api/movies", {"imdb_id": imdb_id, "recommender": person})
