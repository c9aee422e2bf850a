"""Custom lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from ..errors import Invalid, ListNotFound
from ..models import LISTS, STATUS
from ..models.library import DEFAULT_COLOR
from ..schemas.custom_list import ListFields, ListSchema
from .change_clock import LibraryWrite
from .collection import Collection
from .library_read import LibraryRead
from .names import normalise_name

COLLECTION = Collection(
    "list",
    ListSchema,
    ListNotFound,
    changeable=("name", *ListFields._declared_fields, "created_at"),
    defaults={"color": DEFAULT_COLOR, "icon": "list", "position": 0},
    order=("position", "created_at", "id"),
)
list_lists, get_list, has_list = COLLECTION.read_all, COLLECTION.read_one, COLLECTION.has
values_of, update_list = COLLECTION.values_of, COLLECTION.change

_NAMED = (
    select(LISTS.c.id)
    .where(LISTS.c.user_id == bindparam("of_user"), LISTS.c.name == bindparam("of_name"))
    .order_by(LISTS.c.position, LISTS.c.created_at, LISTS.c.id)
)
_IS_ON = (STATUS.c.user_id == bindparam("of_user"), STATUS.c.custom_list_id == bindparam("of_list"))
_MOVIES_ON = select(STATUS.c.imdb_id).where(*_IS_ON)
_EMPTY = update(STATUS).where(*_IS_ON).values(status="toWatch", custom_list_id=None)


def find_list(read: LibraryRead, name: str) -> str | None:
    """The id of the user's first list of this name, None when there is none."""
    found = read.execute(_NAMED, of_name=normalise_name(name)).first()
    return None if found is None else found.id


def add_list(tx: LibraryWrite, name: str, *, list_id: str | None = None, **values: Any) -> str:
    """Make a list, with any of color, icon, position and created_at; returns its id. Names need not be unique.

    Raises Invalid for an id that no address can carry, though older clients may choose others than UUIDs.
    """
    if list_id is not None and ("/" in list_id or list_id in (".", "..")):
        raise Invalid.field("id", 'must not be "." or "..", nor have a slash')
    made: str = add_lists(tx, [{"id": list_id, "name": name, **values}])[0]
    return made


def add_lists(tx: LibraryWrite, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Make lists with these values, now and each with a new id unless they say otherwise; returns the ids."""
    return COLLECTION.add(
        tx, [{"created_at": tx.wall_time, **row, "name": normalise_name(row["name"])} for row in rows]
    )


def delete_list(tx: LibraryWrite, list_id: str) -> None:
    """Remove a list; its movies go back to toWatch. Raises ListNotFound."""
    values_of(tx, list_id)
    tx.touch_all("movie", tx.execute(_MOVIES_ON, of_list=list_id).scalars(), "status")
    tx.execute(_EMPTY, of_list=list_id)
    COLLECTION.remove(tx, list_id)
