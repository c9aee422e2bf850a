"""Statements return the same whether SQLAlchemy or the driver runs them, on either database."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import (
    CompileError,
    IntegrityError,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
    ProgrammingError,
    StatementError,
)

from movietracker.database import execute, execute_many, fetch, reads_noted, savepoint, statements, upsert
from movietracker.database.statements import run_text
from movietracker.extensions import db
from movietracker.models import PEOPLE, REVOKED, USERS
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

pytestmark = pytest.mark.each_database

OF_USER = PEOPLE.c.user_id == bindparam("of_user")
EVERYBODY = select(PEOPLE.c.name).where(OF_USER).order_by(PEOPLE.c.id)
NAMED = select(PEOPLE.c.id).where(OF_USER, PEOPLE.c.name == bindparam("of_name"))
TRUST = update(PEOPLE).where(OF_USER, PEOPLE.c.name == bindparam("of_name")).values(is_trusted=bindparam("to"))
TRUSTED = select(PEOPLE.c.name).where(OF_USER, PEOPLE.c.is_trusted)
ADD_USER = insert(USERS)

TWICE = range(2)
"""SQLAlchemy runs a statement the first time, the driver the second."""


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
    for _ in TWICE:
        found = [row._asdict() for row in execute(connection, statement, {"of_user": anna.id})]
        assert found == expected
        assert [list(map(type, row.values())) for row in found] == [list(map(type, row.values())) for row in expected]
        assert len(found) == 4


def test_results_are_read_alike(connection: Connection, anna: Account) -> None:
    for _ in TWICE:
        everybody = execute(connection, EVERYBODY, {"of_user": anna.id})
        none = execute(connection, EVERYBODY, {"of_user": "none"})
        one = execute(connection, NAMED, {"of_user": anna.id, "of_name": "Google Search"})
        assert everybody.first().name == everybody.scalars()[0] == "Random YouTube Video"
        assert one.one().id == one.scalar_one() == one.scalar_one_or_none() == one.one_or_none().id
        assert none.first() is none.one_or_none() is none.scalar_one_or_none() is None
        with pytest.raises(MultipleResultsFound):
            everybody.one_or_none()
        with pytest.raises(NoResultFound):
            none.one()


def test_plain_rows_are_the_drivers_tuples(connection: Connection, anna: Account) -> None:
    statement = select(PEOPLE.c.name, PEOPLE.c.is_trusted).where(OF_USER).order_by(PEOPLE.c.id)
    for _ in TWICE:
        found = fetch(connection, statement, {"of_user": anna.id})
        assert found[0] == ("Random YouTube Video", 0)
        assert type(found[0]) is tuple


def test_a_fixed_value_needs_no_parameter(connection: Connection, anna: Account) -> None:
    statement = select(PEOPLE.c.id).where(OF_USER, PEOPLE.c.name == "Google Search").limit(1)
    for _ in TWICE:
        assert len(execute(connection, statement, {"of_user": anna.id})) == 1
        assert execute(connection, statement, {"of_user": "none"}) == []


def test_a_list_of_keys_may_have_any_length(connection: Connection, anna: Account) -> None:
    statement = select(PEOPLE.c.name).where(OF_USER, PEOPLE.c.name.in_(bindparam("of_keys", expanding=True)))
    for keys in (["Google Search"], ["Google Search", "Random Person"], []):
        found = execute(connection, statement, {"of_user": anna.id, "of_keys": keys})
        assert sorted(found.scalars()) == keys
        assert sorted(fetch(connection, statement, {"of_user": anna.id, "of_keys": keys})) == [(key,) for key in keys]


def test_lists_may_stand_between_other_parameters(connection: Connection, anna: Account) -> None:
    keys = bindparam("of_keys", expanding=True)
    is_named = PEOPLE.c.name.in_(keys), PEOPLE.c.name != bindparam("but"), PEOPLE.c.name.in_(["Random Person", "Ben"])
    statement = select(PEOPLE.c.name).where(OF_USER, *is_named, PEOPLE.c.name.not_in(keys) | (PEOPLE.c.id > 0)).limit(9)
    names = ["Random Person", "Google Search"]
    for but, found in (("Google Search", ["Random Person"]), ("Random Person", []), ("", ["Random Person"])):
        assert fetch(connection, statement, {"of_user": anna.id, "of_keys": names, "but": but}) == [(x,) for x in found]


def test_a_list_of_keys_cannot_be_run_for_many_rows(connection: Connection, anna: Account) -> None:
    statement = update(PEOPLE).where(OF_USER, PEOPLE.c.name.in_(bindparam("of_keys", expanding=True))).values(name="x")
    with pytest.raises(AssertionError, match="many rows"):
        execute_many(connection, statement, [{"of_user": anna.id, "of_keys": ["y"]}])


def test_a_missing_parameter_is_an_error_and_never_null(connection: Connection, anna: Account) -> None:
    for _ in TWICE:
        with pytest.raises((KeyError, StatementError), match="of_name"):
            execute(connection, NAMED, {"of_user": anna.id})


def test_a_statement_made_of_another_is_not_confused_with_it(connection: Connection, anna: Account) -> None:
    for _ in TWICE:
        assert len(execute(connection, EVERYBODY, {"of_user": anna.id})) == 4
    fewer = EVERYBODY.where(PEOPLE.c.name == "Google Search")
    for _ in TWICE:
        assert len(execute(connection, fewer, {"of_user": anna.id})) == 1
        assert len(execute(connection, EVERYBODY, {"of_user": anna.id})) == 4


def test_statements_that_are_gone_are_forgotten(connection: Connection, anna: Account) -> None:
    gc.collect()
    before = len(statements._known)
    for number in range(50):
        built = select(PEOPLE.c.id).where(OF_USER, PEOPLE.c.id > number)
        for _ in TWICE:
            execute(connection, built, {"of_user": anna.id})
        reads_noted(built)
    del built
    gc.collect()
    assert len(statements._known) <= before + 1  # SQLAlchemy's own cache keeps the first statement of each shape


def test_a_write_says_how_many_rows_it_changed(tx: Any) -> None:
    for _ in TWICE:
        assert tx.execute(TRUST, of_name="Google Search", to=True).rowcount == 1
        assert tx.execute(TRUST, of_name="Unknown", to=True).rowcount == 0


def test_one_statement_is_run_for_many_rows_and_for_none(tx: Any) -> None:
    tx.execute_many(TRUST, [{"of_name": name, "to": True} for name in ("Google Search", "Random Person")])
    tx.execute_many(TRUST, [])
    assert set(tx.execute(TRUSTED).scalars()) == {"Google Search", "Random Person"}


def test_an_insert_names_the_columns_that_it_is_given(tx: Any) -> None:
    row = {"is_trusted": True, "last_modified": 0.0, "seq": 1}
    add = insert(PEOPLE)
    tx.execute(add, id=1, name="Plain", **row)
    tx.execute(add, id=2, name="Coloured", color="#000000", **row)
    tx.execute_many(add, [{"id": 3, "name": "Third", **row}, {"name": "Fourth", "id": 4, **row}])
    added = select(PEOPLE.c.name, PEOPLE.c.color, PEOPLE.c.user_id).where(PEOPLE.c.is_trusted).order_by(PEOPLE.c.id)
    assert [tuple(each) for each in tx.execute(added)] == [
        ("Plain", "#0a84ff", tx.user_id),
        ("Coloured", "#000000", tx.user_id),
        ("Third", "#0a84ff", tx.user_id),
        ("Fourth", "#0a84ff", tx.user_id),
    ]
    with pytest.raises(CompileError, match="colour"):
        tx.execute(add, id=5, name="Fifth", colour="#000000", **row)


def test_an_upsert_replaces_what_has_the_same_key(connection: Connection, anna: Account) -> None:
    rows = [{"user_id": anna.id, "jti": jti, "expires_at": 1.0} for jti in ("a", "b")]
    with connection.begin():
        upsert(connection, REVOKED, rows)
        upsert(connection, REVOKED, [{**rows[1], "expires_at": 2.0}])
        upsert(connection, REVOKED, [])
    found = execute(connection, select(REVOKED.c.jti, REVOKED.c.expires_at).order_by(REVOKED.c.jti), {})
    assert [tuple(row) for row in found] == [("a", 1.0), ("b", 2.0)]


def test_errors_are_sqlalchemys(connection: Connection, anna: Account) -> None:
    account = {"id": anna.id, "email": "a", "username": "a", "hashed_password": "", "created_at": 0.0}
    with connection.begin(), pytest.raises(IntegrityError) as caught:
        execute(connection, ADD_USER, account)
    assert "INSERT INTO users" in str(caught.value)
    with pytest.raises((OperationalError, ProgrammingError)):
        run_text(connection, "SELECT nothing FROM nowhere")


def test_errors_do_not_repeat_what_a_user_wrote(connection: Connection, anna: Account) -> None:
    statement = select(db.table("of_nobody", db.column("name"))).where(db.column("name") == bindparam("of_name"))
    for _ in TWICE:
        with pytest.raises((OperationalError, ProgrammingError)) as raised:
            execute(connection, statement, {"of_name": "Grandmother Hildegard"})
        assert "Hildegard" not in str(raised.value)
        connection.rollback()


def test_a_savepoint_undoes_what_failed_and_keeps_the_rest(tx: Any) -> None:
    def distrust_and_fail(**account: Any) -> None:
        with savepoint(tx.connection):
            tx.execute(TRUST, of_name="Google Search", to=False)
            execute_many(tx.connection, ADD_USER, [account])

    tx.execute(TRUST, of_name="Google Search", to=True)
    with savepoint(tx.connection):
        tx.execute(TRUST, of_name="Random Person", to=True)
        with pytest.raises(CompileError):
            distrust_and_fail(id="x", nonsense=1)
    with pytest.raises(IntegrityError):
        distrust_and_fail(id=tx.user_id, email="a", username="a", hashed_password="", created_at=0.0)
    assert set(tx.execute(TRUSTED).scalars()) == {"Google Search", "Random Person"}
