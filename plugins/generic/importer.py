"""Tables and JSON in the form that docs/moving.md documents, for whatever has no importer of its own."""

from collections.abc import Iterator

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    Member,
    TableRow,
    Upload,
    columns_of,
    date_order,
    json_keys,
    read_json,
    read_table,
)

from .fields import FIELDS, NAMING, SOURCE, field_name, people_of, row_of, text_of

Rows = Iterator[ImportRow | BrokenRow]


class GenericImporter:
    """Recognizes files of nothing but documented fields; if it is chosen by name, it passes over other fields."""

    name = SOURCE
    label = "CSV or JSON as documented"
    priority = 80

    def recognizes(self, upload: Upload) -> bool:
        """Whether the fields of a member are documented ones, one of them a title or an id."""
        return any(_has_fields(columns_of(member)) or _has_fields(_keys(member)) for member in upload.members)

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables and arrays."""
        for member in upload.members:
            yield from _of_json(member) if json_keys(member) else _of_table(member)


def _has_fields(names: tuple[str, ...]) -> bool:
    given = {field_name(name) for name in names} - {""}
    return given <= FIELDS and not given.isdisjoint(NAMING)


def _keys(member: Member) -> tuple[str, ...]:
    return tuple(json_keys(member).get("", ()))


def _of_table(member: Member) -> Rows:
    order = date_order(row.get("watched_on", "watched on") for row in read_table(member) if isinstance(row, TableRow))
    for row in read_table(member):
        if isinstance(row, BrokenRow):
            yield row
        else:
            yield row_of({field_name(name): cell for name, cell in row.cells.items()}, member.at(row.line), order)


def _of_json(member: Member) -> Rows:
    order = DateOrder(day_first=True)  # only for what is not an ISO date
    for item in read_json(member):
        if isinstance(item, BrokenRow):
            yield item
        elif not isinstance(item.value, dict):
            yield BrokenRow(item.where, "is not an object")
        else:
            values = {field_name(name): value for name, value in item.value.items()}
            people = people_of(values.get("recommended_by"))
            yield row_of({name: text_of(value) for name, value in values.items()}, item.where, order, people)
