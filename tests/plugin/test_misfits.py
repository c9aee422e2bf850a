"""Plugins that would fail later, or never be called: the start ends with a sentence that says what is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from support.applications import MakeApp
from support.serving import run_program

from movietracker import __version__
from movietracker.errors import PluginError

PROVIDER = """
from movietracker.pluginapi import *


class Loud(BaseProvider):
    name = "loud"
    priority = 7
    id_namespace = 4000
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS})

    def search(self, query, year=None): return []
    def details(self, title_id, media_type, *, fresh=False): raise TitleUnknown
    def find(self, imdb_id, *, fresh=False): raise TitleUnknown
    def credits(self, title_id, media_type): raise TitleUnknown


@hookimpl
def register_metadata_providers(register):
    register(Loud())
"""

PAGE = """
import flask
from movietracker.pluginapi import hookimpl

page = flask.Blueprint("page", __name__, url_prefix="/page")


@page.route("/", methods=["GET", "POST"])
def view(**variables):
    return "a page"


@hookimpl
def register_blueprints(register):
    register(page)
"""

Start = Callable[[str], Flask]


@pytest.fixture
def start(make_app: MakeApp, instance_path: Path) -> Start:
    """Starts an application with a plugin of this source, named mine."""

    def started(source: str) -> Flask:
        (instance_path / "plugins").mkdir(parents=True, exist_ok=True)
        (instance_path / "plugins" / "mine.py").write_text(source)
        return make_app()

    return started


def refusal(start: Start, source: str) -> str:
    with pytest.raises(PluginError) as refused:
        start(source)
    return str(refused.value)


def changed(source: str, right: str, wrong: str) -> str:
    assert right in source
    return source.replace(right, wrong)


CAPABILITIES = "frozenset({Capability.SEARCH, Capability.DETAILS})"


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("4000", "'x'", "its id_namespace is 'x', not a whole number from 0 to 4095"),
        ("4000", "4096", "its id_namespace is 4096, not a whole number from 0 to 4095"),
        ("4000", "True", "its id_namespace is True, not a whole number from 0 to 4095"),
        ("= 7", "= 'high'", "its priority is 'high', not a whole number"),
        (CAPABILITIES, "frozenset()", "its capabilities are frozenset(), not a frozenset with at least one Capability"),
        (CAPABILITIES, "None", "its capabilities are None, not a frozenset with at least one Capability"),
        (CAPABILITIES, "[Capability.SEARCH]", "not a frozenset with at least one Capability"),
        (CAPABILITIES, "frozenset({'serach'})", "not a frozenset with at least one Capability"),
        ("def find", "def finds", "it has the capability details, but no method find"),
        ("def search", "def serach", "it has the capability search, but no method search"),
        (
            "search(self, query, year=None)",
            "search(self, query)",
            "its search must be a method that takes (query, year)",
        ),
        ("imdb_id, *, fresh=False", "imdb_id", "its find must be a method that takes (imdb_id, fresh)"),
        ("def search", "async def search", "its search must be a method that takes (query, year)"),
        ("(BaseProvider)", "", "it lacks is_configured, check, ratings, discover, find_by_tvdb"),
        ("register(Loud())", "register(Loud)", "it is a class, not an object"),
    ],
)
def test_a_provider_that_breaks_the_contract(start: Start, right: str, wrong: str, reason: str) -> None:
    said = refusal(start, changed(PROVIDER, right, wrong))

    assert said.startswith("Plugin mine registers Loud, which is not a metadata provider: it")
    assert said.endswith(f"{reason}.")


def test_a_provider_without_a_fault_is_taken(start: Start) -> None:
    start(PROVIDER)
    start(changed(PROVIDER, "imdb_id, *, fresh=False", "number, **options"))  # names and more are its own affair


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("@hookimpl\n", "", "does not fit: its register_metadata_providers lacks the decorator hookimpl"),
        ("@hookimpl\ndef", "@hookimpl\nasync def", "the hook register_metadata_providers must be a plain function"),
        ("register(Loud())", "yield register(Loud())", "the hook register_metadata_providers must be a plain function"),
        ("register(Loud())", "return [Loud()]", "it returns list, which belongs into register()"),
        ("register(Loud())", "raise SystemExit(3)", "fails in register_metadata_providers: SystemExit: 3"),
        (
            "@hookimpl\n",
            "@hookimpl(specname='register_all')\n",
            f"movietracker {__version__} has no hook named register_all",
        ),
    ],
)
def test_a_hook_that_would_not_work(start: Start, right: str, wrong: str, reason: str) -> None:
    said = refusal(start, changed(PROVIDER, right, wrong))

    assert said.startswith("Plugin mine ")
    assert reason in said


@pytest.mark.parametrize("statement", ["from movietracker.pluginapi import Teleport", "import movietracker.pluginapi2"])
def test_a_plugin_for_a_newer_version(start: Start, statement: str) -> None:
    said = refusal(start, statement)

    assert f"it needs another version of movietracker than {__version__}: " in said
    assert said.count("/") == 0, "no path"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("'COLOUR'", "str, not a valid Setting: it is of another kind."),
        (
            "Setting('the colour', text, '', 'Help.')",
            "Setting, not a valid Setting: its name is 'the colour', not words in capital letters joined by _.",
        ),
        ("Setting('COLOUR', 'text', '', 'Help.')", "Setting, not a valid Setting: its parser is not a function."),
    ],
)
def test_what_is_no_setting(start: Start, setting: str, said: str) -> None:
    source = f"from movietracker.pluginapi import *\n@hookimpl\ndef register_settings(register): register({setting})"
    assert refusal(start, source) == f"Plugin mine registers {said}"


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ("/api", "/movies"),
        ("/api", "/"),
        ("/api/mine", "/"),
        ("", "/api"),
        ("", "/<path:anything>"),
        ("/<section>", "/<path:rest>"),
    ],
)
def test_a_blueprint_that_claims_the_api(start: Start, prefix: str, rule: str) -> None:
    source = changed(changed(PAGE, '"/page"', f'"{prefix}"'), 'route("/"', f'route("{rule}"')
    said = refusal(start, source)

    assert said.startswith("Plugin mine registers a blueprint for /")
    assert said.endswith(", but /api is reserved for the application.")


@pytest.mark.parametrize("address", ["/docs", "/openapi.json", "/metrics"])
def test_a_blueprint_that_claims_another_address_of_ours(start: Start, address: str) -> None:
    prefix, _, rest = address.rpartition("/")
    source = changed(changed(PAGE, '"/page"', f'"{prefix or "/"}"'), 'route("/"', f'route("/{rest}"')

    assert refusal(start, source) == f"Plugin mine registers a blueprint for {address}, which there is already."


def test_a_blueprint_that_claims_the_address_of_another(start: Start, instance_path: Path) -> None:
    start(changed(PAGE, 'route("/"', 'route("/<int:number>"'))
    (instance_path / "plugins" / "other.py").write_text(
        changed(changed(PAGE, '"page"', '"other"'), 'route("/"', 'route("/<int:day>"')
    )

    said = refusal(start, changed(PAGE, 'route("/"', 'route("/<int:number>"'))
    assert said == "Plugin other registers a blueprint for /page/<int:day>, which there is already."


def test_a_blueprint_of_its_own_addresses_is_added(start: Start) -> None:
    client = start(PAGE).test_client()

    assert client.get("/page/").text == "a page"
    assert client.get("/api/no/such/thing").status_code == 404


def test_the_program_and_doctor_say_it_without_a_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "instance" / "plugins"
    assert run_program(tmp_path, "db", "upgrade").returncode == 0
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(changed(PROVIDER, "4000", "'x'"))
    for command in (["plugins", "list"], ["doctor"]):
        done = run_program(tmp_path, *command)
        assert done.returncode == 1
        assert "its id_namespace is 'x'" in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
