"""Hears the statements that an application runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from movietracker.extensions import db


@contextmanager
def hearing_statements(app: Flask, listener: Callable[..., Any]) -> Iterator[None]:
    """Tell a listener of SQLAlchemy's ``before_cursor_execute`` of each statement that runs in the block."""
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listener)
