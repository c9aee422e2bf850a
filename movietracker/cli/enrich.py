"""``movietracker enrich``."""

import sys
from collections.abc import Iterator

import click
from flask.cli import with_appcontext

from ..metadata.enrichment import Report, enrich
from ..metadata.title_store import ready_providers
from ..services import enrichment_queue
from ..services.accounts import find_account
from ..services.enrichment_queue import Wanted
from ..state import state
from .plain import PlainCommand, echo, user_option
from .progress import progress, when_free


@click.command("enrich", cls=PlainCommand)
@user_option
@click.option("--retry", is_flag=True, help="Also retry titles that a provider failed on or did not know.")
@with_appcontext
def enrich_command(user: str | None, retry: bool) -> None:
    """Fetch missing details of stored titles now.

    The server does so at once, and again every few minutes. The exit code is 1 if titles failed.
    """
    lookup = state().lookup
    providers = ready_providers(lookup)
    if not providers:
        raise click.ClickException("No metadata provider is configured; see: movietracker plugins list")
    user_id = None if user is None else find_account(user).id
    with progress("Looking up titles", "titles") as show:
        report = when_free(
            lambda: enrich(
                lookup, user_id=user_id, ignore_pauses=retry, progress=lambda report, total: show(report.done, total)
            ),
            "looking up titles",
        )
    resting = 0 if report.gave_up else enrichment_queue.count_due(Wanted(providers, user_id, ignore_pauses=True))
    for line in _summary(report, resting):
        echo(line)
    sys.exit(1 if report.failed else 0)


def _summary(report: Report, resting: int) -> Iterator[str]:
    if report.done or not resting:
        filled = "1 title" if report.filled == 1 else f"{report.filled} titles"
        yield f"Filled {filled}; {report.unknown} unknown to the providers; {report.failed} failed."
    if report.gave_up:
        yield "The providers failed repeatedly, so the remaining titles were postponed."
    if resting:
        yield f"{resting} resting because a provider failed or did not know them; --retry asks for them now."
