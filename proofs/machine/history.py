"""The commits of a library and what cursors stand for, without numbers' help where that can be avoided."""

import itertools
from dataclasses import dataclass, field

HORIZON = 180 * 86_400.0
TICK = 1e-6

_uids = itertools.count(1)


@dataclass(frozen=True)
class Commit:
    """One commit; ``uid`` is its own in all histories, also those that were lost by a restore."""

    uid: int
    number: int
    at: float


@dataclass(frozen=True)
class CursorMeaning:
    """What a cursor stands for: everything up to ``place``, as it was when ``vouching`` was the newest commit.

    ``first`` is the number of the head that a first pull began at, while it pages.
    """

    user: str
    place: int
    vouching: int
    first: int = 0


@dataclass
class History:
    """The commits of one library, the oldest first, and up to which number deletions are forgotten."""

    commits: list[Commit] = field(default_factory=list)
    collected: int = 0
    restored_at: float = 0.0

    @property
    def head(self) -> Commit:
        """The newest commit."""
        return self.commits[-1]

    def next_at(self, now: float) -> float:
        """The time of a commit at this moment."""
        return max(now, self.head.at + TICK) if self.commits else now

    def add(self, number: int, at: float) -> Commit:
        """Note a commit."""
        assert not self.commits or (number > self.head.number and at > self.head.at)
        self.commits.append(Commit(next(_uids), number, at))
        return self.head

    def index(self, uid: int) -> int | None:
        """Where a commit stands in this history, None when it was lost."""
        return next((index for index, commit in enumerate(self.commits) if commit.uid == uid), None)

    def ending_at(self, number: int) -> Commit:
        """The commit whose last number this is."""
        return next(commit for commit in self.commits if commit.number == number)

    def floor(self, now: float) -> int:
        """The number up to which deletions are no longer told."""
        aged = [commit.number for commit in self.commits if commit.at < now - HORIZON]
        return max([self.collected, *aged])

    def refusal(self, user: str, meaning: CursorMeaning, now: float) -> str | None:
        """The code of the 410 that a cursor must get, None when it must be good."""
        if meaning.user != user:
            return "wrong_user"
        if (meaning.first or meaning.place) < self.floor(now):
            return "cursor_expired"
        return "history_diverged" if self.index(meaning.vouching) is None else None

    def is_full(self, since: float, now: float) -> bool | None:
        """Whether a pull by this time must give everything; None for a time that no commit has."""
        if since <= 0 or since < self.restored_at:
            return True
        exact = next((commit.number for commit in self.commits if commit.at == since), None)
        return None if exact is None else exact < self.floor(now)
