"""Lists that people keep by hand: Markdown, Org, plain text, tables and JSON with a column that says who told them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    BrokenRow,
    JsonItem,
    Member,
    MemberDamaged,
    Rows,
    TableRow,
    columns_of,
    json_keys,
    phrase,
    read_json,
    read_table,
    row_of_each,
    text_head,
    text_lines,
)

from .columns import Columns, Scale
from .outline import Found, Survey, is_structured, titles_of
from .rows import SOURCE, row_of_cells, row_of_entry

_MAX_TITLE_LINE = 150
_MAX_KEYS = 1_000
_MAX_KEY_LENGTH = 100
_FIRST_ITEMS = 20
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1a\ufffd]")
_LINE_OF_TITLE = re.compile(r"[\w\"'“‘«(#¡¿].*")
_CELLS_OF_TABLE = (re.compile(r",(?=\S)"), re.compile(";"), re.compile("\t"))


class HandwrittenImporter(BaseImporter):
    """Takes what no tracker wrote, if it looks like a list of titles."""

    name = SOURCE
    label = "A list kept by hand"
    priority = 90

    def reads(self, member: Member) -> bool:
        """Whether a member is a table of titles with a column of recommenders, or a text of short lines."""
        return bool(Columns.of(columns_of(member))) or _json_section(member) is not None or _is_text(member)

    def rows_of(self, member: Member) -> Rows:
        """The titles of a table or text."""
        if columns := Columns.of(columns_of(member)):
            return _of_table(member, columns)
        section = _json_section(member)
        return _of_text(member) if section is None else _of_json(member, section)


def _json_section(member: Member) -> str | None:
    """The array of a JSON file whose objects are titles."""
    found = ((section, Columns.of(sorted(keys))) for section, keys in json_keys(member).items())
    return next((section for section, columns in found if columns and _has_titles(member, section, columns)), None)


def _has_titles(member: Member, section: str, columns: Columns) -> bool:
    """Whether titles are given by name: in files of trackers, ``movie`` can be an object with ids and more."""
    return any(columns.get(_cells_of(item), "title") for item in islice(read_json(member, section), _FIRST_ITEMS))


def _is_text(member: Member) -> bool:
    head = text_head(member)
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines or _NO_TEXT.search(head) or json_keys(member) or head.lstrip()[:1] in "<{":
        return False
    if any(line.startswith("#") or is_structured(line) for line in lines):
        return True
    if any(all(cells.search(line) for line in lines[:20]) for cells in _CELLS_OF_TABLE):
        return False
    return all(len(line) <= _MAX_TITLE_LINE and _LINE_OF_TITLE.match(line.strip()) for line in lines[:-1] or lines)


def _of_table(member: Member, columns: Columns) -> Rows:
    scale = Scale.of(lambda: ((columns, row.cells) for row in read_table(member) if isinstance(row, TableRow)))
    return row_of_each(read_table(member), lambda row: row_of_cells(row.cells, member.at(row.line), columns, scale))


def _of_json(member: Member, section: str) -> Rows:
    columns = Columns.of(_keys_of_all(member, section))
    if columns is None:
        return
    scale = Scale.of(lambda: ((columns, _cells_of(item)) for item in read_json(member, section)))
    for item in read_json(member, section):
        if isinstance(item, BrokenRow):
            yield item
        elif not isinstance(item.value, dict):
            yield BrokenRow(item.where, phrase("not_an_object"))
        else:
            yield row_of_cells(_cells_of(item), item.where, columns, scale)


def _keys_of_all(member: Member, section: str) -> list[str]:
    """The keys of all objects of an array, as one may lack what another has."""
    keys: dict[str, None] = {}
    for item in read_json(member, section):
        if len(keys) < _MAX_KEYS:
            keys |= dict.fromkeys(key for key in _cells_of(item) if len(key) <= _MAX_KEY_LENGTH)
    return list(keys)


def _cells_of(item: JsonItem | BrokenRow) -> Mapping[str, str]:
    if isinstance(item, BrokenRow) or not isinstance(item.value, dict):
        return {}
    return {name: _text_of(value) for name, value in item.value.items()}


def _text_of(value: Any) -> str:
    """A value of JSON as a cell."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text_of, value)))
    if isinstance(value, dict):
        return _text_of(value.get("name"))
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _of_text(member: Member) -> Rows:
    try:
        survey = Survey(text_lines(member))
        scale = Scale.of(lambda: _tabled(titles_of(text_lines(member), survey)))
        for found in titles_of(text_lines(member), survey):
            where = member.at(found.number)
            if found.entry is not None:
                yield row_of_entry(found.entry, where, found.headings)
            elif columns := Columns.of(found.cells):
                yield row_of_cells(found.cells, where, columns, scale, found.headings)
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)


def _tabled(titles: Iterable[Found]) -> Iterator[tuple[Columns, Mapping[str, str]]]:
    for found in titles:
        if found.entry is None and (columns := Columns.of(found.cells)):
            yield columns, found.cells
