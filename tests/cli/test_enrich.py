"""``movietracker enrich``."""

import os
import pty
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from support.applications import MakeApp
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, imdb_ids, stubs_of
from support.serving import PROGRAM, environment
from support.terminal import everything_shown_on

from movietracker.cli import progress
from movietracker.metadata.enrichment import LEASE_NAME
from movietracker.services.accounts import Account

Run = Callable[..., Result]


@pytest.fixture
def app(catalogue_app: Flask) -> Flask:
    return catalogue_app


def test_stubs_are_filled_and_counted(run: Run, anna: Account, ben: Account) -> None:
    add_stubs(anna, imdb_ids(3))
    add_stubs(ben, imdb_ids(3, first=3))

    result = run("enrich")

    assert result.exit_code == 0, result.output
    assert result.stdout == "Filled 5 titles; 0 unknown to the providers; 0 failed.\n"
    assert stubs_of(anna) | stubs_of(ben) == set()


def test_only_one_user_s_titles_on_request(run: Run, anna: Account, ben: Account) -> None:
    add_stubs(anna, ["tt0000001"])
    add_stubs(ben, ["tt0000002"])

    assert run("enrich", "--user", "Anna@example.com").exit_code == 0

    assert stubs_of(anna) == set()
    assert stubs_of(ben) == {"tt0000002"}


def test_an_unknown_user_is_a_plain_error(run: Run) -> None:
    result = run("enrich", "--user", "unknown@example.com")

    assert result.exit_code == 1
    assert result.stderr == "Error: There is no account with the e-mail, username or id unknown@example.com.\n"


def test_failures_are_counted_make_the_exit_code_1_and_are_tried_again_with_retry(
    run: Run, anna: Account, catalogue: EndlessCatalogue
) -> None:
    add_stubs(anna, imdb_ids(2))
    catalogue.fail_with(401, path="/find/tt0000002")

    failed = run("enrich")
    assert failed.exit_code == 1
    assert failed.stdout.splitlines() == [
        "Filled 1 title; 0 unknown to the providers; 1 failed.",
        "1 resting because a provider failed or did not know them; --retry asks for them now.",
    ]

    catalogue.recover()
    resting = run("enrich")
    assert resting.exit_code == 0
    assert resting.stdout.startswith("1 resting")

    retried = run("enrich", "--retry")
    assert retried.exit_code == 0
    assert retried.stdout == "Filled 1 title; 0 unknown to the providers; 0 failed.\n"
    assert stubs_of(anna) == set()


def test_providers_that_are_down_are_not_asked_each_time(run: Run, anna: Account, catalogue: EndlessCatalogue) -> None:
    add_stubs(anna, imdb_ids(50))
    catalogue.fail_with(401)

    result = run("enrich")

    assert result.exit_code == 1
    assert "postponed" in result.stdout
    assert len(catalogue.titles_found) < 20


def test_without_a_provider_it_says_so(make_app: MakeApp) -> None:
    app = make_app(METADATA_PROVIDERS="tmdb,omdb")

    result = app.test_cli_runner().invoke(args=["enrich"])

    assert result.exit_code == 1
    assert result.stderr == "Error: No metadata provider is configured; see: movietracker plugins list\n"


def test_it_waits_for_another_process_and_says_so(run: Run, anna: Account, hold_a_while: Callable[[str], None]) -> None:
    add_stubs(anna, ["tt0000001"])
    hold_a_while(LEASE_NAME)
    result = run("enrich")

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Another process is looking up titles; waiting for it to finish (stop with Ctrl-C)."
    ]
    assert result.stdout == "Filled 1 title; 0 unknown to the providers; 0 failed.\n"


def test_a_long_run_reports_its_progress(run: Run, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    add_stubs(anna, imdb_ids(3))

    assert run("enrich").stderr.splitlines() == ["1 of 3 titles", "2 of 3 titles", "3 of 3 titles"]


def test_on_a_terminal_there_is_a_bar(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, instance_path: Path, tmp_path: Path
) -> None:
    add_stubs(anna, imdb_ids(5))
    settings = {"MOVIETRACKER_INSTANCE_PATH": str(instance_path), "DATABASE_URL": app.config["DATABASE_URL"]}
    master, slave = pty.openpty()
    with ThreadPoolExecutor(1) as pool:
        screen = pool.submit(everything_shown_on, master)
        done = subprocess.run(
            [*PROGRAM, "enrich"],
            cwd=tmp_path,
            env=environment({"TERM": "xterm", **settings, **catalogue.settings}),
            stdout=subprocess.PIPE,
            stderr=slave,
            timeout=60,
            check=False,
        )
        os.close(slave)
        shown = screen.result()
    assert done.returncode == 0, shown
    assert done.stdout.decode() == "Filled 5 titles; 0 unknown to the providers; 0 failed.\n"
    assert "Looking up titles" in shown
    assert "5/5" in shown
