"""One person where there were two."""

from sqlalchemy import bindparam, or_, select, update

from ..errors import Invalid
from ..models import TOMBSTONES, VOTES
from ..models.movie import Vote
from . import people
from .change_clock import LibraryWrite
from .library_read import LibraryRead
from .movies.columns import VOTE_CONTENT, of_user
from .movies.storing import ChangedTitle, TitleState, change_titles, united

_VOTES_OF = select(VOTES.c.imdb_id, *VOTE_CONTENT).where(of_user(VOTES), VOTES.c.person_id == bindparam("of_person"))
_IS_THEIRS = (of_user(TOMBSTONES), TOMBSTONES.c.kind == "person", TOMBSTONES.c.key == bindparam("of_key"))
_WENT_INTO = select(TOMBSTONES.c.merged_into).where(*_IS_THEIRS)
# Whoever went into the one who goes now, goes along, so that finding out where somebody is takes one step.
_GO_INTO = (
    update(TOMBSTONES)
    .where(
        of_user(TOMBSTONES),
        TOMBSTONES.c.kind == "person",
        or_(TOMBSTONES.c.key == bindparam("of_key"), TOMBSTONES.c.merged_into == bindparam("of_key")),
    )
    .values(merged_into=bindparam("to_key"))
)


def merge_people(tx: LibraryWrite, person_id: int, into: int) -> None:
    """Move what a person said to another, whose name and marks stay, and remove the first.

    Of a title that both voted for, the newer vote counts, and the notes of both are kept, as ``united`` says. Raises
    Invalid for the same person, QuickRecommenderProtected for one who cannot go, PersonNotFound.
    """
    if person_id == into:
        raise Invalid.field("into", "must be another person")
    going, theirs = (
        {imdb_id: Vote(*vote) for imdb_id, *vote in tx.execute(_VOTES_OF, of_person=each)} for each in (person_id, into)
    )
    changes = []
    for imdb_id, vote in going.items():
        known = theirs.get(imdb_id)
        before = {person_id: vote} if known is None else {person_id: vote, into: known}
        after = {into: vote if known is None else united(known, vote)}
        changes.append(ChangedTitle(imdb_id, TitleState(votes=before), TitleState(votes=after)))
    change_titles(tx, changes)
    people.delete_person(tx, person_id)
    tx.execute(_GO_INTO, of_key=str(person_id), to_key=str(into))
    tx.touch("person", into)


def heir_of(read: LibraryRead, person_id: int) -> int | None:
    """The person of this id, or the one whom they became part of; None when nobody of them is there."""
    if people.has_person(read, person_id):
        return person_id
    heir = read.execute(_WENT_INTO, of_key=str(person_id)).scalar_one_or_none()
    return int(heir) if heir is not None and people.has_person(read, int(heir)) else None
