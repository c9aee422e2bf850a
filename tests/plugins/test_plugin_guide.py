"""plugins/README.md, the guide for authors of plugins, says what is true."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from contract.backup_destination import BackupDestinationContract

from movietracker import hookspecs, pluginapi
from movietracker.plugin_manager import PluginManager
from movietracker.pluginapi import Capability

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
BUILT_IN = ("local_backup", "offline", "omdb", "remote_backup", "tmdb")
ACME = ROOT / "tests" / "third_party" / "acme_provider"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)


def hooks() -> Iterator[tuple[str, list[str]]]:
    """Every hook with the names of its arguments."""
    for name, value in vars(hookspecs).items():
        if hasattr(value, "movietracker_spec"):
            yield name, list(inspect.signature(value).parameters)


def test_there_are_hooks() -> None:
    assert {"register_settings", "register_metadata_providers"} <= dict(hooks()).keys()


@pytest.mark.parametrize(("name", "arguments"), list(hooks()))
def test_every_hook_is_documented_with_its_arguments(name: str, arguments: list[str]) -> None:
    assert f"### {name}({', '.join(arguments)})\n" in GUIDE


def test_no_hook_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^### (\w+)\(", GUIDE, flags=re.MULTILINE)) == dict(hooks()).keys()


@pytest.mark.parametrize("capability", Capability)
def test_every_capability_is_documented(capability: Capability) -> None:
    assert f"| `{capability.name}` |" in GUIDE


@pytest.mark.parametrize("error", [name for name in pluginapi.__all__ if name.startswith(("Provider", "TitleUnknown"))])
def test_every_error_is_documented(error: str) -> None:
    assert error == "ProviderProblem" or f"| `{error}` |" in GUIDE


@pytest.mark.parametrize("error", [name for name in pluginapi.__all__ if name.startswith(("Destination", "BackupNot"))])
def test_every_error_of_destinations_is_documented(error: str) -> None:
    assert error == "DestinationProblem" or f"| `{error}` |" in GUIDE


@pytest.mark.parametrize("member", [name for name in vars(pluginapi.BackupDestination) if not name.startswith("_")])
def test_every_member_of_a_destination_is_documented(member: str) -> None:
    assert re.search(rf"^\| `{member}[`(]", GUIDE, flags=re.MULTILINE)


class TestTheWorkedDestination(BackupDestinationContract):
    @pytest.fixture
    def destination(self, tmp_path: Path) -> Any:
        (block,) = (block for block in blocks("python") if "def register_backup_destinations" in block)
        namespace: dict[str, Any] = {}
        exec(compile(block, "plugins/README.md", "exec"), namespace)
        return namespace["OneFile"](tmp_path / "onefile.sqlite")


@pytest.mark.parametrize("reader", ["text", "flag", "whole_number", "words", "url", "rate"])
def test_every_reader_of_settings_is_documented_and_there(reader: str) -> None:
    assert callable(getattr(pluginapi, reader))
    assert re.search(rf"`{reader}[`(]", GUIDE)


def test_the_worked_provider_is_the_package_that_the_tests_install() -> None:
    assert (ACME / "acme_provider.py").read_text(encoding="utf-8") in blocks("python")
    assert (ACME / "pyproject.toml").read_text(encoding="utf-8") in blocks("toml")


@pytest.mark.parametrize("block", blocks("python"))
def test_the_examples_are_python_and_import_what_exists(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("movietracker"):
            assert node.module == "movietracker.pluginapi"
            assert {alias.name for alias in node.names} <= set(pluginapi.__all__)


def test_pluginapi_offers_what_it_lists() -> None:
    assert all(hasattr(pluginapi, name) for name in pluginapi.__all__)


@pytest.mark.parametrize("block", [block for block in blocks("python") if "@hookimpl" in block])
def test_the_examples_work_as_files_in_the_plugin_folder(block: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(block, encoding="utf-8")
    manager = PluginManager(tmp_path, disabled=BUILT_IN)
    (plugin,) = [plugin for plugin in manager.plugins if plugin.name == "example"]
    assert plugin.hooks == tuple(sorted(re.findall(r"@hookimpl\ndef (\w+)", block)))
    commands = click.Group()
    manager.settings()
    manager.register_commands(commands)
    for command in commands.commands.values():
        answer = CliRunner().invoke(command)
        assert answer.output == "Hello from a plugin.\n"


def test_the_first_example_is_a_command() -> None:
    assert "def register_commands" in blocks("python")[0]
