"""``movietracker catalogue``: load, info, reset, their words and exit codes."""

import gzip
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import click
import movietracker_plugins.offline as plugin
import pytest
from click.testing import Result
from flask import Flask
from movietracker_plugins.offline import loader
from movietracker_plugins.offline.commands import catalogue as command
from support.datasets import dataset_text, film, votes, write_dataset

ON_A_TERMINAL = """
import sys
from flask import Flask
from movietracker_plugins.offline.commands import catalogue
app = Flask("test", instance_path=sys.argv[1])
with app.app_context():
    catalogue(["load", sys.argv[2]])
"""

TRUNCATED = gzip.compress(dataset_text("title.ratings", [votes(1, 10)]).encode())[:-5]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return Flask("test", instance_path=str(tmp_path / "instance"))


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    folder = tmp_path / "datasets"
    write_dataset(folder, "title.basics", film(1, "A"), film(2, "B", type="tvSeries"), film(3, "C", type="tvEpisode"))
    write_dataset(folder, "title.ratings", votes(1, 10), compress=True)
    return folder


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(command, [str(word) for word in words])


def titles_of(app: Flask) -> int:
    return int(json.loads(run(app, "info", "--json").output)["titles"])


def test_the_plugin_adds_the_group() -> None:
    cli = click.Group()
    plugin.register_commands(cli)
    assert set(cli.commands["catalogue"].commands) == {"load", "info", "reset"}  # type: ignore[attr-defined]


def test_load_reports_each_step_and_what_was_loaded(app: Flask, datasets: Path) -> None:
    result = run(app, "load", datasets)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "title.ratings.tsv.gz: 1 lines",
        "title.basics.tsv: 3 lines",
        "Ranking titles: done",
        "Indexing titles: done",
        "Indexing people: done",
        "Finishing: done",
        "Loaded 1 films, 1 series and 0 people.",
    ]


def test_info_shows_the_sample_and_then_what_was_loaded(app: Flask, datasets: Path) -> None:
    assert "Source:  the sample shipped with movietracker" in run(app, "info").output
    run(app, "load", datasets)
    output = run(app, "info").output
    assert f"Source:  loaded from {datasets}" in output
    assert "Titles:  1 films, 1 series" in output
    assert "UTC" in output
    run(app, "reset")
    assert "Source:  the sample" in run(app, "info").output


def test_info_as_json(app: Flask, datasets: Path) -> None:
    run(app, "load", datasets)
    described = json.loads(run(app, "info", "--json").output)
    assert time.time() - 60 < described.pop("created_at") <= time.time()
    assert described.pop("size_bytes") == (Path(app.instance_path) / "catalogue.sqlite").stat().st_size
    assert described == {
        "source": "loaded",
        "folder": str(datasets),
        "movies": 1,
        "series": 1,
        "titles": 2,
        "people": 0,
        "schema_version": 1,
        "lines": {"title.basics.tsv": 3, "title.ratings.tsv.gz": 1},
        "path": str(Path(app.instance_path) / "catalogue.sqlite"),
    }


@pytest.mark.parametrize(
    "words", [["load"], ["load", "/no/such/folder"], ["info", "--yaml"], ["reset", "now"], ["sell"]]
)
def test_wrong_usage_is_exit_code_2(app: Flask, words: list[str]) -> None:
    assert run(app, *words).exit_code == 2


def test_a_file_instead_of_a_folder_is_wrong_usage(app: Flask, datasets: Path) -> None:
    assert run(app, "load", datasets / "title.basics.tsv").exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "title.basics.tsv",
            dataset_text("title.basics", [film(1, "A"), film(2, "B", runtime="long")]),
            "title.basics.tsv, line 3: 'long' is not a number of minutes.",
        ),
        ("title.ratings.tsv.gz", TRUNCATED, "title.ratings.tsv.gz, after line 0: the compressed file is damaged"),
        (
            "title.crew.tsv.gz",
            gzip.compress(b"<html>Forbidden</html>"),
            "title.crew.tsv.gz, line 1: the columns should be tconst, directors, writers.",
        ),
    ],
    ids=["field", "truncated", "columns"],
)
def test_broken_data_is_exit_code_1_and_keeps_the_catalog(
    app: Flask, datasets: Path, name: str, content: str | bytes, message: str
) -> None:
    run(app, "load", datasets)
    (datasets / name).write_bytes(content.encode() if isinstance(content, str) else content)
    result = run(app, "load", datasets)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "The present catalog stays in use." in result.stderr
    assert "Traceback" not in result.output
    assert titles_of(app) == 2


def test_a_folder_without_datasets_is_exit_code_1(app: Flask, tmp_path: Path) -> None:
    result = run(app, "load", tmp_path)
    assert result.exit_code == 1
    assert "There is no title.basics.tsv or title.basics.tsv.gz" in result.stderr


def test_a_damaged_index_is_exit_code_1_until_it_is_reset(app: Flask) -> None:
    Path(app.instance_path).mkdir()
    (Path(app.instance_path) / "catalogue.sqlite").write_bytes(b"damaged")
    assert run(app, "info").exit_code == 1
    assert run(app, "reset").exit_code == 0
    assert run(app, "info").exit_code == 0


def test_an_instance_folder_that_cannot_be_written_is_exit_code_1(tmp_path: Path, datasets: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run(Flask("test", instance_path=str(tmp_path / "file" / "instance")), "load", datasets)
    assert result.exit_code == 1
    assert "Not a directory" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_full_disk_is_exit_code_1_and_leaves_the_old_catalogue(app: Flask, tmp_path: Path, datasets: Path) -> None:
    run(app, "load", datasets)
    large = tmp_path / "large"
    write_dataset(large, "title.basics", *(film(number, f"Film number {number}") for number in range(1, 20_000)))
    limited = f"ulimit -f 200; exec {sys.executable} -c '{ON_A_TERMINAL}' {app.instance_path} {large}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "The catalogue could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert titles_of(app) == 2


def test_ctrl_c_while_the_database_is_at_work_stops_the_load(
    app: Flask, datasets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app, "load", datasets)
    # SQLite sees a tick that does not return 0 when the handler of Ctrl-C has raised.
    monkeypatch.setattr(loader, "_STEPS_BETWEEN_TICKS", 10)
    monkeypatch.setattr(loader, "_tick", lambda: 1)
    result = run(app, "load", datasets)
    assert (result.exit_code, result.stderr) == (1, "Aborted!\n")
    assert titles_of(app) == 2


def test_a_terminal_shows_bars(app: Flask, datasets: Path) -> None:
    terminal, other_end = pty.openpty()
    arguments = [sys.executable, "-c", ON_A_TERMINAL, app.instance_path, str(datasets)]
    process = subprocess.Popen(arguments, stdout=other_end, env=os.environ | {"TERM": "xterm", "COLUMNS": "120"})
    os.close(other_end)
    shown = read_all(terminal)
    assert process.wait(timeout=60) == 0
    assert "title.basics.tsv" in shown
    assert "100%" in shown
    assert "Loaded 1 films" in shown


def read_all(terminal: int) -> str:
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        try:
            while piece := stream.read(65536):
                shown += piece
        except OSError:  # Linux says so when the other end is closed
            pass
    return shown.decode(errors="replace")
