"""What is found while an original installation is read: rows and values that do not come along, by table and key."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_LISTED = 1000
MAX_KEY = 120


class Finding(NamedTuple):
    """A row or value that does not come along as it is: whose (an e-mail address), where, and why."""

    account: str
    table: str
    key: str
    sentence: str


@dataclass(slots=True)
class Findings:
    """The findings of a whole file, counted beyond MAX_LISTED.

    ``left_out`` counts rows by account and table.
    """

    listed: list[Finding] = field(default_factory=list)
    omitted: int = 0
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, account: str, table: str, key: object, sentence: str) -> None:
        """Name something of a row that comes along."""
        if len(self.listed) == MAX_LISTED:
            self.omitted += 1
        else:
            self.listed.append(Finding(account, table, str(key)[:MAX_KEY], sentence))

    def leave_out(self, account: str, table: str, key: object, reason: str, rows: int = 1) -> None:
        """Name rows that do not come along."""
        self.left_out[account, table] += rows
        self.note(account, table, key, f"left out: {reason}")
