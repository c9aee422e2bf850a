"""Helpers of revisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

ROWS_AT_ONCE = 500


def add_column_if_missing(table: str, column: sa.Column[object]) -> None:
    """Add a column, unless the start-up of a newer version has already added it (see database/schema.py)."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def refill(
    table: str, key: Sequence[str], column: str, sources: Sequence[str], make: Callable[..., str | None]
) -> None:
    """Set a column of all rows to what is made of others, so many rows at a time.

    ``key`` names the columns of the primary key, ``sources`` those that ``make`` gets, of which one is not null.
    """
    rows = sa.table(table, *(sa.column(name) for name in {*key, column, *sources}))
    place = sa.tuple_(*(rows.c[name] for name in key))
    some = sa.or_(*(rows.c[name].is_not(None) for name in sources))
    read = sa.select(*(rows.c[name] for name in (*key, *sources))).where(some).order_by(*place.clauses)
    names = [f"of_{name}" for name in key]
    change = (
        sa.update(rows)
        .where(*(rows.c[name] == sa.bindparam(f"of_{name}") for name in key))
        .values({column: sa.bindparam("made")})
    )
    connection, rest = op.get_bind(), read
    while found := connection.execute(rest.limit(ROWS_AT_ONCE)).all():
        changes = [dict(zip(names, row[: len(key)], strict=True)) | {"made": make(*row[len(key) :])} for row in found]
        connection.execute(change, changes)
        rest = read.where(place > found[-1][: len(key)])
