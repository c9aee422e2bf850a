"""The outline of a text: which lines are titles, which are headings above them, and which are notes below them.

Markdown, Org and plain text are read alike. A bullet with bullets below it is a heading, unless it is surely a title.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Literal

from .entries import Entry, dashed, plain_cell, read_entry, tells

LABEL_LEVEL = 7
_MAX_SIGNATURES = 10_000
_MAX_GROUPS = 20
_HEADING = re.compile(r"\s{0,3}(?P<marks>#{1,6})\s+(?P<text>.*?)[\s#]*")
_BULLET = re.compile(
    r"(?P<indent>\s*)(?:(?:[-*+–]|[0-9]{1,4}[.)])\s+|[•·‣◦]\s*|(?=\[[ xX]\]\s)|(?=[☐☑☒✓✔✅]))(?P<text>\S.*)"
)
_STARS = re.compile(r"(?P<stars>\*+)\s+(?P<text>\S.*)")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)(?P<text>[^*_]+)\1:?\s*")
_UNDERLINE = re.compile(r"\s*(=+|-{3,}|~{3,})\s*")
_TABLE = re.compile(r"\s*\|(?P<cells>.*?)\|?\s*")
_RULE = re.compile(r"[\s|+:=-]+")
_ORG_SIGNS = re.compile(r"#\+\w+:|\*{2,}\s+\S|\*+\s+(?:TODO|DONE|NEXT|WATCHED|SEEN)\s|\s*:PROPERTIES:")
_SKIPPED = re.compile(r"#\+|\s*:[\w-]+:|\s*(?:SCHEDULED|DEADLINE|CLOSED):|```|\s*<!--")

Form = Literal["heading", "item", "row", "rule", "plain", "blank"]


@dataclass(slots=True)
class Line:
    """A line: what it is, how deep, and its text without marks."""

    number: int
    form: Form
    depth: int
    text: str


@dataclass(slots=True)
class Found:
    """A title in a text, as an entry or as the row of a table, with the headings above it, the outermost first."""

    number: int
    headings: list[str]
    entry: Entry | None = None
    cells: Mapping[str, str] = field(default_factory=dict)


class Survey:
    """What a text shows as a whole: whether it is Org, whether it has bullets, and texts behind several dashes."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        has_org_signs = has_hashes = has_both_bullets = False
        last_bullet, items, others = "", 0, 0
        counts: dict[str, int] = {}
        for _, text in lines:
            has_org_signs = has_org_signs or _ORG_SIGNS.match(text) is not None
            has_hashes = has_hashes or _HEADING.fullmatch(text) is not None
            has_both_bullets = has_both_bullets or text[:2] + last_bullet == "- * "
            last_bullet = text[:2] if text[:2] in ("* ", "- ") else last_bullet
            items, others = items + is_structured(text), others + bool(text.strip())
            if (signature := dashed(text)) and len(counts) < _MAX_SIGNATURES:
                counts[signature] = counts.get(signature, 0) + 1
        self.is_org = has_org_signs or (has_both_bullets and not has_hashes)
        self.has_items = items * 5 >= others > 0
        self.signatures = frozenset(text for text, count in counts.items() if count > 1)


def is_structured(text: str) -> bool:
    """Whether a line begins with the mark of a list, a table or Org."""
    return bool(_BULLET.fullmatch(text) or _TABLE.fullmatch(text) or _STARS.fullmatch(text))


def titles_of(lines: Iterable[tuple[int, str]], survey: Survey) -> Iterator[Found]:
    """The titles of a text in its order."""
    outline = _Outline(survey)
    for line in _classified(lines, survey):
        yield from outline.take(line)
    yield from outline.flush()


