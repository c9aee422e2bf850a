"""Raw SQL stands in named files only, because the guard of the change clock does not inspect it.

SQLAlchemy refuses a plain string, so raw SQL needs one of the few names that are looked for here.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "movietracker/database/connections.py": "BEGIN IMMEDIATE, which SQLAlchemy has no element for",
    "movietracker/database/postgresql.py": "SET LOCAL, and the process that serves a connection",
    "movietracker/database/schema.py": "ALTER TABLE ... ADD COLUMN",
    "movietracker/database/statements.py": "SAVEPOINT, for which SQLAlchemy's own takes ten times as long",
    "movietracker/realtime/changefeed.py": "asks the driver ten times a second whether anything was committed",
    "movietracker/services/database_copy.py": "LOCK TABLE of PostgreSQL",
    "migrations/env.py": "advisory locks and time-outs of PostgreSQL",
    "migrations/versions/0002_change_clock.py": "fills columns and tables that the models of later versions may lack",
}

# SQL of a default or of an index's condition, which no statement runs.
_OF_SCHEMA = {"server_default", "sqlite_where", "postgresql_where"}
_RAW_METHODS = {"exec_driver_sql", "run_text", "dbapi_connection", "driver_connection"}


def raw_sql_in(source: str) -> bool:
    """Whether a module runs SQL that is written as text."""
    tree = ast.parse(source)
    of_schema = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in _OF_SCHEMA}
    texts = {"text"} if _imports_text(tree) else set()
    return any(
        _is_raw(node, texts) for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in of_schema
    ) or any(isinstance(node, ast.Attribute) and node.attr in _RAW_METHODS for node in ast.walk(tree))


def _imports_text(tree: ast.Module) -> bool:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(node.module == "sqlalchemy" and "text" in {name.name for name in node.names} for node in imports)


def _is_raw(call: ast.Call, texts: set[str]) -> bool:
    match call.func:
        case ast.Name(id=name):
            return name in texts or name in _RAW_METHODS
        case ast.Attribute(value=ast.Name(id="op"), attr="execute"):
            return isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        case ast.Attribute(value=ast.Name(id="sa" | "sqlalchemy"), attr="text"):
            return True
    return False


def test_raw_sql_stands_in_named_files_only() -> None:
    paths = [path for folder in ("movietracker", "plugins", "migrations") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in paths if raw_sql_in(path.read_text())}
    assert found == ALLOWED.keys()


@pytest.mark.parametrize(
    ("source", "is_raw"),
    [
        ("from sqlalchemy import select, text\nconnection.execute(text('DELETE FROM movies'))", True),
        ("import sqlalchemy as sa\ndelete = sa.text('DELETE FROM movies')", True),
        ("connection.exec_driver_sql(statement)", True),
        ("from ..database.statements import run_text\nrun_text(connection, 'DELETE FROM movies')", True),
        ("cursor = connection.connection.dbapi_connection.cursor()", True),
        ("from alembic import op\nop.execute(f'DELETE FROM {table}')", True),
        ("from alembic import op\nop.execute(delete(movies))", False),
        ("from sqlalchemy import text\nat = mapped_column(server_default=text('0'))", False),
        ("from ..settings import text\ntext(value)", False),
    ],
)
def test_it_is_found(source: str, is_raw: bool) -> None:
    assert raw_sql_in(source) is is_raw
