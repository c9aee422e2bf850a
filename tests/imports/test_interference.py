"""What else happens while a job is worked on: other processes, other requests, accounts that go."""

import io
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from support.imports import Row, bring_in, exported, preview, tools, upload, work
from support.library import imdb_ids
from support.wall_clock import WallClock

from movietracker.errors import ImportNotReady, UserNotFound
from movietracker.imports import applying, jobs, resolving, running, uploaded
from movietracker.imports.applying import apply_titles
from movietracker.imports.jobs import Job, JobChanged
from movietracker.imports.resolving import Decision, resolve
from movietracker.imports.rows import page_of_rows
from movietracker.imports.running import run_due, work_on
from movietracker.services import accounts
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_changed
from movietracker.state import state

SEEN: Row = {"row_id": "1", "imdb_id": "tt0000001", "is_viewing": True}


def many(count: int) -> list[Row]:
    return [{"row_id": each, "imdb_id": each, "is_viewing": True} for each in imdb_ids(count)]


def once() -> Any:
    turns = iter([True])
    return lambda _: next(turns, False)


@pytest.mark.each_database
def test_a_process_that_was_overtaken_moves_no_job_back(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 2)
    job = apply_titles(jobs.confirm(anna.id, preview(anna, *many(6)).id), once())
    ahead = apply_titles(job, once())
    with pytest.raises(JobChanged):
        apply_titles(job, once())
    assert jobs.get_job(anna.id, job.id) == ahead
    assert len(exported(anna)["movies"]) == ahead.done == 4


@pytest.mark.each_database
@pytest.mark.parametrize("act", [jobs.cancel, jobs.confirm, jobs.delete_job])
def test_decisions_about_a_job_that_changes_meanwhile_are_refused(
    anna: Account, monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    job = preview(anna, {"title": "Casablanca"})
    decide = resolving._chosen

    def chosen(*arguments: Any) -> str | None:
        act(anna.id, job.id)
        return decide(*arguments)

    monkeypatch.setattr(resolving, "_chosen", chosen)
    with pytest.raises(ImportNotReady):
        resolve(job, [Decision(0, candidate=0)], state().lookup.chain, {})


def test_of_two_decisions_at_a_time_none_is_lost(anna: Account) -> None:
    job = preview(anna, {"title": "Casablanca"}, {"title": "Metropolis"})
    chain = state().lookup.chain
    resolve(job, [Decision(0)], chain, {"people": {"Nelly": None}})
    with pytest.raises(ImportNotReady):
        resolve(job, [Decision(1)], chain, {})
    now = jobs.get_job(anna.id, job.id)
    assert (now.choices, [row.state for row in page_of_rows(now, (), -1, 9)]) == (
        {"people": {"Nelly": None}},
        ["left_out", "ambiguous"],
    )


def test_a_job_that_is_confirmed_twice_is_applied_once(anna: Account) -> None:
    job = preview(anna, SEEN)
    jobs.confirm(anna.id, job.id)
    with pytest.raises(ImportNotReady):
        jobs.confirm(anna.id, job.id)


def test_a_job_that_is_taken_back_twice_is_taken_back_once(anna: Account) -> None:
    job = bring_in(anna, SEEN)
    jobs.undo(anna.id, job.id)
    with pytest.raises(ImportNotReady):
        jobs.undo(anna.id, job.id)


def test_files_of_accounts_that_are_gone_are_removed(app: Flask, anna: Account, ben: Account) -> None:
    for user in (anna, ben):
        upload(user, [SEEN])
    accounts.delete_account(anna.id)
    jobs.remove_left_over()
    assert [path.name for path in Path(app.instance_path, "imports").iterdir()] == [ben.id]


def test_files_that_a_killed_process_left_are_removed_after_a_while(
    app: Flask, anna: Account, wall_clock: WallClock
) -> None:
    waiting = upload(anna, [SEEN])
    uploaded.store(anna.id, "killed before it had a job", [("a.csv", io.BytesIO(b"x"))])
    half = Path(app.instance_path, "imports", anna.id, "killed while it wrote", "0", ".a.csv.0123abcd.part")
    half.parent.mkdir(parents=True)
    half.touch()

    def left() -> list[str]:
        jobs.remove_left_over()
        return sorted(path.name for path in Path(app.instance_path, "imports", anna.id).iterdir())

    assert len(left()) == 3
    wall_clock.time = half.stat().st_mtime + jobs.UPLOAD_SECONDS + 60
    assert left() == [waiting.id]
    assert isinstance(jobs.get_job(anna.id, waiting.id), Job)


def test_an_upload_without_a_job_leaves_no_files(app: Flask, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "create_job", fail)
    assert client.post("/api/import", data=b"x", content_type="application/octet-stream").status_code == 503
    assert list(Path(app.instance_path).glob("imports/*/*")) == []


@pytest.mark.each_database
@pytest.mark.parametrize("state", ["reading", "matching", "applying", "undoing"])
def test_a_job_ends_with_its_account(anna: Account, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 2)
    job = bring_in(anna, *many(5)) if state == "undoing" else upload(anna, many(5))
    if state == "applying":
        work(job)
    job = {"applying": jobs.confirm, "undoing": jobs.undo}.get(state, jobs.get_job)(anna.id, job.id)

    def goes_on(now: Job) -> bool:
        if now.state == state:
            with suppress(UserNotFound):
                accounts.delete_account(anna.id)
        return True

    assert work_on(job, tools(), goes_on)
    assert jobs.due_jobs() == []


def test_a_user_with_much_to_do_does_not_hold_up_another(
    app: Flask, anna: Account, ben: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "TITLES_AT_ONCE", 1)
    monkeypatch.setattr(running, "TURN_SECONDS", 0.001)
    for user, count in ((anna, 40), (ben, 2)):
        jobs.confirm(user.id, preview(user, *many(count)).id)
    heard: list[str] = []

    def hear(_: Flask, event: Any) -> None:
        heard.append(event.user_id)

    with library_changed.connected_to(hear, app):
        run_due(tools(), threading.Event())
    assert heard.count(anna.id) == 40
    assert heard.count(ben.id) == 2
    assert heard[-1] == anna.id


def test_a_job_whose_files_are_elsewhere_holds_up_no_other(anna: Account) -> None:
    lost, other = upload(anna, [SEEN]), upload(anna, [SEEN])
    uploaded.remove(anna.id, lost.id)
    run_due(tools(), threading.Event())
    assert [jobs.get_job(anna.id, job.id).state for job in (lost, other)] == ["reading", "ready"]


def test_a_job_whose_rows_cannot_be_stored_fails_and_holds_up_no_other(
    anna: Account, ben: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [preview(user, SEEN) for user in (anna, ben)]
    for job in made:
        jobs.confirm(job.user_id, job.id)
    apply = running._STEPS["applying"]

    def fail_for_anna(job: Job, *more: Any) -> Job:
        if job.user_id == anna.id:
            raise IntegrityError("", None, Exception())
        return apply(job, *more)

    monkeypatch.setitem(running._STEPS, "applying", fail_for_anna)
    run_due(tools(), threading.Event())
    assert [jobs.get_job(job.user_id, job.id).state for job in made] == ["failed", "done"]
