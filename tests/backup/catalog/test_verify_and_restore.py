"""Verifying and restoring backups, and the API of both."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete
from support.backups import MakeCatalog, rows
from support.client import Client, client_of
from support.destinations import Full, Hanging, Shelf
from support.library import add_stubs, imdb_ids, stubs_of
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.journal import Target, begin_run, save
from movietracker.backup.catalog.restore import list_backups, restore, write_safety_backup
from movietracker.backup.catalog.run import run_now
from movietracker.backup.catalog.verification import Checked, back_up, verify
from movietracker.errors import (
    BackupDamaged,
    BackupNotFound,
    BackupRefused,
    DestinationFailed,
    DestinationUnreachable,
    InvalidDocument,
)
from movietracker.models import BACKUP_FILES
from movietracker.pluginapi import BackupFile
from movietracker.services.accounts import Account
from movietracker.services.transactions import write_connection

NOT_WRITTEN = "is not the file that was written there."


@pytest.fixture
def backed_up(catalog: Catalog, saved: Account) -> str:
    """A library of 3 titles is in a backup, whose name this returns. The library has 2 more since."""
    add_stubs(saved, imdb_ids(3))
    run_now(catalog)
    add_stubs(saved, imdb_ids(2, first=4))
    (backup,) = list_backups(catalog.ready(), saved.id)
    return backup.filename


@pytest.fixture
def path(folder: Path, saved: Account, backed_up: str) -> Path:
    """The file of the backup."""
    return folder / saved.id / backed_up


def checked(catalog: Catalog, user: Account, *, everything: bool = True) -> list[Checked]:
    return list(verify(catalog, catalog.ready(), Target(user.id, user.email), everything=everything))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"tt0000002") + 8] ^= 1  # still a sound document, with another title in it
    path.write_bytes(content)


def put_foreign_json(path: Path) -> None:
    path.write_text('{"hello": "world"}')


def put_another_document(path: Path) -> None:
    path.write_text('{"version":2,"exported_at":1,"movies":[],"people":[],"lists":[]}')


DAMAGES = [truncate, flip_a_bit, put_foreign_json, put_another_document]


class TestVerify:
    def test_a_good_backup_is_good(self, catalog: Catalog, saved: Account, backed_up: str) -> None:
        assert checked(catalog, saved) == [Checked("anna@example.com", "local", backed_up, None)]

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_a_damaged_one_is_named(
        self, catalog: Catalog, saved: Account, path: Path, damage: Callable[[Path], None]
    ) -> None:
        damage(path)
        (found,) = checked(catalog, saved)
        assert (found.filename, found.error) == (path.name, f"{path.name} at local {NOT_WRITTEN}")
        assert not list_backups(catalog.ready(), saved.id)[0].verified

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_one_that_was_damaged_and_is_as_before_is_good_again(
        self, catalog: Catalog, saved: Account, path: Path, damage: Callable[[Path], None]
    ) -> None:
        before = path.read_bytes()
        damage(path)
        checked(catalog, saved)
        path.write_bytes(before)
        assert checked(catalog, saved)[0].error is None
        assert list_backups(catalog.ready(), saved.id)[0].verified
        assert [(record.verified, record.error) for record in rows(BACKUP_FILES)] == [(True, None)]

    @pytest.mark.parametrize("damage", [truncate, put_foreign_json])
    def test_one_that_nothing_is_recorded_of_is_judged_by_what_is_in_it(
        self, catalog: Catalog, saved: Account, path: Path, damage: Callable[[Path], None]
    ) -> None:
        forget_records()
        assert checked(catalog, saved)[0].error is None
        damage(path)
        assert "This file is damaged, or not a backup" in str(checked(catalog, saved)[0].error)

    def test_a_foreign_file_is_named(self, catalog: Catalog, saved: Account, path: Path, backed_up: str) -> None:
        path.with_name("2001-01-01.json").write_text("[1, 2")
        found = {each.filename: each.error for each in checked(catalog, saved)}
        assert found[backed_up] is None
        assert "not a backup" in str(found["2001-01-01.json"])

    def test_one_that_is_gone_is_missed(self, catalog: Catalog, saved: Account, path: Path) -> None:
        path.unlink()
        assert checked(catalog, saved)[0].error == "It was written there, and is gone."

    def test_a_silent_destination_is_an_error_and_no_damage(self, make_catalog: MakeCatalog, saved: Account) -> None:
        shelf = Shelf()
        catalog = make_catalog(shelf)
        run_now(catalog)
        listing = shelf.list_files
        shelf.list_files = lambda user_id: 1 / 0  # type: ignore[method-assign,assignment,return-value]
        assert checked(catalog, saved)[0].error == "shelf failed: ZeroDivisionError."
        shelf.list_files = listing  # type: ignore[method-assign]
        assert checked(catalog, saved)[0].error is None
        assert list_backups(catalog.ready(), saved.id)[0].verified


class TestRestore:
    def test_a_replace_makes_the_library_what_the_backup_says_after_a_safety_backup(
        self, catalog: Catalog, saved: Account, backed_up: str
    ) -> None:
        report = restore(catalog, saved.id, backed_up, mode="replace")
        assert stubs_of(saved) == set(imdb_ids(3))
        assert report.removed["movies"] == 2
        listed = {backup.filename: backup for backup in list_backups(catalog.ready(), saved.id)}
        safety = listed[str(report.safety_backup)]
        assert safety.verified

        restore(catalog, saved.id, safety.filename, mode="replace")
        assert stubs_of(saved) == set(imdb_ids(5)), "and so nothing is lost"

    def test_of_safety_backups_the_newest_stay_and_the_first_of_each_day(
        self,
        catalog: Catalog,
        saved: Account,
        backed_up: str,
        path: Path,
        wall_clock: WallClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("movietracker.backup.catalog.retention.KEPT_SAFETY_BACKUPS", 2)

        def replace_it(day: int) -> str:
            wall_clock.time = max(wall_clock.time + 1, datetime(2031, 1, day, 12, tzinfo=UTC).timestamp())
            return str(restore(catalog, saved.id, backed_up, mode="replace").safety_backup)

        first, *_, foreign = [replace_it(1) for _ in range(4)]
        path.with_name(foreign).write_text("not ours")
        second, *_, third, last = [replace_it(2) for _ in range(5)]
        assert {file.name for file in path.parent.iterdir()} == {backed_up, first, foreign, second, third, last}
        restore(catalog, saved.id, first, mode="replace")
        assert stubs_of(saved) == set(imdb_ids(5)), "what was there before is not lost"

    def test_a_destination_that_cannot_remove_old_safety_backups_keeps_nobody_from_replacing(
        self,
        make_catalog: MakeCatalog,
        saved: Account,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr("movietracker.backup.catalog.retention.KEPT_SAFETY_BACKUPS", 0)

        class Keeping(Shelf):
            def delete(self, user_id: str, name: str) -> None:
                raise PermissionError(13, "Permission denied")

        shelf = Keeping()
        catalog = make_catalog(shelf)
        assert len({write_safety_backup(catalog, saved.id) for _ in range(2)}) == len(shelf.files) == 2
        assert "cannot be removed: shelf: Permission denied." in caplog.text

    def test_what_was_there_is_saved_also_when_several_replace_it_at_once(
        self, app: Flask, catalog: Catalog, saved: Account, backed_up: str, folder: Path, wall_clock: object
    ) -> None:
        def replace_it(_: int) -> str:
            with app.app_context():
                return str(restore(catalog, saved.id, backed_up, mode="replace").safety_backup)

        with ThreadPoolExecutor(4) as pool:
            names = list(pool.map(replace_it, range(4)))
        assert len(set(names)) == 4
        sizes = [len(orjson.loads((folder / saved.id / name).read_bytes())["movies"]) for name in names]
        assert 5 in sizes, "one of them has what was there"

    @pytest.mark.parametrize("damage", DAMAGES)
    @pytest.mark.parametrize("mode", ["merge", "replace"])
    def test_a_damaged_backup_is_refused_and_nothing_is_changed(
        self, catalog: Catalog, saved: Account, path: Path, damage: Callable[[Path], None], mode: str
    ) -> None:
        damage(path)
        with pytest.raises(BackupDamaged, match=NOT_WRITTEN):
            restore(catalog, saved.id, path.name, mode=mode)  # type: ignore[arg-type]
        assert stubs_of(saved) == set(imdb_ids(5))
        assert len(list_backups(catalog.ready(), saved.id)) == 1, "and there is no safety backup of nothing"

    @pytest.mark.parametrize("damage", [truncate, put_foreign_json])
    def test_also_one_that_nothing_is_recorded_of(
        self, catalog: Catalog, saved: Account, path: Path, damage: Callable[[Path], None]
    ) -> None:
        forget_records()
        damage(path)
        with pytest.raises((BackupRefused, InvalidDocument)):
            restore(catalog, saved.id, path.name, mode="replace")
        assert stubs_of(saved) == set(imdb_ids(5))
        assert len(list_backups(catalog.ready(), saved.id)) == 1

    def test_after_the_database_was_lost_a_new_account_restores_by_file_alone(
        self, catalog: Catalog, saved: Account, ben: Account, folder: Path, path: Path
    ) -> None:
        forget_records()
        (folder / ben.id).mkdir()
        path.rename(folder / ben.id / path.name)
        restore(catalog, ben.id, path.name)
        assert stubs_of(ben) == set(imdb_ids(3))

    def test_without_a_safety_backup_nothing_is_replaced(
        self, make_catalog: MakeCatalog, saved: Account, backed_up: str, catalog: Catalog
    ) -> None:
        class Taking(Full):
            """A disk that was filled since."""

        full = Taking(refused=set())
        filled = make_catalog(full)
        run_now(filled)
        (backup,) = list_backups(filled.ready(), saved.id)
        full.refused = None
        add_stubs(saved, imdb_ids(1, first=9))
        with pytest.raises(DestinationFailed, match="No safety backup could be written, so nothing was changed"):
            restore(filled, saved.id, backup.filename, mode="replace")
        assert imdb_ids(1, first=9)[0] in stubs_of(saved)

    def test_the_safety_backup_goes_to_the_next_destination_when_the_first_is_full(
        self, make_catalog: MakeCatalog, catalog: Catalog, saved: Account, backed_up: str
    ) -> None:
        shelf = Shelf()
        both = make_catalog(Full(), *catalog.chosen, shelf)
        report = restore(both, saved.id, backed_up, mode="replace")
        assert report.safety_backup in [backup.filename for backup in list_backups(catalog.ready(), saved.id)]
        assert shelf.files == {}, "one is enough"


class TestWhichFile:
    @pytest.fixture
    def two(self, make_catalog: MakeCatalog, catalog: Catalog, saved: Account) -> tuple[Catalog, Shelf, str]:
        """A catalog of two destinations, the second one, and the backup that both have."""
        shelf = Shelf()
        two = make_catalog(*catalog.chosen, shelf)
        add_stubs(saved, imdb_ids(3))
        run_now(two)
        return two, shelf, list_backups(two.ready(), saved.id)[0].filename

    def test_a_damaged_copy_is_passed_over_when_another_destination_has_it_whole(
        self, two: tuple[Catalog, Shelf, str], saved: Account, folder: Path
    ) -> None:
        catalog, _, name = two
        truncate(folder / saved.id / name)
        restore(catalog, saved.id, name)
        with pytest.raises(BackupDamaged):
            restore(catalog, saved.id, name, destination="local")

    def test_a_silent_destination_is_passed_over_too(self, two: tuple[Catalog, Shelf, str], saved: Account) -> None:
        catalog, shelf, name = two
        hanging = Hanging()
        hanging.list_files = lambda user_id: hanging.released.wait(5) and []  # type: ignore[method-assign,assignment]
        restore(replace(catalog, chosen=(hanging, shelf), call_seconds=0.2), saved.id, name)
        with pytest.raises(DestinationUnreachable):
            restore(replace(catalog, chosen=(hanging,), call_seconds=0.2), saved.id, name)
        hanging.released.set()

    def test_each_destination_lists_its_own_newest_first(self, two: tuple[Catalog, Shelf, str], saved: Account) -> None:
        catalog, shelf, name = two
        shelf.files[saved.id, "2001-01-01.json"] = (b"old", 978_307_200.0)
        listed = [(backup.filename, backup.destination) for backup in list_backups(catalog.ready(), saved.id)]
        assert sorted(listed[:2]) == [(name, "local"), (name, "shelf")]
        assert listed[2] == ("2001-01-01.json", "shelf")

    def test_of_two_of_the_same_name_the_newer_is_taken(self, two: tuple[Catalog, Shelf, str], saved: Account) -> None:
        catalog, shelf, name = two
        add_stubs(saved, imdb_ids(2, first=4))
        save(back_up(catalog, catalog.destinations("shelf"), saved.id, begin_run("nightly", name[:10]), name))
        assert restore(catalog, saved.id, name, mode="replace").kept["movies"] == 5
        assert restore(catalog, saved.id, name, mode="replace", destination="local").removed["movies"] == 2
        shelf.files.clear()
        restore(catalog, saved.id, name)

    def test_of_two_equal_ones_the_first_is_asked(self, two: tuple[Catalog, Shelf, str], saved: Account) -> None:
        catalog, shelf, name = two
        shelf.read = None  # type: ignore[method-assign,assignment]
        restore(catalog, saved.id, name)

    def test_a_file_that_took_the_place_of_a_verified_one_does_not_count_as_verified(
        self, two: tuple[Catalog, Shelf, str], saved: Account, folder: Path
    ) -> None:
        catalog, _, name = two
        put_foreign_json(folder / saved.id / name)
        verified = {backup.destination: backup.verified for backup in list_backups(catalog.ready(), saved.id)}
        assert verified == {"local": False, "shelf": True}

    def test_an_attempt_that_came_to_no_file_takes_nothing_from_the_one_that_is_there(
        self, two: tuple[Catalog, Shelf, str], saved: Account, folder: Path
    ) -> None:
        catalog, shelf, _ = two
        run_now(replace(catalog, folder=folder / "away"))  # no folder for temporary files
        assert [backup.verified for backup in list_backups(catalog.ready(), saved.id)] == [True, True]
        shelf.files.clear()
        assert [each.error for each in checked(catalog, saved) if each.destination == "shelf"] == [
            "It was written there, and is gone."
        ]

    def test_what_no_destination_lists_is_not_found(self, two: tuple[Catalog, Shelf, str], saved: Account) -> None:
        catalog, _, _ = two
        for name in ("2001-01-01.json", "../app.db", "", "2026-01-31.json\n"):
            with pytest.raises(BackupNotFound):
                restore(catalog, saved.id, name)


class TestTheApi:
    @pytest.fixture
    def client(self, app: Flask, saved: Account) -> Client:
        return client_of(app, saved)

    def test_backups_are_off_until_the_user_switches_them_on(self, app: Flask, ben: Account) -> None:
        client = client_of(app, ben)
        assert client.get("/api/backup/settings").json == {"backup_enabled": False}
        answer = client.put("/api/backup/settings", json={"backup_enabled": True, "unknown": 1})
        assert (answer.status_code, answer.json) == (200, {"backup_enabled": True})
        assert client.get("/api/backup/settings").json == {"backup_enabled": True}

    @pytest.mark.parametrize("body", [{}, {"backup_enabled": "yes"}, {"backup_enabled": 1}, {"backup_enabled": None}])
    def test_settings_that_make_no_sense_are_422(self, client: Client, body: object) -> None:
        answer = client.put("/api/backup/settings", json=body)
        assert (answer.status_code, answer.json["code"]) == (422, "validation_error")
        assert "backup_enabled" in answer.json["errors"]

    def test_the_list_has_the_contract_s_fields(self, client: Client, catalog: Catalog, path: Path) -> None:
        (backup,) = client.get("/api/backup/list").json["backups"]
        assert backup == {
            "filename": path.name,
            "created_at": backup["created_at"],
            "size_bytes": path.stat().st_size,
            "destination": "local",
            "verified": True,
        }

    def test_without_backups_the_list_is_empty(self, bens_client: Client, backed_up: str) -> None:
        assert bens_client.get("/api/backup/list").json == {"backups": []}

    def test_restoring_merges(self, client: Client, saved: Account, backed_up: str) -> None:
        answer = client.post(f"/api/backup/restore/{backed_up}")
        assert answer.status_code == 200
        assert answer.json["success"] is True
        assert {"imported_counts", "movies_imported", "imdb_ids_needing_enrichment", "errors"} <= answer.json.keys()
        assert "safety_backup" not in answer.json
        assert stubs_of(saved) == set(imdb_ids(5)), "what came later stays"

    def test_replacing_names_its_safety_backup(self, client: Client, saved: Account, backed_up: str) -> None:
        dry = client.post(f"/api/backup/restore/{backed_up}?mode=replace&dry_run=true").json
        assert (dry["dry_run"], dry["removed"]["movies"], dry["kept"]["movies"]) == (True, 2, 3)
        assert "safety_backup" not in dry
        assert stubs_of(saved) == set(imdb_ids(5))
        assert len(client.get("/api/backup/list").json["backups"]) == 1
        answer = client.post(f"/api/backup/restore/{backed_up}?mode=replace").json
        assert stubs_of(saved) == set(imdb_ids(3))
        names = [backup["filename"] for backup in client.get("/api/backup/list").json["backups"]]
        assert answer["safety_backup"] in names
        assert answer["safety_backup"] != backed_up

    @pytest.mark.parametrize("query", ["mode=overwrite", "dry_run=perhaps", "destination=elsewhere"])
    def test_a_way_to_restore_that_there_is_not_is_422(self, client: Client, backed_up: str, query: str) -> None:
        assert client.post(f"/api/backup/restore/{backed_up}?{query}").status_code == 422

    @pytest.mark.parametrize(
        "name",
        [
            *("..", "../app.db", "..%2Fapp.db", "%2e%2e%2fapp.db", "..%2F..%2F..%2Fetc%2Fpasswd"),
            *("%2Fetc%2Fpasswd", "/etc/passwd", "..%5Capp.db", "app.db", "2001-01-01.json", "2026-01-31.json%00"),
            *("2026-01-31.json%0A", "BENS", "BENS_ENCODED", "LINK", "NOT_OURS"),
        ],
    )
    def test_what_is_not_on_the_list_is_404(
        self, client: Client, catalog: Catalog, path: Path, ben: Account, folder: Path, name: str
    ) -> None:
        run_now(catalog, user_id=ben.id)
        (bens,) = (folder / ben.id).iterdir()
        bens = bens.rename(bens.with_name("2026-01-05.json"))
        path.with_name("2026-01-06.json").symlink_to(bens)
        path.with_name("notes.json").write_text(path.read_text())
        address = {
            "BENS": "2026-01-05.json",
            "BENS_ENCODED": f"..%2F{ben.id}%2F2026-01-05.json",
            "LINK": "2026-01-06.json",
            "NOT_OURS": "notes.json",
        }.get(name, name)
        answer = client.post(f"/api/backup/restore/{address}?mode=replace")
        assert answer.status_code == 404
        assert answer.content_type == "application/json"
        assert set(answer.json) == {"detail", "code"}

    def test_a_damaged_backup_is_422_with_its_code(self, client: Client, path: Path) -> None:
        truncate(path)
        answer = client.post(f"/api/backup/restore/{path.name}")
        assert (answer.status_code, answer.json["code"]) == (422, "backup_damaged")

    def test_an_encrypted_one_without_the_passphrase_is_422_with_its_code(self, client: Client, path: Path) -> None:
        sealed = b'{"format":"movietracker-backup","version":1,"kdf":{"name":"scrypt","salt":"AAAA","n":2,"r":1,"p":1},'
        path.with_name("2026-01-07.json.enc").write_bytes(sealed + b'"cipher":"fernet","content":"gzip"}\ntoken')
        answer = client.post("/api/backup/restore/2026-01-07.json.enc")
        assert (answer.status_code, answer.json["code"]) == (422, "wrong_passphrase")

    def test_a_foreign_document_is_422_with_its_faults(self, client: Client, path: Path) -> None:
        path.with_name("2026-01-08.json").write_bytes(
            orjson.dumps({"version": 2, "movies": [{"imdb_id": 5}], "people": [], "lists": []})
        )
        answer = client.post("/api/backup/restore/2026-01-08.json")
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_document")
        assert any(place.startswith("movies[0]") for place in answer.json["errors"])

    def test_a_destination_that_hangs_keeps_one_request_waiting_and_not_all(
        self, app: Flask, client: Client, saved: Account, backed_up: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []
        hanging = Hanging()

        def list_files(user_id: str) -> list[BackupFile]:
            asked.append(user_id)
            hanging.released.wait(5)
            return []

        hanging.list_files = list_files  # type: ignore[method-assign]
        made = app.extensions["movietracker"]
        made.backups = replace(made.backups, chosen=(hanging, *made.backups.chosen), call_seconds=0.2)
        monkeypatch.setattr("movietracker.backup.catalog.REQUESTS_COOLDOWN_SECONDS", 0.5)
        for _ in range(3):
            (backup,) = client.get("/api/backup/list").json["backups"]
            assert backup["destination"] == "local"
            assert client.post(f"/api/backup/restore/{backed_up}").status_code == 200
        assert len(asked) == 1
        time.sleep(0.6)
        client.get("/api/backup/list")
        assert len(asked) == 2
        hanging.released.set()

    @pytest.mark.parametrize(
        ("method", "address"),
        [
            ("GET", "/api/backup/settings"),
            ("PUT", "/api/backup/settings"),
            ("GET", "/api/backup/list"),
            ("POST", "/api/backup/restore/2026-01-31.json"),
            ("GET", "/api/backup/export"),
            ("POST", "/api/backup/import"),
        ],
    )
    def test_a_token_is_needed(self, anonymous: Client, admin: Client, method: str, address: str) -> None:
        assert anonymous.open(address, method=method, json={"backup_enabled": True}).status_code == 401
        assert admin.open(address, method=method, json={"backup_enabled": True}).status_code == 403


def forget_records() -> None:
    """As if the database had been lost."""
    with write_connection() as connection:
        connection.execute(delete(BACKUP_FILES))
