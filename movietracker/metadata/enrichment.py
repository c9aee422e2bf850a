"""Filling stubs: movies stored without details because a provider was unavailable or has not been asked yet.

So are movies of which a client told the details, but not the ratings; what it told stays.

One lookup of a title serves every user who holds it. Of all processes on one database, one at a time does this. A stub
stored during a run is not missed, because the holder of the lease checks for due titles again after releasing it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from flask import Flask, current_app
from sqlalchemy.exc import DataError, SQLAlchemyError

from ..errors import MovieNotFound, UserCallsSpent, UserNotFound
from ..services import enrichment_queue
from ..services.enrichment_queue import Due, Wanted
from ..services.leases import HeldLease, lease
from ..services.transactions import library_write, write_connection
from ..upstream import on_behalf_of
from .lookup import Lookup, Title
from .title_store import is_beyond_providers, ready_providers, settle, store_title

LEASE_NAME = "enrichment"
LEASE_SECONDS = 60.0
PARALLEL = 4
BATCH = 200
# After so many failures in a row the providers count as down, and the rest is postponed to the next run.
GIVE_UP_AFTER = 12

logger = logging.getLogger("movietracker.enrichment")


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, in titles.

    ``gave_up`` says that it skipped due titles because providers failed repeatedly, ``left`` how many it left due since
    all who have them used up their requests to providers.
    """

    filled: int = 0
    unknown: int = 0
    failed: int = 0
    gave_up: bool = False
    left: int = 0

    @property
    def done(self) -> int:
        """The number of titles looked up."""
        return self.filled + self.unknown + self.failed

    def __str__(self) -> str:
        rest = "; providers keep failing, the rest waits" if self.gave_up else ""
        return f"{self.filled} filled, {self.unknown} unknown to the providers, {self.failed} failed{rest}"


Progress = Callable[[Report, int], None]
"""Called after each title with the report so far and the total number of titles."""


_Outcome = Literal["filled", "unknown", "failed", "left", "no holder"]


def enrich(
    lookup: Lookup,
    *,
    user_id: str | None = None,
    ignore_pauses: bool = False,
    stop: threading.Event | None = None,
    progress: Progress = lambda report, total: None,
) -> Report | None:
    """Look up all titles that are due, or those of one user; None when another process is doing it.

    ``ignore_pauses`` also tries, once, titles whose pause after a failure is not over. Setting ``stop`` ends the run
    after the current lookups.
    """
    wanted = Wanted(ready_providers(lookup), user_id, ignore_pauses)
    run = _Run(lookup, wanted, stop or threading.Event(), progress)
    # Checked again after the release: a title that became due while others saw the lease taken is not overlooked.
    while not run.is_over() and enrichment_queue.has_due(run.wanted):
        with lease(LEASE_NAME, LEASE_SECONDS) as held:
            if held is None:
                return run.report if run.report.done else None
            run.sweep_until_none_is_due(held)
    if run.report.done:
        logger.info("Enrichment: %s", run.report)
    return run.report


