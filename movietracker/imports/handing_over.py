"""What a job that is taken back leaves to others, so that jobs can be taken back in any order.

What was before the job becomes what was before the next one that said anew what the job said. A title that the job made
and that stays is made by the next one, and so is a person or list that another job's title needs.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, or_, select, update

from ..models import IMPORT_FACTS
from ..models.movie import Viewing
from .facts import Fact
from .jobs import Job


def hand_over(fact: Fact, later: Sequence[Fact], kept: Mapping[str, Viewing]) -> None:
    """Make the later facts of a title what they were without this one; ``kept`` are the viewings that stay."""
    was, told = fact.before or {}, fact.after
    for name in told.keys() & ({"rating"} if fact.is_new else {"rating", "status"}):
        heir = next((each for each in later if name in each.after), None)
        if heir and heir.before and heir.before[name] == told[name]:
            heir.before[name] = was.get(name)
    for each in later:
        _hand_over_days(fact, each)
    if fact.is_new:
        _hand_over_title(fact, later[0], kept)


def _hand_over_days(fact: Fact, later: Fact) -> None:
    """A viewing that the later job gave a day was before as it was before this one, or else is made by the later."""
    was, told = (later.before or {}).get("dated", {}), later.after.get("dated", {})
    former = (fact.before or {}).get("dated", {})
    for key in list(was):
        if was[key] == fact.after["viewings"].get(key):
            del was[key]
            later.after["viewings"][key] = told.pop(key)
        elif key in former and was[key] == fact.after["dated"][key]:
            was[key] = former[key]


def _hand_over_title(fact: Fact, heir: Fact, kept: Mapping[str, Viewing]) -> None:
    """The heir made the title, with the status unless it set its own, and with the viewings that stay."""
    heir.after["new"] = True
    if "status" not in heir.after:
        heir.after.update({name: fact.after[name] for name in ("status", "list") if name in fact.after})
    for key, viewing in kept.items():
        if fact.after["viewings"].get(key) == list(viewing):
            heir.after["viewings"].setdefault(key, list(viewing))


def give_away(connection: Connection, job: Job, fact: Fact, key: str, titles: Select[tuple[str]]) -> bool:
    """Make the fact of a person or list, by this key now, one of another job that put it on one of these titles.

    False if there is none.
    """
    said = ((f'"{each}":[' if fact.kind == "person" else f'"custom","{each}"') for each in {fact.key, key})
    is_of_user = IMPORT_FACTS.c.user_id == job.user_id
    heirs = select(IMPORT_FACTS.c.job_id).where(
        is_of_user,
        IMPORT_FACTS.c.kind == "title",
        IMPORT_FACTS.c.key.in_(titles),
        IMPORT_FACTS.c.job_id != job.id,
        IMPORT_FACTS.c.state.is_(None),
        or_(*(IMPORT_FACTS.c.after.contains(each, autoescape=True) for each in said)),
    )
    if (heir := connection.execute(heirs.limit(1)).scalar()) is None:
        return False
    is_fact = IMPORT_FACTS.c.job_id == job.id, IMPORT_FACTS.c.kind == fact.kind, IMPORT_FACTS.c.key == fact.key
    connection.execute(update(IMPORT_FACTS).where(is_of_user, *is_fact).values(job_id=heir))
    return True
