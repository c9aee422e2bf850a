"""deploy/: each file passes its own program's check, and nginx serves movietracker as the example says."""

import configparser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.listening import Listener
from support.serving import serving
from support.waiting import wait_until

from movietracker.errors import BodyTooLarge, TooManyRequests

DEPLOY = Path(__file__).parents[2] / "deploy"
OWNER = "owner@movietracker.local"


def program(name: str) -> str:
    """Where a program is; skips when it is not installed."""
    places = (Path(sys.executable).parent, "/usr/sbin", "/sbin", *os.environ["PATH"].split(os.pathsep))
    found = shutil.which(name, path=os.pathsep.join(str(place) for place in places))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that there is on this machine."""
    text = (DEPLOY / "movietracker.service").read_text()
    assert "/opt/movietracker/bin/movietracker" in text
    path = tmp_path / "movietracker.service"
    path.write_text(text.replace("/opt/movietracker/bin/movietracker", "/bin/true"))
    return path


def test_systemd_accepts_the_unit(unit: Path) -> None:
    done = run(program("systemd-analyze"), "verify", "--man=no", str(unit))
    complaints = [line for line in done.stderr.splitlines() if "movietracker" in line]
    assert (complaints, done.returncode) == ([], 0)


def test_systemd_finds_the_unit_well_shut_in(unit: Path) -> None:
    done = run(program("systemd-analyze"), "security", "--offline=true", "--threshold=25", str(unit))
    assert done.returncode == 0, done.stdout[-300:]


def test_the_unit_gives_the_server_the_time_that_a_stop_takes() -> None:
    unit = (DEPLOY / "movietracker.service").read_text()
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) > 10  # type: ignore[index]
    assert "KillMode=mixed" in unit


def test_the_dockerfile_has_no_faults() -> None:
    done = run(program("hadolint"), str(DEPLOY / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_copies_what_git_holds_and_dockerignore_lets_through() -> None:
    ignore = (DEPLOY.parent / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert names
    for name in names:
        assert (DEPLOY.parent / name).exists(), name
        assert f"!{name}" in ignore


def test_the_image_has_the_drivers_that_compose_needs() -> None:
    extras = re.search(r"^ARG EXTRAS=(\S+)$", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)[1].split(",")  # type: ignore[index]
    config = configparser.ConfigParser()
    config.read(DEPLOY.parent / "setup.cfg")
    assert {"postgres", "redis"} <= set(extras) <= set(config["options.extras_require"])


def test_every_image_can_be_pinned_by_its_digest() -> None:
    """The digests change with each security update of the images, so the deployer sets them."""
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE)
    assert bases == ["${NODE_IMAGE}", *["${PYTHON_IMAGE}"] * 2]
    for name in ("PYTHON", "NODE"):
        assert re.search(rf"^ARG {name}_IMAGE=\S+$", dockerfile.partition("FROM ")[0], flags=re.MULTILINE)
    images = {f"{name}_IMAGE": f"{name.lower()}@sha256:{'0' * 64}" for name in ("PYTHON", "POSTGRES", "REDIS")}
    done = run(program("docker-compose"), "-f", str(DEPLOY / "compose.yaml"), "config", POSTGRES_PASSWORD="x", **images)
    assert done.returncode == 0, done.stderr
    assert {image for image in images.values() if image in done.stdout} == set(images.values())


def test_compose_accepts_its_file() -> None:
    done = run(
        program("docker-compose"), "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet", POSTGRES_PASSWORD="x"
    )
    assert done.returncode == 0, done.stderr


def test_compose_does_not_start_without_a_password() -> None:
    done = run(program("docker-compose"), "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet", POSTGRES_PASSWORD="")
    assert done.returncode != 0
    assert "set POSTGRES_PASSWORD" in done.stderr


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def is_open(port: int) -> bool:
    with closing(socket.socket()) as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "movies.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=2))
    names = x509.SubjectAlternativeName([x509.DNSName("movies.example.com")])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    paths = folder / "fullchain.pem", folder / "privkey.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def nginx_configuration(folder: Path, upstream: int, plain: int, secure: int) -> Path:
    """A whole configuration around the example, with ports, files and a certificate of this test's."""
    site = (DEPLOY / "nginx.conf").read_text()
    chain, key = certificate(folder)
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{secure} ssl http2;"),
        ("/etc/letsencrypt/live/movies.example.com/fullchain.pem", str(chain)),
        ("/etc/letsencrypt/live/movies.example.com/privkey.pem", str(key)),
        ("/var/log/nginx/movietracker.log", str(folder / "access.log")),
    ):
        assert old in site
        site = site.replace(old, new)
    site = re.sub(r"\n +listen \[::\]:[^\n]+", "", site)
    path = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{temporary}{site}\n}}\n"
    )
    return path


