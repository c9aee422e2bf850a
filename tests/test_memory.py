"""Memory goes back to the system after a large answer, in a process of its own."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from pathlib import Path

from movietracker.memory import give_back, keep_one_arena


def resident():
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


keep_one_arena()
before = resident()
texts = [bytes(2000) for _ in range(40_000)]  # 80 MB, in pieces as stored details are
kept = texts[::1000]
del texts
after = resident()
give_back()
print(before, after, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps so much")
def test_what_was_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    before, after, given_back = map(int, done.stdout.split())
    assert after - before > 60, "nothing would show here"
    assert given_back - before < 20
