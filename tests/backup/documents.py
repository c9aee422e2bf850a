"""Making documents, sending them, and comparing what comes back."""

import copy
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient

MATRIX = "tt0133093"
HEAT = "tt0113277"
ALIEN = "tt0078748"
LONG_AGO = 1_600_000_000.5
A_DAY_LATER = LONG_AGO + 86_400
RAINY = "11111111-1111-4111-8111-111111111111"
FAR_AHEAD = 4_000_000_000.25

Json = dict[str, Any]
Unchanged = Callable[[], AbstractContextManager[None]]

QUICK_NAMES = {"Random YouTube Video", "Oscar Winner/Nominee", "Random Person", "Google Search"}


def vote(name: str, *, date: float = LONG_AGO, vote_type: bool = True) -> Json:
    """A recommendation as version 2 has it."""
    return {"person_name": name, "date_recommended": date, "vote_type": vote_type}


def movie(imdb_id: str, *votes: Json, **other: Any) -> Json:
    """A title as version 2 has it."""
    usual = {"media_type": "movie", "status": "toWatch", "custom_list_id": None, "last_modified": LONG_AGO}
    return {"imdb_id": imdb_id, **usual, "recommendations": list(votes), "watch_history": None, **other}


def person(name: str, **other: Any) -> Json:
    """A person as version 2 has them."""
    usual = {"is_trusted": False, "color": "#0a84ff", "emoji": None, "quick_key": None, "last_modified": LONG_AGO}
    return {"name": name, **usual, **other}


def listing(list_id: str, name: str, **other: Any) -> Json:
    """A list as version 2 has it."""
    usual = {"color": "#0a84ff", "icon": "list", "position": 0, "created_at": LONG_AGO, "last_modified": LONG_AGO}
    return {"id": list_id, "name": name, **usual, **other}


def document(*movies: Json, people: Any = (), lists: Any = (), **other: Any) -> Json:
    """A document of version 2."""
    listed = {"movies": list(movies), "people": list(people), "lists": list(lists)}
    return {"version": 2, "exported_at": LONG_AGO, **listed, **other}


def as_file(told: Json) -> BytesIO:
    """A document as an open file."""
    return BytesIO(json.dumps(told).encode())


def send(client: FlaskClient, sent: Any, **query: Any) -> Any:
    """The response to an import; bytes are sent as they are, anything else as JSON."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return client.post("/api/backup/import", data=body, content_type="application/json", query_string=query)


def bring(client: FlaskClient, sent: Any, **query: Any) -> Json:
    """Import a document that must be accepted; returns the ImportResult."""
    answer = send(client, sent, **query)
    assert answer.status_code == 200, answer.text
    result: Json = answer.json
    return result


def export(client: FlaskClient) -> Json:
    """The document of the client's library."""
    answer = client.get("/api/backup/export")
    assert answer.status_code == 200, answer.text
    exported: Json = answer.json
    return exported


def content(exported: Json) -> Json:
    """A document without what a server says of itself."""
    bare = copy.deepcopy(exported)
    bare.pop("exported_at", None)
    bare.pop("account", None)
    for kind in ("movies", "people", "lists"):
        for record in bare[kind]:
            record.pop("last_modified", None)
    return bare


def as_written(told: Json) -> Json:
    """A document as this server writes it: with what older ones tell by the watch record alone."""
    written = copy.deepcopy(told)
    for record in written["movies"]:
        watch = record["watch_history"]
        date, rating = (None, None) if watch is None else (watch["date_watched"], watch["my_rating"])
        viewing = {"id": "", "watched_on": None, "watched_at": date, "rating": rating, "note": None, "source": None}
        record.setdefault("my_rating", rating)
        record.setdefault("viewings", [] if watch is None else [{**viewing, "created_at": date}])
    return written


def without_ids(exported: Json) -> Json:
    """A document without the ids of viewings and the times at which they and titles were recorded."""
    bare = copy.deepcopy(exported)
    for record in bare["movies"]:
        record.pop("added_at", None)
    for viewing in (viewing for record in bare["movies"] for viewing in record["viewings"]):
        del viewing["id"], viewing["created_at"]
    return bare


def by_key(exported: Json, kind: str, key: str) -> Json:
    """A record of a document, by the value of its first field."""
    first = {"movies": "imdb_id", "people": "name", "lists": "id"}[kind]
    found: Json = next(record for record in exported[kind] if record[first] == key)
    return found


def counts(movies: int = 0, people: int = 0, lists: int = 0, rankings: int = 0) -> dict[str, int]:
    """Counts by section."""
    return {"movies": movies, "people": people, "lists": lists, "rankings": rankings}
