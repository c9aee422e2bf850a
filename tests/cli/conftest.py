"""The command line in this process: quick, on the real application; and a folder for programs."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from flask import Flask
from support.serving import run_program

from movietracker.cli import progress
from movietracker.services.leases import acquire

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs a command of the application: ``run("users", "list")``; ``stdin`` is what is piped to it."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return app.test_cli_runner().invoke(args=arguments, input=stdin)

    return run


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``db upgrade`` makes in an empty folder; tests copy it, which is quicker than migrating each time."""
    folder = tmp_path_factory.mktemp("installed") / "srv"  # which others may enter, unlike what pytest makes
    folder.mkdir()
    assert run_program(folder, "db", "upgrade").returncode == 0
    return folder


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    """The folder of an installation, for programs that run in it."""
    return Path(shutil.copytree(installed, tmp_path / "srv"))


@pytest.fixture
def hold_a_while(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Holds a lease, as another process would, until the command begins to wait for it."""

    def hold(name: str) -> None:
        other = acquire(name, 60)
        assert other is not None
        waiting = SimpleNamespace(sleep=lambda _seconds: other.release(), monotonic=time.monotonic)
        monkeypatch.setattr(progress, "time", waiting)

    return hold
