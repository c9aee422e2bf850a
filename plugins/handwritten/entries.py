"""What one line of a list says: the title, its year, whether it was seen, and what else is written behind it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from movietracker.pluginapi import (
    Kind,
    imdb_id,
    is_kin,
    means_recommending,
    numeric_id,
    partial_date,
    phrase,
    rating_on_ten,
)

_BOX = re.compile(r"\[(?P<box>[ xX✓✔-])\]\s+|(?P<sign>[☐☑☒✓✔✅])\ufe0f?\s*")
_KEYWORD = re.compile(r"(?P<word>TODO|NEXT|WAITING|DONE|WATCHED|SEEN)\s+(?=\S)")
_STRUCK = re.compile(r"~~(.+?)~~|\+(?=\S)(.+?)(?<=\S)\+(?=\s|$)")
_LINK = re.compile(
    r"\[\[(?P<org>[^\[\]]+)\](?:\[(?P<org_text>[^\[\]]*)\])?\]|\[(?P<text>[^\[\]]*)\]\((?P<url>[^()\s]*)\)"
)
_ADDRESS = re.compile(r"<?\bhttps?://[^\s<>]+>?")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*\*|\*\*|\*|__|_|`|~|/)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ORG_TAGS = re.compile(r"\s+:(?P<tags>[\w@#%:]+):$")
_IMDB = re.compile(r"\b(tt[0-9]{5,17})\b")
_TMDB = re.compile(r"themoviedb\.org/(movie|tv)/([0-9]+)")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_BEHIND_LINK = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|(?:-{1,3}|–|—)\s+(.+)")
_YEAR_FIRST = re.compile(r"((?:18[7-9]|19[0-9]|20[0-9])[0-9])(?![0-9/-])[\s,;:–-]*")
_DASH = re.compile(r"\s+(?:-{1,3}|–|—|\||//)\s+")
_TOLD_BEHIND = re.compile(r"[\s,;:–—-]+(?=(?P<word>[^\W\d_]{4,})\s+(?:to\s+(?:me|us)\s+)?(?:by|from|von|par|de)\s)")
_SEEN = re.compile(
    r"(?:re)?(?:watched|seen|gesehen|vu|visto|vista)\b[\s:]*(?:on|am|le|il)?\s*(?P<when>.*)", re.IGNORECASE
)
_RATING = re.compile(
    r"(?P<given>[0-9]{1,3}(?:[.,][0-9]+)?)\s*/\s*(?P<best>5|10|100)|(?P<words>[0-5](?:[.,]5)?) stars?"
    r"|(?P<stars>[★⭐]+)\ufe0f?(?P<half>½)?☆*"
)
_ISO_DAY = re.compile(r"[12][0-9]{3}[-/.][0-9?]{1,2}[-/.][0-9?]{1,2}")
_BEHIND = re.compile(
    r"\s+(?P<text>[0-9.,]{1,3}\s?/\s?10|[★⭐]+\ufe0f?½?☆*|[0-5](?:[.,]5)? stars?|@[\w.-]+"
    rf"|{_ISO_DAY.pattern})\s*$"
)
_COMMA_YEAR = re.compile(r"(.+),\s*((?:18[7-9]|19[0-9]|20[0-9])[0-9])")
_TOLD_BEFORE = re.compile(r"(?P<who>[^:()\[\]]{3,40}):\s+(?=\S)")


MAX_NOTES_LENGTH = 100_000
"""Characters; notes below a title can go on for the rest of a file."""


@dataclass(slots=True)
class Entry:
    """A line of a list; ``seen`` is None if the line does not say."""

    title: str
    year: int | None = None
    seen: bool | None = None
    watched_on: str | None = None
    rating: float | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    kind: Kind | None = None
    tags: tuple[str, ...] = ()
    asides: list[str] = field(default_factory=list)
    needs_review: str | None = None
    room: int = MAX_NOTES_LENGTH

    @property
    def is_surely_title(self) -> bool:
        """Whether the line shows that it names a title, and not a group of them."""
        return self.year is not None or self.seen is not None or bool(self.imdb_id or self.tmdb_id)

    def add_aside(self, text: str) -> None:
        """Take what stands behind the title, or below it: a year, a rating, a day, or words."""
        self.room -= len(text)
        if self.room < 0:
            return
        text = text.strip(" \t,;:–—-|/")
        if self.year is None and (found := _YEAR_FIRST.match(text)):
            self.year = int(found[1])
            text = text[found.end() :].strip()
        if found := _RATING.fullmatch(text):
            best = int(found["best"]) if found["best"] else 5
            stars = len(found["stars"] or "") + (0.5 if found["half"] else 0)
            self.rating, self.seen = rating_on_ten(found["given"] or found["words"] or stars, best), True
        elif found := _SEEN.fullmatch(text):
            self.seen, self.watched_on = True, partial_date(found["when"]) or self.watched_on
            self.asides += [text] if found["when"] and not self.watched_on else []
        elif _ISO_DAY.fullmatch(text) and self.seen is not False:
            self.seen, self.watched_on = True, partial_date(text)
        elif text:
            self.asides.append(text)


def read_entry(text: str, signatures: Collection[str] = ()) -> Entry:
    """Read a line without its bullet; ``signatures`` are texts that stand behind a dash in several lines."""
    entry = Entry("")
    text = _plain(_marked(text.strip(), entry), entry)
    if (entry.imdb_id or entry.tmdb_id) and (found := _BEHIND_LINK.fullmatch(text)):
        entry.add_aside("".join(filter(None, found.groups())))
        return entry  # the link stands for the title
    before = ""
    if (found := _TOLD_BEFORE.match(text)) and tells(found["who"]):
        before, text = found["who"], text[found.end() :]
    title, *behind = _parts(text)
    title, tail = _apart(title, signatures)
    while found := _BEHIND.search(title):
        title, tail = title[: found.start()], [found["text"], *tail]
    for aside in (before, *tail, *behind):
        entry.add_aside(aside)
    entry.title = _comma_year(title.strip(' ,;:"“”'), entry)
    if entry.year is None and (signature := dashed(entry.title)) and len(signature.split()) == 1:
        entry.needs_review = phrase("doubtful_note")
    return entry


def dashed(text: str) -> str | None:
    """What stands behind the last dash of a line, if it may be a signature."""
    _, *tail = _DASH.split(text)
    return tail[-1].strip() if tail and len(tail[-1]) <= 40 else None


def tells(text: str) -> bool:
    """Whether a text speaks of recommending."""
    return any(map(means_recommending, text.split()))


def plain_cell(text: str) -> str:
    """A cell of a table without links and emphasis."""
    return _plain(text, Entry(""))


def _marked(text: str, entry: Entry) -> str:
    """Take boxes, keywords, tags and strokes that say whether a title was seen."""
    if found := _KEYWORD.match(text):
        entry.seen = found["word"] in ("DONE", "WATCHED", "SEEN")
        text = text[found.end() :]
    if found := _BOX.match(text):
        entry.seen = (found["box"] or found["sign"]) not in (" ", "-", "☐")
        text = text[found.end() :]
    if found := _ORG_TAGS.search(text):
        entry.tags = tuple(filter(None, found["tags"].split(":")))
        text = text[: found.start()]
    if found := _STRUCK.match(text):
        entry.seen = True
        text = (found[1] or found[2]) + text[found.end() :]
    return text


def _plain(text: str, entry: Entry) -> str:
    """The text without links, of which the ids are taken, and without emphasis."""
    if found := _IMDB.search(text):
        entry.imdb_id = imdb_id(found[1])
    if found := _TMDB.search(text):
        entry.kind, entry.tmdb_id = "movie" if found[1] == "movie" else "tv", numeric_id(found[2])
    text = _LINK.sub(lambda found: found["org_text"] or found["text"] or "", text)
    text = _EMPHASIS.sub(r"\2", _ADDRESS.sub("", text))
    return " ".join(_IMDB.sub("", text).split())


def _parts(text: str) -> Iterator[str]:
    """The title, then what is in brackets or follows them, or says by whom it was recommended."""
    brackets = [found for found in _BRACKETS.finditer(text) if found.start() > 0]
    told = next((found for found in _TOLD_BEHIND.finditer(text) if means_recommending(found["word"])), None)
    end = min(brackets[0].start() if brackets else len(text), told.start() if told else len(text))
    yield text[:end]
    if told and told.start() == end:
        yield text[told.end() :]
        return
    for found in brackets:
        yield text[end : found.start()]
        yield found[1] or found[2] or ""
        end = found.end()
    yield text[end:]


def _apart(text: str, signatures: Collection[str]) -> tuple[str, list[str]]:
    """The title before the first dash behind which something else stands, and the texts behind this and later ones."""
    for dash in _DASH.finditer(text):
        first, *others = _DASH.split(text[dash.end() :])
        title = text[: dash.start()]
        if _is_told(first) or first.strip() in signatures or _COMMA_YEAR.fullmatch(title):
            return title, [first, *others]
    return text, []


def _is_told(text: str) -> bool:
    """Whether what stands behind a dash is no part of a title."""
    by = re.match(r"(?:by|from|via|von|thx|thanks(?:\s+to)?)\s+\S+$", text, re.IGNORECASE)
    person = re.sub(r"^(?:my|mein|meine)\s+", "", text, flags=re.IGNORECASE).split()
    says = bool(_RATING.fullmatch(text) or _SEEN.fullmatch(text) or _YEAR_FIRST.fullmatch(text))
    return bool(by) or says or tells(text) or (len(person) in (1, 2) and is_kin(person[0]))


def _comma_year(title: str, entry: Entry) -> str:
    if entry.year is None and (found := _COMMA_YEAR.fullmatch(title)):
        entry.year = int(found[2])
        return found[1]
    return title
