"""The counts of ``/metrics`` on files that others clear away or that cannot be made: no request fails of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from support.serving import Serving, serving

pytestmark = pytest.mark.slow

COUNTED = 'movietracker_requests_total{method="GET",route="/api/health",status="200"}'


@contextmanager
def counting_in(place: Path, folder: Path) -> Iterator[Serving]:
    """A server of one process that counts in this folder."""
    with serving(place, "--workers", "1", settings={"PROMETHEUS_MULTIPROC_DIR": str(folder)}) as server:
        yield server


def counted_health(server: Serving) -> str:
    """What /metrics says after a request for the health, both of which succeed."""
    answers = [requests.get(f"{server.url}{path}", timeout=20) for path in ("/api/health", "/metrics")]
    assert [answer.status_code for answer in answers] == [200, 200], server.stderr
    return answers[1].text


def test_a_folder_that_is_gone_before_the_first_count_is_made_again(tmp_path: Path) -> None:
    with counting_in(tmp_path, tmp_path / "counts") as server:
        shutil.rmtree(tmp_path / "counts", ignore_errors=True)
        assert f"{COUNTED} 1.0" in counted_health(server)


def test_a_folder_that_is_gone_after_it_leaves_what_the_database_knows(tmp_path: Path) -> None:
    with counting_in(tmp_path, tmp_path / "counts") as server:
        assert COUNTED in counted_health(server)
        shutil.rmtree(tmp_path / "counts")
        shown = [counted_health(server) for _ in range(2)]
        told = server.stderr.count("Restart")
    assert all("movietracker_database_up 1.0" in text and COUNTED not in text for text in shown)
    assert told == 1, "once, not for each request"


def test_a_folder_that_cannot_be_made_fails_no_request_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with counting_in(tmp_path, tmp_path / "file" / "counts") as server:
        shown = [counted_health(server) for _ in range(2)]
        login = {"email": "owner@movietracker.local", "password": server.password}
        token = requests.post(f"{server.url}/api/auth/login", json=login, timeout=20).json()["access_token"]
        action = {"action": "addPerson", "data": {"name": "Mum"}, "timestamp": 1.0}
        signed = {"Authorization": f"Bearer {token}"}
        pushed = requests.post(f"{server.url}/api/sync", json=action, headers=signed, timeout=20)
        told = server.stderr.count("/metrics misses")
    assert "movietracker_database_up 1.0" in shown[1]
    assert pushed.json()["status"] == "applied"
    assert told == 1
