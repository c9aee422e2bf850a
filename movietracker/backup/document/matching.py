"""Matching the records of a document with those of the account, and planning what changes.

Quick recommenders are matched by their key, or by their first name in files without keys; other people by name. Those
who are left on both sides are matched by names that differ in case, accents or invisible characters only, in the order
of the file and of their ids here. Each person is matched once at most: a file that lists both Anna and anna says that
they are two, so of an account that has one of them it makes two, and of one that has both it changes neither. Such a
name stays as it is spelled here when a file is merged, and becomes as it is spelled there when it replaces.

Other kinds are matched by id; one whose id belongs to another user gets an id derived from the two, the same each time.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, select

from ...database import in_chunks
from ...records import Kind
from ...services.change_clock import ANY_FIELD, LibraryWrite
from ...services.names import folded_name
from ...services.people import QUICK_RECOMMENDERS
from .entries import Entry

_FIRST_NAMES = {recommender["quick_key"]: recommender["name"] for recommender in QUICK_RECOMMENDERS}
_OTHERS_RECORDS = uuid.UUID("6f0b8f4e-4c0d-4b53-9d8e-0a3f5b6d7c21")

Stored = Mapping[str, Any]
FileWins = Callable[[float, Entry], bool]
"""Whether an entry of the file replaces a record of the account that changed at this time (Unix seconds)."""


@dataclass(slots=True)
class Plan:
    """What an import does to the records of a kind.

    ``ids`` maps the file's names or ids to known ids of the account; ``changes`` maps ids of the account to new values;
    ``new`` are entries to add, ``going`` ids of the account to remove.
    """

    ids: dict[str, Any] = field(default_factory=dict)
    changes: dict[Any, dict[str, Any]] = field(default_factory=dict)
    new: list[Any] = field(default_factory=list)
    going: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def change(self, row: Stored, entry: Entry) -> None:
        """Give a stored record the values of an entry, as far as they differ."""
        values = entry.values.items()
        if differing := {name: value for name, value in values if name != "quick_key" and row[name] != value}:
            self.changes[row["id"]] = differing


def plan_people(
    tx: LibraryWrite, _: Kind, stored: Sequence[Stored], records: Sequence[Entry], file_wins: FileWins, replace: bool
) -> Plan:
    """Match the people of a file with those who are stored."""
    plan = Plan()
    left = {row["id"]: row for row in stored}
    for record, row in _match_people(stored, records):
        if row is None:
            plan.new.append(record)
            continue
        del left[row["id"]]
        plan.ids[record.key] = row["id"]
        if not replace and folded_name(record.key) == folded_name(row["name"]):
            record = record._replace(values={**record.values, "name": row["name"]})
        if _is_as_seeded(tx, row) or file_wins(row["last_modified"], record):
            plan.change(row, record)
    if replace:
        plan.going = [person_id for person_id, row in left.items() if row["quick_key"] is None]
    _settle_names(plan, stored, str if replace else folded_name)
    return plan


def _settle_names(plan: Plan, stored: Sequence[Stored], form: Callable[[str], str]) -> None:
    """Drop new names whose current holder, in this form, keeps them."""
    names = {row["id"]: row["name"] for row in stored if row["id"] not in set(plan.going)}
    renamed = {person_id: values["name"] for person_id, values in plan.changes.items() if "name" in values}
    holders = {form(name): person_id for person_id, name in names.items()}
    while taken := [each for each, name in renamed.items() if holders.get(form(name), each) not in (each, *renamed)]:
        for person_id in taken:
            kept, wanted = names[person_id], renamed[person_id]
            plan.warnings.append(f"“{kept}” keeps its name, because another person here is called “{wanted}”.")
            del renamed[person_id], plan.changes[person_id]["name"]
    plan.changes = {person_id: values for person_id, values in plan.changes.items() if values}
    held = {renamed.get(person_id, name): person_id for person_id, name in names.items()}
    plan.ids.update({record.key: held[record.key] for record in plan.new if record.key in held})
    plan.new = [record for record in plan.new if record.key not in held]


def plan_records(
    tx: LibraryWrite, kind: Kind, stored: Sequence[Stored], records: Sequence[Entry], file_wins: FileWins, replace: bool
) -> Plan:
    """Match the records of a file with those that are stored, by id."""
    plan = Plan()
    left = {row["id"]: row for row in stored}
    taken = _ids_of_others(tx, kind, [record.key for record in records if record.key not in left])
    for record in sorted(records, key=lambda record: record.key not in left):  # those with an id of ours first
        record_id = plan.ids[record.key] = _id_here(tx.user_id, record.key, left, taken)
        taken.add(record_id)
        row = left.pop(record_id, None)
        if row is None:
            plan.new.append(record)
        elif file_wins(row["last_modified"], record):
            plan.change(row, record._replace(values={**record.values, "id": record_id}))
    if replace:
        plan.going = list(left)
    return plan


def _ids_of_others(tx: LibraryWrite, kind: Kind, ids: Sequence[str]) -> set[str]:
    """Those of these ids that are other users' records."""
    others = select(kind.key).where(
        kind.key.in_(bindparam("of_keys", expanding=True)), kind.table.c.user_id != bindparam("of_user")
    )
    found: set[str] = set()
    for keys in in_chunks(ids):
        found.update(tx.execute(others, of_keys=keys).scalars())
    return found


