"""Encryption at rest."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from movietracker.backup.vault.encryption import Cipher
from movietracker.backup.vault.fetching import fetch, list_backups
from movietracker.backup.vault.restore import restore
from movietracker.backup.vault.run import run_now
from movietracker.backup.vault.spool import Spool
from movietracker.backup.vault.vault import Vault
from movietracker.errors import BackupDamaged, WrongPassphrase
from movietracker.services.accounts import Account

MakeVault = Callable[..., Vault]
PASSPHRASE = "correct horse battery staple ü"
DOCUMENT = b'{"version":2,"movies":[],"people":[],"lists":[]}\n' * 20_000


@pytest.fixture(scope="module")
def cipher() -> Cipher:
    return Cipher(PASSPHRASE)


def sealed(cipher: Cipher, folder: Path, document: bytes = DOCUMENT) -> bytes:
    with Spool.of([document], folder) as spool, cipher.seal(spool, folder) as file, file.reader() as reader:
        return reader.read()


def opened(cipher: Cipher, folder: Path, file: bytes) -> bytes:
    with Spool.of([file], folder) as spool, cipher.open(spool, folder) as document, document.reader() as reader:
        return reader.read()


def test_what_is_sealed_comes_out_again(cipher: Cipher, tmp_path: Path) -> None:
    file = sealed(cipher, tmp_path)
    assert b"movies" not in file
    assert opened(cipher, tmp_path, file) == DOCUMENT


def test_another_process_with_the_passphrase_opens_it(cipher: Cipher, tmp_path: Path) -> None:
    assert opened(Cipher(PASSPHRASE), tmp_path, sealed(cipher, tmp_path)) == DOCUMENT


def test_the_same_document_looks_different_each_time(cipher: Cipher, tmp_path: Path) -> None:
    assert sealed(cipher, tmp_path).splitlines()[1] != sealed(cipher, tmp_path).splitlines()[1]


@pytest.mark.parametrize("passphrase", ["wrong", PASSPHRASE.upper(), PASSPHRASE[:-1]])
def test_a_wrong_passphrase_is_a_plain_error(cipher: Cipher, tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(WrongPassphrase, match="another passphrase than BACKUP_PASSPHRASE"):
        opened(Cipher(passphrase), tmp_path, sealed(cipher, tmp_path))


def test_no_passphrase_is_a_plain_error(cipher: Cipher, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase, match="set BACKUP_PASSPHRASE"):
        opened(Cipher(""), tmp_path, sealed(cipher, tmp_path))


def test_a_file_that_no_memory_holds_is_refused_at_once(cipher: Cipher, tmp_path: Path) -> None:
    with Spool.of([sealed(cipher, tmp_path)], tmp_path) as file:
        file.file.truncate(10 * 2**30)  # a hole in the file, which takes no room on the disk
        with pytest.raises(BackupDamaged):
            cipher.open(file, tmp_path)


def test_no_bit_can_be_changed_unnoticed(cipher: Cipher, tmp_path: Path) -> None:
    file = sealed(cipher, tmp_path, b"a small document")
    for place in range(0, len(file) - 4, 3):  # the last letter of base64 has bits that mean nothing
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises((BackupDamaged, WrongPassphrase)):
            opened(cipher, tmp_path, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 50, 150, -40, -1])
def test_a_truncated_file_is_refused(cipher: Cipher, tmp_path: Path, length: int) -> None:
    with pytest.raises((BackupDamaged, WrongPassphrase)):
        opened(cipher, tmp_path, sealed(cipher, tmp_path)[:length])


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"cipher": "rot13"},
        {"kdf": None},
        {"kdf": {"salt": "AA==", "n": 2**40, "r": 8, "p": 1}},
        {"kdf": {"salt": "AA==", "n": 2**15, "r": 8, "p": 10**9}},
        {"kdf": {"salt": "AA==", "n": 2**15 + 1, "r": 8, "p": 1}},
        {"kdf": {"salt": "AA==", "n": -1, "r": 8, "p": 1}},
        {"kdf": {"salt": "AA==", "n": "many", "r": 8, "p": 1}},
        {"kdf": {"salt": "not base64", "n": 2**15, "r": 8, "p": 1}},
    ],
)
def test_a_header_that_makes_no_sense_or_too_much_work_is_refused_at_once(
    cipher: Cipher, tmp_path: Path, change: dict[str, Any]
) -> None:
    header, token = sealed(cipher, tmp_path).split(b"\n", 1)
    file = json.dumps(json.loads(header) | change).encode() + b"\n" + token
    with pytest.raises(BackupDamaged):
        opened(cipher, tmp_path, file)


def test_a_file_can_be_opened_without_movietracker_as_the_documentation_says(cipher: Cipher, tmp_path: Path) -> None:
    header, token = sealed(cipher, tmp_path).split(b"\n", 1)
    kdf = json.loads(header)["kdf"]
    key = hashlib.scrypt(
        PASSPHRASE.encode(),
        salt=base64.b64decode(kdf["salt"]),
        n=kdf["n"],
        r=kdf["r"],
        p=kdf["p"],
        maxmem=2**28,
        dklen=32,
    )
    assert gzip.decompress(Fernet(base64.urlsafe_b64encode(key)).decrypt(token)) == DOCUMENT


class TestInTheVault:
    @pytest.fixture
    def encrypting(self, vault: Vault, cipher: Cipher) -> Vault:
        return replace(vault, cipher=cipher)

    def test_files_are_encrypted_and_end_in_enc(self, encrypting: Vault, saved: Account, folder: Path) -> None:
        report = run_now(encrypting)
        assert report is not None
        assert report.status == "ok"
        (path,) = (folder / saved.id).iterdir()
        assert path.name.endswith(".json.enc")
        assert b"Oscar" not in path.read_bytes()

    def test_they_restore_with_the_passphrase_and_not_without(
        self, encrypting: Vault, vault: Vault, saved: Account
    ) -> None:
        run_now(encrypting)
        (backup,) = list_backups(encrypting.ready(), saved.id)
        assert backup.verified
        assert restore(encrypting, saved.id, backup.filename).imported == {"movies": 0, "people": 0, "lists": 0}
        for wrong in (vault, replace(vault, cipher=Cipher("wrong"))):
            with pytest.raises(WrongPassphrase):
                restore(wrong, saved.id, backup.filename)

    def test_files_from_before_the_passphrase_was_set_are_still_read(
        self, encrypting: Vault, vault: Vault, saved: Account
    ) -> None:
        run_now(vault)
        run_now(encrypting)
        names = {backup.filename.partition(".")[2] for backup in list_backups(encrypting.ready(), saved.id)}
        assert names == {"json", "json.enc"}
        for backup in list_backups(encrypting.ready(), saved.id):
            with fetch(encrypting, encrypting.ready(), saved.id, backup.filename) as document:
                assert document.size > 0

    def test_the_safety_backup_is_encrypted_too(self, encrypting: Vault, saved: Account) -> None:
        run_now(encrypting)
        (backup,) = list_backups(encrypting.ready(), saved.id)
        report = restore(encrypting, saved.id, backup.filename, mode="replace")
        assert report.safety_backup is not None
        assert report.safety_backup.endswith(".json.enc")
