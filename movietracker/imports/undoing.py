"""Taking a job back: what still is as the job set it becomes what it was; what was changed since stays.

Titles come first, then the people and lists that the job made, unless something hangs on them by now.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select, update

from ..errors import ListNotFound, PersonNotFound
from ..models import IMPORT_FACTS, RANKINGS, STATUS, VOTES
from ..models.movie import Status
from ..services import lists, people
from ..services.change_clock import LibraryWrite
from ..services.movies.reading import read_titles
from ..services.movies.seen import NOT_SEEN
from ..services.movies.storing import ChangedTitle, TitleState, change_titles, remove_titles
from ..services.transactions import library_write, query, write_connection
from .facts import Fact, TitleFact, read_facts, title_fact
from .jobs import Job, change_job

FACTS_AT_ONCE = 300
_ORDER = ("title", "person", "list")


def undo_facts(job: Job, keeps_going: Callable[[Job], bool]) -> Job:
    """Take back what is left, until all is or ``keeps_going`` says no. Raises JobChanged."""
    if not job.position:
        job = _begin(job)
    while keeps_going(job):
        with library_write(job.user_id) as tx:
            facts = next(
                (found for kind in _ORDER if (found := read_facts(tx.connection, job, kind, "", FACTS_AT_ONCE))), []
            )
            if not facts:
                return change_job(tx.connection, job, state="undone", position="")
            counts = _take_back(tx, facts)
            _mark(tx, job, facts)
            report = dict(Counter(job.report) + counts)
            job = change_job(tx.connection, job, done=job.done + len(facts), report=report)
    return job


def _begin(job: Job) -> Job:
    of_job = IMPORT_FACTS.c.user_id == job.user_id, IMPORT_FACTS.c.job_id == job.id
    total = query(select(func.count()).where(*of_job, IMPORT_FACTS.c.state.is_(None))).scalar_one()
    with write_connection(job.user_id) as connection:
        return change_job(connection, job, total=total, done=0, position="begun")


def _take_back(tx: LibraryWrite, facts: Sequence[Fact]) -> Counter[str]:
    counts: Counter[str] = Counter()
    if facts[0].kind == "title":
        _take_back_titles(tx, facts, counts)
    else:
        for fact in facts:
            _take_back_record(tx, fact, counts)
    return counts


def _take_back_titles(tx: LibraryWrite, facts: Sequence[Fact], counts: Counter[str]) -> None:
    told = {fact.key: title_fact(fact) for fact in facts}
    stored = read_titles(tx.stored, list(told))
    ranked = _ranked(tx, list(told))
    going, changes = [], []
    for imdb_id, fact in told.items():
        if imdb_id not in stored:
            counts["removed_since"] += 1
            continue
        state = stored[imdb_id].state
        after = _without(tx, state, fact, counts)
        if fact.is_new and imdb_id not in ranked and _is_bare(after, fact):
            going.append(imdb_id)
        elif after != state:
            changes.append(ChangedTitle(imdb_id, state, after))
    change_titles(tx, changes)
    remove_titles(tx, going)
    counts["titles_removed"] += len(going)
    counts["titles_restored"] += len(changes)


def _without(tx: LibraryWrite, state: TitleState, fact: TitleFact, counts: Counter[str]) -> TitleState:
    """The title without what the job said of it, as far as that is still there."""
    seen = state.seen or NOT_SEEN
    status, rating = state.status, seen.my_rating
    if fact.status is not None and not fact.is_new:
        former, told = fact.status
        if status == told and former is not None and _is_possible(tx, former):
            status = former
        else:
            counts["changed_since"] += 1
    if fact.rating is not None:
        former_rating, told_rating = fact.rating
        counts["changed_since"] += rating != told_rating
        rating = former_rating if rating == told_rating else rating
    viewings = {key: each for key, each in seen.viewings.items() if fact.viewings.get(key) != each}
    votes = {key: vote for key, vote in state.votes.items() if fact.votes.get(key) != vote}
    counts["changed_since"] += len(fact.viewings) - (len(seen.viewings) - len(viewings))
    counts["changed_since"] += len(fact.votes) - (len(state.votes) - len(votes))
    return state._replace(status=status, seen=seen._replace(my_rating=rating, viewings=viewings), votes=votes)


def _is_bare(after: TitleState, fact: TitleFact) -> bool:
    """Whether nothing is left of a title that the job made but the status that it set."""
    is_as_told = fact.status is not None and after.status == fact.status[1]
    return is_as_told and after.seen in (None, NOT_SEEN) and not after.votes


def _is_possible(tx: LibraryWrite, status: Status) -> bool:
    return status.custom_list_id is None or lists.has_list(tx, status.custom_list_id)


def _ranked(tx: LibraryWrite, imdb_ids: Sequence[str]) -> set[str]:
    wanted = RANKINGS.c.user_id == tx.user_id, RANKINGS.c.imdb_id.in_(imdb_ids), RANKINGS.c.ranked_at.is_not(None)
    return set(tx.connection.execute(select(RANKINGS.c.imdb_id).where(*wanted)).scalars())


def _take_back_record(tx: LibraryWrite, fact: Fact, counts: Counter[str]) -> None:
    """Remove a person or list that the job made, if it is as it was made and nothing hangs on it."""
    try:
        if fact.kind == "person":
            key: Any = int(fact.key)
            is_same = people.values_of(tx, key) == fact.after
            hanging = select(VOTES.c.id).where(VOTES.c.user_id == tx.user_id, VOTES.c.person_id == key)
            remove: Callable[[LibraryWrite, Any], None] = people.delete_person
        else:
            key = fact.key
            is_same = lists.values_of(tx, key) == fact.after
            hanging = select(STATUS.c.imdb_id).where(STATUS.c.user_id == tx.user_id, STATUS.c.custom_list_id == key)
            remove = lists.delete_list
    except (PersonNotFound, ListNotFound):
        counts["removed_since"] += 1
        return
    if is_same and tx.connection.execute(hanging.limit(1)).first() is None:
        remove(tx, key)
    else:
        counts["changed_since"] += 1


def _mark(tx: LibraryWrite, job: Job, facts: Sequence[Fact]) -> None:
    """Note that these facts were dealt with."""
    of_job = IMPORT_FACTS.c.user_id == job.user_id, IMPORT_FACTS.c.job_id == job.id
    keys = [fact.key for fact in facts]
    these = (*of_job, IMPORT_FACTS.c.kind == facts[0].kind, IMPORT_FACTS.c.key.in_(keys))
    tx.connection.execute(update(IMPORT_FACTS).where(*these).values(state="undone"))
