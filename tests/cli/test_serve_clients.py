"""``movietracker serve`` and clients that are idle, slow, nonsensical, or under way when it stops."""

import http.client
import os
import re
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import requests
from support.serving import PROGRAM, Serving, serving
from support.stopwatch import Stopwatch
from support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

PLUGIN = """
from flask import Blueprint
from movietracker.pluginapi import hookimpl

@hookimpl
def register_blueprints(register, context):
    blueprint = Blueprint("said", __name__)

    @blueprint.get("/said")
    def said():
        return {answer}

    register(blueprint)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with few threads and little patience."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, "--workers", "1", "--threads", "2", settings={"REQUEST_TIMEOUT": "2"}) as server:
        yield server


def port_of(server: Serving) -> int:
    return int(server.url.rpartition(":")[2])


def connect(server: Serving) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(server)), timeout=40)


def test_idle_connections_cost_no_thread(served: Serving) -> None:
    with ExitStack() as idle:
        for _ in range(100):
            idle.enter_context(closing(connect(served)))
        watch = Stopwatch(*served.workers())
        for _ in range(5):
            assert requests.get(f"{served.url}/api/health", timeout=PATIENCE).status_code == 200
        assert watch.seconds() < 4.5, "gunicorn alone lets each of them hold a thread for 5 s"


def read_to_the_end(sock: socket.socket) -> bytes:
    heard = b""
    try:
        while data := sock.recv(65_536):
            heard += data
    except ConnectionError:
        pass
    return heard


@pytest.mark.parametrize(
    "beginning",
    [
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"GET /api/health HTT",
    ],
)
def test_a_client_that_is_too_slow_is_cut_off(served: Serving, beginning: bytes) -> None:
    with closing(connect(served)) as sock, closing(connect(served)) as other:
        sock.sendall(beginning)
        other.sendall(beginning)
        for each in (sock, other):
            assert b" 200 " not in read_to_the_end(each)
    assert requests.get(f"{served.url}/api/health", timeout=20).status_code == 200


@pytest.mark.parametrize(
    ("nonsense", "status", "code"),
    [
        (b"HELLO\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nbroken header\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "request_uri_too_long"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431, "request_header_fields_too_large"),
    ],
)
def test_what_is_no_http_is_answered_like_every_error(served: Serving, nonsense: bytes, status: int, code: str) -> None:
    with closing(connect(served)) as sock:
        sock.sendall(nonsense)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        body = answer.read()
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    assert re.fullmatch(rb'\{"detail":"[A-Z][^"]+\.","code":"[a-z_]+"\}', body), body
    assert f'"{code}"'.encode() in body


def statuses_of(served: Serving, sent: bytes, then: bytes = b"") -> list[int]:
    """The statuses of all responses on one connection; ``then`` is sent after the first bytes have come."""
    with closing(connect(served)) as sock:
        sock.sendall(sent)
        heard = sock.recv(65_536)
        sock.sendall(then)
        sock.shutdown(socket.SHUT_WR)
        heard += read_to_the_end(sock)
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+) ", heard)]


def test_requests_that_come_before_the_response_of_the_one_before_are_answered_in_turn(served: Serving) -> None:
    get = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
    post = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{"
    assert statuses_of(served, get + post + get * 30) == [200, 400, *[200] * 30]


@pytest.mark.parametrize("size", [2, 100_000])
def test_a_client_that_waits_for_continue_is_told_once(served: Serving, size: int) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % size
    assert statuses_of(served, head, b"{" * size) == [100, 400]


def test_a_request_that_does_not_end_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1", settings={"REQUEST_TIMEOUT": "1"}) as server:
        assert statuses_of(server, b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{") == [408]


def test_a_client_that_reads_late_gets_all(served: Serving) -> None:
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(40)
        sock.connect(("127.0.0.1", port_of(served)))
        sock.sendall(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.5)
        heard = read_to_the_end(sock)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(body) > 500_000


@pytest.mark.parametrize("size", [100, 70_000, 1_500_000])
def test_an_answer_to_an_unread_body_leaves_the_connection_open(served: Serving, size: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=20)) as connection:
        for _ in range(3):
            connection.request("POST", "/api/sync/batch", b" " * size, {"Authorization": "Bearer dead"})
            with connection.getresponse() as answer:
                assert (answer.status, answer.read()[:1]) == (401, b"{")
        connection.request("GET", "/api/health")
        assert connection.getresponse().status == 200


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
def test_an_answer_to_a_large_unread_body_says_that_the_connection_is_closed(
    served: Serving, headers: dict[str, str]
) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=20)) as connection:
        body = (b" " * 65_536 for _ in range(40)) if headers else b" " * 2_500_000
        connection.request("POST", "/api/auth/login", body, headers, encode_chunked=bool(headers))
        with connection.getresponse() as answer:
            assert (answer.status, answer.getheader("Connection")) == (413, "close")


class Caller:
    """Asks without a pause until there is no server any more; every request must be answered whole."""

    def __init__(self, port: int, *, keeps_alive: bool) -> None:
        self._port = port
        self._keeps_alive = keeps_alive
        self.ends: Counter[str] = Counter()

    def run(self) -> None:
        while self._ask_on_one_connection():
            pass

    def _ask_on_one_connection(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)) as connection:
            try:
                connection.connect()
            except (ConnectionRefusedError, ConnectionResetError):  # the latter in the moment when the port is closed
                return False
            is_accepted = False
            while True:
                try:
                    connection.request("GET", "/openapi.json", headers={"X-Request-ID": "x"})
                    answer = connection.getresponse()
                    body = answer.read()
                    self.ends["whole" if answer.status == 200 and body.endswith(b"}") else f"{answer.status}"] += 1
                    is_accepted = True
                except (http.client.HTTPException, OSError) as error:
                    if isinstance(error, ConnectionResetError) and not is_accepted:
                        return False  # it waited at the port when that was closed, and nobody has read it
                    self.ends[type(error).__name__] += 1
                    return True
                if answer.will_close or not self._keeps_alive:
                    return True


def test_no_request_is_lost_when_the_server_stops_under_load(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", "--threads", "4") as server, ThreadPoolExecutor(6) as pool:
        callers = [Caller(port_of(server), keeps_alive=number % 2 == 0) for number in range(6)]
        running = [pool.submit(caller.run) for caller in callers]
        wait_until(lambda: all(caller.ends["whole"] >= 10 for caller in callers))
        watch = Stopwatch(server.process.pid, *server.workers())
        assert server.stop() == 0
        assert watch.seconds() < 10
        for each in running:
            each.result(30)

    ends = sum((caller.ends for caller in callers), Counter())
    assert ends == {"whole": server.stderr.count("request_id=x ")}, "each that was read is answered"
    assert "Traceback" not in server.stderr


def test_idle_connections_do_not_hold_up_the_stop(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1") as server, ExitStack() as idle:
        for _ in range(5):
            idle.enter_context(closing(connect(server)))
        kept = idle.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=20)))
        kept.request("GET", "/api/health")
        kept.getresponse().read()
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 9


def test_reload_serves_what_the_code_says_now(tmp_path: Path) -> None:
    plugin = tmp_path / "instance" / "plugins" / "said.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(PLUGIN.format(answer="'before'"))

    def said() -> str:
        try:
            return requests.get(f"{server.url}/said", timeout=60).text  # it waits for the new process
        except requests.ConnectionError:
            return "nothing"

    def is_noticed() -> bool:
        os.utime(plugin)  # on a busy machine the watcher has not yet looked at it the first time
        return said() == "after it was changed"

    with serving(tmp_path, "--workers", "1", "--reload", program=PROGRAM) as server:
        assert said() == "before"
        time.sleep(1.1)  # the watcher compares times of whole seconds
        plugin.write_text(PLUGIN.format(answer="'after it was changed'"))
        wait_until(is_noticed)


def test_there_are_no_debug_pages_even_when_flask_is_told_to_debug(tmp_path: Path) -> None:
    plugin = tmp_path / "instance" / "plugins" / "said.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(PLUGIN.format(answer="1 / 0"))
    settings = {"FLASK_DEBUG": "1", "MOVIETRACKER_PLUGINS_DISABLED": "web"}
    with serving(tmp_path, "--workers", "1", settings=settings) as server:
        answer = requests.get(f"{server.url}/said", timeout=10)
        console = requests.get(f"{server.url}/console", timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "ZeroDivisionError" not in answer.text
    assert answer.json()["detail"].endswith(f"{answer.headers['X-Request-ID']}.")
    assert answer.headers["X-Request-ID"] in server.stderr
    assert console.status_code == 404


def test_the_processes_count_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        # A connection each, so that both processes take part.
        done = [requests.get(f"{server.url}/api/health", timeout=10).status_code for _ in range(20)]
        shown = [requests.get(f"{server.url}/metrics", timeout=10).text for _ in range(3)]
    assert done == [200] * 20
    for text in shown:
        assert 'movietracker_requests_total{method="GET",route="/api/health",status="200"} 20.0' in text


def workers_of(server: Serving) -> set[int]:
    pid = server.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def health_of(server: Serving) -> int:
    """The status of a request on a connection of its own; 0 when it found no server."""
    try:
        return requests.get(f"{server.url}/api/health", timeout=20).status_code
    except requests.ConnectionError:
        return 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGABRT])
def test_a_process_that_ends_is_replaced_by_one_that_answers_and_counts(tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path, "--workers", "1") as server:
        assert health_of(server) == 200
        (worker,) = workers_of(server)
        os.kill(worker, how)
        wait_until(lambda: worker not in workers_of(server) and len(workers_of(server)) == 1)
        assert health_of(server) == 200
        shown = requests.get(f"{server.url}/metrics", timeout=20).text
        folder = metrics_folder_of(server)
        assert folder.is_dir()
    assert 'movietracker_requests_total{method="GET",route="/api/health",status="200"} 2.0' in shown
    assert not folder.exists(), "nothing is left behind"


def test_a_process_begins_to_count_even_if_the_folder_of_the_counts_was_cleared_away(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1") as server:
        assert health_of(server) == 200
        (worker,) = workers_of(server)
        folder = metrics_folder_of(server)
        shutil.rmtree(folder)
        os.kill(worker, signal.SIGTERM)
        wait_until(lambda: worker not in workers_of(server) and len(workers_of(server)) == 1)
        assert health_of(server) == 200
        other = tmp_path / "other"
        other.mkdir()
        with serving(other, "--workers", "1"):
            assert folder.is_dir(), "the next server removes only what no process uses"


def test_the_counts_of_a_server_that_was_killed_are_removed_by_the_next_and_those_of_others_stay(
    tmp_path: Path,
) -> None:
    folders = [tmp_path / name for name in ("killed", "other", "next")]
    for folder in folders:
        folder.mkdir()
    with serving(folders[0], "--workers", "1") as killed, serving(folders[1], "--workers", "1") as other:
        assert (health_of(killed), health_of(other)) == (200, 200)
        left, used = metrics_folder_of(killed), metrics_folder_of(other)
        killed.kill()
        killed.process.wait(PATIENCE)
        assert left.is_dir()
        with serving(folders[2], "--workers", "1"):
            assert not left.exists()
            assert used.is_dir()


def metrics_folder_of(server: Serving) -> Path:
    """Where a worker's counts are: what it has mapped into its memory."""
    (worker,) = workers_of(server)
    mapped = Path(f"/proc/{worker}/maps").read_text()
    return Path(re.findall(r"(/\S+/movietracker-metrics-[^/\s]+)/", mapped)[0])


def test_a_hangup_renews_the_processes_and_loses_no_request(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        assert health_of(server) == 200
        wait_until(lambda: len(workers_of(server)) == 2)
        before = workers_of(server)
        server.process.send_signal(signal.SIGHUP)
        answers = []
        wait_until(lambda: answers.append(health_of(server)) or not workers_of(server) & before)
        answers += [health_of(server) for _ in range(4)]
    assert set(answers) == {200}
    assert "Traceback" not in server.stderr


def test_a_client_that_sends_too_much_is_told_so(served: Serving) -> None:
    address = f"{served.url}/api/auth/login"
    for size in (1_000_000, 40_000_000):
        assert requests.post(address, data=b" " * size, timeout=30).status_code == 413

    def slowly() -> Iterator[bytes]:
        for _ in range(40):
            time.sleep(0.1)
            yield b" " * 100_000

    assert requests.post(address, data=slowly(), timeout=30).status_code == 413
