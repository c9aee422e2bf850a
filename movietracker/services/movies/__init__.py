"""The titles of a user's library.

``columns`` joins the tables, ``listing`` selects, ``reading`` reads; ``writing``, ``viewings`` and ``marks`` hold the
operations on one title, and ``storing`` the rules of what is stored and noted, for one title and for the many of an
import.
"""

from .listing import MovieFilter
from .marks import add_tag, is_liked, like, list_tags, remove_tag, spelling_of
from .metadata import Metadata
from .reading import (
    MoviePage,
    get_movie,
    list_movies,
    list_recommendations,
    list_viewings,
    movies_by_id,
    seen_of,
    status_of,
    tags_of,
    vote_of,
    watch_of,
)
from .seen import viewing_field
from .storing import differing_fields, said_in
from .tags import tag_field, tag_named
from .viewings import (
    add_viewing,
    change_viewing,
    changed,
    is_removed,
    is_to_come,
    rate,
    remove_viewing,
    watch,
    watched_again,
    watched_anew,
)
from .writing import (
    add_movie,
    ensure_movie,
    recommend,
    recommend_all,
    refresh_metadata,
    remove_movie,
    set_status,
    withdraw,
)
