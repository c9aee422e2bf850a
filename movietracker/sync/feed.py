"""The change feed: what changed in a library after a number, in the order of the numbers: records, or which ones.

The head is read first, then the rows up to it, in one snapshot. A record that changes while a client pages gets a later
number and comes again; none is missed. The cost is proportional to the changes, not to the library: each kind is read
by its index on (user_id, seq).
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Integer, String, bindparam, cast, literal, select, true, union_all

from ..models import TOMBSTONES
from ..plugin.events import Change
from ..records import KIND_OF, KINDS
from ..services.collection import Between
from ..services.library_read import Head, LibraryRead
from . import cursor as cursors

_AFTER: BindParameter[int] = bindparam("after")
_UP_TO: BindParameter[int] = bindparam("up_to")
_BASE: BindParameter[int] = bindparam("base")


def _empty() -> dict[str, list[Any]]:
    return {kind.plural: [] for kind in KINDS}


@dataclass(slots=True)
class Changes:
    """What changed after a number, up to ``reached``: records ready to be dumped, and the keys of what was deleted.

    Both are by the plural of their kind. ``reached`` is the number up to which nothing is missing; ``has_more`` says
    whether ``head`` is beyond it.
    """

    head: Head
    reached: int
    has_more: bool
    records: dict[str, list[dict[str, Any]]] = field(default_factory=_empty)
    deleted: dict[str, list[Any]] = field(default_factory=_empty)


def _numbers(table: Any) -> Any:
    in_range = (table.c.seq > _AFTER, table.c.seq <= _UP_TO)
    return select(table.c.seq).where(table.c.user_id == bindparam("of_user"), *in_range)


_TOMBSTONE_NUMBERS = _numbers(TOMBSTONES).where(TOMBSTONES.c.seq > _BASE)
_ALL_NUMBERS = union_all(*(_numbers(kind.table) for kind in KINDS), _TOMBSTONE_NUMBERS).order_by("seq")
_FIRST_NUMBERS = _ALL_NUMBERS.limit(bindparam("most", type_=Integer))
_TOMBSTONES = _TOMBSTONE_NUMBERS.add_columns(TOMBSTONES.c.kind, TOMBSTONES.c.key).order_by(TOMBSTONES.c.seq)


def read_changes(read: LibraryRead, after: int, *, base: int = 0, limit: int | None = None) -> Changes:
    """What changed after this number; the first ``limit`` changes of it.

    ``base``: a client whose first pull began at that head had no records deleted before it, so their tombstones are
    omitted.
    """
    head = read.head()
    reached, has_more = head.seq, False
    if limit is not None and after < head.seq:
        between = {"after": after, "up_to": head.seq, "base": base}
        numbers = read.execute(_FIRST_NUMBERS, most=limit + 1, **between).scalars()
        has_more = len(numbers) > limit
        reached = numbers[limit - 1] if has_more else head.seq
    changes = Changes(head, reached, has_more)
    if after < reached:
        changes.records = _records(read, (after, reached))
        for row in read.execute(_TOMBSTONES, after=after, up_to=reached, base=base):
            kind = KIND_OF[row.kind]
            changes.deleted[kind.plural].append(kind.parse_key(row.key))
    return changes


def read_everything(read: LibraryRead) -> Changes:
    """The whole library."""
    head = read.head()
    return Changes(head, head.seq, has_more=False, records=_records(read, None))


def _records(read: LibraryRead, changed: Between | None) -> dict[str, list[dict[str, Any]]]:
    return {kind.plural: kind.read(read, changed) for kind in KINDS}


class News(NamedTuple):
    """The head of a library, a cursor that stands there, and what changed after the number that was asked for."""

    head: Head
    cursor: str
    changes: tuple[Change, ...]


def read_news(read: LibraryRead, after: int | None) -> News:
    """The changes after this number, in their order; None asks for the head alone.

    A record that is hidden, such as a movie whose status is deleted, counts as deleted.
    """
    head = read.head()
    position = cursors.position_at(read, head.seq) or cursors.BEGINNING
    cursor = cursors.Cursor(read.user_id, head.seq, position).encode()
    if after is None or after >= head.seq:
        return News(head, cursor, ())
    rows = read.execute(_NEWS, after=after)
    return News(head, cursor, tuple(Change(row.kind, row.key, row.is_deleted, row.created_seq > after) for row in rows))


def _changed(table: Any, kind: Any, key: Any, created_seq: Any, is_deleted: Any) -> Any:
    return select(
        kind.label("kind"),
        key.label("key"),
        table.c.seq,
        created_seq.label("created_seq"),
        is_deleted.label("is_deleted"),
    ).where(table.c.user_id == bindparam("of_user"), table.c.seq > _AFTER)


_NEWS = union_all(
    *(
        _changed(kind.table, literal(kind.name), cast(kind.key, String), kind.table.c.created_seq, kind.is_hidden)
        for kind in KINDS
    ),
    _changed(TOMBSTONES, TOMBSTONES.c.kind, TOMBSTONES.c.key, literal(0), true()),
).order_by("seq")
