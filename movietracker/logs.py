"""How log lines look, and what never stands in one: a token, a key, a password, a body.

Nobody logs secrets on purpose; the redaction here is for what libraries say of bad requests and in tracebacks. Lines
about requests are made of harmless parts (see api/observing.py), and are written as they are.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import g, has_request_context

ACCESS_LOGGER = "movietracker.access"

HIDDEN = "[hidden]"

# Shorter ones would tear harmless words to pieces, and can be guessed anyway.
_SHORTEST_SECRET = 6

_PATTERNS = (
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*",  # JSON Web Tokens
    r"(?<=Bearer )\S+",
    r"(?<=bearer, )\S+",
    r"(?<=token=)[^\s&'\"]+",
    r"(?<=key=)[^\s&'\"]+",
    r"(?<=password=)[^\s&'\"]+",
    r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",  # name and password in an address
)


class Redactor:
    """Takes out of a text what looks like a secret, or is one of these."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = (re.escape(secret) for secret in secrets if len(secret) >= _SHORTEST_SECRET)
        self._pattern = re.compile("|".join((*known, *_PATTERNS)))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return self._pattern.sub(HIDDEN, text)


class PlainFormatter(logging.Formatter):
    """One line for people: time, level, logger, request, message."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback follows it."""
        told: Mapping[str, Any] | None = getattr(record, "request", None)
        if told is not None:
            return f"{self.formatTime(record)} {record.levelname} {record.name}: " + " ".join(
                f"{name}={value}" for name, value in told.items()
            )
        line = self._redact(super().format(record))
        return f"{line} (request {g.request_id})" if _is_in_request() and g.request_id not in line else line


class JsonFormatter(logging.Formatter):
    """One JSON object on a line, for programs."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The object; a traceback is one of its fields."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        told: Mapping[str, Any] | None = getattr(record, "request", None)
        if told is not None:
            line |= {"message": "request", **told}
        else:
            line["message"] = self._redact(record.getMessage())
            if _is_in_request():
                line["request_id"] = g.request_id
            if record.exc_info:
                line["traceback"] = self._redact(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


def configure(style: str, secrets: Iterable[str]) -> None:
    """Write our log, and warnings of libraries, to the standard error of this process and of those forked from it."""
    redact = Redactor(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(redact) if style == "json" else PlainFormatter(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("movietracker").setLevel(logging.INFO)
    logging.captureWarnings(True)


def _is_in_request() -> bool:
    return has_request_context() and "request_id" in g
