"""Custom lists."""

from typing import Any

from flask import Response

from ..records import KIND_OF
from ..schemas.movie import MovieSchema
from ..schemas.requests import PageSchema
from ..services import lists
from ..services.accounts import Account
from ..services.movies import MovieFilter
from ..services.transactions import library_read
from .movies import movie_page
from .records import Said, blueprint_of

LIST = KIND_OF["list"]

blueprint = blueprint_of(LIST, "Custom lists", remove=Said("Remove a list; its movies go back to toWatch."))


@blueprint.operation(
    "GET",
    "/<string:list_id>/movies",
    query=PageSchema,
    response=MovieSchema(many=True),
    problems=[LIST.missing],
    etag=True,
)
def movies_of(user: Account, paging: dict[str, Any], list_id: str) -> Response:
    """The movies on a list."""
    with library_read(user.id) as read:
        lists.get_list(read, list_id)
        return movie_page(read, MovieFilter(list_id=list_id), paging)
