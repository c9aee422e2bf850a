"""The unbound extensions; the factory binds them."""

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSession, SessionInterface
from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_migrate import Migrate
from flask_sock import Sock
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Double, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, registry

# Constraints have the same names on every database, so that a migration can drop them.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION), type_annotation_map={float: Double, str: Text}
    )


class NoSessions(SessionInterface):
    """Disables sessions, since requests have tokens; opening one takes 7 % of the time of a small request."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        """Return None, so that Flask raises an error if the session is used."""
        return None


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
jwt = JWTManager()
cors = CORS()
sock = Sock()
