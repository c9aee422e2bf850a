"""The application under test: real databases, real migrations, the built-in offline catalogue.

Tests run on SQLite files; with ``TEST_DATABASE=postgresql`` those that do not choose a database run on PostgreSQL, and
with ``--only-database`` no others, since those would do the same again.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import movietracker_plugins.web
import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings
from standin import Standin
from support import postgresql
from support.applications import MakeApp, close_app
from support.client import ADMIN_TOKEN, PASSWORD, Client, client_of
from support.documented import Document
from support.endless_catalogue import EndlessCatalogue
from support.live_server import LiveServer, serve
from support.postgresql import ON_POSTGRESQL
from support.wall_clock import WallClock
from werkzeug.routing import Rule

from movietracker import clock, create_app
from movietracker.services import accounts
from movietracker.services.accounts import Account
from movietracker.services.passwords import hash_password

# Speed is measured in benchmarks/, and a busy machine must not fail a test.
settings.register_profile("movietracker", deadline=None)
settings.load_profile("movietracker")

DEFAULT_DATABASE = "postgresql" if ON_POSTGRESQL else "sqlite"

# Settings of the machine that runs the tests must not reach them.
for _name in (
    *("SECRET_KEY", "ADMIN_TOKEN", "DATABASE_URL", "REDIS_URL", "TMDB_API_KEY", "OMDB_API_KEY"),
    "METADATA_PROVIDERS",
):
    os.environ.pop(_name, None)


# Looking for garbage takes a sixth of the processor's time; most of what a test makes goes without it.
gc.set_threshold(50_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--only-database``."""
    parser.addoption("--only-database", action="store_true", help="leave out what TEST_DATABASE makes no difference to")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was asked to be left out, and keep the modules that drive a browser apart."""
    if config.getoption("--only-database"):
        chosen = [item for item in items if _depends_on_test_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    items[:] = _spread(items)


def pytest_collection_finish() -> None:
    """Take what has been imported and collected for no garbage."""
    gc.collect()
    gc.freeze()


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests with those of each module in ``tests/web`` at a place of its own among the others.

    Each browser is several processes: where all workers drive one at once, they wait longer than tests are patient.
    """
    in_browsers = [
        list(tests) for folder, tests in groupby(items, lambda item: item.path) if folder.parent.name == "web"
    ]
    others = [item for item in items if item.path.parent.name != "web"]
    step = len(others) // (len(in_browsers) + 1)
    spread = others[:step]
    for place, tests in enumerate(in_browsers, 1):
        spread += tests + others[place * step : (place + 1) * step if place < len(in_browsers) else None]
    return spread


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests with the marker ``each_database`` on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("each_database") and "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def _depends_on_test_database(item: pytest.Item) -> bool:
    """Whether a test uses ``database_url``, and does not choose the database itself by a parameter of it."""
    callspec = getattr(item, "callspec", None)
    chooses = callspec is not None and "database_url" in callspec.params
    return "database_url" in getattr(item, "fixturenames", ()) and not chooses


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
        # What no test tears the power from need not wait for the disk.
        postgresql.run(f'ALTER DATABASE "{postgresql.name_of(url)}" SET synchronous_commit = off')
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


@pytest.fixture(scope="session", autouse=True)
def _routes_compiled_once() -> Iterator[None]:
    """Lets applications share what Werkzeug compiles for each route, which is half of the time to make one."""
    compiled: dict[tuple[str, str, bool], Any] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture
def database_url(request: pytest.FixtureRequest, instance_path: Path) -> str:
    """The migrated database of the test as DATABASE_URL; empty for the SQLite file in the instance folder.

    The marker ``each_database`` makes the kind of database its parameter; else TEST_DATABASE chooses it.
    """
    if getattr(request, "param", DEFAULT_DATABASE) == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    instance_path.mkdir(exist_ok=True)
    shutil.copy(request.getfixturevalue("migrated_database"), instance_path / "app.db")
    return ""


@pytest.fixture
def instance_path(tmp_path: Path) -> Path:
    """The instance folder of the test."""
    return tmp_path / "instance"


@pytest.fixture
def make_app(database_url: str, instance_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApp]:
    """Makes applications on the test's instance folder, with a migrated database; keyword arguments are settings.

    They serve no page, whether it is built or not; tests/web has programs that do.
    """
    monkeypatch.setattr(movietracker_plugins.web, "STATIC", instance_path / "no page")
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
            "SYNC_RATE_LIMIT": "",
            "TESTING": True,
        }
        app = create_app(defaults | settings)
        made.append(app)
        return app

    yield make
    for app in made:
        close_app(app)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An application with the offline catalogue only."""
    return make_app()


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
            patch.setattr(accounts, "hash_password", lambda *_: password_hash)
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


@pytest.fixture
def server(app: Flask, anna: Account) -> Iterator[LiveServer]:
    """The application behind a real socket; Anna has an account."""
    with serve(app) as live:
        yield live


@pytest.fixture
def standin() -> Iterator[Standin]:
    """A stand-in of TMDB and OMDb."""
    with Standin() as server:
        yield server


@pytest.fixture
def catalogue() -> Iterator[EndlessCatalogue]:
    """TMDB and OMDb that know every IMDb id."""
    with EndlessCatalogue() as server:
        yield server


@pytest.fixture
def catalogue_app(make_app: MakeApp, catalogue: EndlessCatalogue) -> Iterator[Flask]:
    """An application that uses ``catalogue``, with its context."""
    app = make_app(**catalogue.settings)
    with app.app_context():
        yield app


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """The clock of everything that the application does in this test; it stands still until the test moves it."""
    stopped = WallClock()
    monkeypatch.setattr(clock, "now", stopped)
    return stopped
