"""Running an import on a terminal: preview, questions, progress, report."""

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from .. import clock
from ..errors import Problem
from ..imports import choices, jobs, uploaded
from ..imports.jobs import AT_WORK, Job
from ..imports.resolving import Decision, resolve
from ..imports.rows import ShownRow, page_of_rows
from ..imports.running import Tools, work_on
from ..imports.shown import job_json
from ..models.movie import MAX_TAG_LENGTH
from ..services.accounts import Account
from ..state import state
from .plain import echo, echo_json, printable
from .progress import progress
from .tables import show_table

LONGEST_WAIT = 60.0
"""For how many seconds the command waits for a provider that asks to be left alone; the server goes on later."""

MAX_ASKED = 500
ROWS_AT_ONCE = 500
MAX_SHOWN = 100
LISTS = ("list", "tag", "skip")
"""What the lists of a file become."""

SECONDS_BETWEEN_LOOKS = 0.2
_COUNTS = [("", False), ("", True)]
_LEFT_OUT = [("Left out", False), ("Where", False), ("Why", False)]
_WHY = {
    "ambiguous": "not certain which title is meant",
    "not_found": "not found",
    "needs_review": "not certain what is meant",
}
_KEEP, _DROP = "keep", "drop"
_DOING = {"applying": "Importing", "undoing": "Taking back"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered by options: ``yes`` asks nothing; ``people`` takes all then, ``lists`` is one of LISTS."""

    yes: bool
    people: bool
    lists: str
    ratings: str


def import_files(account: Account, files: Sequence[Path], format_name: str, answers: Answers, *, as_json: bool) -> None:
    """Preview the files, ask, and bring them in; ends with exit code 1 if that is not finished."""
    job_id = str(uuid.uuid4())
    with ExitStack() as opened:
        uploaded.store(account.id, job_id, [(path.name, opened.enter_context(path.open("rb"))) for path in files])
    go_on(jobs.create_job(account.id, job_id, format_name), answers, as_json=as_json)


def go_on(job: Job, answers: Answers, *, as_json: bool) -> None:
    """Bring a job to its end from where it is; ends with exit code 1 if that cannot be done now."""
    job = work_on_terminal(job)
    if job.state == "ready":
        try:
            job = _decide(job, answers, as_json=as_json)
        except click.Abort:
            jobs.cancel(job.user_id, job.id)
            echo("Nothing was imported.", err=True)
            raise
        except Problem:
            echo(f"Nothing was imported yet. {_how_to_go_on(job)}", err=True)
            raise
        job = work_on_terminal(jobs.confirm(job.user_id, job.id))
    show_report(job, as_json=as_json)


def work_on_terminal(job: Job) -> Job:
    """Work on a job, or watch another process do it, until it rests; exit code 1 when the user interrupts that."""
    try:
        with progress(_DOING.get(job.state, "Reading and matching"), "rows or titles") as show:
            return _work(job, lambda now: show(now.done, now.total or None))
    except KeyboardInterrupt:
        echo(f"Interrupted. {_how_to_go_on(job)}", err=True)
        click.get_current_context().exit(1)


def _work(job: Job, show: Callable[[Job], None]) -> Job:
    tools = Tools(state().importers, state().lookup.chain)

    def goes_on(now: Job) -> bool:
        show(now)
        return True

    told = None
    while job.state in AT_WORK or (job.state == "paused" and _wait_of(job) < LONGEST_WAIT):
        if _wait_of(job) > 0 and job.resume_at != told:
            told = job.resume_at
            echo(f"{job.error} Going on at {_clock_time(job)} (UTC).", err=True)
        if _wait_of(job) > 0 or not work_on(job, tools, goes_on):
            time.sleep(SECONDS_BETWEEN_LOOKS)
        job = jobs.get_job(job.user_id, job.id)
        show(job)
    return job


def _wait_of(job: Job) -> float:
    """For how many seconds a job is still paused."""
    return (job.resume_at or 0.0) - clock.now()


def _clock_time(job: Job) -> str:
    return datetime.fromtimestamp(job.resume_at or 0.0, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _how_to_go_on(job: Job) -> str:
    command = f"movietracker import resume {job.id} --user {job.user_id}"
    return f"A running server goes on by itself, as far as it needs no answers; without one: {command}"


def show_report(job: Job, *, as_json: bool) -> None:
    """Print what became of a job; exit code 1 if it is not what was asked for."""
    is_good = job.state in ("done", "undone")
    if as_json:
        echo_json(job_json(job))
    else:
        if job.report:
            show_table("Report", _COUNTS, [(name.replace("_", " "), str(count)) for name, count in job.report.items()])
        if job.error:
            echo(job.error, err=True)
        if job.state == "paused":
            echo(f"It is paused until {_clock_time(job)} (UTC). {_how_to_go_on(job)}", err=True)
        if job.state == "done":
            _show_left_out(job)
            echo(f"To take it back: movietracker import undo {job.id} --user {job.user_id}")
    if not is_good:
        click.get_current_context().exit(1)


def _show_left_out(job: Job) -> None:
    rows = page_of_rows(job, tuple(_WHY), -1, MAX_SHOWN + 1)
    if rows:
        shown = rows[:MAX_SHOWN]
        show_table("", _LEFT_OUT, [(_called(row), row.place, _WHY[row.state]) for row in shown])
    if len(rows) > MAX_SHOWN:
        echo("There are more; the page at / lists all of them.")


def _called(row: ShownRow) -> str:
    return f"{row.said.get('title') or row.said.get('imdb_id') or '-'} ({row.said.get('year') or 'no year'})"


def _decide(job: Job, answers: Answers, *, as_json: bool) -> Job:
    """The job with the user's choices. Raises Abort if it is not to be imported."""
    names = [each["name"] for each in job.people]
    become = answers.lists
    if answers.yes:
        people: dict[str, str | None] = {name: name if answers.people else None for name in names}
    else:
        _show_preview(job)
        job = _ask_titles(_ask_doubts(job))
        people = {each["name"]: _ask_person(each) for each in job.people}
        if job.lists:
            question = f"What {len(job.lists)} lists of the file become (of several, a title is on one custom list)"
            become = click.prompt(question, type=click.Choice(LISTS), default=become, err=as_json)
        click.confirm(f"Import {job.counts['new'] + job.counts['known']} titles?", abort=True, err=as_json)
    found = [each["name"] for each in job.lists]
    lists = {name: name for name in found if become == "list"}
    tags = {name: name[:MAX_TAG_LENGTH] for name in found if become == "tag"}
    decided = choices.decided(job, people=people, lists=lists, list_tags=tags, ratings=answers.ratings)
    return resolve(job, (), state().lookup.chain, decided)


def _show_preview(job: Job) -> None:
    rows = [(name.replace("_", " "), str(count)) for name, count in job.counts.items() if count]
    show_table(f"{job.label}: what was found", _COUNTS, rows)


def _ask_person(found: dict[str, Any]) -> str | None:
    """The name of the person that a found one becomes; None to leave them out."""
    written = ", ".join(found["written_as"][:3])
    alike = f"; perhaps also {', '.join(found['alike'])}" if found["alike"] else ""
    question = f"{found['name']} ({found['titles']} titles, written {written}{alike}): keep, drop, or another name"
    answer: str = click.prompt(printable(question).replace("\n", " "), default=_KEEP, err=True)
    return found["name"] if answer == _KEEP else None if answer == _DROP else answer


def _ask_doubts(job: Job) -> Job:
    """Ask for each reason for which rows are to be looked at whether they come in; else they are left out."""
    doubtful: dict[str, list[ShownRow]] = {}
    after = -1
    while page := page_of_rows(job, ("needs_review",), after, ROWS_AT_ONCE):
        for row in page:
            doubtful.setdefault(str(row.said["needs_review"]), []).append(row._replace(said={}))
        after = page[-1].number
    for reason, rows in doubtful.items():
        if click.confirm(printable(f"{len(rows)} rows to be looked at: {reason}. Bring them in?"), err=True):
            job = _bring_in(job, rows)
    return job


def _bring_in(job: Job, rows: Sequence[ShownRow]) -> Job:
    """Accept rows as what they were matched to; for the others it is asked what they mean."""
    matched = [Decision(row.number, row.imdb_id) for row in rows if row.imdb_id]
    for start in range(0, len(matched), ROWS_AT_ONCE):
        job = resolve(job, matched[start : start + ROWS_AT_ONCE], state().lookup.chain, job.choices)
    for number in [row.number for row in rows if row.candidates and not row.imdb_id][:MAX_ASKED]:
        (row,) = page_of_rows(job, (), number - 1, 1)  # an answer counts for all rows of a title
        decision = Decision(number, row.imdb_id) if row.imdb_id else Decision(number, candidate=_ask_title(row))
        job = resolve(job, [decision], state().lookup.chain, job.choices)
    return job


def _ask_titles(job: Job) -> Job:
    """Ask for each title that is not certain which one is meant; what is not answered is left out."""
    after = -1
    for _ in range(MAX_ASKED):
        page = page_of_rows(job, ("ambiguous",), after, 1)
        if not page:
            break
        row = page[0]
        after = row.number
        job = resolve(job, [Decision(row.number, candidate=_ask_title(row))], state().lookup.chain, job.choices)
    return job


def _ask_title(row: ShownRow) -> int | None:
    echo(f"{_called(row)}, {row.place}:", err=True)
    for number, each in enumerate(row.candidates, 1):
        echo(f"  {number}: {each['title']} ({each['year'] or 'no year'}, {each['kind']})", err=True)
    kind = click.IntRange(0, len(row.candidates))
    answer: int = click.prompt("Which one (0 for none)", default=0, type=kind, err=True)
    return answer - 1 if answer else None
