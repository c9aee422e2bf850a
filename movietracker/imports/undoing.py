"""Taking a job back: what still is as the job set it becomes what it was; what was changed since stays.

Titles come first, then the people and lists that the job made, unless something hangs on them by now. Compared is what
things say, not by which ids: what the user removed and made again, as by undoing, is as the job set it. What a later
import said anew or builds on stays, and is handed over to that import (``handing_over``).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select, update

from ..database import execute
from ..errors import ListNotFound, PersonNotFound
from ..models import IMPORT_FACTS, RANKINGS, STATUS, VOTES
from ..models.movie import Status, Viewing
from ..schemas.importing import ReportCount
from ..services import lists, people
from ..services.change_clock import LibraryWrite
from ..services.movies.reading import read_titles
from ..services.movies.seen import NOT_SEEN
from ..services.movies.storing import ChangedTitle, TitleState, change_titles, remove_titles
from ..services.transactions import library_write, query, write_connection
from .facts import Fact, TitleFact, later_facts, read_facts, rewrite_facts, title_fact
from .handing_over import give_away, hand_over
from .jobs import Job, change_job

FACTS_AT_ONCE = 500
_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)
_RANKED = select(RANKINGS.c.imdb_id).where(
    RANKINGS.c.user_id == bindparam("of_user"), RANKINGS.c.imdb_id.in_(_KEYS), RANKINGS.c.ranked_at.is_not(None)
)
_MARK = (
    update(IMPORT_FACTS)
    .where(
        IMPORT_FACTS.c.user_id == bindparam("of_user"),
        IMPORT_FACTS.c.job_id == bindparam("of_job"),
        IMPORT_FACTS.c.kind == bindparam("of_kind"),
        IMPORT_FACTS.c.key.in_(_KEYS),
    )
    .values(state="undone")
)
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
            counts = _take_back(tx, job, facts)
            _mark(tx, job, facts)
            report = dict(Counter(job.report) + counts)
            job = change_job(tx.connection, job, done=job.done + len(facts), report=report)
    return job


def _begin(job: Job) -> Job:
    of_job = IMPORT_FACTS.c.user_id == job.user_id, IMPORT_FACTS.c.job_id == job.id
    total = query(select(func.count()).where(*of_job, IMPORT_FACTS.c.state.is_(None))).scalar_one()
    with write_connection(job.user_id) as connection:
        return change_job(connection, job, total=total, done=0, position="begun")


def _take_back(tx: LibraryWrite, job: Job, facts: Sequence[Fact]) -> Counter[ReportCount]:
    counts: Counter[ReportCount] = Counter()
    if facts[0].kind == "title":
        _take_back_titles(tx, job, facts, counts)
    else:
        for fact in facts:
            _take_back_record(tx, job, fact, counts)
    return counts


def _take_back_titles(tx: LibraryWrite, job: Job, facts: Sequence[Fact], counts: Counter[ReportCount]) -> None:
    told = {fact.key: title_fact(fact) for fact in facts}
    stored_facts = {fact.key: fact for fact in facts}
    later = later_facts(tx.connection, job, facts)
    stored = read_titles(tx.stored, list(told))
    ranked = _ranked(tx, list(told))
    heirs = people.made_again(tx, list({key for fact in told.values() for key in fact.votes}))
    going, changes = [], []
    rewritten: list[tuple[str, Fact]] = []
    for imdb_id, fact in told.items():
        if imdb_id not in stored:
            counts["removed_since"] += 1
            continue
        state = stored[imdb_id].state
        heirs_of = later.get(imdb_id, {})
        fact = _not_retold(_as_made_again(tx, fact, state, heirs, job.created_at), heirs_of.values())
        after = _without(tx, state, fact, counts)
        if fact.is_new and imdb_id not in ranked and _is_bare(after, fact):
            going.append(imdb_id)
            continue
        if fact.is_new:
            counts["titles_kept"] += 1
            after = _with_viewings(after, state)
        if heirs_of:
            hand_over(stored_facts[imdb_id], list(heirs_of.values()), (after.seen or NOT_SEEN).viewings)
            rewritten += heirs_of.items()
        if after != state:
            changes.append(ChangedTitle(imdb_id, state, after))
    rewrite_facts(tx.connection, tx.user_id, rewritten)
    change_titles(tx, changes)
    remove_titles(tx, going)
    counts["titles_removed"] += len(going)
    counts["titles_restored"] += len(changes)


def _not_retold(fact: TitleFact, later: Collection[Fact]) -> TitleFact:
    """The fact without what later imports said anew: that is theirs now."""
    retold = {name for each in later for name in each.after}
    dated = {key for each in later for key in each.after.get("dated", ())}
    return fact._replace(
        status=None if "status" in retold else fact.status,
        rating=None if "rating" in retold else fact.rating,
        viewings={key: each for key, each in fact.viewings.items() if key not in dated},
        dated={key: each for key, each in fact.dated.items() if key not in dated},
    )


def _as_made_again(
    tx: LibraryWrite, fact: TitleFact, state: TitleState, heirs: Mapping[int, int], since: float
) -> TitleFact:
    """The fact by the ids of what is there now, as far as the user made again what it speaks of."""
    status, viewings = fact.status, dict(fact.viewings)
    is_on = state.status and state.status.custom_list_id
    if status and is_on and fact.list_name and not _is_possible(tx, status[1]):
        is_it = is_on == lists.find_list(tx, fact.list_name)
        status = (status[0], Status("custom", is_on)) if is_it else status
    present = (state.seen or NOT_SEEN).viewings
    for key in fact.viewings.keys() - present.keys():
        told = viewings[key]
        for other, each in present.items():
            is_later = each.created_at >= since and each.source in (None, told.source)
            if other not in viewings and is_later and _said(each) == _said(told):
                del viewings[key]
                viewings[other] = each
                break
    votes = {heirs.get(key, key): vote for key, vote in fact.votes.items()}
    return fact._replace(status=status, viewings=viewings, votes=votes)


def _said(viewing: Viewing) -> Viewing:
    return viewing._replace(source=None, created_at=0.0)


def _with_viewings(after: TitleState, before: TitleState) -> TitleState:
    """A title that stays watched keeps its viewings, if it would have none."""
    if after.status is None or after.status.status != "watched" or not after.seen or after.seen.viewings:
        return after
    return after._replace(seen=after.seen._replace(viewings=(before.seen or NOT_SEEN).viewings))


def _without(tx: LibraryWrite, state: TitleState, fact: TitleFact, counts: Counter[ReportCount]) -> TitleState:
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
    dated = {key: former for key, (former, told) in fact.dated.items() if viewings.get(key) == told}
    votes = {key: vote for key, vote in state.votes.items() if fact.votes.get(key) != vote}
    counts["changed_since"] += len(fact.viewings) - (len(seen.viewings) - len(viewings))
    counts["changed_since"] += len(fact.dated) - len(dated)
    counts["changed_since"] += len(fact.votes) - (len(state.votes) - len(votes))
    tags = {folded: tag for folded, tag in state.tags.items() if folded not in fact.tags}
    counts["changed_since"] += len(fact.tags) - (len(state.tags) - len(tags)) + (fact.liked and not state.liked)
    seen = seen._replace(my_rating=rating, viewings=viewings | dated)
    liked = bool(state.liked) and not fact.liked
    return state._replace(status=status, seen=seen, votes=votes, liked=liked, tags=tags)


def _is_bare(after: TitleState, fact: TitleFact) -> bool:
    """Whether nothing is left of a title that the job made but the status that it set."""
    is_as_told = fact.status is not None and after.status == fact.status[1]
    return is_as_told and after.seen in (None, NOT_SEEN) and not (after.votes or after.liked or after.tags)


def _is_possible(tx: LibraryWrite, status: Status) -> bool:
    return status.custom_list_id is None or lists.has_list(tx, status.custom_list_id)


def _ranked(tx: LibraryWrite, imdb_ids: Sequence[str]) -> set[str]:
    return {row[0] for row in tx.stored.fetch(_RANKED, of_keys=imdb_ids)}


def _take_back_record(tx: LibraryWrite, job: Job, fact: Fact, counts: Counter[ReportCount]) -> None:
    """Remove a person or list that the job made, if it is as it was made and nothing hangs on it.

    If a title of another import does, it is that import's from now on.
    """
    try:
        if fact.kind == "person":
            key: Any = int(fact.key)
            key = people.made_again(tx, [key]).get(key, key)
            present = people.values_of(tx, key)
            hanging = select(VOTES.c.imdb_id).where(VOTES.c.user_id == tx.user_id, VOTES.c.person_id == key)
            remove: Callable[[LibraryWrite, Any], None] = people.delete_person
        else:
            key = fact.key if lists.has_list(tx, fact.key) else lists.find_list(tx, fact.after["name"]) or fact.key
            present = lists.values_of(tx, key)
            hanging = select(STATUS.c.imdb_id).where(STATUS.c.user_id == tx.user_id, STATUS.c.custom_list_id == key)
            remove = lists.delete_list
    except (PersonNotFound, ListNotFound):
        counts["removed_since"] += 1
        return
    is_same = all(present[name] == value for name, value in fact.after.items() if name != "created_at")
    if is_same and tx.connection.execute(hanging.limit(1)).first() is None:
        remove(tx, key)
    elif not is_same or not give_away(tx.connection, job, fact, str(key), hanging):
        counts["changed_since"] += 1


def _mark(tx: LibraryWrite, job: Job, facts: Sequence[Fact]) -> None:
    """Note that these facts were dealt with."""
    told = {"of_job": job.id, "of_kind": facts[0].kind, "of_keys": [fact.key for fact in facts]}
    execute(tx.connection, _MARK, {"of_user": job.user_id, **told})
