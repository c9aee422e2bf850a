"""Files that appear whole or not at all, also where the file system has no hard links."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest
from support.serving import run_program, serving

from movietracker.files import whole_file


@pytest.fixture(params=[errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS], ids=["EPERM", "EOPNOTSUPP", "ENOSYS"])
def without_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses hard links, as the kernel does on exFAT."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def exfat(tmp_path: Path) -> Iterator[Path]:
    """A mounted exFAT file system; skips where it cannot be mounted."""
    image, folder = tmp_path / "exfat.img", tmp_path / "exfat"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    if shutil.which("mkfs.exfat") is None:
        pytest.skip("exfatprogs is not installed")
    subprocess.run(["mkfs.exfat", image], check=True, capture_output=True)
    # The kernel may know no exFAT; exfat-fuse takes a device only, no image.
    found = subprocess.run(["losetup", "--find", "--show", image], check=False, capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip(f"there is no loop device here: {found.stderr.strip()}")
    device = found.stdout.strip()
    try:
        for mount in (["mount", "-t", "exfat"], ["mount.exfat-fuse"]):
            command = [*mount, device, str(folder)]
            if shutil.which(mount[0]) and subprocess.run(command, check=False, capture_output=True).returncode == 0:
                break
        else:
            pytest.skip("exFAT cannot be mounted here")
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.mark.usefixtures("without_links")
def test_a_new_file_appears_whole_and_an_existing_one_stays(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a", replace=False) as file:
        file.write(b"first")
    with pytest.raises(FileExistsError), whole_file(tmp_path / "a", replace=False) as file:
        file.write(b"second")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"first")]


@pytest.mark.usefixtures("without_links")
def test_of_many_that_begin_at_once_one_is_first(tmp_path: Path) -> None:
    def write(content: bytes) -> bytes | None:
        try:
            with whole_file(tmp_path / "a", replace=False) as file:
                file.write(content)
        except FileExistsError:
            return None
        return content

    with ThreadPoolExecutor(8) as pool:
        written = [content for content in pool.map(write, [bytes([n]) * 9 for n in range(32)]) if content]

    assert [(tmp_path / "a").read_bytes()] == written


def test_an_error_that_is_no_lack_of_links_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"), whole_file(tmp_path / "a", replace=False):
        pass


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount")
def test_an_installation_lives_on_exfat(exfat: Path) -> None:
    result = run_program(exfat, "db", "upgrade")

    assert (result.returncode, result.stderr.count("Error")) == (0, 0), result.stderr
    assert len((exfat / "instance" / "secret_key").read_text()) > 40
    assert run_program(exfat, "doctor").returncode == 0
    with serving(exfat, "--workers", "1") as served:
        assert urlopen(f"{served.url}/api/health/ready").status == 200


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match="Not a regular file"), whole_file(tmp_path / name):
            pass
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_symlink()
    assert len(list(tmp_path.iterdir())) == 2
