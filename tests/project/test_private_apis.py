"""The private parts of libraries that docs/decisions/0001-private-apis.md lists are still there, in the same shape."""

import inspect
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from gunicorn import util
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.parser import Parser, RequestParser
from gunicorn.workers.gthread import ThreadWorker
from pyrate_limiter import Rate, RateItem, SQLiteBucket
from requests_cache import SQLiteDict
from simple_websocket import Server
from sqlalchemy import CursorResult, bindparam, event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError
from urllib3 import HTTPConnectionPool, Retry

from movietracker.cli.connection import Connection
from movietracker.cli.worker import Worker
from movietracker.extensions import db
from movietracker.models import MOVIES, USERS


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


class TestGunicorn:
    @pytest.mark.parametrize(
        "name",
        [
            *("accept", "set_accept_enabled", "handle", "handle_request", "finish_request", "_keepalive_after"),
            *("murder_pending", "handle_error"),
        ],
    )
    def test_the_worker_has_the_methods_that_ours_overrides(self, name: str) -> None:
        assert name in vars(Worker)
        assert parameters(getattr(ThreadWorker, name)) == parameters(getattr(Worker, name))

    def test_the_worker_calls_them(self) -> None:
        assert "EVENT_READ, self.accept)" in inspect.getsource(ThreadWorker.set_accept_enabled)
        assert "self._keepalive_after(conn, self.handle_request(req, conn))" in inspect.getsource(ThreadWorker.handle)
        enqueue = inspect.getsource(ThreadWorker.enqueue_req)
        assert "self.tpool.submit(self.handle, conn)" in enqueue
        assert "self.method_queue.defer(self.finish_request, conn, fut)" in enqueue
        run = inspect.getsource(ThreadWorker.run)
        assert run.index("self.set_accept_enabled(False)") < run.index("while self.nr_conns > 0")
        assert run.count("self.murder_pending()") == 2
        assert "callback = key.data" in inspect.getsource(ThreadWorker.wait_for_and_dispatch_events)

    def test_the_worker_counts_connections_and_has_a_poller(self) -> None:
        worker = ThreadWorker(1, 1, [], None, 30, Config(), None)
        worker.tmp.close()

        assert worker.nr_conns == 0
        assert worker.worker_connections > 0
        assert hasattr(worker, "poller")

    def test_a_connection_takes_a_parser_of_ours_and_reads_nothing_itself(self) -> None:
        ours, theirs = socket.socketpair()
        with closing(theirs):
            conn = Connection(Config(), ours, ("", 0), ("", 0))
            conn.init()

            assert conn.data_ready
            assert conn.parser.unreader.sock is conn
            assert conn.parser.unreader.take_buffered() == b""
            assert conn.sock.getblocking()
            conn.close()

    def test_a_request_tells_whether_its_client_waits_for_continue(self) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        assert next(RequestParser(Config(), [head], ("", 1)))._expected_100_continue is True

    def test_responses_are_sent_by_sendall(self) -> None:
        assert "sock.sendall(" in inspect.getsource(util.write)
        assert "sock.sendall(" in inspect.getsource(util.write_chunk)

    def test_the_parser_reads_the_rest_of_a_body_within_limits(self) -> None:
        assert {"deadline", "max_bytes"} <= set(parameters(Parser.finish_body))

    @pytest.mark.parametrize(("sent", "error"), [(b"x\r\n", ParseException), (b"5\r\n{", NoMoreData)])
    def test_the_chunk_reader_raises_what_the_error_handlers_know(self, sent: bytes, error: type[Exception]) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        request = next(RequestParser(Config(), [head + sent], ("127.0.0.1", 1)))

        with pytest.raises(error):
            request.body.read()


