"""``movietracker plugins``: the installed plugins."""

from dataclasses import asdict
from typing import Any

import click

from ..plugin.checks import is_ready
from ..state import state
from .plain import PlainGroup, as_json_option, echo_json

plugins = PlainGroup("plugins", help="Show the plugins, metadata providers and backup destinations.")


@plugins.command("list")
@as_json_option
def list_plugins(as_json: bool) -> None:
    """List the plugins, and the metadata providers and backup destinations in the order in which they are used."""
    found = _described()
    if as_json:
        echo_json(found)
        return
    click.echo("Plugins")
    for plugin in found["plugins"]:
        version = f" {plugin['version']}" if plugin["version"] else ""
        hooks = ", ".join(plugin["hooks"]) if plugin["enabled"] else "disabled by MOVIETRACKER_PLUGINS_DISABLED"
        click.echo(f"  {plugin['name']:14} {plugin['source']}{version}: {hooks or 'no hooks'}")
    click.echo("\nMetadata providers, in the order in which they are called")
    for provider in found["metadata_providers"]:
        ready = "" if provider["configured"] else " (not configured)"
        click.echo(f"  {provider['name']:14} {', '.join(provider['capabilities'])}{ready}")
    click.echo("\nBackup destinations, in order of preference")
    for destination in found["backup_destinations"]:
        click.echo(f"  {destination['name']:14} {'ready' if destination['configured'] else 'not configured'}")


def _described() -> dict[str, Any]:
    manager = state().plugins
    listed = [asdict(plugin) | {"enabled": True} for plugin in manager.plugins]
    listed += [asdict(plugin) | {"enabled": False} for plugin in manager.disabled]
    return {
        "plugins": listed,
        "metadata_providers": [
            {"name": each.name, "capabilities": sorted(each.capabilities), "configured": each.is_configured()}
            for each in state().lookup.chain.providers
        ],
        "backup_destinations": [{"name": each.name, "configured": is_ready(each)} for each in state().backups.chosen],
    }
