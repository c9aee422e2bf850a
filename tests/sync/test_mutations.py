"""The seeded defects find their places, and the tests see each of them; ``make prove`` also lets the machine look."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .defects import DEFECTS, Defect, DoesNotApply, Edit, edited

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_still_applies_and_says_in_one_sentence_what_it_breaks(name: str) -> None:
    defect = DEFECTS[name]
    for module in defect.modules:
        source = TESTS.parent.joinpath(*module.split(".")).with_suffix(".py").read_text()
        harmed = edited(defect, module, source)
        assert harmed != source
        compile(harmed, module, "exec")
    assert defect.breaks.endswith(".")
    assert ". " not in defect.breaks


def test_a_defect_whose_place_is_gone_is_told() -> None:
    defect = Defect("gone", "It breaks nothing.", (Edit("clock", "a line that is not there", ""),), ())
    with pytest.raises(DoesNotApply, match=r"gone: movietracker\.clock"):
        edited(defect, "movietracker.clock", "TICK = 1e-6\n")


@pytest.mark.slow
def test_the_tests_see_every_seeded_defect_and_pass_without_one() -> None:
    command = [sys.executable, "-m", "sync.mutations", "--jobs", "2"]
    ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
