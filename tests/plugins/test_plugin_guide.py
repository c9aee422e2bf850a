"""plugins/README.md, the guide for authors of plugins, says what is true."""

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner
from support.built_in import BUILT_IN

from movietracker import pluginapi
from movietracker.plugin import hookspecs
from movietracker.plugin.manager import PluginManager
from movietracker.pluginapi import Capability
from movietracker.testing.destinations import BackupDestinationContract
from movietracker.testing.importers import ImporterContract

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
ACME = ROOT / "tests" / "third_party" / "acme_provider"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)


def hooks() -> Iterator[tuple[str, list[str]]]:
    """Every hook with the names of its arguments."""
    for name, value in vars(hookspecs).items():
        if hasattr(value, "movietracker_spec"):
            yield name, list(inspect.signature(value).parameters)


def test_exactly_the_hooks_are_documented_with_their_arguments() -> None:
    documented = set(re.findall(r"^### (\w+\(.*\))$", GUIDE, flags=re.MULTILINE))
    assert documented == {f"{name}({', '.join(arguments)})" for name, arguments in hooks()}
    assert "register_settings(register)" in documented


@pytest.mark.parametrize("capability", Capability)
def test_every_capability_is_documented(capability: Capability) -> None:
    assert f"| `{capability.name}` |" in GUIDE


ERRORS = [name for name, value in vars(pluginapi).items() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", sorted({*ERRORS} - {"PluginError", "ProviderProblem", "DestinationProblem"}))
def test_every_error_is_documented(error: str) -> None:
    assert f"| `{error}` |" in GUIDE


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


@pytest.mark.parametrize("member", [name for name in vars(pluginapi.Importer) if not name.startswith("_")])
def test_every_member_of_an_importer_is_documented(member: str) -> None:
    assert re.search(rf"^\| `{member}[`(]", GUIDE, flags=re.MULTILINE)


class TestTheWorkedImporter(ImporterContract):
    samples = ({"diary.csv": "Seen on,Film,Year,Stars\n2024-05-06,Heat,1995,4.5\n2024,Ran,1985,\n"},)

    @pytest.fixture
    def importer(self) -> Any:
        (block,) = (block for block in blocks("python") if "def register_importers" in block)
        namespace: dict[str, Any] = {}
        exec(compile(block, "plugins/README.md", "exec"), namespace)
        return namespace["DiaryImporter"]()


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
            module = importlib.import_module(str(node.module))
            assert node.module == "movietracker.pluginapi" or str(node.module).startswith("movietracker.testing.")
            public = {name for name, value in vars(module).items() if not isinstance(value, ModuleType)}
            assert {alias.name for alias in node.names} <= public


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


@pytest.mark.parametrize(
    "value",
    [
        pluginapi.SearchHit,
        pluginapi.TitleDetails,
        pluginapi.TitleRatings,
        pluginapi.Credits,
        pluginapi.CastMember,
        pluginapi.CrewMember,
        pluginapi.DiscoverQuery,
        pluginapi.Upload,
        pluginapi.ImportRow,
        pluginapi.ListPlace,
        pluginapi.Recommender,
        pluginapi.BrokenRow,
        pluginapi.LibraryChanged,
        pluginapi.Change,
    ],
)
def test_exactly_the_fields_of_each_value_are_documented(value: type[Any]) -> None:
    (row,) = re.findall(rf"^\| `{value.__name__}` \| (.+) \|$", GUIDE, flags=re.MULTILINE)
    named = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", row))
    assert named == [field.name for field in dataclasses.fields(value)]
