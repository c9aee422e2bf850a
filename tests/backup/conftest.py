"""What the tests of backups share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from support.library import head_of

from movietracker.services.accounts import Account

from .documents import Unchanged


@pytest.fixture
def unchanged(app: Flask, anna: Account) -> Unchanged:
    """Makes contexts in which Anna's library must not change."""

    @contextmanager
    def check() -> Iterator[None]:
        with app.app_context():
            before = head_of(anna)
        yield
        with app.app_context():
            assert head_of(anna) == before

    return check
