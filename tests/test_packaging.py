"""The wheel, installed in a virtual environment far from the checkout; and the locks that ``make`` installs from."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import requests
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.serving import environment, run_program, serving

ROOT = Path(__file__).parents[1]

# Folder in the checkout -> package in the wheel.
PACKAGES = {"movietracker": "movietracker", "plugins": "movietracker_plugins", "migrations": "movietracker_migrations"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, since building leaves files beside the source."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    build = ("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *build], check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``movietracker`` of a virtual environment that has the wheel.

    The packages it needs are borrowed from the environment that runs the tests, so that nothing is downloaded; a path
    in a .pth file borrows them without its editable install, so that nothing comes from the checkout.
    """
    folder = tmp_path_factory.mktemp("venv") / "venv"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ("--python", str(python), "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, timeout=300)
    (site_packages,) = folder.glob("lib/python3*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site_packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    return folder / "bin" / "movietracker"


@pytest.fixture(autouse=True)
def _without_other_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_our_packages_and_nothing_else(wheel: Path) -> None:
    expected = {
        str(Path(package, path.relative_to(ROOT / folder)))
        for folder, package in PACKAGES.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == expected, "a new package or data file needs a line in setup.cfg"


@pytest.mark.slow
def test_the_installed_program_serves_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1", program=[str(installed)]) as server:
        body = {"email": "owner@movietracker.local", "password": server.password}
        login = requests.post(f"{server.url}/api/auth/login", json=body, timeout=10)
        headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
        hits = requests.get(f"{server.url}/api/external/tmdb/search?q=matrix", headers=headers, timeout=10).json()
        docs = requests.get(f"{server.url}/docs", timeout=10)
        start = requests.get(f"{server.url}/docs/start.js", timeout=10)
        openapi = requests.get(f"{server.url}/openapi.json", timeout=10)

    assert hits[0]["title"] == "The Matrix"
    assert [docs.status_code, start.status_code, openapi.status_code] == [200, 200, 200]
    assert openapi.json()["openapi"].startswith("3.1")


@pytest.mark.slow
def test_the_installed_program_migrates_up_and_down(installed: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = run_program(tmp_path, *arguments, program=[str(installed)])
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("db", "upgrade")
    assert "(head)" in run("db", "current")
    run("db", "downgrade", "base")
    assert run("db", "current").strip() == ""
    run("db", "upgrade")
    assert run("users", "list", "--json") == "[]\n"


@pytest.mark.slow
def test_nothing_of_the_installed_program_comes_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    statement = (
        "import movietracker.factory, movietracker_plugins, movietracker_migrations, sys;"
        "ours = [name for name in sys.modules if name.startswith('movietracker')];"
        "print(*(sys.modules[name].__file__ for name in ours), sep='\\n')"
    )
    python = installed.with_name("python")
    done = subprocess.run(
        [python, "-c", statement], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )

    files = done.stdout.split()
    assert len(files) > 20
    assert all(Path(file).is_relative_to(installed.parents[1]) for file in files)


def requirements_of(*extras: str) -> list[Requirement]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["install_requires"].split("\n")
    for extra in extras:
        listed += config["options.extras_require"][extra].split("\n")
    return [Requirement(line) for line in listed if line.strip()]


def locked(name: str) -> dict[str, Version]:
    """Package -> version of the lines that apply to this machine."""
    versions = {}
    for line in (ROOT / name).read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            pinned, _, marker = line.rstrip(" \\").partition(" ; ")
            package, _, version = pinned.partition("==")
            if not marker or Marker(marker).evaluate():
                versions[canonicalize_name(package)] = Version(version)
    return versions


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ()), ("requirements-dev.lock", ("test", "lint"))], ids=["run", "dev"]
)
def test_the_locks_keep_to_the_bounds(lock: str, extras: tuple[str, ...]) -> None:
    versions = locked(lock)

    for requirement in requirements_of(*extras):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: make lock"
        assert version in requirement.specifier, f"{requirement} is not what {lock} has: make lock"


def test_what_is_tested_is_what_is_run() -> None:
    run, development = locked("requirements.lock"), locked("requirements-dev.lock")

    assert {name: development.get(name) for name in run} == run


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    for requirement in requirements_of("postgres", "test", "lint"):
        operators = sorted(specifier.operator for specifier in requirement.specifier)
        assert operators == ["<", ">="], str(requirement)
