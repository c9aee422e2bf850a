"""Encryption at rest: Fernet tokens of the ``cryptography`` package, under a key derived from a passphrase by scrypt.

An encrypted backup is one line of JSON, the header, which says how the key is derived and which backup this is, and one
Fernet token, which holds the gzipped document. The key comes from the header too, so a header that was changed, or that
belongs to another token, opens nothing. Fernet (https://github.com/fernet/spec) is AES-128-CBC with an HMAC-SHA256 over
everything. The cost of scrypt is one that OWASP's Password Storage Cheat Sheet recommends; it takes 32 MiB.
docs/backups.md shows the few lines of Python that open such a file without movietracker.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import io
import secrets
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import orjson

from ...errors import BackupDamaged, WrongPassphrase
from ..document.parsing import MAX_UNPACKED_BYTES
from .spool import CHUNK_BYTES, Spool

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FORMAT = "movietracker-backup"
HEADER_LIMIT = 1024
SALT_BYTES = 16

# An untrusted header must not cost much more CPU, or memory (128 * n * r bytes), than one of ours.
MAX_NR, MAX_NRP = 2**19, 2**20


@dataclass(frozen=True, slots=True)
class Label:
    """Which backup a file is: whose, its name at the destination, the run that made it, when (Unix seconds)."""

    user_id: str
    name: str
    run_id: str
    made_at: float


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a key comes from the passphrase: scrypt's salt, cost, block size and parallelism."""

    salt: bytes
    n: int = 2**15
    r: int = 8
    p: int = 3


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of an encrypted file; one of version 1 has no label."""

    derivation: Derivation
    label: Label | None

    def to_line(self) -> bytes:
        """As it is written."""
        given = self.derivation
        salt = base64.b64encode(given.salt).decode()
        kdf = {"name": "scrypt", "salt": salt, "n": given.n, "r": given.r, "p": given.p}
        header = {
            "format": FORMAT,
            "version": 2 if self.label else 1,
            "kdf": kdf,
            "cipher": "fernet",
            "content": "gzip",
        }
        return orjson.dumps(header | ({"backup": asdict(self.label)} if self.label else {})) + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Header:
        """What the first line says; raises BackupDamaged."""
        try:
            header = orjson.loads(line)
            if header["format"] == FORMAT and header["version"] not in (1, 2):
                raise BackupDamaged("This backup was made by a newer version of movietracker.")
            kdf = header["kdf"]
            given = Derivation(base64.b64decode(kdf["salt"], validate=True), kdf["n"], kdf["r"], kdf["p"])
            found = cls(given, Label(**header["backup"]) if header["version"] == 2 else None)
            is_ours = found.to_line() == line  # the header holds nothing else
        except (ValueError, KeyError, TypeError) as error:
            raise BackupDamaged from error
        is_sane = all(type(cost) is int and cost > 0 for cost in (given.n, given.r, given.p)) and (
            given.n * given.r <= MAX_NR and given.n * given.r * given.p <= MAX_NRP
        )
        if not is_ours or not is_sane:
            raise BackupDamaged
        return found


class Cipher:
    """Seals and opens documents with one passphrase; keys are derived once for each salt."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase
        self._derivation = Derivation(secrets.token_bytes(SALT_BYTES))
        self._key = lru_cache(maxsize=64)(self._derive)

    @property
    def is_on(self) -> bool:
        """Whether there is a passphrase."""
        return bool(self._passphrase)

    @property
    def suffix(self) -> str:
        """How the names of files end."""
        return ".json.enc" if self.is_on else ".json"

    def seal(self, document: Spool, folder: Path, label: Label) -> Spool:
        """The encrypted file of a document, which says that it is this backup."""
        packed = io.BytesIO()
        with document.reader() as reader, gzip.open(packed, "wb", compresslevel=6) as packer:
            shutil.copyfileobj(reader, packer, CHUNK_BYTES)
        header = Header(self._derivation, label)
        token = self._fernet(header).encrypt(packed.getvalue())
        return Spool.of((header.to_line(), token), folder)

    def open(self, sealed: Spool, folder: Path) -> Spool:
        """The document in an encrypted file; raises WrongPassphrase and BackupDamaged.

        A wrong passphrase and a changed file look the same.
        """
        if sealed.size > MAX_UNPACKED_BYTES:  # not ours, and it would be read into memory
            raise BackupDamaged
        with sealed.reader() as reader:
            header = Header.of_line(reader.readline(HEADER_LIMIT))
            token = reader.read()
        if not self.is_on:
            raise WrongPassphrase("This backup is encrypted; set BACKUP_PASSPHRASE to the passphrase it was made with.")
        from cryptography.fernet import InvalidToken  # here, as in _derive

        try:
            packed = self._fernet(header).decrypt(token)
        except InvalidToken:
            raise WrongPassphrase(
                "This backup is encrypted with another passphrase than BACKUP_PASSPHRASE, or damaged."
            ) from None
        return Spool.of(_unpacked(packed), folder)

    def _fernet(self, header: Header) -> Fernet:
        from cryptography.fernet import Fernet  # here, as in _derive

        key = self._key(header.derivation)
        if header.label is not None:
            key = hmac.digest(key, header.to_line(), "sha256")
        return Fernet(base64.urlsafe_b64encode(key))

    def _derive(self, derivation: Derivation) -> bytes:
        # Imported here to save the time at the start of the many processes that encrypt nothing.
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        try:
            scrypt = Scrypt(salt=derivation.salt, length=32, n=derivation.n, r=derivation.r, p=derivation.p)
            return scrypt.derive(self._passphrase.encode())
        except (ValueError, MemoryError) as error:  # parameters that scrypt does not have
            raise BackupDamaged from error


def is_sealed(source: BinaryIO) -> bool:
    """Whether an encrypted backup begins here; leaves the position where it was."""
    start = source.read(len(_START))
    source.seek(-len(start), 1)
    return start == _START


def label_of(file: Spool) -> Label | None:
    """What a file says it is, which holds only if it can be opened; None if it does not. Raises BackupDamaged."""
    with file.reader() as reader:
        return Header.of_line(reader.readline(HEADER_LIMIT)).label if is_sealed(reader) else None


_START = b'{"format":"%s"' % FORMAT.encode()


def _unpacked(packed: bytes) -> Iterator[bytes]:
    try:
        with gzip.open(io.BytesIO(packed)) as reader:
            yield from iter(lambda: reader.read(CHUNK_BYTES), b"")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BackupDamaged from error
