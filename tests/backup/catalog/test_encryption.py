"""Encryption at rest."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from support.backups import ran, switch_on

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.encryption import Cipher, Label
from movietracker.backup.catalog.journal import Record, begin_run, forget, save
from movietracker.backup.catalog.restore import fetch, list_backups, restore
from movietracker.backup.catalog.run import run_now
from movietracker.backup.catalog.spool import Spool
from movietracker.errors import BackupDamaged, WrongPassphrase
from movietracker.services.accounts import Account

PASSPHRASE = "correct horse battery staple ü"
DOCUMENT = b'{"version":2,"movies":[],"people":[],"lists":[]}\n' * 20_000


@pytest.fixture(scope="module")
def cipher() -> Cipher:
    return Cipher(PASSPHRASE)


LABEL = Label("6f1c2f0a-6d5e-4a55-9a0e-0c2f1c3f7b11", "2026-01-31.json.enc", "run", 1769824800.5)


def sealed(cipher: Cipher, folder: Path, document: bytes = DOCUMENT) -> bytes:
    with Spool.of([document], folder) as spool, cipher.seal(spool, folder, LABEL) as file, file.reader() as reader:
        return reader.read()


def key_of(header: bytes) -> bytes:
    kdf = json.loads(header)["kdf"]
    cost = {"n": kdf["n"], "r": kdf["r"], "p": kdf["p"], "maxmem": 2**28, "dklen": 32}
    return hashlib.scrypt(PASSPHRASE.encode(), salt=base64.b64decode(kdf["salt"]), **cost)


def sealed_by_version_1(document: bytes) -> bytes:
    """A file as movietracker 0.1.0 wrote it."""
    kdf = b'{"name":"scrypt","salt":"AAECAwQFBgcICQoLDA0ODw==","n":32768,"r":8,"p":3}'
    header = b'{"format":"movietracker-backup","version":1,"kdf":%s,"cipher":"fernet","content":"gzip"}' % kdf
    token = Fernet(base64.urlsafe_b64encode(key_of(header))).encrypt(gzip.compress(document))
    return header + b"\n" + token


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
        {"version": 3},
        {"version": 1},
        {"backup": {}},
        {"backup": None},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 1, "r": 8, "p": 1}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 3, "r": 8, "p": 1}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 1, "r": 2**19, "p": 1}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 2, "r": 2**18, "p": 2}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 2**16, "r": 8, "p": 3}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 2**15, "r": 8, "p": True}},
        {"kdf": {"name": "scrypt", "salt": "AA==", "n": 2**70, "r": 8, "p": 3}},
        {"kdf": []},
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
def test_a_wrong_or_expensive_header_is_refused_at_once(cipher: Cipher, tmp_path: Path, change: dict[str, Any]) -> None:
    header, token = sealed(cipher, tmp_path).split(b"\n", 1)
    file = json.dumps(json.loads(header) | change, separators=(",", ":")).encode() + b"\n" + token
    begun = time.process_time()
    with pytest.raises((BackupDamaged, WrongPassphrase)):
        opened(cipher, tmp_path, file)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "of", [{"name": "2026-02-01.json.enc"}, {"user_id": "another"}, {"made_at": 1}, {"run_id": ""}]
)
def test_a_changed_label_opens_nothing(cipher: Cipher, tmp_path: Path, of: dict[str, Any]) -> None:
    header, token = sealed(cipher, tmp_path).split(b"\n", 1)
    parts = json.loads(header)
    changed = json.dumps(parts | {"backup": parts["backup"] | of}, separators=(",", ":")).encode()
    with pytest.raises(WrongPassphrase):
        opened(cipher, tmp_path, changed + b"\n" + token)


def test_a_file_of_version_1_is_opened(cipher: Cipher, tmp_path: Path) -> None:
    assert opened(cipher, tmp_path, sealed_by_version_1(DOCUMENT)) == DOCUMENT


def test_a_file_can_be_opened_without_movietracker_as_the_documentation_says(cipher: Cipher, tmp_path: Path) -> None:
    header, token = sealed(cipher, tmp_path).split(b"\n", 1)
    key = hmac.digest(key_of(header), header + b"\n", "sha256")
    assert gzip.decompress(Fernet(base64.urlsafe_b64encode(key)).decrypt(token)) == DOCUMENT


class TestInTheCatalog:
    @pytest.fixture
    def encrypting(self, catalog: Catalog, cipher: Cipher) -> Catalog:
        return replace(catalog, cipher=cipher)

    def test_files_are_encrypted_and_end_in_enc(self, encrypting: Catalog, saved: Account, folder: Path) -> None:
        assert ran(encrypting).status == "ok"
        (path,) = (folder / saved.id).iterdir()
        assert path.name.endswith(".json.enc")
        assert b"Oscar" not in path.read_bytes()

    def test_they_restore_only_with_the_passphrase(self, encrypting: Catalog, catalog: Catalog, saved: Account) -> None:
        run_now(encrypting)
        (backup,) = list_backups(encrypting.ready(), saved.id)
        assert backup.verified
        assert not any(restore(encrypting, saved.id, backup.filename).imported.values())
        for wrong in (catalog, replace(catalog, cipher=Cipher("wrong"))):
            with pytest.raises(WrongPassphrase):
                restore(wrong, saved.id, backup.filename)

    def test_files_from_before_the_passphrase_was_set_are_still_read(
        self, encrypting: Catalog, catalog: Catalog, saved: Account
    ) -> None:
        run_now(catalog)
        run_now(encrypting)
        names = {backup.filename.partition(".")[2] for backup in list_backups(encrypting.ready(), saved.id)}
        assert names == {"json", "json.enc"}
        for backup in list_backups(encrypting.ready(), saved.id):
            with fetch(encrypting, encrypting.ready(), saved.id, backup.filename) as document:
                assert document.size > 0

    def test_only_what_is_recorded_or_sealed_as_this_backup_is_restored(
        self, encrypting: Catalog, saved: Account, ben: Account, folder: Path
    ) -> None:
        """Whoever can write to the store puts files into the user's folder."""
        switch_on(ben)
        ran(encrypting)
        (mine,), (bens,) = ((folder / user.id).iterdir() for user in (saved, ben))
        older = mine.read_bytes()
        forged = {
            "2026-01-01.json": b'{"version":2,"movies":[],"people":[],"lists":[]}',
            "2026-01-02.json.enc": b'{"version":2,"movies":[],"people":[],"lists":[]}',
            "2026-01-03.json.enc": bens.read_bytes(),
            "2026-01-04.json.enc": older,
            "2026-01-05.json.enc": sealed_by_version_1(b'{"version":2,"movies":[],"people":[],"lists":[]}'),
            mine.name: bens.read_bytes(),
        }
        for name, content in forged.items():
            (folder / saved.id / name).write_bytes(content)
            with pytest.raises(BackupDamaged):
                restore(encrypting, saved.id, name)
        shown = {each.filename for each in list_backups(encrypting.ready(), saved.id, only_trusted=True)}
        assert shown == forged.keys() - {"2026-01-01.json"}

        for name in ("2026-01-01.json", "2026-01-05.json.enc"):
            restore(encrypting, saved.id, name, allow_plain=True)
        for name in ("2026-01-03.json.enc", "2026-01-04.json.enc", mine.name):
            with pytest.raises(BackupDamaged):
                restore(encrypting, saved.id, name, allow_plain=True)

    def test_a_sealed_file_needs_no_record(self, encrypting: Catalog, saved: Account) -> None:
        """The database was put back to a state from before the backup."""
        ran(encrypting)
        (backup,) = list_backups(encrypting.ready(), saved.id)
        forget(saved.id, "local", backup.filename)
        restore(encrypting, saved.id, backup.filename)

    def test_a_recorded_file_of_version_1_is_restored(
        self, encrypting: Catalog, catalog: Catalog, saved: Account, folder: Path
    ) -> None:
        name = "2026-01-05.json.enc"
        ran(catalog)
        (plain,) = (folder / saved.id).iterdir()
        content = sealed_by_version_1(plain.read_bytes())
        (folder / saved.id / name).write_bytes(content)
        made = (time.time(), len(content), hashlib.sha256(content).hexdigest(), 0.1, True, None)
        save([Record(saved.id, begin_run("nightly", "2026-01-05").id, "local", name, *made)])
        restore(encrypting, saved.id, name)

    def test_the_safety_backup_is_encrypted_too(self, encrypting: Catalog, saved: Account) -> None:
        run_now(encrypting)
        (backup,) = list_backups(encrypting.ready(), saved.id)
        report = restore(encrypting, saved.id, backup.filename, mode="replace")
        assert report.safety_backup is not None
        assert report.safety_backup.endswith(".json.enc")