class _Outline:
    """The place in the outline while lines are read; a title waits for notes below it."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._headings: list[tuple[int, str]] = []
        self._groups: list[tuple[int, str]] = []
        self._columns: list[str] = []
        self._waiting: tuple[Line, Entry] | None = None

    def take(self, line: Line) -> Iterator[Found]:
        if line.form != "row" and line.form != "rule":
            self._columns = []
        if line.form == "heading":
            yield from self.flush()
            self._headings = [each for each in self._headings if each[0] < line.depth]
            self._headings.append((line.depth, line.text))
            self._groups = []
        elif line.form == "item":
            yield from self._item(line)
        elif line.form == "plain" and self._waiting and line.depth > self._waiting[0].depth:
            self._waiting[1].add_aside(line.text)
        elif line.form == "row":
            yield from self.flush()
            yield from self._row(line)

    def flush(self) -> Iterator[Found]:
        """The title that waits."""
        if self._waiting:
            line, entry = self._waiting
            self._waiting = None
            if entry.title or entry.imdb_id or entry.tmdb_id:
                yield Found(line.number, self._path(), entry)

    def _item(self, line: Line) -> Iterator[Found]:
        if self._waiting and line.depth > self._waiting[0].depth:
            above, entry = self._waiting
            is_group = tells(above.text) and not entry.asides
            if entry.is_surely_title or (not is_group and (tells(line.text) or line.text[:1].islower())):
                entry.add_aside(plain_cell(line.text))
                return
            self._groups = [*self._groups, (above.depth, above.text)][-_MAX_GROUPS:]
            self._waiting = None
        yield from self.flush()
        self._groups = [each for each in self._groups if each[0] < line.depth]
        self._waiting = line, read_entry(line.text, self._survey.signatures)

    def _row(self, line: Line) -> Iterator[Found]:
        cells = [plain_cell(cell) for cell in line.text.split("|")]
        if not self._columns:
            self._columns = [cell.lower() for cell in cells]
        elif any(cells):
            cells += [""] * (len(self._columns) - len(cells))
            yield Found(line.number, self._path(), cells=dict(zip(self._columns, cells, strict=False)))

    def _path(self) -> list[str]:
        return [plain_cell(text).rstrip(": ") for _, text in (*self._headings, *self._groups)]


def _classified(lines: Iterable[tuple[int, str]], survey: Survey) -> Iterator[Line]:
    """Each line with what it is, which for a heading can be the line below it."""
    is_front_matter = False
    for (number, text), (_, below) in pairwise(chain(lines, [(0, "")])):
        if text == "---" and (number == 1 or is_front_matter):
            is_front_matter = not is_front_matter
        elif not is_front_matter and not _SKIPPED.match(text):
            yield _line(number, text, below, survey)


def _line(number: int, text: str, below: str, survey: Survey) -> Line:
    if not text.strip() or _UNDERLINE.fullmatch(text):
        return Line(number, "blank", 0, "")
    if found := _TABLE.fullmatch(text):
        return Line(number, "rule" if _RULE.fullmatch(text) else "row", 0, found["cells"])
    if survey.is_org and (found := _STARS.fullmatch(text)):
        return Line(number, "item", len(found["stars"]), found["text"])
    if (found := _HEADING.fullmatch(text)) and found["text"]:
        return Line(number, "heading", len(found["marks"]), found["text"])
    if found := _BULLET.fullmatch(text):
        depth = len(found["indent"].expandtabs(4)) + (100 if survey.is_org else 0)
        return Line(number, "item", depth, found["text"])
    return _unmarked(number, text, below, survey)


def _unmarked(number: int, text: str, below: str, survey: Survey) -> Line:
    """A line without marks: a heading by its words or the line below it, else a title in a text without bullets."""
    bare = text.strip()
    if found := _UNDERLINE.fullmatch(below):
        return Line(number, "heading", 1 if found[1].startswith("=") else 2, bare)
    if (found := _BOLD_LINE.fullmatch(text)) and (survey.has_items or found["text"].endswith(":")):
        return Line(number, "heading", LABEL_LEVEL, found["text"])
    is_label = bare.endswith(":") or (
        tells(bare) and not dashed(bare) and "(" not in bare and ": " not in bare and len(bare.split()) <= 6
    )
    if is_label and not text[0].isspace():
        return Line(number, "heading", LABEL_LEVEL, bare)
    if survey.has_items:
        depth = 1_000 if text[0].isspace() or survey.is_org else 0
        return Line(number, "plain", depth, bare)
    return Line(number, "item", len(text) - len(text.lstrip()), bare)
