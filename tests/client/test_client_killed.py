"""The client killed with SIGKILL, at any time: nothing is lost, nothing done twice, and it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from movietracker.client import Client
from movietracker.extensions import db
from movietracker.models import ActionRecord

from .devices import Devices, assert_in_step

TESTS = Path(__file__).parent.parent
RECORDED = ActionRecord.__table__


def lives(how: str, devices: Devices, folder: Path, count: int, seed: int = 1) -> int:
    """Let clients live and be killed; how many were."""
    arguments = [folder / "phone.sqlite", devices.url, folder / "diary", count, seed]
    command = [sys.executable, "-m", "client.mortal", how, *map(str, arguments)]
    ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return int(ended.stdout.splitlines()[-1])


def outcomes(app: Flask) -> list[str]:
    """What became of each action that the server took."""
    with app.app_context(), db.engine.connect() as connection:
        return [orjson.loads(outcome)["status"] for outcome in connection.execute(select(RECORDED.c.outcome)).scalars()]


def survivor(devices: Devices) -> Client:
    """The phone after the last life, in step."""
    phone = devices.make("phone")
    assert (phone.conflicts, phone.rejections) == ([], [])
    return phone


@pytest.mark.parametrize("seed", [1, 2])
def test_a_client_killed_at_random_again_and_again_loses_and_doubles_nothing(
    app: Flask, devices: Devices, tmp_path: Path, seed: int
) -> None:
    devices.close(devices.make("phone"))
    assert lives("at_random", devices, tmp_path, 60, seed) == 60
    phone = survivor(devices)
    diary = [line.split() for line in (tmp_path / "diary").read_text().splitlines()]
    possible: defaultdict[str, set[str]] = defaultdict(set)
    for word, imdb_id, status in diary:
        possible[imdb_id] = {status} if word == "did" else possible[imdb_id] | {status}
    words = [word for word, _, _ in diary]
    assert words.count("did") > 60
    assert words.count("did") <= len(outcomes(app)) <= words.count("try")
    assert set(outcomes(app)) == {"applied"}
    assert {imdb_id for imdb_id in possible if phone.movies[imdb_id]["status"] not in possible[imdb_id]} == set()
    assert_in_step(phone, devices.make("new device"))


def test_a_client_killed_at_each_of_its_steps_loses_and_doubles_nothing(
    app: Flask, devices: Devices, tmp_path: Path
) -> None:
    kills = lives("at_each_step", devices, tmp_path, 500)
    assert kills > 50
    phone = survivor(devices)
    assert outcomes(app) == ["applied"] * 3 * (kills + 1)
    for number in range(1, kills + 2):
        movie = phone.movies[f"tt{number:07}"]
        assert movie["status"] == "watched"
        assert [vote["person_name"] for vote in movie["recommendations"]] == [f"Person {number} Senior"]
    assert len(phone.people) == 4 + kills + 1
    assert_in_step(phone, devices.make("new device"))
