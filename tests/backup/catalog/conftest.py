"""Catalogs of the application under test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.backups import MakeCatalog

from movietracker.backup.catalog import Catalog
from movietracker.services.accounts import Account, set_backup_enabled
from movietracker.state import state


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    """An application whose backups go to the instance folder, with its context."""
    app = make_app(TIMEZONE="Europe/Vienna")
    with app.app_context():
        yield app


@pytest.fixture
def catalog(app: Flask) -> Catalog:
    """The catalog as the settings make it: one destination, local."""
    return state().backups


@pytest.fixture
def make_catalog(app: Flask) -> MakeCatalog:
    """Makes catalogs with these destinations, and other fields of Catalog."""

    def make(*destinations: Any, **fields: Any) -> Catalog:
        made = state().backups
        return replace(made, chosen=destinations or made.chosen, **fields)

    return make


@pytest.fixture
def folder(instance_path: Path) -> Path:
    """Where local backups are."""
    return instance_path / "backups"


@pytest.fixture
def saved(anna: Account) -> Account:
    """Anna, who has backups switched on."""
    set_backup_enabled(anna.id, True)
    return anna
