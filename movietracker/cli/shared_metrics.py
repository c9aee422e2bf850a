"""The folder in which the worker processes of a server share their counters."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import metrics
from ..files import hold

# Counters are memory-mapped files: on a full disk the system kills a process that writes to them (SIGBUS), so they are
# in memory.
IN_MEMORY = Path("/dev") / "shm"

_PREFIX = "movietracker-metrics-"


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let the worker processes share counters, in files removed at the end; enter it before the first count."""
    if metrics.FOLDER_VARIABLE in os.environ:
        yield
        return
    # Linux has the former, other systems may not.
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _remove_abandoned(place)
    pid, folder = os.getpid(), _locked_folder(place)
    os.environ[metrics.FOLDER_VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[metrics.FOLDER_VARIABLE]
        if os.getpid() == pid:  # a worker comes here, too, when it ends; the others go on counting
            shutil.rmtree(folder, ignore_errors=True)


def _locked_folder(place: Path) -> Path:
    """Make a folder that stays locked for as long as this process or one of its workers lives."""
    unlocked = Path(tempfile.mkdtemp(prefix="movietracker-", dir=place))
    hold(unlocked)
    return unlocked.rename(place / f"{_PREFIX}{unlocked.name.removeprefix('movietracker-')}")


def _remove_abandoned(place: Path) -> None:
    """Remove what servers left behind that were killed: folders that no process locks any more."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, another user's, or gone
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
