"""The short forms of the proofs; ``make prove`` runs the long ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import postgresql

TESTS = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def figures_of(script: str, *options: str) -> dict[str, Any]:
    """Run a script to its end; its figures."""
    command = [sys.executable, "-m", f"stress.{script}", *options]
    ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def test_a_client_that_keeps_pulling_misses_no_row_of_eight_writers_on_postgresql():
    postgresql.require_server()
    figures = figures_of("lost_updates", "--seconds", "5")
    assert figures["writes"] > 0
    assert figures["lost"] == 0


def test_actions_sent_three_times_by_eight_processes_to_a_dying_server_take_effect_once():
    figures = figures_of("exactly_once", "--actions", "200", "--kill-every", "0.3")
    assert figures["kills"] > 0
    assert figures["movies"] == figures["recorded"] == 200
