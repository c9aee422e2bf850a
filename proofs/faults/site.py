"""``movietracker serve`` in a folder of its own, on SQLite or on PostgreSQL, with accounts."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from support import postgresql
from support.serving import Serving, serving

from .clients import Connection

DATABASES = ("sqlite", "postgresql")
ADMIN_TOKEN = "the admin token of the proofs"
PASSWORD = "a long secret"

# The proofs come from one address, as many users at once.
SETTINGS = {
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "LOGIN_RATE_LIMIT": "",
    "IMPORT_RATE_LIMIT": "",
    "PROXY_RATE_LIMIT": "",
    "SYNC_RATE_LIMIT": "",
}


@dataclass(frozen=True)
class User:
    """An account, and a token that opens it."""

    id: str
    email: str
    token: str


@dataclass(frozen=True)
class Site:
    """Where the server keeps its files, and the settings that it is started with."""

    folder: Path
    settings: Mapping[str, str]

    @property
    def is_on_sqlite(self) -> bool:
        """Whether the database is the file in the instance folder."""
        return not self.settings.get("DATABASE_URL")

    @contextmanager
    def serving(self, *options: str, program: Sequence[str] = (), **settings: str) -> Iterator[Serving]:
        """The server, with more settings or with others, ready to answer; stopped at the end."""
        with serving(self.folder, *options, settings={**self.settings, **settings}, program=program) as server:
            yield server

    def damage(self) -> list[str]:
        """What is wrong with the SQLite file, by SQLite's own checks; nothing on PostgreSQL."""
        if not self.is_on_sqlite:
            return []
        with closing(sqlite3.connect(self.folder / "instance" / "app.db")) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        return [text for text in found if text != "ok"] + [f"dangling row in {row[0]}" for row in dangling]


@contextmanager
def site(database: str, **settings: str) -> Iterator[Site]:
    """A folder and an empty database, both gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="movietracker-faults-") as folder,
        postgresql.temporary_database() if database == "postgresql" else nullcontext("") as url,
    ):
        yield Site(Path(folder), SETTINGS | {"DATABASE_URL": url} | settings)


def admin_of(url: str) -> Connection:
    """A connection with an administrator's token."""
    with closing(Connection(url)) as anonymous:
        token = anonymous.post("/api/auth/admin/login", {"token": ADMIN_TOKEN})["access_token"]
    return Connection(url, token)


def make_users(url: str, count: int) -> list[User]:
    """So many new accounts, logged in."""
    users = []
    with closing(admin_of(url)) as admin, closing(Connection(url)) as anonymous:
        for number in range(count):
            email = f"user{number}@example.com"
            admin.post("/api/auth/admin/users", {"email": email, "username": f"user{number}", "password": PASSWORD})
            answer = anonymous.post("/api/auth/login", {"email": email, "password": PASSWORD})
            users.append(User(answer["user"]["id"], email, answer["access_token"]))
    return users
