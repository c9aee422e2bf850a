"""Log formats and redaction: log lines contain no token, key, password or body.

The application logs no secrets; redaction covers messages of libraries and tracebacks. Lines about requests are made of
harmless parts (see api/observing.py) and are written as they are.
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from flask import g, has_request_context

HIDDEN = "[hidden]"

# Redacting shorter ones would mangle harmless words, and they can be guessed anyway.
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
    """Removes from a text what looks like a secret, or is one of these."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        """Each secret is a text, or an object or array of JSON, all of whose texts are secrets."""
        known = (re.escape(text) for secret in secrets for text in _texts_in(secret) if len(text) >= _SHORTEST_SECRET)
        self._pattern = re.compile("|".join((*known, *_PATTERNS)))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return self._pattern.sub(HIDDEN, text)


def _texts_in(secret: Any) -> Iterator[str]:
    if isinstance(secret, str):
        yield secret
    elif isinstance(secret, Mapping):
        yield from _texts_in(list(secret.values()))
    elif isinstance(secret, Iterable):
        for each in secret:
            yield from _texts_in(each)


class PlainFormatter(logging.Formatter):
    """One line for people: time, level, logger, request, message."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback follows it."""
        request: Mapping[str, Any] | None = getattr(record, "request", None)
        if request is not None:
            return f"{self.formatTime(record)} {record.levelname} {record.name}: " + " ".join(
                f"{name}={value}" for name, value in request.items()
            )
        line = self._redact(super().format(record))
        return f"{line} (request {g.request_id})" if _is_in_request() and g.request_id not in line else line


class JsonFormatter(PlainFormatter):
    """One JSON object on a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """The object; a traceback is one of its fields."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        request: Mapping[str, Any] | None = getattr(record, "request", None)
        if request is not None:
            line |= {"message": record.getMessage() or "request", **request}
        else:
            line["message"] = self._redact(record.getMessage())
            if _is_in_request():
                line["request_id"] = g.request_id
            if record.exc_info:
                line["traceback"] = self._redact(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


def configure(style: str, secrets: Iterable[Any]) -> None:
    """Write our log and warnings of libraries to standard error, also in forked processes."""
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
