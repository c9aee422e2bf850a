"""The tables of imports from other trackers: jobs, what their files say, what they changed, and what was chosen."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base


def _of_user() -> Mapped[str]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


def _to_job() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["user_id", "job_id"], ["import_jobs.user_id", "import_jobs.id"], ondelete="CASCADE")


class ImportJob(Base):
    """One import; times are Unix seconds.

    ``done`` of ``total`` steps of the state are behind it, and ``position`` is the last key that was dealt with (while
    files are read, how often that began).
    ``counts``, ``people``, ``lists``, ``choices``, ``report`` and ``error_values`` are JSON. ``resume_at`` is when a
    paused job goes on, ``error`` a sentence for the user, made of the phrase ``error_code`` and its values.
    """

    __tablename__ = "import_jobs"
    __table_args__ = (Index(None, "state", "created_at"),)

    user_id: Mapped[str] = _of_user()
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    format: Mapped[str | None] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(200), server_default=text("''"))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float]
    updated_at: Mapped[float]
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    position: Mapped[str] = mapped_column(String(40), server_default=text("''"))
    counts: Mapped[str] = mapped_column(server_default=text("'{}'"))
    people: Mapped[str] = mapped_column("found_people", key="people", server_default=text("'[]'"))
    lists: Mapped[str] = mapped_column("found_lists", key="lists", server_default=text("'[]'"))
    choices: Mapped[str] = mapped_column(server_default=text("'{}'"))
    report: Mapped[str] = mapped_column(server_default=text("'{}'"))
    resume_at: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(String(1000))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_values: Mapped[str] = mapped_column(server_default=text("'{}'"))


class ImportTitle(Base):
    """A distinct title of a job's files, and the IMDb id that it was matched to.

    ``form`` is a hash of source, folded title, year and kind, by which choices are remembered; ``candidates`` is JSON.
    """

    __tablename__ = "import_titles"
    __table_args__ = (_to_job(), Index(None, "user_id", "job_id", "imdb_id"))

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    form: Mapped[str | None] = mapped_column(String(32))
    imdb_id: Mapped[str | None] = mapped_column(String(20))
    candidates: Mapped[str | None]


class ImportedRow(Base):
    """A row of a job's files: ``said`` is an ImportRow as JSON, ``title`` the number of its title.

    ``state`` says what becomes of the row whatever becomes of its title; null: what becomes of the title.
    """

    __tablename__ = "import_rows"
    __table_args__ = (_to_job(), Index(None, "user_id", "job_id", "title"))

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[int | None]
    state: Mapped[str | None] = mapped_column(String(16))
    place: Mapped[str]
    said: Mapped[str]


class ImportFact(Base):
    """What a job changed, as JSON before and after; written in the transaction of the change.

    ``kind`` is title, person or list, and ``key`` the key of that record. ``state`` is set once it was taken back.
    """

    __tablename__ = "import_facts"
    __table_args__ = (_to_job(), Index(None, "user_id", "kind", "key"))

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    before: Mapped[str | None]
    after: Mapped[str]
    state: Mapped[str | None] = mapped_column(String(16))


class ImportChoice(Base):
    """Which title a user meant by a form of ImportTitle, for their next import."""

    __tablename__ = "import_choices"

    user_id: Mapped[str] = _of_user()
    form: Mapped[str] = mapped_column(String(32), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20))
    at: Mapped[float]
