"""Every setting once, as data, and where its value comes from.

A value is taken from, in this order: the overrides given to ``create_app`` (tests), the environment, ``.env`` in the
current folder, ``config.py`` in the instance folder, the default. Values are checked at start-up: a wrong type, or an
unknown ``MOVIETRACKER_*`` name, stops the start with a sentence that says what was expected.
"""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from .errors import SettingsError

Parser = Callable[[Any], Any]


def text(value: Any) -> str:
    """Text, white space around it removed."""
    if not isinstance(value, str):
        raise ValueError
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
    """An http or https address; a slash at its end is dropped."""
    address = text(value).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", address):
        raise ValueError
    return address


def origins(value: Any) -> tuple[str, ...]:
    """Web origins as browsers send them, and no patterns; an asterisk alone stands for all."""
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
    """The address of a Redis server; empty for none."""
    address = text(value)
    if address and not _is_redis_url(address):
        raise ValueError
    return address


def _is_redis_url(value: str) -> bool:
    """Whether a text is the address of a Redis server: redis://, rediss:// (TLS) or unix://."""
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("redis", "rediss")
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and (parts.path.strip("/") or "0").isdecimal()
        ) or (parts.scheme == "unix" and bool(parts.path))
    except ValueError:
        return False


def rate(value: Any) -> str:
    """A rate such as ``10 per minute``; empty for none."""
    written = text(value)
    if written and not re.fullmatch(r"0*[1-9]\d*\s*(per|/)\s*(0*[1-9]\d*\s*)?(second|minute|hour|day)s?", written):
        raise ValueError
    return written


def time_zone(value: Any) -> str:
    """The name of a time zone in the IANA database; empty for the machine's own."""
    name = text(value)
    try:
        ZoneInfo(name or "UTC")
    except OSError:  # the name of a folder of zones
        raise ValueError from None
    return name