def test_nginx_accepts_the_example(tmp_path: Path) -> None:
    nginx = program("nginx")
    done = run(nginx, "-t", "-e", str(tmp_path / "error.log"), "-c", str(nginx_configuration(tmp_path, 1, 2, 3)))
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@contextmanager
def running_nginx(folder: Path, upstream: int) -> Iterator[tuple[int, int]]:
    """nginx in front of movietracker; yields its ports without and with TLS."""
    ports = free_port(), free_port()
    with nginx_of(folder, nginx_configuration(folder, upstream, *ports), ports[1]):
        yield ports


@contextmanager
def nginx_of(folder: Path, configuration: Path, port: int) -> Iterator[None]:
    """nginx with this configuration, once it listens on this port."""
    process = subprocess.Popen([program("nginx"), "-e", str(folder / "error.log"), "-c", str(configuration)])
    try:
        wait_until(lambda: is_open(port))
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_behind_nginx_clients_are_told_apart_and_nothing_internal_is_shown(tmp_path: Path) -> None:
    program("nginx")
    settings = {"TRUSTED_PROXIES": "1", "LOGIN_RATE_LIMIT": "5 per hour"}
    with (
        serving(tmp_path, "--workers", "1", settings=settings) as server,
        running_nginx(tmp_path, int(server.url.rpartition(":")[2])) as (plain, secure),
    ):
        base = f"https://127.0.0.1:{secure}"
        redirect = requests.get(f"http://127.0.0.1:{plain}/docs", allow_redirects=False, timeout=10)
        health = requests.get(f"{base}/api/health", verify=False, timeout=10)
        metrics = requests.get(f"{base}/metrics", verify=False, timeout=10)
        body = {"email": OWNER, "password": "wrong"}
        guesses = [
            requests.post(
                f"{base}/api/auth/login",
                json={**body, "email": f"unknown{number}@example.com"},
                headers={"X-Forwarded-For": f"198.51.100.{number}"},
                verify=False,
                timeout=10,
            ).status_code
            for number in range(7)
        ]

    assert (redirect.status_code, redirect.headers["Location"]) == (301, "https://127.0.0.1/docs")
    assert health.headers["Strict-Transport-Security"].startswith("max-age=")
    assert re.fullmatch(r"[0-9a-f]{32}", health.headers["X-Request-ID"])
    assert f"request_id={health.headers['X-Request-ID']}" in server.stderr, "nginx and movietracker log the same id"
    assert health.headers["X-Request-ID"] in (tmp_path / "access.log").read_text()
    assert metrics.status_code == 404
    assert guesses == [401] * 5 + [429] * 2, "made-up addresses do not help an attacker"


@pytest.mark.slow
def test_below_a_path_of_nginx_the_docs_and_links_stay_below_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1", settings={"TRUSTED_PROXIES": "1"}) as server:
        site = nginx_configuration(tmp_path, int(server.url.rpartition(":")[2]), free_port(), port := free_port())
        text = site.read_text().replace(f"{port} ssl http2;", f"{port};")
        for old, new in (
            (
                "location / {\n        proxy_pass http://movietracker;",
                "location /movies/ {\n proxy_pass http://movietracker/;",
            ),
            ('X-Forwarded-Prefix "";', "X-Forwarded-Prefix /movies;"),
        ):
            assert old in text
            text = text.replace(old, new)
        site.write_text(text)
        with nginx_of(tmp_path, site, port):
            base = f"http://127.0.0.1:{port}/movies"
            body = {"email": OWNER, "password": server.password}
            token = requests.post(f"{base}/api/auth/login", json=body, timeout=10).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            people = requests.get(f"{base}/api/people?limit=1", headers=headers, timeout=10)
            following = requests.get(urljoin(people.url, people.links["next"]["url"]), headers=headers, timeout=10)
            docs = requests.get(f"{base}/docs/", timeout=10)  # leads to the page without the slash
            needed = [urljoin(docs.url, found) for found in re.findall(r'(?:src|href)="([^"]+)"', docs.text)]
            statuses = [requests.get(found, timeout=10).status_code for found in needed]
            document = requests.get(urljoin(docs.url, "openapi.json"), timeout=10)
            address = urljoin(document.url, document.json()["servers"][0]["url"]).rstrip("/")
    assert (following.status_code, len(following.json())) == (200, len(people.json()))
    assert docs.url == f"{base}/docs"
    assert len(needed) >= 3
    assert set(statuses) == {200}
    assert address == base


