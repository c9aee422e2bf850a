"""The fixture that runs a module's tests on each kind of database: ``from support.databases import database_url``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

__all__ = ["database_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, instance_path: Path) -> str:
    """A migrated database of the test's own; skips PostgreSQL where there is no server."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    instance_path.mkdir(exist_ok=True)
    shutil.copy(request.getfixturevalue("migrated_database"), instance_path / "app.db")
    return ""
