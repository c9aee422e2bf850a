"""Clients are generated as docs/generated-clients.md says: whole, with types that find mistakes, and they work."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from support.serving import Serving, serving

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "generated-clients.md").read_text(encoding="utf-8")
PACKAGE = "movietracker-client/movietracker_client"
ADMIN_TOKEN = "a-long-token-of-the-administrator"
MISSPELT = ["acshun", "addMoovie", "imbd_id"]
WALKED = {
    "pushed": ["applied", "applied"],
    "kept": [2, 1],
    "movies": {"tt0113277": ["Ben"], "tt0133093": ["Anna", "Ben"]},
    "genres": ["Action", "Sci-Fi"],
}
# What npm says when it cannot reach the registry, or may not.
AWAY = re.compile(
    r"npm (?:ERR!|error) code (?:E40[137]|E429|E5\d\d|ENOTFOUND|EAI_AGAIN|ECONN\w+|\w+TIMEDOUT|E\w+UNREACH|\w*CERT\w*)"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    (tmp_path / "server").mkdir()
    with serving(tmp_path / "server", settings={"ADMIN_TOKEN": ADMIN_TOKEN}) as running:
        yield running


@pytest.fixture
def operations(server: Serving) -> set[str]:
    """The names of all operations."""
    paths = requests.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    return {each["operationId"] for path in paths.values() for each in path.values() if "operationId" in each}


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with the programs that use generated clients."""
    return Path(shutil.copytree(Path(__file__).parent, tmp_path / "workshop"))


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": "movietracker-client"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def generate(folder: Path, server: Serving, language: str) -> str:
    """Run the guide's second block of commands for a language; returns what it says."""
    block = re.findall(r"^```sh\n(.*?)^```$", section(language), flags=re.MULTILINE | re.DOTALL)[1]
    assert "https://movies.example.org" in block
    done = run(folder, "/bin/sh", "-eu", "-c", block.replace("https://movies.example.org", server.url))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def section(language: str) -> str:
    return GUIDE.partition(f"\n## {language}\n")[2].partition("\n## ")[0]


def faults_in(compiled: subprocess.CompletedProcess[str]) -> list[str]:
    """What a type checker found, which must be in the misspelt program only."""
    found = [line for line in compiled.stdout.splitlines() if re.search(r"\berror\b.*: ", line)]
    assert all(line.startswith("misspelt.") for line in found), compiled.stdout + compiled.stderr
    return found


def assert_walks(folder: Path, server: Serving, *program: str) -> None:
    done = run(folder, *program, server.url, ADMIN_TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == WALKED


@pytest.mark.slow
def test_a_python_client_is_whole_finds_mistakes_and_works(
    workshop: Path, server: Serving, operations: set[str]
) -> None:
    said = generate(workshop, server, "Python")

    assert "WARNING" not in said.upper()
    modules = {path.stem for path in (workshop / PACKAGE / "api").glob("*/*.py")} - {"__init__"}
    assert modules == {re.sub("(?=[A-Z])", "_", name).lower() for name in operations}
    checked = run(workshop, sys.executable, "-m", "mypy", PACKAGE, "walk.py", "misspelt.py")
    found = faults_in(checked)
    assert [word for word, line in zip(MISSPELT, found, strict=True) if word in line] == MISSPELT
    assert_walks(workshop, server, sys.executable, "walk.py")


@pytest.mark.slow
def test_a_typescript_client_is_whole_finds_mistakes_and_works(
    workshop: Path, server: Serving, operations: set[str]
) -> None:
    install_from_npm(workshop)
    said = generate(workshop, server, "TypeScript")

    assert "WARN" not in said.upper()
    types = (workshop / "movietracker.ts").read_text(encoding="utf-8")
    described = types.partition("\nexport interface operations {\n")[2].partition("\n}\n")[0]
    assert set(re.findall(r"^    (\w+): \{$", described, flags=re.MULTILINE)) == operations
    found = faults_in(run(workshop, workshop / "node_modules" / ".bin" / "tsc"))
    assert [word for word, line in zip(MISSPELT, found, strict=True) if word in line] == MISSPELT
    assert_walks(workshop, server, "node", "built/walk.js")


def install_from_npm(folder: Path) -> None:
    """Install what package-lock.json names; skips where node or npm's registry cannot be had."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retry-mintimeout=1000")
    done = run(folder, "npm", "ci", *options)
    if AWAY.search(done.stderr):
        pytest.skip(f"npm's registry cannot be reached: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr


def test_the_guide_installs_the_versions_that_are_tested() -> None:
    tested = json.loads((Path(__file__).parent / "package.json").read_text())["devDependencies"]
    installed = re.findall(r"(openapi-\w+|typescript)@([\d.]+)", section("TypeScript"))

    assert len(installed) == 3
    assert set(installed) <= set(tested.items())
    requirement = re.findall(r'pip install "(openapi-python-client.*?)"', section("Python"))
    assert len(requirement) == 1
    assert requirement[0] in (ROOT / "setup.cfg").read_text()
