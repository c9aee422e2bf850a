"""Tests of metadata run on an application that uses the endless catalogue."""

import pytest
from flask import Flask


@pytest.fixture
def app(catalogue_app: Flask) -> Flask:
    """Instead of the application with the offline catalogue only."""
    return catalogue_app
