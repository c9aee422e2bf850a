"""Which importer is chosen, and what is said when none or several can be."""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO

import pytest
from support.uploads import upload

from movietracker.errors import FormatAmbiguous, FormatUnknown
from movietracker.imports.detection import find_importer
from movietracker.plugin.importers import ImportRow
from movietracker.uploads.json_items import json_keys
from movietracker.uploads.tables import columns_of
from movietracker.uploads.upload import MEMBERS_KEPT, BrokenRow, Member, Upload

FILE = upload({"a.csv": "Title\nHeat\n"})


class Fixed:
    """An importer that recognizes all or nothing."""

    def __init__(self, name: str, *, recognizes: bool, priority: int = 50) -> None:
        self.name = name
        self.label = name.title()
        self.priority = priority
        self._recognizes = recognizes

    def recognizes(self, upload: Upload) -> bool:
        return self._recognizes

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        yield from ()


YES, ALSO, NO = Fixed("yes", recognizes=True), Fixed("also", recognizes=True), Fixed("no", recognizes=False)
GENERAL = Fixed("general", recognizes=True, priority=90)


def test_the_one_importer_that_recognizes_a_file_reads_it() -> None:
    assert find_importer([NO, YES], FILE) is YES


def test_a_general_importer_yields_to_another_and_reads_what_is_left() -> None:
    assert find_importer([GENERAL, YES], FILE) is YES
    assert find_importer([GENERAL, NO], FILE) is GENERAL


def test_no_importer_is_an_error_that_lists_all() -> None:
    with pytest.raises(FormatUnknown, match=r"There are importers for: No \(no\)\."):
        find_importer([NO], FILE)
    with pytest.raises(FormatUnknown, match="There are importers for: none"):
        find_importer([], FILE)


def test_several_importers_are_an_error_that_lists_them() -> None:
    with pytest.raises(FormatAmbiguous, match=r"of several formats: Also \(also\), Yes \(yes\)\."):
        find_importer([YES, NO, ALSO, GENERAL], FILE)


def test_a_name_decides_whatever_is_recognized() -> None:
    assert find_importer([YES, NO, ALSO], FILE, "no") is NO


def test_an_unknown_name_is_an_error_that_lists_all() -> None:
    with pytest.raises(FormatUnknown, match=r"no importer named x\. There are importers for: No \(no\), Yes \(yes\)"):
        find_importer([YES, NO], FILE, "x")


def test_each_of_many_members_is_read_once_for_all_importers() -> None:
    opened = Counter[str]()

    def listed(name: str) -> Member:
        def opens() -> BytesIO:
            opened[name] += 1
            return BytesIO(b"Seen on,Film\n")

        return Member(name, 13, opens)

    class Reading(Fixed):
        def recognizes(self, upload: Upload) -> bool:
            return any(columns_of(member) == ("date",) or json_keys(member) for member in upload.members)

    members = [listed(f"{number}.csv") for number in range(2 * MEMBERS_KEPT)]
    with pytest.raises(FormatUnknown):
        find_importer([Reading("one", recognizes=False), Reading("two", recognizes=False)], Upload(members))
    assert set(opened.values()) == {1}
    assert members[0].head.startswith(b"Seen")
    assert opened["0.csv"] == 2, "the heads of all members are kept"
