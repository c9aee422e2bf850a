"""Finding the people who recommended a title in the texts around it; what is found is proposed, never decided.

The texts are those in which people keep such notes: a column, the note of a place in a list, the name of a list, tags,
brackets and dashes behind titles, headings. Company ("with mom") and brackets that are nobody are left alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from ..plugin.importers import ImportRow, Recommender
from ..uploads.vocabulary import is_kin, is_nobody, means_recommending, without_genitive

Finder = Callable[[str], Iterable[Recommender]]

MAX_WORDS = 4
MAX_LENGTH = 200
MAX_PEOPLE = 20
_BETWEEN_NAMES = re.compile(r"\s*(?:[,;&+]|\s(?:and|und|et|y|e)\s)\s*", re.IGNORECASE)
_COMPANY = re.compile(r"(?:with|w/|mit|avec)[\s_-]", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*)*(?: \([^()]*\))?")
_NOTE_BEHIND = re.compile(r"\s+[-–—]+\s+|\s*:\s+|\n")
_NO_ONE = {"", "-", "--", "–", "—", "?", "n/a", "na", "none", "null", "nobody", "no one", "unknown"}
_LEADING = re.compile(
    r"^(?:(?:the|some|all|more) )?(?:movies?|films?|shows?|series|titles?|things|stuff)(?: that)? ", re.IGNORECASE
)
_MINE = re.compile(r"^(?:(?:my|mein|meine|meiner|mon|ma|the|from|by|von|via)\s+)+", re.IGNORECASE)
_TELLING = re.compile(
    r"^(?P<who>.+?)\s+(?:wants?|wanted|told|tells|asked|begged|made|forced|insists?|insisted|said|says|got)\s+"
    r"(?:that\s+)?(?:me|us|i|we)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_WATCHING = re.compile(r"\b(?:watch|see|about|check)|^\W*$", re.IGNORECASE)
_THANKING = re.compile(r"^(?:via|per|thx|thanks to|thanks|thank you|h/t|ht)[\s:]+", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:(?:do|does|did|would|is|was)n['’]?t\b|(?:(?:do|does|did|would|is|was) )?(?:not|never|nicht|niet)\b) ?",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:(?:to|for) (?:me|us) )?"
    r"(?:by|from|via|of|von|de|du|par|por|pel[ao]|di|da|dal|dalla|van|door|av|af|od|от)[ :]+(.+)",
    re.IGNORECASE,
)
_CIRCUMSTANCE = re.compile(r"\s(?:at|on|in|who|because|when|after|while|for|to|as|since|that|which)\s.*", re.DOTALL)
_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*['’]?s?")
_INITIAL = re.compile(r"[^\W\d_]+ [^\W\d_]\.?")


def find_recommenders(row: ImportRow) -> tuple[Recommender, ...]:
    """The people whom the texts of a row propose, each once, in the order of the texts."""
    found: dict[str, Recommender] = {}
    for each in _proposals(row):
        if len(found) < MAX_PEOPLE:
            found.setdefault(each.name, each)
    return tuple(found.values())


def people_in_tag(tag: str) -> list[str]:
    """The names of the people whom a tag proposes."""
    return [each.name for each in _found_by(_of_tag, tag)]


def _proposals(row: ImportRow) -> Iterator[Recommender]:
    if row.told_by:
        yield from _found_by(_of_column, row.told_by)
    if row.note and not row.asides:  # with asides, the note repeats them
        is_wish = row.list_place is not None or row.status == "toWatch"
        yield from _of_note(row.note, may_be_name=is_wish)
    for aside in row.asides:
        yield from _of_aside(aside)
    for tag in row.tags:
        yield from _found_by(_of_tag, tag)
    if row.list_place:
        yield from _found_by(_of_name, row.list_place.name)
    if row.heading:
        yield from _found_by(_of_heading, row.heading)


def _found_by(find: Finder, text: str) -> Iterable[Recommender]:
    return _found_before(find, text) if len(text) <= MAX_LENGTH else find(text)


@lru_cache(2_000)  # the same few tags, lists and people in many rows
def _found_before(find: Finder, text: str) -> tuple[Recommender, ...]:
    return tuple(find(text))


def _of_tag(tag: str) -> Iterator[Recommender]:
    """A tag: ``rec-by-anna``, ``kaitlyns reccomendation``; not ``with mom``."""
    yield from _of_phrase(re.sub(r"[-_:]+", " ", tag), tag)


def _of_name(name: str) -> Iterator[Recommender]:
    """The name of a list: ``Movies Frank wants me to watch``."""
    yield from _of_phrase(name, name)


def _of_column(cell: str) -> Iterator[Recommender]:
    """The cell of a column for recommenders, which names nobody else: ``Anna, Ben & Mum``."""
    text, *notes = _NOTE_BEHIND.split(cell.strip(), maxsplit=1)
    if _recommending_at(text.split()) is not None:
        yield from _of_phrase(text, cell, notes)
    else:
        yield from _people(_BETWEEN_NAMES.split(text), cell, notes, anyone=True)


def _of_note(note: str, *, may_be_name: bool) -> Iterator[Recommender]:
    """A note: ``recommended by Anna``; of a wish or a place in a list also ``Joe (UpClear)``, ``Gindi - it was …``."""
    text, *notes = _NOTE_BEHIND.split(note.strip(), maxsplit=1)
    found = list(_of_phrase(text, note, notes))
    if not found and notes:
        found = list(_of_phrase(" ".join(note.split()), note))
    if not found and may_be_name:
        names = _BETWEEN_NAMES.split(text)
        if all(map(_looks_like_name, names)):
            found = list(_people(names, note, notes))
    yield from found


def _of_aside(aside: str) -> Iterator[Recommender]:
    """What stands behind a title: ``(Dad suggestions)``, ``- liz&tim suggestion``, ``(hannah)``; not ``(French)``."""
    found = list(_of_phrase(aside, aside))
    texts = _BETWEEN_NAMES.split(_THANKING.sub("", aside))
    names = [without_genitive(_MINE.sub("", text.strip(" @!?"))) for text in texts]
    yield from found or (_people(names, aside) if all(map(_is_somebody, names)) else ())


def _is_somebody(name: str) -> bool:
    """Whether a text in brackets is a person: ``hannah``, ``Jeff S.``, ``Uncle Johnny``; not an actor ``Tom Hanks``."""
    first, *others = name.split() or [""]
    if is_kin(first):
        return len(others) < 3 and all(_WORD.fullmatch(each) for each in others)
    return bool(_WORD.fullmatch(name) or _INITIAL.fullmatch(name)) and not is_nobody(first)


def _of_heading(heading: str) -> Iterator[Recommender]:
    """A heading above titles: ``Nelly's Recommendations``, ``From Anna``, ``Dad``; not ``Horror`` nor ``1995``."""
    found = list(_of_phrase(heading, heading))
    text = heading.strip("#*:= ")
    named = re.fullmatch(r"(?:from|von)\s+(.+)", text, re.IGNORECASE)
    is_name = is_kin(_MINE.sub("", text)) or (named is not None and _looks_like_name(named[1]))
    yield from found or (_people([text], heading) if is_name else ())


