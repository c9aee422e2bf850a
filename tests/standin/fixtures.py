"""The pytest fixture: ``from standin.fixtures import standin`` in a conftest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import Standin


@pytest.fixture
def standin() -> Iterator[Standin]:
    """A stand-in of TMDB and OMDb of this test's own."""
    with Standin() as server:
        yield server