@pytest.mark.slow
def test_the_images_health_check_asks_without_any_proxy(tmp_path: Path) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    script = re.search(r'HEALTHCHECK .+"-c", \\\n +"(.+)"\]', dockerfile)[1]  # type: ignore[index]
    with serving(tmp_path, "--workers", "1") as server:
        checked = script.replace("http://127.0.0.1:8000", server.url)
        assert checked != script
        done = run(sys.executable, "-c", checked, http_proxy="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert run(sys.executable, "-c", checked).returncode != 0, "the server is gone"


@pytest.mark.slow
def test_nginx_refuses_what_one_address_asks_too_much(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1", settings={"TRUSTED_PROXIES": "1"}) as server:
        site = nginx_configuration(tmp_path, int(server.url.rpartition(":")[2]), free_port(), port := free_port())
        text = site.read_text().replace(f"{port} ssl http2;", f"{port};")
        site.write_text(re.sub(r"rate=\d+r/s", "rate=1r/s", re.sub(r"burst=\d+", "burst=3", text)))
        with nginx_of(tmp_path, site, port):
            statuses = [requests.get(f"http://127.0.0.1:{port}/api/health", timeout=10).status_code for _ in range(6)]
    assert statuses[:4] == [200] * 4
    assert 429 in statuses[4:]


def balancer_lines() -> dict[str, str]:
    """What docs/deploy.md has nginx say behind a load balancer, by header."""
    (block,) = re.findall(r"```nginx\n(.+?)```", (DEPLOY.parent / "docs" / "deploy.md").read_text(), flags=re.DOTALL)
    return {line.split()[1]: line for line in block.splitlines()}


@pytest.mark.slow
def test_behind_a_load_balancer_and_nginx_clients_are_told_apart_and_hear_of_tls(tmp_path: Path) -> None:
    settings = {"TRUSTED_PROXIES": "2", "LOGIN_RATE_LIMIT": "1 per hour"}
    with serving(tmp_path, "--workers", "1", settings=settings) as server:
        # The balancer has done the TLS.
        site = nginx_configuration(tmp_path, int(server.url.rpartition(":")[2]), free_port(), port := free_port())
        text = site.read_text().replace(f"{port} ssl http2;", f"{port};")
        for header, line in balancer_lines().items():
            text, count = re.subn(rf"proxy_set_header {header} .+", line, text)
            assert count == 1
        site.write_text(text)

        def guess(number: int, forwarded_for: str) -> requests.Response:
            return requests.post(
                f"http://127.0.0.1:{port}/api/auth/login",
                json={"email": f"unknown{number}@example.com", "password": "wrong"},
                headers={"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": "https"},
                timeout=10,
            )

        with nginx_of(tmp_path, site, port):
            first = guess(1, "198.51.100.7")
            again = guess(2, "203.0.113.9, 198.51.100.7")
            other = guess(3, "198.51.100.8")
    assert [answer.status_code for answer in (first, again, other)] == [401, 429, 401]
    assert first.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.slow
def test_sockets_go_through_nginx_and_their_tokens_into_no_log(tmp_path: Path) -> None:
    program("nginx")
    with serving(tmp_path, "--workers", "1", settings={"TRUSTED_PROXIES": "1"}) as server:
        password = {"email": OWNER, "password": server.password}
        token = requests.post(f"{server.url}/api/auth/login", json=password, timeout=10).json()["access_token"]
        # The listener speaks no TLS, so it is let in by the plain port.
        site = nginx_configuration(tmp_path, int(server.url.rpartition(":")[2]), free_port(), port := free_port())
        site.write_text(site.read_text().replace(f"{port} ssl http2;", f"{port};"))
        with nginx_of(tmp_path, site, port), closing(Listener(port, token)) as listener:
            assert listener.next()["type"] == "connected"
            requests.post(
                f"{server.url}/api/people",
                json={"name": "Mum"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
            assert listener.until("peopleUpdated")
    logs = "".join(path.read_text() for path in (tmp_path / "access.log", tmp_path / "error.log", server.stderr_path))
    assert "/ws/sync" in logs
    assert token not in logs


# In the tests below nothing serves behind nginx: a request that is let through is 502.
THROUGH = 502


@contextmanager
def nginx_alone(folder: Path) -> Iterator[Callable[..., tuple[int, str]]]:
    """nginx without TLS; yields a function that asks it as an address, and returns the status and the body."""
    site = nginx_configuration(folder, free_port(), free_port(), port := free_port())
    text = site.read_text().replace(f"{port} ssl http2;", f"{port};")
    named = "set_real_ip_from 127.0.0.1; real_ip_header X-Address;"
    site.write_text(text.replace("server_name movies.example.com;", f"server_name movies.example.com; {named}"))
    with nginx_of(folder, site, port), closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:

        def ask(address: str, body: int = 0) -> tuple[int, str]:
            headers = {"X-Address": address, "Content-Length": str(body)}
            connection.request("POST", "/api/people", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        ask.port = port  # type: ignore[attr-defined]
        yield ask


def until_refused(ask: Callable[[str], tuple[int, str]], client: str, most: int) -> list[tuple[int, str]]:
    """Ask again and again as this client; returns what came back, the refusal last."""
    answers = [ask(client)]
    while answers[-1][0] != 429 and len(answers) < most:
        answers.append(ask(client))
    return answers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("eager", "same", "other"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("2001:db8:1:2::1", "2001:db8:1:2:9:8:7:6", "2001:db8:1:3::1"),
        ("2001:db8::1", "2001:db8:0:0:9:8:7:6", "2001:db8:0:1::1"),
    ],
    ids=["IPv4", "IPv6", "IPv6 with zeros"],
)
def test_nginx_lets_a_client_ask_so_often_and_others_meanwhile(
    tmp_path: Path, eager: str, same: str, other: str
) -> None:
    program("nginx")
    with nginx_alone(tmp_path) as ask:
        start = time.monotonic()
        *let_through, refusal = until_refused(ask, eager, 5000)
        seconds = time.monotonic() - start
        # One more is let through every 20 ms; a client of its own would have 501 at once.
        of_the_same = until_refused(ask, same, 100)[-1]
        of_another = ask(other)

    assert {status for status, _ in let_through} == {THROUGH}
    assert 501 <= len(let_through) <= 501 + 50 * seconds + 1
    assert (refusal[0], of_the_same[0], of_another[0]) == (429, 429, THROUGH)
    assert json.loads(refusal[1]) == {"detail": TooManyRequests.__doc__, "code": TooManyRequests.code}


@pytest.mark.slow
def test_nginx_serves_so_many_connections_of_a_client_and_others_meanwhile(tmp_path: Path) -> None:
    program("nginx")
    head = b"POST /api/people HTTP/1.1\r\nHost: x\r\nX-Address: 203.0.113.7\r\nContent-Length: 1\r\n\r\n"
    with nginx_alone(tmp_path) as ask, ExitStack() as held:

        def hold() -> None:
            """A connection whose request waits for its body."""
            held.enter_context(socket.create_connection(("127.0.0.1", ask.port), timeout=10)).sendall(head)

        for _ in range(199):
            hold()
        assert ask("203.0.113.7")[0] == THROUGH

        def is_refused_beside_one_more() -> bool:
            hold()  # nginx may refuse this one, while it still counts the request before
            return ask("203.0.113.7")[0] == 429

        wait_until(is_refused_beside_one_more)
        assert ask("203.0.113.8")[0] == THROUGH
        held.close()
        wait_until(lambda: ask("203.0.113.7")[0] == THROUGH)


@pytest.mark.slow
def test_a_body_that_nginx_refuses_is_told_as_the_server_tells_it(tmp_path: Path) -> None:
    program("nginx")
    with nginx_alone(tmp_path) as ask:
        status, body = ask("203.0.113.7", body=8 * 1024 * 1024 + 1)

    assert (status, json.loads(body)) == (413, {"detail": BodyTooLarge.__doc__, "code": BodyTooLarge.code})
