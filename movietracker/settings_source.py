"""Where the values of settings come from.

Sources, in order of precedence: the overrides given to ``create_app`` (tests), the environment, ``.env`` in the current
folder, ``config.py`` in the instance folder, the default. Values are checked at start-up: a wrong type, or an unknown
``MOVIETRACKER_*`` name, stops the start with a sentence that says what was expected. An empty value where a setting
needs one counts as not set, because Compose and systemd pass unset variables on as empty ones.
"""

import os
import re
import runpy
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from dotenv.variables import parse_variables

from .errors import SettingsError
from .setting_types import Setting
from .settings import CORE_SETTINGS

# What Kubernetes and Docker set for a service or container named movietracker, or movietracker-SOMETHING.
_OF_A_SERVICE = re.compile(
    r"MOVIETRACKER_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?|ENV_\w+)=.*"
    r"|MOVIETRACKER_(\w+_)?PORT=(?!\d+$).*"  # a number is from somebody who means to choose the server's port
    r"|MOVIETRACKER_(\w+_)?NAME=/.*",
    re.DOTALL,
)


class SettingsSource:
    """The raw values of all sources, in order; settings of plugins are read from it once they are known."""

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._environ = dict(os.environ)
        self._dotenv = _read_dotenv(Path(".env"), self._environ)
        self._config_py: dict[str, Any] = {}
        instance = next(setting for setting in CORE_SETTINGS if setting.name == "MOVIETRACKER_INSTANCE_PATH")
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

    @property
    def _places(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        return (
            ("the overrides", self._overrides),
            ("the environment", self._environ),
            (".env", self._dotenv),
            ("config.py in the instance folder", self._config_py),
        )

    def value_of(self, setting: Setting) -> Any:
        """Return the parsed value of one setting."""
        for origin, values in self._places:
            if setting.name in values:
                try:
                    return setting.read(values[setting.name], origin)
                except SettingsError:
                    if str(values[setting.name]).strip():
                        raise
        return setting.default

    def read(self, settings: Iterable[Setting]) -> dict[str, Any]:
        """Return the values of these settings by name."""
        return {setting.name: self.value_of(setting) for setting in settings}

    def refuse_unknown(self, known: Iterable[Setting]) -> None:
        """Raise SettingsError for an unknown MOVIETRACKER_* name, which is most often a typo."""
        names = {setting.name for setting in known}
        environ = {
            name: value for name, value in self._environ.items() if not _OF_A_SERVICE.fullmatch(f"{name}={value}")
        }
        for origin, values in (("the environment", environ), (".env", self._dotenv)):
            for name in sorted(values):
                if name.startswith("MOVIETRACKER_") and name not in names:
                    choices = ", ".join(sorted(n for n in names if n.startswith("MOVIETRACKER_")))
                    raise SettingsError(f"{name} (from {origin}) is not a setting; there are {choices}.")

    def suspects(self, known: Iterable[Setting]) -> Iterator[str]:
        """A sentence for each name that is no setting but nearly the name of one, such as TMDB_APIKEY."""
        names = {setting.name: setting.name for setting in known}
        plain = {_plain(name): name for name in names}
        for origin, values in self._places:
            for name in sorted(set(values) - set(names)):
                meant = plain.get(_plain(name)) or next(iter(get_close_matches(name, names, 1, 0.92)), None)
                if meant is not None:
                    yield f"{name} (from {origin}) is not a setting and has no effect; {meant} is."


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _read_dotenv(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of a file of settings; raises SettingsError, which names the line and never repeats it.

    ``${NAME}`` is replaced by the value of an earlier line or of the environment, but not in single quotes, as in a
    shell.
    """
    values: dict[str, str] = {}
    for key, value, original, error in parse_stream(StringIO(_text_of(path))):
        if error:
            blank = original.string[: len(original.string) - len(original.string.lstrip())]
            line = original.line + blank.count("\n")
            raise SettingsError(f"{path}, line {line}: expected NAME=VALUE, with every quote closed.")
        if key is not None and value is not None:
            is_literal = re.match(r"[^=]*=\s*'", original.string)
            known = {**environ, **values}
            values[key] = value if is_literal else "".join(part.resolve(known) for part in parse_variables(value))
    return values


def _text_of(path: Path) -> str:
    """The text of a file, empty if there is none; raises SettingsError if it cannot be read as UTF-8."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except OSError as error:
        raise SettingsError(f"{path} in {Path.cwd()} cannot be read: {error.strerror}.") from error
    if b"\0" not in content:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    raise SettingsError(f"{path} in {Path.cwd()} is not UTF-8 text; save it in the encoding UTF-8.")
