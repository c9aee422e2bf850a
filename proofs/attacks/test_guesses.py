"""How many guesses at the administrator's token are let through, where LOGIN_RATE_LIMIT allows 10 a minute?

However many processes and threads count, and also while nothing can be written to the disk: at most twice as many.
"""

import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from support import disks
from support.serving import Serving, serving
from support.waiting import wait_until

from .cost import MAX_HEALTH_SECONDS, cost_of

pytestmark = pytest.mark.slow

ALLOWED = 10
CLIENTS = 48
SECONDS = 2.0
SETTINGS = {"ADMIN_TOKEN": "the admin token of the proofs", "LOGIN_RATE_LIMIT": f"{ALLOWED} per minute"}


def fill(folder: Path) -> None:
    """From now on, nothing can be written to the folder."""
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(bytes(512)):
            pass


def has_begun(server: Serving, workers: int) -> bool:
    """Whether all workers have opened the database; none could on a full disk."""
    maps = [Path(f"/proc/{pid}/maps").read_text() for pid in server.workers()]
    return len(maps) == workers and all("app.db" in each for each in maps)


def guess(server: Serving) -> Counter[int]:
    """Guess without a pause, over one connection."""
    statuses: Counter[int] = Counter()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    ends_at = time.monotonic() + SECONDS
    while time.monotonic() < ends_at:
        connection.request("POST", "/api/auth/admin/login", '{"token":"guess"}')
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    connection.close()
    return statuses


def guess_from_everywhere(server: Serving) -> Counter[int]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(guess, [server] * CLIENTS), Counter())


@pytest.mark.parametrize("options", [("--workers", "1"), ("--workers", "4"), ("--workers", "4", "--threads", "64")])
def test_a_flood_of_guesses_passes_the_limit_at_most_twice_over(tmp_path: Path, options: tuple[str, ...]) -> None:
    with serving(tmp_path, *options, settings=SETTINGS) as server:
        wait_until(lambda: has_begun(server, int(options[1])))
        with cost_of(server) as cost:
            statuses = guess_from_everywhere(server)

    assert ALLOWED <= statuses[401] <= 2 * ALLOWED
    assert statuses.keys() == {401, 429}
    assert cost.health_seconds <= MAX_HEALTH_SECONDS, cost


def test_a_full_disk_lets_no_more_guesses_through(tmp_path: Path) -> None:
    if reason := disks.missing():
        pytest.skip(reason)
    instance = tmp_path / "instance"
    instance.mkdir()
    with (
        disks.small_disk(instance, "16m"),
        serving(tmp_path, "--workers", "4", settings=SETTINGS) as server,
    ):
        wait_until(lambda: has_begun(server, 4))
        fill(instance)
        statuses = guess_from_everywhere(server)

    assert 0 < statuses[401] <= 2 * ALLOWED
    assert statuses.keys() == {401, 429}
