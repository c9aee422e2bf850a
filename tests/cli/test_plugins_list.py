"""``movietracker plugins list``."""

import json
from pathlib import Path
from typing import Any

from support.applications import MakeApp
from support.built_in import BUILT_IN

from movietracker import __version__

PLUGIN = """
from movietracker.pluginapi import BaseProvider, Capability, TitleUnknown, hookimpl

class Provider(BaseProvider):
    name = "shelf"
    capabilities = frozenset({Capability.RATINGS})
    id_namespace = 7
    priority = 1

    def ratings(self, imdb_id, *, fresh=False):
        raise TitleUnknown

@hookimpl
def register_metadata_providers(register, context):
    register(Provider())
"""


def listed(make_app: MakeApp, **settings: Any) -> dict[str, Any]:
    result = make_app(**settings).test_cli_runner().invoke(args=["plugins", "list", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_plugins_are_listed_with_source_version_and_hooks(make_app: MakeApp, instance_path: Path) -> None:
    (instance_path / "plugins").mkdir(parents=True)
    (instance_path / "plugins" / "shelf.py").write_text(PLUGIN)

    plugins = {plugin.pop("name"): plugin for plugin in listed(make_app)["plugins"]}
    assert plugins["shelf"] == {
        "source": "file shelf.py",
        "version": None,
        "hooks": ["register_metadata_providers"],
        "enabled": True,
    }
    assert plugins["tmdb"] == {
        "source": "package movietracker",
        "version": __version__,
        "hooks": ["register_importers", "register_metadata_providers", "register_settings"],
        "enabled": True,
    }
    assert list(plugins) == [*BUILT_IN, "shelf"], "those of packages first, then those of the folder"


def test_a_disabled_plugin_is_listed_as_such(make_app: MakeApp) -> None:
    found = listed(make_app, MOVIETRACKER_PLUGINS_DISABLED="tmdb")

    assert [(plugin["name"], plugin["enabled"]) for plugin in found["plugins"]] == [
        *((name, True) for name in BUILT_IN if name != "tmdb"),
        ("tmdb", False),
    ]
    assert "tmdb" not in [provider["name"] for provider in found["metadata_providers"]]


def test_providers_are_listed_in_the_order_in_which_they_are_asked(make_app: MakeApp) -> None:
    by_priority = listed(make_app, TMDB_API_KEY="0123456789abcdef")["metadata_providers"]
    assert by_priority == [
        {"name": "tmdb", "capabilities": ["details", "discover", "search", "tvdb"], "configured": True},
        {"name": "omdb", "capabilities": ["ratings"], "configured": False},
        {"name": "offline", "capabilities": ["details", "discover", "ratings", "search"], "configured": True},
    ]
    by_setting = listed(make_app, METADATA_PROVIDERS="offline, tmdb")["metadata_providers"]
    assert [provider["name"] for provider in by_setting] == ["offline", "tmdb"]


def test_destinations_are_listed_in_the_order_in_which_they_are_used(make_app: MakeApp) -> None:
    assert listed(make_app)["backup_destinations"] == [
        {"name": "local", "configured": True},
        {"name": "remote", "configured": False},
    ]
    chosen = listed(make_app, BACKUP_DESTINATIONS="remote", BACKUP_REMOTE_URL="file:///mnt/disk")
    assert chosen["backup_destinations"] == [{"name": "remote", "configured": True}]


def test_the_list_can_be_read_by_people(make_app: MakeApp) -> None:
    app = make_app(MOVIETRACKER_PLUGINS_DISABLED="tmdb")
    lines = app.test_cli_runner().invoke(args=["plugins", "list"]).stdout.splitlines()

    assert (
        f"  omdb           package movietracker {__version__}: register_metadata_providers, register_settings" in lines
    )
    assert f"  tmdb           package movietracker {__version__}: disabled by MOVIETRACKER_PLUGINS_DISABLED" in lines
    assert "  omdb           ratings (not configured)" in lines
    assert "  remote         not configured" in lines
