"""A third-party provider: under the contract, then as a wheel in a virtual environment of its own."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from standin import LoopbackServer
from third_party.acme_archive import KEY, acme_archive

from movietracker.pluginapi import (
    DiscoverQuery,
    MetadataProvider,
    ProviderFailed,
    ProviderNotConfigured,
    ProviderRefused,
)
from movietracker.testing.providers import MetadataProviderContract

ACME = Path(__file__).parents[1] / "third_party" / "acme_provider"

# The packages of the environment that runs the tests, movietracker among them; addsitedir also reads the files by which
# editable installs are found. So nothing has to be downloaded, and only acme-provider is the new environment's own.
BORROWED = "import site; site.addsitedir({folder!r})\n"

# What the console script runs.
COMMAND_LINE = "from movietracker.cli import main; main()"

SEARCH = """
from movietracker import create_app

client = create_app({"ADMIN_TOKEN": "the admin token"}).test_client()


def login(path, body):
    token = client.post(path, json=body).get_json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


account = {"email": "ada@example.org", "username": "ada", "password": "a long secret"}
admin = login("/api/auth/admin/login", {"token": "the admin token"})
client.post("/api/auth/admin/users", json=account, headers=admin)
answer = client.get("/api/external/tmdb/search?q=harbour", headers=login("/api/auth/login", account))
print(answer.text)
"""


@pytest.fixture
def archive() -> Iterator[LoopbackServer]:
    with LoopbackServer({"acme": acme_archive}) as server:
        yield server


@pytest.fixture
def plugin() -> ModuleType:
    """The plugin's module, straight from its file."""
    spec = importlib.util.spec_from_file_location("acme_provider", ACME / "acme_provider.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def provider(
    plugin: ModuleType, archive: LoopbackServer, register: Callable[..., MetadataProvider]
) -> MetadataProvider:
    return register(plugin, {"ACME_API_KEY": KEY, "ACME_BASE_URL": f"{archive.url}/acme"})


class TestContract(MetadataProviderContract):
    query = "harbour"
    title = (7, "movie")
    imdb_id = "tt9200007"


def test_without_a_key_it_is_not_configured(
    plugin: ModuleType, archive: LoopbackServer, register: Callable[..., MetadataProvider]
) -> None:
    provider = register(plugin, {"ACME_BASE_URL": f"{archive.url}/acme"})
    assert provider.is_configured() is False
    with pytest.raises(ProviderNotConfigured, match="ACME_API_KEY"):
        provider.search("harbour")
    assert archive.calls == []


def test_errors_in_disguise_are_errors(provider: MetadataProvider, archive: LoopbackServer) -> None:
    archive.answer_with({"problem": "quota"}, times=1)
    with pytest.raises(ProviderRefused, match="quota"):
        provider.search("harbour")
    archive.answer_with({"problem": "fire"}, times=1)
    with pytest.raises(ProviderFailed):
        provider.search("harbour")
    assert len(provider.search("harbour")) == 2


def test_what_it_does_not_offer_says_so(provider: MetadataProvider) -> None:
    with pytest.raises(ProviderNotConfigured):
        provider.discover(DiscoverQuery(kind="popular"))


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What the command prints; its messages are shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment into which pip has installed the plugin's wheel."""
    folder = tmp_path_factory.mktemp("acme")
    # Building leaves files beside the source, so a copy is built.
    shutil.copytree(ACME, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, folder / "source", cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (site / "borrowed.pth").write_text("".join(BORROWED.format(folder=folder) for folder in folders))
    run(*pip, "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    return python


@pytest.fixture
def env(tmp_path: Path, archive: LoopbackServer, migrated_database: Path) -> dict[str, str]:
    """The environment of a fresh installation that uses the archive only."""
    (tmp_path / "instance").mkdir()
    shutil.copy(migrated_database, tmp_path / "instance" / "app.db")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return inherited | {
        "MOVIETRACKER_INSTANCE_PATH": str(tmp_path / "instance"),
        "METADATA_PROVIDERS": "acme",
        "ACME_API_KEY": KEY,
        "ACME_BASE_URL": f"{archive.url}/acme",
    }


@pytest.fixture
def listed(python: Path, tmp_path: Path) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """What ``movietracker plugins list --json`` prints in that virtual environment."""

    def listed_with(env: Mapping[str, str]) -> dict[str, Any]:
        printed = run(python, "-c", COMMAND_LINE, "plugins", "list", "--json", cwd=tmp_path, env=env)
        return dict(json.loads(printed))

    return listed_with


@pytest.mark.slow
def test_an_installed_package_is_found_beside_the_built_in_plugins(
    listed: Callable[[Mapping[str, str]], dict[str, Any]], env: dict[str, str]
) -> None:
    found = listed(env)
    plugins = {each["name"]: each for each in found["plugins"]}
    assert plugins.keys() >= {"acme", "offline", "omdb", "tmdb"}
    assert plugins["acme"]["source"] == "package acme-provider"
    assert plugins["acme"]["version"] == "1.0.0"
    assert plugins["acme"]["hooks"] == ["register_metadata_providers", "register_settings"]
    (provider,) = found["metadata_providers"]
    assert provider == {"name": "acme", "capabilities": ["details", "search"], "configured": True}


@pytest.mark.slow
def test_an_installed_provider_answers_a_search(
    python: Path, env: dict[str, str], tmp_path: Path, archive: LoopbackServer
) -> None:
    found = json.loads(run(python, "-c", SEARCH, cwd=tmp_path, env=env))
    assert [hit["title"] for hit in found] == ["The Harbour of Brno", "Harbour Lights"]
    # The namespace keeps Acme's number 7 apart from TMDB's.
    assert found[0]["id"] == 7 << 40 | 7
    (call,) = archive.calls
    assert call.query == {"q": "harbour"}


@pytest.mark.slow
def test_an_installed_provider_can_be_disabled(
    listed: Callable[[Mapping[str, str]], dict[str, Any]], env: dict[str, str]
) -> None:
    found = listed(env | {"MOVIETRACKER_PLUGINS_DISABLED": "acme", "METADATA_PROVIDERS": ""})
    assert [each["enabled"] for each in found["plugins"] if each["name"] == "acme"] == [False]
    assert "acme" not in {each["name"] for each in found["metadata_providers"]}
