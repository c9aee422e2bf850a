"""What the cells of exports mean: ids, years, kinds, ratings, flags; None for what is empty or makes no sense."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from ..text import fold_key

Kind = Literal["movie", "tv", "episode", "other"]

MAX_NUMERIC_ID = 2**40 - 1
MAX_KEPT_LENGTH = 500
_IMDB_ID = re.compile(r"(?:tt)?0*([0-9]{1,17})(?:\.0)?", re.IGNORECASE)
_WHOLE = re.compile(r"\+?([0-9]{1,13})(?:\.0+)?")
_TITLE_AND_YEAR = re.compile(r"(.+?)\s*\(([12][0-9]{3})\)")
_OF_BEST = re.compile(r"\s*([0-9.,]+)\s*/\s*(5|10|100)\s*")
_YES = {"yes", "y", "true", "1", "x", "ja", "si", "oui", "✓", "✔", "✅", "☑"}
_NO = {"no", "n", "false", "0", "nein", "non", "-"}

_KINDS: dict[Kind, str] = {
    "movie": "movie film feature featurefilm documentary short shortfilm tvmovie tvshort tvspecial video corto"
    " cortometraggio specialetv filmtv documentario kurzfilm fernsehfilm spielfilm filme pelicula cortometraje 電影",
    "tv": "tv series tvseries tvminiseries miniseries miniserie miniserietv serietv show shows tvshow anime serie"
    " fernsehserie 劇集系列 剧集系列",
    "episode": "episode tvepisode episodiotv episodio folge season tvseason staffel",
    "other": "videogame videogioco game musicvideo videomusicale podcastseries podcastepisode podcast person book",
}
# What shows the kind within a word of other languages, such as Fernsehepisode; an episode also names its series.
_STEMS: dict[Kind, str] = {
    "other": "podcast|musi[ck]video|video(?:game|gioc|jueg|spiel)|jeux?video|computerspiel",
    "episode": "epi[sz]od|folge|odcin|эпизод",
    "tv": "serie|serial|сериал",
    "movie": "film|pelicula|metrage|фильм",
}
_KIND_OF: dict[str, Kind] = {fold_key(word): kind for kind, words in _KINDS.items() for word in words.split()}


def imdb_id(text: object) -> str | None:
    """An IMDb id from one that may lack its ``tt`` or leading noughts: ``tt98369`` is tt0098369."""
    found = _IMDB_ID.fullmatch(str(text).strip()) if isinstance(text, str | int) else None
    return f"tt{found[1]:0>7}" if found and found[1] != "0" else None


def numeric_id(text: object) -> int | None:
    """A positive id of another database, of digits; a spreadsheet may have added ``.0``."""
    found = _WHOLE.fullmatch(str(text).strip()) if isinstance(text, str | int | float | Decimal) else None
    number = int(found[1]) if found else 0
    return number if 0 < number <= MAX_NUMERIC_ID else None


def release_year(text: object) -> int | None:
    """The year at the beginning of a text or date: ``1995``, ``1995.0``, ``1995-12-15``, ``1995–2001``."""
    found = re.match(r"([12][0-9]{3})(?![0-9])", str(text).strip()) if isinstance(text, str | int | float) else None
    return int(found[1]) if found and 1800 <= int(found[1]) <= 2999 else None


def title_and_year(text: str) -> tuple[str | None, int | None]:
    """The title of ``Heat (1995)`` and its year, which may be missing; None for a title that is empty."""
    found = _TITLE_AND_YEAR.fullmatch(text.strip())
    return (found[1], release_year(found[2])) if found else (text.strip() or None, None)


def kind_of(text: object) -> Kind | None:
    """The kind that a word stands for, in display text, camel case, or one of many languages."""
    if not isinstance(text, str):
        return None
    key = fold_key(text)
    return _KIND_OF.get(key) or next((kind for kind, stems in _STEMS.items() if re.search(stems, key)), None)


def rating_on_ten(text: object, best: int) -> float | None:
    """A rating of 1.0 to 10.0 from one of 0 to ``best`` (5, 10, 100), which is multiplied, not spread.

    So half a star of five is 1.0, and five are 10.0; ``4/5`` says itself which is the best. Less than a tenth of
    ``best`` becomes 1.0, but 0 is no rating in most trackers, and None here; so is what is not between them.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float | Decimal):
        return None
    if isinstance(text, str) and (found := _OF_BEST.fullmatch(text)):
        text, best = found[1], int(found[2])
    try:
        given = float(text.replace(",", ".") if isinstance(text, str) else text)
    except (ValueError, OverflowError):
        return None
    return max(1.0, round(given * 10 / best, 1)) if 0 < given <= best else None


def best_rating(texts: Iterable[str], scales: Sequence[int]) -> int:
    """The first of these scales, in rising order, that all ratings of a column fit; the last if none does."""
    highest = Decimal(0)
    for text in texts:
        try:
            given = Decimal(text.strip().replace(",", "."))
        except InvalidOperation:
            continue
        if given.is_finite():
            highest = max(highest, given)
    return next((best for best in scales if highest <= best), scales[-1])


def kept(text: str) -> str | None:
    """The beginning of a text that an importer keeps until the end of a file, such as the name of a list."""
    return text[:MAX_KEPT_LENGTH] or None


def is_yes(text: object) -> bool:
    """Whether a cell says yes, in a word or by a tick."""
    return _word(text) in _YES


def is_no(text: object) -> bool:
    """Whether a cell says no; one that is empty says nothing."""
    return _word(text) in _NO


def _word(text: object) -> str:
    return str(text).strip().rstrip("\ufe0f").lower() if isinstance(text, str | int) else ""


def words_of(text: str, separator: str = ",") -> tuple[str, ...]:
    """The parts of a cell, such as its tags, without empty ones and repetitions."""
    return tuple(dict.fromkeys(part for each in text.split(separator) if (part := each.strip())))


def content_id(*parts: object) -> str:
    """A row id from what a row says, which is the same for equal rows of any file."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Places:
    """Row ids of a tracker whose equal rows are several viewings: the second of two equal ones has an id of its own."""

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()

    def id_of(self, *parts: object) -> str:
        """The content id, with its number behind it from the second equal row on."""
        found = content_id(*parts)
        key = int(found[:16], 16)  # takes less memory than the text
        self._seen[key] += 1
        return found if self._seen[key] == 1 else f"{found}-{self._seen[key]}"
