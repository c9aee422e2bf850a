"""The README keeps its word: its walk runs as printed, and what it names is there."""

import json
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask
from support.serving import run_program, serving

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
MAX_WORDS = 600


def section(title: str) -> str:
    text = README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert text, f"there is no section {title}"
    return text


def blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_walk_runs_as_printed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        script = "\n".join(blocks(section("A walk through")))
        printed = "http://127.0.0.1:8000"
        assert printed in script
        done = run_program(tmp_path, stdin=script.replace(printed, server.url), program=("/bin/sh", "-eu"))

    assert (done.returncode, done.stderr) == (0, "")
    hits, added, queue = several_documents(done.stdout)
    assert hits[0]["title"] == "The Matrix"
    assert added["tmdb_data"]["title"] == "The Matrix"
    assert added["recommendations"][0]["person"] == "Anna"
    assert [queued["movie"] for queued in queue] == [added]
    assert "Anna, not tested yet" in [reason["text"] for reason in queue[0]["reasons"]]


def several_documents(text: str) -> list[Any]:
    decoder = json.JSONDecoder()
    documents: list[Any] = []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:]
    return documents


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = README.splitlines()[:40]

    assert any(line.startswith("make run ") for line in first_screen)
    assert any(line.startswith("make test ") for line in first_screen)


def test_it_is_short() -> None:
    assert len(README.split()) <= MAX_WORDS


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/deploy.md"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = "\n".join(re.findall(r"`+[^`]+`+", (ROOT / document).read_text(encoding="utf-8")))

    assert set(re.findall(r"\bmake ([a-z]+)\b(?! it)", code)) <= targets


def test_every_command_that_is_named_exists_and_every_command_is_named(app: Flask) -> None:
    named = {tuple(words.split()) for words in re.findall(r"`movietracker ([a-z -]+?)(?= --| [A-Z]|`)", COMMANDS)}
    assert named, "commands are named"
    with click.Context(app.cli) as context:
        for words in named - {("X",)}:
            group: click.Command | None = app.cli
            for word in words:
                assert isinstance(group, click.Group), words
                command = group.get_command(context, word)
                assert command is not None, f"movietracker {' '.join(words)}"
                group = command.load() if hasattr(command, "load") else command
        from_packages = {"openapi"} | {point.name for point in entry_points(group="flask.commands")}
        assert {words[0] for words in named} >= set(app.cli.list_commands(context)) - from_packages


def test_every_file_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target
