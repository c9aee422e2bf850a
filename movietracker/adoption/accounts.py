"""The accounts of an original installation, and which account here each of them is."""

import secrets
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from .. import clock
from ..errors import AdoptionRefused, EmailTaken, Invalid, UsernameTaken
from ..models import USERS
from ..schemas.values import VIEWING_ID, Fault
from ..services.accounts import Account, add_account
from ..services.change_clock import LibraryWrite
from ..services.login_names import normalise_email, stored_names
from ..services.passwords import hash_password, is_salted_hash
from ..services.transactions import lock_library
from .findings import Findings
from .forms import FLAG, MOMENT
from .original import Original, Row

_ACCOUNTS = uuid.UUID("5b0b0a4e-8d9c-4c3f-9f35-7a1d2f0d6e11")


class OriginalAccount(NamedTuple):
    """An account of the file: ``key`` is its id there, ``account`` what it becomes here.

    ``hashed_password`` is None when it has none that can be verified here.
    """

    key: Any
    account: Account
    hashed_password: str | None
    backup_enabled: bool

    @property
    def name(self) -> str:
        """What the account is called in findings: its e-mail address, or its id without one."""
        return self.account.email or str(self.key)


def read_accounts(original: Original, findings: Findings) -> list[OriginalAccount]:
    """The accounts of a file that have an id; others own nothing."""
    accounts = []
    for row in original.accounts():
        if row["id"] is None:
            findings.leave_out(str(row.get("email") or ""), "users", "no key", "id is missing")
        else:
            accounts.append(_read(row, findings))
    return accounts


def chosen(accounts: Sequence[OriginalAccount], only: Sequence[str], skip: Sequence[str]) -> list[OriginalAccount]:
    """Those to be adopted, named by e-mail address, username or id. Raises AdoptionRefused for unknown names."""
    for name in (*only, *skip):
        if not any(_is_named(each, [name]) for each in accounts):
            raise AdoptionRefused(f"There is no account {name} in the file.")
    return [each for each in accounts if (not only or _is_named(each, only)) and not _is_named(each, skip)]


def refuse_same_addresses(accounts: Iterable[OriginalAccount]) -> None:
    """Raise AdoptionRefused for accounts whose e-mail addresses differ in case at most, which are the same here."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for each in accounts:
        keys[each.account.email].append(str(each.key))
    for email, same in keys.items():
        if email and len(same) > 1:
            ids = " or ".join(f"--skip {key}" for key in same)
            raise AdoptionRefused(
                f"{len(same)} accounts of the file have the address {email}; leave out others: {ids}."
            )


def _is_named(original: OriginalAccount, names: Sequence[str]) -> bool:
    account = original.account
    return any(
        normalise_email(name) == account.email or name in (account.username, account.id, str(original.key))
        for name in names
    )


def _read(row: Row, findings: Findings) -> OriginalAccount:
    key, email = row["id"], str(row.get("email") or "")
    label = normalise_email(email) or str(key)
    names = {"email": email, "username": str(row.get("username") or email)}
    hashed = row.get("hashed_password")
    if not isinstance(hashed, str) or not is_salted_hash(hashed):
        hashed = None
    created_at = _value(row, "created_at", MOMENT, clock.now(), label, findings)
    is_active = _value(row, "is_active", FLAG, True, label, findings)
    backed_up = _value(row, "backup_enabled", FLAG, False, label, findings)
    account = Account(_id_of(key, email), normalise_email(email), names["username"].strip(), created_at, is_active)
    return OriginalAccount(key, account, hashed, backed_up)


def _value(row: Row, name: str, check: Any, otherwise: Any, label: str, findings: Findings) -> Any:
    if row.get(name) is None:
        return otherwise
    try:
        return check(row[name])
    except Fault as fault:
        findings.note(label, "users", row.get("id"), f"without {name}, which {fault}")
        return otherwise


def _id_of(key: Any, email: str) -> str:
    """The same id where it is a UUID, as all are here; else one that is made of it, the same each time."""
    try:
        taken: str = VIEWING_ID.check(key)
    except Fault:
        return str(uuid.uuid5(_ACCOUNTS, f"{key}/{normalise_email(email)}"))
    return taken.lower()


class Place(NamedTuple):
    """The library here that one of the file goes into, locked."""

    tx: LibraryWrite
    is_new: bool


def find_place(connection: Connection, original: OriginalAccount) -> Place:
    """Add the account, or find the one that it became when it was adopted before. Raises AdoptionRefused."""
    account = original.account
    known = connection.execute(select(USERS.c.email, USERS.c.username).where(USERS.c.id == account.id)).one_or_none()
    if known is None:
        return Place(_add(connection, original), is_new=True)
    if account.email != known.email and account.username != known.username:
        raise AdoptionRefused(f"{original.name} has the id of another account here, {known.email}.")
    return Place(lock_library(connection, account.id), is_new=False)


def _add(connection: Connection, original: OriginalAccount) -> LibraryWrite:
    hashed = original.hashed_password or hash_password(secrets.token_urlsafe(32))
    try:
        names = stored_names({"email": original.account.email, "username": original.account.username})
        account = Account(**{**original.account.to_json(), **names})
        return add_account(connection, account, hashed, backup_enabled=original.backup_enabled)
    except EmailTaken:
        raise AdoptionRefused(f"{original.name}: another account has this e-mail address.") from None
    except UsernameTaken:
        username = original.account.username
        raise AdoptionRefused(f"{original.name}: another account has its username, {username}.") from None
    except Invalid as problem:
        raise AdoptionRefused(f"{original.name}: {problem.detail}") from None
