"""The application under test: real databases, real migrations, the built-in offline catalogue.

Tests run on SQLite files; with ``TEST_DATABASE=postgresql`` those that do not choose a database run on PostgreSQL, and
with ``--only-database`` no others, since those would do the same again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from support import defects, postgresql
from support.documented import Document

from movietracker import create_app
from movietracker.api import authentication
from movietracker.extensions import db
from movietracker.services import accounts
from movietracker.services.accounts import Account
from movietracker.services.passwords import hash_password

PASSWORD = "a long secret"
ADMIN_TOKEN = "the admin token of the tests"

pytest_plugins = ["standin.fixtures"]

ON_POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"

# Settings of the machine that runs the tests must not reach them.
for _name in (
    "SECRET_KEY",
    "ADMIN_TOKEN",
    "DATABASE_URL",
    "REDIS_URL",
    "TMDB_API_KEY",
    "OMDB_API_KEY",
    "METADATA_PROVIDERS",
):
    os.environ.pop(_name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--only-database``."""
    parser.addoption("--only-database", action="store_true", help="leave out what TEST_DATABASE makes no difference to")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was asked to be left out."""
    if config.getoption("--only-database"):
        chosen = [item for item in items if _depends_on_test_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen


def _depends_on_test_database(item: pytest.Item) -> bool:
    """Whether a test uses ``database_url``, and does not choose the database itself by a parameter of it."""
    callspec = getattr(item, "callspec", None)
    chooses = callspec is not None and "database_url" in callspec.params
    return "database_url" in getattr(item, "fixturenames", ()) and not chooses


def pytest_report_header() -> str | None:
    """Says so when these tests are to fail."""
    return None if defects.SEEDED is None else f"seeded defect: {defects.SEEDED.name} ({defects.SEEDED.breaks})"


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest migration; tests copy it, which is quicker than migrating each time."""
    instance = tmp_path_factory.mktemp("migrated")
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(instance), "TESTING": True})
    with app.app_context():
        upgrade()
    close_app(app)
    return instance / "app.db"


@pytest.fixture(scope="session")
def migrated_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database at the newest migration; tests empty it."""
    postgresql.require_server()
    with postgresql.temporary_database() as url:
        postgresql.migrate(url, str(tmp_path_factory.mktemp("migrated_postgresql")))
        yield url


@pytest.fixture
def postgresql_url(migrated_postgresql: str) -> str:
    """A migrated and empty PostgreSQL database; skips when there is no server."""
    postgresql.empty(migrated_postgresql)
    return migrated_postgresql


@pytest.fixture(scope="session")
def openapi_document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The OpenAPI document; made once, since that is slow."""
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(tmp_path_factory.mktemp("openapi")), "TESTING": True})
    document = app.test_client().get("/openapi.json").json
    close_app(app)
    return cast(dict[str, Any], document)


@pytest.fixture(scope="session", autouse=True)
def _documented(openapi_document: dict[str, Any]) -> Iterator[None]:
    """Makes every client compare what it hears with the document."""
    Client.document = Document(openapi_document)
    yield
    Client.document = None


@pytest.fixture
def database_url(request: pytest.FixtureRequest, instance_path: Path) -> str:
    """The migrated database of the test as DATABASE_URL; empty for the SQLite file in the instance folder."""
    if ON_POSTGRESQL:
        return str(request.getfixturevalue("postgresql_url"))
    instance_path.mkdir(exist_ok=True)
    shutil.copy(request.getfixturevalue("migrated_database"), instance_path / "app.db")
    return ""


@pytest.fixture
def instance_path(tmp_path: Path) -> Path:
    """The instance folder of the test."""
    return tmp_path / "instance"


@pytest.fixture
def make_app(database_url: str, instance_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes applications on the test's instance folder, with a migrated database; keyword arguments are settings."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        defaults = {
            "DATABASE_URL": database_url,
            "MOVIETRACKER_INSTANCE_PATH": str(instance_path),
            "SECRET_KEY": "the secret key of the tests, long enough",
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "LOGIN_RATE_LIMIT": "",
            "IMPORT_RATE_LIMIT": "",
            "PROXY_RATE_LIMIT": "",
            "TESTING": True,
        }
        app = create_app(defaults | settings)
        made.append(app)
        return app

    yield make
    for app in made:
        close_app(app)


def close_app(app: Flask) -> None:
    """Let go of everything an application holds."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    state = app.extensions["movietracker"]
    state.lookup.close()
    state.http.close()
    if state.redis is not None:
        state.redis.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application with the offline catalogue only."""
    return make_app()


class Client(FlaskClient):
    """A test client that may be logged in, and that checks each answer against the OpenAPI document."""

    document: Document | None = None

    def open(self, *args: Any, **options: Any) -> Any:
        """Ask, and check the answer."""
        answer = super().open(*args, **options)
        if self.document is not None:
            self.document.check(self.application, answer.request.method, answer.request.path, answer)
        return answer

    def login(self, email: str, password: str = PASSWORD) -> Client:
        """Log in and send the token from now on."""
        answer = self.post("/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        self.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['access_token']}"
        return self

    def login_as_admin(self) -> Client:
        """Log in as the administrator."""
        answer = self.post("/api/auth/admin/login", json={"token": ADMIN_TOKEN})
        assert answer.status_code == 200, answer.text
        self.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['access_token']}"
        return self


@pytest.fixture
def anonymous(app: Flask) -> Client:
    """A client without a token."""
    return client_of(app)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """What is stored for PASSWORD; made once, since making it is slow on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def make_account(app: Flask, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Account]:
    """Makes the account of a name, with PASSWORD."""

    def make(name: str) -> Account:
        with app.app_context(), monkeypatch.context() as patch:
            patch.setattr(accounts, "hash_password", lambda _: password_hash)
            return accounts.create_account(f"{name}@example.com", name, PASSWORD)

    return make


@pytest.fixture
def anna(make_account: Callable[[str], Account]) -> Account:
    """A user."""
    return make_account("anna")


@pytest.fixture
def ben(make_account: Callable[[str], Account]) -> Account:
    """Another user."""
    return make_account("ben")


def client_of(app: Flask, account: Account | None = None) -> Client:
    """A client with a token of the account; logging in would take the time of a password check."""
    app.test_client_class = Client
    client = cast(Client, app.test_client())
    if account is not None:
        with app.app_context():
            token = authentication.user_token(accounts.SignedIn(account, token_version=0))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def client(app: Flask, anna: Account) -> Client:
    """A client of Anna's."""
    return client_of(app, anna)


@pytest.fixture
def bens_client(app: Flask, ben: Account) -> Client:
    """A client of Ben's."""
    return client_of(app, ben)


@pytest.fixture
def admin(app: Flask) -> Client:
    """A client of the administrator's."""
    return client_of(app).login_as_admin()
