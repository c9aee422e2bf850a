"""Posters through this server, so that clients' addresses do not go to the providers' servers."""

from flask import Response, request

from .. import errors
from ..images import TYPES
from ..services.accounts import Account
from ..state import state
from .blueprint import ApiBlueprint
from .limits import proxying

blueprint = ApiBlueprint("images", "/api/images", "Posters through this server")

YEAR = 365 * 86_400


@blueprint.operation(
    "GET",
    "/<name:address>",
    files=[*TYPES, "application/octet-stream"],  # which generated clients know as bytes
    problems=[errors.ImageNotFound, errors.ProviderFailed, errors.ProviderUnreachable, errors.TooManyRequests],
)
def image(user: Account, address: str) -> Response:
    """The image at an address without its ``https://``, such as image.tmdb.org/t/p/w200/poster.jpg."""
    found = state().images.get(address, fetching=proxying)
    response = Response(found.content, mimetype=found.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.cache_control.private = True
    response.cache_control.max_age = YEAR
    response.add_etag()
    response.make_conditional(request)
    return response
