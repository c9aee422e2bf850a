"""``movietracker import``: what other trackers' files hold."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from ..errors import ImportProblem
from ..imports.census import Census, PersonFound
from ..imports.detection import find_importer
from ..imports.reading import read_rows
from ..services.accounts import find_account
from ..state import state
from ..uploads.archive import open_upload
from .plain import PlainCommand, as_json_option, echo, echo_json
from .tables import show_table

_NAMES = {"list_items": "places in lists", "people": "recommenders", "broken": "rows that cannot be read"}
_UNMATCHED = ("ambiguous", "not_found")
_COUNTS = [("", False), ("", True)]
_PEOPLE = [("Who recommended", False), ("Titles", True), ("Written as", False), ("Perhaps also", False)]
_BROKEN = [("Where", False), ("What is wrong", False)]
_MAX_SPELLINGS = 5


@click.command("import", cls=PlainCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", required=True, metavar="USER", help="Whose library (e-mail address, username or id).")
@click.option("--format", "format_name", metavar="NAME", help="The format, if it is not recognized.")
@click.option("--dry-run", is_flag=True, help="Show what the files hold; change nothing.")
@as_json_option
@with_appcontext
def import_command(files: tuple[Path, ...], user: str, format_name: str | None, dry_run: bool, as_json: bool) -> None:
    """Show what the files of another tracker hold.

    Only --dry-run is finished so far. FILES are the files of one export: an archive, or single files.
    """
    account = find_account(user)
    if not dry_run:
        raise ImportProblem(
            "Importing the files of other trackers is not finished in this version; --dry-run shows what a file holds."
        )
    with open_upload(files) as upload:
        importer = find_importer(state().importers, upload, format_name)
        census = Census(read_rows(importer, upload))
    if as_json:
        echo_json(census.to_json(importer.name))
    else:
        _show(census, f"{importer.label}, for {account.username}")


def _show(census: Census, title: str) -> None:
    rows = [
        (_NAMES.get(name, name.replace("_", " ")), str(count))
        for name, count in census.counts().items()
        if name not in _UNMATCHED
    ]
    show_table(title, _COUNTS, rows)
    if census.others:
        echo(f"Neither films nor series, and left out: {census.others}")
    if census.needing_review:
        echo(f"To be looked at by you: {census.needing_review}")
    if people := census.people():
        show_table("Who recommended titles, as far as the texts say", _PEOPLE, map(_person_row, people))
    if census.broken:
        show_table("What cannot be read", _BROKEN, ((each.where, each.reason) for each in census.broken))


def _person_row(person: PersonFound) -> tuple[str, ...]:
    spellings = list(person.written_as)[:_MAX_SPELLINGS]
    return person.name, str(len(person.titles)), " · ".join(spellings), ", ".join(person.alike)
