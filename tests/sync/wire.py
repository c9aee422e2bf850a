"""Speaking the sync protocol in tests: actions, pushes, pulls, and a store that a puller keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

MATRIX = "tt0133093"
HEAT = "tt0113277"
ALIEN = "tt0078748"

KEYS = {"movies": "imdb_id", "people": "id", "lists": "id"}

Json = dict[str, Any]


def action(name: str, /, **data: Any) -> Json:
    """An action as an older client sends it: what, and with which data."""
    return {"action": name, "data": data}


def told(item: Mapping[str, Any], **envelope: Any) -> Json:
    """The same action with more around it: id, timestamp, base_rev, device."""
    return {**item, **envelope}


@dataclass
class Store:
    """What a client that pulls has: every record as it was given, by kind and key."""

    movies: dict[str, Json] = field(default_factory=dict)
    people: dict[int, Json] = field(default_factory=dict)
    lists: dict[str, Json] = field(default_factory=dict)

    def kind(self, name: str) -> dict[Any, Json]:
        """The records of a kind by key."""
        records: dict[Any, Json] = getattr(self, name)
        return records

    def merge(self, answer: Json) -> None:
        """Take in an answer to a pull: changed records replace, deleted ones go."""
        for kind, key in KEYS.items():
            mine = self.kind(kind)
            for record in answer[kind]:
                mine[record[key]] = record
            for gone in answer["deleted"][kind]:
                mine.pop(gone, None)
            if "live_ids" in answer:
                for gone in set(mine) - set(answer["live_ids"][kind]):
                    del mine[gone]

    def person(self, name: str) -> Json:
        """The person of this name."""
        return next(person for person in self.people.values() if person["name"] == name)

    def names(self) -> set[str]:
        """The names of the people, the quick recommenders aside."""
        return {person["name"] for person in self.people.values() if person["quick_key"] is None}


@dataclass
class Pulled(Store):
    """What a pull to its end gave."""

    cursor: str = ""
    timestamp: float = 0.0
    pages: list[Json] = field(default_factory=list)
    deleted: dict[str, list[Any]] = field(default_factory=lambda: {"movies": [], "people": [], "lists": []})
    deleted_movie_ids: list[str] = field(default_factory=list)
    full_sync: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.movies or self.people or self.lists or any(self.deleted.values()))


class Wire:
    """The protocol's end at one client; every call asserts that it went well unless it says otherwise."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def post(self, body: Any, path: str = "/api/sync/batch") -> Any:
        """The raw answer to a push."""
        return self.client.post(path, json=body)

    def push(self, *actions: Any, **envelope: Any) -> list[Json]:
        """Push a batch, and return the results."""
        answer = self.post({"actions": list(actions), **envelope})
        assert answer.status_code == 200, answer.text
        results: list[Json] = answer.json["results"]
        assert len(results) == len(actions)
        return results

    def do(self, name: str, /, **data: Any) -> Json:
        """Push a single action that must be applied, and return its result."""
        answer = self.post(action(name, **data), "/api/sync")
        assert answer.status_code == 200, answer.text
        assert answer.json["status"] == "applied", answer.json
        result: Json = answer.json
        return result

    def add(self, *imdb_ids: str) -> None:
        """Add movies, one action after the other."""
        for imdb_id in imdb_ids:
            self.do("addMovie", imdb_id=imdb_id)

    def get(self, path: str = "/api/sync/changes", **query: Any) -> Any:
        """The raw answer to a pull."""
        return self.client.get(path, query_string=query)

    def page(self, cursor: str | None = None, limit: int = 100) -> Json:
        """One page of a pull by cursor."""
        answer = self.get(limit=limit, **({} if cursor is None else {"cursor": cursor}))
        assert answer.status_code == 200, answer.text
        page: Json = answer.json
        return page

    def pull(self, cursor: str | None = None, limit: int = 100) -> Pulled:
        """Pull by cursor until there is no more."""
        pulled = Pulled()
        for _ in range(1000):
            page = self.page(cursor, limit)
            take(pulled, page)
            cursor = pulled.cursor = page["cursor"]
            if not page["has_more"]:
                return pulled
        raise AssertionError("the pull does not end")

    def since(self, since: float = 0.0) -> Pulled:
        """Pull by time in one answer, as older clients do."""
        answer = self.get("/api/sync", since=repr(since))
        assert answer.status_code == 200, answer.text
        pulled = Pulled(cursor=answer.json["cursor"])
        take(pulled, answer.json)
        assert not answer.json["has_more"]
        return pulled

    def cursor(self) -> str:
        """A cursor of the newest state."""
        return self.pull(limit=500).cursor

    def movie(self, imdb_id: str) -> Json:
        """A movie as it is now, with its rev."""
        return self.pull(limit=500).movies[imdb_id]

    def person(self, name: str) -> Json:
        """A person as they are now, with their rev."""
        return self.pull(limit=500).person(name)


def take(pulled: Pulled, page: Json) -> None:
    """Add a page to what was pulled."""
    pulled.merge(page)
    pulled.pages.append(page)
    pulled.timestamp = page["timestamp"]
    pulled.full_sync = pulled.full_sync or page["full_sync"]
    pulled.deleted_movie_ids += page["deleted_movie_ids"]
    for kind in KEYS:
        pulled.deleted[kind] += page["deleted"][kind]


def statuses(results: list[Json]) -> list[str]:
    """The status of each result."""
    return [result["status"] for result in results]


def codes(results: list[Json]) -> list[str | None]:
    """The code of each result."""
    return [result["code"] for result in results]
