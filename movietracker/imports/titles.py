"""Telling the titles of one file apart before anything is matched: by ids, else by folded title, year and kind."""

from collections.abc import Iterator

from ..plugin.importers import ImportRow
from ..text import fold_key
from .keys import KeyMap, key_of

MAX_NAMESPACES = 7
_SHARED = 1 << MAX_NAMESPACES


class TitleNumbers:
    """Gives each distinct title of a file a number from 0."""

    def __init__(self) -> None:
        self.count = 0
        self._by_id = KeyMap()
        self._by_form = KeyMap()
        self._namespaces: dict[str, int] = {}
        self._claimed = bytearray()
        """For each title, a bit for each namespace in which it has an id, and one if others have its name."""

    def number_of(self, row: ImportRow) -> int:
        """The number of a row's title; a row without ids is the first title of its name, year and kind."""
        ids = [(self._bit_of(namespace), key_of(namespace, *parts)) for namespace, *parts in _ids(row)]
        form = key_of(fold_key(row.title), row.year, row.kind) if row.title else None
        number = next((found for _, key in ids if (found := self._by_id.get(key)) is not None), None)
        claims = sum({bit for bit, _ in ids})
        if number is None and form is not None:
            number = self._named(form, claims)
        if number is None:
            number, self.count = self.count, self.count + 1
            self._claimed.append(0)
        if form is not None:
            self._by_form.set_default(form, number)
        for _, key in ids:
            self._by_id.set_default(key, number)
        self._claimed[number] |= claims
        return number

    def is_shared(self, number: int) -> bool:
        """Whether other titles have this one's name, year and kind, so far; which is meant is then told by ids only."""
        return bool(self._claimed[number] & _SHARED)

    def _named(self, form: int, claims: int) -> int | None:
        """The title of this form, unless it has another id of the same namespace: then it is only of the same name."""
        number = self._by_form.get(form)
        if number is None or not claims or not self._claimed[number] & (claims | _SHARED):
            return number
        self._claimed[number] |= _SHARED
        return None

    def _bit_of(self, namespace: str) -> int:
        place = self._namespaces.setdefault(namespace, min(len(self._namespaces), MAX_NAMESPACES - 1))
        return 1 << place


def has_ids(row: ImportRow) -> bool:
    """Whether more than a name says which title a row is about."""
    return any(True for _ in _ids(row))


def _ids(row: ImportRow) -> Iterator[tuple[str, *tuple[object, ...]]]:
    if row.imdb_id:
        yield "imdb", row.imdb_id
    if row.tmdb_id:
        yield "tmdb", row.tmdb_id, row.kind  # films and series are numbered apart
    if row.tvdb_id:
        yield "tvdb", row.tvdb_id, row.kind
    yield from row.other_ids
