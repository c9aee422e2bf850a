"""Imports from other trackers: jobs, what their files say, what they changed, and what was chosen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID, IMDB_ID, WORD = sa.String(length=36), sa.String(length=20), sa.String(length=16)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_jobs",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("format", sa.String(length=64), nullable=True),
        sa.Column("label", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("position", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("counts", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("found_people", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("found_lists", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("choices", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("report", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("resume_at", sa.Double(), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True),
        _to_users("import_jobs"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_import_jobs")),
    )
    op.create_index(op.f("ix_import_jobs_state_created_at"), "import_jobs", ["state", "created_at"])
    _create_titles_and_rows()
    _create_facts_and_choices()


def downgrade() -> None:
    """Undo."""
    for table in ("import_choices", "import_facts", "import_rows", "import_titles", "import_jobs"):
        op.drop_table(table)


def _create_titles_and_rows() -> None:
    op.create_table(
        "import_titles",
        *_of_job("number", sa.Integer()),
        sa.Column("state", WORD, nullable=False),
        sa.Column("form", sa.String(length=32), nullable=True),
        sa.Column("imdb_id", IMDB_ID, nullable=True),
        sa.Column("candidates", sa.Text(), nullable=True),
        _to_job("import_titles"),
        sa.PrimaryKeyConstraint("user_id", "job_id", "number", name=op.f("pk_import_titles")),
    )
    op.create_index(op.f("ix_import_titles_user_id_job_id_imdb_id"), "import_titles", ["user_id", "job_id", "imdb_id"])
    op.create_table(
        "import_rows",
        *_of_job("number", sa.Integer()),
        sa.Column("title", sa.Integer(), nullable=True),
        sa.Column("state", WORD, nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        _to_job("import_rows"),
        sa.PrimaryKeyConstraint("user_id", "job_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index(op.f("ix_import_rows_user_id_job_id_title"), "import_rows", ["user_id", "job_id", "title"])


def _create_facts_and_choices() -> None:
    op.create_table(
        "import_facts",
        *_of_job("kind", sa.String(length=8)),
        sa.Column("key", ID, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("state", WORD, nullable=True),
        _to_job("import_facts"),
        sa.PrimaryKeyConstraint("user_id", "job_id", "kind", "key", name=op.f("pk_import_facts")),
    )
    op.create_index(op.f("ix_import_facts_user_id_kind_key"), "import_facts", ["user_id", "kind", "key"])
    op.create_table(
        "import_choices",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("imdb_id", IMDB_ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        _to_users("import_choices"),
        sa.PrimaryKeyConstraint("user_id", "form", name=op.f("pk_import_choices")),
    )


def _of_job(key: str, kind: sa.types.TypeEngine[object]) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("user_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column(key, kind, autoincrement=False, nullable=False),
    )


def _to_users(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def _to_job(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", "job_id"],
        ["import_jobs.user_id", "import_jobs.id"],
        name=op.f(f"fk_{table}_user_id_job_id_import_jobs"),
        ondelete="CASCADE",
    )
