"""A PgBouncer of a test's own before the tests' PostgreSQL; it gives each transaction any of few sessions."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from support.waiting import wait_until

SETTINGS = """\
[databases]
{name} = host={host} port={port} user={user} password='{password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 500
query_wait_timeout = 20
ignore_startup_parameters = {ignored}
"""


@contextmanager
def pgbouncer(folder: Path, url: str, *, sessions: int, ignored: str = "") -> Iterator[str]:
    """The URL of a database through a PgBouncer that pools transactions; skips the test where it is not installed.

    It refuses the startup parameters that it does not know, but ignores those that ``ignored`` names.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    database = make_url(url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    written, log = folder / "pgbouncer.ini", folder / "pgbouncer.log"
    written.write_text(
        SETTINGS.format(
            name=database.database,
            host=database.host,
            port=database.port or 5432,
            user=database.username,
            password=database.password or "none",  # which may not be empty
            listen_port=port,
            sessions=sessions,
            ignored=ignored,
        )
    )
    pooled = database.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    with log.open("wb") as output:
        process = subprocess.Popen([program, *as_nobody, written], stdout=output, stderr=output)
    try:
        wait_until(lambda: _answers(pooled) or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield pooled
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
