"""What every backup destination must do: inherit BackupDestinationContract, and give it a destination.

class TestTape(BackupDestinationContract):
    @pytest.fixture
    def destination(self) -> BackupDestination:
        return TapeDestination(...)
"""

import io
import time
from collections.abc import Callable

import pytest

from ..plugin.checks import misfit_of_object
from ..pluginapi import BackupDestination, BackupFile, BackupNotFound, DestinationProblem

ANNA = "6f1c2f0a-6d5e-4a55-9a0e-0c2f1c3f7b11"
BEN = "0b9cbb52-56d1-45a2-8a40-6b5e5f9d3c77"
DAY, NEXT_DAY = "2026-01-31.json", "2026-02-01.json"
NAMES = (
    DAY,
    "2026-01-31.json.enc",
    "2026-01-31-at-143005-123456.json",
    "2026-01-31-before-restore-235959.json",
    "2026-01-31-before-restore-235959-000002.json.enc",
)
INVALID_NAMES = (
    "",
    ".",
    "..",
    "../2026-01-31.json",
    f"../{BEN}/2026-01-31.json",
    "/etc/passwd",
    "x/2026-01-31.json",
    "2026-01-31.json/",
    "2026-01-31.json\n",
    "2026-01-31.json.part",
    ".2026-01-31.json",
    "2026-01-31.txt",
)
FOREIGN_NAMES = ("notes.txt", "2026-01-31.json.bak", "2026-01-31.json~", f".{NEXT_DAY}.0a1b2c3d.part", "x.json")

Plant = Callable[[str, str, bytes], None]


class BackupDestinationContract:
    """The tests; they need a fixture ``destination``: a configured destination over an empty store."""

    @pytest.fixture
    def plant(self) -> Plant | None:
        """Override with a function that stores a file (user id, name, content) without using the destination."""
        return None

    def test_it_implements_the_protocol(self, destination: BackupDestination) -> None:
        assert misfit_of_object(destination, BackupDestination) is None
        assert destination.is_configured() is True

    def test_its_check_returns_one_sentence_and_leaves_nothing(self, destination: BackupDestination) -> None:
        sentence = destination.check()
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert destination.list_files(ANNA) == []

    # Writing and reading

    @pytest.mark.parametrize(
        ("name", "size"), [*((name, 1280) for name in NAMES), (DAY, 0), (DAY, 1), (DAY, 3_000_001)]
    )
    def test_a_written_file_is_listed_and_read_back_unchanged(
        self, destination: BackupDestination, name: str, size: int
    ) -> None:
        content = (bytes(range(256)) * (size // 256 + 1))[:size]
        before = time.time()
        write(destination, ANNA, name, content)
        (listed,) = destination.list_files(ANNA)
        assert (listed.name, listed.size) == (name, size)
        assert before - 120 < listed.modified_at < time.time() + 120
        assert read(destination, ANNA, name) == content

    def test_a_shorter_file_replaces_a_longer_one_completely(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"the longer one of the two")
        write(destination, ANNA, DAY, b"short")
        assert read(destination, ANNA, DAY) == b"short"
        assert names(destination.list_files(ANNA)) == [DAY]

    def test_an_interrupted_write_leaves_the_old_file_or_none(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"old")
        for name in (DAY, NEXT_DAY):
            with pytest.raises((OSError, DestinationProblem)):
                destination.write(ANNA, name, _BrokenSource(b"x" * 300_000))
        assert names(destination.list_files(ANNA)) == [DAY]
        assert read(destination, ANNA, DAY) == b"old"

    def test_a_missing_file_is_not_found(self, destination: BackupDestination) -> None:
        assert destination.list_files(ANNA) == []
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, DAY)
        write(destination, ANNA, DAY, b"content")
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, NEXT_DAY)

    # Users

    def test_users_do_not_share_files(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"Anna's")
        write(destination, BEN, DAY, b"Ben's")
        write(destination, BEN, NEXT_DAY, b"Ben's next")
        assert read(destination, ANNA, DAY) == b"Anna's"
        assert names(destination.list_files(ANNA)) == [DAY]
        assert names(destination.list_files(BEN)) == [DAY, NEXT_DAY]
        destination.delete(ANNA, DAY)
        assert read(destination, BEN, DAY) == b"Ben's"

    @pytest.mark.parametrize("user_id", ["", ".", "..", "../x", f"{ANNA}/..", "/", "anna"])
    def test_an_invalid_user_id_is_refused(self, destination: BackupDestination, user_id: str) -> None:
        write(destination, ANNA, DAY, b"content")
        with pytest.raises((DestinationProblem, BackupNotFound)):
            write(destination, user_id, DAY, b"content")
        with pytest.raises(BackupNotFound):
            read(destination, user_id, DAY)
        assert destination.list_files(user_id) == []

    # Deleting

    def test_a_deleted_file_is_gone_and_others_stay(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"one")
        write(destination, ANNA, NEXT_DAY, b"two")
        destination.delete(ANNA, DAY)
        assert names(destination.list_files(ANNA)) == [NEXT_DAY]
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, DAY)

    def test_deleting_a_missing_file_does_nothing(self, destination: BackupDestination) -> None:
        destination.delete(ANNA, DAY)
        write(destination, ANNA, DAY, b"one")
        destination.delete(ANNA, NEXT_DAY)
        assert names(destination.list_files(ANNA)) == [DAY]

    # Names, and files of others

    @pytest.mark.parametrize("name", INVALID_NAMES)
    def test_an_invalid_name_is_refused(self, destination: BackupDestination, name: str) -> None:
        write(destination, ANNA, DAY, b"Anna's")
        write(destination, BEN, DAY, b"Ben's")
        with pytest.raises((DestinationProblem, BackupNotFound)):
            write(destination, ANNA, name, b"stray")
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, name)
        destination.delete(ANNA, name)
        assert names(destination.list_files(ANNA)) == [DAY]
        assert read(destination, BEN, DAY) == b"Ben's"

    def test_foreign_files_are_neither_listed_nor_deleted(
        self, destination: BackupDestination, plant: Plant | None
    ) -> None:
        if plant is None:
            pytest.skip("only the destination can write to its store")
        write(destination, ANNA, DAY, b"Anna's")
        for name in FOREIGN_NAMES:
            plant(ANNA, name, b"not ours")
        assert names(destination.list_files(ANNA)) == [DAY]
        for name in FOREIGN_NAMES:
            destination.delete(ANNA, name)
            with pytest.raises(BackupNotFound):
                read(destination, ANNA, name)
        plant(BEN, NEXT_DAY, b"a name like ours")
        assert names(destination.list_files(BEN)) == [NEXT_DAY], "the destination does not judge the content"


class _BrokenSource(io.BytesIO):
    """Content that fails before its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0 or size is None or size < 0:
            raise OSError("the source broke off")
        return super().read(min(100_000, size))


def write(destination: BackupDestination, user_id: str, name: str, content: bytes) -> None:
    """Store bytes."""
    destination.write(user_id, name, io.BytesIO(content))


def read(destination: BackupDestination, user_id: str, name: str) -> bytes:
    """Return the bytes of a file."""
    into = io.BytesIO()
    destination.read(user_id, name, into)
    return into.getvalue()


def names(files: list[BackupFile]) -> list[str]:
    """Return the names, sorted."""
    return sorted(file.name for file in files)
