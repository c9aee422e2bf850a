"""Passwords: which may be chosen, and how they are stored and checked.

A stored password is ``salt$hash``, as existing accounts have it: PBKDF2-SHA256 with 100,000 iterations, and a salt of
64 hex characters, whose text is the salt. With any other number of iterations it is ``iterations$salt$hash``.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from ..errors import Invalid
from ..schemas.values import PASSWORD

ITERATIONS = 100_000
"""The iterations of a stored password that does not name them."""

_SALTED_HASH = re.compile(r"[0-9A-Fa-f]{64}\$[0-9a-f]{64}")
_REPEATED = re.compile(r"([a-z0-9])\1{7,15}")  # as common, and not in the list
_COMMON = Path(__file__).with_name("common_passwords.txt")  # written by tools/common_passwords.py

# What a login for an unknown account is checked against, so that it takes as long as for a known one.
_NO_PASSWORD = f"{'0' * 64}${'0' * 64}"


def check_new(field: str, password: str) -> None:
    """Raise Invalid for a password of a wrong length, and for one of the commonest; any characters may be in it."""
    low, high = PASSWORD.schema["minLength"], PASSWORD.schema["maxLength"]
    if not low <= len(password) <= high:
        raise Invalid.field(field, f"must have {low} to {high} characters")
    folded = _normal(password).strip().casefold()
    if folded in _common() or _REPEATED.fullmatch(folded):
        raise Invalid.field(field, "is among the commonest passwords, which are guessed first")


def hash_password(password: str, iterations: int = ITERATIONS) -> str:
    """The password as it is stored."""
    if iterations == ITERATIONS:
        salt = secrets.token_hex(32)
        return f"{salt}${_digest(_normal(password), salt, iterations)}"
    salt = secrets.token_hex(16)  # the column has room for 129 characters
    return f"{iterations}${salt}${_digest(_normal(password), salt, iterations)}"


def verify_password(password: str, stored: str | None, iterations: int = ITERATIONS) -> bool:
    """Whether the password is the stored one; no stored one is never right.

    A wrong password takes as long as ``iterations``, whatever is stored, unless that has more.
    """
    of_stored, salt, expected = _parts(stored or _NO_PASSWORD)
    matches = False
    # An older hash may be of the characters as they were typed.
    for form in dict.fromkeys((_normal(password), password)):
        matches |= hmac.compare_digest(_digest(form, salt, of_stored).encode(), expected.encode())
        if not matches and iterations > of_stored:
            _digest(form, salt, iterations - of_stored)
    return matches and stored is not None


def is_current(password: str, stored: str, iterations: int) -> bool:
    """Whether a right password is stored as ``hash_password`` would store it now."""
    of_stored, salt, expected = _parts(stored)
    if of_stored != iterations:
        return False
    normal = _normal(password)
    return normal == password or hmac.compare_digest(_digest(normal, salt, of_stored), expected)


def is_salted_hash(stored: str) -> bool:
    """Whether this is ``salt$hash``, as other installations store a password, too."""
    return _SALTED_HASH.fullmatch(stored) is not None


def _parts(stored: str) -> tuple[int, str, str]:
    iterations, salt, expected = ["", "", *stored.split("$")][-3:]
    return int(iterations) if iterations.isdecimal() else ITERATIONS, salt, expected


def _normal(password: str) -> str:
    """NFC: keyboards compose the same letter differently."""
    return unicodedata.normalize("NFC", password)


def _digest(password: str, salt: str, iterations: int) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations).hex()


@cache
def _common() -> frozenset[str]:
    """The 10,000 commonest passwords that are long enough, in lower case."""
    return frozenset(_COMMON.read_text(encoding="utf-8").splitlines())
