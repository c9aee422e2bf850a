"""``movietracker import``: what other trackers' files hold, bringing it in, and taking it back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ..imports import jobs
from ..imports.census import Census, PersonFound
from ..imports.detection import find_importer
from ..imports.reading import read_rows
from ..imports.shown import job_json
from ..services.accounts import find_account
from ..state import state
from ..uploads.archive import open_upload
from .import_jobs import LISTS, Answers, go_on, import_files, show_report, work_on_terminal
from .plain import PlainGroup, as_json_option, echo, echo_json
from .tables import show_table

_NAMES = {"list_items": "places in lists", "people": "recommenders", "broken": "rows that cannot be read"}
_UNMATCHED = ("ambiguous", "not_found")
_COUNTS = [("", False), ("", True)]
_PEOPLE = [("Who recommended", False), ("Titles", True), ("Written as", False), ("Perhaps also", False)]
_BROKEN = [("Where", False), ("What is wrong", False)]
_JOBS = [("Batch", False), ("When (UTC)", False), ("From", False), ("State", False), ("Done", True), ("Error", False)]
_MAX_SPELLINGS = 5
_DEFAULT = "files"

F = TypeVar("F", bound=Callable[..., Any])

_whose = click.option("--user", required=True, metavar="USER", help="Whose library (e-mail address, username or id).")
_answers = (
    click.option("--yes", is_flag=True, help="Do not ask: leave out what is not certain, and all people."),
    click.option("--people", is_flag=True, help="With --yes: take all people that are found, as they are written."),
    click.option(
        "--lists",
        type=click.Choice(LISTS),
        default="list",
        help="With --yes: make the file's lists custom lists or tags, or skip them.",
    ),
    click.option(
        "--ratings", type=click.Choice(["keep", "replace"]), default="keep", help="Your ratings, where both rate."
    ),
)


def _answered(command: F) -> F:
    """Add the options that answer questions."""
    for option in reversed(_answers):
        command = option(command)
    return command


class _ImportGroup(PlainGroup):
    """A group that imports files unless its first argument is one of its commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that imports files in front of files."""
        is_known = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if is_known else [_DEFAULT, *args])


@click.group("import", cls=_ImportGroup)
def import_command() -> None:
    """Bring in the files of another tracker, or take them back.

    movietracker import FILE... --user USER brings them in. A file that is named like a command below is given as
    ./NAME.
    """


@import_command.command(_DEFAULT)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_whose
@click.option("--format", "format_name", metavar="NAME", help="The format, if it is not recognized.")
@click.option("--dry-run", is_flag=True, help="Show what the files hold; change nothing.")
@_answered
@as_json_option
def files_command(
    files: tuple[Path, ...], user: str, format_name: str | None, dry_run: bool, as_json: bool, **how: Any
) -> None:
    """Bring in the files of another tracker, after a preview.

    FILES are the files of one export: an archive, or single files.
    """
    account = find_account(user)
    with open_upload(files) as upload:
        importer = find_importer(state().importers, upload, format_name)
        if dry_run:
            census = Census(read_rows(importer, upload))
    if not dry_run:
        import_files(account, files, importer.name, Answers(**how), as_json=as_json)
    elif as_json:
        echo_json(census.to_json(importer.name))
    else:
        _show(census, f"{importer.label}, for {account.username}")


@import_command.command("list")
@_whose
@as_json_option
def list_command(user: str, as_json: bool) -> None:
    """List the imports of a user, the newest first."""
    found = jobs.list_jobs(find_account(user).id)
    if as_json:
        echo_json([job_json(job) for job in found])
    else:
        show_table("Imports", _JOBS, map(_job_row, found))


@import_command.command("resume")
@click.argument("batch")
@_whose
@_answered
@as_json_option
def resume_command(batch: str, user: str, as_json: bool, **how: Any) -> None:
    """Go on with the import BATCH where it was, after it was interrupted, paused, or canceled while it wrote."""
    job = jobs.get_job(find_account(user).id, batch)
    if job.state in ("failed", "cancelled"):
        job = jobs.confirm(job.user_id, job.id)
    if jobs.is_elsewhere(job):
        raise click.ClickException("Its files are on another machine, or gone.")
    go_on(job, Answers(**how), as_json=as_json)


@import_command.command("undo")
@click.argument("batch")
@_whose
@as_json_option
def undo_command(batch: str, user: str, as_json: bool) -> None:
    """Take back what the import BATCH brought in, but what was changed since."""
    account = find_account(user)
    job = work_on_terminal(jobs.undo(account.id, batch))
    show_report(job, as_json=as_json)


def _job_row(job: jobs.Job) -> tuple[str, ...]:
    when = datetime.fromtimestamp(job.created_at, UTC).strftime("%Y-%m-%d %H:%M")
    return job.id, when, job.label or job.format or "", job.state, f"{job.done}/{job.total}", job.error or ""


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
    return person.name, str(person.titles), " · ".join(spellings), ", ".join(person.alike)
