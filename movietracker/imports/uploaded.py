"""The files of a job, between upload and reading: ``imports/USER/JOB/NUMBER/NAME`` in the instance folder."""

import shutil
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import BinaryIO

from flask import current_app

from ..errors import UploadRefused
from ..files import whole_file
from ..phrases import phrase
from ..uploads.archive import MAX_FILE_BYTES, MAX_FILES

CHUNK_BYTES = 1024 * 1024
MAX_NAME_LENGTH = 100


def store(user_id: str, job_id: str, files: Iterable[tuple[str, BinaryIO]]) -> None:
    """Store files by their names, each from a stream. Raises UploadRefused, and then none is left; OSError."""
    try:
        for number, (name, stream) in enumerate(files):
            if number == MAX_FILES:
                raise UploadRefused(phrase("too_many_files", most=MAX_FILES))
            folder = _folder(user_id, job_id) / str(number)
            folder.mkdir(mode=0o700, parents=True)
            with whole_file(folder / _safe(name), mode=0o600) as file:
                _copy(stream, file)
    except BaseException:
        remove(user_id, job_id)
        raise


def paths(user_id: str, job_id: str) -> list[Path]:
    """The stored files of a job in order; empty if they are gone, or on another machine."""
    found = [path for path in _folder(user_id, job_id).glob("*/*") if path.suffix != ".part"]
    return sorted(found, key=lambda path: int(path.parent.name))


def remove(user_id: str, job_id: str) -> None:
    """Remove the files of a job, if there are any."""
    shutil.rmtree(_folder(user_id, job_id), ignore_errors=True)


def stored() -> Iterator[tuple[str, str, float]]:
    """Of all files on this machine the user, the job, and when they were stored (Unix seconds)."""
    for folder in _root().glob("*/*"):
        with suppress(FileNotFoundError):
            yield folder.parent.name, folder.name, folder.stat().st_mtime


def keep_users(user_ids: Container[str]) -> None:
    """Remove the files of all other users, who are gone."""
    for folder in _root().glob("*"):
        if folder.name not in user_ids:
            shutil.rmtree(folder, ignore_errors=True)


def _copy(stream: BinaryIO, file: BinaryIO) -> None:
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_FILE_BYTES:
            raise UploadRefused(phrase("one_file_too_large", most=MAX_FILE_BYTES // 2**20))
        file.write(chunk)


def _folder(user_id: str, job_id: str) -> Path:
    return _root() / user_id / job_id


def _root() -> Path:
    return Path(current_app.instance_path, "imports")


def _safe(name: str) -> str:
    """The last part of a name, which importers may look at; anything that could do harm becomes an underscore."""
    last = PurePath(name.replace("\\", "/")).name.encode("utf-8", "replace").decode()
    kept = "".join(each if each.isprintable() and each not in "/\0" else "_" for each in last).lstrip(".")
    return kept[-MAX_NAME_LENGTH:].encode()[-200:].decode("utf-8", "ignore") or "file"
