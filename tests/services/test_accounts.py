"""Accounts, as the command line and the API use them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from support.applications import MakeApp
from support.client import PASSWORD

from movietracker.errors import (
    AccountExists,
    BadCredentials,
    BadToken,
    EmailTaken,
    Invalid,
    UsernameTaken,
    UserNotFound,
)
from movietracker.extensions import db
from movietracker.models import USERS
from movietracker.services import accounts, sessions
from movietracker.services.accounts import Account
from movietracker.services.login_names import refuse_taken
from movietracker.services.passwords import hash_password
from movietracker.services.transactions import write_connection

UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_there_is_no_account_at_first(make_account: Callable[[str], Account]) -> None:
    assert not accounts.has_accounts()
    make_account("carla")
    assert accounts.has_accounts()


def test_an_account_is_found_by_e_mail_username_or_id(anna: Account, ben: Account) -> None:
    for words in (anna.email, " ANNA@EXAMPLE.COM ", anna.username, anna.id, anna.id.upper()):
        assert accounts.find_account(words) == anna
    for words in ("", "unknown", UNKNOWN_ID, "Anna"):
        with pytest.raises(UserNotFound):
            accounts.find_account(words)


def test_an_e_mail_goes_before_a_username_that_looks_like_one(anna: Account) -> None:
    impostor = make_impostor(anna.email)

    assert accounts.find_account(anna.email) == anna
    assert accounts.find_account(impostor.id) == impostor


def test_an_id_goes_before_a_username_that_looks_like_one(anna: Account) -> None:
    for username in (anna.id, anna.id.upper()):
        impostor = make_impostor(username)
        assert accounts.find_account(username) == anna
        accounts.delete_account(impostor.id)


def test_e_mails_are_stored_lower_case_and_composed(app: Flask) -> None:
    account = accounts.create_account("  Rene\u0301@Example.COM", " rene ", PASSWORD)

    assert (account.email, account.username) == ("ren\u00e9@example.com", "rene")
    assert accounts.log_in("REN\u00c9@example.com", PASSWORD)[0] == account


def test_usernames_that_look_the_same_are_the_same(anna: Account) -> None:
    accounts.create_account("one@example.com", "Ren\u00e9", PASSWORD)
    with pytest.raises(AccountExists):
        accounts.create_account("two@example.com", "Rene\u0301", PASSWORD)


@pytest.mark.parametrize(
    "username", ["an\u200bna", "anna\ufe0f", "\u2066anna", "ANNA", "\uff41nna", "anna@exam\u00adple.com", "\u00e0nna"]
)
def test_a_username_that_looks_like_anothers_name_is_refused(anna: Account, ben: Account, username: str) -> None:
    with pytest.raises(UsernameTaken):
        accounts.change_account(ben.id, {"username": username})
    with pytest.raises(AccountExists):
        accounts.create_account("new@example.com", username, PASSWORD)
    accounts.change_account(anna.id, {"username": username})
    assert accounts.log_in(username, PASSWORD)[0].id == anna.id


@pytest.mark.parametrize("username", ["\u200b", "\ufeff", "\u3164", "\u2060 \u00ad"])
def test_a_username_that_nobody_can_see_is_refused(anna: Account, username: str) -> None:
    with pytest.raises(Invalid):
        accounts.change_account(anna.id, {"username": username})
    with pytest.raises(Invalid):
        accounts.create_account("new@example.com", username, PASSWORD)


@pytest.mark.parametrize("username", ["anna\u200b", "Anna", "\u200b"])
def test_an_account_from_before_keeps_its_username_and_logs_in_with_it(anna: Account, username: str) -> None:
    impostor = make_impostor(username)

    assert accounts.log_in(username, "another secret")[0] == impostor
    assert accounts.log_in(anna.username, PASSWORD)[0] == anna
    accounts.change_account(anna.id, {"username": anna.username, "email": "new@example.com"})
    if username != "\u200b":
        accounts.change_account(impostor.id, {"username": username, "email": "other@example.com"})


def test_a_refused_account_leaves_nothing_behind(anna: Account) -> None:
    with pytest.raises(AccountExists):
        accounts.create_account(anna.email, "other", PASSWORD)
    with pytest.raises(Invalid):
        accounts.create_account("new@example.com", "new", "short")
    assert accounts.list_accounts() == [anna]


def test_a_password_logs_in_until_it_is_changed(anna: Account) -> None:
    accounts.change_password(anna.id, PASSWORD, "another secret")

    with pytest.raises(BadCredentials):
        accounts.log_in(anna.email, PASSWORD)
    assert accounts.log_in(anna.email, "another secret")[0] == anna


def test_the_same_password_again_ends_no_session(anna: Account) -> None:
    accounts.set_password(anna.id, PASSWORD)
    accounts.change_password(anna.id, PASSWORD, PASSWORD)

    assert accounts.identify(anna.id, "one", 0) == anna
    assert accounts.log_in(anna.email, PASSWORD)[0] == anna


def test_a_login_takes_a_username_and_an_e_mail_address_wins(anna: Account) -> None:
    impostor = make_impostor(anna.email)

    assert accounts.log_in(anna.username, PASSWORD)[0] == anna
    assert accounts.log_in(anna.email, PASSWORD)[0] == anna
    assert accounts.log_in(impostor.email, "another secret")[0] == impostor
    with pytest.raises(BadCredentials):
        accounts.log_in(anna.email, "another secret")


class TestChangingNames:
    @pytest.mark.parametrize("spelling", ["anna@example.com", " ANNA@Example.com "])
    def test_a_username_that_reads_as_anothers_e_mail_is_refused(
        self, anna: Account, ben: Account, spelling: str
    ) -> None:
        with pytest.raises(UsernameTaken):
            accounts.change_account(ben.id, {"username": spelling})
        with pytest.raises(AccountExists):
            accounts.create_account("new@example.com", spelling, PASSWORD)
        assert accounts.list_accounts() == [anna, ben]

    @pytest.mark.parametrize("username", ["mary@example.com", "MARY@Example.com", "REN\u00c9@example.com"])
    def test_an_e_mail_that_reads_as_anothers_username_is_refused(
        self, anna: Account, ben: Account, username: str
    ) -> None:
        """The e-mail address would win, so that its owner could no longer log in with the username."""
        accounts.change_account(anna.id, {"username": username})
        with pytest.raises(EmailTaken):
            accounts.change_account(ben.id, {"email": username.lower()})
        with pytest.raises(AccountExists):
            accounts.create_account(username.lower(), "new", PASSWORD)
        assert accounts.log_in(username, PASSWORD)[0].id == anna.id

    def test_both_names_of_one_account_may_be_the_same(self, anna: Account, ben: Account) -> None:
        accounts.change_account(anna.id, {"username": anna.email})
        accounts.change_account(anna.id, {"email": "Other@example.com"})
        accounts.change_account(anna.id, {"email": anna.email, "username": " ann "})

        assert accounts.find_account("ann") == replace(anna, username="ann")

    def test_a_name_that_was_given_up_is_free(self, anna: Account, ben: Account) -> None:
        accounts.change_account(anna.id, {"email": "new@example.com", "username": "new"})
        accounts.change_account(ben.id, {"email": anna.email, "username": anna.username})

        assert accounts.find_account(anna.email).id == ben.id
        assert accounts.find_account("new").id == anna.id

    def test_all_is_changed_or_nothing(self, anna: Account, ben: Account) -> None:
        rest = {"email": "new@example.com", "is_active": False, "password": "another secret"}
        for wrong, problem in (
            ({"username": "ben"}, UsernameTaken),
            ({"username": " "}, Invalid),
            ({"email": ben.email}, EmailTaken),
            ({"password": "password"}, Invalid),
        ):
            with pytest.raises(problem):
                accounts.change_account(anna.id, rest | wrong)
            assert accounts.get_account(anna.id) == anna
            assert accounts.log_in(anna.email, PASSWORD)[0] == anna
        with pytest.raises(UserNotFound):
            accounts.change_account(UNKNOWN_ID, rest)

    def test_sessions_go_on(self, anna: Account) -> None:
        accounts.change_account(anna.id, {"email": "new@example.com", "username": "new"})

        assert accounts.identify(anna.id, "one", 0).email == "new@example.com"


@pytest.mark.each_database
def test_of_two_accounts_that_take_one_name_at_once_one_gets_it(
    app: Flask, database_url: str, anna: Account, ben: Account
) -> None:
    """Neither sees what the other has not committed, and no constraint spans e-mail addresses and usernames."""

    def take() -> None:
        with app.app_context():
            accounts.change_account(ben.id, {"email": "one@example.com"})

    with ThreadPoolExecutor() as pool:
        with write_connection() as connection:
            refuse_taken(connection, anna.id, {"username": "one@example.com"})
            connection.execute(update(USERS).where(USERS.c.id == anna.id).values(username="one@example.com"))
            taken = pool.submit(take)
            wait([taken], 0.5)
        assert isinstance(taken.exception(30), EmailTaken)


def make_impostor(username: str) -> Account:
    """An account with a username that is refused now, as an older version took it."""
    made = accounts.create_account("impostor@example.com", "impostor", "another secret")
    with db.engine.begin() as connection:
        connection.execute(update(USERS).where(USERS.c.id == made.id).values(username=username))
    return replace(made, username=username)


def test_more_iterations_take_effect_at_the_next_login(make_app: MakeApp, anna: Account) -> None:
    with make_app(PASSWORD_ITERATIONS="200000").app_context():
        assert accounts.log_in(anna.email, PASSWORD)[0] == anna
        stored = stored_password(anna)
        assert stored.startswith("200000$")
        assert accounts.log_in(anna.email, PASSWORD)[0] == anna
        assert stored_password(anna) == stored
        assert accounts.identify(anna.id, "one", 0) == anna  # sessions go on

    accounts.log_in(anna.email, PASSWORD)
    assert stored_password(anna).count("$") == 1


def test_an_account_with_a_common_password_can_still_log_in(anna: Account) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(USERS).values(hashed_password=hash_password("password")))

    assert accounts.log_in(anna.email, "password")[0] == anna
    with pytest.raises(Invalid):
        accounts.change_password(anna.id, "password", "12345678")


def stored_password(account: Account) -> str:
    with db.engine.connect() as connection:
        return connection.execute(select(USERS.c.hashed_password).where(USERS.c.id == account.id)).scalar_one()


def test_passwords_may_hold_any_characters(anna: Account) -> None:
    for password in ("ключ от квартиры", "🔑" * 8, "with \0 NUL and more", " spaces around ", "x" * 1024):
        accounts.set_password(anna.id, password)
        assert accounts.log_in(anna.email, password)[0] == anna
        with pytest.raises(BadCredentials):
            accounts.log_in(anna.email, password.strip() + "!")


def test_a_token_dies_with_its_version_or_by_itself(anna: Account) -> None:
    assert accounts.identify(anna.id, "one", 0) == anna

    sessions.revoke_token(anna.id, "one", 9e9)
    sessions.revoke_token(anna.id, "one", 9e9)
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "one", 0)
    assert accounts.identify(anna.id, "two", 0) == anna

    accounts.set_active(anna.id, False)
    accounts.set_active(anna.id, True)
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "two", 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: accounts.get_account(UNKNOWN_ID),
        lambda: accounts.set_active(UNKNOWN_ID, True),
        lambda: accounts.set_password(UNKNOWN_ID, PASSWORD),
        lambda: accounts.delete_account(UNKNOWN_ID),
    ],
)
def test_what_concerns_no_account_is_refused(anna: Account, call: Callable[[], object]) -> None:
    with pytest.raises(UserNotFound):
        call()


def test_a_removed_account_can_be_made_again_as_another(anna: Account) -> None:
    accounts.delete_account(anna.id)
    again = accounts.create_account(anna.email, anna.username, PASSWORD)

    assert again.id != anna.id
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "one", 0)
