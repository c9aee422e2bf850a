"""Fresh metadata for a title of the library, and the providers' full responses."""

from flask import Response

from .. import errors
from ..schemas.title import ProviderResponseSchema, RefreshResponseSchema
from ..services import movies, title_metadata
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from .blueprint import PROVIDER_PROBLEMS, ApiBlueprint, Problems
from .responses import reply

blueprint = ApiBlueprint("metadata", "/api/movies", "Stored metadata of titles")

_PROBLEMS: Problems = (errors.MovieNotFound, *PROVIDER_PROBLEMS)


@blueprint.operation("POST", "/<string:imdb_id>/refresh", response=RefreshResponseSchema, problems=_PROBLEMS)
def refresh(user: Account, imdb_id: str) -> Response:
    """Fetch details and ratings anew, bypassing the cache; a busy server queues it and responds at once."""
    done = state().refresher.refresh(user.id, imdb_id)
    updated = {"tmdb": done.stored.details, "omdb": done.stored.ratings}
    result = {"success": True, "updated": updated, "queued": done.queued, "last_modified": done.last_modified}
    return reply(result, headers={"Cache-Control": "no-store"})


@blueprint.operation("GET", "/<string:imdb_id>/refresh", response=RefreshResponseSchema, problems=_PROBLEMS)
def refresh_by_get(user: Account, imdb_id: str) -> Response:
    """The same as POST, which is the better choice."""
    return refresh(user, imdb_id)


@blueprint.operation(
    "GET",
    "/<string:imdb_id>/metadata/<string:provider>",
    response=ProviderResponseSchema,
    problems=[errors.MovieNotFound, errors.MetadataNotFound],
)
def metadata(user: Account, imdb_id: str, provider: str) -> Response:
    """A provider's full response for a title of the library, as it was stored last."""
    with library_read(user.id) as read:
        movies.get_movie(read, imdb_id)
    return Response(title_metadata.get_response(imdb_id, provider), mimetype="application/json")
