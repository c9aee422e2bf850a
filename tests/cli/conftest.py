"""The command line in this process: quick, on the real application."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs a command of the application: ``run("users", "list")``; ``stdin`` is what is piped to it."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return app.test_cli_runner().invoke(args=arguments, input=stdin)

    return run
