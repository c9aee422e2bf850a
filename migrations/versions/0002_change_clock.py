"""The change clock: ledger, tombstones, field changes, recorded actions, name history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORDS = ("movies", "people", "custom_lists")


def upgrade() -> None:
    """Apply."""
    for table in RECORDS:
        add_column_if_missing(table, sa.Column("born_seq", sa.BigInteger, server_default=sa.text("0"), nullable=False))
        add_column_if_missing(
            table, sa.Column("field_changes", sa.Text, server_default=sa.text("'{}'"), nullable=False)
        )
        op.execute(f"UPDATE {table} SET born_seq = seq")  # noqa: S608 - our own names
    zero = sa.text("0")
    add_column_if_missing("library_heads", sa.Column("floor_seq", sa.BigInteger, server_default=zero, nullable=False))
    add_column_if_missing("library_heads", sa.Column("restored_at", sa.Double, server_default=zero, nullable=False))
    _create_ledger()
    _create_tombstones()
    _create_actions()
    _create_names()


def _of_user() -> sa.Column[str]:
    return sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


def _create_ledger() -> None:
    op.create_table(
        "change_ledger",
        _of_user(),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("nonce", sa.String(16), nullable=False),
    )
    op.create_index(op.f("ix_change_ledger_user_id_at"), "change_ledger", ["user_id", "at"])
    # Libraries from before the ledger begin it where they are.
    nonce = "substr(user_id, 1, 8)"
    op.execute(f"INSERT INTO change_ledger SELECT user_id, seq, at, {nonce} FROM library_heads WHERE seq > 0")  # noqa: S608


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        _of_user(),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(36), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("done_at", sa.Double, nullable=False),
        sa.Column("device", sa.String(100)),
    )
    op.create_index(op.f("ix_tombstones_user_id_seq"), "tombstones", ["user_id", "seq"])


def _create_actions() -> None:
    op.create_table(
        "sync_actions",
        _of_user(),
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index(op.f("ix_sync_actions_user_id_at"), "sync_actions", ["user_id", "at"])


def _create_names() -> None:
    op.create_table(
        "person_names",
        _of_user(),
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("from_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("to_seq", sa.BigInteger),
        sa.Column("ended_at", sa.Double),
        sa.Column("device", sa.String(100)),
    )
    op.create_index(op.f("ix_person_names_user_id_name"), "person_names", ["user_id", "name"])
    names = "user_id, person_id, from_seq, name"
    op.execute(f"INSERT INTO person_names ({names}) SELECT user_id, id, seq, name FROM people")  # noqa: S608


def downgrade() -> None:
    """Take back."""
    for table in ("person_names", "sync_actions", "tombstones", "change_ledger"):
        op.drop_table(table)
    for column in ("restored_at", "floor_seq"):
        op.drop_column("library_heads", column)
    for table in RECORDS:
        op.drop_column(table, "field_changes")
        op.drop_column(table, "born_seq")
