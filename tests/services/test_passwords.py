"""Password hashing in the format of existing accounts."""

from __future__ import annotations

import hashlib

from movietracker.services.passwords import hash_password, verify_password

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


def test_nobodys_password_is_never_right() -> None:
    assert not verify_password("", None)
    assert not verify_password("a long secret", None)


def test_damaged_hashes_match_nothing() -> None:
    for stored in ("", "$", SALT, f"{SALT}$", STORED[:-1], STORED.replace("$", "")):
        assert not verify_password("grüße", stored)
