"""The contract of importers, which turn files of other trackers into rows, and the values of those rows.

A row is one fact or several about one title, as its source states them; the application merges, matches and stores.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ..uploads.cells import Kind
from ..uploads.upload import BrokenRow, Upload


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A place in a list of titles: the list's name and description, and the position from 1, if the source has one.

    ``is_status`` if the source has the title on this list instead of among those that are watched or wanted.
    """

    name: str
    position: int | None = None
    description: str | None = None
    is_status: bool = False


@dataclass(frozen=True, slots=True)
class Recommender:
    """A person who recommended a title: a proposed name, the text in which it was found, and what the person said.

    ``vote`` is false if the person advised against it, ``told_at`` when that was (Unix seconds), if the source knows.
    """

    name: str
    written_as: str
    note: str | None = None
    vote: bool = True
    told_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """What a row of a source says of one title.

    ``row_id`` is the source's own id, or ``content_id`` of what the row says, and the same in every later export;
    ``where`` is the place for messages. A title or one of the ids is always there; ``other_ids`` are pairs of a
    namespace and an id of the title. Ratings are from 1.0 to 10.0: ``viewing_rating`` is that of the viewing,
    ``rating`` the present one. ``watched_on`` is a date as far as it is known (YYYY, YYYY-MM, YYYY-MM-DD),
    ``watched_at`` a moment in Unix seconds if the source has one; without both, a viewing is undated. Rows of the same
    ``viewing_id``, the source's own, speak of the same viewing; ``is_counted`` if the source knows only that there was
    one more viewing. ``added_on`` is when the source was told, ``added_at`` the moment if the source has one.
    ``review`` is about the viewing, ``note`` about the title or its place in a list.

    In ``told_by`` (the cell of a column for recommenders), ``asides`` (what stands in brackets or behind a dash after a
    title), ``heading`` (that above it), notes, tags and names of lists the application looks for recommenders;
    ``recommended_by`` is for sources that have people of their own. ``needs_review`` says why the user has to look at
    the row.
    """

    source: str
    row_id: str
    where: str
    kind: Kind | None = None
    title: str | None = None
    original_title: str | None = None
    year: int | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    tvdb_id: int | None = None
    other_ids: tuple[tuple[str, str], ...] = ()
    is_viewing: bool = False
    viewing_id: str | None = None
    is_counted: bool = False
    watched_on: str | None = None
    watched_at: float | None = None
    viewing_rating: float | None = None
    review: str | None = None
    rating: float | None = None
    liked: bool | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    status: Literal["toWatch", "watched"] | None = None
    added_on: str | None = None
    added_at: float | None = None
    list_place: ListPlace | None = None
    told_by: str | None = None
    asides: tuple[str, ...] = ()
    heading: str | None = None
    recommended_by: tuple[Recommender, ...] = ()
    needs_review: str | None = None


@runtime_checkable
class Importer(Protocol):
    """A format of other trackers' files. Both methods may raise ImportProblem, and read no more at once than a row.

    Several threads call them at a time, each with an upload of its own.
    """

    @property
    def name(self) -> str:
        """Lower-case word that ``--format`` and stored imports use."""

    @property
    def label(self) -> str:
        """The tracker's name for people, such as Letterboxd."""

    @property
    def priority(self) -> int:
        """50; higher for a format so general that it yields to every other that recognizes a file."""

    def recognizes(self, upload: Upload) -> bool:
        """Whether any member is of this format, by its columns, keys or structure, never by the name of a file."""

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        """Its rows as a stream; members of other formats are skipped."""
