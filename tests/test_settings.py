"""Where settings come from, and what is said of wrong ones."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from movietracker import create_app
from movietracker.errors import SettingsError
from movietracker.settings import CORE_SETTINGS, Setting, SettingsSource

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for setting in CORE_SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)


def value(name: str, overrides: dict[str, Any] | None = None) -> Any:
    setting = next(setting for setting in CORE_SETTINGS if setting.name == name)
    return SettingsSource(overrides).value_of(setting)


def write_config_py(text: str) -> None:
    Path("instance").mkdir(exist_ok=True)
    Path("instance/config.py").write_text(text)


class TestTheOrderOfPlaces:
    def test_the_default_is_used_when_nobody_says_anything(self) -> None:
        assert value("CACHE_MAX_ENTRIES") == 500

    def test_config_py_wins_over_the_default(self) -> None:
        write_config_py("CACHE_MAX_ENTRIES = 100 + 1\n")

        assert value("CACHE_MAX_ENTRIES") == 101

    def test_dotenv_wins_over_config_py(self) -> None:
        write_config_py("CACHE_MAX_ENTRIES = 101\n")
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n")

        assert value("CACHE_MAX_ENTRIES") == 102

    def test_the_environment_wins_over_dotenv(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n")
        monkeypatch.setenv("CACHE_MAX_ENTRIES", "103")

        assert value("CACHE_MAX_ENTRIES") == 103

    def test_what_is_given_to_create_app_wins_over_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CACHE_MAX_ENTRIES", "103")

        assert value("CACHE_MAX_ENTRIES", {"CACHE_MAX_ENTRIES": 104}) == 104

    def test_an_empty_instance_path_means_the_default_and_not_the_current_folder(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOVIETRACKER_INSTANCE_PATH", "")

        assert SettingsSource().instance_path == Path("instance").absolute()

    def test_the_environment_itself_is_left_as_it_is(self) -> None:
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n")
        before = dict(os.environ)

        assert value("CACHE_MAX_ENTRIES") == 102
        assert dict(os.environ) == before

    def test_a_plugins_settings_come_from_the_same_places(self, make_app: Callable[..., Flask]) -> None:
        Path(".env").write_text("TMDB_API_KEY=0123456789abcdef\n")

        assert make_app().config["TMDB_API_KEY"] == "0123456789abcdef"


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "wrong", "expected"),
        [
            ("CACHE_TTL_SECONDS", "soon", "a whole number from 1 to 31536000"),
            ("CACHE_TTL_SECONDS", "0", "a whole number from 1 to 31536000"),
            ("CACHE_TTL_SECONDS", "1.5", "a whole number from 1 to 31536000"),
            ("CACHE_MAX_ENTRIES", "", "a whole number from 1 to 1000000"),
            ("LOGIN_RATE_LIMIT", "many", 'a rate such as "10 per minute"'),
            ("LOGIN_RATE_LIMIT", "0 per minute", 'a rate such as "10 per minute"'),
            ("LOGIN_RATE_LIMIT", "10 per 0 minutes", 'a rate such as "10 per minute"'),
            ("MOVIETRACKER_SCHEDULER", "maybe", "yes or no"),
        ],
    )
    def test_the_sentence_names_setting_value_place_and_what_is_expected(
        self, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str, expected: str
    ) -> None:
        monkeypatch.setenv(name, wrong)

        with pytest.raises(SettingsError) as error:
            value(name)
        assert str(error.value) == f"{name} must be {expected}, not {wrong!r} (from the environment)."

    def test_the_place_is_named(self) -> None:
        Path(".env").write_text("CACHE_TTL_SECONDS=soon\n")
        with pytest.raises(SettingsError, match=re.escape("(from .env)")):
            value("CACHE_TTL_SECONDS")

        Path(".env").unlink()
        write_config_py("CACHE_TTL_SECONDS = None\n")
        with pytest.raises(SettingsError, match=r"from config\.py in the instance folder"):
            value("CACHE_TTL_SECONDS")

    @pytest.mark.parametrize("name", ["SECRET_KEY", "ADMIN_TOKEN", "DATABASE_URL"])
    def test_a_secret_is_not_repeated(self, name: str) -> None:
        with pytest.raises(SettingsError) as error:
            value(name, {name: 5551234})
        assert str(error.value) == f"{name} must be text, not the value given (from the overrides)."

    @pytest.mark.parametrize(
        "address", ["no address", "postgresql:/x:secret-password", "mysql://u:secret-password@h/d"]
    )
    def test_a_database_that_cannot_be_meant_is_told_without_its_password(self, address: str) -> None:
        with pytest.raises(SettingsError) as error:
            create_app({"DATABASE_URL": address})
        assert str(error.value).startswith("DATABASE_URL must be an SQLite or PostgreSQL URL such as")
        assert "secret-password" not in str(error.value)

    def test_an_instance_folder_may_have_any_name(self) -> None:
        folder = "50% of #1? ü"
        create_app({"MOVIETRACKER_INSTANCE_PATH": folder})

        assert Path(folder, "app.db").exists()

    def test_every_secret_is_marked_as_one(self, make_app: Callable[..., Flask]) -> None:
        settings = make_app().extensions["movietracker"].settings
        suspects = {each.name for each in settings if re.search("KEY|TOKEN|PASS|SECRET|_URL$|_OPTIONS$", each.name)}
        plain_addresses = {"TMDB_BASE_URL", "OMDB_BASE_URL"}

        assert {each.name for each in settings if each.secret} == suspects - plain_addresses

    def test_a_config_py_with_a_fault_stops_the_start(self) -> None:
        write_config_py("CACHE_MAX_ENTRIES = 100 +\n")

        with pytest.raises(SettingsError, match=r"config\.py in the instance folder cannot be read: invalid syntax"):
            create_app()


class TestUnknownNames:
    @pytest.mark.parametrize("place", ["environment", ".env"])
    def test_a_name_that_looks_like_ours_and_is_none_stops_the_start(
        self, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        if place == ".env":
            Path(".env").write_text("MOVIETRACKER_PLUGIN_DISABLED=tmdb\n")
        else:
            monkeypatch.setenv("MOVIETRACKER_PLUGIN_DISABLED", "tmdb")

        with pytest.raises(SettingsError) as error:
            create_app()
        assert "MOVIETRACKER_PLUGIN_DISABLED" in str(error.value)
        assert f"(from {'the environment' if place == 'environment' else '.env'}) is not a setting" in str(error.value)
        assert "MOVIETRACKER_PLUGINS_DISABLED" in str(error.value), "the names that there are"

    def test_other_programs_names_are_not_our_business(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MY_MOVIETRACKER", "1")
        Path(".env").write_text("SOMETHING_ELSE=1\n")
        create_app()

    def test_an_unknown_provider_stops_the_start(self) -> None:
        with pytest.raises(SettingsError, match=r"METADATA_PROVIDERS names tmbd, .*: offline, omdb, tmdb"):
            create_app({"METADATA_PROVIDERS": "tmdb, tmbd"})


class TestGeneratedSecrets:
    def test_each_instance_gets_secrets_of_its_own_that_survive_a_restart(self) -> None:
        def secrets_of(folder: str) -> tuple[str, str]:
            config = create_app({"MOVIETRACKER_INSTANCE_PATH": folder}).config
            return config["SECRET_KEY"], config["ADMIN_TOKEN"]

        first, second = secrets_of("one"), secrets_of("two")
        assert len({*first, *second}) == 4
        assert all(len(secret) >= 43 for secret in (*first, *second)), "256 bits"
        assert secrets_of("one") == first

    def test_nobody_else_may_read_them(self) -> None:
        create_app()

        for name in ("secret_key", "admin_token"):
            assert stat.S_IMODE(Path("instance", name).stat().st_mode) == 0o600

    def test_a_secret_that_is_set_is_written_nowhere(self) -> None:
        create_app({"SECRET_KEY": "my own secret key, long enough", "ADMIN_TOKEN": "my own admin token"})

        assert not Path("instance/secret_key").exists()
        assert not Path("instance/admin_token").exists()


class TestTheDocumentation:
    @pytest.fixture
    def settings(self, make_app: Callable[..., Flask]) -> tuple[Setting, ...]:
        """All settings, those of the built-in plugins too."""
        return make_app().extensions["movietracker"].settings  # type: ignore[no-any-return]

    def test_the_readme_has_a_row_for_every_setting_and_no_other(self, settings: tuple[Setting, ...]) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        table = readme.partition("\n## Settings\n")[2].partition("\n## ")[0]
        rows = [line for line in table.splitlines() if line.startswith("| `")]

        assert rows == [row_of(setting) for setting in settings]

    def test_the_example_has_every_setting_with_its_default_and_no_other(self, settings: tuple[Setting, ...]) -> None:
        blocks = (ROOT / ".env.example").read_text(encoding="utf-8").strip().split("\n\n")[1:]

        assert blocks == [f"# {each.help}\n#{each.name}={shown(each.default)}" for each in settings]

    def test_the_example_is_accepted_as_it_is_and_with_its_values(self) -> None:
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        Path(".env").write_text(example)
        as_it_is = create_app().config
        Path(".env").write_text(re.sub(r"^#([A-Z_]+=.)", r"\1", example, flags=re.MULTILINE))
        with_values = create_app().config

        names = [setting.name for setting in CORE_SETTINGS]
        assert {name: with_values[name] for name in names} == {name: as_it_is[name] for name in names}


def row_of(setting: Setting) -> str:
    default = shown(setting.default)
    return f"| `{setting.name}` |{f' `{default}` ' if default else ' '}| {setting.help} |"


def shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ",".join(default) if isinstance(default, tuple) else str(default)
