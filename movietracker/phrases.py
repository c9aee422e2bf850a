"""Phrases that users read beside the sentences of errors: each has a code, by which clients say it in another language.

Those about a row continue "this row ..."; those of imports that cannot go on are sentences.
"""

from collections.abc import Mapping
from typing import Any

PHRASES: Mapping[str, str] = {
    # Why a row, or the rest of a file, cannot be read.
    "not_a_table_row": "is not a row of a table ({error})",
    "line_too_long": "is too long",
    "too_many_columns": "has more than {most} columns",
    "cell_too_long": "has a cell of more than {most} characters",
    "conflict_marker": "is a conflict marker of Git; the rows of both sides are read",
    "only_nul_bytes": "holds nothing but NUL bytes",
    "damaged": "is damaged",
    "element_too_large": "holds an element of more than {most} MiB",
    "element_of_too_many_values": "holds an element of too many values",
    "invalid_json": "is no valid JSON from some place on",
    "invalid_xml": "is no XML that can be read, behind film {count}",
    "not_an_object": "is not an object",
    "without_title_or_id": "has neither a title nor an id",
    "title_of_several_lines": "has a title of several lines; a closing quotation mark may be missing",
    "without_imdb_id": "has no IMDb id",
    "invalid_field": "has no valid {field}",
    "not_a_day": "{column} is not a day like 2026-01-31",
    # Why the user has to look at a row before it counts.
    "begun": "it was begun and not finished",
    "watched_or_wanted": "the file does not say whether this title was watched or is wanted",
    "list_unknown": "the file does not say which list this is",
    "list_or_watchlist": "the file does not say whether this is a list, the watchlist or favorites",
    "taken_for_watchlist": "the file does not say which list it is, and is taken for the watchlist",
    "of_profile": "is of the profile {profile}",
    "kind_unknown": "its kind, {kind}, is not known",
    "perhaps_an_episode": "may be an episode",
    "title_shortened": "{tracker} kept only a short form of the title",
    "title_removed": "{tracker} has removed this title",
    "taken_for_day_first": "the file does not say whether days or months come first; read as day, month, year",
    "taken_for_month_first": "the file does not say whether days or months come first; read as month, day, year",
    "doubtful_note": "what stands behind the dash may not be of the title",
    # Why files are refused, or an import fails.
    "too_many_files": "An import takes at most {most} files.",
    "file_too_large": "{file} is larger than {most} MiB.",
    "one_file_too_large": "A file may have at most {most} MiB.",
    "too_many_rows": "An import has at most {most:,} rows.",
    "files_gone": "The uploaded files are gone; please upload them again.",
    "reading_killed": "The server was killed {times} times while it read these files, and does not try again.",
    "files_empty": "There is nothing in {files}.",
    "files_unknown": "No importer recognizes {files}.",
    "archive_empty": "There is nothing in the archive.",
    "many_files_empty": "There is nothing in {files} and {more:,} more.",
    "many_files_unknown": "No importer recognizes {files} and {more:,} more.",
    "format_unnamed": "This can be of several formats: {formats}. Say which, or import the files apart.",
    "importer_unknown": "There is no importer named {name}. There are importers for: {formats}.",
    "import_crashed": "The import failed ({error}); the server's log says more.",
    "not_a_zip": "{file} is not a ZIP archive that can be read.",
    "other_archive": "{file} is an archive, but not a ZIP; unpack it and import the files in it.",
    "directory_too_large": "The directory of the archive is too large.",
    "too_many_members": "{file} holds more than {most} files.",
    "unpacks_too_large": "{file} would unpack to {size} MiB, which is refused.",
    "member_without_name": "{file} is refused: {name} is not the name of a file.",
    "member_leads_out": "{file} is refused: {name} leads out of the archive.",
    "member_is_link": "{file} is refused: {name} is a link or a device.",
    "member_encrypted": "{file} is refused: {name} is encrypted.",
    "member_not_deflated": "{file} is refused: {name} is compressed by a method other than deflate.",
    "member_unpacks_too_large": "{file} is refused: {name} would unpack to more than {most} times its size.",
    "member_is_archive": "{file} is refused: {name} is an archive within the archive.",
    "size_untrue": "{file} is not of the size that the archive claims.",
}
"""In English, by code; a value stands in braces."""


class Phrase(str):
    """A text made of one of PHRASES, which can be used as any text; ``code`` and ``values`` say what it is made of."""

    __slots__ = ("code", "values")

    code: str
    values: Mapping[str, str | int]


def phrase(code: str, **values: str | int) -> Phrase:
    """The phrase with this code in PHRASES, with these values."""
    made = Phrase(PHRASES[code].format_map(values))
    made.code, made.values = code, values
    return made


def coded(text: str | None, name: str) -> dict[str, Any]:
    """What clients get of a text beside it: ``name_code`` and ``name_values``; nothing of a text without a code."""
    return {f"{name}_code": text.code, f"{name}_values": text.values} if isinstance(text, Phrase) else {}
