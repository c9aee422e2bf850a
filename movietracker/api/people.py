"""People who recommend. Names may hold any character, slashes included."""

from __future__ import annotations

from typing import Any

from flask import Response

from .. import errors
from ..schemas.answers import PersonSchema, PersonStatsSchema
from ..schemas.requests import NewPersonSchema, PageSchema, PersonChangeSchema
from ..services import people
from ..services.accounts import Account
from ..services.movie_statements import MovieFilter
from ..services.movies import list_movies
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint
from .paging import Order, page_of
from .replies import no_content, reply

blueprint = ApiBlueprint("people", __name__, url_prefix="/api/people", description="People who recommend")

_ORDER = Order("people", (int,))


@blueprint.endpoint("GET", "", answer=PersonSchema(many=True), problems=[errors.Invalid], etag=True)
@blueprint.arguments(PageSchema, location="query")
def list_all(user: Account, paging: dict[str, Any]) -> Response:
    """All people of the user, the oldest first."""
    with library_read(user.id) as read:
        found = people.list_people(read)
    return page_of(found, _ORDER, lambda each: (each["id"],), paging)


@blueprint.endpoint("POST", "", answer=PersonSchema, status=201, problems=[errors.NameTaken, errors.Invalid])
@blueprint.arguments(NewPersonSchema)
def add(user: Account, body: dict[str, Any]) -> Response:
    """Add a person."""
    with library_write(user.id) as tx:
        person_id = people.add_person(tx, **body)
        person = people.get_person(tx, person_id)
    return reply(person, 201)


@blueprint.endpoint(
    "PUT",
    "/<name:name>",
    answer=PersonSchema,
    problems=[errors.PersonNotFound, errors.NameTaken, errors.Invalid],
)
@blueprint.arguments(PersonChangeSchema)
def change(user: Account, body: dict[str, Any], name: str) -> Response:
    """Change a person; a new name keeps the recommendations."""
    with library_write(user.id) as tx:
        person_id = people.find_person(tx, name)
        people.update_person(tx, person_id, body)
        tx.flush()
        person = people.get_person(tx, person_id)
    return reply(person)


@blueprint.endpoint(
    "DELETE", "/<name:name>", status=204, problems=[errors.PersonNotFound, errors.QuickRecommenderProtected]
)
def remove(user: Account, name: str) -> Response:
    """Remove a person and their recommendations; the quick recommenders stay."""
    with library_write(user.id) as tx:
        people.delete_person(tx, people.find_person(tx, name))
    return no_content()


@blueprint.endpoint("GET", "/<name:name>/stats", answer=PersonStatsSchema, problems=[errors.PersonNotFound], etag=True)
def stats(user: Account, name: str) -> Response:
    """What a person's recommendations were worth."""
    with library_read(user.id) as read:
        person_id = people.find_person(read, name)
        person = people.get_person(read, person_id) | people.person_stats(read, person_id)
        person["movies"] = list_movies(read, MovieFilter(person_id=person_id)).movies
    return reply(person)
