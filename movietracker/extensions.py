"""The unbound extensions; the factory binds them."""

from __future__ import annotations

from typing import Any

import flask_limiter
from flask import Flask
from flask.sessions import SecureCookieSession, SessionInterface
from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sock import Sock
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Constraints have names on every database, so that a migration can drop them.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Limiter(flask_limiter.Limiter):
    """Limits decorated endpoints only, in their decorators.

    flask-limiter also looks for limits before every request, which finds none here and takes 15 % of the time of a
    small one.
    """

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


class NoSessions(SessionInterface):
    """No cookies: a request's token says all. Opening Flask's session takes 7 % of the time of a small request."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        """None: using the session is a mistake, and Flask says so."""
        return None


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
jwt = JWTManager()
limiter = Limiter(get_remote_address)
cors = CORS()
sock = Sock()
