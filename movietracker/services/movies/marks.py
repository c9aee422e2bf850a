"""How the user marks a title, whatever its status, rating and place in the ranking: liked or not, and with tags."""

from typing import Any

from sqlalchemy import bindparam, func, select

from ...errors import Invalid, MovieNotFound, TagNotFound
from ...models import MOVIES, TAGS
from .. import quota
from ..change_clock import LibraryWrite
from ..library_read import LibraryRead
from .columns import of_movie, of_user
from .reading import tags_of
from .storing import TitleState, store
from .tags import MAX_TAGS, MAX_TAGS_EVER, NO_TAGS, is_tag_field, tag_field, tag_named

_LIKED = select(MOVIES.c.liked).where(of_movie(MOVIES))
_SPELLING = select(TAGS.c.tag).where(of_user(TAGS), TAGS.c.folded == bindparam("of_tag")).limit(1)
_TAGS = select(func.min(TAGS.c.tag), func.count()).where(of_user(TAGS)).group_by(TAGS.c.folded)


def list_tags(read: LibraryRead) -> list[dict[str, Any]]:
    """The tags of the library in alphabetical order, each with the number of its titles."""
    return [{"tag": tag, "titles": titles} for tag, titles in sorted(read.fetch(_TAGS))]


def is_liked(read: LibraryRead, imdb_id: str) -> bool | None:
    """Whether the user likes a title; None when it is not in the library."""
    liked = read.execute(_LIKED, of_movie=imdb_id).scalar_one_or_none()
    return None if liked is None else bool(liked)


def like(tx: LibraryWrite, imdb_id: str, liked: bool) -> None:
    """Say whether the user likes a title. Raises MovieNotFound."""
    before = is_liked(tx, imdb_id)
    if before is None:
        raise MovieNotFound
    store(tx, imdb_id, TitleState(liked=before), TitleState(liked=liked))


def spelling_of(read: LibraryRead, folded: str) -> str | None:
    """How the library spells the tag of this folded form, if a title has it: all titles show it so."""
    spelling: str | None = read.execute(_SPELLING, of_tag=folded).scalar_one_or_none()
    return spelling


def add_tag(tx: LibraryWrite, imdb_id: str, tag: str) -> bool:
    """Tag a title, in the spelling that the library has for the tag; returns whether the title did not have it.

    Raises MovieNotFound, Invalid, QuotaExceeded.
    """
    folded, shown = tag_named(tag)
    before = _tags_of(tx, imdb_id)
    if folded in before:
        return False
    _check_room(tx, imdb_id, before, folded)
    after = {**before, folded: spelling_of(tx, folded) or shown}
    store(tx, imdb_id, TitleState(tags=before), TitleState(tags=after))
    return True


def remove_tag(tx: LibraryWrite, imdb_id: str, tag: str) -> None:
    """Take a tag from a title. Raises MovieNotFound, TagNotFound, Invalid."""
    folded, _ = tag_named(tag)
    before = _tags_of(tx, imdb_id)
    if folded not in before:
        raise TagNotFound
    store(tx, imdb_id, TitleState(tags={folded: before[folded]}), TitleState(tags=NO_TAGS))


def _tags_of(tx: LibraryWrite, imdb_id: str) -> dict[str, str]:
    if is_liked(tx, imdb_id) is None:
        raise MovieNotFound
    return tags_of(tx, imdb_id)


def _check_room(tx: LibraryWrite, imdb_id: str, before: dict[str, str], folded: str) -> None:
    if len(before) >= MAX_TAGS:
        raise Invalid.field("tag", f"a title has at most {MAX_TAGS} tags")
    ever = tx.field_changes_of("movie", imdb_id)
    if tag_field(folded) not in ever and sum(map(is_tag_field, ever)) >= MAX_TAGS_EVER:
        raise Invalid.field("tag", f"a title has at most {MAX_TAGS_EVER} tags, removed ones included")
    quota.check(tx.connection, tx.user_id, tx.seq, "movie", 0)
