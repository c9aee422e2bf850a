"""What the tests of adoption share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.client import Client, client_of
from support.originals import ANNAS_ID, OriginalFile

from movietracker.adoption.adopting import AdoptionReport, adopt
from movietracker.services.accounts import get_account

Adopt = Callable[..., AdoptionReport]


@pytest.fixture
def original(tmp_path: Path) -> OriginalFile:
    """An empty file of the newest generation, with Anna's account."""
    original = OriginalFile(tmp_path / "original.db")
    original.add_account("anna", ANNAS_ID)
    return original


@pytest.fixture
def adopt_file(app: Flask) -> Adopt:
    """Adopts a file."""

    def run(original: OriginalFile, **options: Any) -> AdoptionReport:
        with app.app_context():
            return adopt(original.path, **options)

    return run


@pytest.fixture
def annas(app: Flask) -> Callable[[], Client]:
    """A client of the adopted Anna."""

    def make() -> Client:
        with app.app_context():
            account = get_account(ANNAS_ID)
        return client_of(app, account)

    return make
