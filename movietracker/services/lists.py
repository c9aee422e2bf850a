"""Custom lists."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from ..errors import ListNotFound
from ..models import CustomList, MovieStatus
from ..models.person import DEFAULT_COLOR
from ..prepared import Prepared
from .names import normalise_name
from .transactions import LibraryRead, LibraryWrite

LISTS = CustomList.__table__
STATUS = MovieStatus.__table__

DEFAULT_ICON = "list"

_OF_USER = LISTS.c.user_id == bindparam("of_user")
_OF_LIST = LISTS.c.id == bindparam("of_list")

LIST_COLUMNS = (
    LISTS.c.id,
    LISTS.c.user_id,
    LISTS.c.name,
    LISTS.c.color,
    LISTS.c.icon,
    LISTS.c.position,
    LISTS.c.created_at,
    LISTS.c.last_modified,
    LISTS.c.seq.label("rev"),
)

_BY_POSITION = select(*LIST_COLUMNS).where(_OF_USER).order_by(LISTS.c.position, LISTS.c.created_at, LISTS.c.id)
_ALL = Prepared(_BY_POSITION)
_CHANGED = Prepared(_BY_POSITION.where(LISTS.c.seq > bindparam("after"), LISTS.c.seq <= bindparam("up_to")))
_NAMED = Prepared(_BY_POSITION.where(LISTS.c.name == bindparam("of_name")))
_ONE = Prepared(select(*LIST_COLUMNS).where(_OF_USER, _OF_LIST))
_MOVIES_ON = select(STATUS.c.imdb_id).where(
    STATUS.c.user_id == bindparam("of_user"), STATUS.c.custom_list_id == bindparam("of_list")
)


def list_json(row: Any, *, with_rev: bool = False) -> dict[str, Any]:
    """The contract's List from a row of LIST_COLUMNS; ``with_rev`` adds its number, for the sync protocol."""
    made: dict[str, Any] = row._asdict()
    if not with_rev:
        del made["rev"]
    return made


def list_lists(
    read: LibraryRead, *, with_rev: bool = False, changed: tuple[int, int] | None = None
) -> list[dict[str, Any]]:
    """All lists of the user, by position; or those whose last change has a number between these two."""
    rows = read.execute(_ALL) if changed is None else read.execute(_CHANGED, after=changed[0], up_to=changed[1])
    return [list_json(row, with_rev=with_rev) for row in rows]


def get_list(read: LibraryRead, list_id: str, *, with_rev: bool = False) -> dict[str, Any]:
    """One list; raises ListNotFound."""
    row = read.execute(_ONE, of_list=list_id).one_or_none()
    if row is None:
        raise ListNotFound
    return list_json(row, with_rev=with_rev)


def has_list(read: LibraryRead, list_id: str) -> bool:
    """Whether the user has a list with this id."""
    return read.execute(_ONE, of_list=list_id).first() is not None


def find_list(read: LibraryRead, name: str) -> str | None:
    """The id of the user's first list of this name, None when there is none."""
    found = read.execute(_NAMED, of_name=normalise_name(name)).first()
    return None if found is None else found.id


def add_list(
    tx: LibraryWrite,
    name: str,
    *,
    color: str = DEFAULT_COLOR,
    icon: str = DEFAULT_ICON,
    position: int = 0,
    list_id: str | None = None,
    created_at: float | None = None,
) -> str:
    """Make a list; answers its id. Names need not be unique; ``created_at`` (Unix seconds) is now unless given."""
    list_id = list_id or str(uuid.uuid4())
    made = tx.at if created_at is None else created_at
    row = {"name": normalise_name(name), "color": color, "icon": icon, "position": position, "created_at": made}
    tx.connection.execute(insert(LISTS), {"user_id": tx.user_id, "id": list_id, **row, **tx.created("list", list_id)})
    return list_id


def update_list(tx: LibraryWrite, list_id: str, changes: Mapping[str, Any]) -> None:
    """Change any of name, color, icon, position, created_at. Raises ListNotFound."""
    before = get_list(tx, list_id)
    values = {key: changes[key] for key in ("name", "color", "icon", "position", "created_at") if key in changes}
    if "name" in values:
        values["name"] = normalise_name(values["name"])
    values = {key: value for key, value in values.items() if before[key] != value}
    if values:
        tx.execute(update(LISTS).where(_OF_USER, _OF_LIST).values(**values), of_list=list_id)
        tx.touch("list", list_id, *values)


def delete_list(tx: LibraryWrite, list_id: str) -> None:
    """Remove a list; its movies go back to toWatch. Raises ListNotFound."""
    get_list(tx, list_id)
    tx.touch_all("movie", tx.execute(_MOVIES_ON, of_list=list_id).scalars(), "status")
    back = update(STATUS).where(
        STATUS.c.user_id == bindparam("of_user"), STATUS.c.custom_list_id == bindparam("of_list")
    )
    tx.execute(back.values(status="toWatch", custom_list_id=None), of_list=list_id)
    tx.execute(delete(LISTS).where(_OF_USER, _OF_LIST), of_list=list_id)
    tx.deleted("list", list_id)
