"""Providers that hang, fail or return nonsense: requests end in time, and what is good is used."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker.metadata import guard
from movietracker.metadata.guard import GuardedProvider
from movietracker.plugin.providers import SearchHit
from movietracker.pluginapi import ProviderUnreachable
from movietracker.services.accounts import Account
from movietracker.state import state
from movietracker.upstream import time_limit

ODD = """
import itertools
import threading
from movietracker.pluginapi import *

RELEASED = threading.Event()
CALLS = []
GOOD = SearchHit(7, "Odd", "movie", "1999")
DETAILS = TitleDetails(7, "tt9200007", "Odd", "movie")


def hang():
    RELEASED.wait(60)


class Odd(BaseProvider):
    name = "odd"
    priority = 1
    id_namespace = 4000
    capabilities = frozenset(Capability)
    key = "a key"

    def is_configured(self):
        return self.key

    def check(self):
        return {check}

    def search(self, query, year=None):
        CALLS.append(query)
        return {search}

    def details(self, title_id, media_type, *, fresh=False):
        return {details}

    def find(self, imdb_id, *, fresh=False):
        return {details}

    def credits(self, title_id, media_type):
        return {credits}

    def ratings(self, imdb_id, *, fresh=False):
        return {ratings}

    def discover(self, query):
        return {search}

    def find_by_tvdb(self, tvdb_id):
        return {details}


@hookimpl
def register_metadata_providers(register):
    register(Odd())
