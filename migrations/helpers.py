"""Helpers of revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def add_column_if_missing(table: str, column: sa.Column[object]) -> None:
    """Add a column, unless the start-up of a newer version has already added it (see database/schema.py)."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)
