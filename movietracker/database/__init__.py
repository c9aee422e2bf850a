"""Connections, statements and the guard that keeps a library's tables behind the change clock."""

from .connections import (
    STATEMENT_SECONDS,
    configure,
    open_engine,
    prepare_engine,
    read_url,
    snapshot,
    write_transaction,
)
from .guard import UnguardedWrite, reads_noted
from .schema import applied_revision, damage, ensure_additive_schema, known_revisions, missing_tables
from .statements import MAX_KEYS, Rows, execute, execute_many, fetch, in_chunks, insert_rows, savepoint, upsert
from .turns import Turns
