"""Imports as jobs: their states, their limits, and how they go on after an interruption."""

import io
import os
import signal
import threading
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from support.imports import LinesImporter, Row, bring_in, exported, preview, take_back, tools, upload, work
from support.library import imdb_ids
from support.waiting import wait_until

from movietracker import clock
from movietracker.errors import ImportNotFound, ImportNotReady, QuotaExceeded, TooManyImports, UploadRefused
from movietracker.extensions import db
from movietracker.imports import applying, jobs, running, uploaded
from movietracker.imports import preview as reading
from movietracker.imports.jobs import Job
from movietracker.imports.running import Tools, run_due, work_on
from movietracker.plugin.importers import ImportRow
from movietracker.services.accounts import Account
from movietracker.services.leases import acquire
from movietracker.services.transactions import library_changed
from movietracker.uploads.upload import BrokenRow, Upload

SEEN: Row = {"row_id": "1", "imdb_id": "tt0000001", "is_viewing": True}


def state_of(job: Job) -> str:
    return jobs.get_job(job.user_id, job.id).state


def many(count: int) -> list[Row]:
    return [{"row_id": each, "imdb_id": each, "is_viewing": True} for each in imdb_ids(count)]


def test_a_job_goes_from_state_to_state(anna: Account) -> None:
    job = upload(anna, [SEEN])
    states = [job.state]
    while work_on(job, tools(), lambda now: now.state == states[-1]):
        states.append(state_of(job))
    states.append(jobs.confirm(anna.id, job.id).state)
    states.append(work(job).state)
    states.append(take_back(job).state)
    assert states == ["reading", "matching", "ready", "applying", "done", "undone"]


def test_the_files_are_kept_with_narrow_rights_and_removed_once_they_are_read(anna: Account) -> None:
    job = upload(anna, [SEEN])
    (path,) = uploaded.paths(anna.id, job.id)
    assert path.stat().st_mode & 0o777 == 0o600
    work(job)
    assert uploaded.paths(anna.id, job.id) == []


@pytest.mark.parametrize("name", ["../../app.db", "/etc/passwd", "..", "a\0b", "x" * 999, "\ud800", "C:\\temp\\a.csv"])
def test_no_name_of_a_file_leads_out_of_the_folder(app: Flask, anna: Account, name: str) -> None:
    job_id = str(uuid.uuid4())
    uploaded.store(anna.id, job_id, [(name, io.BytesIO(b"x"))])
    (path,) = uploaded.paths(anna.id, job_id)
    assert path.parent.parent.name == job_id
    assert path.read_bytes() == b"x"


def test_a_file_that_is_too_large_leaves_nothing(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded, "MAX_FILE_BYTES", 10)
    with pytest.raises(UploadRefused):
        uploaded.store(anna.id, "job", [("a.csv", io.BytesIO(bytes(10))), ("b.csv", io.BytesIO(bytes(11)))])
    assert uploaded.paths(anna.id, "job") == []


