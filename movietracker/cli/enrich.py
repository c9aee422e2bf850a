"""``movietracker enrich``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import click
from flask.cli import with_appcontext

from ..errors import UserNotFound
from ..metadata.enrichment import Report, enrich
from ..metadata.title_store import ready_providers
from ..services import accounts, enrichment_queue
from ..services.enrichment_queue import Wanted
from ..state import state
from .plain import PlainCommand
from .progress import progress

SECONDS_BETWEEN_ATTEMPTS = 0.5


@click.command("enrich", cls=PlainCommand)
@click.option("--user", help="Only titles of this user (e-mail address, username or id).")
@click.option("--retry", is_flag=True, help="Also titles that rest because a provider failed or did not know them.")
@with_appcontext
def enrich_command(user: str | None, retry: bool) -> None:
    """Look up titles that are stored without details, now.

    The server does this by itself: at once, and again every few minutes. The exit code is 1 when titles failed.
    """
    lookup = state().lookup
    providers = ready_providers(lookup)
    if not providers:
        raise click.ClickException("No metadata provider is configured; see: movietracker plugins list")
    user_id = None if user is None else _find(user)
    with progress("Looking up titles", "titles") as show:
        report = _when_free(
            lambda: enrich(
                lookup,
                user_id=user_id,
                ignore_pauses=retry,
                progress=lambda report, total: show(report.done, total),
            )
        )
    resting = 0 if report.gave_up else enrichment_queue.count_due(Wanted(providers, user_id, ignore_pauses=True))
    for line in _summary(report, resting):
        click.echo(line)
    sys.exit(1 if report.failed else 0)


def _find(user: str) -> str:
    try:
        return accounts.find_account(user).id
    except UserNotFound:
        raise click.ClickException(f"There is no account with the e-mail, username or id {user}.") from None


def _when_free(run: Callable[[], Report | None]) -> Report:
    """Run as soon as no other process does the same."""
    has_said_so = False
    while (report := run()) is None:
        if not has_said_so:
            click.echo("Another process is looking up titles; waiting for it to finish (stop with Ctrl-C).", err=True)
            has_said_so = True
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    return report


def _summary(report: Report, resting: int) -> Iterator[str]:
    if report.done or not resting:
        filled = "1 title" if report.filled == 1 else f"{report.filled} titles"
        yield f"Filled {filled}; {report.unknown} unknown to the providers; {report.failed} failed."
    if report.gave_up:
        yield "The providers failed one time after another, so the rest was left for later."
    if resting:
        yield f"{resting} resting because a provider failed or did not know them; --retry asks for them now."
