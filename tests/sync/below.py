"""What tests of the sync protocol do below the API: things that clients cannot ask for. In an application context."""

from collections.abc import Callable

from movietracker.services.accounts import Account
from movietracker.services.movies.storing import remove_titles
from movietracker.services.transactions import library_write

Remove = Callable[[str], None]


def remove_movie(user: Account, imdb_id: str) -> None:
    """Remove a movie for good, as a restore does that replaces a library."""
    with library_write(user.id) as tx:
        remove_titles(tx, [imdb_id])
