"""What is found while a document is read: its faults, and what this server does not know."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from ...schemas.values import Check, Fault

MAX_FAULTS = 100
MAX_PLACE = 200


@dataclass(slots=True)
class Notes:
    """Findings while reading: faults by place, repetitions (a fault in some versions), unknown fields."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    repetitions: list[str] = field(default_factory=list)
    ignored: dict[str, None] = field(default_factory=dict)

    def fault(self, place: str, message: str) -> None:
        """Record a fault, up to MAX_FAULTS."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.setdefault(place[:MAX_PLACE], []).append(message)

    def repeated(self, place: str) -> None:
        """Record that something occurs twice."""
        if len(self.repetitions) < MAX_FAULTS:
            self.repetitions.append(place)

    def ignore(self, prefix: str, names: Iterable[str]) -> None:
        """Record fields that this server does not know."""
        for name in names:
            if len(self.ignored) < MAX_FAULTS:
                self.ignored[f"{prefix}{name}"[:MAX_PLACE]] = None


@dataclass(slots=True)
class Fields:
    """An object of the document, whose fields are read one by one; faults are recorded in ``notes``."""

    raw: dict[str, Any]
    place: str
    notes: Notes

    @classmethod
    def of(cls, raw: Any, place: str, prefix: str, known: frozenset[str], notes: Notes) -> Self | None:
        """The fields of an object; None, and a fault, when it is not an object. Unknown fields are recorded."""
        if type(raw) is not dict:
            notes.fault(place, "must be an object")
            return None
        if not raw.keys() <= known:
            notes.ignore(prefix, sorted(raw.keys() - known))
        return cls(raw, place, notes)

    def required(self, name: str, check: Check) -> Any:
        """The field; None, and a fault, when it is missing or wrong."""
        if self.raw.get(name) is None:
            self.notes.fault(f"{self.place}.{name}", "is missing")
            return None
        return self.optional(name, check)

    def optional(self, name: str, check: Check) -> Any:
        """The field; None when it is missing or null, and also, with a fault, when it is wrong."""
        value = self.raw.get(name)
        if value is None:
            return None
        try:
            return check(value)
        except Fault as fault:
            self.notes.fault(f"{self.place}.{name}", str(fault))
            return None
