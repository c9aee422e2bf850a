"""The short forms of the proofs with real processes; ``make prove`` and ``make faults`` run the long ones."""

import json
import subprocess
import sys
from typing import Any

import pytest
from support import disks, postgresql, postgresql_server
from support.services import missing_service

from .prove import PROOFS, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each kind of database; skips PostgreSQL where there is no server."""
    if request.param == "postgresql":
        postgresql.require_server()
    return str(request.param)


def figures_of(script: str, *options: str) -> dict[str, Any]:
    """Run a script, which must succeed; returns its figures."""
    command = [sys.executable, "-m", f"proofs.{script}", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def test_eight_writers_and_eight_readers_meet_no_error_and_lose_nothing(database: str) -> None:
    figures = figures_of("faults.load", "--seconds", "2", "--database", database)
    assert figures["acknowledged_writes"] > 0
    assert figures["reads"] > 0
    assert (figures["refused"], figures["lost"], figures["faults"]) == ({}, 0, [])


def test_a_worker_that_is_killed_loses_and_doubles_nothing(database: str) -> None:
    figures = figures_of("faults.kill", "--rounds", "2", "--database", database)
    assert figures["kills"] == 2
    assert figures["numbers_used"] == figures["numbers_due"] > 0
    assert (figures["lost"], figures["twice"], figures["lists_lost"], figures["lists_twice"]) == (0, 0, 0, 0)


def test_while_postgresql_is_away_all_is_503_and_nothing_is_lost() -> None:
    if reason := postgresql_server.missing():
        missing_service(reason)
    figures = figures_of("faults.postgres_restart", "--rounds", "1", "--away", "0.5", "--patience", "60")
    assert figures["answers_while_away"]["503"] > 0
    assert (figures["lost"], figures["faults"]) == (0, [])


def test_a_full_disk_is_503_and_nothing_is_torn() -> None:
    if reason := disks.missing():
        pytest.skip(reason)
    figures = figures_of("faults.disk_full", "--rounds", "1", "--full", "0.5")
    assert figures["refused"].keys() & {"503", "507"}
    assert figures["refused"].keys() <= {"503", "507", "no answer"}, "no answer: of the workers that were killed"
    assert (figures["lost"], figures["faults"]) == (0, [])


def test_an_import_that_is_killed_in_each_state_is_the_same_as_one_that_nobody_disturbs() -> None:
    figures = figures_of("faults.imports", "--lease", "1", "--titles", "1500")
    assert figures["killed_while"] == {"reading": 1, "matching": 1, "applying": 1, "undoing": 1}
    assert figures["faults"] == []


def test_a_clock_that_is_set_back_an_hour_and_right_again_misleads_no_client() -> None:
    figures = figures_of("faults.clock", "--seconds", "3")
    assert figures["pulls"]["cursor"] > 0
    assert figures["pulls"]["since"] > 0
    assert (figures["diverged"], figures["started_over"], figures["times_back"]) == ([], 0, 0)


def test_requests_made_from_the_openapi_document_are_answered_as_it_says() -> None:
    figures = figures_of("faults.generated", "--requests", "400", "--shards", "1")
    assert figures["requests"] >= 400
    assert figures["faults"] == {}


def test_a_client_that_keeps_pulling_misses_no_row_of_eight_writers_on_postgresql() -> None:
    postgresql.require_server()
    figures = figures_of("stress.lost_updates", "--seconds", "5")
    assert figures["writes"] > 0
    assert figures["lost"] == 0


def test_actions_sent_three_times_by_eight_processes_to_a_dying_server_take_effect_once() -> None:
    figures = figures_of("stress.exactly_once", "--actions", "200", "--kill-every", "1")
    assert figures["kills"] > 0
    assert figures["movies"] == figures["recorded"] == 200


@pytest.mark.parametrize(
    ("proof", "folder", "document"), [("sync", "stress", "sync"), ("faults", "faults", "reliability")]
)
def test_every_script_has_a_long_form_and_figures_in_the_documentation(proof: str, folder: str, document: str) -> None:
    paths = (ROOT / "proofs" / folder).glob("*.py")
    scripts = {f"proofs.{folder}.{path.stem}" for path in paths if "script(__doc__" in path.read_text()}
    documented = (ROOT / "docs" / f"{document}.md").read_text()

    assert scripts
    assert {part.command[1] for part in PROOFS[proof]} - {"pytest"} == scripts
    assert [script for script in scripts if f"{script} " not in documented] == []
