"""Run the stand-in by hand: ``cd tests && python -m standin --port 9999``.

It prints the settings with which movietracker uses it.
"""

import argparse
import sys
import threading
from contextlib import suppress

from . import Standin


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m standin", description="A stand-in of TMDB and OMDb.")
    parser.add_argument("--port", type=int, default=9999, help="port on 127.0.0.1; 0 takes a free one (9999)")
    port = parser.parse_args().port
    with Standin(port) as standin:
        for name, value in standin.settings.items():
            sys.stdout.write(f"{name}={value}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
