"""Real processes that use one instance folder at the same time."""

import subprocess
import sys
import textwrap
from pathlib import Path

# Started by fork, so that the application is imported once: importing takes far longer than what is tested.
_FRAME = """
import os, sys
from pathlib import Path
from movietracker.upstream import ProxyHttp

url, count = sys.argv[2], int(sys.argv[3])

def work(number, proxy):
{work}

def spawn(number):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        proxy = ProxyHttp(Path(sys.argv[1]), 3600, 500)
        print(work(number, proxy), flush=True)
        proxy.close()
        status = 0
    finally:
        os._exit(status)

children = [spawn(number) for number in range(count)]
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
"""


def run_processes(folder: Path, url: str, count: int, work: str) -> list[str]:
    """What so many processes print, each ``work(number, proxy)``."""
    script = _FRAME.format(work=textwrap.indent(work, "    "))
    done = subprocess.run(
        [sys.executable, "-c", script, folder, url, str(count)], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()
