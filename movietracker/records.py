"""The kinds of record: what is synced, announced, exported and imported.

The change feed, pulls, pushes, messages to sockets, backup documents, REST and the OpenAPI document iterate over KINDS,
so a kind that stands here is part of them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from marshmallow import Schema
from sqlalchemy import Column, ColumnElement, Table, false

from .errors import MovieNotFound, Problem
from .models import RECORD_KEYS
from .models.movie import IS_DELETED
from .schemas.custom_list import DocumentListSchema, ListChangeSchema, NewListSchema
from .schemas.movie import DocumentMovieSchema, MovieSchema
from .schemas.person import DocumentPersonSchema, NewPersonSchema, PersonChangeSchema
from .services import lists, movies, people
from .services.change_clock import LibraryWrite
from .services.collection import Between, Collection, Json
from .services.library_read import LibraryRead

NEVER = false()


class Messages(NamedTuple):
    """The types of the messages to sockets; ``key`` is the field that names the record, empty for none."""

    changed: str
    created: str = ""
    deleted: str = ""
    key: str = ""


class Writer(NamedTuple):
    """How a kind is written: ``add_one`` and ``change_one`` by REST, ``add`` and ``update`` by imports.

    ``add_one`` takes the values of a record and returns its key, ``change_one`` takes a key and new values, ``add``
    takes rows and returns their keys, ``update`` takes new values by key, ``delete`` a key.
    """

    add_one: Callable[..., Any]
    change_one: Callable[[LibraryWrite, Any, Json], object]
    add: Callable[[LibraryWrite, Sequence[Json]], list[Any]]
    update: Callable[[LibraryWrite, Mapping[Any, Json]], None]
    delete: Callable[[LibraryWrite, Any], None]


class Rest(NamedTuple):
    """The records that REST serves, and what it reads to add one and to change one (api/records.py)."""

    collection: Collection
    new: type[Schema]
    change: type[Schema]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record.

    ``plural`` names it in addresses, pulls and backups. ``schema`` describes its records in responses, ``document`` in
    backups, where ``order`` names the fields that order them, and ``named_by`` the one that tells them apart. ``read``
    returns all records, or those changed between two numbers, and ``get`` one by its key, or raises ``missing``; each
    with its number as ``rev``. A record that meets ``is_hidden`` is announced as deleted. Movies have no
    ``writer``, since they are imported by the set, and no ``rest``, since they have endpoints of their own.
    """

    name: str
    plural: str
    schema: type[Schema]
    document: type[Schema]
    messages: Messages
    order: tuple[str, ...]
    named_by: str
    read: Callable[[LibraryRead, Between | None], list[Json]]
    get: Callable[[LibraryRead, Any], Json]
    missing: type[Problem]
    writer: Writer | None = None
    rest: Rest | None = None
    is_hidden: ColumnElement[bool] = NEVER

    @property
    def key(self) -> Column[Any]:
        """The column that tells the records of a user apart."""
        return RECORD_KEYS[self.name]

    @property
    def table(self) -> Table:
        """The table of its records."""
        return self.key.table

    def parse_key(self, text: str) -> Any:
        """The key of a record in its column's type."""
        return self.key.type.python_type(text)

    def state_of(self, read: LibraryRead, key: str) -> Json | None:
        """The record as it is now, None when it is gone."""
        try:
            return self.get(read, self.parse_key(key))
        except self.missing:
            return None


def kind_of(
    collection: Collection,
    plural: str,
    document: type[Schema],
    new: type[Schema],
    change: type[Schema],
    messages: Messages,
    *,
    order: tuple[str, ...],
    named_by: str = "id",
    writer: Writer | None = None,
) -> Kind:
    """The kind of the records of a collection, which REST adds and changes as ``new`` and ``change`` describe."""
    return Kind(
        collection.kind,
        plural,
        collection.schema,
        document,
        messages,
        order,
        named_by,
        lambda read, changed: collection.read_all(read, changed=changed, with_rev=True),
        lambda read, key: collection.read_one(read, key, with_rev=True),
        collection.missing,
        writer
        or Writer(collection.add_one, collection.change, collection.add, collection.change_all, collection.remove),
        Rest(collection, new, change),
    )


KINDS = (
    Kind(
        "movie",
        "movies",
        MovieSchema,
        DocumentMovieSchema,
        Messages("movieUpdated", "movieAdded", "movieDeleted", key="imdb_id"),
        order=("imdb_id",),
        named_by="imdb_id",
        read=lambda read, changed: movies.list_movies(read, movies.MovieFilter(changed=changed), with_rev=True).movies,
        get=lambda read, key: movies.get_movie(read, key, with_rev=True),
        missing=MovieNotFound,
        is_hidden=IS_DELETED,
    ),
    kind_of(
        people.COLLECTION,
        "people",
        DocumentPersonSchema,
        NewPersonSchema,
        PersonChangeSchema,
        Messages("peopleUpdated"),
        order=("name",),
        named_by="name",
        writer=Writer(
            people.add_person, people.update_person, people.add_people, people.update_people, people.delete_person
        ),
    ),
    kind_of(
        lists.COLLECTION,
        "lists",
        DocumentListSchema,
        NewListSchema,
        ListChangeSchema,
        Messages("listUpdated", key="list_id"),
        order=("position", "created_at", "name", "id"),
        writer=Writer(
            lists.add_list, lists.update_list, lists.add_lists, lists.COLLECTION.change_all, lists.delete_list
        ),
    ),
)
KIND_OF = {kind.name: kind for kind in KINDS}
