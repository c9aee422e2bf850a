"""What ``movietracker doctor`` finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check in a sentence, and a remedy; warnings deserve attention, faults must be fixed."""

    subject: str
    level: Literal["ok", "warning", "fault"]
    sentence: str
    remedy: str = ""


def ok(subject: str, sentence: str) -> Finding:
    """A finding without a problem."""
    return Finding(subject, "ok", sentence)
