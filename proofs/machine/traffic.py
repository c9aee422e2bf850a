"""What travels between devices, server and operator, and the clock that all of them read."""

from collections.abc import Callable
from dataclasses import dataclass

from sync.restoring import Backup
from sync.wire import Json

from .model import Library

Result = tuple[str, str | None, bool]
"""Status, code, and whether it was recorded before."""

Amid = tuple[int, Callable[[], object]]
"""Before which statement on a library others do something, and what."""

GOOD = ("applied", "noop")


class Clock:
    """Stands for the module ``time`` in movietracker.clock, the only reader of the wall clock."""

    def __init__(self) -> None:
        self.now = 1_600_000_000.0  # long ago: tokens are not to be from the future

    def time(self) -> float:
        """What the server's clock shows."""
        return self.now


@dataclass
class Told:
    """A push as it travels: its body; of each action the commit that its user had seen, and whom its name meant."""

    user: str
    body: Json
    seen: list[int | None]
    meant: list[int | None]
    is_single: bool = False


@dataclass
class Kept:
    """A backup of the database, and of the model."""

    backup: Backup
    libraries: dict[str, Library]


class Died(Exception):
    """The server dies here."""


def die(*_: object, **__: object) -> None:
    """Let the server die."""
    raise Died


def undone(status: str, code: str | None, replayed: bool) -> Result:
    """What becomes of an outcome when its atomic batch is undone."""
    if status in GOOD and not replayed:
        return "rejected", "batch_undone", False
    return status, code, replayed
