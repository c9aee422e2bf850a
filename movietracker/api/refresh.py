"""Fresh metadata for a title of the library, and the providers' full responses."""

from __future__ import annotations

from flask import Response

from .. import errors
from ..schemas.metadata import ProviderResponseSchema, RefreshedSchema
from ..services import movies, title_metadata
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from .blueprint import ApiBlueprint
from .replies import reply

blueprint = ApiBlueprint("metadata", __name__, url_prefix="/api/movies", description="Stored metadata of titles")

_PROBLEMS = (
    errors.MovieNotFound,
    errors.TitleUnknown,
    errors.ProviderFailed,
    errors.ProviderNotConfigured,
    errors.ProviderUnreachable,
)


@blueprint.endpoint("POST", "/<string:imdb_id>/refresh", answer=RefreshedSchema, problems=[*_PROBLEMS, errors.Invalid])
def refresh(user: Account, imdb_id: str) -> Response:
    """Fetch details and ratings anew, bypassing the cache; a busy server queues it and answers at once."""
    return _refreshed(user, imdb_id)


@blueprint.endpoint("GET", "/<string:imdb_id>/refresh", answer=RefreshedSchema, problems=_PROBLEMS)
def refresh_by_get(user: Account, imdb_id: str) -> Response:
    """The same as POST, which is the better choice."""
    return _refreshed(user, imdb_id)


@blueprint.endpoint(
    "GET",
    "/<string:imdb_id>/metadata/<string:provider>",
    answer=ProviderResponseSchema,
    problems=[errors.MovieNotFound, errors.MetadataNotFound],
)
def metadata(user: Account, imdb_id: str, provider: str) -> Response:
    """A provider's full response for a title of the library, as it was stored last."""
    with library_read(user.id) as read:
        movies.get_movie(read, imdb_id)
    return Response(title_metadata.get_response(imdb_id, provider), mimetype="application/json")


def _refreshed(user: Account, imdb_id: str) -> Response:
    done = state().refresher.refresh(user.id, imdb_id)
    updated = {"tmdb": done.stored.details, "omdb": done.stored.ratings}
    answer = {"success": True, "updated": updated, "queued": done.queued, "last_modified": done.last_modified}
    return reply(answer, headers={"Cache-Control": "no-store"})
