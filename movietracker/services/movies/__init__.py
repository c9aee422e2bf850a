"""The titles of a user's library.

``columns`` joins the tables, ``listing`` selects, ``reading`` reads; ``writing`` holds the operations on one title, and
``storing`` the rules of what is stored and noted, for one title and for the many of an import.
"""

from .listing import MovieFilter
from .metadata import Metadata
from .reading import MoviePage, get_movie, list_movies, list_recommendations, status_of, vote_of, watch_of
from .storing import dated, said_in
from .writing import (
    add_movie,
    ensure_movie,
    is_to_come,
    rate,
    recommend,
    recommend_all,
    refresh_metadata,
    remove_movie,
    set_status,
    watch,
    withdraw,
)
