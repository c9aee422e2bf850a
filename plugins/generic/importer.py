"""Tables and JSON in the form that docs/moving.md documents, for whatever has no importer of its own."""

from functools import partial

from movietracker.pluginapi import (
    BaseImporter,
    BrokenRow,
    DateOrder,
    ImportRow,
    JsonItem,
    Member,
    Rows,
    TableOrder,
    TableRow,
    Upload,
    columns_of,
    json_keys,
    phrase,
    read_json,
    read_table,
    row_of_each,
)

from .fields import FIELDS, NAMING, SOURCE, field_name, people_of, row_of, text_of

_OPINIONS = frozenset(("watched", "rating", "recommended_by"))
_OUR_OWN = frozenset(("id", "original_title", "tvdb_id", "viewing_rating", "liked", "list", "position"))


class GenericImporter(BaseImporter):
    """Recognizes files of nothing but documented fields; if it is chosen by name, it passes over other fields.

    Tables that people may have made without our document are read better by the importer of lists kept by hand.
    """

    name = SOURCE
    label = "CSV or JSON as documented"
    priority = 80

    def reads(self, member: Member) -> bool:
        """Whether the fields of a member are documented ones, one of them a title or an id."""
        columns = columns_of(member)
        is_table = _has_fields(columns) and not _is_kept_by_hand(columns)
        return is_table or _has_fields(tuple(json_keys(member).get("", ())))

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables and arrays, also of those with other fields."""
        for member in upload.members:
            if json_keys(member):
                yield from row_of_each(read_json(member), _of_item)
            else:
                order = TableOrder(member, "watched_on", "watched on", "added_on", "added on", "watched")
                yield from row_of_each(read_table(member), partial(_of_line, member, order))


def _has_fields(names: tuple[str, ...]) -> bool:
    given = {field_name(name) for name in names} - {""}
    return given <= FIELDS and not given.isdisjoint(NAMING)


def _is_kept_by_hand(names: tuple[str, ...]) -> bool:
    """Whether no column is called as only our document does, and one is of watching, rating or recommending."""
    given = set(map(field_name, names))
    is_ours = not given.isdisjoint(_OUR_OWN) or any("_" in name for name in names)
    return not is_ours and "title" in given and not given.isdisjoint(_OPINIONS)


def _of_line(member: Member, order: TableOrder, row: TableRow) -> ImportRow | BrokenRow:
    return row_of({field_name(name): cell for name, cell in row.cells.items()}, member.at(row.line), order)


def _of_item(item: JsonItem) -> ImportRow | BrokenRow:
    if not isinstance(item.value, dict):
        return BrokenRow(item.where, phrase("not_an_object"))
    values = {field_name(name): value for name, value in item.value.items()}
    people = people_of(values.get("recommended_by"))
    order = DateOrder(day_first=True, is_certain=False)  # only for what is not an ISO date
    return row_of({name: text_of(value) for name, value in values.items()}, item.where, order, people)
