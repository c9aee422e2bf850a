"""Vaults of the application under test, and destinations that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.wall_clock import wall_clock

from movietracker.backup.vault.vault import Vault
from movietracker.services.accounts import Account
from movietracker.services.backup_settings import set_backup_enabled
from movietracker.state import state

__all__ = ["wall_clock"]

MakeVault = Callable[..., Vault]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application whose backups go to the instance folder, with its context."""
    app = make_app(TIMEZONE="Europe/Vienna")
    with app.app_context():
        yield app


@pytest.fixture
def vault(app: Flask) -> Vault:
    """The vault as the settings make it: one destination, local."""
    return state().vault


@pytest.fixture
def make_vault(app: Flask) -> MakeVault:
    """Makes vaults with these destinations, and other fields of Vault."""

    def make(*destinations: Any, **fields: Any) -> Vault:
        made = state().vault
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
