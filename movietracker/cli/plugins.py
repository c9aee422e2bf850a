"""``movietracker plugins``: what is plugged in."""

from __future__ import annotations

import json
from typing import Any

import click

from ..contracts import MetadataProvider
from ..state import state
from .plain import PlainGroup

plugins = PlainGroup("plugins", help="Show the plugins, metadata providers and backup destinations.")


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_plugins(as_json: bool) -> None:
    """List the plugins, and the metadata providers and backup destinations in the order in which they are used."""
    found = _described()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo("Plugins")
    for plugin in found["plugins"]:
        version = f" {plugin['version']}" if plugin["version"] else ""
        hooks = ", ".join(plugin["hooks"]) if plugin["enabled"] else "disabled by MOVIETRACKER_PLUGINS_DISABLED"
        click.echo(f"  {plugin['name']:14} {plugin['source']}{version}: {hooks or 'no hooks'}")
    click.echo("\nMetadata providers, in the order in which they are asked")
    for provider in found["metadata_providers"]:
        ready = "" if provider["configured"] else " (not configured)"
        click.echo(f"  {provider['name']:14} {', '.join(provider['capabilities'])}{ready}")
    click.echo("\nBackup destinations, the first choice first")
    for destination in found["backup_destinations"]:
        click.echo(f"  {destination['name']:14} {'ready' if destination['configured'] else 'not configured'}")


def _described() -> dict[str, Any]:
    manager = state().plugins
    listed = [plugin.to_json() | {"enabled": True} for plugin in manager.plugins]
    listed += [plugin.to_json() | {"enabled": False} for plugin in manager.disabled]
    return {
        "plugins": listed,
        "metadata_providers": [_provider_json(provider) for provider in state().lookup.chain.providers],
        "backup_destinations": [
            {"name": destination.name, "configured": destination.is_configured()}
            for destination in state().vault.chosen
        ],
    }


def _provider_json(provider: MetadataProvider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "capabilities": sorted(provider.capabilities),
        "configured": provider.is_configured(),
    }
