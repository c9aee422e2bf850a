"""Password hashing in the format that existing accounts use."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ITERATIONS = 100_000

# What a login for an unknown e-mail is checked against, so that it takes as long as for a known one.
_NOBODY = f"{'0' * 64}${'0' * 64}"


def hash_password(password: str) -> str:
    """``salt$hash``: PBKDF2-SHA256, 100,000 iterations; the salt is the UTF-8 text of 64 hex characters."""
    salt = secrets.token_hex(32)
    return f"{salt}${_digest(password, salt)}"


def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; takes equally long for no stored one, which is always wrong."""
    salt, _, expected = (stored or _NOBODY).partition("$")
    matches = hmac.compare_digest(_digest(password, salt), expected)
    return matches and stored is not None


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ITERATIONS).hex()
