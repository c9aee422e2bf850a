"""Telling the titles of one file apart before anything is matched: by ids, else by folded title, year and kind."""

from collections.abc import Iterator
from hashlib import blake2b

from ..plugin.importers import ImportRow
from ..text import fold_key


class TitleNumbers:
    """Gives each distinct title of a file a number from 0; keys are hashed, as there can be hundreds of thousands."""

    def __init__(self) -> None:
        self.count = 0
        self._by_id: dict[int, int] = {}
        self._by_form: dict[int, int] = {}
        self._claimed: set[int] = set()

    def number_of(self, row: ImportRow) -> int:
        """The number of a row's title; a row without ids is the first title of its name, year and kind."""
        ids = {namespace: key_of(namespace, value, *kind) for namespace, value, *kind in _ids(row)}
        form = key_of("form", fold_key(row.title), row.year, row.kind) if row.title else None
        number = next((self._by_id[key] for key in ids.values() if key in self._by_id), None)
        if number is None and form is not None:
            number = self._named(form, ids)
        if number is None:
            number, self.count = self.count, self.count + 1
        if form is not None:
            self._by_form.setdefault(form, number)
        for namespace, key in ids.items():
            self._by_id.setdefault(key, number)
            self._claimed.add(key_of(namespace, number))
        return number

    def _named(self, form: int, ids: dict[str, int]) -> int | None:
        """The title of this form, unless it has another id of the same namespace: then it is only of the same name."""
        number = self._by_form.get(form)
        if number is None or any(key_of(namespace, number) in self._claimed for namespace in ids):
            return None
        return number


def key_of(*parts: object) -> int:
    """A hash of 64 bits, the same in every process."""
    joined = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big")


def _ids(row: ImportRow) -> Iterator[tuple[str, str | int] | tuple[str, int, str | None]]:
    if row.imdb_id:
        yield "imdb", row.imdb_id
    if row.tmdb_id:
        yield "tmdb", row.tmdb_id, row.kind  # films and series are numbered apart
    if row.tvdb_id:
        yield "tvdb", row.tvdb_id, row.kind
    yield from row.other_ids
