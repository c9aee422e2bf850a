"""``movietracker export``: a user's library as a file for other programs."""

import sys
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from .. import clock
from ..backup.catalog.spool import CHUNK_BYTES, Spool
from ..exports.formats import FORMATS, Format, left_out_lines, write_export
from ..files import whole_file
from ..schemas.export import ExportQuerySchema
from ..schemas.fields import load
from ..services.accounts import find_account
from ..services.transactions import library_read
from ..state import state
from .plain import PlainCommand, echo
from .tables import show_table


def _list_formats(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        rows = [(each.name, each.summary) for each in FORMATS.values()]
        show_table("Formats", (("format", False), ("what it is", False)), rows)
        ctx.exit()


@click.command("export", cls=PlainCommand)
@click.argument("user")
@click.option("--format", "name", type=click.Choice(list(FORMATS)), required=True, help="See --list.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write or replace, or its folder.")
@click.option("--tz", default="UTC", show_default=True, help="Time zone in which viewings have their days.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_formats, help="Show the formats."
)
@with_appcontext
def export(user: str, name: str, output: Path | None, tz: str) -> None:
    """Write a user's library for other programs.

    USER is an email address, username or id. It goes to standard output, or to a file.

    What the format has no place for is left out, and counted on standard error.
    """
    wanted = FORMATS[name]
    zone = ZoneInfo(load(ExportQuerySchema, {"tz": tz})["tz"])
    if output is None and wanted.suffix == "zip" and sys.stdout.isatty():
        raise click.UsageError("An archive is not for the terminal; give a file or a folder with --output.")
    left_out = _write(wanted, find_account(user).id, zone, output)
    for line in left_out_lines(left_out):
        echo(f"Left out: {line}", err=True)


def _write(wanted: Format, user_id: str, zone: ZoneInfo, output: Path | None) -> Mapping[str, int]:
    catalog = state().backups
    if output is not None:
        day = catalog.schedule.local(clock.now())
        path = output / wanted.file_name(day) if output.is_dir() else output
        with library_read(user_id) as read, whole_file(path) as file:
            left_out = write_export(wanted, read, zone, catalog.folder, file)
        echo(f"Wrote {path}.")
        return left_out
    with Spool(catalog.folder) as spool:
        with library_read(user_id) as read:
            left_out = write_export(wanted, read, zone, catalog.folder, spool.file)
        with spool.reader() as reader:
            for chunk in iter(lambda: reader.read(CHUNK_BYTES), b""):
                sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    return left_out
