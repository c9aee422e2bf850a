"""Which people and lists of a document are which of the account's, and what is to become of them.

Quick recommenders are matched by their key, or by their first name in files from before there were keys; everybody else
by name. Lists are matched by id; one whose id belongs to another user gets an id made of the two, the same each time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..services.change_clock import ANY_FIELD
from ..services.people import QUICK_RECOMMENDERS
from .records import ListRecord, PersonRecord

_FIRST_NAMES = {recommender["quick_key"]: recommender["name"] for recommender in QUICK_RECOMMENDERS}
_OTHERS_LISTS = uuid.UUID("6f0b8f4e-4c0d-4b53-9d8e-0a3f5b6d7c21")

Stored = Mapping[str, Any]
FileWins = Callable[[float, PersonRecord | ListRecord], bool]
"""Whether a record of the file prevails over one that changed at this time (Unix seconds) here."""


@dataclass(slots=True)
class Plan:
    """What is to become of people or lists: ``ids`` maps the file's names or ids to ids here, as far as they are known.

    ``changes`` maps ids here to new values; ``new`` are records to be added; ``unmatched`` are ids here that the file
    does not speak of.
    """

    ids: dict[str, Any] = field(default_factory=dict)
    changes: dict[Any, dict[str, Any]] = field(default_factory=dict)
    new: list[Any] = field(default_factory=list)
    unmatched: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def plan_people(stored: Sequence[Stored], records: Sequence[PersonRecord], file_wins: FileWins) -> Plan:
    """Match the people of a file. ``stored`` rows have the columns of a person, ``field_changes`` among them."""
    plan = Plan()
    left = {row["id"]: row for row in stored}
    for record, row in _match_people(stored, records):
        if row is None:
            plan.new.append(record)
            continue
        del left[row["id"]]
        plan.ids[record.name] = row["id"]
        if _is_as_seeded(row) or file_wins(row["last_modified"], record):
            told = {"name": record.name, **record.look}
            values = {key: value for key, value in told.items() if row[key] != value}
            if values:
                plan.changes[row["id"]] = values
    plan.unmatched = [person_id for person_id, row in left.items() if row["quick_key"] is None]
    return plan


def settle_names(plan: Plan, stored: Sequence[Stored], going: Sequence[int]) -> None:
    """Take back new names that somebody bears who keeps them; ``going`` are people who are about to be removed."""
    names = {row["id"]: row["name"] for row in stored if row["id"] not in set(going)}
    renamed = {person_id: values["name"] for person_id, values in plan.changes.items() if "name" in values}
    bearers = {name: person_id for person_id, name in names.items()}
    while taken := [each for each, name in renamed.items() if bearers.get(name, each) not in (each, *renamed)]:
        for person_id in taken:
            kept, wanted = names[person_id], renamed[person_id]
            plan.warnings.append(f"“{kept}” keeps its name, because somebody here is called “{wanted}”.")
            del renamed[person_id], plan.changes[person_id]["name"]
    plan.changes = {person_id: values for person_id, values in plan.changes.items() if values}
    borne = {renamed.get(person_id, name): person_id for person_id, name in names.items()}
    plan.ids.update({record.name: borne[record.name] for record in plan.new if record.name in borne})
    plan.new = [record for record in plan.new if record.name not in borne]


def plan_lists(
    user_id: str,
    stored: Sequence[Stored],
    records: Sequence[ListRecord],
    others: set[str],
    file_wins: FileWins,
) -> Plan:
    """Match the lists of a file; ``others`` are those of its ids that are other users' lists."""
    plan = Plan()
    left = {row["id"]: row for row in stored}
    taken = set(others)
    for record in sorted(records, key=lambda record: record.id not in left):  # those with an id of ours first
        list_id = plan.ids[record.id] = _id_here(user_id, record.id, left, taken)
        taken.add(list_id)
        row = left.pop(list_id, None)
        if row is None:
            plan.new.append(record)
            continue
        told = {"name": record.name, **record.look}
        values = {key: value for key, value in told.items() if row[key] != value}
        if values and file_wins(row["last_modified"], record):
            plan.changes[list_id] = values
    plan.unmatched = list(left)
    return plan


def _id_here(user_id: str, list_id: str, mine: Container[str], taken: Container[str]) -> str:
    """The id of this list of the file: one of ``mine``, or one that is not ``taken`` by others or other lists."""
    while list_id not in mine:
        own = str(uuid.uuid5(_OTHERS_LISTS, f"{user_id}/{list_id}"))
        if own not in mine and list_id not in taken:
            return list_id
        list_id = own
    return list_id


def _match_people(
    stored: Sequence[Stored], records: Sequence[PersonRecord]
) -> list[tuple[PersonRecord, Stored | None]]:
    """Each record with who it is, None for somebody new; nobody is matched twice."""
    quick = {row["quick_key"]: row for row in stored if row["quick_key"] is not None}
    keyed = {record.quick_key for record in records} & quick.keys()
    by_name = {row["name"]: row for row in stored if row["quick_key"] not in keyed}
    named = {record.name for record in records if record.quick_key not in keyed} & by_name.keys()
    # A quick recommender that was renamed here is still known by its first name to files without keys.
    by_first_name = {
        _FIRST_NAMES.get(key): row for key, row in quick.items() if key not in keyed and row["name"] not in named
    }

    def match(record: PersonRecord) -> Stored | None:
        if record.quick_key in keyed:
            return quick[record.quick_key]
        return by_name.get(record.name) or by_first_name.get(record.name)

    return [(record, match(record)) for record in records]


def _is_as_seeded(row: Stored) -> bool:
    """Whether this is a quick recommender that nobody has changed: then the file says more than the account does."""
    first = next((each for each in QUICK_RECOMMENDERS if each["quick_key"] == row["quick_key"]), None)
    if first is None or row["is_trusted"] or any(row[key] != value for key, value in first.items()):
        return False
    return set(orjson.loads(row["field_changes"])) <= {ANY_FIELD}
