"""What a setting is: a name, how its values are read, and what it is for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from .errors import SettingsError

Parser = Callable[[Any], Any]


def text(value: Any) -> str:
    """Text, stripped of surrounding white space."""
    if not isinstance(value, str):
        raise ValueError
    if "\0" in value:
        raise ValueError
    value.encode()  # raises for bytes of an environment that are not UTF-8
    return value.strip()


def flag(value: Any) -> bool:
    """A yes or no."""
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[str(value).strip().lower()]


def whole_number(low: int, high: int) -> Parser:
    """A whole number from ``low`` to ``high``."""

    def parse(value: Any) -> int:
        number = int(str(value).strip())
        if not low <= number <= high:
            raise ValueError
        return number

    parse.__doc__ = f"a whole number from {low} to {high}"
    return parse


def one_of(*choices: str) -> Parser:
    """One of these words."""

    def parse(value: Any) -> str:
        word = text(value).lower()
        if word not in choices:
            raise ValueError
        return word

    parse.__doc__ = " or ".join(choices)
    return parse


def words(value: Any) -> tuple[str, ...]:
    """Comma-separated words, in order."""
    parts = value.split(",") if isinstance(value, str) else list(value)
    return tuple(str(part).strip() for part in parts if str(part).strip())


def url(value: Any) -> str:
    """An http or https URL, without a trailing slash."""
    address = text(value).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", address):
        raise ValueError
    return address


def origins(value: Any) -> tuple[str, ...]:
    """Web origins as browsers send them, no patterns; a single asterisk allows all."""
    given = words(value)
    for origin in given:
        if origin != "*" and not re.fullmatch(
            r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(:\d+)?|[a-z]+://\[[0-9a-f:]+\](:\d+)?", origin
        ):
            raise ValueError
    if "*" in given and len(given) > 1:
        raise ValueError
    return given


def redis_url(value: Any) -> str:
    """The URL of a Redis server: redis://, rediss:// (TLS) or unix://; empty for none."""
    address = text(value)
    parts = urlsplit(address)
    is_database = (parts.path.strip("/") or "0").isdecimal()
    is_remote = parts.scheme in ("redis", "rediss") and parts.hostname and (parts.port or 1) > 0 and is_database
    if address and not (is_remote or (parts.scheme == "unix" and parts.path)):
        raise ValueError
    return address


def amounts(value: Any) -> str:
    """Whole numbers by name; see ``amounts_in``."""
    written = text(str(value))
    amounts_in(written)
    return written


def amounts_in(written: str) -> dict[str, int]:
    """The numbers in a text such as ``20000, omdb=1000``; the one without a name, of all others, is that of ""."""
    pairs = [word.rpartition("=") for word in words(written)]
    numbers = {name.strip(): whole_number(1, 100_000_000)(number) for name, _, number in pairs}
    return {"": numbers[""]} | numbers


def rate(value: Any) -> str:
    """A rate such as ``10 per minute``; empty for none."""
    written = text(value)
    if written and not re.fullmatch(r"0*[1-9]\d*\s*(per|/)\s*(0*[1-9]\d*\s*)?(second|minute|hour|day)s?", written):
        raise ValueError
    return written


def time_zone(value: Any) -> str:
    """The name of a time zone in the IANA database; empty for the time zone of the machine."""
    name = text(value)
    try:
        ZoneInfo(name or "UTC")
    except OSError:  # the name of a folder of time zones
        raise ValueError from None
    return name


_EXPECTED: dict[Parser, str] = {
    text: "text",
    flag: "yes or no",
    words: "comma-separated words",
    amounts: "a whole number, and name=number where it differs, such as 20000, omdb=1000",
    url: "an http:// or https:// address",
    redis_url: "an address such as redis://host:6379/0",
    rate: 'a rate such as "10 per minute"',
    origins: "web origins such as https://app.example.com, comma-separated, or * for all",
    time_zone: "a time zone such as Europe/Vienna",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, its parser, its default and one sentence of help.

    The value of a place is a folder, or a file:// URL of one, in which files are written.
    """

    name: str
    parse: Parser
    default: Any
    help: str
    secret: bool = False
    is_place: bool = False

    @property
    def expected(self) -> str:
        """A description of valid values."""
        return _EXPECTED.get(self.parse) or self.parse.__doc__ or "another value"

    def read(self, value: Any, origin: str) -> Any:
        """Return the parsed value; raises SettingsError, which never repeats a secret."""
        try:
            return self.parse(value)
        except (ValueError, KeyError, TypeError):
            shown = "the value given" if self.secret else repr(value)
            raise SettingsError(f"{self.name} must be {self.expected}, not {shown} (from {origin}).") from None
