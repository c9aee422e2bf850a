"""The names with which an account logs in, e-mail address and username; each leads to one account only."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from ..errors import EmailTaken, UsernameTaken
from ..models import USERS
from ..schemas.values import EMAIL, USERNAME
from .names import checked, folded_name, normal_form
from .transactions import lock_accounts


def normalise_email(email: str) -> str:
    """The form in which e-mail addresses are stored and compared: trimmed, NFC, lower-case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def stored_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """The e-mail address and username among what is given, as they are stored; raises Invalid."""
    kinds = (("email", normalise_email, EMAIL), ("username", normal_form, USERNAME))
    return {name: checked(name, form(given[name]), kind) for name, form, kind in kinds if name in given}


def refuse_taken(connection: Connection, user_id: str, names: Mapping[str, Any]) -> None:
    """Raise EmailTaken or UsernameTaken if one of these stored names leads to another account, or looks as if it did.

    A login takes both kinds, so no username may read as another account's e-mail address, nor the other way around: as
    in names of people, case, accents and invisible characters make no difference. An account keeps what it has already.
    """
    kinds = names.keys() & {"email", "username"}
    if not kinds:
        return
    lock_accounts(connection)
    others = {each.id: each for each in connection.execute(select(USERS.c.id, USERS.c.email, USERS.c.username))}
    own = others.pop(user_id, None)
    new = {kind: names[kind] for kind in kinds if names[kind] != getattr(own, kind, None)}
    looks = {kind: folded_name(name) for kind, name in new.items()}
    for other in others.values():
        username = folded_name(other.username)
        if "email" in new and (new["email"] == other.email or looks["email"] == username):
            raise EmailTaken
        if "username" in new and looks["username"] in (username, folded_name(other.email)):
            raise UsernameTaken
