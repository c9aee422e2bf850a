"""Custom lists."""

from __future__ import annotations

from typing import Any

from flask import Response

from .. import errors
from ..schemas.answers import ListSchema, MovieSchema
from ..schemas.requests import ListChangeSchema, NewListSchema, PageSchema
from ..services import lists
from ..services.accounts import Account
from ..services.movie_statements import MovieFilter
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint
from .movies import movie_page
from .paging import Order, page_of
from .replies import no_content, reply

blueprint = ApiBlueprint("lists", __name__, url_prefix="/api/lists", description="Custom lists")

_ORDER = Order("lists", (int, float, str))


@blueprint.endpoint("GET", "", answer=ListSchema(many=True), problems=[errors.Invalid], etag=True)
@blueprint.arguments(PageSchema, location="query")
def list_all(user: Account, paging: dict[str, Any]) -> Response:
    """All lists of the user, by position."""
    with library_read(user.id) as read:
        found = lists.list_lists(read)
    return page_of(found, _ORDER, lambda each: (each["position"], each["created_at"], each["id"]), paging)


@blueprint.endpoint("POST", "", answer=ListSchema, status=201, problems=[errors.Invalid])
@blueprint.arguments(NewListSchema)
def add(user: Account, body: dict[str, Any]) -> Response:
    """Add a list."""
    with library_write(user.id) as tx:
        made = lists.get_list(tx, lists.add_list(tx, **body))
    return reply(made, 201)


@blueprint.endpoint("GET", "/<string:list_id>", answer=ListSchema, problems=[errors.ListNotFound], etag=True)
def get(user: Account, list_id: str) -> Response:
    """One list by its id."""
    with library_read(user.id) as read:
        return reply(lists.get_list(read, list_id))


@blueprint.endpoint("PUT", "/<string:list_id>", answer=ListSchema, problems=[errors.ListNotFound, errors.Invalid])
@blueprint.arguments(ListChangeSchema)
def change(user: Account, body: dict[str, Any], list_id: str) -> Response:
    """Change a list."""
    with library_write(user.id) as tx:
        lists.update_list(tx, list_id, body)
        tx.flush()
        changed = lists.get_list(tx, list_id)
    return reply(changed)


@blueprint.endpoint("DELETE", "/<string:list_id>", status=204, problems=[errors.ListNotFound])
def remove(user: Account, list_id: str) -> Response:
    """Remove a list; its movies go back to toWatch."""
    with library_write(user.id) as tx:
        lists.delete_list(tx, list_id)
    return no_content()


@blueprint.endpoint(
    "GET",
    "/<string:list_id>/movies",
    answer=MovieSchema(many=True),
    problems=[errors.ListNotFound, errors.Invalid],
    etag=True,
)
@blueprint.arguments(PageSchema, location="query")
def movies_of(user: Account, paging: dict[str, Any], list_id: str) -> Response:
    """The movies on a list."""
    with library_read(user.id) as read:
        lists.get_list(read, list_id)
        return movie_page(read, MovieFilter(list_id=list_id), paging)
