"""PostgreSQL databases of other encodings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from support import postgresql
from support.serving import run_program


@contextmanager
def database_in(encoding: str) -> Iterator[str]:
    postgresql.require_server()
    name = f"movietracker_test_{encoding.lower()}_{os.getpid()}"
    postgresql.run(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        yield make_url(postgresql.SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        postgresql.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
def test_a_database_in_sql_ascii_works(tmp_path: Path) -> None:
    with database_in("SQL_ASCII") as url:
        settings = {"DATABASE_URL": url}
        assert run_program(tmp_path, "db", "upgrade", settings=settings).returncode == 0
        command = ("users", "create", "--email", "a@b.example", "--username", "señor 🎬", "--password-stdin")
        run_program(tmp_path, *command, settings=settings, stdin="correct horse battery\n")

        assert "señor 🎬" in run_program(tmp_path, "users", "list", settings=settings).stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", [("db", "upgrade"), ("serve", "--port", "0"), ("doctor",)], ids=" ".join)
def test_an_encoding_that_cannot_hold_every_title_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "instance").mkdir()
    with database_in("LATIN1") as url:
        result = run_program(tmp_path, *command, settings={"DATABASE_URL": url})

    assert result.returncode == 1
    assert "has the encoding LATIN1, which cannot hold every title" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
