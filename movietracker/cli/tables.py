"""Tables on the terminal; in a pipe they are as wide as their contents, so that nothing is cut off."""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .plain import printable

WIDTH_OF_PIPES = 1000

Column = tuple[str, bool]
"""Its heading, and whether it holds numbers, which stand to the right."""


def show_table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text, which may hold anything."""
    table = Table(title=_text(title), title_justify="left", box=SIMPLE)
    for heading, is_number in columns:
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for row in rows:
        table.add_row(*map(_text, row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH_OF_PIPES).print(table)


def _text(value: str) -> Text:
    return Text(printable(value).replace("\n", " "))
