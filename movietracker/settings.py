"""Every setting once, as data; settings_source.py reads their values."""

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


CORE_SETTINGS: tuple[Setting, ...] = (
    Setting("SECRET_KEY", text, "", "Signs the access tokens; generated in the instance folder when empty.", True),
    Setting("ADMIN_TOKEN", text, "", "Opens the admin endpoints; generated in the instance folder when empty.", True),
    Setting("USER_TOKEN_DAYS", whole_number(1, 3650), 30, "Days for which a user's access token is valid."),
    Setting("ADMIN_TOKEN_HOURS", whole_number(1, 720), 12, "Hours for which an administrator's access token is valid."),
    Setting(
        "PASSWORD_ITERATIONS",
        whole_number(100_000, 10_000_000),
        100_000,
        "Iterations of PBKDF2-SHA256 for a password; more take effect at each user's next login.",
    ),
    Setting("DATABASE_URL", text, "", "Database; empty means SQLite in the instance folder.", True),
    Setting(
        "REDIS_URL",
        redis_url,
        "",
        "Redis for state shared by several machines; empty means files in the instance folder.",
        True,
    ),
    Setting(
        "CORS_ORIGINS", origins, (), "Web origins that may call the API from a browser, comma-separated; * for all."
    ),
    Setting(
        "CORS_CREDENTIALS", flag, False, "Whether browsers may send credentials; not together with CORS_ORIGINS=*."
    ),
    Setting("WEB_ROOT", text, "", "Folder of a built single-page client to serve at /; empty for none."),
    Setting("WEB_CONTENT_SECURITY_POLICY", text, "", "Content-Security-Policy of that client; empty for a strict one."),
    Setting(
        "IMAGE_ORIGINS",
        origins,
        ("https://image.tmdb.org", "https://m.media-amazon.com"),
        "Where /api/images fetches posters from, comma-separated; empty for nowhere.",
    ),
    Setting(
        "IMAGE_CACHE_MEGABYTES",
        whole_number(1, 1_000_000),
        500,
        "Megabytes of posters to keep in the instance folder.",
    ),
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
        "Maximum seconds for a request, including the time to send it and to read its response.",
    ),
    Setting("LOG_FORMAT", one_of("plain", "json"), "plain", "How log lines are written: plain or json."),
    Setting("LOG_REQUESTS", flag, True, "Whether each request is logged."),
    Setting("METRICS_TOKEN", text, "", "Opens /metrics; when empty, only this machine may read it.", True),
    Setting(
        "METADATA_PROVIDERS",
        words,
        (),
        "Metadata providers in the order in which they are called; empty means all, by priority.",
    ),
    Setting(
        "PROVIDER_TIMEOUT",
        whole_number(1, 14),
        10,
        "Seconds before an unresponsive metadata provider is abandoned, and skipped for a minute.",
    ),
    Setting(
        "CACHE_TTL_SECONDS",
        whole_number(1, 31_536_000),
        3600,
        "How long a provider's response is served from the cache.",
    ),
    Setting(
        "CACHE_MAX_ENTRIES",
        whole_number(1, 1_000_000),
        500,
        "Maximum responses kept in the cache; the oldest are dropped first.",
    ),
    Setting(
        "LOGIN_RATE_LIMIT",
        rate,
        "10 per minute",
        "Wrong logins allowed per address; per account they are slowed down beyond it. Empty for no limit.",
    ),
    Setting("IMPORT_RATE_LIMIT", rate, "10 per minute", "Imports and restores allowed per user; empty for no limit."),
    Setting(
        "PROXY_RATE_LIMIT",
        rate,
        "600 per minute",
        "Requests to /api/external, and requests sent to providers, allowed per user; empty for no limit.",
    ),
    Setting("SYNC_RATE_LIMIT", rate, "20000 per minute", "Pushes allowed per user; empty for no limit."),
    Setting(
        "PROVIDER_DAILY_BUDGET",
        amounts,
        "20000",
        "Requests to one provider in a day; name=number sets it for one alone, as in 20000, omdb=900.",
    ),
    Setting("QUOTA_TITLES", whole_number(1, 100_000_000), 100_000, "Titles that one user may have."),
    Setting("QUOTA_MB", whole_number(1, 1_000_000), 500, "About how many MiB of text one user's library may take."),
    Setting(
        "SYNC_HORIZON_DAYS",
        whole_number(7, 3650),
        180,
        "Days for which deletions and applied actions are remembered; a client that was offline longer starts over.",
    ),
    Setting(
        "BACKUP_DESTINATIONS",
        words,
        (),
        "Backup destinations in order of preference; empty means all that are configured, by priority.",
    ),
    Setting("BACKUP_HOUR", whole_number(0, 23), 3, "Hour of the nightly backup, in TIMEZONE."),
    Setting("BACKUP_MINUTE", whole_number(0, 59), 0, "Minute of the nightly backup."),
    Setting("TIMEZONE", time_zone, "", "Time zone such as Europe/Vienna; empty means the time zone of the machine."),
    Setting(
        "BACKUP_RETENTION_DAYS",
        whole_number(1, 36_500),
        14,
        "Days, and days with a run, after which a backup is removed, unless it is the last good one.",
    ),
    Setting(
        "BACKUP_PASSPHRASE",
        text,
        "",
        "Encrypts and decrypts backups, without white space at its ends; empty for plain files.",
        True,
    ),
    Setting(
        "BACKUP_TIMEOUT",
        whole_number(1, 86_400),
        120,
        "Seconds before an unresponsive backup destination is abandoned.",
    ),
    Setting(
        "MOVIETRACKER_INSTANCE_PATH",
        text,
        "instance",
        "Folder for everything written at run time, relative to the current folder.",
    ),
    Setting("MOVIETRACKER_PLUGINS_DISABLED", words, (), "Plugins to disable, comma-separated; built-in ones too."),
    Setting(
        "MOVIETRACKER_PLUGIN_DIR",
        text,
        "",
        "Folder of plugin files and packages; empty means plugins/ in the instance folder.",
    ),
    Setting(
        "MOVIETRACKER_SCHEDULER",
        flag,
        True,
        "Whether this process runs background jobs, which also note when sessions are used.",
    ),
)
