"""The client as a package: small, and nothing of the server's in it."""

import subprocess
import sys
from pathlib import Path

import movietracker.client

FOLDER = Path(movietracker.client.__file__).parent


def test_it_has_at_most_620_lines() -> None:
    lines = sum(len(file.read_text().splitlines()) for file in FOLDER.glob("*.py"))
    assert lines <= 620


def test_importing_it_imports_nothing_of_the_servers() -> None:
    code = "import sys, movietracker.client; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.split())
    assert {"requests", "movietracker.client.library"} <= modules
    ours = {name for name in modules if name.startswith("movietracker.")}
    assert {name for name in ours if not name.startswith("movietracker.client")} <= {"movietracker._version"}
    assert modules.isdisjoint({"flask", "sqlalchemy", "marshmallow", "orjson"})
