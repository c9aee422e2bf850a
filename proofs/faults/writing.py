"""Writers that remember what was acknowledged, and the comparison with what is there afterwards.

A writer changes titles of its own in a library that it shares with others, by REST and by sync in turns. A write is
sent again until it is acknowledged, so in the end every write's outcome is known and the library can be compared title
by title. Whatever is missing then was acknowledged once, and lost.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from support.waiting import PATIENCE

from .clients import Answer, Connection, NoAnswer
from .crew import Job, Shift
from .site import User

PEOPLE = 40
TITLES_OF_A_WRITER = 1_000_000


@dataclass
class Title:
    """What a title must be like."""

    status: str = "toWatch"
    people: set[str] = field(default_factory=set)


@dataclass
class Write:
    """A request, what it makes of the titles, and how many actions it carries."""

    method: str
    path: str
    body: dict[str, Any]
    effects: list[tuple[str, str | None, str | None]]
    """IMDb id, the new status if it sets one, the person who recommends it if there is one."""


@dataclass
class Written:
    """What a writer did: its titles as they must be, and how its requests went."""

    user: User
    titles: dict[str, Title] = field(default_factory=dict)
    acknowledged: int = 0
    actions: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    sent_again: int = 0


def writer(url: str, user: User, *, tolerated: frozenset[int] = frozenset(), bulk: int = 0) -> Job:
    """A process that writes until its shift is over; statuses beside ``tolerated`` are faults, as is a wrong shape.

    ``bulk`` is how many bytes of details go with each recommendation by REST.
    """

    def job(shift: Shift) -> Written:
        written = Written(user)
        connection = Connection(url, user.token)
        for write in _writes(shift.number, "x" * bulk):
            _until_acknowledged(connection, write, written, tolerated, shift)
            if shift.is_over:
                break
        return written

    return job


def _writes(number: int, plot: str) -> Iterator[Write]:
    chance = random.Random(number)
    ids = (f"tt{number * TITLES_OF_A_WRITER + n:08}" for n in count(1))

    def someone() -> str:
        return f"Person {chance.randrange(PEOPLE)}"

    def recommendation(turn: int, part: int = 0) -> tuple[dict[str, Any], tuple[str, str | None, str | None]]:
        imdb_id, person = next(ids), someone()
        data = {"imdb_id": imdb_id, "person_name": person}
        told = {"id": f"{number}-{turn}-{part}", "action": "addRecommendation", "data": data, "timestamp": time.time()}
        return told, (imdb_id, None, person)

    for turn in count():
        imdb_id, person = next(ids), someone()
        body: dict[str, Any] = {"person_name": person, "date_recommended": 1_700_000_000 + turn}
        if plot:
            body["tmdb_data"] = {"title": "A title", "plot": plot}
        path = f"/api/movies/{imdb_id}"
        yield Write("POST", f"{path}/recommendations", body, [(imdb_id, None, person)])
        yield Write("PUT", f"{path}/status", {"status": "watched"}, [(imdb_id, "watched", None)])
        action, effect = recommendation(turn)
        yield Write("POST", "/api/sync", action, [effect])
        several = [recommendation(turn, part) for part in (1, 2, 3)]
        later = {"imdb_id": imdb_id, "status": "deleted"}
        told = {"id": f"{number}-{turn}-4", "action": "updateMovieStatus", "data": later, "timestamp": time.time()}
        effects = [each for _, each in several] + [(imdb_id, "deleted", None)]
        yield Write("POST", "/api/sync/batch", {"actions": [*(each for each, _ in several), told]}, effects)


def _until_acknowledged(
    connection: Connection, write: Write, written: Written, tolerated: frozenset[int], shift: Shift
) -> None:
    over_since: float | None = None
    while True:
        try:
            answer = connection.ask(write.method, write.path, write.body)
        except NoAnswer:
            written.refused["no answer"] += 1
        else:
            if _is_acknowledged(answer, written, tolerated):
                _take_effect(write, written)
                written.milliseconds.append(answer.milliseconds)
                shift.succeeded()
                return
        written.sent_again += 1
        if shift.is_over:
            over_since = over_since or time.monotonic()
            if time.monotonic() - over_since > PATIENCE:
                written.faults.append(f"{write.method} {write.path} is never acknowledged")
                return
        time.sleep(random.uniform(0.05, 0.2))


def _is_acknowledged(answer: Answer, written: Written, tolerated: frozenset[int]) -> bool:
    if answer.status_code in (200, 201):
        results = answer.json.get("results", [answer.json]) if isinstance(answer.json, dict) else []
        failed = [result for result in results if result.get("success") is False]
        if failed:
            written.faults.append(f"refused: {failed[0]}")
        return True
    written.refused[str(answer.status_code)] += 1
    fault = answer.impropriety()
    if answer.status_code not in tolerated:
        fault = f"{answer.status_code}: {answer.text[:300]}"
    if fault is not None and len(written.faults) < 20:
        written.faults.append(fault)
    return False


def _take_effect(write: Write, written: Written) -> None:
    written.acknowledged += 1
    written.actions += len(write.effects)
    for imdb_id, status, person in write.effects:
        title = written.titles.setdefault(imdb_id, Title())
        title.status = status or title.status
        title.people |= {person} if person else set()


@dataclass
class Comparison:
    """What was found when all was over."""

    titles: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unheard_of: list[str] = field(default_factory=list)


def compare(url: str, all_written: list[Written]) -> Comparison:
    """Hold the libraries against what their writers were told, title by title."""
    found = Comparison()
    for user in {written.user for written in all_written}:
        expected: dict[str, Title] = {}
        for written in all_written:
            expected |= written.titles if written.user == user else {}
        _compare_library(Connection(url, user.token), expected, found)
    return found


def _compare_library(connection: Connection, expected: dict[str, Title], found: Comparison) -> None:
    movies = connection.get("/api/movies")
    there = {movie["imdb_id"]: movie for movie in movies}
    found.titles += len(movies)
    found.twice += [imdb_id for imdb_id, times in Counter(m["imdb_id"] for m in movies).items() if times > 1]
    found.unheard_of += sorted(there.keys() - expected.keys())
    for imdb_id, title in expected.items():
        movie = there.get(imdb_id)
        if movie is None:
            found.lost.append(imdb_id)
            continue
        people = [vote["person_name"] for vote in movie["recommendations"]]
        if len(people) > len(set(people)):
            found.twice.append(imdb_id)
        if (movie["status"], set(people)) != (title.status, title.people):
            found.lost.append(f"{imdb_id}: {movie['status']} {people}, not {title}")
    names = Counter(person["name"] for person in connection.get("/api/people"))
    found.twice += [name for name, times in names.items() if times > 1]
