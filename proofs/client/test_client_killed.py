"""The client killed with SIGKILL at any step: nothing is lost, nothing is done twice, and it recovers by itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from client.devices import Devices, assert_in_step
from flask import Flask
from sqlalchemy import select
from support.live_server import LiveServer

from movietracker.extensions import db
from movietracker.models.library import ActionRecord

from .implementations import Device, Died, Node, WebDevice
from .mortal import errand

ROOT = Path(__file__).parents[2]
RECORDED = ActionRecord.__table__


@pytest.fixture
def devices(server: LiveServer, tmp_path: Path) -> Iterator[Devices]:
    made = Devices(f"http://127.0.0.1:{server.port}", tmp_path)
    yield made
    made.close()


def outcomes(app: Flask) -> list[str]:
    """What became of each action that the server received."""
    with app.app_context(), db.engine.connect() as connection:
        return [orjson.loads(outcome)["status"] for outcome in connection.execute(select(RECORDED.c.outcome)).scalars()]


def assert_nothing_is_lost_or_doubled(app: Flask, phone: Device, devices: Devices, kills: int) -> None:
    """After this many kills, and an errand that nobody disturbed."""
    phone.sync()
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert outcomes(app) == ["applied"] * 3 * (kills + 1)
    for number in range(1, kills + 2):
        movie = phone.movies[f"tt{number:07}"]
        assert movie["status"] == "watched"
        assert [vote["person_name"] for vote in movie["recommendations"]] == [f"Person {number} Senior"]
    assert len(phone.people) == 4 + kills + 1
    assert_in_step(phone, devices.make("new device"))


def test_a_client_killed_at_any_step_loses_and_doubles_nothing(app: Flask, devices: Devices, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "proofs.client.mortal", str(tmp_path / "phone.sqlite"), devices.url, "500"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    kills = int(ended.stdout)
    assert kills > 50
    assert_nothing_is_lost_or_doubled(app, devices.make("phone"), devices, kills)


def test_the_web_app_that_dies_at_any_step_loses_and_doubles_nothing(
    app: Flask, devices: Devices, node: Node, tmp_path: Path
) -> None:
    def died(number: int, dies_in: int = 0) -> bool:
        node.dies_in = dies_in
        try:
            errand(WebDevice(node, tmp_path / "phone", devices.url, page_size=2), number)
        except Died:
            return True
        finally:
            node.dies_in = 0
        return False

    kills = 0
    while died(kills + 1, dies_in=kills + 1):
        assert not died(kills + 1)
        kills += 1
    assert kills > 50
    assert_nothing_is_lost_or_doubled(
        app, WebDevice(node, tmp_path / "phone", devices.url, page_size=2), devices, kills
    )
