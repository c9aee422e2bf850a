"""Prepared statements answer what SQLAlchemy would, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ON_POSTGRESQL
from flask import Flask
from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound, OperationalError, ProgrammingError

from movietracker.database import UnguardedWrite
from movietracker.extensions import db
from movietracker.models import CustomList, Person, User
from movietracker.prepared import Prepared, run_text, savepoint
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

PEOPLE, LISTS, USERS = Person.__table__, CustomList.__table__, User.__table__

pytestmark = pytest.mark.parametrize("database_url", ["", ON_POSTGRESQL], indirect=True, ids=["sqlite", "postgresql"])

OF_USER = PEOPLE.c.user_id == bindparam("of_user")
NAMES = Prepared(select(PEOPLE.c.name).where(OF_USER).order_by(PEOPLE.c.id))
NAMED = Prepared(select(PEOPLE.c.id).where(OF_USER, PEOPLE.c.name == bindparam("of_name")))
TRUST = Prepared(
    update(PEOPLE).where(OF_USER, PEOPLE.c.name == bindparam("of_name")).values(is_trusted=bindparam("to"))
)
ADD_USER = Prepared(insert(USERS), "id", "email", "username", "hashed_password", "created_at")


@pytest.fixture
def connection(app: Flask, anna: Account) -> Iterator[Connection]:
    with app.app_context(), db.engine.connect() as connection:
        yield connection


@pytest.fixture
def tx(app: Flask, anna: Account) -> Iterator[Any]:
    with app.app_context(), library_write(anna.id) as tx:
        yield tx


def test_rows_have_the_names_and_types_that_sqlalchemy_gives_them(connection: Connection, anna: Account) -> None:
    statement = (
        select(
            PEOPLE.c.id,
            PEOPLE.c.name,
            PEOPLE.c.is_trusted,
            PEOPLE.c.emoji.is_(None).label("is_plain"),
            PEOPLE.c.last_modified,
            func.count().over().label("count"),
        )
        .where(OF_USER)
        .order_by(PEOPLE.c.id)
    )
    expected = [dict(row._mapping) for row in connection.execute(statement, {"of_user": anna.id})]
    found = [row._asdict() for row in Prepared(statement).run(connection, {"of_user": anna.id})]
    assert found == expected
    assert [list(map(type, row.values())) for row in found] == [list(map(type, row.values())) for row in expected]
    assert len(found) == 4


def test_an_answer_is_read_as_sqlalchemys(connection: Connection, anna: Account) -> None:
    everybody = NAMES.run(connection, {"of_user": anna.id})
    nobody = NAMES.run(connection, {"of_user": "nobody"})
    one = NAMED.run(connection, {"of_user": anna.id, "of_name": "Google Search"})
    assert everybody.first().name == everybody.scalars()[0] == "Random YouTube Video"
    assert one.one().id == one.scalar_one() == one.scalar_one_or_none() == one.one_or_none().id
    assert nobody.first() is nobody.one_or_none() is nobody.scalar_one_or_none() is None
    with pytest.raises(MultipleResultsFound):
        everybody.one_or_none()
    with pytest.raises(NoResultFound):
        nobody.one()


def test_a_fixed_value_needs_no_parameter(connection: Connection, anna: Account) -> None:
    statement = Prepared(select(PEOPLE.c.id).where(OF_USER, PEOPLE.c.name == "Google Search").limit(1))
    assert len(statement.run(connection, {"of_user": anna.id})) == 1
    assert statement.run(connection, {"of_user": "nobody"}) == []


def test_a_forgotten_parameter_is_a_fault_and_never_null(connection: Connection, anna: Account) -> None:
    with pytest.raises(KeyError, match="of_name"):
        NAMED.run(connection, {"of_user": anna.id})


def test_a_write_says_how_many_rows_it_changed(tx: Any) -> None:
    assert tx.execute(TRUST, of_name="Google Search", to=True).rowcount == 1
    assert tx.execute(TRUST, of_name="Nobody", to=True).rowcount == 0


def test_one_statement_is_run_for_many_rows_and_for_none(tx: Any) -> None:
    tx.execute_many(TRUST, [{"of_name": name, "to": True} for name in ("Google Search", "Random Person")])
    tx.execute_many(TRUST, [])
    trusted = select(PEOPLE.c.name).where(PEOPLE.c.user_id == tx.user_id, PEOPLE.c.is_trusted)
    assert set(tx.connection.execute(trusted).scalars()) == {"Google Search", "Random Person"}


def test_a_library_is_not_written_past_the_guard(connection: Connection, anna: Account) -> None:
    with pytest.raises(UnguardedWrite, match="people"):
        TRUST.run(connection, {"of_user": anna.id, "of_name": "Google Search", "to": True})
    with pytest.raises(UnguardedWrite, match="people"):
        TRUST.run_many(connection, [{"of_user": anna.id, "of_name": "Google Search", "to": True}])
    with pytest.raises(UnguardedWrite, match="movies"):
        run_text(connection, "DELETE FROM movies")


def test_errors_are_sqlalchemys(connection: Connection, anna: Account) -> None:
    account = {"id": anna.id, "email": "a", "username": "a", "hashed_password": "", "created_at": 0.0}
    with connection.begin(), pytest.raises(IntegrityError) as caught:
        ADD_USER.run(connection, account)
    assert "INSERT INTO users" in str(caught.value)
    with pytest.raises((OperationalError, ProgrammingError)):
        run_text(connection, "SELECT nothing FROM nowhere")


def test_a_savepoint_undoes_what_failed_and_keeps_the_rest(tx: Any) -> None:
    def distrust_and_fail(how: Prepared) -> None:
        with savepoint(tx.connection):
            tx.execute(TRUST, of_name="Google Search", to=False)
            how.run(tx.connection, {"id": tx.user_id, "email": "a", "username": "a", "hashed_password": ""})

    tx.execute(TRUST, of_name="Google Search", to=True)
    with savepoint(tx.connection):
        tx.execute(TRUST, of_name="Random Person", to=True)
        with pytest.raises(KeyError):
            distrust_and_fail(ADD_USER)
    with pytest.raises(IntegrityError):
        distrust_and_fail(Prepared(insert(USERS).values(created_at=0.0), "id", "email", "username", "hashed_password"))
    trusted = select(PEOPLE.c.name).where(PEOPLE.c.user_id == tx.user_id, PEOPLE.c.is_trusted)
    assert set(tx.connection.execute(trusted).scalars()) == {"Google Search", "Random Person"}


def test_a_list_of_keys_cannot_be_prepared(connection: Connection) -> None:
    with pytest.raises(AssertionError, match="cannot be prepared"):
        Prepared(select(PEOPLE.c.id).where(PEOPLE.c.id.in_([1, 2]))).run(connection, {})
