"""Encryption at rest: Fernet tokens of the ``cryptography`` package, under a key derived from a passphrase by scrypt.

An encrypted backup is one line of JSON, which says how the key is derived, and one Fernet token, which holds the
gzipped document. Fernet (https://github.com/fernet/spec) is AES-128-CBC with an HMAC-SHA256 over everything. The cost
of scrypt is one that OWASP's Password Storage Cheat Sheet recommends; it takes 32 MiB. docs/backups.md shows the few
lines of Python that open such a file without movietracker.
"""

from __future__ import annotations

import base64
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import orjson

from ...errors import BackupDamaged, WrongPassphrase
from ..parsing import MAX_UNPACKED_BYTES
from .spool import CHUNK_BYTES, Spool

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FORMAT = "movietracker-backup"
HEADER_LIMIT = 1024
SALT_BYTES = 16

# The header of a stranger's file must not make us work for hours, or take all memory (128 * n * r bytes).
MOST_NR, MOST_P = 2**20, 16


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a key comes from the passphrase: scrypt's salt, cost, block size and parallelism."""

    salt: bytes
    n: int = 2**15
    r: int = 8
    p: int = 3

    def to_header(self) -> bytes:
        """The first line of an encrypted file."""
        salt = base64.b64encode(self.salt).decode()
        kdf = {"name": "scrypt", "salt": salt, "n": self.n, "r": self.r, "p": self.p}
        return orjson.dumps({"format": FORMAT, "version": 1, "kdf": kdf, "cipher": "fernet", "content": "gzip"}) + b"\n"

    @classmethod
    def of_header(cls, line: bytes) -> Derivation:
        """What the first line says; raises BackupDamaged."""
        try:
            header = orjson.loads(line)
            if header["format"] == FORMAT and header["version"] != 1:
                raise BackupDamaged("This backup was made by a newer version of movietracker.")
            kdf = header["kdf"]
            read = cls(base64.b64decode(kdf["salt"], validate=True), kdf["n"], kdf["r"], kdf["p"])
        except (ValueError, KeyError, TypeError) as error:
            raise BackupDamaged from error
        if not all(isinstance(cost, int) and cost > 0 for cost in (read.n, read.r, read.p)):
            raise BackupDamaged
        if read.n * read.r > MOST_NR or read.p > MOST_P or read.n.bit_count() != 1:
            raise BackupDamaged
        if read.to_header() != line:  # every byte of it is known
            raise BackupDamaged
        return read


class Cipher:
    """Seals and opens documents with one passphrase; keys are derived once for each salt."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase
        self._derivation = Derivation(secrets.token_bytes(SALT_BYTES))
        self._fernet = lru_cache(maxsize=64)(self._derive)

    @property
    def is_on(self) -> bool:
        """Whether there is a passphrase."""
        return bool(self._passphrase)

    def seal(self, document: Spool, folder: Path) -> Spool:
        """The encrypted file of a document."""
        packed = b"".join(_packed(document))
        token = self._fernet(self._derivation).encrypt(packed)
        return Spool.of((self._derivation.to_header(), token), folder)

    def open(self, sealed: Spool, folder: Path) -> Spool:
        """The document in an encrypted file; raises WrongPassphrase and BackupDamaged.

        Whether the passphrase is wrong or the file was changed cannot be told from the file alone.
        """
        if sealed.size > MAX_UNPACKED_BYTES:  # a stranger's: it is read into memory
            raise BackupDamaged
        with sealed.reader() as reader:
            derivation = Derivation.of_header(reader.readline(HEADER_LIMIT))
            token = reader.read()
        if not self.is_on:
            raise WrongPassphrase("This backup is encrypted; set BACKUP_PASSPHRASE to the passphrase it was made with.")
        return Spool.of(_unpacked(self._decrypted(derivation, token)), folder)

    def _decrypted(self, derivation: Derivation, token: bytes) -> bytes:
        from cryptography.fernet import InvalidToken  # when it is needed, as below

        try:
            fernet: Fernet = self._fernet(derivation)
            return fernet.decrypt(token)
        except InvalidToken:
            raise WrongPassphrase(
                "This backup is encrypted with another passphrase than BACKUP_PASSPHRASE, or damaged."
            ) from None

    def _derive(self, derivation: Derivation) -> Fernet:
        # Imported when it is needed: most processes start without ever encrypting, and save the time.
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        scrypt = Scrypt(salt=derivation.salt, length=32, n=derivation.n, r=derivation.r, p=derivation.p)
        return Fernet(base64.urlsafe_b64encode(scrypt.derive(self._passphrase.encode())))


def is_sealed(source: BinaryIO) -> bool:
    """Whether an encrypted backup begins here; leaves the position where it was."""
    start = source.read(len(_START))
    source.seek(-len(start), 1)
    return start == _START


_START = b'{"format":"%s"' % FORMAT.encode()


def _unpacked(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        while not unpacker.eof:
            chunk = unpacker.decompress(packed, CHUNK_BYTES)
            packed = unpacker.unconsumed_tail
            if not chunk and not packed:
                raise BackupDamaged
            yield chunk
    except zlib.error as error:
        raise BackupDamaged from error


def _packed(document: Spool) -> list[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    with document.reader() as reader:
        packed = [packer.compress(chunk) for chunk in iter(lambda: reader.read(CHUNK_BYTES), b"")]
    return [*packed, packer.flush()]
