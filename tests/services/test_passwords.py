"""Passwords: which are taken, and hashes in the format of existing accounts."""

import hashlib
import time
import unicodedata

import pytest

from movietracker.errors import Invalid
from movietracker.services.passwords import check_new, hash_password, is_current, verify_password

# Made by another program: PBKDF2-SHA256, 100,000 iterations, the salt being the UTF-8 text of its hex digits.
SALT = "00112233445566778899aabbccddeeff" * 2
STORED = f"{SALT}${hashlib.pbkdf2_hmac('sha256', 'grüße'.encode(), SALT.encode('utf-8'), 100_000).hex()}"


def test_the_hash_of_an_existing_account_is_understood() -> None:
    assert verify_password("grüße", STORED)
    assert not verify_password("grüsse", STORED)
    assert not verify_password("", STORED)


def test_each_hash_has_a_salt_of_its_own() -> None:
    one, other = hash_password("a long secret"), hash_password("a long secret")

    assert one != other
    assert verify_password("a long secret", one)
    assert verify_password("a long secret", other)
    assert len(one) == 64 + 1 + 64


def test_the_password_of_no_account_is_never_right() -> None:
    assert not verify_password("", None)
    assert not verify_password("a long secret", None)


def test_damaged_hashes_match_nothing() -> None:
    for stored in ("", "$", SALT, f"{SALT}$", STORED[:-1], STORED.replace("$", "")):
        assert not verify_password("grüße", stored)


def test_letters_are_the_same_however_they_are_composed() -> None:
    composed = "señor-2026"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed

    for stored in (hash_password(composed), hash_password(decomposed)):
        assert verify_password(composed, stored)
        assert verify_password(decomposed, stored)
        assert not verify_password("senor-2026", stored)


def test_a_hash_of_the_characters_as_they_were_typed_stays_good() -> None:
    typed = unicodedata.normalize("NFD", "señor-2026")
    stored = f"{SALT}${hashlib.pbkdf2_hmac('sha256', typed.encode(), SALT.encode(), 100_000).hex()}"

    assert verify_password(typed, stored)
    assert not is_current(typed, stored, 100_000)
    assert is_current(typed, hash_password(typed), 100_000)


def test_more_iterations_are_part_of_the_hash_and_fit_its_column() -> None:
    strong = hash_password("a long secret", 1_000_000)

    assert len(strong) <= 129
    assert verify_password("a long secret", strong)
    assert not verify_password("another secret", strong)
    assert is_current("a long secret", strong, 1_000_000)
    assert not is_current("a long secret", strong, 100_000)
    assert not is_current("grüße", STORED, 200_000)


def test_a_wrong_password_takes_as_long_whatever_is_stored() -> None:
    def seconds(stored: str | None) -> float:
        started = time.thread_time()
        verify_password("wrong", stored, 600_000)
        return time.thread_time() - started

    expected = seconds(hash_password("a long secret", 600_000))

    for stored in (None, STORED):
        assert seconds(stored) == pytest.approx(expected, rel=0.5)


@pytest.mark.parametrize(
    "password",
    ["password", "12345678", "PassWord1", "qwertyuiop", "Iloveyou", "00000000", "aaaaaaaaaaaa", "Sunshine "],
)
def test_the_commonest_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new("password", password)
    assert refused.value.errors == {"password": ["Is among the commonest passwords, which are guessed first."]}


def test_other_passwords_are_taken() -> None:
    for password in ("a long secret", "zugvogel", "correct horse battery staple", "🔑🔒" * 4, "# From zxcvbn"):
        check_new("password", password)
