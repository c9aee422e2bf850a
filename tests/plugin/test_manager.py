"""Finding, checking and describing plugins; whatever is wrong with one is said in one sentence that names it."""

import logging
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker.errors import PluginError, SettingsError
from movietracker.plugin.manager import PluginManager
from movietracker.services.accounts import Account
from movietracker.state import state

HEAD = "from movietracker.pluginapi import *\n"

PROVIDER = (
    HEAD
    + """
class {cls}(BaseProvider):
    name = "{name}"
    capabilities = frozenset({{Capability.SEARCH}})
    id_namespace = {namespace}

    def search(self, query, year=None):
        return [SearchHit(1, query.upper(), "movie")]


@hookimpl
def register_metadata_providers(register, context):
    register({cls}())
"""
)

RATER = (
    HEAD
    + """
class Rater(BaseProvider):
    capabilities = frozenset({Capability.RATINGS})

    def __init__(self, name, id_namespace=0):
        self.name, self.id_namespace = name, id_namespace

    def ratings(self, imdb_id, *, fresh=False):
        raise TitleUnknown


"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty plugin folder."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


def write(folder: Path, name: str, source: str = HEAD) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def provider(name: str, namespace: int) -> str:
    return PROVIDER.format(cls=name.title(), name=name, namespace=namespace)


def refusal(call: Callable[[], Any]) -> str:
    """What is said; one plain sentence without a trace of code."""
    with pytest.raises(PluginError) as caught:
        call()
    said = str(caught.value)
    assert re.fullmatch(r"[A-Z][^\n]*[^.\s]\.", said), said
    assert "Traceback" not in said
    assert "<module" not in said
    return said


def own(manager: PluginManager) -> list[str]:
    """The names of the plugins that come from the folder, in order."""
    return [plugin.name for plugin in manager.plugins if plugin.source.startswith("file ")]


class TestDiscovery:
    def test_the_built_in_plugins_come_first_by_entry_point_in_name_order(self, folder: Path) -> None:
        write(folder, "aaa.py")
        names = [plugin.name for plugin in PluginManager(folder).plugins]

        assert {"offline", "omdb", "tmdb"} <= set(names)
        assert names[:-1] == sorted(names[:-1])
        assert names[-1] == "aaa"

    def test_files_and_packages_of_the_folder_follow_in_name_order(self, folder: Path) -> None:
        write(folder, "c.py")
        write(folder, "b/__init__.py", "from . import helper\n" + HEAD)
        write(folder, "b/helper.py", "")
        write(folder, "a.py")
        write(folder, "_private.py", "raise RuntimeError")
        write(folder, ".hidden.py", "raise RuntimeError")
        write(folder, "notes.txt", "raise RuntimeError")
        write(folder, "no_package/notes.py", "raise RuntimeError")
        write(folder, "__pycache__/a.pyc", "")

        assert own(PluginManager(folder)) == ["a", "b", "c"]

    def test_a_folder_that_is_not_there_holds_nothing(self, tmp_path: Path) -> None:
        assert own(PluginManager(tmp_path / "nowhere")) == []

    def test_a_plugin_is_described_by_source_version_and_hooks(self, folder: Path) -> None:
        write(folder, "mine.py", provider("mine", 4000))
        plugins = {plugin.name: asdict(plugin) for plugin in PluginManager(folder).plugins}

        assert plugins["mine"] == {
            "name": "mine",
            "source": "file mine.py",
            "version": None,
            "hooks": ("register_metadata_providers",),
        }
        assert plugins["tmdb"]["source"] == "package movietracker"
        assert re.match(r"\d+\.\d+", plugins["tmdb"]["version"])

    def test_each_application_has_plugins_of_its_own(self, tmp_path: Path) -> None:
        for number in (1, 2):
            write(tmp_path, f"{number}/same/__init__.py", "from .helper import NUMBER\n" + HEAD)
            write(tmp_path, f"{number}/same/helper.py", f"NUMBER = {number}")
        write(tmp_path, "2/other.py")

        first, second = PluginManager(tmp_path / "1"), PluginManager(tmp_path / "2")
        assert (own(first), own(second)) == (["same"], ["other", "same"])
        assert [m._pluggy.get_plugin("same").NUMBER for m in (first, second)] == [1, 2]


class TestDisabling:
    def test_takes_out_any_plugin_the_built_in_ones_too(self, folder: Path) -> None:
        write(folder, "mine.py")
        manager = PluginManager(folder, ["mine", "tmdb"])

        names = [plugin.name for plugin in manager.plugins]
        assert "mine" not in names
        assert "tmdb" not in names
        assert {plugin.name for plugin in manager.disabled} == {"mine", "tmdb"}

    def test_helps_against_a_plugin_that_cannot_be_imported(self, folder: Path) -> None:
        write(folder, "broken.py", "raise RuntimeError('broken')")
        PluginManager(folder, ["broken"])

    def test_helps_against_two_of_one_name(self, folder: Path) -> None:
        write(folder, "tmdb.py")
        PluginManager(folder, ["tmdb"])

    def test_of_what_there_is_not_is_mentioned_in_the_log(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            PluginManager(folder, ["tmbd"])
        assert "tmbd" in caplog.text


class TestRefusals:
    def test_two_plugins_of_one_name(self, folder: Path) -> None:
        write(folder, "twin.py")
        write(folder, "twin/__init__.py")
        said = refusal(lambda: PluginManager(folder))
        assert "Two plugins are named twin" in said
        assert "file twin.py" in said

    def test_a_plugin_named_like_a_built_in_one(self, folder: Path) -> None:
        write(folder, "offline.py")
        said = refusal(lambda: PluginManager(folder))
        assert "offline" in said
        assert "package movietracker" in said

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("raise RuntimeError('the disk is on fire')", "the disk is on fire"),
            ("raise RuntimeError('Ends with a full stop.')", "Ends with a full stop"),
            ("raise RuntimeError('first line\\nsecond line')", "first line"),
            ("raise RuntimeError", "RuntimeError"),
            ("import no_such_module_anywhere", "no_such_module_anywhere"),
            ("from movietracker.pluginapi import NoSuchThing", "NoSuchThing"),
            ("def broken(:", "SyntaxError"),
            ("import sys; sys.exit(3)", "SystemExit"),
            ("x = \0", "SyntaxError"),
            ("", None),
        ],
    )
    def test_a_plugin_that_cannot_be_imported(self, folder: Path, source: str, reason: str | None) -> None:
        write(folder, "broken.py", source)
        if reason is None:
            assert own(PluginManager(folder)) == ["broken"]
            return
        said = refusal(lambda: PluginManager(folder))
        assert said.startswith("Plugin broken (file broken.py) cannot be imported")
        assert reason in said

    def test_a_hook_that_there_is_not(self, folder: Path) -> None:
        write(folder, "wrong.py", HEAD + "@hookimpl\ndef register_metadata_provider(register): pass")
        said = refusal(lambda: PluginManager(folder))
        assert "wrong" in said
        assert "register_metadata_provider" in said

    def test_a_hook_with_an_argument_that_it_does_not_have(self, folder: Path) -> None:
        write(folder, "wrong.py", HEAD + "@hookimpl\ndef register_settings(register, colour): pass")
        said = refusal(lambda: PluginManager(folder))
        assert "wrong" in said
        assert "register_settings" in said
        assert "colour" in said

    def test_hooks_take_only_the_arguments_that_they_name(self, make_app: MakeApp, folder: Path) -> None:
        write(
            folder,
            "terse.py",
            HEAD + "@hookimpl\ndef register_blueprints(): pass\n@hookimpl\ndef library_changed(): pass\n",
        )
        make_app(MOVIETRACKER_PLUGIN_DIR=str(folder))

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("register(7)", "int, which is not a metadata provider"),
            ("register(BaseProvider)", "BaseProvider, which is not a metadata provider: it is a class, not an object"),
            ("raise KeyError('key')", "KeyError"),
            ("raise RuntimeError", "RuntimeError"),
            ("raise PluginError('Nothing works here.')", "Nothing works here"),
            ("register(Rater('tmdb'))", "named tmdb, which there is already"),
            (
                "register(Rater('a', 4000)); register(Rater('b', 4000))",
                "b with an id_namespace that is taken: 4000",
            ),
            ("register(type('P', (BaseProvider,), {'name': None})())", "not a lower-case word"),
            ("register(type('P', (BaseProvider,), {'name': 'Mine, all'})())", "not a lower-case word"),
            ("rater = Rater('mine'); rater.is_configured = lambda: {}['key']; register(rater)", "'key'"),
        ],
    )
    def test_a_hook_that_fails_or_registers_nonsense(
        self, make_app: MakeApp, folder: Path, body: str, reason: str
    ) -> None:
        write(folder, "wrong.py", RATER + f"@hookimpl\ndef register_metadata_providers(register):\n    {body}\n")
        said = refusal(lambda: make_app(MOVIETRACKER_PLUGIN_DIR=str(folder)))
        assert "wrong" in said
        assert reason in said

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("register('page')", "registers str, which is not a Flask blueprint"),
            ("register(Blueprint('movies', __name__))", "'movies' is already registered"),
            ("page = Blueprint('page', __name__); register(page); register(page)", "'page' is already registered"),
        ],
    )
    def test_a_blueprint_that_cannot_be_added(self, make_app: MakeApp, folder: Path, body: str, reason: str) -> None:
        source = f"from flask import Blueprint\n@hookimpl\ndef register_blueprints(register):\n    {body}\n"
        write(folder, "wrong.py", HEAD + source)
        said = refusal(lambda: make_app(MOVIETRACKER_PLUGIN_DIR=str(folder)))
        assert "wrong" in said
        assert reason in said

    @pytest.mark.parametrize("name", ["TMDB_API_KEY", "SECRET_KEY", "MOVIETRACKER_PLUGIN_DIR"])
    def test_a_setting_that_there_is_already(self, make_app: MakeApp, folder: Path, name: str) -> None:
        source = f"@hookimpl\ndef register_settings(register):\n    register(Setting({name!r}, text, '', 'Mine.'))\n"
        write(folder, "greedy.py", HEAD + source)
        said = refusal(lambda: make_app(MOVIETRACKER_PLUGIN_DIR=str(folder)))
        assert "greedy" in said
        assert name in said

    def test_a_folder_that_is_set_but_not_there(self, make_app: MakeApp, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"^MOVIETRACKER_PLUGIN_DIR .*nowhere.*\.$"):
            make_app(MOVIETRACKER_PLUGIN_DIR=str(tmp_path / "nowhere"))


IMPORTER = (
    HEAD
    + """
class Tape:
    name = "{name}"
    label = {label}
    priority = {priority}

    def recognizes(self, upload): return True
    def rows(self, upload): yield from ()


@hookimpl
def register_importers(register, context):
    register(Tape())
"""
)


class TestImporters:
    def test_importers_come_in_the_order_of_their_priority(self, make_app: MakeApp, folder: Path) -> None:
        for name, priority in (("a", 200), ("b", 1)):
            write(folder, f"{name}.py", IMPORTER.format(name=name, label="'Tape'", priority=priority))
        app = make_app(MOVIETRACKER_PLUGIN_DIR=str(folder))
        with app.app_context():
            names = [importer.name for importer in state().importers]
        assert names[0] == "b"
        assert names[-1] == "a"
        assert "letterboxd" in names

    @pytest.mark.parametrize(
        ("name", "label", "reason"),
        [
            ("letterboxd", "'Tape'", "an importer named letterboxd, which there is already"),
            ("Tape", "'Tape'", "its name is 'Tape', not a lower-case word"),
            ("tape", "None", "its label is None, not a name"),
        ],
    )
    def test_an_importer_that_does_not_fit(
        self, make_app: MakeApp, folder: Path, name: str, label: str, reason: str
    ) -> None:
        write(folder, "tape.py", IMPORTER.format(name=name, label=label, priority=50))
        assert reason in refusal(lambda: make_app(MOVIETRACKER_PLUGIN_DIR=str(folder)))


class TestHooks:
    def test_a_provider_of_the_folder_is_asked(self, make_app: MakeApp, folder: Path, anna: Account) -> None:
        write(folder, "mine.py", provider("mine", 4000))
        client = client_of(make_app(MOVIETRACKER_PLUGIN_DIR=str(folder), METADATA_PROVIDERS="mine"), anna)

        hits = client.get("/api/external/tmdb/search?q=loud").json
        assert [hit["title"] for hit in hits] == ["LOUD"]
        assert hits[0]["id"] == (4000 << 40) + 1

    def test_a_title_whose_id_does_not_fit_costs_the_list_no_other(
        self, make_app: MakeApp, folder: Path, anna: Account
    ) -> None:
        titles = ", ".join(f"SearchHit({number}, 'X', 'movie')" for number in (0, 1 << 40, "'7'", 7))
        source = provider("mine", 4000).replace('SearchHit(1, query.upper(), "movie")', titles)
        write(folder, "mine.py", source)
        client = client_of(make_app(MOVIETRACKER_PLUGIN_DIR=str(folder), METADATA_PROVIDERS="mine"), anna)

        hits = client.get("/api/external/tmdb/search?q=loud").json
        assert [hit["id"] for hit in hits] == [(4000 << 40) + 7]

    def test_settings_blueprints_commands_and_news(
        self, make_app: MakeApp, folder: Path, anna: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(
            folder,
            "full.py",
            HEAD
            + """
import click
import flask

SEEN = []


@hookimpl
def register_settings(register):
    register(Setting("FULL_COLOUR", text, "red", "The colour."))


@hookimpl
def register_blueprints(register, context):
    page = flask.Blueprint("full", __name__)
    page.add_url_rule("/full", view_func=lambda: {"colour": context.settings["FULL_COLOUR"], "seen": SEEN})
    register(page)


@hookimpl
def register_commands(cli):
    cli.command("full")(lambda: click.echo("full"))


@hookimpl
def library_changed(event):
    SEEN.append([event.user_id, [[c.kind, c.key] for c in event.changes]])
""",
        )
        monkeypatch.setenv("FULL_COLOUR", "blue")
        app = make_app(MOVIETRACKER_PLUGIN_DIR=str(folder))
        client: Client = client_of(app, anna)
        person = client.post("/api/people", json={"name": "Mum"}).json

        page = client.get("/full").json
        assert page == {"colour": "blue", "seen": [[anna.id, [["person", str(person["id"])]]]]}
        assert "full" in app.test_cli_runner().invoke(args=["full"]).output

    def test_a_view_can_ask_for_the_user_as_every_other_endpoint_does(
        self, make_app: MakeApp, folder: Path, app: Flask, anna: Account, ben: Account
    ) -> None:
        write(
            folder,
            "private.py",
            HEAD
            + """
import flask


@hookimpl
def register_blueprints(register, context):
    page = flask.Blueprint("private", __name__)

    @page.get("/private")
    def private():
        user = context.current_user()
        return {"id": user.id, "username": user.username}

    register(page)
""",
        )
        with_plugin = make_app(MOVIETRACKER_PLUGIN_DIR=str(folder))
        for account in (anna, ben):
            mine = client_of(with_plugin, account).get("/private").json
            assert mine == {"id": account.id, "username": account.username}

        visitor = client_of(with_plugin)
        assert_problem(visitor.get("/private"), 401, "bad_token")
        assert_problem(visitor.get("/private", headers={"Authorization": "Bearer nonsense"}), 401, "bad_token")
        assert_problem(client_of(with_plugin).login_as_admin().get("/private"), 403, "forbidden")
        client = client_of(with_plugin, anna)
        assert client.post("/api/auth/logout").status_code == 204
        assert_problem(client.get("/private"), 401, "bad_token")

    def test_one_that_fails_at_the_news_disturbs_no_other(
        self, make_app: MakeApp, folder: Path, anna: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        write(folder, "clumsy.py", HEAD + "@hookimpl\ndef library_changed(event): raise RuntimeError('oops')")
        client = client_of(make_app(MOVIETRACKER_PLUGIN_DIR=str(folder)), anna)

        with caplog.at_level(logging.ERROR):
            assert client.post("/api/people", json={"name": "Mum"}).status_code == 201
        assert "clumsy" in caplog.text
