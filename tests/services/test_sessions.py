"""Sessions in the database: what is remembered of a login, for how long, and when it is noted that one is used."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from support.client import PASSWORD
from support.wall_clock import WallClock

from movietracker import clock
from movietracker.errors import BadCredentials, BadToken, SessionNotFound
from movietracker.services import accounts, sessions
from movietracker.services.accounts import Account, TokenIdentity
from movietracker.services.sessions import MAX_LISTED, NOTED_EVERY


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def begin(account: Account, client: str = "curl/8", *, lasting: float = 3600, version: int = 0) -> str:
    """Begin a session; its id."""
    token = TokenIdentity(account.id, str(uuid.uuid4()), version, clock.now() + lasting)
    sessions.begin_session(token, client)
    return token.token_id


def ids_of(account: Account) -> list[str]:
    return [session.id for session in sessions.list_sessions(account.id)]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Mozilla/5.0  (X11)", "Mozilla/5.0 (X11)"),
        ("", ""),
        ("one\r\ntwo\x00three\x1b[31m", "one two three [31m"),
        ("safe\u202eexe\u200b", "safeexe"),
        ("\ud800x", "x"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_what_a_client_says_of_itself_is_kept_in_one_line_without_hidden_characters(
    anna: Account, told: str, kept: str
) -> None:
    begin(anna, told)
    assert [session.client for session in sessions.list_sessions(anna.id)] == [kept]


def test_sessions_that_expired_are_not_listed_and_housekeeping_deletes_them(
    anna: Account, ben: Account, wall_clock: WallClock
) -> None:
    begin(anna, lasting=60)
    lasting, bens = begin(anna, lasting=7200), begin(ben, lasting=7200)
    wall_clock.time += 61

    assert ids_of(anna) == [lasting]
    assert sessions.forget_expired_tokens() == 1
    assert (ids_of(anna), ids_of(ben)) == ([lasting], [bens])


def test_the_newest_are_listed_and_those_beyond_go_on(anna: Account, ben: Account, wall_clock: WallClock) -> None:
    bens = begin(ben)
    begun = []
    for _ in range(MAX_LISTED + 2):
        wall_clock.time += 1
        begun.append(begin(anna))

    assert ids_of(anna) == begun[:1:-1]
    assert ids_of(ben) == [bens]
    assert accounts.identify(anna.id, begun[0], 0) == anna
    with pytest.raises(SessionNotFound):
        sessions.end_session(anna.id, begun[0])


def test_a_login_that_a_new_password_overtakes_is_no_session(anna: Account) -> None:
    accounts.set_password(anna.id, "another long secret")
    with pytest.raises(BadCredentials):
        begin(anna, version=0)
    assert ids_of(anna) == []


@pytest.mark.each_database
def test_no_session_outlives_a_logout_everywhere_at_the_same_moment(app: Flask, anna: Account) -> None:
    def log_in(version: int) -> None:
        with app.app_context(), contextlib.suppress(BadCredentials):
            begin(anna, version=version)

    def end_all() -> None:
        with app.app_context():
            accounts.revoke_all_tokens(anna.id)

    with ThreadPoolExecutor(2) as pool:
        for version in range(10):
            for done in [pool.submit(log_in, version), pool.submit(end_all)]:
                done.result()
            assert ids_of(anna) == []


def test_a_session_of_another_user_cannot_be_ended(anna: Account, ben: Account) -> None:
    bens = begin(ben)
    with pytest.raises(SessionNotFound):
        sessions.end_session(anna.id, bens)
    assert ids_of(ben) == [bens]
    assert accounts.identify(ben.id, bens, 0) == ben


DEEDS: dict[str, Callable[[Account], None]] = {
    "a new password": lambda account: accounts.change_password(account.id, PASSWORD, "another long secret"),
    "disabling": lambda account: accounts.set_active(account.id, False),
    "everywhere": lambda account: accounts.revoke_all_tokens(account.id),
    "removal": lambda account: accounts.delete_account(account.id),
}


@pytest.mark.each_database
@pytest.mark.parametrize("deed", DEEDS)
def test_what_revokes_all_tokens_ends_all_sessions_of_that_user(anna: Account, ben: Account, deed: str) -> None:
    begin(anna)
    bens = begin(ben)
    DEEDS[deed](anna)
    assert (ids_of(anna), ids_of(ben)) == ([], [bens])


def test_other_changes_of_an_account_end_no_session(anna: Account) -> None:
    session = begin(anna)
    accounts.change_account(anna.id, {"username": "another", "is_active": True, "password": PASSWORD})
    accounts.set_backup_enabled(anna.id, True)
    assert ids_of(anna) == [session]


def test_the_use_of_a_session_is_noted_once_a_day(anna: Account, ben: Account, wall_clock: WallClock) -> None:
    used, other, bens = begin(anna, lasting=9e6), begin(anna, lasting=9e6), begin(ben, lasting=9e6)
    began = clock.now()
    assert sessions.note_used({(anna.id, used)}) == 0, "it has just begun"

    wall_clock.time += NOTED_EVERY + 1
    assert sessions.note_used({(anna.id, used), (ben.id, other), ("admin", bens)}) == 1
    assert sessions.note_used({(anna.id, used)}) == 0

    listed = [session for account in (anna, ben) for session in sessions.list_sessions(account.id)]
    last_used = {session.id: session.last_used_at for session in listed}
    assert last_used == {used: clock.now(), other: began, bens: began}


def test_revoked_tokens_are_forgotten_when_they_would_have_expired(anna: Account, ben: Account) -> None:
    """Forgetting is safe: an expired token is refused before anybody asks whether it was revoked."""
    sessions.revoke_token(anna.id, "old", 1.0)
    sessions.revoke_token(ben.id, "new", 9e9)

    assert sessions.forget_expired_tokens() == 1

    assert accounts.identify(anna.id, "old", 0) == anna
    with pytest.raises(BadToken):
        accounts.identify(ben.id, "new", 0)


def test_revoked_tokens_of_the_administrator_are_forgotten_likewise(app: Flask) -> None:
    sessions.revoke_admin_token("old", 1.0)
    sessions.revoke_admin_token("new", 9e9)
    sessions.revoke_admin_token("new", 9e9)

    assert sessions.forget_expired_tokens() == 1

    sessions.check_admin_token("old")
    with pytest.raises(BadToken):
        sessions.check_admin_token("new")
