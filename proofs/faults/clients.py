"""Talking to the server over connections that are kept alive, and telling a proper refusal from an improper one."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from support.shapes import assert_problem
from support.waiting import PATIENCE


class NoAnswer(Exception):
    """The connection broke, or nothing came: whether it was done is unknown."""


class Answer:
    """What the server answered, and how long it took."""

    def __init__(self, answer: http.client.HTTPResponse, body: bytes, milliseconds: float) -> None:
        self.status_code = answer.status
        self.headers = answer.headers
        self.body = body
        self.milliseconds = milliseconds

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as it is."""
        return self.body.decode(errors="replace")

    def impropriety(self) -> str | None:
        """What is wrong with this refusal, held against the contract's shape of errors; None when nothing is."""
        try:
            code = self.json["code"] if isinstance(self.json, dict) else ""
            assert_problem(self, self.status_code, code)
        except (AssertionError, KeyError, TypeError, ValueError) as fault:
            return f"{self.status_code}: {fault!r} in {self.text[:300]}"
        return None


class Connection:
    """One connection to the server, kept alive, and made anew after it broke."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request; raises NoAnswer."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address, timeout=PATIENCE)
        raw = None if body is None else json.dumps(body).encode()
        begun = time.perf_counter()
        try:
            self._connection.request(method, path, raw, self._headers | (headers or {}))
            answer = self._connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(repr(error)) from error
        return Answer(answer, read, (time.perf_counter() - begun) * 1000)

    def get(self, path: str) -> Any:
        """What a GET gives that must succeed."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json

    def post(self, path: str, body: Any) -> Any:
        """What a POST gives that must succeed."""
        answer = self.ask("POST", path, body)
        assert answer.status_code in (200, 201), f"POST {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json

    def close(self) -> None:
        """Hang up; the next request connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Probes:
    """Requests that are sent while something is broken, and which responses were not as promised."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_ms: float = 0.0

    def send(self, connection: Connection, method: str, path: str, body: Any, allowed: Container[int]) -> None:
        """Send a request, the status of whose response must be one of these."""
        try:
            answer = connection.ask(method, path, body)
        except NoAnswer as broken:
            self.faults.append(f"{method} {path}: {broken}")
            return
        self.statuses[str(answer.status_code)] += 1
        self.longest_ms = max(self.longest_ms, answer.milliseconds)
        if answer.status_code not in allowed:
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        elif answer.status_code >= 400 and path != "/api/health/ready" and (fault := answer.impropriety()):
            self.faults.append(f"{method} {path}: {fault}")
