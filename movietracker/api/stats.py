"""What the library says, in all or of a year."""

from typing import Any
from zoneinfo import ZoneInfo

from ..schemas.stats import StatsQuerySchema, StatsSchema
from ..services.accounts import Account
from ..services.transactions import library_read
from ..trust.stats import read_stats
from .blueprint import ApiBlueprint

blueprint = ApiBlueprint("stats", "/api/stats", "What the library says")


@blueprint.operation("GET", "", query=StatsQuerySchema, response=StatsSchema, etag=True)
def get_stats(user: Account, query: dict[str, Any]) -> dict[str, Any]:
    """Titles, viewings, ratings and recommenders in figures, of the whole library or of a year."""
    with library_read(user.id) as read:
        return read_stats(read, query.get("year"), ZoneInfo(query["tz"]))
