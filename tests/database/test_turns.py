"""Writers of one SQLite file wait in line, whatever becomes of the one that has the turn."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from movietracker.database import Turns
from movietracker.database.turns import Line
from movietracker.errors import DatabaseUnavailable

HOLDER = """
import sys
from movietracker.database import Turns
with Turns(sys.argv[1]).taken(None, 5):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_next_process_goes_on_when_one_is_killed_in_its_turn(tmp_path: Path) -> None:
    path = str(tmp_path / "app.db")
    entered = threading.Event()

    def enter() -> None:
        with Turns(path).taken(None, 5):
            entered.set()

    program = [sys.executable, "-c", HOLDER, path]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
        holder.kill()
        waiting.join(10)
    assert entered.is_set()


def test_a_writer_waits_no_longer_than_it_may_for_another_process_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = str(tmp_path / "app.db")
    first, second = Turns(path), Turns(path)  # as in two processes
    for _ in range(3):
        with first.taken(None, 5), pytest.raises(DatabaseUnavailable), second.taken(None, 0.05):
            pass
    with second.taken(None, 5):
        pass
    with first.taken(None, 5):
        pass


def test_a_writer_that_comes_again_gets_the_turn_for_which_it_has_waited(tmp_path: Path) -> None:
    path = str(tmp_path / "app.db")
    first, second = Turns(path), Turns(path)
    with first.taken(None, 5):
        with pytest.raises(DatabaseUnavailable), second.taken(None, 0.05):
            pass
        turn = second.taken(None, 5)
        waiting = threading.Thread(target=turn.__enter__)
        waiting.start()
        time.sleep(0.1)
    waiting.join(5)
    assert not waiting.is_alive()
    with pytest.raises(DatabaseUnavailable), first.taken(None, 0.05):
        pass
    turn.__exit__(None, None, None)


def test_a_user_with_many_connections_waits_for_their_own(tmp_path: Path) -> None:
    turns, order, started = Turns(str(tmp_path / "app.db")), [], threading.Semaphore(0)

    def write(user_id: str) -> None:
        started.release()
        with turns.taken(user_id, 10):
            order.append(user_id)

    with turns.taken(None, 1):
        writers = [threading.Thread(target=write, args=(name,)) for name in ["anna"] * 8 + ["ben"]]
        for each in writers:
            each.start()
            started.acquire()
            time.sleep(0.02)  # until it waits
    for each in writers:
        each.join()
    assert sorted(order) == ["anna"] * 8 + ["ben"]
    assert order.index("ben") <= 1


def test_threads_go_in_the_order_in_which_they_came() -> None:
    line, order = Line(), []

    def go(number: int) -> None:
        with line.taken(time.monotonic() + 10):
            order.append(number)

    with line.taken(time.monotonic() + 1):
        threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
        for each in threads:
            each.start()
            time.sleep(0.02)
    for each in threads:
        each.join()
    assert order == list(range(8))


def test_one_that_does_not_wait_any_longer_is_not_waited_for() -> None:
    line = Line()
    with line.taken(time.monotonic() + 1), pytest.raises(DatabaseUnavailable), line.taken(time.monotonic() + 0.01):
        pass
    with line.taken(time.monotonic()):
        pass


def test_files_that_cannot_be_made_stop_nobody(tmp_path: Path) -> None:
    with Turns(str(tmp_path / "gone" / "app.db")).taken("anna", 1):
        pass
    with Turns(":memory:").taken("anna", 1):
        pass
    assert list(tmp_path.iterdir()) == []
