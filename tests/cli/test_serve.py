"""``movietracker serve``, as processes of their own."""

import errno
import re
import signal
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests
from standin import Answer, Standin
from support.serving import Serving, run_program, serving
from support.waiting import wait_until

pytestmark = pytest.mark.slow

OWNER = "owner@movietracker.local"
# No other test listens there, where a port that has just become free may be taken at once.
ADDRESS_OF_ITS_OWN = "127.0.0.7"


def log_in(server: Serving, password: str, email: str = OWNER) -> requests.Response:
    return requests.post(f"{server.url}/api/auth/login", json={"email": email, "password": password}, timeout=10)


def test_the_first_start_makes_the_owner_and_says_where_everything_is(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with serving(tmp_path, "--workers", "1") as server:
        answer = log_in(server, server.password)
        docs = requests.get(f"{server.url}/docs", timeout=10)
        assert server.process.poll() is None
        password, lines = server.password, " ".join(server.stdout.split())
        assert server.stop() == 0

    assert (answer.status_code, answer.json()["user"]["email"]) == (200, OWNER)
    assert docs.status_code == 200
    for line in (
        f"Database {instance / 'app.db'}",
        f"Docs {server.url}/docs",
        f"Admin token {instance / 'admin_token'}",
        "Metadata offline (details, discover, ratings, search)",
        "not configured: tmdb, omdb",
        f"Password in {instance / 'first_password'}",
    ):
        assert line in lines
    assert (instance / "admin_token").read_text().strip() not in lines
    log = server.stderr.splitlines()
    assert [line.partition(" route=")[2].split(" ms=")[0] for line in log if " route=" in line] == [
        "/api/auth/login status=200",
        "/docs status=200",
    ]
    kept = [path for path in instance.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert kept == [instance / "first_password"]
    assert kept[0].stat().st_mode & 0o777 == 0o600
    assert password not in server.stdout + server.stderr


def test_the_file_with_the_first_password_goes_when_that_password_is_changed(tmp_path: Path) -> None:
    file = tmp_path / "instance" / "first_password"
    with serving(tmp_path, "--workers", "1") as server:
        create = ("users", "create", "--email", "anna@example.com", "--username", "anna", "--password-stdin")
        for command in (create, ("users", "set-password", "anna", "--password-stdin")):
            assert run_program(tmp_path, *command, stdin=f"a long secret {len(command)}\n").returncode == 0
        headers = {"Authorization": f"Bearer {log_in(server, server.password).json()['access_token']}"}

        def change(new: str) -> int:
            body = {"current_password": server.password, "new_password": new}
            return requests.post(f"{server.url}/api/auth/password", json=body, headers=headers, timeout=10).status_code

        assert (change("short"), change(server.password)) == (422, 204)
        assert file.exists(), "the password is what it was"
        assert change("a secret of my own") == 204
        assert not file.exists()
        assert log_in(server, "a secret of my own").status_code == 200


def test_clients_are_told_while_the_first_password_is_in_use(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1") as server:
        create = ("users", "create", "--email", "anna@example.com", "--username", "anna", "--password-stdin")
        assert run_program(tmp_path, *create, stdin="a long secret\n").returncode == 0
        first, other = log_in(server, server.password), log_in(server, "a long secret", "anna@example.com")
        assert (first.json()["first_password"], "first_password" in other.json()) == (True, False)
        assert requests.get(f"{server.url}/api/health", timeout=10).json()["first_password"] is True

        headers = {"Authorization": f"Bearer {first.json()['access_token']}"}
        body = {"current_password": server.password, "new_password": "a secret of my own"}
        assert requests.post(f"{server.url}/api/auth/password", json=body, headers=headers, timeout=10).ok
        assert "first_password" not in log_in(server, "a secret of my own").json()
        assert "first_password" not in requests.get(f"{server.url}/api/health", timeout=10).json()


def test_each_start_says_where_the_first_password_is_until_it_is_changed(tmp_path: Path) -> None:
    starts = []
    for _ in range(2):
        with serving(tmp_path, "--workers", "1") as server:
            starts.append(server.stdout)
    done = run_program(tmp_path, "users", "set-password", "owner", "--password-stdin", stdin="a long secret\n")
    assert done.returncode == 0, done.stderr
    with serving(tmp_path, "--workers", "1") as server:
        starts.append(server.stdout)

    file = str(tmp_path / "instance" / "first_password")
    assert [said.count(file) for said in starts] == [1, 1, 0]
    assert [said.strip().rpartition("\n")[2].startswith("Ready on http://") for said in starts] == [True] * 3


@pytest.mark.parametrize("command", ["set-password", "delete"])
def test_it_goes_with_a_command_too(tmp_path: Path, command: str) -> None:
    with serving(tmp_path, "--workers", "1"):
        pass
    options = {"set-password": ["--password-stdin"], "delete": ["--yes"]}[command]
    done = run_program(tmp_path, "users", command, "owner", *options, stdin="a long secret\n")

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "instance" / "first_password").exists()


def test_without_a_file_for_its_password_no_account_is_made(tmp_path: Path) -> None:
    assert run_program(tmp_path, "db", "upgrade").returncode == 0
    (tmp_path / "instance" / "first_password").mkdir()
    done = run_program(tmp_path, "serve", "--port", "0")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "first_password" in done.stderr
    (tmp_path / "instance" / "first_password").rmdir()
    with serving(tmp_path, "--workers", "1") as server:
        assert log_in(server, server.password).status_code == 200


def test_later_starts_keep_the_account_and_show_no_password(tmp_path: Path) -> None:
    assert run_program(tmp_path, "db", "upgrade").returncode == 0
    create = ("users", "create", "--email", "anna@example.com", "--username", "anna", "--password-stdin")
    assert run_program(tmp_path, *create, stdin="a long secret\n").returncode == 0

    settings = {"ADMIN_TOKEN": "a token of my own", "TMDB_API_KEY": "0123456789abcdef"}
    with serving(tmp_path, "--workers", "1", settings=settings) as server:
        assert log_in(server, "a long secret", "anna@example.com").status_code == 200

    assert "Password" not in server.stdout
    assert OWNER not in run_program(tmp_path, "users", "list").stdout
    assert "as you set it in ADMIN_TOKEN" in server.stdout
    assert "tmdb (details, discover, search, tvdb); offline" in server.stdout
    assert not any(secret in server.stdout for secret in settings.values())


def test_a_port_in_use_is_told_in_one_sentence_before_anything_is_made(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        result = run_program(tmp_path, "serve", settings={"PORT": str(port)})

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"Error: Port {port} of 127.0.0.1 is in use by another program; choose another one with --port.\n"
    )
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--host", "nowhere.invalid"), "Error: Cannot listen on port 0 of nowhere.invalid: "),
        (("--port", "70000"), "Error: Invalid value for '--port' (env var: 'PORT'): 70000 is not in the range"),
        (("--workers", "none"), "Error: Invalid value for '--workers'"),
    ],
)
def test_impossible_options_are_told_in_one_sentence(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    result = run_program(tmp_path, "serve", *(() if "--port" in options else ("--port", "0")), *options)

    assert result.returncode in (1, 2)
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_upgrade_a_new_database_is_refused(tmp_path: Path) -> None:
    result = run_program(tmp_path, "serve", "--port", "0", "--no-upgrade")

    assert result.returncode == 1
    assert result.stderr == "Error: The database is not up to date; run: movietracker db upgrade\n"


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    assert run_program(tmp_path, "db", "upgrade").returncode == 0
    with closing(sqlite3.connect(tmp_path / "instance" / "app.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    result = run_program(tmp_path, "serve", "--port", "0")
    assert result.returncode == 1
    assert "This version of movietracker cannot migrate the database" in result.stderr
    assert "9999" in result.stderr
    assert "Traceback" not in result.stderr


def test_two_servers_that_start_at_once_make_one_account(tmp_path: Path) -> None:
    settings = {"MOVIETRACKER_INSTANCE_PATH": str(tmp_path / "shared")}
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()

    def start(folder: Path) -> tuple[int, bool]:
        with serving(folder, "--workers", "1", settings=settings) as server:
            answer = requests.get(f"{server.url}/api/health/ready", timeout=10)
            return answer.status_code, "Password" in server.stdout

    with ThreadPoolExecutor() as pool:
        started = list(pool.map(start, folders))
    assert [status for status, _ in started] == [200, 200]
    assert sum(has_password for _, has_password in started) == 1
    assert len(run_program(tmp_path, "users", "list", settings=settings).stdout.splitlines()) == 1


def test_worker_processes_count_logins_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", settings={"LOGIN_RATE_LIMIT": "6 per hour"}) as server:
        # A connection each, so that both processes take part.
        answers = [log_in(server, "wrong") for _ in range(9)]

    assert [answer.status_code for answer in answers] == [401] * 6 + [429] * 3
    assert 3500 < int(answers[-1].headers["Retry-After"]) <= 3601
    assert answers[-1].json()["code"] == "rate_limited"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_server_and_frees_the_port(tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path, "--host", ADDRESS_OF_ITS_OWN) as server:
        port = int(server.url.rpartition(":")[2])
        assert server.stop(how) == 0
        with closing(socket.socket()) as visitor:
            assert visitor.connect_ex((ADDRESS_OF_ITS_OWN, port)) == errno.ECONNREFUSED
    assert "Traceback" not in server.stderr


# In a worker process, making the application takes until it is interrupted, which this takes for a failure.
SLOW_TO_START = """
import os, time
from movietracker.pluginapi import hookimpl

@hookimpl
def register_settings(register):
    if os.environ.setdefault("STARTED_BY", str(os.getpid())) != str(os.getpid()):
        try:
            print("making", flush=True)
            time.sleep(30)
        except BaseException as problem:
            raise RuntimeError("interrupted") from problem
"""


def test_a_stop_while_it_starts_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "instance" / "plugins").mkdir(parents=True)
    (tmp_path / "instance" / "plugins" / "slow.py").write_text(SLOW_TO_START)
    with serving(tmp_path, "--workers", "1") as server:
        wait_until(lambda: "making" in (tmp_path / "stdout.txt").read_text())
        assert server.stop(signal.SIGINT) == 0
    assert server.stderr == ""


def test_a_request_under_way_is_answered_before_the_server_stops(tmp_path: Path, standin: Standin) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def hold(right: Answer) -> Answer:
        arrived.set()
        go_on.wait(20)
        return right

    standin.misbehave(hold)
    settings = {name: str(value) for name, value in standin.settings.items()}
    with serving(tmp_path, "--workers", "1", settings=settings) as server, ThreadPoolExecutor() as pool:
        token = log_in(server, server.password).json()["access_token"]
        search = f"{server.url}/api/external/tmdb/search?q=matrix"
        waiting = pool.submit(requests.get, search, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        try:
            assert arrived.wait(20)
            server.process.terminate()
        finally:
            go_on.set()
        assert waiting.result(20).status_code == 200
        assert server.process.wait(20) == 0


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this system has no folder in memory")
def test_workers_count_in_memory_where_a_full_disk_cannot_end_them(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1") as server:
        assert requests.get(f"{server.url}/api/health", timeout=20).status_code == 200
        (worker,) = server.workers()
        mapped = re.findall(r"(/\S*)/movietracker-metrics-\S+\.db", Path(f"/proc/{worker}/maps").read_text())
        assert set(mapped) == {"/dev/shm"}
        assert server.stop() == 0
    assert [*Path("/dev/shm").glob(f"movietracker-metrics-*/*_{worker}.db")] == []


def test_secrets_that_can_be_guessed_and_misspelt_names_are_logged_at_each_start(tmp_path: Path) -> None:
    settings = {"SECRET_KEY": "changeme", "TMDB_APIKEY": "0123456789"}
    with serving(tmp_path, settings=settings) as server:
        logged = server.stderr

    assert "WARNING movietracker.serve: SECRET_KEY is so short that it can be guessed." in logged
    assert "TMDB_APIKEY (from the environment) is not a setting and has no effect; TMDB_API_KEY is." in logged
    assert "changeme" not in logged
    assert "0123456789" not in logged