class _Run:
    """One run; its report is written by the thread that called ``enrich`` only."""

    def __init__(self, lookup: Lookup, wanted: Wanted, stop: threading.Event, progress: Progress) -> None:
        self.wanted = wanted
        self.report = Report()
        self._lookup = lookup
        self._stop = stop
        self._progress = progress
        self._held: HeldLease | None = None
        self._failures_in_a_row = 0
        self._total = 0
        self._spent: set[str] = set()
        self._is_ended = False
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._pending: set[Future[_Outcome]] = set()

    def is_over(self) -> bool:
        """Whether the run starts no further title."""
        is_ended = self._stop.is_set() or self._is_ended or self.report.gave_up
        return is_ended or (self._held is not None and not self._held.is_held)

    def sweep_until_none_is_due(self, held: HeldLease) -> None:
        """Look up what is due, and what becomes due during the run."""
        self._held = held
        while not self.is_over() and (due := enrichment_queue.count_due(self.wanted)):
            self._total = self.report.done + due
            self._sweep()
            self._is_ended = self.report.left > 0
            # Once is enough: what fails again would stay due forever.
            self.wanted = replace(self.wanted, ignore_pauses=False)
        if held.is_held:
            self._held = None  # released now; nothing was lost

    def _sweep(self) -> None:
        pool = ThreadPoolExecutor(PARALLEL, "enrichment")
        try:
            for due in self._due_titles():
                if self.is_over():
                    break
                self._pending.add(pool.submit(self._in_context, due))
                self._collect(PARALLEL - 1)
            self._collect(0)
        finally:
            pool.shutdown(cancel_futures=True)
            self._pending.clear()

    def _due_titles(self) -> Iterator[Due]:
        """The due titles, read in batches so that memory is bounded, each once."""
        after = ""
        while batch := enrichment_queue.due_titles(self.wanted, after, BATCH):
            yield from batch
            after = batch[-1].imdb_id

    def _collect(self, at_most: int) -> None:
        """Wait until at most so many lookups are running; raises what one of them raised."""
        while len(self._pending) > at_most:
            finished, self._pending = wait(self._pending, return_when=FIRST_COMPLETED)
            for future in finished:
                self._count(future.result())

    def _count(self, outcome: _Outcome) -> None:
        if outcome == "no holder":
            self._total -= 1
        else:
            self._total -= outcome == "left"
            self.report = replace(self.report, **{outcome: getattr(self.report, outcome) + 1})
        self._failures_in_a_row = self._failures_in_a_row + 1 if outcome == "failed" else 0
        if self._failures_in_a_row >= GIVE_UP_AFTER:
            self.report = replace(self.report, gave_up=True)
        self._progress(self.report, self._total)

    def _in_context(self, due: Due) -> _Outcome:
        with self._app.app_context():
            try:
                return self._enrich(due)
            except Exception as error:  # a plugin may return anything, and one title must not block the others
                if isinstance(error, SQLAlchemyError) and not isinstance(error, DataError):
                    raise  # the database is unavailable, and nothing can be recorded
                logger.exception("Title %s could not be stored", due.imdb_id)
                with write_connection() as connection:
                    reason = f"{type(error).__name__} while storing it"
                    enrichment_queue.postpone(
                        connection, due.imdb_id, error=reason, providers=self.wanted.providers, refresh=due.refresh
                    )
                return "failed"

    def _enrich(self, due: Due) -> _Outcome:
        user_ids = enrichment_queue.holders(due)
        if not user_ids:
            with write_connection() as connection:
                enrichment_queue.forget(connection, due.imdb_id, queued_refresh=True)
            return "no holder"
        payers = [user_id for user_id in user_ids if user_id not in self._spent]
        if not payers:
            return "left"
        # A caller that skips the pause does not want the cached response that led to it.
        with on_behalf_of(*payers):
            title = self._lookup.title(due.imdb_id, fresh=due.refresh or self.wanted.ignore_pauses)
        if any(isinstance(each, UserCallsSpent) for each in (title.details_problem, title.ratings_problem)):
            self._spent.update(payers)
            return "left"
        is_stored = self._store(title, user_ids, overwrite=due.refresh)
        with write_connection() as connection:
            settle(connection, title, self.wanted.providers, refresh=due.refresh, keep_queued=False)
        if is_stored or (title.details is not None and not title.details.is_fallback):
            return "filled"
        return "unknown" if is_beyond_providers(title) else "failed"

    @staticmethod
    def _store(title: Title, user_ids: list[str], *, overwrite: bool) -> bool:
        """Store the title in these libraries; returns whether any of them has new details."""
        if title.details is None and title.ratings is None:
            return False
        is_stored = False
        for user_id in user_ids:
            # Account or movie may have been removed in between.
            with suppress(UserNotFound, MovieNotFound), library_write(user_id) as tx:
                is_stored |= store_title(tx, title, overwrite=overwrite).details
                if user_id == user_ids[0]:
                    title.store_responses(tx.connection)
        return is_stored
