"""Files that do not fit on a disk that is really full."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from support import disks
from support.client import Client
from support.shapes import assert_problem

from movietracker.services.accounts import Account

LARGE = b"title\nHeat\n" * 10_000
SMALL = b"title,year\nCasablanca,1942\n"


@pytest.fixture
def full(app: Flask) -> Iterator[Path]:
    """The folder of uploads, on a disk of 64 KiB."""
    if reason := disks.missing():
        pytest.skip(reason)
    folder = Path(app.instance_path, "imports")
    folder.mkdir()
    with disks.small_disk(folder, "64k"):
        yield folder


def as_body(content: bytes) -> dict[str, Any]:
    return {"data": content, "content_type": "application/octet-stream"}


def as_form(content: bytes) -> dict[str, Any]:
    return {"data": {"file": [(io.BytesIO(SMALL), "first.csv"), (io.BytesIO(content), "second.csv")]}}


@pytest.mark.parametrize("sent", [as_body, as_form])
def test_an_upload_is_refused_and_leaves_nothing(
    client: Client, full: Path, sent: Callable[[bytes], dict[str, Any]]
) -> None:
    assert_problem(client.post("/api/import", **sent(LARGE)), 503, "database_unavailable")
    assert [path for path in full.rglob("*") if path.is_file()] == []
    assert client.get("/api/import").json == []
    assert client.post("/api/import", **sent(SMALL)).status_code == 202


def test_the_command_says_that_there_is_no_room(app: Flask, anna: Account, full: Path, tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_bytes(LARGE)
    result: Result = app.test_cli_runner().invoke(args=["import", str(tmp_path / "seen.csv"), "--user", "anna"])
    assert result.exit_code == 1
    assert "No space left on device." in result.output
    assert str(result.exception) == "1"
    assert [path for path in full.rglob("*") if path.is_file()] == []