class TestSimpleWebsocket:
    def test_a_server_has_the_socket_the_protocol_and_a_thread_of_our_class(self) -> None:
        started: list[Callable[[], None]] = []

        class Thread:
            name = ""

            def __init__(self, target: Callable[[], None]) -> None:
                self.target = target

            def start(self) -> None:
                started.append(self.target)

        ours, theirs = socket.socketpair()
        environ = {
            "gunicorn.socket": ours,
            "HTTP_HOST": "x",
            "HTTP_UPGRADE": "websocket",
            "HTTP_CONNECTION": "Upgrade",
            "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
            "HTTP_SEC_WEBSOCKET_VERSION": "13",
        }
        with closing(ours), closing(theirs):
            server = Server(environ, thread_class=Thread)

            assert server.sock is ours
            assert server.connected is True
            assert len(started) == 1
            assert theirs.recv(4096).startswith(b"HTTP/1.1 101 ")


class TestSQLAlchemy:
    """database/statements.py runs compiled statements by the driver's cursor, as SQLAlchemy's own execution does."""

    def test_listeners_of_a_connection_can_be_called(self, app: Flask) -> None:
        with app.app_context(), db.engine.connect() as connection:
            heard: list[object] = []
            event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
            for listener in connection.dispatch.before_cursor_execute:
                listener(connection, None, "SELECT 1", (), None, False)
            assert heard == ["SELECT 1"]

    def test_a_compiled_statement_tells_its_parameters_in_order(self) -> None:
        statement = select(MOVIES.c.title).where(MOVIES.c.imdb_id == bindparam("of_movie"), MOVIES.c.seq > 3).limit(2)
        made = statement.compile(dialect=sqlite.dialect())
        assert made.positional
        binds = {name: bind for bind, name in made.bind_names.items()}
        assert [(binds[name].required, binds[name].value) for name in made.positiontup or ()] == [
            (True, None),
            (False, 3),
            (False, 2),
            (False, 0),
        ]
        assert not made.post_compile_params
        assert not select(MOVIES).compile(dialect=postgresql.psycopg.dialect()).positional
        assert MOVIES.select().where(MOVIES.c.imdb_id.in_(["x"])).compile().post_compile_params

    def test_an_insert_is_compiled_for_the_columns_that_it_is_given(self) -> None:
        made = insert(USERS).compile(dialect=sqlite.dialect(), column_keys=["id", "email"])
        assert list(made.bind_names.values()) == ["id", "email"]

    def test_a_context_holds_the_compiled_statement_and_that_its_statement(self, app: Flask) -> None:
        with app.app_context(), db.engine.connect() as connection:
            heard: list[Any] = []
            event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[4]))
            statement = select(MOVIES.c.imdb_id).limit(1)
            connection.execute(statement)
            assert heard[-1].compiled.statement is not None

    def test_a_result_has_the_drivers_cursor(self, app: Flask) -> None:
        with app.app_context(), db.engine.connect() as connection:
            result = connection.execute(select(1))
            assert isinstance(result, CursorResult)
            assert result.cursor.fetchall() == [(1,)]

    def test_errors_of_the_driver_can_be_made_sqlalchemys(self) -> None:
        assert callable(DBAPIError.instance)
        assert callable(DefaultDialect.is_disconnect)
        assert callable(sqlalchemy.Connection.invalidate)


class TestUpstream:
    """upstream/ overrides public methods of three libraries, and relies on when they call them."""

    def test_a_storage_runs_its_statements_on_the_connection_that_ours_yields(self) -> None:
        assert parameters(SQLiteDict.connection) == ["self", "commit"]
        assert "self.init_db()" in inspect.getsource(SQLiteDict.__init__)
        assert "self.connection(commit=True)" in inspect.getsource(SQLiteDict._write)

    def test_retries_are_counted_and_slept_between_by_our_methods(self) -> None:
        assert parameters(Retry.increment)[:5] == ["self", "method", "url", "response", "error"]
        urlopen = inspect.getsource(HTTPConnectionPool.urlopen)
        assert urlopen.count("retries.increment(") == urlopen.count("retries = retries.increment(") > 0
        assert {"retries.sleep()", "retries.sleep(response)"} <= set(urlopen.split())

    def test_a_bucket_works_on_a_connection_under_a_lock(self) -> None:
        bucket = SQLiteBucket.init_from_file([Rate(1, 1000)], db_path=":memory:")
        assert bucket.conn.execute(f"SELECT count(*) FROM {bucket.table}").fetchone() == (0,)
        with bucket.lock:
            assert bucket.put(RateItem("a", 0))
        bucket.close()
