"""The wheel, installed in a virtual environment far from the checkout; and the locks that ``make`` installs from."""

import configparser
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
import requests
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.serving import environment, run_program, serving
from third_party.acme_archive import FILMS

ROOT = Path(__file__).parents[2]

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
def test_the_installed_program_has_its_migrations(installed: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = run_program(tmp_path, *arguments, program=[str(installed)])
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("db", "upgrade")
    assert run("users", "list", "--json") == "[]\n"


@pytest.mark.slow
def test_nothing_of_the_installed_program_comes_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    statement = (
        "import movietracker.factory, movietracker_plugins, movietracker_migrations, sys;"
        "ours = [name for name in sys.modules if name.startswith('movietracker')];"
        "print(*(sys.modules[name].__file__ for name in ours), sep='\\n')"
    )
    done = run_program(tmp_path, "-c", statement, program=(str(installed.with_name("python")),))

    assert done.returncode == 0, done.stderr
    files = done.stdout.split()
    assert len(files) > 20
    assert all(Path(file).is_relative_to(installed.parents[1]) for file in files)


# What an author of plugins has: the guide's examples as files of their own, and recorded responses of the service.
ARCHIVE = f"""
from acme_provider import TitleUnknown

FILMS = {FILMS!r}


class Archive:
    def get_json(self, path, params=None, *, fresh=False):
        if path == "/films":
            wanted = params["q"].casefold()
            return {{"films": [film for film in FILMS if wanted and wanted in film["name"].casefold()]}}
        for film in FILMS:
            if path in (f"/films/{{film['number']}}", f"/films/imdb/{{film['imdb']}}"):
                return film
        raise TitleUnknown
"""


def author_of(word: str) -> str:
    """The guide's examples that contain this word, one after the other."""
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "plugins" / "README.md").read_text(), flags=re.DOTALL)
    return "\n".join(example for example in examples if word in example)


def run_contract_tests(installed: Path, folder: Path, wrong: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The contract tests of both worked plugins, where ``wrong`` replaces parts of their source."""
    files = {
        "acme_provider.py": (ROOT / "tests" / "third_party" / "acme_provider" / "acme_provider.py").read_text(),
        "test_onefile.py": author_of("OneFile"),
        "test_acme.py": ARCHIVE + author_of("class TestAcme"),
    }
    for name, source in files.items():
        for right in wrong:
            assert any(right in each for each in files.values())
            source = source.replace(right, wrong[right])
        (folder / name).write_text(source)
    command = [installed.with_name("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_authors_of_plugins_test_against_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = run_contract_tests(installed, tmp_path, {})

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.slow
def test_broken_plugins_fail_the_tests_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    broken = {
        "[BackupFile(*row) for row in rows]": "rows",
        "def delete(self, user_id, name)": "def delete(self, name)",
        "return str(made) if": "return made if",
        "id_namespace = 7": "id_namespace = 'x'",
    }
    done = run_contract_tests(installed, tmp_path, broken)

    assert done.returncode == 1, done.stdout + done.stderr
    for failing in (
        "TestOneFile::test_users_do_not_share_files",
        "TestOneFile::test_it_implements_the_protocol",
        "TestAcme::test_a_search_returns_well_formed_hits",
        "TestAcme::test_it_implements_the_protocol",
    ):
        assert f"{failing} - " in done.stdout


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


EXTRAS = [path.stem for path in sorted((ROOT / "deploy" / "locks").glob("*.lock")) if path.stem != "build"]


@pytest.mark.parametrize("lock", ["requirements.lock", *(f"deploy/locks/{extra}.lock" for extra in ("build", *EXTRAS))])
def test_what_is_tested_is_what_is_run(lock: str) -> None:
    run, development = locked(lock), locked("requirements-dev.lock")

    assert {name: development.get(name) for name in run} == run


def test_every_extra_for_deployers_has_a_lock() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")

    assert set(EXTRAS) == set(config["options.extras_require"]) - {"test", "lint"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_with_the_lock_of_an_extra_nothing_is_missing(extra: str) -> None:
    """As the metadata of the packages in this environment say, which has those of all extras."""
    there = locked("requirements.lock") | locked(f"deploy/locks/{extra}.lock")
    wanted = requirements_of(extra)[len(requirements_of()) :]
    assert wanted
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        assert name in there, f"{requirement} is not in deploy/locks/{extra}.lock: make lock"
        assert there[name] in requirement.specifier, requirement
        for each in map(Requirement, requires(name) or []):
            applies = each.marker is None or any(
                each.marker.evaluate({"extra": named}) for named in ("", *requirement.extras)
            )
            if applies and (name, str(each)) not in seen:
                seen.add((name, str(each)))
                wanted.append(each)


def test_the_build_needs_nothing_but_its_lock() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        needed = [Requirement(line) for line in tomllib.load(file)["build-system"]["requires"]]
    versions = locked("deploy/locks/build.lock")

    assert {canonicalize_name(each.name) for each in needed} == set(versions)
    assert all(versions[canonicalize_name(each.name)] in each.specifier for each in needed)


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_everything_but_our_own_package_is_installed_with_hashes(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    commands = re.findall(r"^(?!#).*?(?:pip|\$\(PIP\)) ((?:install|wheel) [^&;\n]+)", text, flags=re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert "--no-deps" in command
        assert re.search(r"--require-hashes|--no-build-isolation .*\.$| wheels/\*\.whl$", command.strip()), command


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    for requirement in requirements_of("postgres", "test", "lint"):
        operators = sorted(specifier.operator for specifier in requirement.specifier)
        assert operators == ["<", ">="], str(requirement)
