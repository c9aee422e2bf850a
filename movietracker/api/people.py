"""People who recommend, by name or id. Names may hold any character, slashes too; one of digits wins over an id."""

from typing import Any

from ..errors import NameTaken, PersonNotFound, QuickRecommenderProtected
from ..records import KIND_OF
from ..schemas.person import MergeSchema, PersonSchema, PersonStatsSchema
from ..services import merging, people
from ..services.accounts import Account
from ..services.movies import MovieFilter, list_movies
from ..services.transactions import library_read, library_write
from ..state import state
from ..trust.assessment import trust_of_person
from .records import Said, blueprint_of

blueprint = blueprint_of(
    KIND_OF["person"],
    "People who recommend",
    people.find_person,
    all=Said("All people of the user, the oldest first."),
    one=Said("One person, by name or id."),
    add=Said("Add a person.", [NameTaken]),
    change=Said("Change a person; a new name keeps the recommendations.", [NameTaken]),
    remove=Said("Remove a person and their recommendations; the quick recommenders stay.", [QuickRecommenderProtected]),
)


@blueprint.operation("GET", "/<name:name>/stats", response=PersonStatsSchema, problems=[PersonNotFound], etag=True)
def stats(user: Account, name: str) -> dict[str, Any]:
    """What a person's recommendations were worth."""
    with library_read(user.id) as read:
        person_id = people.find_person(read, name)
        person = people.get_person(read, person_id) | people.person_stats(read, person_id)
        trust = trust_of_person(state().assessments.of(read), person_id)
        return person | {"trust": trust, "movies": list_movies(read, MovieFilter(person_id=person_id)).movies}


@blueprint.operation(
    "POST",
    "/<name:name>/merge",
    body=MergeSchema,
    response=PersonSchema,
    problems=[PersonNotFound, QuickRecommenderProtected],
)
def merge(user: Account, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Take two people for one: what the first said goes to the other; of two votes for a title the newer counts."""
    with library_write(user.id) as tx:
        into = body["into"] if isinstance(body["into"], int) else people.find_person(tx, body["into"])
        if not people.has_person(tx, into):
            raise PersonNotFound
        merging.merge_people(tx, people.find_person(tx, name), into)
        return people.get_person(tx, into)
