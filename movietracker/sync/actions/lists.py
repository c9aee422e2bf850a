"""Actions on custom lists."""

from typing import Any

from ...errors import ListNotFound
from ...schemas.custom_list import AddListData, DeleteListData, ListFields, UpdateListData
from ...services import lists
from ...services.names import normalise_name
from ..conflicts import ActionConflict, ActionContext, refuse_changed, refuse_deleted
from .registry import registry


@registry.action("addList", kind="list", schema=AddListData)
def add_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a list; an existing one of that id (or, without an id, of that name) stays as it is."""
    list_id: str | None = data.pop("id", None)
    if list_id is None:
        known = lists.find_list(context.tx, data["name"])
        return known or lists.add_list(context.tx, **data)
    if not lists.has_list(context.tx, list_id):
        refuse_deleted(context, "list", list_id)
        lists.add_list(context.tx, list_id=list_id, **data)
    return list_id


@registry.action("updateList", kind="list", schema=UpdateListData)
def update_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change a list's name, color, icon or position."""
    list_id = _list(context, data)
    changes = {name: data[name] for name in ListFields._declared_fields if name in data}
    if data.get("id") is not None and data.get("name") is not None:
        changes["name"] = normalise_name(data["name"])
    current = lists.values_of(context.tx, list_id)
    differs = {key: current[key] != value for key, value in changes.items()}
    refuse_changed(context, "list", list_id, _as_named(data) | differs)
    lists.update_list(context.tx, list_id, changes)
    return list_id


@registry.action("deleteList", kind="list", schema=DeleteListData)
def delete_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a list; its movies go back to toWatch."""
    try:
        list_id = _list(context, data)
    except ActionConflict as conflict:
        return conflict.key  # another device did it
    refuse_changed(context, "list", list_id, _as_named(data))
    lists.delete_list(context.tx, list_id)
    return list_id


def _list(context: ActionContext, data: dict[str, Any]) -> str:
    """The id of a list that must exist."""
    list_id = data["id"] if data.get("id") is not None else lists.find_list(context.tx, data["name"])
    if list_id is None or not lists.has_list(context.tx, list_id):
        refuse_deleted(context, "list", list_id or "", even_if_known=True)
        raise ListNotFound
    return str(list_id)


def _as_named(data: dict[str, Any]) -> dict[str, bool]:
    """What must be as the user knew it: the name, if it alone says which list, since another may have borne it then."""
    return {"name": data.get("id") is None}