def _of_phrase(phrase: str, written_as: str, notes: Iterable[str] = ()) -> Iterator[Recommender]:
    """A phrase that says that somebody recommended something: by whom, whose, or who did."""
    said = _LEADING.sub("", " ".join(phrase.split()).strip("#*:.!()[] "))
    if _COMPANY.match(said):
        return
    text = _AGAINST.sub("", said)
    yield from (replace(each, vote=text == said) for each in _named_by(text, written_as, notes))


def _named_by(text: str, written_as: str, notes: Iterable[str]) -> Iterator[Recommender]:
    if (told := _TELLING.match(text)) and _WATCHING.search(told["rest"]):
        yield from _people(_BETWEEN_NAMES.split(told["who"]), written_as, notes)
        return
    words = text.split()
    if (at := _recommending_at(words)) is None:
        return
    behind = " ".join(words[at + 1 :]).lstrip(": ")
    if by := _BY.match(behind):
        yield from _people(_BETWEEN_NAMES.split(by[1]), written_as, notes)
    elif at == 0 and words[0].endswith(":"):
        yield from _people(_BETWEEN_NAMES.split(behind), written_as, notes)
    elif at > 0:
        names = [without_genitive(_MINE.sub("", name)) for name in _BETWEEN_NAMES.split(" ".join(words[:at]))]
        yield from _people(names, written_as, notes)
    elif len(words) == 2:
        yield from _people(words[1:], written_as, notes)


def _recommending_at(words: list[str]) -> int | None:
    return next((place for place, word in enumerate(words) if means_recommending(word)), None)


def _people(
    names: Iterable[str], written_as: str, notes: Iterable[str] = (), *, anyone: bool = False
) -> Iterator[Recommender]:
    """Those of these texts that can be names; ``anyone`` if they can be nothing else."""
    note = " ".join(notes).strip() or None
    for each in names:
        name = _MINE.sub("", each.strip(" \"“”'‘’.!?:*_-")).strip()
        if not anyone:
            name = _CIRCUMSTANCE.sub("", name)
        if (
            name.lower() not in _NO_ONE
            and len(name) <= MAX_LENGTH
            and (not _describes(name) if anyone else _can_be_name(name))
        ):
            yield Recommender(name, written_as, note)


def _describes(text: str) -> bool:
    """Whether several small words say what a title is and not who somebody is: ``(famine film)``."""
    first, *others = text.strip("()[] ").split() or [""]
    return bool(others) and text == text.lower() and not is_kin(first) and is_nobody(others[-1])


def _can_be_name(text: str) -> bool:
    words = text.split()
    return bool(_NAME.fullmatch(text)) and len(words) <= MAX_WORDS and not (is_nobody(text) or is_nobody(words[0]))


def _looks_like_name(text: str) -> bool:
    """Whether a text of a few words is somebody's name: capitals throughout, or a word for kin, and no other word."""
    words = _MINE.sub("", re.sub(r"\s*\([^()]*\)$", "", text.strip())).split()
    if not 1 <= len(words) <= 3 or not all(word[0].isalpha() for word in words):
        return False
    return all((word[0].isupper() or is_kin(word)) and not is_nobody(word) for word in words)
