"""docs/scaling.md says of each table how its rows are spread, as the models have it."""

import re
from pathlib import Path

from sqlalchemy import UniqueConstraint

from movietracker.extensions import db

TEXT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")


def test_the_table_names_key_and_distribution_of_each_table_of_the_models() -> None:
    row = re.compile(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \| (?:`(\w+)`|none).* \|$", re.MULTILINE)
    told = {name: (re.findall(r"\w+", key), column or None) for name, key, column in row.findall(TEXT)}
    real = {
        table.name: (table.primary_key.columns.keys(), "user_id" if "user_id" in table.c else told[table.name][1])
        for table in db.metadata.sorted_tables
    }

    assert told == real
    # Tables without a user are spread by the first column of their key, or not at all.
    assert all(column in (None, key[0]) for key, column in real.values())


def test_rows_of_a_user_can_be_spread_by_user() -> None:
    """A database that spreads a table can keep unique only what holds the distribution column."""
    for table in db.metadata.sorted_tables:
        if "user_id" in table.c:
            uniques = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
            for constraint in (table.primary_key, *uniques, *(each for each in table.indexes if each.unique)):
                assert "user_id" in constraint.columns, constraint.name
            for key in table.foreign_key_constraints:
                assert key.referred_table.name == "users" or "user_id" in key.column_keys, key.name
