"""Where settings come from, and what is said of wrong ones."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from support.applications import MakeApp

from movietracker import create_app
from movietracker.errors import SettingsError
from movietracker.setting_types import Setting
from movietracker.settings import CORE_SETTINGS
from movietracker.settings_source import SettingsSource

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
    def test_each_place_takes_precedence_over_those_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert value("CACHE_MAX_ENTRIES") == 500
        write_config_py("CACHE_MAX_ENTRIES = 100 + 1\n")
        assert value("CACHE_MAX_ENTRIES") == 101
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n")
        assert value("CACHE_MAX_ENTRIES") == 102
        monkeypatch.setenv("CACHE_MAX_ENTRIES", "103")
        assert value("CACHE_MAX_ENTRIES") == 103
        assert value("CACHE_MAX_ENTRIES", {"CACHE_MAX_ENTRIES": 104}) == 104

    def test_an_empty_instance_path_means_the_default_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOVIETRACKER_INSTANCE_PATH", "")

        assert SettingsSource().instance_path == Path("instance").absolute()

    def test_the_environment_itself_is_left_as_it_is(self) -> None:
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n")
        before = dict(os.environ)

        assert value("CACHE_MAX_ENTRIES") == 102
        assert dict(os.environ) == before

    def test_a_plugins_settings_come_from_the_same_places(self, make_app: MakeApp) -> None:
        Path(".env").write_text("TMDB_API_KEY=0123456789abcdef\n")

        assert make_app().config["TMDB_API_KEY"] == "0123456789abcdef"


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "wrong", "expected"),
        [
            ("CACHE_TTL_SECONDS", "soon", "a whole number from 1 to 31536000"),
            ("CACHE_TTL_SECONDS", "0", "a whole number from 1 to 31536000"),
            ("CACHE_TTL_SECONDS", "1.5", "a whole number from 1 to 31536000"),
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

    @pytest.mark.parametrize(
        "content",
        [
            "TMDB_API_KEY=abc\n".encode("utf-16"),
            "TMDB_API_KEY=abc\n".encode("utf-16-le"),
            "ADMIN_TOKEN=señor\n".encode("latin-1"),
        ],
        ids=["utf-16", "utf-16 without a mark", "latin-1"],
    )
    def test_a_dotenv_in_another_encoding_is_a_sentence(self, content: bytes) -> None:
        Path(".env").write_bytes(content)

        with pytest.raises(SettingsError, match=r"^\.env in .* is not UTF-8 text; save it in the encoding UTF-8\.$"):
            SettingsSource()

    def test_a_dotenv_in_utf_8_may_begin_with_a_mark(self) -> None:
        Path(".env").write_bytes("CACHE_MAX_ENTRIES=102\n".encode("utf-8-sig"))

        assert value("CACHE_MAX_ENTRIES") == 102

    def test_a_line_of_dotenv_that_cannot_be_meant_is_told_without_repeating_it(self) -> None:
        Path(".env").write_text("CACHE_MAX_ENTRIES=102\n\nADMIN_TOKEN='hidden\n")

        with pytest.raises(SettingsError, match=r"^\.env, line 3: expected NAME=VALUE, with every quote closed\.$"):
            SettingsSource()

    @pytest.mark.parametrize("place", ["environment", "overrides"])
    def test_text_that_cannot_be_encoded_is_refused(self, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
        overrides = {"METRICS_TOKEN": "a\0b"}
        if place == "environment":
            overrides = {}
            monkeypatch.setitem(os.environb, b"METRICS_TOKEN", b"caf\xe9")

        with pytest.raises(SettingsError, match="METRICS_TOKEN must be text, not the value given"):
            value("METRICS_TOKEN", overrides)

    def test_a_secret_file_that_is_not_text_is_named(self, tmp_path: Path) -> None:
        Path("instance").mkdir()
        Path("instance/secret_key").write_bytes(b"caf\xe9")

        with pytest.raises(SettingsError, match=r"secret_key is not ASCII text; remove it"):
            create_app()

    @pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?uri=true"])
    def test_a_database_without_a_file_is_refused(self, address: str) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL names no file; SQLite needs one, as in sqlite:////srv"):
            create_app({"DATABASE_URL": address})

    @pytest.mark.parametrize("address", ["sqlite://host/x.db", "sqlite://u:secret@h/x.db", "sqlite:///x.db?timeout=a"])
    def test_an_sqlite_address_that_cannot_be_meant_is_refused(self, address: str) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL must be an SQLite or PostgreSQL URL such as"):
            create_app({"DATABASE_URL": address})

    def test_an_option_of_redis_that_is_wrong_is_told(self) -> None:
        with pytest.raises(SettingsError, match=r"REDIS_URL cannot be used: .*socket_timeout"):
            create_app({"REDIS_URL": "redis://127.0.0.1/0?socket_timeout=abc"})

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

    def test_every_secret_is_marked_as_one(self, make_app: MakeApp) -> None:
        settings = make_app().extensions["movietracker"].settings
        suspects = {each.name for each in settings if re.search("KEY|TOKEN|PASS|SECRET|_URL$|_OPTIONS$", each.name)}
        not_secret = {"TMDB_BASE_URL", "OMDB_BASE_URL", "USER_TOKEN_DAYS", "ADMIN_TOKEN_HOURS", "PASSWORD_ITERATIONS"}

        assert {each.name for each in settings if each.secret} == suspects - not_secret

    def test_a_config_py_with_a_fault_stops_the_start(self) -> None:
        write_config_py("CACHE_MAX_ENTRIES = 100 +\n")

        with pytest.raises(SettingsError, match=r"config\.py in the instance folder cannot be read: invalid syntax"):
            create_app()


class TestReferencesToOtherVariables:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("${FOLDER}/x", "/srv/x"),
            ('"${FOLDER}/x"', "/srv/x"),
            ("'${FOLDER}/x'", "${FOLDER}/x"),
            ("'it\\'s ${X}'", "it's ${X}"),
            ("${OTHER:-y}", "y"),
            ("pa$$word", "pa$$word"),
        ],
    )
    def test_they_are_replaced_except_in_single_quotes(self, written: str, meant: str) -> None:
        Path(".env").write_text(f"FOLDER=/srv\nBACKUP_PASSPHRASE={written}\n")

        assert value("BACKUP_PASSPHRASE") == meant

    def test_a_value_in_single_quotes_can_be_referred_to(self) -> None:
        Path(".env").write_text("export OTHER = 'a${b}'\nBACKUP_PASSPHRASE=${OTHER}c\n")

        assert value("BACKUP_PASSPHRASE") == "a${b}c"


class TestEmptyValues:
    @pytest.mark.parametrize("empty", ["", "  "], ids=["nothing", "blanks"])
    def test_where_empty_has_no_meaning_of_its_own_it_is_the_default(
        self, monkeypatch: pytest.MonkeyPatch, make_app: MakeApp, empty: str
    ) -> None:
        settings = make_app().extensions["movietracker"].settings
        meaningful = {"LOGIN_RATE_LIMIT", "IMPORT_RATE_LIMIT", "PROXY_RATE_LIMIT", "SYNC_RATE_LIMIT", "IMAGE_ORIGINS"}
        names = [setting.name for setting in settings if setting.name not in meaningful]
        instance = next(setting for setting in settings if setting.name == "MOVIETRACKER_INSTANCE_PATH")
        for setting in settings:
            monkeypatch.setenv(setting.name, empty)

        found = SettingsSource().read(settings)
        assert found.pop(instance.name) == ""
        assert {name: found[name] for name in names if name in found} == {
            setting.name: setting.default for setting in settings if setting.name in names and setting is not instance
        }
        assert SettingsSource().instance_path == Path("instance").absolute()

    @pytest.mark.parametrize("name", ["LOGIN_RATE_LIMIT", "IMPORT_RATE_LIMIT", "PROXY_RATE_LIMIT"])
    def test_an_empty_rate_means_no_limit(self, name: str) -> None:
        assert value(name, {name: ""}) == ""

    def test_an_empty_variable_leaves_what_a_later_place_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUSTED_PROXIES", "")
        Path(".env").write_text("TRUSTED_PROXIES=2\n")

        assert value("TRUSTED_PROXIES") == 2


class TestVariablesOfTheMachinery:
    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("MOVIETRACKER_PORT", "tcp://10.0.0.1:8000"),
            ("MOVIETRACKER_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("MOVIETRACKER_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("MOVIETRACKER_PORT_53_UDP_PROTO", "udp"),
            ("MOVIETRACKER_SERVICE_HOST", "10.0.0.1"),
            ("MOVIETRACKER_SERVICE_PORT", "8000"),
            ("MOVIETRACKER_SERVICE_PORT_HTTP_WEB", "8000"),
            ("MOVIETRACKER_POSTGRES_PORT", "tcp://10.0.0.2:5432"),
            ("MOVIETRACKER_POSTGRES_SERVICE_HOST", "10.0.0.2"),
            ("MOVIETRACKER_NAME", "/web/movietracker"),
            ("MOVIETRACKER_ENV_LOG_FORMAT", "json"),
        ],
    )
    def test_those_of_a_service_with_our_name_are_passed_over(
        self, monkeypatch: pytest.MonkeyPatch, name: str, given: str
    ) -> None:
        monkeypatch.setenv(name, given)
        create_app()

    @pytest.mark.parametrize(
        ("name", "given"),
        [("MOVIETRACKER_PORT", "9000"), ("MOVIETRACKER_HOST", "0.0.0.0"), ("MOVIETRACKER_NAME", "Films")],
    )
    def test_what_somebody_wrote_is_still_refused(self, monkeypatch: pytest.MonkeyPatch, name: str, given: str) -> None:
        monkeypatch.setenv(name, given)

        with pytest.raises(SettingsError, match=f"{name} .* is not a setting"):
            create_app()


class TestUnknownNames:
    @pytest.mark.parametrize("name", ["TMDB_APIKEY", "tmdb_api_key", "BACKUP_RETENTION_DAY", "DATABSE_URL"])
    def test_a_name_that_is_nearly_that_of_a_setting_is_told(self, name: str) -> None:
        Path(".env").write_text(f"{name}=1\nSOMETHING_ELSE=1\n")
        (told,) = create_app().extensions["movietracker"].suspects()

        assert told.startswith(f"{name} (from .env) is not a setting and has no effect; ")

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


class TestTheDocumentation:
    @pytest.fixture
    def settings(self, make_app: MakeApp) -> tuple[Setting, ...]:
        """All settings, those of the built-in plugins too."""
        return make_app().extensions["movietracker"].settings  # type: ignore[no-any-return]

    def test_the_document_has_a_row_for_every_setting_and_no_other(self, settings: tuple[Setting, ...]) -> None:
        document = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
        rows = [line for line in document.splitlines() if line.startswith("| `")]

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
