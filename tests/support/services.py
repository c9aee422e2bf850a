"""Servers that tests need: where one is missing its tests are skipped, in CI they fail."""

import os
from typing import NoReturn

import pytest


def missing_service(reason: str) -> NoReturn:
    """Skip the test for this reason; with REQUIRE_SERVICES=1, as CI has it, fail it."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
