"""Large libraries take little memory, and a process that is killed leaves all or nothing of an import."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.library import head_of
from support.postgresql import ON_POSTGRESQL

from movietracker.backup.catalog.verification import same_content
from movietracker.backup.document.reading import BATCH
from movietracker.services.accounts import Account
from movietracker.services.movies.reading import count_titles
from movietracker.services.transactions import library_read

from . import large

MOVIES = 20_000
MOST_MEMORY = 150 * 1024 * 1024
TESTS = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="the processes share the SQLite file of the instance folder")


def process(instance: Path, user: Account, what: str, path: Path) -> subprocess.Popen[str]:
    """A process that exports or imports; it says "batch" whenever one is written."""
    command = [sys.executable, "-m", "backup.large", str(instance), user.id, what, str(path)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    return subprocess.Popen(command, cwd=TESTS, env=kept, stdout=subprocess.PIPE, text=True)


def figures(instance: Path, user: Account, what: str, path: Path) -> Any:
    """The figures of a process that ran to its end."""
    with process(instance, user, what, path) as running:
        assert running.stdout is not None
        last = running.stdout.read().splitlines()[-1]
    assert running.returncode == 0
    return json.loads(last)


@pytest.mark.slow
def test_20_000_movies_take_less_than_150_mib(app: Flask, anna: Account, instance_path: Path, tmp_path: Path) -> None:
    sent, received = tmp_path / "sent.json", tmp_path / "received.json"
    large.write_document(sent, MOVIES)
    imported = figures(instance_path, anna, "import", sent)
    again = figures(instance_path, anna, "import", sent)
    exported = figures(instance_path, anna, "export", received)
    assert (imported["movies"], again["movies"]) == (MOVIES, 0)
    for each in (imported, again, exported):
        assert each["most"] < MOST_MEMORY, each
    assert len(json.loads(received.read_bytes())["movies"]) == MOVIES
    sys.stderr.write(f"\nimport {imported}\nagain {again}\nexport {exported}\n")


@pytest.mark.slow
def test_20_000_movies_of_version_1_with_their_details_take_less_than_150_mib(
    app: Flask, anna: Account, instance_path: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "sent.json"
    large.write_document(sent, MOVIES, details=True)
    assert sent.stat().st_size > 40_000_000
    imported = figures(instance_path, anna, "import", sent)
    assert imported["movies"] == MOVIES
    assert imported["most"] < MOST_MEMORY, imported
    sys.stderr.write(f"\nversion 1 {imported}\n")


def test_a_killed_process_imports_all_or_none(app: Flask, anna: Account, instance_path: Path, tmp_path: Path) -> None:
    count = 2_000
    sent = tmp_path / "sent.json"
    large.write_document(sent, count)
    batches = count // BATCH
    for written in (1, batches // 2, batches):
        with process(instance_path, anna, "import", sent) as running:
            assert running.stdout is not None
            for _ in range(written):
                assert running.stdout.readline() == "batch\n"
            running.kill()
        with app.app_context(), library_read(anna.id) as read:
            found = count_titles(read)
        # Once all is written, the commit may be through or not.
        assert found in ((0,) if written < batches else (0, count))
    figures(instance_path, anna, "import", sent)
    with app.app_context():
        assert head_of(anna).seq == 4 + count + large.PEOPLE + large.LISTS
    received = tmp_path / "received.json"
    figures(instance_path, anna, "export", received)
    again = tmp_path / "again.json"
    figures(instance_path, anna, "export", again)
    with received.open("rb") as one, again.open("rb") as other:
        assert same_content(one, other)
