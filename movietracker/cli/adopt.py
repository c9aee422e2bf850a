"""``movietracker adopt``: bringing in an installation of the original backend."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from ..adoption.adopting import AdoptedAccount, AdoptionReport, adopt
from ..adoption.findings import Finding
from ..errors import UserNotFound
from ..services.accounts import Account, find_account
from .plain import PlainCommand, as_json_option, echo, echo_json
from .progress import progress
from .tables import show_table

MAX_SHOWN = 50
_NAMES = "E-mail address, username or id; can be given several times."


@click.command("adopt", cls=PlainCommand)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--user",
    metavar="USER",
    help="Whose library here it goes into: a file of before there were accounts, or one account of the file.",
)
@click.option("--only", metavar="USER", multiple=True, help=f"Only these accounts of the file. {_NAMES}")
@click.option("--skip", metavar="USER", multiple=True, help=f"Not these accounts of the file. {_NAMES}")
@click.option("--dry-run", is_flag=True, help="Change nothing; report what would change.")
@as_json_option
@with_appcontext
def adopt_command(
    path: Path, user: str | None, only: tuple[str, ...], skip: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Bring in an installation of the original backend.

    PATH is its SQLite file (app.db).

    The file is not touched, and the servers may run. All or nothing; adopting the same file again changes nothing, and
    later what is newer there comes along.
    """
    into = None if user is None else _account(user)
    with progress("Adopting", "libraries") as show:
        report = adopt(path, into=into, only=only, skip=skip, dry_run=dry_run, show=show)
    if as_json:
        echo_json(_as_json(report))
    else:
        _show(report)


def _account(user: str) -> Account:
    try:
        return find_account(user)
    except UserNotFound as error:
        raise UserNotFound(f"{error} Create it with: movietracker users create --email E --username U") from None


def _as_json(report: AdoptionReport) -> object:
    return {
        "dry_run": report.dry_run,
        "accounts": [_account_json(each) for each in report.accounts],
        "findings": [each._asdict() for each in report.findings],
        "findings_omitted": report.findings_omitted,
    }


def _account_json(account: AdoptedAccount) -> object:
    names = ("email", "username", "id", "state", "added", "changed", "kept", "notes")
    return {name: getattr(account, name) for name in names} | {"tables": [each._asdict() for each in account.tables]}


def _show(report: AdoptionReport) -> None:
    for account in report.accounts:
        columns = [("table", False), ("read", True), ("stored", True), ("left out", True), ("newer here", True)]
        rows = [(each.table, *map(str, each[1:])) for each in account.tables]
        show_table(f"{account.email} ({account.state})", columns, rows)
        for note in account.notes:
            echo(note)
        echo(
            f"{'Would add' if report.dry_run else 'Added'} {_counted(account.added)}; "
            f"{'would change' if report.dry_run else 'changed'} {_counted(account.changed)}."
        )
    for finding in report.findings[:MAX_SHOWN]:
        echo(_line(finding))
    unseen = len(report.findings[MAX_SHOWN:]) + report.findings_omitted
    if unseen:
        echo(f"And {unseen} more; --json lists up to {len(report.findings)}.")
    if report.dry_run:
        echo("Nothing was changed.")


def _line(finding: Finding) -> str:
    return f"{finding.account or 'nobody'}: {finding.table} {finding.key}: {finding.sentence}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing"
