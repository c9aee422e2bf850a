"""What every importer must do: inherit ImporterContract, and give it an importer and samples.

class TestDiary(ImporterContract):
    samples = ({"diary.csv": "Seen on,Film\\n2024-05-06,Heat\\n"},)

    @pytest.fixture
    def importer(self) -> Importer:
        return DiaryImporter()
"""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ..imports.checking import fault_of_row
from ..imports.detection import find_importer
from ..imports.reading import read_rows
from ..plugin.checks import misfit_of_object
from ..plugin.context import PluginContext
from ..plugin.manager import PluginManager
from ..pluginapi import BrokenRow, Importer, ImportProblem, ImportRow, JsonHttpClient, Member, Upload

Files = Mapping[str, str | bytes]
"""The content of files by name."""

#: Files of formats that no importer but their own may recognize.
FOREIGN: tuple[Files, ...] = (
    {"empty.csv": ""},
    {"blank.csv": "\n\n,,\n"},
    {"numbers.csv": "x,y,z\n1,2,3\n"},
    {"bank.csv": "Booking date;Amount;Currency\n2024-05-06;-12.50;EUR\n"},
    {"books.csv": "Book Id,Author,My Shelf\n1,Ursula K. Le Guin,read\n"},
    {"settings.json": '{"theme": "dark", "language": "en"}'},
    {"numbers.json": "[1, 2, 3]"},
    {"image.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256))},
)
DAMAGES = 60
_ODD_PIECES = (b"", b"\0", b'"', b",", b"\n", b"{", b"]", b"\xff\xfe")


class ImporterContract:
    """The tests; they need a fixture ``importer``."""

    #: Uploads of the importer's format, each with at least one row and none broken.
    samples: ClassVar[tuple[Files, ...]] = ()
    #: Whether the rows of a sample may come in any order without having other ids.
    any_order: ClassVar[bool] = True

    def test_it_implements_the_protocol(self, importer: Importer) -> None:
        assert misfit_of_object(importer, Importer) is None

    def test_it_recognizes_its_samples_whatever_their_names(self, importer: Importer) -> None:
        assert self.samples, "set samples to files of the format"
        for files in self.samples:
            assert importer.recognizes(upload_of(files))
            renamed = [Member.of_bytes(f"file-{at}", each) for at, each in enumerate(map(as_bytes, files.values()))]
            assert importer.recognizes(Upload.of(renamed))

    def test_it_recognizes_no_other_files(self, importer: Importer) -> None:
        for files in FOREIGN:
            assert not importer.recognizes(upload_of(files)), f"{importer.name} recognizes {next(iter(files))}"

    def test_no_other_installed_importer_takes_its_samples(self, importer: Importer, tmp_path: Path) -> None:
        context = PluginContext({}, tmp_path, no_http)
        others = [each for each in PluginManager(tmp_path).importers(context) if each.name != importer.name]
        for files in self.samples:
            assert find_importer([*others, importer], upload_of(files)) is importer

    def test_its_rows_are_well_formed(self, importer: Importer) -> None:
        for files in self.samples:
            rows = list(importer.rows(upload_of(files)))
            assert rows
            for row in rows:
                assert isinstance(row, ImportRow), row
                assert fault_of_row(row) is None, row
                assert row.source == importer.name

    def test_the_same_file_gives_the_same_rows(self, importer: Importer) -> None:
        for files in self.samples:
            assert list(importer.rows(upload_of(files))) == list(importer.rows(upload_of(files)))

    def test_rows_in_another_order_have_the_same_ids(self, importer: Importer) -> None:
        if not self.any_order:
            pytest.skip("its rows have no ids of their own")
        for files in self.samples:
            turned = {name: turned_table(content) for name, content in files.items()}
            assert sorted(ids_of(importer, turned)) == sorted(ids_of(importer, files))

    @pytest.mark.parametrize("seed", range(DAMAGES))
    def test_damaged_files_raise_nothing_but_import_problems(self, importer: Importer, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        for files in self.samples:
            damaged = {name: damage(as_bytes(content), chance) for name, content in files.items()}
            read_anything(importer, damaged)

    def test_bytes_of_every_kind_raise_nothing_but_import_problems(self, importer: Importer) -> None:
        for files in FOREIGN:
            read_anything(importer, files)


def no_http(*_: Any, **__: Any) -> JsonHttpClient:
    """Importers call nobody."""
    raise AssertionError("an importer needs no HTTP client")


def upload_of(files: Files) -> Upload:
    """An upload of these files."""
    return Upload.of([Member.of_bytes(name, as_bytes(content)) for name, content in files.items()])


def as_bytes(content: str | bytes) -> bytes:
    """The bytes of a file."""
    return content.encode() if isinstance(content, str) else content


def ids_of(importer: Importer, files: Files) -> list[str]:
    """The ids of all rows."""
    return [row.row_id for row in importer.rows(upload_of(files)) if isinstance(row, ImportRow)]


def turned_table(content: str | bytes) -> str | bytes:
    """A table without quotes, whose header is its first line, with its last two rows exchanged; else as it is."""
    if isinstance(content, bytes) or '"' in content:
        return content
    header, *rows = content.splitlines() or [""]
    if len(rows) < 2 or "," not in header or any(row.count(",") != header.count(",") for row in rows):
        return content
    return "\n".join((header, *rows[:-2], rows[-1], rows[-2]))


def damage(content: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, taken out and doubled."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        pieces = (*_ODD_PIECES, chance.randbytes(3), bytes(changed[:9]))
        changed[at : at + chance.randint(0, 5)] = chance.choice(pieces)
    return bytes(changed)


def read_anything(importer: Importer, files: Files) -> None:
    """Ask and read; whatever comes is a row or a broken one."""
    upload = upload_of(files)
    try:
        importer.recognizes(upload)
        for row in read_rows(importer, upload):
            assert isinstance(row, ImportRow | BrokenRow)
    except ImportProblem:
        pass
