"""Where commands work, and as whom."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from support.serving import PROGRAM, run_program, serving

SERVICE = 10_001
"""A user who is neither root nor ourselves."""

FLASK = (sys.executable, "-m", "flask", "--app", "movietracker")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can go on as another user")


def hand_over(folder: Path) -> None:
    """Give an installation to the service's user, who can reach the folder."""
    for place in (folder, *folder.rglob("*")):
        os.chown(place, SERVICE, SERVICE)
    for each in folder.parents:
        each.chmod(each.stat().st_mode | 0o011)


@pytest.fixture
def of_the_service(folder: Path) -> Path:
    """An installation that belongs to the service's user."""
    hand_over(folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [("users", "list"), ("backup", "list"), ("enrich",), ("catalogue", "info"), ("db", "current"), ("doctor",)],
    ids=" ".join,
)
def test_a_command_in_the_wrong_folder_makes_nothing_and_says_where_it_looked(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = run_program(tmp_path, *command)

    assert result.returncode == 1
    said = result.stdout + result.stderr
    missing = tmp_path / "instance" / ("" if command[0] == "catalogue" else "app.db")
    assert f"{missing} does not exist" in said
    assert "MOVIETRACKER_INSTANCE_PATH" in said
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_named_and_missing_is_not_made(folder: Path) -> None:
    result = run_program(folder, "users", "list", settings={"DATABASE_URL": f"sqlite:///{folder}/other.db"})

    assert (result.returncode, "set DATABASE_URL" in result.stderr) == (1, True)
    assert not (folder / "other.db").exists()


def test_flasks_own_program_makes_private_files_too(tmp_path: Path) -> None:
    os.umask(0o022)
    assert run_program(tmp_path, "db", "upgrade", program=FLASK).returncode == 0

    files = [path for path in (tmp_path / "instance").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}


@as_root
@pytest.mark.parametrize("command", [("backup", "run"), ("doctor",), ("catalogue", "info")], ids=" ".join)
def test_what_root_makes_in_somebody_elses_folder_belongs_to_its_owner(
    of_the_service: Path, command: tuple[str, ...]
) -> None:
    run_program(of_the_service, *command)

    assert {path.stat().st_uid for path in of_the_service.rglob("*")} == {SERVICE}


@as_root
def test_a_new_installation_in_somebody_elses_folder_belongs_to_its_owner(tmp_path: Path) -> None:
    hand_over(tmp_path)
    with serving(tmp_path, "--workers", "1"):
        pass

    instance = tmp_path / "instance"
    assert {path.stat().st_uid for path in (instance, *instance.rglob("*"))} == {SERVICE}


@pytest.fixture
def outside(of_the_service: Path, tmp_path: Path) -> dict[str, str]:
    """Settings that put the database and the backups into folders of the service's user outside the instance folder."""
    for name in ("data", "store", "mirror"):
        (tmp_path / name).mkdir()
        os.chown(tmp_path / name, SERVICE, SERVICE)
    (tmp_path / "data" / "of root.txt").touch()
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/movies.db",
        "BACKUP_LOCAL_PATH": str(tmp_path / "store" / "new" / "backups"),
        "BACKUP_REMOTE_URL": f"file://{tmp_path}/mirror",
    }


@as_root
def test_what_root_makes_outside_the_instance_folder_belongs_to_the_owners_there(
    of_the_service: Path, tmp_path: Path, outside: dict[str, str]
) -> None:
    create = ("users", "create", "--email", "a@b.example", "--username", "a", "--password-stdin")
    for command in (("db", "upgrade"), create, ("backup", "enable", "a"), ("backup", "run")):
        done = run_program(of_the_service, *command, settings=outside, stdin="correct horse battery\n")
        assert done.returncode == 0, done.stderr

    made = {path: path.stat().st_uid for path in tmp_path.rglob("*") if path.parent != tmp_path}
    assert len([path for path in made if path.suffix == ".json"]) == 2
    assert {path.name for path, uid in made.items() if uid != SERVICE} == {"of root.txt"}, "what was there stays"


@as_root
def test_doctor_names_files_outside_the_instance_folder_too(
    of_the_service: Path, tmp_path: Path, outside: dict[str, str]
) -> None:
    assert run_program(of_the_service, "db", "upgrade", settings=outside).returncode == 0
    lost, backups = tmp_path / "data" / "movies.db-journal", Path(outside["BACKUP_LOCAL_PATH"])
    backups.mkdir(parents=True)
    os.chown(backups, SERVICE, SERVICE)
    for path in (lost, backups / "of-root"):
        path.touch(0o600)

    result = run_program(of_the_service, "doctor", "--json", settings=outside)
    told = [each for each in json.loads(result.stdout)["findings"] if each["level"] == "fault"]

    assert {each["remedy"] for each in told} >= {
        f"Run: chown -R {SERVICE} {backups}",
        f"Run: chown -R {SERVICE} {tmp_path}/data/movies.db*",
    }
    assert not any("of root.txt" in each["sentence"] for each in told)


@as_root
def test_doctor_names_the_files_that_the_server_cannot_write(of_the_service: Path) -> None:
    instance = of_the_service / "instance"
    (instance / "catalogue.sqlite").touch(0o600)

    result = run_program(of_the_service, "doctor", "--json")
    told = [each for each in json.loads(result.stdout)["findings"] if each["subject"] == "folders"]

    assert result.returncode == 1
    assert told[0]["level"] == "fault"
    assert (
        f"{instance / 'catalogue.sqlite'} cannot be written by uid {SERVICE}; it belongs to root" in told[0]["sentence"]
    )
    assert told[0]["remedy"] == f"Run: chown -R {SERVICE} {instance}"


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can give up its powers")
@pytest.mark.parametrize(
    ("open_to_all", "named"),
    [((), "instance/secret_key"), (("secret_key", "admin_token"), "instance/app.db"),
     (("secret_key", "admin_token", "app.db"), "instance")],
    ids=["secret", "database", "folder"],
)  # fmt: skip
def test_rights_are_told_as_rights_with_the_command_that_mends_them(
    of_the_service: Path, open_to_all: tuple[str, ...], named: str
) -> None:
    """Root without its power over others' files is any other user."""
    instance = of_the_service / "instance"
    instance.chmod(0o755)
    for name in open_to_all:
        (instance / name).chmod(0o666)
    powers = "-dac_override,-dac_read_search"
    program = ("setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *PROGRAM)
    command = ("users", "create", "--email", "a@b.example", "--username", "a", "--password-stdin")

    result = run_program(of_the_service, *command, program=program, stdin="correct horse battery\n")

    assert result.returncode == 1
    place = of_the_service / named
    told = f"{place} cannot be written by uid 0; it belongs to uid {SERVICE}: chown -R 0 {instance}."
    assert result.stderr.splitlines()[-1].endswith(told)
