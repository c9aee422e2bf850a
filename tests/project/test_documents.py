"""The documents agree with the code and with each other."""

import inspect
import re
import sqlite3
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from typing import cast

import click
import pytest
from flask import Flask
from marshmallow import Schema
from prometheus_client.parser import text_string_to_metric_families
from support.client import Client

from movietracker import __version__, errors, pluginapi
from movietracker.api import MAX_BODY_BYTES
from movietracker.api.arguments import MAX_TOKENS
from movietracker.api.blueprint import MAX_BODY_WITHOUT_TOKEN
from movietracker.api.guesses import KNOWN_SECONDS
from movietracker.api.importing import MAX_EVENTS, MAX_RATIO, MAX_RECORDS
from movietracker.api.sync import MAX_PUSH_BYTES
from movietracker.backup.document.parsing import EVENT_BYTES, MAX_UNPACKED_BYTES, UNPACKED_FREELY
from movietracker.cli import connection, server, worker
from movietracker.client import Client as ReferenceClient
from movietracker.database import STATEMENT_SECONDS
from movietracker.errors import Problem
from movietracker.plugin.context import HttpClientFactory
from movietracker.settings import CORE_SETTINGS
from movietracker.state import state
from movietracker.sync.actions import Action, registry
from movietracker.sync.requests import MAX_DATA_BYTES

ROOT = Path(__file__).parents[2]


DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "plugins/*.md", "tests/*.md", "proofs/*.md")
    for path in ROOT.glob(pattern)
)
FOLDERS = (
    *("movietracker", "plugins", "tests", "proofs", "docs", "migrations", "benchmarks", "deploy", "tools"),
    ".github",
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class TestPaths:
    @pytest.mark.parametrize("document", DOCUMENTS)
    def test_every_path_that_a_document_names_exists(self, document: str) -> None:
        names = re.findall(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*)`", read(document))

        assert [name for name in names if "NAME" not in name and not (ROOT / name).exists()] == []

    @pytest.mark.parametrize("document", DOCUMENTS)
    def test_every_link_leads_to_a_file_and_a_heading(self, document: str) -> None:
        for target, _, anchor in re.findall(r"\]\(([^)#]*)(#?)([^)]*)\)", read(document)):
            if "://" in target:
                continue
            path = (ROOT / document).parent / target if target else ROOT / document
            assert path.exists(), target
            assert not anchor or anchor in anchors_of(path), f"{target}#{anchor}"

    def test_the_index_lists_every_decision(self) -> None:
        files = {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}

        assert set(re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", read("docs/decisions/README.md"))) == files


class TestMap:
    def test_the_layers_are_those_of_the_import_contract(self) -> None:
        config = ConfigParser()
        config.read(ROOT / "setup.cfg")
        drawn = read("docs/architecture.md").partition("```text\n")[2].partition("```")[0].splitlines()
        heights = []
        for layer in config["importlinter:contract:layers"]["layers"].split():
            if layer not in ("|", "testing", "_version"):
                heights.append(next((at for at, line in enumerate(drawn) if re.search(rf" {layer}(/|\.py)", line)), -1))

        assert heights
        assert min(heights) >= 0
        assert heights == sorted(heights), "from top to bottom"

    def test_every_folder_is_explained(self) -> None:
        table = first_names("docs/architecture.md", "Folders")
        folders = {f"movietracker/{path.parent.name}/" for path in (ROOT / "movietracker").glob("*/__init__.py")}

        assert folders <= table | {"movietracker/backup/"}, "the two folders of backup have a row each"

    def test_every_recipe_is_there(self) -> None:
        recipes = re.findall(r"^### Add an? (.+)$", read("CONTRIBUTING.md"), flags=re.MULTILINE)

        assert len(recipes) == 11


def anchors_of(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


DEFAULTS = {setting.name: setting.default for setting in CORE_SETTINGS}
FIGURES: tuple[tuple[str, str, float], ...] = (
    ("docs/sync.md", r"(\d+) days", DEFAULTS["SYNC_HORIZON_DAYS"]),
    ("docs/scaling.md", r"(\d+)\s+days", DEFAULTS["SYNC_HORIZON_DAYS"]),
    ("CHANGELOG.md", r"go after (\d+) days", DEFAULTS["BACKUP_RETENTION_DAYS"]),
    ("movietracker/api/auth.py", r"valid for (\d+) days", DEFAULTS["USER_TOKEN_DAYS"]),
    ("movietracker/api/auth.py", r"valid for (\d+) hours", DEFAULTS["ADMIN_TOKEN_HOURS"]),
    ("docs/deploy.md", r"request must arrive within (\d+) seconds", connection.PATIENCE_SECONDS),
    ("docs/deploy.md", r"idle connections are kept for (\d+) seconds", worker.LINGER_SECONDS),
    ("docs/deploy.md", r"needs more than (\d+) seconds is aborted", server.GRACEFUL_SECONDS),
    ("docs/deploy.md", r"A body may have (\d+) MiB", MAX_BODY_BYTES / 2**20),
    ("docs/deploy.md", r"a push (\d+) MiB", MAX_PUSH_BYTES / 2**20),
    ("docs/deploy.md", r"an import (\d+) MiB", MAX_UNPACKED_BYTES / 2**20),
    ("docs/deploy.md", r"and (\d+)\s+values", MAX_TOKENS),
    ("docs/deploy.md", r"it has (\d+) titles", MAX_RECORDS),
    ("docs/deploy.md", r"(\d+) values \(more", MAX_EVENTS),
    ("docs/deploy.md", r"only at (\d+) bytes", EVENT_BYTES),
    ("docs/deploy.md", r"(\d+) times what was\s+sent", MAX_RATIO),
    ("docs/deploy.md", r"over (\d+) MiB and", UNPACKED_FREELY / 2**20),
    ("docs/deploy.md", r"database may take (\d+) seconds", STATEMENT_SECONDS),
    ("docs/deploy.md", r"needs no token (\d+) KiB", MAX_BODY_WITHOUT_TOKEN / 2**10),
    ("docs/decisions/0005-rate-limits.md", r"(\d+) days", KNOWN_SECONDS / 86_400),
    ("docs/sync.md", r"Data of more than (\d+) MiB", MAX_DATA_BYTES / 2**20),
)


class TestFigures:
    @pytest.mark.parametrize(("document", "pattern", "figure"), FIGURES)
    def test_a_figure_is_that_of_the_code(self, document: str, pattern: str, figure: float) -> None:
        assert {float(found) for found in re.findall(pattern, read(document))} == {figure}

    @pytest.mark.parametrize("document", DOCUMENTS)
    def test_every_number_of_days_or_hours_is_compared(self, document: str) -> None:
        patterns = [pattern for name, pattern, _ in FIGURES if name == document and "days" in pattern]
        compared = [figure for pattern in patterns for figure in re.findall(pattern, read(document))]

        assert re.findall(r"(\d+)\s+(?:days|hours)\b", read(document)) == compared

    def test_every_sync_action_has_a_row_with_its_aliases_and_fields(self) -> None:
        table = read("docs/sync.md").partition("| action (aliases) | data |\n")[2].partition("\n\n")[0]
        rows = [line.strip("|").split("|") for line in table.splitlines()[1:]]

        assert {(names.strip(), *_fields_in(data)) for names, data in rows} == {
            (_names_of(action), *_fields_of(action.schema())) for action in registry.actions
        }


def _names_of(action: Action) -> str:
    return f"{action.name} ({', '.join(action.aliases)})" if action.aliases else action.name


def _fields_of(schema: Schema) -> tuple[frozenset[str], frozenset[str]]:
    """All fields of a schema, and those that are required."""
    return frozenset(schema.fields), frozenset(name for name, field in schema.fields.items() if field.required)


def _fields_in(cell: str) -> tuple[frozenset[str], frozenset[str]]:
    """The same from a cell such as ``imdb_id, person_id or person_name, vote_type?``; notes stand in brackets."""
    groups = [group.strip() for group in re.sub(r"\(.*?\)", "", cell).split(",")]
    required = {group for group in groups if " or " not in group and not group.endswith("?")}
    return frozenset(name.strip("?") for group in groups for name in group.split(" or ")), frozenset(required)


class TestReleases:
    def test_unreleased_changes_come_first_and_the_version_has_a_section(self) -> None:
        headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), flags=re.MULTILINE)

        assert headings[0] == "Unreleased"
        assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", headings[1])

    def test_the_version_is_written_once(self) -> None:
        assert "version = attr: movietracker._version.__version__" in read("setup.cfg")
        for name in ("pyproject.toml", "docs/releasing.md", "deploy/Dockerfile"):
            assert __version__ not in read(name), name


class TestContinuousIntegration:
    def test_the_gate_on_coverage_is_the_one_that_is_documented(self) -> None:
        (gate,) = re.findall(r"^fail_under = (\d+)$", read("setup.cfg"), flags=re.MULTILINE)

        assert f"fails below {gate} %" in read("CONTRIBUTING.md")
        assert "\n    make coverage TESTS=" in read(".ci/run")

    def test_the_workflow_runs_what_developers_run_on_the_oldest_and_newest_python(self) -> None:
        workflow = read(".github/workflows/ci.yml")

        assert 'python: ["3.11", "3.14"]' in workflow
        assert workflow.endswith("- run: .ci/run\n")

    def test_the_hooks_before_a_commit_use_the_tools_of_make_lint(self) -> None:
        tools = set(re.findall(r"entry: \.venv/bin/(\S+)", read(".pre-commit-config.yaml")))

        assert tools
        assert tools <= set(re.findall(r"\$\(BIN\)/(\S+)", read("Makefile")))


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of all tables, headers included."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def first_names(document: str, heading: str) -> set[str]:
    """The names in backticks that begin a row in the section of a document."""
    section = read(document).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert section, f"{document} has no section {heading}"
    return {name for row in rows(section) for name in re.findall(r"`([\w./{}]+)", row[0])}


def problems(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for problem in base.__subclasses__():
        if problem.__module__ == errors.__name__:
            yield problem
            yield from problems(problem)


class TestErrors:
    @pytest.mark.parametrize("problem", list(problems()), ids=lambda problem: problem.__name__)
    def test_a_problem_has_a_code_for_programs_and_one_sentence_for_people(self, problem: type[Problem]) -> None:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", problem.code)
        assert re.fullmatch(r"[A-Za-z_][^\n]+\.", problem.sentence)
        assert 400 <= problem.status <= 599

    @pytest.mark.parametrize("problem", errors.CursorRefused.__subclasses__(), ids=lambda problem: problem.__name__)
    def test_the_protocol_says_what_a_client_does_after_410(self, problem: type[errors.CursorRefused]) -> None:
        policies = {row[0]: row[-1] for row in rows(read("docs/sync.md"))}

        assert f"`{problem.policy}`" in policies[f"`{problem.code}`"]
        assert f"`{problem.code}`" in read("docs/client.md")

    def test_the_plugin_guide_says_what_clients_get(self) -> None:
        found = {row[0].strip("`"): row[2] for row in rows(read("plugins/README.md")) if len(row) == 3}
        raised = (errors.TitleUnknown, *problems(errors.ProviderProblem))

        assert {each.__name__: found.get(each.__name__) for each in raised} == {
            each.__name__: str(each.status) for each in raised
        }


class TestOperations:
    def test_every_metric_is_listed(self, client: Client) -> None:
        families = list(text_string_to_metric_families(client.get("/metrics").text))
        exposed = {each.name + ("_total" if each.type == "counter" else "") for each in families}
        listed = first_names("docs/deploy.md", "Metrics")

        assert {name for name in exposed if not name.endswith("_created")} == listed

    @pytest.mark.parametrize(
        "sentence",
        [
            f"request must arrive within {connection.PATIENCE_SECONDS:.0f} seconds",
            f"A body may have {MAX_BODY_BYTES // 2**20} MiB",
            f"one that needs no token {MAX_BODY_WITHOUT_TOKEN // 2**10} KiB",
            f"idle connections are kept for {worker.LINGER_SECONDS:.0f} seconds",
            f"a request that needs more than {server.GRACEFUL_SECONDS} seconds is aborted",
        ],
    )
    def test_the_limits_are_those_of_the_server(self, sentence: str) -> None:
        assert sentence in " ".join(read("docs/deploy.md").split())

    def test_every_backup_command_is_listed_with_its_options(self, app: Flask) -> None:
        table = re.findall(r"^\| `backup (.+)` \|", read("docs/backups.md"), flags=re.MULTILINE)
        listed = {words.split()[0]: words for words in table}
        with click.Context(app.cli) as context:
            group = cast(click.Group, app.cli.get_command(context, "backup"))
            group = cast(click.Group, group.load() if hasattr(group, "load") else group)
            assert listed.keys() == set(group.list_commands(context))
            for name, words in listed.items():
                options = {option for each in group.commands[name].params for option in each.opts}
                assert set(re.findall(r"--?[a-z-]+", words)) <= options, name

    def test_every_destination_and_extra_of_backups_exists(self, app: Flask) -> None:
        with app.app_context():
            names = {each.name for each in state().backups.chosen}
        config = ConfigParser()
        config.read(ROOT / "setup.cfg")
        table = [row for row in rows(read("docs/backups.md")) if len(row) == 4]

        assert names
        assert names <= first_names("docs/backups.md", "Where backups go")
        assert {row[3].split("`")[1] for row in table[1:]} <= set(config["options.extras_require"])

    def test_every_file_of_the_instance_folder_is_known_to_the_code(self) -> None:
        code = "".join(path.read_text() for top in ("movietracker", "plugins") for path in (ROOT / top).rglob("*.py"))

        for name in first_names("docs/deploy.md", "Where the data is"):
            assert name.rstrip("/") in code.lower(), name

    def test_the_readme_has_the_figure_of_the_document_on_performance(self) -> None:
        figures = {row[0]: row[1] for row in rows(read("docs/performance.md")) if len(row) == 8}

        assert f"in {float(figures['GET /api/movies']):.0f} ms on two cores" in " ".join(read("README.md").split())


class TestSecurity:
    def test_each_requirement_stands_once_with_a_state_and_a_test_or_reason(self) -> None:
        listed = [row for row in rows(read("docs/security.md")) if len(row) == 4 and row[0] != "requirement"]
        numbers = [number for row in listed for number in row[0].split(", ")]

        assert len(listed) > 90
        assert sorted(set(numbers)) == sorted(numbers)
        assert {row[2] for row in listed} == {"met", "in part", "not met"}
        assert all(row[3] for row in listed)

    def test_every_test_that_is_named_exists(self) -> None:
        named = set(re.findall(r"`((?:tests|proofs)/[\w/.]+)`", read("docs/security.md") + read("SECURITY.md")))

        assert named
        assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


class TestInterfaces:
    def test_every_member_of_the_client_is_listed(self) -> None:
        members = {name for name in dir(ReferenceClient) if not name.startswith("_")} - {"close"}
        listed = re.findall(r"^\| (`.+?`) \| ", read("docs/client.md").partition("## What is on disk")[0], flags=re.M)

        assert {name for cell in listed for name in re.findall(r"`(\w+)", cell)} == members | {"Client"}

    def test_every_table_of_the_clients_file_is_listed(self, tmp_path: Path) -> None:
        with closing(ReferenceClient(tmp_path / "phone.sqlite", "http://127.0.0.1:1")):
            pass
        with closing(sqlite3.connect(tmp_path / "phone.sqlite")) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

        assert first_names("docs/client.md", "What is on disk") == tables

    def test_every_attribute_and_method_of_a_provider_is_documented(self) -> None:
        guide = read("plugins/README.md")

        for name in vars(pluginapi.MetadataProvider):
            assert name.startswith("_") or re.search(rf"`{name}[`(]|\*\*{name}\(", guide), name

    def test_every_argument_of_the_http_client_is_documented(self) -> None:
        arguments = inspect.signature(HttpClientFactory.__call__).parameters
        options = {name for name, each in arguments.items() if each.kind is each.KEYWORD_ONLY}

        assert options == first_names("plugins/README.md", "Calling a web service")