def derived_id(user_id: str, record_id: str) -> str:
    """The id of a user's record whose own is another user's; the same each time."""
    return str(uuid.uuid5(_OTHERS_RECORDS, f"{user_id}/{record_id}"))


def _id_here(user_id: str, record_id: str, mine: Container[str], taken: Container[str]) -> str:
    """The id of this record of the file: one of ``mine``, or one that is not ``taken`` by others or other records."""
    while record_id not in mine:
        own = derived_id(user_id, record_id)
        if own not in mine and record_id not in taken:
            return record_id
        record_id = own
    return record_id


def _match_people(stored: Sequence[Stored], records: Sequence[Entry]) -> list[tuple[Entry, Stored | None]]:
    """Each entry with its person, or None for a new one; each person is matched once at most."""
    quick = {row["quick_key"]: row for row in stored if row["quick_key"] is not None}
    keyed = {record.values.get("quick_key") for record in records} & quick.keys()
    by_name = {row["name"]: row for row in stored if row["quick_key"] not in keyed}
    named = {record.key for record in records if record.values.get("quick_key") not in keyed} & by_name.keys()
    # Files without keys still know a renamed quick recommender by its first name.
    by_first_name = {
        _FIRST_NAMES.get(key): row for key, row in quick.items() if key not in keyed and row["name"] not in named
    }

    def match(record: Entry) -> Stored | None:
        if record.values.get("quick_key") in keyed:
            return quick[record.values["quick_key"]]
        return by_name.get(record.key) or by_first_name.get(record.key)

    matched = [(record, match(record)) for record in records]
    taken = {row["id"] for _, row in matched if row is not None}
    left: defaultdict[str, list[Stored]] = defaultdict(list)
    for row in sorted(stored, key=itemgetter("id"), reverse=True):
        if row["id"] not in taken and row["quick_key"] not in keyed:
            left[folded_name(row["name"])].append(row)

    def alike(record: Entry) -> Stored | None:
        found = left.get(folded_name(record.key))
        return found.pop() if found else None

    return [(record, alike(record) if row is None else row) for record, row in matched]


def _is_as_seeded(tx: LibraryWrite, row: Stored) -> bool:
    """Whether this is an unchanged quick recommender, about which the file says more than the account."""
    first = next((each for each in QUICK_RECOMMENDERS if each["quick_key"] == row["quick_key"]), None)
    if first is None or row["is_trusted"] or any(row[key] != value for key, value in first.items()):
        return False
    return tx.field_changes_of("person", row["id"]).keys() <= {ANY_FIELD}
