"""``movietracker import`` when a provider asks to be left alone, is away, or the user interrupts it."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from click.testing import Result
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.imports import contents, upload
from support.serving import serving
from support.waiting import wait_until
from support.wall_clock import WallClock

from movietracker.cli import import_jobs
from movietracker.cli.serve import OWNER_EMAIL
from movietracker.imports import jobs, uploaded
from movietracker.services.accounts import Account

Run = Callable[..., Result]
# TMDB knows the second only. The offline catalog would know the first, and must not be asked instead of TMDB.
FILE = "title,year,status,watched_on\nCasablanca,1942,toWatch,\nThe Matrix,1999,,2020-05-17\n"


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Flask:
    """An application that asks TMDB first, and the sample of the offline catalog next."""
    return make_app(**standin.settings)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "seen.csv"
    path.write_text(FILE)
    return str(path)


@pytest.fixture
def undisturbed(app: Flask, run: Run, ben: Account, file: str, wall_clock: WallClock) -> Callable[[], dict[str, Any]]:
    """Imports the file for Ben without a pause, at the time at which the test began; returns what he has then."""
    began_at = wall_clock.time

    def bring_in() -> dict[str, Any]:
        wall_clock.time = began_at
        assert run("import", file, "--user", "ben", "--yes").exit_code == 0
        with app.app_context():
            return contents(ben)

    return bring_in


def test_a_short_pause_is_told_and_waited_for(
    app: Flask,
    run: Run,
    anna: Account,
    undisturbed: Callable[[], dict[str, Any]],
    file: str,
    standin: Standin,
    wall_clock: WallClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standin.forget_calls()
    standin.fail_with(429, headers={"Retry-After": "30"}, service="tmdb")
    calls: list[int] = []

    def sleep(seconds: float) -> None:
        wall_clock.time += seconds
        calls.append(len(standin.calls))
        standin.recover()

    monkeypatch.setattr(import_jobs, "time", SimpleNamespace(sleep=sleep))
    began_at = wall_clock.time
    result = run("import", file, "--user", "anna", "--yes")
    assert result.exit_code == 0, result.output
    assert re.search(r"tmdb has been asked too often\. Going on at \S+ \S+ \(UTC\)\.", result.output)
    assert 30 <= wall_clock.time - began_at < 31
    assert set(calls) == {1}, "nothing is asked meanwhile"
    expected = undisturbed()
    with app.app_context():
        assert contents(anna) == expected


def test_a_long_pause_ends_the_command_which_says_how_to_go_on(
    app: Flask,
    run: Run,
    anna: Account,
    undisturbed: Callable[[], dict[str, Any]],
    file: str,
    standin: Standin,
    wall_clock: WallClock,
) -> None:
    standin.fail_with(429, headers={"Retry-After": "3600"}, service="tmdb")
    result = run("import", file, "--user", "anna", "--yes")
    assert result.exit_code == 1
    resume = resume_of(result)
    standin.forget_calls()
    assert resume_of(run(*resume, "--yes")) == resume
    assert standin.calls == [], "nothing is asked meanwhile"
    wall_clock.time += 3601
    standin.recover()
    assert run(*resume, "--yes").exit_code == 0
    expected = undisturbed()
    with app.app_context():
        assert contents(anna) == expected


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda standin: standin.fail_with(429, service="tmdb"), "tmdb has been asked too often."),
        (lambda standin: standin.fail_with(500, service="tmdb"), "tmdb answered with status 500."),
        (lambda standin: standin.close_connection(service="tmdb"), "tmdb cannot be reached."),
    ],
)
def test_a_provider_that_does_not_say_for_how_long_is_left_alone_for_five_minutes(
    app: Flask,
    run: Run,
    anna: Account,
    file: str,
    standin: Standin,
    wall_clock: WallClock,
    fault: Callable[[Standin], None],
    reason: str,
) -> None:
    fault(standin)
    result = run("import", file, "--user", "anna", "--yes")
    assert (result.exit_code, reason in result.output) == (1, True), result.output
    with app.app_context():
        (job,) = jobs.list_jobs(anna.id)
    assert (job.state, job.resume_at) == ("paused", wall_clock.time + 300)


def test_an_interruption_says_how_to_go_on(
    app: Flask,
    run: Run,
    anna: Account,
    undisturbed: Callable[[], dict[str, Any]],
    file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(import_jobs, "work_on", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        result = run("import", file, "--user", "anna", "--yes")
    assert result.exit_code == 1
    assert "Interrupted." in result.output
    assert run(*resume_of(result), "--yes").exit_code == 0
    expected = undisturbed()
    with app.app_context():
        assert contents(anna) == expected


def test_what_is_done_is_shown_again_and_not_done_again(run: Run, anna: Account, file: str) -> None:
    done = run("import", file, "--user", "anna", "--yes")
    batch = re.search(r"import undo (\S+)", done.output)
    assert batch
    assert run("import", "resume", batch[1], "--user", "anna").output == done.output


# The server looks for imports that are due each second rather than three times a minute.
SOON = """
from datetime import timedelta
from movietracker import scheduler
scheduler.IMPORTS_EVERY, scheduler.JITTER_SECONDS = timedelta(seconds=1), None
from movietracker.cli import main
main()
"""


@pytest.mark.slow
def test_a_server_asks_nothing_while_it_is_asked_to_wait_and_then_goes_on(folder: Path, standin: Standin) -> None:
    standin.fail_with(429, headers={"Retry-After": "6"}, service="tmdb")
    program = (sys.executable, "-c", SOON)
    with serving(folder, "--workers", "1", settings=dict(standin.settings), program=program) as server:
        login = {"email": OWNER_EMAIL, "password": server.password}
        token = requests.post(f"{server.url}/api/auth/login", json=login, timeout=30).json()["access_token"]
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        job = session.post(f"{server.url}/api/import", data=FILE, timeout=30).json()

        def state() -> str:
            job.update(session.get(f"{server.url}/api/import/{job['id']}", timeout=30).json())
            return str(job["state"])

        wait_until(lambda: state() == "paused")
        resume_at = job["resume_at"]
        assert resume_at == pytest.approx(time.time() + 6, abs=5)
        standin.recover()
        standin.forget_calls()
        while time.time() < resume_at - 0.1:
            assert standin.calls == []
            time.sleep(0.05)
        wait_until(lambda: state() == "ready")
        session.close()
    assert (job["counts"]["new"], job["counts"]["not_found"]) == (1, 1)


def resume_of(result: Result) -> list[str]:
    """The arguments of the command that goes on, as the output says."""
    found = re.search(r"movietracker (import resume \S+ --user \S+)$", result.output, re.MULTILINE)
    assert found, result.output
    return found[1].split()


def test_files_that_are_elsewhere_are_not_waited_for(app: Flask, run: Run, anna: Account) -> None:
    with app.app_context():
        job = upload(anna, [])
        uploaded.remove(anna.id, job.id)
    result = run("import", "resume", job.id, "--user", "anna")
    assert (result.exit_code, result.output) == (1, "Error: Its files are on another machine, or gone.\n")
