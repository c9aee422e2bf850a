"""The assessments of libraries, kept as long as they do not change, and each fitted anew at most once a second."""

import os
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from ..services.library_read import LibraryRead
from ..sync.cursor import Position, position_at
from .assessment import Assessment
from .library import read_library

MOST_KILOBYTES = 50_000
"""What the assessments kept by a process take in all, about."""

FITS, SECONDS = 3, 3.0
"""A library that keeps changing is fitted so often in so much time: once a second, and at once after a few changes."""


@dataclass
class _Kept:
    position: Position | None
    assessment: Assessment
    fitted_at: deque[float] = field(default_factory=lambda: deque(maxlen=FITS))


class Assessments:
    """The assessments of the users of one process, the ones used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, read: LibraryRead) -> Assessment:
        """The assessment of this state of a library.

        When it was fitted too often of late, the model is that of an earlier state, and the rest of this one.
        """
        assess = _assess()
        # Number and time alone may come again after a restore of the database; the commit's nonce does not.
        position = position_at(read, read.head().seq)
        with self._lock:
            kept = self._kept.get(read.user_id)
            if kept is not None and kept.position == position:
                self._kept.move_to_end(read.user_id)
                return kept.assessment
            earlier = None if kept is None or _may_fit(kept) else kept.assessment.model
        assessment = assess(read_library(read), earlier)
        if assessment.is_current:
            self._keep(read.user_id, position, assessment)
        return assessment

    def _keep(self, user_id: str, position: Position | None, assessment: Assessment) -> None:
        with self._lock:
            before = self._kept.pop(user_id, None)
            kept = _Kept(position, assessment) if before is None else _Kept(position, assessment, before.fitted_at)
            if before is None:
                kept.fitted_at.append(monotonic())
            self._kept[user_id] = kept
            while (
                len(self._kept) > 1
                and sum(_kilobytes(each.assessment) for each in self._kept.values()) > MOST_KILOBYTES
            ):
                self._kept.popitem(last=False)


def _kilobytes(assessment: Assessment) -> int:
    """About what an assessment takes: one for each title to watch and each person, and the covariance of the model."""
    return len(assessment.candidates) + len(assessment.people) + len(assessment.model.effects) ** 2 // 128


def _assess() -> Callable[..., Assessment]:
    """``judging.assess``, with numpy: 0.2 s and 25 MB that a process in which nobody asks for trust does not spend."""
    # The other cores have other requests; on a busy one, threads that wait for each other take ten times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from .judging import assess

    return assess


def _may_fit(kept: _Kept) -> bool:
    """Whether a library may be fitted now, which is noted."""
    now = monotonic()
    if len(kept.fitted_at) == FITS and now - kept.fitted_at[0] < SECONDS:
        return False
    kept.fitted_at.append(now)
    return True
