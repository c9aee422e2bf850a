"""Enrichment by several real processes on one database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from standin import Answer
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, imdb_ids, stubs_of
from support.serving import environment, serving
from support.waiting import wait_until

from movietracker.metadata import enrichment
from movietracker.metadata.enrichment import enrich
from movietracker.services.accounts import Account
from movietracker.state import state

Worker = subprocess.Popen[str]
StartWorkers = Callable[[int], list[Worker]]

LEASE_SECONDS = 2.0

pytestmark = pytest.mark.slow

# A process that fills stubs for as long as it is let, and says what each of its runs did.
_WORKER = f"""
import sys
from movietracker import create_app
from movietracker.metadata import enrichment
from movietracker.state import state

enrichment.LEASE_SECONDS = {LEASE_SECONDS}
app = create_app()
print("ready", flush=True)
for line in sys.stdin:
    with app.app_context():
        report = enrichment.enrich(state().lookup)
        print("busy" if report is None else report.filled, flush=True)
"""


@pytest.fixture
def settings(app: Flask, instance_path: Path, catalogue: EndlessCatalogue) -> dict[str, str]:
    """The environment in which another process has the same application."""
    return {
        "MOVIETRACKER_INSTANCE_PATH": str(instance_path),
        "DATABASE_URL": app.config["DATABASE_URL"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        **catalogue.settings,
    }


@pytest.fixture
def start_workers(settings: dict[str, str], tmp_path: Path) -> Iterator[StartWorkers]:
    started: list[Worker] = []

    def start(count: int) -> list[Worker]:
        for _ in range(count):
            worker = subprocess.Popen(
                [sys.executable, "-c", _WORKER],
                cwd=tmp_path,
                env=environment(settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.append(worker)
        assert {_said(worker) for worker in started} == {"ready"}
        return started

    yield start
    for worker in started:
        with worker:
            worker.kill()


def test_of_several_processes_one_at_a_time_does_it_and_each_title_is_asked_for_once(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, start_workers: StartWorkers
) -> None:
    workers = start_workers(3)
    add_stubs(anna, imdb_ids(40))
    for worker in workers:
        _tell(worker)
    said = [_said(worker) for worker in workers]
    filled = [int(word) for word in said if word.isdigit()]
    assert sum(filled) == 40, said
    assert sorted(catalogue.titles_found) == imdb_ids(40)
    assert stubs_of(anna) == set()


def test_when_the_process_at_work_is_killed_another_takes_over_after_the_lease_expired(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, start_workers: StartWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(right: Answer) -> Answer:
        time.sleep(0.2)
        return right

    monkeypatch.setattr(enrichment, "LEASE_SECONDS", LEASE_SECONDS)
    catalogue.misbehave(slow, path="/find")
    add_stubs(anna, imdb_ids(40))
    (victim,) = start_workers(1)
    _tell(victim)
    wait_until(lambda: len(catalogue.titles_found) >= 8)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    catalogue.recover()
    assert enrich(state().lookup) is None, "the lease outlives its holder for a moment"

    reports = []

    def taken_over() -> bool:
        reports.append(enrich(state().lookup))
        return reports[-1] is not None

    wait_until(taken_over, LEASE_SECONDS + 5)
    assert stubs_of(anna) == set()


def test_the_server_fills_a_stub_as_soon_as_a_client_makes_one(
    anna: Account, client: FlaskClient, settings: dict[str, str], tmp_path: Path
) -> None:
    token = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, "--workers", "2", settings=settings) as server:
        for imdb_id in imdb_ids(3):
            url = f"{server.url}/api/movies/{imdb_id}/status"
            requests.put(url, json={"status": "toWatch"}, headers=token, timeout=10).raise_for_status()
        wait_until(lambda: stubs_of(anna) == set())
        assert server.stop() == 0
        assert "Traceback" not in server.stderr


def _tell(worker: Worker) -> None:
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


def _said(worker: Worker) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()
