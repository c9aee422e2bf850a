"""Actions on people."""

from typing import Any

from ...errors import PersonNotFound
from ...schemas.person import AddPersonData, DeletePersonData, MergePeopleData, PersonFields, UpdatePersonData
from ...services import merging, people
from ...services.names import normalise_name
from ..conflicts import ActionConflict, ActionContext, refuse_changed
from ..names import Meant, existing_holder, last_holder, person_meant, refuse_merged, refuse_namesake
from .registry import registry


@registry.action("addPerson", kind="person", schema=AddPersonData)
def add_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a person; an existing one of that name stays as they are."""
    person_id = existing_holder(context, data["name"])
    if person_id is None:
        person_id = people.add_person(context.tx, **data)
    return person_id


@registry.action("updatePerson", "updatePersonTrust", kind="person", schema=UpdatePersonData)
def update_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change a person's name, trust, color or emoji."""
    meant = person_meant(context, data.get("id"), data.get("name"))
    changes = {name: data[name] for name in PersonFields._declared_fields if name in data}
    if "new_name" in data:
        changes["name"] = normalise_name(data["new_name"])
    current = people.values_of(context.tx, meant.id)
    differs = {key: current[key] != value for key, value in changes.items()}
    if meant.is_merged and any(differs.values()):
        refuse_merged(context, meant)
    refuse_changed(context, "person", meant.id, differs)
    people.update_person(context.tx, meant.id, changes)
    return meant.id


@registry.action("deletePerson", kind="person", schema=DeletePersonData)
def delete_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a person and their recommendations; the quick recommenders stay."""
    try:
        meant = person_meant(context, data.get("id"), data.get("name"))
    except ActionConflict as conflict:
        return conflict.key  # another device did it
    except PersonNotFound:
        gone = None if data.get("name") is None else last_holder(context, normalise_name(data["name"]))
        if gone is None:
            raise
        return int(gone.person_id)
    if meant.is_merged:
        return meant.named  # gone, and whom they became part of was not meant
    if data.get("id") is None:
        refuse_namesake(context, data["name"], meant.id)
    people.delete_person(context.tx, meant.id)
    return meant.id


@registry.action("mergePeople", kind="person", schema=MergePeopleData)
def merge_people(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Take two people for one: what the first said goes to the other."""
    into, by_name = data["into"], isinstance(data["into"], str)
    stays = person_meant(context, None if by_name else into, into if by_name else None)
    goes = _who_goes(context, data, stays.id)
    if goes.id == stays.id and (goes.is_merged or stays.is_merged):
        return stays.id  # another device did it, or merged them the other way round
    if goes.is_merged:
        raise ActionConflict("deleted", "person", goes.named)
    for name, person_id in ((data.get("name") if data.get("id") is None else None, goes.id), (into, stays.id)):
        if isinstance(name, str):
            refuse_namesake(context, name, person_id)
    merging.merge_people(context.tx, goes.id, stays.id)
    return stays.id


def _who_goes(context: ActionContext, data: dict[str, Any], into: int) -> Meant:
    """The person to be merged into another, who may have been already, by a user who knows."""
    try:
        return person_meant(context, data.get("id"), data.get("name"))
    except PersonNotFound:
        gone = None if data.get("id") is not None else last_holder(context, normalise_name(data["name"]))
        if gone is None or merging.heir_of(context.tx, gone.person_id) != into:
            raise
        return Meant(into, gone.person_id)
