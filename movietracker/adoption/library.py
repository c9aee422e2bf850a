"""One library of an original installation, as a backup document of version 1, so that it comes in as documents do."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

from ..backup.document.entries import QUICK_KEYS
from ..backup.document.shapes import light_details, light_ratings
from ..services.names import folded_name
from ..services.quota import MAX_METADATA_BYTES
from .findings import Findings
from .forms import FORMS
from .original import Original, Owner, Row

Key = tuple[Any, ...]


@dataclass(slots=True)
class Content:
    """What a library of the file has: how many rows by table, and the keys of those that come along.

    A key says what is compared after storing, see ``checking``. ``reinterpreted`` counts statuses by their old names.
    """

    read: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[Key]] = field(default_factory=dict)
    reinterpreted: Counter[str] = field(default_factory=Counter)


def write_document(original: Original, owner: Owner, findings: Findings, file: IO[bytes]) -> Content:
    """Write the document of a library to a file; returns what is in it. Raises AdoptionRefused."""
    return _Writer(original, owner, findings, file).write()


class _Writer:
    """Reads what hangs on titles first, then writes title by title."""

    def __init__(self, original: Original, owner: Owner, findings: Findings, file: IO[bytes]) -> None:
        self.original = original
        self.owner = owner
        self.findings = findings
        self.file = file
        self.content = Content()
        self.newest = 0.0
        self.names: dict[str, str] = {}
        self.keys_of_names: dict[str, Key] = {}
        self.statuses: dict[str, Row] = {}
        self.watches: dict[str, Row] = {}
        self.votes: defaultdict[str, list[Row]] = defaultdict(list)
        self.titles: set[str] = set()

    def write(self) -> Content:
        """Write the document: people and lists, then titles, then places in the ranking."""
        self._count()
        self._section("people", self._people(), first=True)
        lists = list(self._rows("custom_lists", "id"))
        self._section("lists", lists)
        self._read_statuses({each["id"] for each in lists})
        self.watches = {each["imdb_id"]: each for each in self._rows("watch_history", "imdb_id")}
        self._read_votes()
        self._section("movies", self._movies())
        self._orphans()
        if "movie_rankings" in self.original.columns:
            self._section("rankings", self._rankings())
        self.file.write(b',"exported_at":%s,"version":1}' % orjson.dumps(self.newest or None))
        return self.content

    def _count(self) -> None:
        for table in FORMS:
            if table in self.original.columns:
                self.content.read[table] = self.original.count(table, self.owner)
                self.content.keys[table] = []

    def _rows(self, table: str, *unique: str) -> Iterator[Row]:
        for row in self.original.rows(table, self.owner, self.findings, unique):
            times = (row.get(name) for name in ("last_modified", "date_recommended", "date_watched", "ranked_at"))
            self.newest = max(self.newest, *(time or 0.0 for time in times))
            if table == "custom_lists":
                self.content.keys[table].append((row["id"],))
            yield row

    def _section(self, name: str, rows: Any, *, first: bool = False) -> None:
        self.file.write(b'%s"%s":[' % (b"{" if first else b",", name.encode()))
        for at, row in enumerate(rows):
            told = {key: value for key, value in row.items() if value is not None}
            self.file.write((b",\n" if at else b"\n") + orjson.dumps(told))
        self.file.write(b"]")

    def _people(self) -> Iterator[Row]:
        quick_keys = set()
        for row in self._rows("people"):
            person_id, name, quick_key = row.pop("id"), row["name"], row["quick_key"]
            if quick_key in quick_keys:
                self._note("people", name, f"without quick_key, because another person is “{quick_key}”, too")
                row["quick_key"] = quick_key = None
            elif quick_key is not None:
                quick_keys.add(quick_key)
            if person_id is not None:
                self.names[str(person_id)] = name
            self.keys_of_names.setdefault(name, _person_key(name, quick_key))
            self.content.keys["people"].append(self.keys_of_names[name])
            yield row

    def _read_statuses(self, lists: set[str]) -> None:
        for row in self._rows("movie_status", "imdb_id"):
            if row["status"] == "custom" and row["custom_list_id"] not in lists:
                self._note("movie_status", row["imdb_id"], "to watch now, because its list is not there")
                row["status"] = "toWatch"
            elif row["status"] == "questionable":
                self.content.reinterpreted["questionable"] += 1
                row["status"] = "toWatch"
            self.statuses[row["imdb_id"]] = row

    def _read_votes(self) -> None:
        for row in self._rows("recommendations"):
            name = self.names.get(str(row["person_id"])) or row["person"]
            if name is None:
                known = row["person_id"] is None
                reason = "it names no person" if known else f"person {row['person_id']} is not there"
                self._leave_out("recommendations", f"{row['id']}, {row['imdb_id']}", reason)
                continue
            vote_type = True if row["vote_type"] is None else row["vote_type"]
            told = {"person_name": name, "date_recommended": row["date_recommended"], "vote_type": vote_type}
            self.votes[row["imdb_id"]].append(told)

    def _movies(self) -> Iterator[Row]:
        for row in self._rows("movies", "imdb_id"):
            imdb_id = row["imdb_id"]
            self.titles.add(imdb_id)
            self.content.keys["movies"].append((imdb_id,))
            self._lighten(row)
            if status := self.statuses.get(imdb_id):
                self.content.keys["movie_status"].append((imdb_id, status["status"]))
                row |= {name: status[name] for name in ("status", "custom_list_id")}
            if watch := self.watches.get(imdb_id):
                self.content.keys["watch_history"].append((imdb_id, watch["my_rating"]))
                row["watch_history"] = {name: watch[name] for name in ("date_watched", "my_rating")}
            row["recommendations"] = self.votes.get(imdb_id, [])
            for vote in row["recommendations"]:
                name = vote["person_name"]
                key = self.keys_of_names.get(name) or _person_key(name, None)
                self.content.keys["recommendations"].append((imdb_id, *key))
            yield row

    def _lighten(self, row: Row) -> None:
        """Give details the shapes that clients understand, and leave out those that are too long to be stored."""
        row |= {"tmdb_data": light_details(row["tmdb_data"]), "omdb_data": light_ratings(row["omdb_data"])}
        for name in ("tmdb_data", "omdb_data"):
            if row[name] is not None and len(orjson.dumps(row[name])) > MAX_METADATA_BYTES:
                self._note("movies", row["imdb_id"], f"without {name}, which has more than {MAX_METADATA_BYTES} bytes")
                row[name] = None

    def _rankings(self) -> Iterator[Row]:
        for row in self._rows("movie_rankings", "imdb_id"):
            if row["imdb_id"] in self.titles:
                self.content.keys["movie_rankings"].append((row["imdb_id"], row["liked"]))
                yield row
            else:
                self._leave_out("movie_rankings", row["imdb_id"], "its title is not there")

    def _orphans(self) -> None:
        for table, told in (("movie_status", self.statuses), ("watch_history", self.watches)):
            for imdb_id in told.keys() - self.titles:
                self._leave_out(table, imdb_id, "its title is not there")
        for imdb_id in self.votes.keys() - self.titles:
            for vote in self.votes[imdb_id]:
                key = f"{imdb_id}, {vote['person_name']}"
                self._leave_out("recommendations", key, "its title is not there")

    def _note(self, table: str, key: str, sentence: str) -> None:
        self.findings.note(self.owner.label, table, key, sentence)

    def _leave_out(self, table: str, key: str, reason: str) -> None:
        self.findings.leave_out(self.owner.label, table, key, reason)


def _person_key(name: str, quick_key: str | None) -> Key:
    return ("quick", quick_key) if quick_key in QUICK_KEYS else ("name", folded_name(name))
