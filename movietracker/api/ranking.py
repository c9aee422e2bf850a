"""The ranking of watched titles by comparison."""

from typing import Any

from flask import Response

from .. import errors
from ..schemas.ranking import NewRankSchema, RankAgainSchema, RankedTitleSchema, UnrankedTitleSchema
from ..schemas.requests import PageSchema
from ..services import ranking
from ..services.accounts import Account
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint
from .paging import Order

blueprint = ApiBlueprint("ranking", "/api/ranking", "The ranking of watched titles")

_BY_PLACE = Order("ranking", liked=bool, order_key=str)
_BY_DATE = Order("unranked", date_watched=float, imdb_id=str)


@blueprint.operation("GET", "", query=PageSchema, response=RankedTitleSchema(many=True), etag=True)
def list_all(user: Account, paging: dict[str, Any]) -> Response:
    """The ranking: the liked titles by position, then the others."""
    with library_read(user.id) as read:
        return _BY_PLACE.page(paging, lambda after, limit: ranking.list_ranking(read, after, limit))


@blueprint.operation("GET", "/unranked", query=PageSchema, response=UnrankedTitleSchema(many=True), etag=True)
def list_unranked(user: Account, paging: dict[str, Any]) -> Response:
    """The watched titles that are not ranked, the one that was watched last first."""
    with library_read(user.id) as read:
        return _BY_DATE.page(paging, lambda after, limit: ranking.list_unranked(read, after, limit))


@blueprint.operation(
    "POST",
    "/insert",
    body=NewRankSchema,
    response=RankedTitleSchema,
    status=201,
    problems=[errors.MovieNotFound, errors.NotWatched, errors.AlreadyRanked],
)
def insert(user: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Rank a watched title."""
    with library_write(user.id) as tx:
        return ranking.insert(tx, **body)


@blueprint.operation(
    "PUT",
    "/<string:imdb_id>",
    body=RankAgainSchema,
    response=RankedTitleSchema,
    problems=[errors.MovieNotFound, errors.NotWatched, errors.NotRanked],
)
def rank_again(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Give a ranked title another place in the ranking."""
    if body.pop("imdb_id", imdb_id) != imdb_id:
        raise errors.Invalid.field("imdb_id", "must be that of the address")
    with library_write(user.id) as tx:
        return ranking.rank_again(tx, imdb_id, **body)


@blueprint.operation("DELETE", "/<string:imdb_id>", status=204, problems=[errors.MovieNotFound, errors.NotRanked])
def unrank(user: Account, imdb_id: str) -> None:
    """Take a title out of the ranking."""
    with library_write(user.id) as tx:
        ranking.unrank(tx, imdb_id)
