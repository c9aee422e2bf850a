"""Splits titles, names and queries into words, ignoring case, accents and punctuation.

The index also contains markers: words that begin with a private-use character, which no query can contain. A marker
states a fact about the record (its year, its genre, its whole title), so that one full-text query combines words and
facts.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

YEAR = "\ue000"
GENRE = "\ue001"
TYPE = "\ue002"
WHOLE = "\ue003"
SYMBOLS = "\ue004"

MAX_QUERY_LENGTH = 1_000
MAX_WORDS = 64

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_COMBINING_ACCENTS = re.compile("[\u0300-\u036f]+")
_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
)
_FRACTIONS = str.maketrans({"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"})


def words(text: str) -> list[str]:
    """The words of a text in order: lower case, no accents, nothing but letters, digits and vowel signs."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    bare = _COMBINING_ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_FRACTIONS)))
    folded = unicodedata.normalize("NFC", bare.casefold().translate(_WITHOUT_DECOMPOSITION))
    return "".join(character if _is_of_a_word(character) else " " for character in folded).split()


def _is_of_a_word(character: str) -> bool:
    # Vowel signs (Mn, Mc) are part of words in Indian scripts although they are not letters.
    return character.isalnum() or unicodedata.category(character) in {"Mn", "Mc"}


def joined_words(text: str) -> list[str]:
    """Words split by punctuation, joined: ``Spider-Man`` gives ``spiderman``."""
    return ["".join(parts) for chunk in text.split() if len(parts := words(chunk)) > 1]


def whole(text: str) -> str:
    """The marker of a whole title or name, even one made of symbols ("$", "???")."""
    key = "".join(words(text))
    if key:
        return WHOLE + key
    return SYMBOLS + "".join(text.split()).encode("utf-8", "ignore").hex()


def searchable(texts: Iterable[str], markers: Iterable[str]) -> str:
    """The text that the full-text index stores for a record: the words of its texts, and its markers."""
    parts: list[str] = []
    for text in texts:
        found = words(text)
        parts += found
        if not text.replace(" ", "").isalnum():
            parts += joined_words(text)
        parts.append(WHOLE + "".join(found) if found else whole(text))
    parts += markers
    return " ".join(parts)


@lru_cache(maxsize=256)
def genre_marker(genre: str) -> str:
    """The marker of a genre in any spelling: ``Sci-Fi``, ``sci fi``, ``SciFi``."""
    return GENRE + "".join(words(genre))


def match(terms: Iterable[str], markers: Iterable[str] = (), *, prefix: bool = False) -> str:
    """An FTS5 expression for records that have all these words and markers.

    ``terms`` must come from :func:`words`, so that none of them contains a quote. With ``prefix`` the last term may be
    the beginning of a word, as in search while typing.
    """
    quoted = [f'"{term}"' for term in list(terms)[:MAX_WORDS]]
    if quoted and prefix:
        quoted[-1] += "*"
    quoted += [f'"{marker}"' for marker in markers]
    return " AND ".join(quoted)
