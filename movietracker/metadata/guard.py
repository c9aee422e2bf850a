"""Metadata providers behind a guard: they are third-party code, which may hang, fail, or return anything."""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from itertools import islice
from typing import Any, TypeVar

from .. import metrics
from ..circuit_breaker import CircuitBreaker
from ..errors import ProviderFailed, ProviderProblem, ProviderUnreachable, TitleUnknown
from ..plugin.checks import is_ready
from ..plugin.providers import ID_BITS, MetadataProvider, SearchHit
from ..plugin.values import misfit_of_value
from ..schemas.values import is_imdb_id
from ..threads import call_in_thread
from ..upstream import time_left, time_limit

COOLDOWN_SECONDS = 60.0
"""How long a provider is skipped after it did not respond in time."""

MAX_ABANDONED = 16
"""Abandoned calls that have not returned, beyond which a provider is skipped: each keeps a thread."""

MAX_HITS = 1000
"""Of more hits than this only the first are read; a search may be a generator without an end."""

# The HTTP client ends at the time limit with a sentence of its own, so the guard waits a little longer.
_GRACE_SECONDS = 0.5

logger = logging.getLogger("movietracker.metadata")
T = TypeVar("T")


class GuardedProvider:
    """A provider of which every call returns what the contract says, or raises ProviderProblem or TitleUnknown.

    A call that takes longer than ``seconds`` is abandoned in its thread.
    """

    def __init__(self, inner: MetadataProvider, seconds: float) -> None:
        self.name, self.capabilities, self.id_namespace = inner.name, inner.capabilities, inner.id_namespace
        self._inner = inner
        self._seconds = seconds
        self._breaker = CircuitBreaker(COOLDOWN_SECONDS)
        self._abandoned = 0
        self._lock = threading.Lock()

    def is_configured(self) -> bool:
        """Whether it can be called."""
        return is_ready(self._inner)

    def check(self) -> str:
        """Its sentence for ``movietracker doctor``; raises whatever the provider raises."""
        sentence: Any = self._in_time(self._inner.check)
        if not isinstance(sentence, str) or not sentence:
            raise self._nonsense("no sentence from check()")
        return sentence

    def call(self, expected: type[T], work: Callable[[MetadataProvider], T]) -> T:
        """The result of ``work``, a value of the dataclass ``expected``."""

        def checked() -> T:
            value = work(self._inner)
            if (misfit := self._misfit(value, expected)) is not None:
                raise self._nonsense(misfit)
            return value

        return self._shielded(checked)

    def hits(self, work: Callable[[MetadataProvider], Iterable[SearchHit]]) -> list[SearchHit]:
        """The result of ``work`` without hits that are none; raises ProviderFailed if all are."""

        def checked() -> list[SearchHit]:
            found: Any = work(self._inner)
            if not isinstance(found, Iterable):
                raise self._nonsense(f"{type(found).__name__} instead of a list of SearchHit")
            good, misfits = [], []
            for hit in islice(found, MAX_HITS):
                if (misfit := self._misfit(hit, SearchHit)) is None:
                    good.append(hit)
                else:
                    misfits.append(misfit)
            if misfits and not good:
                raise self._nonsense(misfits[0])
            if misfits:
                logger.warning("Metadata provider %s: %d hits are left out: %s", self.name, len(misfits), misfits[0])
            return good

        return self._shielded(checked)

    def _nonsense(self, found: str) -> ProviderFailed:
        return ProviderFailed(f"The metadata provider {self.name} returned {found}.")

    @staticmethod
    def _misfit(value: Any, expected: type) -> str | None:
        if (misfit := misfit_of_value(value, expected)) is not None:
            return misfit
        number = getattr(value, "id", getattr(value, "title_id", 1))
        if not 0 < number < 1 << ID_BITS:
            return f"{expected.__name__} whose id is not from 1 to 2^{ID_BITS} - 1"
        imdb_id = getattr(value, "imdb_id", None)
        if imdb_id is not None and not is_imdb_id(imdb_id):
            return f"{expected.__name__} whose imdb_id is none"
        return None

    def _shielded(self, work: Callable[[], T]) -> T:
        outcome = "ok"
        try:
            return self._in_time(work)
        except (ProviderProblem, TitleUnknown) as problem:
            outcome = problem.code
            raise
        except (Exception, SystemExit) as error:
            outcome = "fault"
            logger.exception("Metadata provider %s has a fault", self.name)
            raise ProviderFailed(f"The metadata provider {self.name} failed.") from error
        finally:
            metrics.count("provider_calls", self.name, outcome)

    def _in_time(self, work: Callable[[], T]) -> T:
        if self._breaker.is_open or self._abandoned >= MAX_ABANDONED:
            raise ProviderUnreachable(f"The metadata provider {self.name} is skipped: it did not respond in time.")
        seconds = time_left(self._seconds)
        with time_limit(seconds):
            call = call_in_thread(work, f"provider-{self.name}")
        wait([call], seconds + _GRACE_SECONDS)
        if not call.done():
            self._abandon(call, had_its_time=seconds > 0.9 * self._seconds)
            raise ProviderUnreachable(f"The metadata provider {self.name} did not respond in time.")
        self._breaker.succeed()
        return call.result()

    def _abandon(self, call: Future[Any], *, had_its_time: bool) -> None:
        with self._lock:
            self._abandoned += 1
        call.add_done_callback(self._returned)
        # One that had less, because others before it took the time of the request, may be well.
        if had_its_time and self._breaker.fail():
            logger.warning("Metadata provider %s is skipped for a minute: it did not respond in time", self.name)

    def _returned(self, _: Future[Any]) -> None:
        with self._lock:
            self._abandoned -= 1