"""

RIGHT = {
    "check": "'Odd responds.'",
    "search": "[GOOD]",
    "details": "DETAILS",
    "credits": "Credits()",
    "ratings": "TitleRatings('tt9200007', 'Odd')",
}

MakeOdd = Callable[..., Flask]


@pytest.fixture
def make_odd(make_app: MakeApp, instance_path: Path) -> Iterator[MakeOdd]:
    """Makes applications with the provider ``odd``, of which some methods return the given expressions."""

    def make(settings: dict[str, str] | None = None, **wrong: str) -> Flask:
        (instance_path / "plugins").mkdir(parents=True, exist_ok=True)
        (instance_path / "plugins" / "odd.py").write_text(ODD.format(**RIGHT | wrong))
        return make_app(**{"METADATA_PROVIDERS": "odd", "PROVIDER_TIMEOUT": "1"} | (settings or {}))

    yield make
    if "movietracker_plugin_odd" in sys.modules:
        plugin().RELEASED.set()


def plugin() -> ModuleType:
    return sys.modules["movietracker_plugin_odd"]


def search(client: Client, query: str = "matrix") -> Any:
    return client.get(f"/api/external/tmdb/search?q={query}")


def test_a_provider_that_hangs_is_left_and_the_next_one_responds(
    make_odd: MakeOdd, anna: Account, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(make_odd({"METADATA_PROVIDERS": "odd,offline"}, search="hang()"), anna)

    assert search(client).json[0]["title"] == "The Matrix"
    assert not plugin().RELEASED.is_set()
    assert "odd is skipped for a minute" in caplog.text

    assert search(client, "alien").json[0]["title"] == "Alien"
    assert plugin().CALLS == ["matrix"], "it is skipped"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("search", "tmdb/search?q=odd"),
        ("search", "tmdb/discover/list?kind=popular"),
        ("details", f"tmdb/movie/{(4000 << 40) + 7}"),
        ("credits", f"tmdb/movie/{(4000 << 40) + 7}/credits"),
        ("ratings", "omdb/movie/tt9200007"),
    ],
)
def test_the_only_provider_that_hangs_is_unavailable(make_odd: MakeOdd, anna: Account, method: str, path: str) -> None:
    client = client_of(make_odd(**{method: "hang()"}), anna)

    assert_problem(client.get(f"/api/external/{path}"), 503, "provider_unavailable")
    assert not plugin().RELEASED.is_set()


def test_a_title_is_added_while_its_provider_hangs(make_odd: MakeOdd, anna: Account) -> None:
    client = client_of(make_odd(details="hang()", ratings="hang()"), anna)

    assert client.post("/api/movies", json={"imdb_id": "tt9200007"}).status_code == 201


class Slow:
    """A provider of which every search hangs until it is released."""

    name, capabilities, id_namespace = "slow", frozenset[Any](), 0

    def __init__(self) -> None:
        self.released = threading.Event()
        self.calls = 0

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        self.calls += 1
        self.released.wait(60)
        return [SearchHit(1, "Slow", "movie")]


def ask(guarded: GuardedProvider) -> list[SearchHit]:
    return guarded.hits(lambda provider: provider.search("x"))


def test_abandoned_calls_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "COOLDOWN_SECONDS", 0.0)
    monkeypatch.setattr(guard, "MAX_ABANDONED", 2)
    monkeypatch.setattr(guard, "_GRACE_SECONDS", 0.05)
    slow = Slow()
    guarded = GuardedProvider(slow, 0.01)  # type: ignore[arg-type]
    for _ in range(5):
        with pytest.raises(ProviderUnreachable):
            ask(guarded)
    assert slow.calls == 2

    slow.released.set()
    for thread in threading.enumerate():
        if thread.name == "provider-slow":
            thread.join(30)
    monkeypatch.setattr(guard, "_GRACE_SECONDS", 30)
    assert [hit.title for hit in ask(guarded)] == ["Slow"]


def test_one_to_which_others_left_no_time_is_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_GRACE_SECONDS", 0.05)
    slow = Slow()
    guarded = GuardedProvider(slow, 30.0)  # type: ignore[arg-type]
    with time_limit(0.01), pytest.raises(ProviderUnreachable):
        ask(guarded)

    slow.released.set()
    assert [hit.title for hit in ask(guarded)] == ["Slow"]


@pytest.mark.parametrize(
    ("returned", "titles"),
    [
        ("(hit for hit in [GOOD])", ["Odd"]),
        ("(GOOD,)", ["Odd"]),
        ("iter([])", []),
        ("[GOOD, None, SearchHit(8, None, 'movie')]", ["Odd"]),
        ("[SearchHit(8, 'Odd', 'film'), GOOD]", ["Odd"]),
        ("[SearchHit(0, 'Odd', 'movie'), SearchHit(1 << 40, 'Odd', 'movie'), GOOD]", ["Odd"]),
        ("[SearchHit('8', 'Odd', 'movie'), SearchHit(True, 'Odd', 'movie'), GOOD]", ["Odd"]),
        ("[SearchHit(8, 'Odd', 'movie', 1999), GOOD]", ["Odd"]),
        ("[SearchHit(8, 'Odd', 'movie', vote_count=1 << 70), GOOD]", ["Odd"]),
        ("[SearchHit(8, 'Od\\ud800', 'movie'), SearchHit(8, 'O\\0d', 'movie'), GOOD]", ["Odd"]),
        ("itertools.repeat(GOOD)", ["Odd"] * guard.MAX_HITS),
    ],
)
def test_good_hits_are_used_whatever_else_there_is(
    make_odd: MakeOdd, anna: Account, returned: str, titles: list[str]
) -> None:
    response = search(client_of(make_odd(search=returned), anna))

    assert response.status_code == 200
    assert [hit["title"] for hit in response.json] == titles


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("search", "tmdb/search?q=odd"),
        ("details", f"tmdb/movie/{(4000 << 40) + 7}"),
        ("credits", f"tmdb/movie/{(4000 << 40) + 7}/credits"),
        ("ratings", "omdb/movie/tt9200007"),
    ],
)
@pytest.mark.parametrize(
    "returned",
    [
        "None",
        "7",
        "'nonsense'",
        "[{'id': 7, 'title': 'Odd'}]",
        "TitleDetails(7, 'tt9200007', 'Odd', 'movie', raw={1j: object()})",
        "TitleRatings('tt9200007', 'Odd', year='1999')",
        "TitleRatings('nonsense', 'Odd')",
        "Credits(cast=(CrewMember('Ada'),))",
        "{}['a key']",
        "exit(3)",
    ],
)
def test_nonsense_is_the_failure_of_the_provider(
    make_odd: MakeOdd, anna: Account, method: str, path: str, returned: str
) -> None:
    client = client_of(make_odd(**{method: returned}), anna)

    problem = client.get(f"/api/external/{path}")
    assert_problem(problem, 502, "provider_error")
    assert "odd" in problem.json["detail"]


@pytest.mark.parametrize(
    "details", ["TitleDetails(7, 'nonsense', 'Odd', 'movie')", "TitleDetails(0, None, 'Odd', 'tv')"]
)
def test_a_title_with_nonsense_for_an_id_is_not_added(make_odd: MakeOdd, anna: Account, details: str) -> None:
    client = client_of(make_odd(details=details), anna)

    added = client.post("/api/movies", json={"tmdb_id": (4000 << 40) + 7, "media_type": "movie"})
    assert_problem(added, 502, "provider_error")


def test_one_that_cannot_say_any_more_whether_it_is_configured_is_not(make_odd: MakeOdd, anna: Account) -> None:
    app = make_odd({"METADATA_PROVIDERS": "odd,offline"})
    with app.app_context():
        (odd, _) = state().lookup.chain.providers
        del type(odd._inner).key  # type: ignore[attr-defined]

    assert search(client_of(app, anna)).json[0]["title"] == "The Matrix"


def test_the_list_of_plugins_shows_no_key(make_odd: MakeOdd) -> None:
    listed = make_odd().test_cli_runner().invoke(args=["plugins", "list", "--json"]).stdout

    assert json.loads(listed)["metadata_providers"][0]["configured"] is True
    assert "a key" not in listed


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ("None", "The metadata provider odd returned no sentence from check()."),
        ("hang()", "The metadata provider odd did not respond in time."),
        ("{}['a name']", "'a name'"),
    ],
)
def test_doctor_names_a_provider_whose_check_fails(make_odd: MakeOdd, check: str, sentence: str) -> None:
    result = make_odd(check=check).test_cli_runner().invoke(args=["doctor", "--json"])

    assert result.exit_code == 1
    findings = json.loads(result.stdout)["findings"]
    assert [each["sentence"] for each in findings if each["subject"] == "odd"] == [sentence]
