"""Secrets that are not configured: made once, readable by their owner only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from support.applications import MakeApp
from support.client import ADMIN_TOKEN

from movietracker.errors import SettingsError
from movietracker.secret_files import secret_of


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    secret = secret_of(tmp_path, "secret_key")

    assert len(secret) >= 43
    assert secret_of(tmp_path, "secret_key") == secret
    assert secret_of(tmp_path, "admin_token") != secret


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    secret_of(tmp_path, "secret_key")

    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def start(_: int) -> str:
        barrier.wait(10)
        return secret_of(tmp_path, "secret_key")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    """A disk that was full once must not leave a server that signs with nothing."""
    (tmp_path / "secret_key").write_text(" \n")

    with pytest.raises(SettingsError, match=r"^The file secret_key .*\.$"):
        secret_of(tmp_path, "secret_key")


def test_an_application_without_secrets_makes_its_own(make_app: MakeApp, instance_path: Path) -> None:
    app = make_app(SECRET_KEY="", ADMIN_TOKEN="")

    assert app.config["SECRET_KEY"] == (instance_path / "secret_key").read_text().strip()
    assert app.config["ADMIN_TOKEN"] == (instance_path / "admin_token").read_text().strip()
    assert make_app(SECRET_KEY="", ADMIN_TOKEN="").config["SECRET_KEY"] == app.config["SECRET_KEY"]


def test_secrets_that_are_set_are_not_written(make_app: MakeApp, instance_path: Path) -> None:
    make_app()
    assert not (instance_path / "secret_key").exists()
    assert not any(
        ADMIN_TOKEN in path.read_text(errors="replace") for path in instance_path.glob("*_*") if path.is_file()
    )
