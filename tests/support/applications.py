"""The applications that tests create."""

from collections.abc import Callable

from flask import Flask

from movietracker.extensions import db

MakeApp = Callable[..., Flask]


def close_app(app: Flask) -> None:
    """Release every connection and file that an application holds."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    state = app.extensions["movietracker"]
    state.lookup.close()
    state.http.close()
    state.rate_limits.close()
    if state.redis is not None:
        state.redis.close()