_EXPECTED: dict[Parser, str] = {
    text: "text",
    flag: "yes or no",
    words: "comma-separated words",
    url: "an http:// or https:// address",
    redis_url: "an address such as redis://host:6379/0",
    rate: 'a rate such as "10 per minute"',
    origins: "web origins such as https://app.example.com, comma-separated, or * for all",
    time_zone: "a time zone such as Europe/Vienna",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, how its value is read, the default, and one sentence of help."""

    name: str
    parse: Parser
    default: Any
    help: str
    secret: bool = False

    @property
    def expected(self) -> str:
        """What a value must look like, in words."""
        return _EXPECTED.get(self.parse) or self.parse.__doc__ or "another value"

    def read(self, value: Any, origin: str) -> Any:
        """The value in its type; raises SettingsError that never repeats a secret."""
        try:
            return self.parse(value)
        except (ValueError, KeyError, TypeError):
            shown = "the value given" if self.secret else repr(value)
            raise SettingsError(f"{self.name} must be {self.expected}, not {shown} (from {origin}).") from None


CORE_SETTINGS: tuple[Setting, ...] = (
    Setting("SECRET_KEY", text, "", "Signs the access tokens; generated in the instance folder when empty.", True),
    Setting("ADMIN_TOKEN", text, "", "Opens the admin endpoints; generated in the instance folder when empty.", True),
    Setting("DATABASE_URL", text, "", "Database; empty means SQLite in the instance folder.", True),
    Setting(
        "REDIS_URL", redis_url, "", "Redis for what machines share; empty means files in the instance folder.", True
    ),
    Setting(
        "CORS_ORIGINS", origins, (), "Web origins that may call the API from a browser, comma-separated; * for all."
    ),
    Setting(
        "CORS_CREDENTIALS", flag, False, "Whether browsers may send cookies along; not together with CORS_ORIGINS=*."
    ),
    Setting("WEB_ROOT", text, "", "Folder of a built single-page client to serve at /; empty for none."),
    Setting("WEB_CONTENT_SECURITY_POLICY", text, "", "Content-Security-Policy of that client; empty for a strict one."),
    Setting(
        "TRUSTED_PROXIES",
        whole_number(0, 10),
        0,
        "How many proxies in front of the server set X-Forwarded-For and X-Forwarded-Proto; 0 ignores these headers.",
    ),
    Setting(
        "REQUEST_TIMEOUT",
        whole_number(1, 3600),
        120,
        "Seconds after which a request is cut off, the time to send it and to read its answer included.",
    ),
    Setting("LOG_FORMAT", one_of("plain", "json"), "plain", "How log lines are written: plain or json."),
    Setting("LOG_REQUESTS", flag, True, "Whether each request is logged."),
    Setting("METRICS_TOKEN", text, "", "Opens /metrics; when empty, only this machine may read it.", True),
    Setting(
        "METADATA_PROVIDERS",
        words,
        (),
        "Metadata providers in the order in which they are asked; empty means all, by their own priority.",
    ),
    Setting(
        "CACHE_TTL_SECONDS", whole_number(1, 31_536_000), 3600, "How long a provider's answer is served from the cache."
    ),
    Setting("CACHE_MAX_ENTRIES", whole_number(1, 1_000_000), 500, "Most answers kept in the cache; the oldest go."),
    Setting(
        "LOGIN_RATE_LIMIT",
        rate,
        "10 per minute",
        "Logins, and guesses at a password, allowed per address and per account; empty for no limit.",
    ),
    Setting("IMPORT_RATE_LIMIT", rate, "10 per minute", "Imports and restores allowed per user; empty for no limit."),
    Setting("PROXY_RATE_LIMIT", rate, "600 per minute", "Calls of /api/external allowed per user; empty for no limit."),
    Setting(
        "BACKUP_DESTINATIONS",
        words,
        (),
        "Backup destinations, the first choice first; empty means all that are configured, by their own priority.",
    ),
    Setting("BACKUP_HOUR", whole_number(0, 23), 3, "Hour of the nightly backup, in TIMEZONE."),
    Setting("BACKUP_MINUTE", whole_number(0, 59), 0, "Minute of the nightly backup."),
    Setting("TIMEZONE", time_zone, "", "Time zone such as Europe/Vienna; empty means the machine's own."),
    Setting(
        "BACKUP_RETENTION_DAYS",
        whole_number(1, 36_500),
        14,
        "Days after which a backup is removed, unless it is the last good one.",
    ),
    Setting("BACKUP_PASSPHRASE", text, "", "Encrypts backups, and opens encrypted ones; empty for plain files.", True),
    Setting(
        "BACKUP_TIMEOUT", whole_number(1, 86_400), 120, "Seconds after which a backup destination that hangs is left."
    ),
    Setting(
        "MOVIETRACKER_INSTANCE_PATH",
        text,
        "instance",
        "Folder for everything written at run time, relative to the current folder.",
    ),
    Setting("MOVIETRACKER_PLUGINS_DISABLED", words, (), "Plugins to leave out, built-in ones too, comma-separated."),
    Setting(
        "MOVIETRACKER_PLUGIN_DIR",
        text,
        "",
        "Folder of plugin files and packages; empty means plugins/ in the instance folder.",
    ),
    Setting("MOVIETRACKER_SCHEDULER", flag, True, "Whether this process runs background jobs."),
)

# Where the application finds itself is not the application's setting: Flask and our own tests use these.
_OTHER_KNOWN_NAMES: frozenset[str] = frozenset()


class SettingsSource:
    """The raw values from all places, in order; plugins' settings are read from it once they are known."""

    def __init__(self, overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._environ = dict(os.environ if environ is None else environ)
        self._dotenv = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        instance = _setting("MOVIETRACKER_INSTANCE_PATH")
        self.instance_path = Path(self.value_of(instance) or instance.default).absolute()
        self._config_py = self._read_config_py()

    def _read_config_py(self) -> dict[str, Any]:
        path = self.instance_path / "config.py"
        if not path.is_file():
            return {}
        try:
            return {name: value for name, value in runpy.run_path(str(path)).items() if name.isupper()}
        except Exception as error:
            raise SettingsError(f"config.py in the instance folder cannot be read: {error}.") from error

    def value_of(self, setting: Setting) -> Any:
        """The value of one setting, in its type."""
        places = (
            ("the overrides", self._overrides),
            ("the environment", self._environ),
            (".env", self._dotenv),
            ("config.py in the instance folder", getattr(self, "_config_py", {})),
        )
        for origin, values in places:
            if setting.name in values:
                return setting.read(values[setting.name], origin)
        return setting.default

    def read(self, settings: Iterable[Setting]) -> dict[str, Any]:
        """The values of these settings by name."""
        return {setting.name: self.value_of(setting) for setting in settings}

    def refuse_unknown(self, known: Iterable[Setting]) -> None:
        """Raise SettingsError for a MOVIETRACKER_* name that no setting bears: most often a typing mistake."""
        names = {setting.name for setting in known} | _OTHER_KNOWN_NAMES
        for origin, values in (("the environment", self._environ), (".env", self._dotenv)):
            for name in sorted(values):
                if name.startswith("MOVIETRACKER_") and name not in names:
                    choices = ", ".join(sorted(n for n in names if n.startswith("MOVIETRACKER_")))
                    raise SettingsError(f"{name} (from {origin}) is not a setting; there are {choices}.")


def _setting(name: str) -> Setting:
    return next(setting for setting in CORE_SETTINGS if setting.name == name)
