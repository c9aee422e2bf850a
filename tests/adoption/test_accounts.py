"""Accounts come along with their ids and passwords; one that cannot is named, and then nothing comes."""

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client, client_of
from support.originals import ANNAS_ID, BENS_ID, HEAT, LONG_AGO, MATRIX, OLD_PASSWORD, OriginalFile

from movietracker.adoption.adopting import adopt
from movietracker.errors import AdoptionRefused, QuotaExceeded
from movietracker.plugin.events import LibraryChanged
from movietracker.services.accounts import (
    Account,
    change_account,
    get_account,
    is_backup_enabled,
    list_accounts,
    log_in,
)
from movietracker.services.transactions import library_changed

from .conftest import Adopt


def test_people_keep_their_ids_names_and_passwords(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    adopt_file(original)
    with app.app_context():
        account, _ = log_in("Anna@Example.com", OLD_PASSWORD)
        assert is_backup_enabled(ANNAS_ID)
    assert account == Account(ANNAS_ID, "anna@example.com", "anna", LONG_AGO, is_active=True)


@pytest.mark.parametrize("stored", ["$2b$12$abcdefghijklmnopqrstuv", "", None, 7, "a$b", "9" * 64])
def test_a_password_hash_of_another_form_is_kept_out(
    app: Flask, tmp_path: object, original: OriginalFile, adopt_file: Adopt, stored: object
) -> None:
    original.add_account("ben", BENS_ID, hashed_password=stored)
    note = "Its password cannot be verified here; set one with: movietracker users set-password"
    assert [each.notes for each in adopt_file(original).accounts] == [[], [note]]
    assert client_of(app).post("/api/auth/login", json={"email": "ben", "password": OLD_PASSWORD}).status_code == 401


def test_an_account_that_was_disabled_stays_disabled(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_account("ben", BENS_ID, is_active=0, backup_enabled=0)
    adopt_file(original)
    with app.app_context():
        assert (get_account(BENS_ID).is_active, is_backup_enabled(BENS_ID)) == (False, False)


def test_an_id_that_is_no_uuid_becomes_one_the_same_each_time(
    app: Flask, original: OriginalFile, adopt_file: Adopt
) -> None:
    original.add_account("ben", "2")
    original.add_title(MATRIX, "2")
    first, second = (adopt_file(original).accounts[1] for _ in range(2))
    assert len(first.id) == 36
    assert (first.id, first.state, second.id, second.state) == (first.id, "new", first.id, "adopted before")
    assert sum(second.added.values()) == 0


def test_each_account_gets_its_own_library_only(
    app: Flask, original: OriginalFile, adopt_file: Adopt, client: Client, anna: Account
) -> None:
    client.put(f"/api/movies/{HEAT}/status", json={"status": "watched"})
    before = client.get("/api/sync").json["cursor"]
    original.run(f"UPDATE users SET email = 'dora@example.com', username = 'dora' WHERE id = '{ANNAS_ID}'")
    original.add_account("ben", BENS_ID)
    original.add_title(MATRIX)
    original.add_title(HEAT, BENS_ID)
    adopt_file(original)
    with app.app_context():
        dora, ben = (client_of(app, get_account(each)) for each in (ANNAS_ID, BENS_ID))
    assert [each["imdb_id"] for each in dora.get("/api/movies").json] == [MATRIX]
    assert [each["imdb_id"] for each in ben.get("/api/movies").json] == [HEAT]
    assert client.get("/api/sync").json["cursor"] == before


def test_a_name_that_another_account_has_is_refused_and_named(
    app: Flask, original: OriginalFile, adopt_file: Adopt, anna: Account
) -> None:
    original.add_account("ben", BENS_ID)
    with pytest.raises(AdoptionRefused, match=r"anna@example\.com: .*--skip.*--only and --user\."):
        adopt_file(original)
    with app.app_context():
        assert list_accounts() == [anna]
    assert [each.email for each in adopt_file(original, skip=["anna@example.com"]).accounts] == ["ben@example.com"]


def test_a_username_that_another_account_has_is_refused_and_named(
    original: OriginalFile, adopt_file: Adopt, anna: Account
) -> None:
    original.run("UPDATE users SET email = 'other@example.com'")
    with pytest.raises(AdoptionRefused, match=r"other@example\.com: another account has its username, anna\."):
        adopt_file(original)


def test_all_accounts_that_cannot_be_adopted_are_named_at_once(
    original: OriginalFile, adopt_file: Adopt, anna: Account, ben: Account
) -> None:
    original.add_account("ben", BENS_ID)
    with pytest.raises(AdoptionRefused, match=r"(?s)anna@example\.com.*ben@example\.com"):
        adopt_file(original)


def test_addresses_of_the_file_that_differ_in_case_only_are_refused(original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_account("ben", BENS_ID, email="ANNA@example.com")
    choice = rf"2 accounts of the file have the address anna@example\.com; .*--skip {ANNAS_ID} or --skip {BENS_ID}\."
    with pytest.raises(AdoptionRefused, match=choice):
        adopt_file(original)
    assert [each.id for each in adopt_file(original, skip=[BENS_ID]).accounts] == [ANNAS_ID]


def test_an_id_that_somebody_else_has_here_is_refused(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    adopt_file(original)
    with app.app_context():
        change_account(ANNAS_ID, {"email": "zoe@example.com", "username": "zoe"})
    with pytest.raises(AdoptionRefused, match=r"anna@example\.com has the id of another account here, zoe@example"):
        adopt_file(original)


def test_an_account_without_an_address_can_only_be_left_out(original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_account("ben", BENS_ID, email=None, username=None)
    with pytest.raises(AdoptionRefused, match=BENS_ID):
        adopt_file(original)
    assert len(adopt_file(original, skip=[BENS_ID]).accounts) == 1


def test_an_account_without_an_id_is_left_out_with_its_rows(
    app: Flask, original: OriginalFile, adopt_file: Adopt
) -> None:
    original.add_account("ben", BENS_ID)
    original.run(f"UPDATE users SET id = NULL WHERE id = '{BENS_ID}'")
    original.add_title(MATRIX)
    original.add("movies", imdb_id=HEAT)
    report = adopt_file(original)
    assert [(each.account, each.table, each.key) for each in report.findings] == [
        ("ben@example.com", "users", "no key"),
        ("", "movies", "no user_id"),
    ]
    (account,) = report.accounts
    assert (account.email, account.added["movies"]) == ("anna@example.com", 1)


@pytest.mark.each_database
def test_a_library_that_cannot_be_stored_keeps_all_others_out(make_app: MakeApp, original: OriginalFile) -> None:
    app = make_app(QUOTA_TITLES=1)
    original.add_account("ben", BENS_ID, created_at=LONG_AGO + 1)
    original.add_title(MATRIX)
    original.add_title(MATRIX, BENS_ID)
    original.add_title(HEAT, BENS_ID)
    with app.app_context():
        with pytest.raises(QuotaExceeded):
            adopt(original.path)
        assert list_accounts() == []


def test_only_and_skip_must_name_accounts_of_the_file(original: OriginalFile, adopt_file: Adopt) -> None:
    for choice in ({"only": ["zoe"]}, {"skip": ["zoe"]}):
        with pytest.raises(AdoptionRefused, match="There is no account zoe in the file"):
            adopt_file(original, **choice)
    with pytest.raises(AdoptionRefused, match="No account of the file is left"):
        adopt_file(original, skip=["anna"])


def test_what_changed_there_after_a_first_adoption_comes_with_the_next(
    app: Flask, original: OriginalFile, adopt_file: Adopt
) -> None:
    original.add_title(MATRIX)
    adopt_file(original)
    original.run("UPDATE movies SET last_modified = 9e9; UPDATE movie_status SET status = 'watched'")
    (again,) = adopt_file(original).accounts
    assert again.changed["movies"] == 1


def test_what_is_newer_here_stays_and_is_counted(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_title(MATRIX)
    adopt_file(original)
    with app.app_context():
        client = client_of(app, get_account(ANNAS_ID))
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
    (again,) = adopt_file(original).accounts
    counts = {each.table: (each.stored, each.newer_here) for each in again.tables}
    assert (counts["movies"], counts["movie_status"]) == ((1, 0), (0, 1))
    assert client.get(f"/api/movies/{MATRIX}").json["status"] == "deleted"


def test_a_trial_reports_the_same_and_changes_nothing(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_title(MATRIX)
    trial = adopt_file(original, dry_run=True)
    with app.app_context():
        assert list_accounts() == []
    report = adopt_file(original)
    assert (trial.accounts, trial.findings) == (report.accounts, report.findings)


def test_changes_are_announced_after_the_commit_and_not_by_a_trial(
    app: Flask, original: OriginalFile, adopt_file: Adopt
) -> None:
    original.add_account("ben", BENS_ID, created_at=LONG_AGO + 1)
    original.add_title(MATRIX)
    heard = []

    def hear(_: Flask, event: LibraryChanged) -> None:
        heard.append((event.user_id, event.stubs, len(list_accounts())))

    with library_changed.connected_to(hear, sender=app):
        adopt_file(original, dry_run=True)
        assert heard == []
        adopt_file(original)
    assert heard == [(ANNAS_ID, (MATRIX,), 2), (BENS_ID, (), 2)]


def test_devices_that_sync_get_what_was_adopted(app: Flask, original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_title(MATRIX)
    adopt_file(original)
    with app.app_context():
        device = client_of(app, get_account(ANNAS_ID))
    cursor = device.get("/api/sync/changes").json["cursor"]
    original.add_title(HEAT, last_modified=9e9)
    adopt_file(original)
    pulled = device.get(f"/api/sync/changes?cursor={cursor}").json
    assert [each["imdb_id"] for each in pulled["movies"]] == [HEAT]


def test_a_file_without_accounts_needs_one_here(tmp_path: object, original: OriginalFile, adopt_file: Adopt) -> None:
    original.run("DELETE FROM users")
    with pytest.raises(AdoptionRefused, match="--user"):
        adopt_file(original)


def test_an_account_of_the_file_can_go_into_one_that_is_here(
    app: Flask, original: OriginalFile, adopt_file: Adopt, anna: Account, client: Client
) -> None:
    client.put(f"/api/movies/{HEAT}/status", json={"status": "watched"})
    original.add_account("ben", BENS_ID)
    original.add_title(MATRIX)
    original.add_title(HEAT)
    first, again = (adopt_file(original, into=anna, only=["anna"]).accounts[0] for _ in range(2))
    assert (first.id, first.state, first.added["movies"], first.changed["movies"]) == (anna.id, "existing", 1, 0)
    assert (again.state, sum(again.added.values()), sum(again.changed.values())) == ("existing", 0, 0)
    assert {each["imdb_id"]: each["status"] for each in client.get("/api/movies").json} == {
        MATRIX: "toWatch",
        HEAT: "watched",
    }
    with app.app_context():
        assert list_accounts() == [anna]


def test_several_accounts_of_a_file_do_not_go_into_one(original: OriginalFile, adopt_file: Adopt, ben: Account) -> None:
    original.add_account("ben", BENS_ID)
    with pytest.raises(AdoptionRefused, match=r"choose the one for --user with --only: anna@.*, ben@"):
        adopt_file(original, into=ben)
