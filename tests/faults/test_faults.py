"""The short forms of the proofs; ``make faults`` runs the long ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import disks, postgresql, postgresql_server
from support.services import missing_service

from faults import prove

TESTS = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each kind of database; skips PostgreSQL where there is no server."""
    if request.param == "postgresql":
        postgresql.require_server()
    return str(request.param)


def figures_of(script: str, *options: str) -> dict[str, Any]:
    """Run a script to its end, which must be a good one; its figures."""
    command = [sys.executable, "-m", f"faults.{script}", *options]
    ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def test_eight_writers_and_eight_readers_meet_no_error_and_lose_nothing(database: str) -> None:
    figures = figures_of("load", "--seconds", "2", "--database", database)
    assert figures["acknowledged_writes"] > 0
    assert figures["reads"] > 0
    assert (figures["refused"], figures["lost"], figures["faults"]) == ({}, 0, [])


def test_a_worker_that_is_killed_loses_and_doubles_nothing(database: str) -> None:
    figures = figures_of("kill", "--rounds", "2", "--database", database)
    assert figures["kills"] == 2
    assert figures["numbers_used"] == figures["numbers_due"] > 0
    assert (figures["lost"], figures["twice"], figures["lists_lost"], figures["lists_twice"]) == (0, 0, 0, 0)


def test_while_postgresql_is_away_all_is_503_and_nothing_is_lost() -> None:
    if reason := postgresql_server.missing():
        missing_service(reason)
    figures = figures_of("postgres_restart", "--rounds", "1", "--away", "0.5", "--patience", "60")
    assert figures["answers_while_away"]["503"] > 0
    assert (figures["lost"], figures["faults"]) == (0, [])


def test_a_full_disk_is_503_and_nothing_is_torn() -> None:
    if reason := disks.missing():
        pytest.skip(reason)
    figures = figures_of("disk_full", "--rounds", "1", "--full", "0.5")
    assert figures["refused"].keys() & {"503", "507"}
    assert figures["refused"].keys() <= {"503", "507", "no answer"}, "no answer: of the workers that were killed"
    assert (figures["lost"], figures["faults"]) == (0, [])


def test_a_clock_that_is_set_back_an_hour_and_right_again_misleads_no_client() -> None:
    figures = figures_of("clock", "--seconds", "3")
    assert figures["pulls"]["cursor"] > 0
    assert figures["pulls"]["since"] > 0
    assert (figures["diverged"], figures["started_over"], figures["times_back"]) == ([], 0, 0)


def test_requests_made_from_the_openapi_document_are_answered_as_it_says() -> None:
    figures = figures_of("generated", "--requests", "400", "--shards", "1")
    assert figures["requests"] >= 400
    assert figures["faults"] == {}


def test_every_proof_has_a_long_form_and_figures_in_the_documentation() -> None:
    scripts = {path.stem for path in TESTS.joinpath("faults").glob("[!t]*.py") if "add_argument" in path.read_text()}
    told = (TESTS.parent / "docs" / "reliability.md").read_text()

    assert len(scripts) == 6
    assert {part.command[1] for part in prove.PARTS} == {f"faults.{script}" for script in scripts}
    for script in scripts:
        assert f"faults.{script} " in told
