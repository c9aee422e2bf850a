"""``movietracker backup``."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update
from support.applications import MakeApp
from support.backups import switch_on
from support.library import add_stubs, imdb_ids, stubs_of
from support.serving import PROGRAM, run_program
from support.wall_clock import WallClock

from movietracker.backup.catalog.run import LEASE_NAME
from movietracker.cli import progress
from movietracker.models import USERS
from movietracker.services import accounts
from movietracker.services.accounts import Account, set_backup_enabled
from movietracker.services.transactions import write_connection

Run = Callable[..., Result]
Hold = Callable[[str], None]


@pytest.fixture
def app(make_app: MakeApp, tmp_path: Path) -> Iterator[Flask]:
    (tmp_path / "disk").mkdir()
    app = make_app(BACKUP_REMOTE_URL=f"file://{tmp_path}/disk", TIMEZONE="Europe/Vienna")
    with app.app_context():
        yield app


@pytest.fixture
def saved(anna: Account, ben: Account) -> Account:
    """Anna and Ben have backups switched on; Anna has 3 titles."""
    switch_on(anna, ben)
    add_stubs(anna, imdb_ids(3))
    return anna


def only_name(run: Run, *options: str) -> str:
    rows = json.loads(run("backup", "list", "--json", *options).stdout)
    (name,) = {row["filename"] for row in rows}
    return str(name)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


STEERING = "\x1b]0;title\x07\x9b31m\r\u202e\u2028"


def test_no_name_steers_the_terminal(run: Run, anna: Account, tmp_path: Path) -> None:
    """A username, and the names of fields and the values of a document, are written by users."""
    with write_connection() as connection:
        connection.execute(update(USERS).values(username=f"{STEERING}\nnext line"))
    person = {"name": "Ben", "color": STEERING, f"extra{STEERING}": 1}
    document = {"version": 2, "movies": [], "people": [person], "lists": [], f"top{STEERING}": 1}
    (tmp_path / "faulty.json").write_text(json.dumps(document))
    del person["color"]
    (tmp_path / "odd.json").write_text(json.dumps(document))
    for arguments in (
        ("users", "list"),
        ("backup", "import", "anna@example.com", str(tmp_path / "faulty.json")),
        ("backup", "import", "anna@example.com", str(tmp_path / "odd.json")),
        ("backup", "restore", "anna@example.com", f"{STEERING}.json"),
        ("backup", "export", f"{STEERING}"),
    ):
        result = run(*arguments)
        assert not set(result.output) & set(STEERING.replace("0;title", "").replace("31m", "").replace("]", ""))
    assert r"\x1b]0;title\x07\x9b31m\r\u202e\u2028\nnext line" in run("users", "list").stdout


class TestEnabling:
    def test_a_user_is_backed_up_every_night_until_it_is_disabled(self, run: Run, anna: Account) -> None:
        result = run("backup", "enable", "anna")
        assert (result.exit_code, result.stdout) == (0, "anna@example.com is backed up every night at 03:00.\n")
        assert accounts.is_backup_enabled(anna.id)
        assert run("backup", "run").stdout == "Backed up 1 user, 0 with failures.\n"
        result = run("backup", "disable", anna.id)
        assert (result.exit_code, result.stdout) == (0, "anna@example.com is no longer backed up every night.\n")
        assert not accounts.is_backup_enabled(anna.id)

    def test_that_a_disabled_account_is_not_backed_up_is_said(self, run: Run, anna: Account) -> None:
        accounts.set_active(anna.id, False)
        told = "once the account, which is disabled, is enabled: movietracker users enable anna@example.com.\n"
        assert run("backup", "enable", "anna").stdout.endswith(told)
        assert "No active user has enabled backups" in run("backup", "run").stderr

    def test_an_unknown_user_is_a_plain_error(self, run: Run) -> None:
        for command in ("enable", "disable"):
            result = run("backup", command, "somebody")
            assert result.exit_code == 1
            assert result.stderr.startswith("Error: ")


class TestFilesThatCannotBeWritten:
    def test_a_missing_folder_is_told_by_the_name_given(self, run: Run, anna: Account, tmp_path: Path) -> None:
        path = tmp_path / "nowhere" / "x.json"
        result = run("backup", "export", "anna", "--output", str(path))
        assert (result.exit_code, result.stderr) == (1, f"Error: {path}: No such file or directory.\n")

    def test_that_standard_output_takes_no_more_is_said(self, folder: Path) -> None:
        create = ("users", "create", "--email", "a@b.example", "--username", "a", "--password-stdin")
        assert run_program(folder, *create, stdin="correct horse battery\n").returncode == 0
        program = ("sh", "-c", 'exec "$@" > /dev/full', "sh", *PROGRAM)
        result = run_program(folder, "backup", "export", "a", program=program)
        assert result.stderr.splitlines()[0] == "Error: Standard output: No space left on device."


class TestRun:
    def test_all_users_at_all_destinations(self, run: Run, saved: Account, instance_path: Path, tmp_path: Path) -> None:
        result = run("backup", "run")
        assert (result.exit_code, result.stdout) == (0, "Backed up 2 users, 0 with failures.\n")
        assert len(files(instance_path / "backups")) == len(files(tmp_path / "disk")) == 2

    def test_one_user_or_one_destination(self, run: Run, saved: Account, instance_path: Path, tmp_path: Path) -> None:
        set_backup_enabled(saved.id, False)  # which the request overrides
        result = run("backup", "run", "--user", "Anna@example.com", "--destination", "remote")
        assert (result.exit_code, result.stdout) == (0, "Backed up 1 user, 0 with failures.\n")
        assert not (instance_path / "backups").exists()
        (path,) = files(tmp_path / "disk")
        assert path.parent.name == saved.id

    def test_failures_are_named_and_make_the_exit_code_1(self, run: Run, saved: Account, tmp_path: Path) -> None:
        (tmp_path / "disk").rmdir()
        result = run("backup", "run")
        assert (result.exit_code, result.stdout) == (1, "Backed up 2 users, 2 with failures.\n")
        assert "anna@example.com  remote: the folder of BACKUP_REMOTE_URL is not there; is its" in result.stderr

    def test_a_fault_of_the_database_is_told_in_its_words_without_sql(self, folder: Path) -> None:
        create = ("users", "create", "--email", "a@b.example", "--username", "a", "--password-stdin")
        assert run_program(folder, *create, stdin="correct horse battery\n").returncode == 0
        assert run_program(folder, "backup", "enable", "a").returncode == 0
        with closing(sqlite3.connect(folder / "instance" / "app.db")) as connection:
            connection.execute("DROP TABLE people")

        result = run_program(folder, "backup", "run")

        assert (result.returncode, result.stdout) == (1, "Backed up 1 user, 1 with failures.\n")
        logged, told = result.stderr.splitlines()
        assert logged.endswith(" could not be backed up: no such table: people")
        assert told == "a@b.example  local: The library could not be exported: OperationalError."

    def test_that_no_user_has_enabled_backups_is_told_and_makes_the_exit_code_1(self, run: Run, anna: Account) -> None:
        result = run("backup", "run")
        assert (result.exit_code, result.stdout) == (1, "Backed up 0 users, 0 with failures.\n")
        assert "No active user has enabled backups; enable them with: movietracker backup enable USER" in result.stderr
        result = run("backup", "run", "--json")
        assert (result.exit_code, json.loads(result.stdout)["users"]) == (1, 0)

    def test_a_run_on_the_same_day_leaves_the_files_of_earlier_ones(self, run: Run, saved: Account) -> None:
        run("backup", "run", "--destination", "local")
        name = only_name(run, "--user", "anna")
        add_stubs(saved, imdb_ids(5))
        run("backup", "run", "--destination", "local")
        assert "3 added" not in run("backup", "restore", "anna", name, "--replace", "--dry-run").stdout
        assert "2 removed" in run("backup", "restore", "anna", name, "--replace", "--dry-run").stdout
        assert len(json.loads(run("backup", "list", "--user", "anna", "--json").stdout)) == 2

    def test_for_scripts(self, run: Run, saved: Account, tmp_path: Path) -> None:
        good = json.loads(run("backup", "run", "--json").stdout)
        assert (good["status"], good["users"], good["failures"]) == ("ok", 2, [])
        shutil.rmtree(tmp_path / "disk" / saved.id)
        (tmp_path / "disk" / saved.id).touch()  # in the way of the folder
        result = run("backup", "run", "--json", "--destination", "remote")
        bad = json.loads(result.stdout)
        assert (result.exit_code, bad["status"], bad["failed_users"]) == (1, "partial", 1)
        assert bad["failures"][0]["user"] == "anna@example.com"
        assert bad["failures"][0]["destination"] == "remote"

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--destination", "moon"], "there is no backup destination named moon, only local, remote"),
            (["--nonsense"], "No such option"),
            (["too", "much"], "unexpected extra argument"),
        ],
    )
    def test_wrong_usage_is_exit_code_2(self, run: Run, saved: Account, options: list[str], said: str) -> None:
        result = run("backup", "run", *options)
        assert result.exit_code == 2
        assert said in result.stderr

    def test_an_unknown_user_is_a_plain_error(self, run: Run, saved: Account) -> None:
        result = run("backup", "run", "--user", "unknown@example.com")
        assert result.exit_code == 1
        assert result.stderr == "Error: There is no account with the e-mail, username or id unknown@example.com.\n"

    def test_it_waits_for_another_process_and_says_so(self, run: Run, saved: Account, hold_a_while: Hold) -> None:
        hold_a_while(LEASE_NAME)
        result = run("backup", "run")
        assert result.exit_code == 0
        assert "Another process is backing up; waiting for it to finish" in result.stderr

    def test_a_long_run_reports_its_progress(self, run: Run, saved: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
        assert run("backup", "run").stderr.splitlines() == ["1 of 2 users", "2 of 2 users"]


class TestList:
    def test_lines_for_people(self, run: Run, saved: Account) -> None:
        run("backup", "run", "--user", "anna")
        lines = run("backup", "list").stdout.splitlines()
        assert len(lines) == 2
        assert {line.split("  ")[2] for line in lines} == {"local", "remote"}
        assert all("  anna@example.com  " in line and line.endswith(" bytes  verified") for line in lines)

    def test_rows_for_scripts(self, run: Run, saved: Account) -> None:
        run("backup", "run")
        rows = json.loads(run("backup", "list", "--json", "--user", "anna", "--destination", "local").stdout)
        (row,) = rows
        assert row.keys() == {"user", "filename", "created_at", "size_bytes", "destination", "verified"}

    def test_a_destination_that_fails_makes_the_exit_code_1(self, run: Run, saved: Account, tmp_path: Path) -> None:
        run("backup", "run")
        for path in files(tmp_path / "disk"):
            path.unlink()
            path.parent.rmdir()
        (tmp_path / "disk").rmdir()
        result = run("backup", "list")
        assert result.exit_code == 1
        assert "is its disk mounted?" in result.stderr
        assert len(result.stdout.splitlines()) == 2, "the others are listed all the same"


class TestVerify:
    def test_all_is_well(self, run: Run, saved: Account) -> None:
        run("backup", "run")
        result = run("backup", "verify")
        assert (result.exit_code, result.stdout) == (0, "Checked 4 backups; 0 not good.\n")

    def test_what_is_not_well_is_named(self, run: Run, saved: Account, instance_path: Path) -> None:
        run("backup", "run")
        (path,) = files(instance_path / "backups" / saved.id)
        path.write_bytes(path.read_bytes()[:-30])
        result = run("backup", "verify", "--all")
        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            f"anna@example.com  local  {path.name}: {path.name} at local is not the file that was written there.",
            "Checked 4 backups; 1 not good.",
        ]
        found = json.loads(run("backup", "verify", "--json", "--user", "anna", "--destination", "local").stdout)
        assert [each["filename"] for each in found] == [path.name]
        assert found[0]["error"].endswith("is not the file that was written there.")

    def test_the_newest_only_or_all(self, run: Run, saved: Account, instance_path: Path) -> None:
        run("backup", "run", "--user", "anna", "--destination", "local")
        (path,) = files(instance_path / "backups" / saved.id)
        path.with_name("2001-01-01.json").write_text("rubbish")
        assert run("backup", "verify", "--user", "anna", "--destination", "local").exit_code == 0
        result = run("backup", "verify", "--all", "--user", "anna", "--destination", "local")
        assert result.exit_code == 1
        assert "2001-01-01.json: This file is damaged, or not a backup" in result.stdout


class TestRestore:
    def test_merging_and_replacing(self, run: Run, saved: Account) -> None:
        run("backup", "run", "--user", "anna")
        name = only_name(run, "--user", "anna")
        add_stubs(saved, imdb_ids(2, first=4))

        dry = run("backup", "restore", "anna@example.com", name, "--replace", "--dry-run")
        assert (dry.exit_code, len(stubs_of(saved))) == (0, 5)
        assert dry.stdout.splitlines()[:2] == [
            "This would be the outcome for anna@example.com:",
            "  movies   0 added, 0 changed, 2 removed, 3 kept",
        ]
        merged = run("backup", "restore", "anna@example.com", name)
        assert (merged.exit_code, len(stubs_of(saved))) == (0, 5)

        replaced = run("backup", "restore", "anna@example.com", name, "--replace")
        assert (replaced.exit_code, len(stubs_of(saved))) == (0, 3)
        safety = replaced.stdout.splitlines()[-1].rpartition(" ")[2].rstrip(".")
        undone = run("backup", "restore", "anna", safety, "--replace", "--json")
        assert (undone.exit_code, len(stubs_of(saved))) == (0, 5)
        assert json.loads(undone.stdout)["movies_imported"] == 2

    def test_what_cannot_be_restored_is_a_plain_error(self, run: Run, saved: Account, instance_path: Path) -> None:
        run("backup", "run", "--user", "anna", "--destination", "local")
        (path,) = files(instance_path / "backups" / saved.id)
        path.write_text("{}")
        for name, said in (
            ("2001-01-01.json", "You have no backup with that name."),
            ("../../app.db", "You have no backup with that name."),
            (path.name, f"{path.name} at local is not the file that was written there."),
        ):
            result = run("backup", "restore", "anna", name)
            assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")

    def test_wrong_usage_is_exit_code_2(self, run: Run, saved: Account) -> None:
        assert run("backup", "restore", "anna").exit_code == 2
        assert run("backup", "restore", "anna", "2001-01-01.json", "--destination", "moon").exit_code == 2


class TestExportAndImport:
    def test_out_of_one_account_and_into_another(self, run: Run, saved: Account, ben: Account, tmp_path: Path) -> None:
        target = tmp_path / "anna.json"
        assert run("backup", "export", "anna", "-o", str(target)).exit_code == 0
        result = run("backup", "import", "ben", str(target))
        assert result.exit_code == 0
        assert result.stdout.splitlines()[:2] == [
            "Brought into ben@example.com:",
            "  movies   3 added, 0 changed, 0 removed, 0 kept",
        ]
        assert stubs_of(ben) == set(imdb_ids(3))
        assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []

    def test_through_pipes(self, run: Run, saved: Account, ben: Account) -> None:
        document = run("backup", "export", "anna").stdout
        assert json.loads(document)["version"] == 2
        result = run("backup", "import", "ben", "-", "--json", stdin=document)
        assert json.loads(result.stdout)["movies_imported"] == 3

    def test_a_dry_run_and_a_replacement(self, run: Run, saved: Account, ben: Account, tmp_path: Path) -> None:
        target = tmp_path / "ben.json"
        run("backup", "export", "ben", "--output", str(target))
        assert run("backup", "import", "anna", str(target), "--replace", "--dry-run").exit_code == 0
        assert len(stubs_of(saved)) == 3
        result = run("backup", "import", "anna", str(target), "--replace")
        assert stubs_of(saved) == set()
        assert "before-restore" in result.stdout

    def test_each_fault_has_a_line(self, run: Run, saved: Account, tmp_path: Path) -> None:
        movies = [{"imdb_id": 1}, {"imdb_id": "tt0000001", "status": 3}]
        wrong = {"version": 2, "people": [], "lists": [], "movies": movies}
        (tmp_path / "wrong.json").write_text(json.dumps(wrong))
        result = run("backup", "import", "anna", str(tmp_path / "wrong.json"))
        assert result.exit_code == 1
        assert "movies[0].imdb_id: " in result.stderr
        assert "movies[1].status: " in result.stderr

    def test_a_file_that_is_not_there_is_exit_code_2(self, run: Run, saved: Account, tmp_path: Path) -> None:
        assert run("backup", "import", "anna", str(tmp_path / "missing.json")).exit_code == 2

    def test_an_export_that_fails_leaves_the_old_file(self, run: Run, saved: Account, tmp_path: Path) -> None:
        result = run("backup", "export", "anna", "-o", str(tmp_path / "no" / "such" / "folder.json"))
        assert result.exit_code == 1
        assert "No such file or directory" in result.stderr


def test_an_encrypted_file_needs_its_passphrase(make_app: MakeApp, saved: Account, instance_path: Path) -> None:
    def run(passphrase: str, *arguments: str) -> Result:
        app = make_app(BACKUP_PASSPHRASE=passphrase)
        with app.app_context():
            return app.test_cli_runner().invoke(args=["backup", *arguments])

    assert run("a passphrase", "run", "--user", "anna").exit_code == 0
    (path,) = files(instance_path / "backups")
    assert path.name.endswith(".json.enc")
    assert run("a passphrase", "import", "ben", str(path)).exit_code == 0
    wrong = run("another", "import", "ben", str(path))
    assert wrong.exit_code == 1
    assert wrong.stderr == (
        "Error: This backup is encrypted with another passphrase than BACKUP_PASSPHRASE, or damaged.\n"
    )


def test_old_backups_are_removed_on_request(
    run: Run, saved: Account, ben: Account, instance_path: Path, wall_clock: WallClock
) -> None:
    run("backup", "run", "--destination", "local")
    accounts.delete_account(saved.id)
    wall_clock.time += 15 * 86_400
    assert run("backup", "prune").stdout == "Removed 0 old backups.\n", "the clock may be wrong"
    for _ in range(14):
        wall_clock.time += 86_400
        run("backup", "run", "--destination", "local", "--user", "ben")
    removed = json.loads(run("backup", "prune", "--json").stdout)
    assert [(each["user"], len(each["removed"])) for each in removed] == [(f"deleted account {saved.id}", 1)]
    assert len(files(instance_path / "backups" / ben.id)) == 14
    assert run("backup", "prune").exit_code == 0


def test_the_real_program_says_the_same(app: Flask, saved: Account, instance_path: Path, tmp_path: Path) -> None:
    settings = {"MOVIETRACKER_INSTANCE_PATH": str(instance_path), "DATABASE_URL": app.config["DATABASE_URL"]}
    done = run_program(tmp_path, "backup", "run", settings=settings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Backed up 2 users, 0 with failures.\n", "")
    assert run_program(tmp_path, "backup", "verify", settings=settings).returncode == 0
    assert run_program(tmp_path, "backup", "nonsense", settings=settings).returncode == 2