def test_a_file_with_too_many_rows_fails(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    job = preview(anna, *many(3))
    assert (job.state, job.error) == ("failed", "An import has at most 2 rows.")
    assert (job.error_code, job.error_values) == ("too_many_rows", {"most": 2})


def test_a_failure_without_a_phrase_has_the_code_of_its_problem(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise QuotaExceeded

    monkeypatch.setitem(running._STEPS, "reading", fail)  # type: ignore[misc]
    job = work(upload(anna, [SEEN]))
    assert (job.error, job.error_code, job.error_values) == (QuotaExceeded.sentence, "quota_exceeded", {})


def test_a_file_of_no_known_format_fails_with_a_sentence(anna: Account) -> None:
    job = work(upload(anna, [SEEN], "no such format"))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.startswith("There is no importer named no such format.")


def test_a_job_goes_on_where_it_was_when_its_process_was_killed(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 3)
    job = jobs.confirm(anna.id, preview(anna, *many(10)).id)
    work_on(job, tools(), lambda now: now.done < 6)
    halfway = jobs.get_job(anna.id, job.id)
    assert (halfway.state, 0 < halfway.done < 10) == ("applying", True)
    assert len(exported(anna)["movies"]) == halfway.done
    done = work(job)
    assert (done.state, done.done, done.report["titles_added"], done.report["viewings"]) == ("done", 10, 10, 10)


def test_reading_starts_over_after_an_interruption(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 2)
    job = upload(anna, many(5))
    with monkeypatch.context() as patch:
        patch.setattr(reading.Census, "add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work(job)
    assert work(job).counts["new"] == 5


def read_until_killed(job: Job) -> None:
    """Read the files of a job in a process that is killed over them."""

    class DeadlyImporter(LinesImporter):
        def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
            os.kill(os.getpid(), signal.SIGKILL)
            return super().rows(upload)

    now = jobs.get_job(job.user_id, job.id)
    db.engine.dispose()  # processes must not share connections
    if (pid := os.fork()) == 0:
        try:
            reading.read_files(now, [DeadlyImporter()], lambda _: True)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL


def test_files_that_kill_each_process_that_reads_them_fail_the_job(anna: Account) -> None:
    job = upload(anna, [SEEN])
    for _ in range(reading.MAX_READINGS):
        read_until_killed(job)
    job = work(job)
    assert (job.state, job.error_code) == ("failed", "reading_killed")
    assert job.error_values == {"times": reading.MAX_READINGS}
    assert uploaded.paths(anna.id, job.id) == []


def test_killed_readings_do_not_count_once_one_has_stopped(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 1)
    job = upload(anna, many(3))
    for _ in range(reading.MAX_READINGS - 1):
        read_until_killed(job)
    work_on(job, tools(), lambda now: not now.done)
    for _ in range(reading.MAX_READINGS - 1):
        read_until_killed(job)
    assert work(job).state == "ready"


def test_a_cancelled_job_stops_and_can_be_undone(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 2)
    before = exported(anna)["movies"]
    job = jobs.confirm(anna.id, preview(anna, *many(6)).id)

    def cancel_soon(now: Job) -> bool:
        if now.done == 2:
            jobs.cancel(anna.id, now.id)
        return True

    work_on(job, tools(), cancel_soon)
    assert state_of(job) == "cancelled"
    assert len(exported(anna)["movies"]) == 2
    assert take_back(job).state == "undone"
    assert exported(anna)["movies"] == before


def test_a_cancelled_job_can_be_confirmed_to_go_on(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 2)
    job = jobs.confirm(anna.id, preview(anna, *many(6)).id)
    work_on(job, tools(), lambda now: now.done < 2)
    jobs.cancel(anna.id, job.id)
    assert work(jobs.confirm(anna.id, job.id)).report["titles_added"] == 6


def test_two_jobs_of_a_user_are_in_a_queue_and_users_take_turns(anna: Account, ben: Account) -> None:
    first, second, bens = upload(anna, [SEEN]), upload(anna, [SEEN]), upload(ben, [SEEN])
    assert [each.id for each in jobs.due_jobs()] == [first.id, bens.id]
    work(first)
    assert [each.id for each in jobs.due_jobs()] == [second.id, bens.id]


def test_a_job_is_left_alone_while_another_process_works_for_that_user(anna: Account) -> None:
    job = upload(anna, [SEEN])
    other = acquire(f"import-{anna.id}", running.LEASE_SECONDS)
    assert other is not None
    assert not work_on(job, tools(), lambda _: True)
    other.release()
    assert work(job).state == "ready"


def test_the_background_works_on_all_that_is_due(anna: Account, ben: Account) -> None:
    made = [upload(anna, [SEEN]), upload(anna, [SEEN]), upload(ben, [SEEN])]
    run_due(tools(), threading.Event())
    assert [state_of(job) for job in made] == ["ready"] * 3


def test_other_users_are_not_held_up_while_files_are_read(anna: Account, ben: Account) -> None:
    large, small = upload(anna, [SEEN], "patient"), upload(ben, [SEEN])

    class PatientImporter(LinesImporter):
        name = "patient"

        def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
            wait_until(lambda: state_of(small) == "ready")
            yield from super().rows(upload)

    run_due(Tools([PatientImporter(), *tools().importers], tools().chain), threading.Event())
    assert [state_of(large), state_of(small)] == ["ready", "ready"]


def test_the_background_does_not_wait_for_files_that_are_elsewhere(anna: Account) -> None:
    job = upload(anna, [SEEN])
    uploaded.remove(anna.id, job.id)
    run_due(tools(), threading.Event())
    assert state_of(job) == "reading"


def test_files_that_are_lost_fail_the_job(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    job = upload(anna, [SEEN])
    uploaded.remove(anna.id, job.id)
    later = clock.now() + reading.WAIT_FOR_FILES + 1
    monkeypatch.setattr(clock, "now", lambda: later)
    assert work(job).state == "failed"


def test_what_an_importer_raises_fails_its_job_only(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(running._STEPS, "reading", lambda *_: 1 / 0)  # type: ignore[misc]
    job = work(upload(anna, [SEEN]))
    assert (job.state, job.error) == ("failed", "The import failed (ZeroDivisionError); the server's log says more.")


@pytest.mark.parametrize("act", [jobs.confirm, jobs.undo, jobs.delete_job])
def test_what_does_not_fit_the_state_is_refused(anna: Account, act: object) -> None:
    job = upload(anna, [SEEN])
    with pytest.raises(ImportNotReady):
        act(anna.id, job.id)  # type: ignore[operator]


@pytest.mark.parametrize("act", [jobs.get_job, jobs.confirm, jobs.cancel, jobs.undo, jobs.delete_job])
def test_a_job_of_another_user_is_not_there(anna: Account, ben: Account, act: object) -> None:
    job = preview(anna, SEEN)
    with pytest.raises(ImportNotFound):
        act(ben.id, job.id)  # type: ignore[operator]
    assert state_of(job) == "ready"


def test_a_user_has_so_many_unfinished_jobs_at_most(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_UNFINISHED", 1)
    upload(anna, [SEEN])
    with pytest.raises(TooManyImports):
        upload(anna, [SEEN])


def test_the_oldest_jobs_lose_their_rows_and_then_go(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_WITH_ROWS", 1)
    monkeypatch.setattr(jobs, "MAX_JOBS", 2)
    made = [bring_in(anna, {**SEEN, "row_id": str(number)}) for number in range(3)]
    upload(anna, [SEEN])
    assert [job.state for job in jobs.list_jobs(anna.id)] == ["reading", "done", "done"]
    assert [reading.count_rows(job) for job in made] == [{}, {}, {"known": 1}]
    assert take_back(made[1]).state == "undone"


def test_other_devices_hear_of_an_import(app: Flask, anna: Account) -> None:
    heard: list[str] = []

    def hear(_: Flask, event: object) -> None:
        heard.extend(change.key for change in event.changes)  # type: ignore[attr-defined]

    with library_changed.connected_to(hear, app):
        bring_in(anna, *many(3))
    assert sorted(heard) == imdb_ids(3)
