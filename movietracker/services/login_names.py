"""The names with which an account logs in, e-mail address and username; each leads to one account only."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, or_, select

from ..errors import EmailTaken, UsernameTaken
from ..models import USERS
from ..schemas.values import EMAIL, USERNAME
from .names import checked, normal_form
from .transactions import lock_accounts


def normalise_email(email: str) -> str:
    """The form in which e-mail addresses are stored and compared: trimmed, NFC, lower-case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def stored_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """The e-mail address and username among what is given, as they are stored; raises Invalid."""
    kinds = (("email", normalise_email, EMAIL), ("username", normal_form, USERNAME))
    return {name: checked(name, form(given[name]), kind) for name, form, kind in kinds if name in given}


def refuse_taken(connection: Connection, user_id: str, names: Mapping[str, Any]) -> None:
    """Raise EmailTaken or UsernameTaken if one of these stored names already leads to another account.

    A login takes both kinds, so no username may read as another account's e-mail address, nor the other way around.
    """
    email, username = names.get("email"), names.get("username")
    if email is None and username is None:
        return
    lock_accounts(connection)
    as_email = None if username is None else normalise_email(username)
    like = or_(USERS.c.email.in_((email, as_email)), USERS.c.username == username, USERS.c.username.contains("@"))
    for other in connection.execute(select(USERS.c.email, USERS.c.username).where(USERS.c.id != user_id, like)):
        if email in (other.email, normalise_email(other.username)):
            raise EmailTaken
        if username == other.username or as_email == other.email:
            raise UsernameTaken
