"""Running an import on a terminal: preview, questions, progress, report."""

import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from ..services.accounts import Account
from ..services.transactions import write_connection
from ..state import state
from .plain import echo, echo_json, printable
from .progress import progress
from .tables import show_table

LONGEST_WAIT = 60.0
"""For how many seconds the command waits for a provider that asks to be left alone; the server goes on later."""

MAX_ASKED = 500
SECONDS_BETWEEN_LOOKS = 0.2
_COUNTS = [("", False), ("", True)]
_KEEP, _DROP = "keep", "drop"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered by options: ``yes`` asks nothing, ``people`` takes all of them then."""

    yes: bool
    people: bool
    ratings: str


def import_files(account: Account, files: Sequence[Path], format_name: str, answers: Answers, *, as_json: bool) -> None:
    """Preview the files, ask, and bring them in; ends with exit code 1 if that is not finished."""
    job_id = str(uuid.uuid4())
    with ExitStack() as opened:
        uploaded.store(account.id, job_id, [(path.name, opened.enter_context(path.open("rb"))) for path in files])
    job = work_on_terminal(jobs.create_job(account.id, job_id, format_name), "Reading and matching")
    if job.state == "ready":
        try:
            job = _decide(job, answers, as_json=as_json)
        except (click.Abort, Problem):
            jobs.cancel(account.id, job_id)
            echo("Nothing was imported.", err=True)
            raise
        job = work_on_terminal(jobs.confirm(account.id, job_id), "Importing")
    show_report(job, as_json=as_json)


def work_on_terminal(job: Job, doing: str) -> Job:
    """Work on a job, or watch another process do it, until it rests."""
    tools = Tools(state().importers, state().lookup.chain)
    with progress(doing, "rows or titles") as show:

        def goes_on(now: Job) -> bool:
            show(now.done, now.total or None)
            return True

        while job.state in AT_WORK or (job.state == "paused" and (job.resume_at or 0) < clock.now() + LONGEST_WAIT):
            if not work_on(job, tools, goes_on):
                time.sleep(SECONDS_BETWEEN_LOOKS)
            job = jobs.get_job(job.user_id, job.id)
            goes_on(job)
    return job


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
            echo("The server goes on with it later; see: movietracker import list", err=True)
        if job.state == "done":
            echo(f"To take it back: movietracker import undo {job.id} --user {job.user_id}")
    if not is_good:
        click.get_current_context().exit(1)


def _decide(job: Job, answers: Answers, *, as_json: bool) -> Job:
    """The job with the user's choices. Raises Abort if it is not to be imported."""
    names = [each["name"] for each in job.people]
    lists = {each["name"]: each["name"] for each in job.lists}
    if answers.yes:
        people: dict[str, str | None] = {name: name if answers.people else None for name in names}
    else:
        _show_preview(job)
        job = _ask_titles(job)
        people = {each["name"]: _ask_person(each) for each in job.people}
        if lists and not click.confirm(f"Make {len(lists)} lists of the file custom lists?", default=True, err=as_json):
            lists = {}
        click.confirm(f"Import {job.counts['new'] + job.counts['known']} titles?", abort=True, err=as_json)
    decided = choices.decided(job, people=people, lists=lists, ratings=answers.ratings)
    with write_connection(job.user_id) as connection:
        return jobs.change_job(connection, job, choices=decided)


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


def _ask_titles(job: Job) -> Job:
    """Ask for each title that is not certain which one is meant; what is not answered is left out."""
    after = -1
    for _ in range(MAX_ASKED):
        page = page_of_rows(job, ("ambiguous",), after, 1)
        if not page:
            break
        row = page[0]
        after = row.number
        job = resolve(job, [Decision(row.number, candidate=_ask_title(row))], state().lookup.chain)
    return job


def _ask_title(row: ShownRow) -> int | None:
    echo(f"{row.said.get('title')} ({row.said.get('year') or 'no year'}), {row.place}:", err=True)
    for number, each in enumerate(row.candidates, 1):
        echo(f"  {number}: {each['title']} ({each['year'] or 'no year'}, {each['kind']})", err=True)
    kind = click.IntRange(0, len(row.candidates))
    answer: int = click.prompt("Which one (0 for none)", default=0, type=kind, err=True)
    return answer - 1 if answer else None
