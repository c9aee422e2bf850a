"""The mutation run finds the edits of a module, applies them, and tells which the tests notice."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .mutate import ROOT, mutants_of

SOURCE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Limit:
    most: int = 3

def is_allowed(number, log):
    log.append(number)
    return number < Limit().most and number != 1
"""


def test_the_edits_of_a_module(tmp_path: Path) -> None:
    path = tmp_path / "limits.py"
    path.write_text(SOURCE)
    outcomes: dict[str, Any] = {}
    for mutant in mutants_of(path):
        namespace: dict[str, Any] = {"__name__": "limits"}
        exec(mutant.code(), namespace)
        log: list[int] = []
        line, _, edit = mutant.edit.removeprefix("limits.py:").partition(": ")
        outcomes[f"{line} {edit}"] = ([number for number in range(5) if namespace["is_allowed"](number, log)], log)

    everything = list(range(5))
    assert outcomes == {
        "6 3  →  4": ([0, 2, 3], everything),
        "9 log.append(number)  →  pass": ([0, 2], []),
        "10 number < Limit().most and number != 1  →  number < Limit().most or number != 1": (everything, everything),
        "10 number < Limit().most  →  number <= Limit().most": ([0, 2, 3], everything),
        "10 number < Limit().most  →  number >= Limit().most": ([3, 4], everything),
        "10 number != 1  →  number == 1": ([1], everything),
        "10 1  →  2": ([0, 1], everything),
    }


@pytest.mark.slow
def test_the_tests_of_the_sync_protocol_notice_edits_of_its_source() -> None:
    # That they pass without an edit is what CI has just seen.
    sample = ("--sample", "1", "--threshold", "100", "--limit", "600", "--skip-unedited")
    command = [sys.executable, "-m", "proofs.mutate", *sample]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "of 1 mutants killed" in ended.stdout
