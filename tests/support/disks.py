"""Disks that are really small, for filling them up."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def missing() -> str | None:
    """Why no file system can be mounted here; None when one can."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        return "only root can mount a file system"
    with tempfile.TemporaryDirectory() as folder:
        if not _mount(Path(folder), "64k"):
            return "this machine does not allow mounting a file system"
        _unmount(Path(folder))
    return None


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size, such as 64k, mounted on the folder until the end."""
    assert _mount(folder, size), f"cannot mount on {folder}"
    try:
        yield folder
    finally:
        _unmount(folder)


def _mount(folder: Path, size: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], check=True)
