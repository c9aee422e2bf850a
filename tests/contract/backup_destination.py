"""What every backup destination must do: a base class for its tests.

Inherit it and give the fixture ``destination``: a configured one over an empty store. ``plant`` puts a file there past
the destination, so that the tests see what it makes of strangers' files; leave it out where nobody else can write. The
file needs pytest and ``movietracker.pluginapi`` only, so a destination outside this repository can copy it::

    class TestTape(BackupDestinationContract):
        @pytest.fixture
        def destination(self) -> BackupDestination:
            return TapeDestination(...)
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable

import pytest

from movietracker.pluginapi import BackupDestination, BackupFile, BackupNotFound, DestinationProblem

ANNA = "6f1c2f0a-6d5e-4a55-9a0e-0c2f1c3f7b11"
BEN = "0b9cbb52-56d1-45a2-8a40-6b5e5f9d3c77"
DAY, NEXT_DAY = "2026-01-31.json", "2026-02-01.json"
NAMES = (
    DAY,
    "2026-01-31.json.enc",
    "2026-01-31-before-restore-235959.json",
    "2026-01-31-before-restore-235959-000002.json.enc",
)
NO_NAMES = (
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

Plant = Callable[[str, str, bytes], None]


class BreaksOff(io.BytesIO):
    """Content that cannot be read to its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0 or size is None or size < 0:
            raise OSError("the source broke off")
        return super().read(min(100_000, size))


