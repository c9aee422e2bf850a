"""Archives of strangers: what could do harm is refused before it is unpacked, what is damaged is named."""

import io
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.uploads import write_zip, zip_bytes

from movietracker.errors import UploadRefused
from movietracker.uploads import archive
from movietracker.uploads.archive import open_upload
from movietracker.uploads.upload import BrokenRow, MemberDamaged


def contents(path: Path) -> dict[str, bytes]:
    with open_upload([path]) as upload:
        read = {}
        for member in upload.members:
            with member.open() as stream:
                read[member.name] = stream.read()
        return read


def refusal(path: Path) -> str:
    with pytest.raises(UploadRefused) as caught:
        contents(path)
    return caught.value.detail


def with_info(path: Path, info: zipfile.ZipInfo, content: bytes = b"a,b") -> Path:
    with zipfile.ZipFile(path, "w") as written:
        written.writestr(info, content)
    return path


def test_the_members_of_an_archive_are_read_and_folders_are_none(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {"a.csv": "a", "likes/": "", "likes/films.csv": "x" * 100_000})
    assert contents(path) == {"a.csv": b"a", "likes/films.csv": b"x" * 100_000}


def test_a_member_may_be_named_in_any_script_and_with_joined_signs(tmp_path: Path) -> None:
    name = "lists/\U0001f468\u200d\U0001f469\u200d\U0001f467 \u65e5\u672c \ue1e1.csv"
    assert contents(write_zip(tmp_path / "export.zip", {name: "a"})) == {name: b"a"}


def test_a_single_file_is_its_own_member(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"Date,Name")
    assert contents(tmp_path / "a.zip") == {"a.zip": b"Date,Name"}


def test_members_of_several_files_are_labelled_with_their_file(tmp_path: Path) -> None:
    files = [write_zip(tmp_path / f"{name}.zip", {"a.csv": name}) for name in ("one", "two")]
    with open_upload(files) as upload:
        assert [member.at(3) for member in upload.members] == ["one.zip: a.csv, line 3", "two.zip: a.csv, line 3"]


def test_a_member_of_nul_bytes_is_set_aside(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {"a.csv": bytes(500), "b.csv": "b", "empty.csv": ""})
    with open_upload([path]) as upload:
        assert [member.name for member in upload.members] == ["b.csv", "empty.csv"]
        assert upload.broken == [BrokenRow("a.csv", "holds nothing but NUL bytes")]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../a.csv", "a/../../b.csv", "..\\a.csv", "C:\\a.csv", "C:a.csv", "a\nb", "a\x9bb"]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    assert "is refused" in refusal(with_info(tmp_path / "export.zip", zipfile.ZipInfo(name)))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_is_refused(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (kind | 0o644) << 16
    assert "is a link or a device" in refusal(with_info(tmp_path / "export.zip", info))


@pytest.mark.parametrize(
    "inner", [zip_bytes({"a.csv": "a"}), zip_bytes({}), b"\x1f\x8b\x08\0\0", b"7z\xbc\xaf\x27\x1c"]
)
def test_an_archive_within_the_archive_is_refused(tmp_path: Path, inner: bytes) -> None:
    assert "archive within" in refusal(write_zip(tmp_path / "export.zip", {"a.csv": inner}))


def test_another_kind_of_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\x1f\x8b\x08\0\0")
    assert "not a ZIP" in refusal(tmp_path / "a.csv")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"a.csv": "a"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "export.zip").write_bytes(content)
    assert "is encrypted" in refusal(tmp_path / "export.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_whose_output_cannot_be_bounded_are_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", method) as written:
        written.writestr("a.csv", "a")
    assert "other than deflate" in refusal(tmp_path / "export.zip")


def test_more_members_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "export.zip", {f"{number}.csv": "" for number in range(11)})
    monkeypatch.setattr(archive, "MAX_MEMBERS", 10)
    assert refusal(path) == "export.zip holds more than 10 files."


def test_a_directory_beyond_all_measure_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "export.zip", {f"{number}.csv": "" for number in range(500)})
    monkeypatch.setattr(archive, "_MAX_DIRECTORY_BYTES", 10_000)
    assert refusal(path) == "The directory of the archive is too large."


def test_a_member_that_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 40_000
    path = write_zip(tmp_path / "export.zip", {"noise": noise[:1_000_000], "bomb.csv": b"0" * 3_000_000})
    assert "is refused" in refusal(path) or "would unpack" in refusal(path)


def test_a_small_member_may_have_any_ratio(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {"a.csv": b"0" * 1_000_000})
    assert contents(path) == {"a.csv": b"0" * 1_000_000}


def test_many_members_cannot_unpack_to_more_together(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {f"{number}.csv": b"0" * 1_000_000 for number in range(5)})
    assert "would unpack to 4 MiB" in refusal(path)


@pytest.mark.parametrize("claimed", [10, 999_999, 1_000_001])
def test_a_member_of_another_size_than_claimed_is_refused_while_it_is_read(tmp_path: Path, claimed: int) -> None:
    content = bytearray(zip_bytes({"a.csv": b"0" * 1_000_000}))
    struct.pack_into("<L", content, content.index(b"PK\x01\x02") + 24, claimed)
    (tmp_path / "export.zip").write_bytes(content)
    assert refusal(tmp_path / "export.zip") == "a.csv is not of the size that the archive claims."


def test_a_damaged_member_says_so_while_it_is_read(tmp_path: Path) -> None:
    lines = "".join(f"{number},x\n" for number in range(10_000))
    content = bytearray(zip_bytes({"a.csv": lines, "b.csv": "b"}))
    content[5_000:5_010] = b"\xff" * 10
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(MemberDamaged):
        contents(tmp_path / "export.zip")


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 2**20)
    (tmp_path / "a.csv").write_bytes(bytes(2**20 + 1))
    assert refusal(tmp_path / "a.csv") == "a.csv is larger than 1 MiB."


def test_more_files_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused), open_upload([tmp_path / "a.csv"] * 101):
        pass


WHOLE = zip_bytes({"a.csv": "Date,Name\n" * 50, "b/c.csv": "x"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6)), max_size=5), st.integers(4, len(WHOLE))
)
def test_no_damage_leads_to_another_error(tmp_path: Path, changes: list[tuple[int, bytes]], length: int) -> None:
    content = bytearray(WHOLE)
    for at, change in changes:
        content[at : at + len(change)] = change
    path = tmp_path / "export.zip"
    path.write_bytes(content[:length])
    with suppress(UploadRefused, MemberDamaged):
        contents(path)


def test_a_member_can_be_read_in_pieces(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {"a.csv": "one\ntwo\n"})
    with open_upload([path]) as upload, upload.members[0].open() as stream:
        assert list(io.TextIOWrapper(stream)) == ["one\n", "two\n"]
