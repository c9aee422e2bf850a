"""How right each recommender was, and what to watch next."""

from typing import Any

from flask import Response

from ..schemas.trust import PersonTrustSchema, QueuedMovieSchema, QueueQuerySchema
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from ..trust.assessment import trust_of_people
from ..trust.queue import list_queue, queue_filter
from .blueprint import ApiBlueprint
from .responses import reply

blueprint = ApiBlueprint("trust", "/api", "How right recommenders were, and what to watch next")


@blueprint.operation("GET", "/trust", response=PersonTrustSchema(many=True), etag=True)
def list_trust(user: Account) -> list[dict[str, Any]]:
    """How right each person was, the most trusted first."""
    with library_read(user.id) as read:
        return trust_of_people(state().assessments.of(read))


@blueprint.operation("GET", "/queue", query=QueueQuerySchema, response=QueuedMovieSchema(many=True), etag=True)
def get_queue(user: Account, query: dict[str, Any]) -> Response:
    """What to watch next, the best match first, and why."""
    with library_read(user.id) as read:
        assessment = state().assessments.of(read)
        wanted, explore = queue_filter(read, query), query.get("explore", True)
        queue = list_queue(read, assessment, wanted, query.get("limit"), explore=explore)
    response = reply(queue)
    if not assessment.is_current:
        response.add_etag(weak=True)  # of its bytes, since the next fit changes it although the library stays
    return response
