"""The program ``movietracker`` with a clock that is moved while it runs, by as many seconds as CLOCK_FILE says.

Everything in its worker processes sees the moved time, whichever of Python's functions it asks; durations are unmoved,
as they are when an operator sets a machine's clock.
"""

import os
import threading
import time
from pathlib import Path

import time_machine

from movietracker.cli import main

LOOK_SECONDS = 0.02


def _follow(path: Path) -> None:
    # Moved and never stopped: while time_machine stops, other threads find no time at all.
    traveller = time_machine.travel(time.time(), tick=True).start()
    moved = 0.0
    while True:
        wanted = float(path.read_text())
        if wanted != moved:
            traveller.shift(wanted - moved)
            moved = wanted
        time.sleep(LOOK_SECONDS)


def _start() -> None:
    threading.Thread(target=_follow, args=(Path(os.environ["CLOCK_FILE"]),), daemon=True).start()


if __name__ == "__main__":
    os.register_at_fork(after_in_child=_start)
    main()