class BackupDestinationContract:
    """The tests."""

    @pytest.fixture
    def destination(self) -> BackupDestination:
        """A configured destination over an empty store; must be overridden."""
        raise NotImplementedError("give a fixture named destination")

    @pytest.fixture
    def plant(self) -> Plant | None:
        """Puts a file into the folder of a user, past the destination: user id, name, content."""
        return None

    # The destination itself

    def test_it_is_a_destination(self, destination: BackupDestination) -> None:
        assert isinstance(destination, BackupDestination)

    def test_its_name_is_a_lower_case_word(self, destination: BackupDestination) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", destination.name)
        assert isinstance(destination.priority, int)

    def test_it_is_configured(self, destination: BackupDestination) -> None:
        assert destination.is_configured() is True

    def test_its_check_answers_one_plain_sentence_and_leaves_nothing(self, destination: BackupDestination) -> None:
        sentence = destination.check()
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert destination.list_files(ANNA) == []

    # Writing and reading

    @pytest.mark.parametrize("name", NAMES)
    def test_what_is_written_is_listed_and_comes_back_byte_by_byte(
        self, destination: BackupDestination, name: str
    ) -> None:
        content = bytes(range(256)) * 5
        before = time.time()
        write(destination, ANNA, name, content)
        (listed,) = destination.list_files(ANNA)
        assert (listed.name, listed.size) == (name, len(content))
        assert before - 120 < listed.modified_at < time.time() + 120
        assert read(destination, ANNA, name) == content

    @pytest.mark.parametrize("size", [0, 1, 3_000_001])
    def test_files_of_any_size(self, destination: BackupDestination, size: int) -> None:
        content = (b"0123456789abcde\n" * (size // 16 + 1))[:size]
        write(destination, ANNA, DAY, content)
        assert read(destination, ANNA, DAY) == content
        assert destination.list_files(ANNA)[0].size == size

    def test_a_file_is_replaced_whole_also_by_a_shorter_one(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"the longer one of the two")
        write(destination, ANNA, DAY, b"short")
        assert read(destination, ANNA, DAY) == b"short"
        assert [file.name for file in destination.list_files(ANNA)] == [DAY]

    def test_content_that_breaks_off_leaves_the_old_file_or_none(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"old")
        for name in (DAY, NEXT_DAY):
            with pytest.raises((OSError, DestinationProblem)):
                destination.write(ANNA, name, BreaksOff(b"x" * 300_000))
        assert [file.name for file in destination.list_files(ANNA)] == [DAY]
        assert read(destination, ANNA, DAY) == b"old"

    def test_a_file_that_is_not_there_is_not_found(self, destination: BackupDestination) -> None:
        assert destination.list_files(ANNA) == []
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, DAY)
        write(destination, ANNA, DAY, b"content")
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, NEXT_DAY)

    # Users

    def test_users_are_apart(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"Anna's")
        write(destination, BEN, DAY, b"Ben's")
        write(destination, BEN, NEXT_DAY, b"Ben's next")
        assert read(destination, ANNA, DAY) == b"Anna's"
        assert names(destination.list_files(ANNA)) == [DAY]
        assert names(destination.list_files(BEN)) == [DAY, NEXT_DAY]
        destination.delete(ANNA, DAY)
        assert read(destination, BEN, DAY) == b"Ben's"

    @pytest.mark.parametrize("user_id", ["", ".", "..", "../x", f"{ANNA}/..", "/", "anna"])
    def test_what_is_no_user_s_id_leads_nowhere(self, destination: BackupDestination, user_id: str) -> None:
        write(destination, ANNA, DAY, b"content")
        with pytest.raises((DestinationProblem, BackupNotFound)):
            write(destination, user_id, DAY, b"content")
        with pytest.raises(BackupNotFound):
            read(destination, user_id, DAY)
        assert destination.list_files(user_id) == []

    # Removing

    def test_a_removed_file_is_gone_and_others_stay(self, destination: BackupDestination) -> None:
        write(destination, ANNA, DAY, b"one")
        write(destination, ANNA, NEXT_DAY, b"two")
        destination.delete(ANNA, DAY)
        assert names(destination.list_files(ANNA)) == [NEXT_DAY]
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, DAY)

    def test_removing_what_is_not_there_does_nothing(self, destination: BackupDestination) -> None:
        destination.delete(ANNA, DAY)
        write(destination, ANNA, DAY, b"one")
        destination.delete(ANNA, NEXT_DAY)
        assert names(destination.list_files(ANNA)) == [DAY]

    # Names and strangers' files

    @pytest.mark.parametrize("name", NO_NAMES)
    def test_a_name_that_no_backup_bears_leads_nowhere(self, destination: BackupDestination, name: str) -> None:
        write(destination, ANNA, DAY, b"Anna's")
        write(destination, BEN, DAY, b"Ben's")
        with pytest.raises((DestinationProblem, BackupNotFound)):
            write(destination, ANNA, name, b"stray")
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, name)
        destination.delete(ANNA, name)
        assert names(destination.list_files(ANNA)) == [DAY]
        assert read(destination, BEN, DAY) == b"Ben's"

    def test_files_with_other_names_are_neither_listed_nor_removed(
        self, destination: BackupDestination, plant: Plant | None
    ) -> None:
        if plant is None:
            pytest.skip("nobody else can write to this destination")
        write(destination, ANNA, DAY, b"Anna's")
        strangers = ("notes.txt", "2026-01-31.json.bak", "2026-01-31.json~", f".{NEXT_DAY}.0a1b2c3d.part", "x.json")
        for name in strangers:
            plant(ANNA, name, b"not ours")
        assert names(destination.list_files(ANNA)) == [DAY]
        for name in strangers:
            destination.delete(ANNA, name)
            with pytest.raises(BackupNotFound):
                read(destination, ANNA, name)
        plant(BEN, NEXT_DAY, b"a name like ours")
        assert names(destination.list_files(BEN)) == [NEXT_DAY], "what is in it is for others to judge"


def write(destination: BackupDestination, user_id: str, name: str, content: bytes) -> None:
    """Store bytes."""
    destination.write(user_id, name, io.BytesIO(content))


def read(destination: BackupDestination, user_id: str, name: str) -> bytes:
    """Bytes that are stored."""
    into = io.BytesIO()
    destination.read(user_id, name, into)
    return into.getvalue()


def names(files: list[BackupFile]) -> list[str]:
    """The names, sorted."""
    return sorted(file.name for file in files)
