"""The checks of ``movietracker doctor`` that concern plugins and what they offer."""

from collections.abc import Iterator

from flask import current_app

from ..errors import Problem
from ..metadata.guard import GuardedProvider
from ..plugin.checks import is_ready
from ..plugin.destinations import BackupDestination
from ..plugin.providers import Capability
from ..state import state
from .findings import Finding, ok
from .plain import file_sentence


def plugins() -> Iterator[Finding]:
    """Whether each plugin does something."""
    for plugin in state().plugins.plugins:
        if not plugin.hooks:
            sentence = f"{plugin.name} ({plugin.source}) implements no hook, so it does nothing."
            yield Finding("plugins", "warning", sentence, "Decorate its hooks with hookimpl, or remove it.")


def providers() -> Iterator[Finding]:
    """Whether each metadata provider responds to a real request, and each capability has a provider."""
    chain = state().lookup.chain.providers
    for provider in chain:
        yield _provider(provider)
    for capability in Capability:
        if capability is Capability.TVDB:  # imports do without it
            continue
        if not any(each.is_configured() and capability in each.capabilities for each in chain):
            sentence = f"No metadata provider is ready for {capability}."
            yield Finding("metadata", "warning", sentence, "Set a provider's key, or enable the offline plugin.")


def _provider(provider: GuardedProvider) -> Finding:
    if not provider.is_configured():
        return ok(provider.name, "Not configured, so it is not used.")
    remedy = f"See that the key and address of {provider.name} are right, and that it can be reached from here."
    try:
        return ok(provider.name, provider.check())
    except Exception as error:  # noqa: BLE001 - report whatever a third-party provider raises
        return Finding(provider.name, "fault", str(error) or type(error).__name__, remedy)


def destinations() -> Iterator[Finding]:
    """Whether each backup destination is writable."""
    catalog = state().backups
    for destination in catalog.ready():
        try:
            yield ok(destination.name, destination.check())
        except Problem as problem:
            cause, sentence = problem.__cause__, problem.detail
            if isinstance(cause, OSError) and str(cause.filename).startswith("/"):  # no address, which may hold keys
                sentence = file_sentence(cause)
            remedy = f"See that the settings of {destination.name} are right, and that it can be reached and has room."
            yield Finding(destination.name, "fault", sentence, remedy)
    for idle in catalog.chosen:
        if not is_ready(idle):
            yield _idle(idle)
    if not catalog.ready():
        remedy = "Enable the plugin local_backup, or set BACKUP_REMOTE_URL."
        yield Finding("backup", "warning", "No backup destination is configured.", remedy)


def _idle(destination: BackupDestination) -> Finding:
    sentence = "Not configured, so no backups go there."
    if destination.name not in current_app.config["BACKUP_DESTINATIONS"]:
        return ok(destination.name, sentence)
    return Finding(destination.name, "fault", sentence, "Configure it, or remove it from BACKUP_DESTINATIONS.")
