"""The program around the commands: help, errors at the start, plugins' commands."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from flask.cli import FlaskGroup, ScriptInfo
from support.serving import FLASK, PROGRAM, environment, run_program

import movietracker
from movietracker import create_app
from movietracker.cli import COMMANDS, LazyCommand, main
from movietracker.errors import PluginError

Program = Callable[..., tuple[object, str, str]]

PYTHONS_FLASK = (sys.executable, "-m", *FLASK)

PLUGIN = """
import click
from movietracker.pluginapi import hookimpl

@hookimpl
def register_commands(cli):
    @cli.command()
    def {name}():
        "Say where the data are."
        from flask import current_app
        click.echo(current_app.instance_path)
"""

# Modules that take long to import and that help has no use for.
HEAVY = (
    *("sqlalchemy", "alembic", "marshmallow", "apispec", "gunicorn", "redis", "requests", "rich"),
    "movietracker.factory",
)

HELP = f"""
import sys
from movietracker.cli import main
try:
    main()
finally:
    print("imported:", [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "instance" / "plugins"
    folder.mkdir(parents=True)
    return folder


def test_the_console_script_runs_the_program() -> None:
    scripts = importlib.metadata.entry_points(group="console_scripts", name="movietracker")

    assert [script.value for script in scripts] == ["movietracker.cli:main"]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """Runs the program in this process; keyword arguments are settings. Answers exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(environment()):
        monkeypatch.delenv(name)

    def run(*arguments: str, **settings: str) -> tuple[object, str, str]:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["movietracker", *arguments])
        umask = os.umask(0)
        try:
            with pytest.raises(SystemExit) as end:
                main()
        finally:
            os.umask(umask)
        return (end.value.code, *capsys.readouterr())

    return run


def test_help_lists_every_command_without_making_the_application(tmp_path: Path, plugin_folder: Path) -> None:
    (plugin_folder / "whereabouts.py").write_text(PLUGIN.format(name="whereabouts"))
    result = run_program(tmp_path, "--help", program=(sys.executable, "-c", HELP))

    assert result.returncode == 0
    for name in (*(command.name for command in COMMANDS), "catalogue", "whereabouts", "shell", "routes"):
        assert f"\n  {name} " in result.stdout
    assert "Say where the data are." in result.stdout
    assert "imported: []" in result.stdout
    assert result.stderr == ""


def test_the_program_says_its_version(tmp_path: Path) -> None:
    assert run_program(tmp_path, "--version").stdout == f"movietracker, version {movietracker.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_of_commands_says_what_the_commands_say_of_themselves(command: LazyCommand) -> None:
    real = command.load()

    assert real.name == command.name
    assert real.get_short_help_str(limit=100) == command.get_short_help_str(limit=100)


def test_flask_has_the_same_commands(tmp_path: Path) -> None:
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(tmp_path / "instance")})
    with FlaskGroup().make_context("flask", ["routes"], obj=ScriptInfo(create_app=lambda: app)) as context:
        of_flask = FlaskGroup().list_commands(context)
    listed = run_program(tmp_path, "--help").stdout.partition("Commands:\n")[2]
    # Commands that other packages add to Flask are not listed: help would have to import those packages.
    of_packages = {"openapi"} | {point.name for point in entry_points(group="flask.commands")}
    assert {line.split()[0] for line in listed.splitlines()} == set(of_flask) - of_packages


@pytest.mark.slow
def test_flask_runs_the_same_commands(folder: Path) -> None:
    by_flask = run_program(folder, "users", "list", "--json", program=PYTHONS_FLASK)

    assert by_flask.returncode == 0
    assert by_flask.stdout == run_program(folder, "users", "list", "--json").stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", [("users", "list"), ("routes",), ("run", "--port", "0")])
def test_flask_tells_a_bad_setting_in_one_sentence_too(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run_program(tmp_path, *command, settings={"CACHE_TTL_SECONDS": "soon"}, program=FLASK)

    sentence = "CACHE_TTL_SECONDS must be a whole number from 1 to 31536000, not 'soon' (from the environment)."
    assert (result.returncode, result.stderr.splitlines()[-1]) == (1, f"Error: {sentence}")
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "sqlite:////nowhere/app.db", "The database cannot be used: /nowhere is no folder."),
        ("MOVIETRACKER_INSTANCE_PATH", "/proc/nowhere", "/proc/nowhere: No such file or directory."),
    ],
)
def test_flask_reports_an_unusable_database_in_a_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    result = run_program(tmp_path, "db", "upgrade", settings={name: value}, program=FLASK)

    assert (result.returncode, result.stderr.splitlines()[-1]) == (1, f"Error: {sentence}")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("users", "list"), ("db", "upgrade")])
def test_a_bad_setting_stops_the_start_with_one_sentence(program: Program, command: tuple[str, ...]) -> None:
    result = program(*command, CACHE_TTL_SECONDS="soon")

    sentence = "CACHE_TTL_SECONDS must be a whole number from 1 to 31536000, not 'soon' (from the environment)."
    assert result == (1, "", f"Error: {sentence}\n")


def test_a_broken_plugin_stops_the_start_with_a_sentence_but_not_help(program: Program, plugin_folder: Path) -> None:
    (plugin_folder / "broken.py").write_text("import nothing_of_this_name")

    sentence = (
        "Error: Plugin broken (file broken.py) cannot be imported: "
        "ModuleNotFoundError: No module named 'nothing_of_this_name'.\n"
    )
    assert program("plugins", "list") == (1, "", sentence)
    exit_code, stdout, stderr = program("--help")
    assert (exit_code, stderr) == (0, f"{sentence}\n")
    assert "\n  serve " in stdout


@pytest.mark.slow
def test_a_plugins_command_runs_in_the_application(tmp_path: Path, plugin_folder: Path) -> None:
    (plugin_folder / "whereabouts.py").write_text(PLUGIN.format(name="whereabouts"))

    assert run_program(tmp_path, "whereabouts").stdout == f"{tmp_path / 'instance'}\n"


@pytest.mark.parametrize("name", ["users", "catalogue"])
def test_a_plugin_cannot_take_the_name_of_a_command(tmp_path: Path, plugin_folder: Path, name: str) -> None:
    (plugin_folder / "usurper.py").write_text(PLUGIN.format(name=name))

    with pytest.raises(PluginError, match=f"Plugin usurper .*there is a command named {name} already"):
        create_app({"MOVIETRACKER_INSTANCE_PATH": str(tmp_path / "instance")})


def test_a_database_without_tables_is_told_in_one_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "app.db").touch()
    sentence = "Error: The database is not up to date; run: movietracker db upgrade\n"

    assert program("users", "list") == (1, "", sentence)


def test_a_file_that_is_no_database_is_told_in_one_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "app.db").write_text("This is not a database. " * 100)

    assert program("users", "list") == (1, "", "Error: The database cannot be used: file is not a database.\n")


def test_an_instance_folder_that_cannot_be_made_is_told_in_one_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file, where a folder is needed")

    assert program("db", "upgrade") == (1, "", f"Error: {tmp_path / 'instance'}: File exists.\n")


@pytest.mark.slow
def test_what_the_program_writes_is_closed_to_other_users(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir(mode=0o755)
    upgraded = run_program(tmp_path, "db", "upgrade")
    assert (upgraded.returncode, upgraded.stdout) == (0, ""), upgraded.stderr

    files = [path for path in (tmp_path / "instance").iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"app.db", "secret_key", "admin_token"}
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_command_ends_quietly_when_nobody_reads_on(folder: Path) -> None:
    nobody_reads, out = os.pipe()
    os.close(nobody_reads)
    ended = subprocess.run(
        [*PROGRAM, "plugins", "list"], cwd=folder, env=environment(), stdout=out, stderr=subprocess.PIPE, check=False
    )
    os.close(out)
    assert (ended.returncode, ended.stderr) == (1, b"")
