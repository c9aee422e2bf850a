"""Redis is killed and comes back while ``movietracker serve`` is under load, with two processes."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from standin import Standin
from support.listening import Listener
from support.live_server import LiveServer
from support.redis_server import PASSWORD, RedisServer, redis_server
from support.serving import Serving, serving
from support.waiting import wait_until

OWNER = "owner@movietracker.local"
AWAY, BACK = "Redis cannot be used", "Redis is back."
WORKERS = 2
MOST_LISTENERS = 200


class Load:
    """Requests of all kinds that use Redis, without a pause; ``answers`` counts what came of them."""

    def __init__(self, rest: LiveServer) -> None:
        self._rest = rest
        self._ended = threading.Event()
        self.answers: Counter[str] = Counter()

    def run(self, caller: int) -> None:
        wrong = {"email": OWNER, "password": "wrong"}
        for number in itertools.count():
            if self._ended.is_set():
                return
            self._note("search", self._rest.call("GET", f"/api/external/tmdb/search?q=matrix+{number % 3}").status)
            self._note("write", self._rest.call("POST", "/api/people", {"name": f"{caller}-{number}"}).status)
            self._note("login", self._rest.call("POST", "/api/auth/login", wrong).status)

    def _note(self, kind: str, status: int) -> None:
        self.answers[f"{kind} {status}"] += 1

    def wait_for_more(self, rounds: int = 10) -> None:
        wanted = self.answers.total() + 3 * rounds
        wait_until(lambda: self.answers.total() >= wanted)

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()


def rest_of(served: Serving) -> LiveServer:
    port = int(served.url.rpartition(":")[2])
    login = LiveServer(port).call("POST", "/api/auth/login", {"email": OWNER, "password": served.password})
    return LiveServer(port, f"Bearer {login.json['access_token']}")


def hear_of_a_list(rest: LiveServer, listeners: list[Listener]) -> None:
    """Each listener hears of a list that is made now."""
    made = rest.call("POST", "/api/lists", {"name": "Rainy"}).json["id"]
    assert [listener.until("listUpdated")["list_id"] for listener in listeners] == [made] * len(listeners)


def subscribers(redis: RedisServer) -> int:
    with redis.client() as client:
        return int(client.pubsub_numsub("movietracker:changes")[0][1])


def listen_in_every_process(redis: RedisServer, listen: Callable[[], Listener]) -> list[Listener]:
    """Listeners in each process; which of them takes a connection is the system's choice, and may be one for long."""
    listeners: list[Listener] = []
    while subscribers(redis) < WORKERS:
        assert len(listeners) < MOST_LISTENERS, "all connections went to one process"
        listeners.append(listen())
        listeners[-1].next()  # its process has it, and subscribes
        time.sleep(0.1)
    return listeners


def kinds_of_keys(redis: RedisServer) -> set[bytes]:
    with redis.client() as client:
        return {key.split(b":")[1] for key in client.keys("movietracker:*")}


@pytest.mark.slow
def test_redis_goes_away_under_load_and_no_client_notices(tmp_path: Path, standin: Standin) -> None:
    with ExitStack() as opened:
        redis = opened.enter_context(redis_server(tmp_path))
        settings = {"REDIS_URL": redis.url, "METADATA_PROVIDERS": "tmdb,omdb", "PROXY_RATE_LIMIT": ""}
        settings |= {"LOGIN_RATE_LIMIT": "100000 per hour", **standin.settings}
        served = opened.enter_context(serving(tmp_path, "--workers", str(WORKERS), settings=settings))
        rest = rest_of(served)
        token = str(rest.authorization).removeprefix("Bearer ")
        load = Load(rest)
        with load.running():
            load.wait_for_more()
            listeners = listen_in_every_process(
                redis, lambda: opened.enter_context(closing(Listener(rest.port, token)))
            )
            assert kinds_of_keys(redis) >= {b"answers", b"limits"}

            redis.kill()
            load.wait_for_more()
            wait_until(lambda: served.stderr.count(AWAY) == WORKERS)
            hear_of_a_list(rest, listeners)
            load.wait_for_more()

            redis.start()
            wait_until(lambda: served.stderr.count(BACK) == WORKERS)
            wait_until(lambda: subscribers(redis) == WORKERS)
            hear_of_a_list(rest, listeners)
            load.wait_for_more()
            assert kinds_of_keys(redis) >= {b"answers", b"limits"}
        said = served.stderr

    assert load.answers.keys() == {"search 200", "write 201", "login 401"}
    assert said.count(AWAY) == said.count(BACK) == WORKERS, "one warning for each process"
    assert "Traceback" not in said
    assert PASSWORD not in said
