"""Accounts, as the command line and the API use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import PASSWORD
from flask import Flask

from movietracker.errors import AccountExists, BadCredentials, BadToken, Invalid, UserNotFound
from movietracker.services import accounts, housekeeping
from movietracker.services.accounts import Account

NOBODY = "00000000-0000-0000-0000-000000000000"


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
    for words in ("", "nobody", NOBODY, "Anna"):
        with pytest.raises(UserNotFound):
            accounts.find_account(words)


def test_an_e_mail_goes_before_a_username_that_looks_like_one(anna: Account) -> None:
    impostor = accounts.create_account("impostor@example.com", anna.email, PASSWORD)

    assert accounts.find_account(anna.email) == anna
    assert accounts.find_account(impostor.id) == impostor


def test_e_mails_are_stored_lower_case_and_composed(app: Flask) -> None:
    account = accounts.create_account("  Rene\u0301@Example.COM", " rene ", PASSWORD)

    assert (account.email, account.username) == ("ren\u00e9@example.com", "rene")
    assert accounts.log_in("REN\u00c9@example.com", PASSWORD).account == account


def test_usernames_that_look_the_same_are_the_same(anna: Account) -> None:
    accounts.create_account("one@example.com", "Ren\u00e9", PASSWORD)
    with pytest.raises(AccountExists):
        accounts.create_account("two@example.com", "Rene\u0301", PASSWORD)


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
    assert accounts.log_in(anna.email, "another secret").account == anna


def test_passwords_may_hold_any_characters(anna: Account) -> None:
    for password in ("ключ от квартиры", "🔑" * 8, "with \0 NUL and more", " spaces around ", "x" * 1024):
        accounts.set_password(anna.id, password)
        assert accounts.log_in(anna.email, password).account == anna
        with pytest.raises(BadCredentials):
            accounts.log_in(anna.email, password.strip() + "!")


def test_a_token_dies_with_its_version_or_by_itself(anna: Account) -> None:
    assert accounts.identify(anna.id, "one", 0) == anna

    accounts.revoke_token(anna.id, "one", 9e9)
    accounts.revoke_token(anna.id, "one", 9e9)
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "one", 0)
    assert accounts.identify(anna.id, "two", 0) == anna

    accounts.set_active(anna.id, False)
    accounts.set_active(anna.id, True)
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "two", 0)


def test_revoked_tokens_are_forgotten_when_they_would_have_expired(anna: Account, ben: Account) -> None:
    """Forgetting is safe: an expired token is refused before anybody asks whether it was revoked."""
    accounts.revoke_token(anna.id, "old", 1.0)
    accounts.revoke_token(ben.id, "new", 9e9)

    housekeeping.clean_up()

    assert accounts.identify(anna.id, "old", 0) == anna
    with pytest.raises(BadToken):
        accounts.identify(ben.id, "new", 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: accounts.get_account(NOBODY),
        lambda: accounts.set_active(NOBODY, True),
        lambda: accounts.set_password(NOBODY, PASSWORD),
        lambda: accounts.delete_account(NOBODY),
    ],
)
def test_what_concerns_nobody_is_refused(anna: Account, call: Callable[[], object]) -> None:
    with pytest.raises(UserNotFound):
        call()


def test_a_removed_account_can_be_made_again_as_another(anna: Account) -> None:
    accounts.delete_account(anna.id)
    again = accounts.create_account(anna.email, anna.username, PASSWORD)

    assert again.id != anna.id
    with pytest.raises(BadToken):
        accounts.identify(anna.id, "one", 0)
