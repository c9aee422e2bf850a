"""``movietracker users``."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from support.serving import PROGRAM, environment

from movietracker.errors import BadCredentials, BadToken
from movietracker.services import accounts, sessions
from movietracker.services.accounts import Account, TokenIdentity

Run = Callable[..., Result]

NEW = ("users", "create", "--email", "Carla@Example.com", "--username", "carla")
PASSWORD = "a long secret"


def people_of(app: Flask, email: str, password: str) -> list[str]:
    client = app.test_client()
    token = client.post("/api/auth/login", json={"email": email, "password": password}).json["access_token"]
    people = client.get("/api/people", headers={"Authorization": f"Bearer {token}"}).json
    return sorted(person["quick_key"] for person in people)


def test_a_new_account_can_log_in_and_has_the_four_quick_recommenders(run: Run, app: Flask) -> None:
    result = run(*NEW, "--password", PASSWORD)

    assert result.exit_code == 0, result.output
    assert "Created carla@example.com" in result.stdout
    assert people_of(app, "carla@example.com", PASSWORD) == ["google", "oscar", "random_person", "youtube"]


def test_a_password_can_be_piped(run: Run, app: Flask) -> None:
    assert run(*NEW, "--password-stdin", stdin=f"{PASSWORD}\n").exit_code == 0
    with app.app_context():
        assert accounts.log_in("carla@example.com", PASSWORD)[0].username == "carla"


@pytest.mark.parametrize(
    ("email", "username"), [("anna@example.com", "other"), ("ANNA@example.com", "other"), ("other@example.com", "anna")]
)
def test_a_taken_email_or_username_is_refused(run: Run, anna: Account, email: str, username: str) -> None:
    result = run("users", "create", "--email", email, "--username", username, "--password", PASSWORD)

    assert result.exit_code == 1
    assert result.stderr == "Error: An account with this e-mail or username exists already.\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--email", "no address", "--username", "x", "--password", PASSWORD), "--email"),
        (("--email", "x@example.com", "--username", " ", "--password", PASSWORD), "--username"),
        (("--email", "x@example.com", "--username", "x", "--password", "short"), "--password"),
        (("--email", "x@example.com", "--username", "x"), "--password-stdin"),
        (("--email", "x@example.com", "--username", "x", "--password", PASSWORD, "--password-stdin"), "not both"),
        (("--email", "x@example.com"), "--username"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_reason(run: Run, app: Flask, arguments: tuple[str, ...], complaint: str) -> None:
    result = run("users", "create", *arguments)

    assert result.exit_code == 2
    assert complaint in result.stderr
    with app.app_context():
        assert accounts.list_accounts() == []


@pytest.mark.slow
@pytest.mark.parametrize(("again", "exit_code"), [(PASSWORD, 0), ("another secret", 1)])
def test_a_terminal_asks_twice_for_a_hidden_password(app: Flask, tmp_path: Path, again: str, exit_code: int) -> None:
    """Python's pty module makes the terminal; what it shows comes out of its standard output."""
    settings = {name: app.config[name] for name in ("MOVIETRACKER_INSTANCE_PATH", "DATABASE_URL")}
    # A shell may have started the tests with SIGINT ignored, which children inherit.
    spawn = """
import os, pty, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
    terminal = subprocess.Popen(
        [sys.executable, "-c", spawn, *PROGRAM, *NEW],
        cwd=tmp_path,
        env=environment(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert terminal.stdin is not None
    assert terminal.stdout is not None
    shown = ""
    for question, answer in (("Password: ", PASSWORD), ("Repeat for confirmation: ", again)):
        while not shown.endswith(question):
            letter = terminal.stdout.read(1)
            assert letter, shown
            shown += letter
        terminal.stdin.write(f"{answer}\n")
        terminal.stdin.flush()
    if exit_code:
        terminal.stdin.write("\x03")  # asked once more: Ctrl-C
        terminal.stdin.flush()
    shown += terminal.communicate(timeout=60)[0]

    assert PASSWORD not in shown
    assert terminal.returncode == exit_code, shown
    with app.app_context():
        assert [account.username for account in accounts.list_accounts()] == ([] if exit_code else ["carla"])


def test_accounts_are_listed_the_oldest_first(run: Run, anna: Account, ben: Account) -> None:
    lines = run("users", "list").stdout.splitlines()

    assert len(lines) == 2
    assert anna.id in lines[0]
    assert "anna@example.com" in lines[0]
    assert "active" in lines[0]
    assert "ben@example.com" in lines[1]


def test_accounts_are_listed_as_json_in_the_shape_of_the_api(run: Run, anna: Account, admin: FlaskClient) -> None:
    assert json.loads(run("users", "list", "--json").stdout) == admin.get("/api/auth/admin/users").json


def test_an_empty_list_says_how_to_begin(run: Run) -> None:
    result = run("users", "list")

    assert result.exit_code == 0
    assert result.stdout == ""
    assert "movietracker users create" in result.stderr


@pytest.mark.parametrize("name", ["anna@example.com", "Anna@Example.com", "anna", "id"])
def test_a_disabled_account_loses_its_tokens_and_an_enabled_one_can_log_in_again(
    run: Run, app: Flask, client: FlaskClient, anna: Account, name: str
) -> None:
    user = anna.id if name == "id" else name
    assert run("users", "disable", user).exit_code == 0
    assert client.get("/api/auth/me").status_code == 401
    with app.app_context(), pytest.raises(BadCredentials):
        accounts.log_in(anna.email, PASSWORD)

    assert run("users", "enable", user).exit_code == 0
    assert client.get("/api/auth/me").status_code == 401, "a token that has died stays dead"
    with app.app_context():
        assert accounts.log_in(anna.email, PASSWORD)[0].is_active


def test_a_new_password_replaces_the_old_and_tokens(run: Run, app: Flask, client: FlaskClient, anna: Account) -> None:
    assert run("users", "set-password", "anna", "--password-stdin", stdin="quite another\n").exit_code == 0

    assert client.get("/api/auth/me").status_code == 401
    with app.app_context():
        assert accounts.log_in(anna.email, "quite another")[0].id == anna.id
        with pytest.raises(BadCredentials):
            accounts.log_in(anna.email, PASSWORD)


def test_a_new_password_that_is_too_short_changes_nothing(run: Run, app: Flask, anna: Account) -> None:
    result = run("users", "set-password", "anna", "--password", "short")

    assert result.exit_code == 1
    assert "8 to 1024 characters" in result.stderr
    with app.app_context():
        accounts.log_in(anna.email, PASSWORD)


@pytest.mark.parametrize(
    ("command", "name", "change"),
    [
        ("set-email", "New@Example.com", {"email": "new@example.com"}),
        ("set-username", " new ", {"username": "new"}),
    ],
)
def test_a_new_name_replaces_the_old_and_tokens_stay_valid(
    run: Run, client: FlaskClient, anna: Account, command: str, name: str, change: dict[str, str]
) -> None:
    result = run("users", command, "anna", name)

    assert result.exit_code == 0, result.output
    assert next(iter(change.values())) in result.stdout
    assert client.get("/api/auth/me").json == anna.to_json() | change


@pytest.mark.parametrize(
    ("command", "name", "sentence"),
    [
        ("set-email", "BEN@example.com", "Another account uses this e-mail address."),
        ("set-email", "no address", "email: Not a valid email address."),
        ("set-username", "ben", "Another account uses this username."),
        ("set-username", " ", "username: Must have 1 to 100 characters."),
    ],
)
def test_a_name_that_is_taken_or_wrong_changes_nothing(
    run: Run, client: FlaskClient, anna: Account, ben: Account, command: str, name: str, sentence: str
) -> None:
    result = run("users", command, "anna", name)

    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")
    assert client.get("/api/auth/me").json == anna.to_json()


def test_deleting_asks_first(run: Run, app: Flask, anna: Account) -> None:
    result = run("users", "delete", "anna", stdin="n\n")

    assert result.exit_code == 1
    assert "anna@example.com" in result.stdout
    with app.app_context():
        assert accounts.find_account("anna").id == anna.id


@pytest.mark.parametrize(("options", "stdin"), [((), "y\n"), (("--yes",), None)])
def test_deleting_takes_the_account_and_leaves_others(
    run: Run, app: Flask, anna: Account, ben: Account, options: tuple[str, ...], stdin: str | None
) -> None:
    assert run("users", "delete", "anna", *options, stdin=stdin).exit_code == 0
    with app.app_context():
        assert [account.id for account in accounts.list_accounts()] == [ben.id]
        with pytest.raises(BadToken):
            accounts.identify(anna.id, "any", 0)


def begin_session(app: Flask, account: Account, client: str) -> str:
    token = TokenIdentity(account.id, str(uuid.uuid4()), 0, 4e9)
    with app.app_context():
        sessions.begin_session(token, client)
    return token.token_id


def test_the_sessions_of_a_user_are_listed(run: Run, app: Flask, anna: Account, ben: Account) -> None:
    session = begin_session(app, anna, "Phone/1")
    begin_session(app, ben, "Laptop/2")

    listed = run("users", "sessions", "anna")
    told = json.loads(run("users", "sessions", "anna", "--json").stdout)

    assert listed.exit_code == 0
    assert re.fullmatch(rf"{session}  20\d\d-\d\d-\d\d 20\d\d-\d\d-\d\d 2096-10-02  Phone/1\n", listed.stdout)
    assert [(each["id"], each["expires_at"]) for each in told] == [(session, 4e9)]


def test_a_session_is_ended_and_others_go_on(run: Run, app: Flask, anna: Account, ben: Account) -> None:
    lost, kept = begin_session(app, anna, "Phone/1"), begin_session(app, anna, "Laptop/2")

    refused = run("users", "end-session", "ben", lost)
    assert (refused.exit_code, refused.stderr) == (1, "Error: There is no session with that id; it may have ended.\n")
    assert run("users", "end-session", "anna", lost).exit_code == 0

    with app.app_context():
        assert accounts.identify(anna.id, kept, 0) == anna
        with pytest.raises(BadToken):
            accounts.identify(anna.id, lost, 0)


@pytest.mark.parametrize(
    "command",
    [
        *(("disable",), ("enable",), ("set-password",), ("delete",), ("sessions",), ("end-session", "x")),
        *(("set-email", "x@y.example"), ("set-username", "x")),
    ],
)
def test_an_unknown_user_is_named_in_one_sentence(run: Run, command: tuple[str, ...]) -> None:
    result = run("users", command[0], "unknown@example.com", *command[1:])

    assert result.exit_code == 1
    assert result.stderr == "Error: There is no account with the e-mail, username or id unknown@example.com.\n"
