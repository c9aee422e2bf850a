"""What the full-text index stores for titles and names, and the expressions that find it.

The index contains folded words and markers: words that begin with a private-use character, which no query can contain.
A marker states a fact about the record (its year, its genre, its whole title), so that one full-text query combines
words and facts.
"""

from collections.abc import Iterable
from functools import lru_cache

from movietracker.pluginapi import fold_words, joined_words

YEAR = "\ue000"
GENRE = "\ue001"
TYPE = "\ue002"
WHOLE = "\ue003"
SYMBOLS = "\ue004"

MAX_QUERY_LENGTH = 1_000
MAX_WORDS = 64


def whole(text: str) -> str:
    """The marker of a whole title or name, even one made of symbols ("$", "???")."""
    key = "".join(fold_words(text))
    if key:
        return WHOLE + key
    return SYMBOLS + "".join(text.split()).encode("utf-8", "ignore").hex()


def searchable(texts: Iterable[str], markers: Iterable[str]) -> str:
    """The text that the full-text index stores for a record: the words of its texts, and its markers."""
    parts: list[str] = []
    for text in texts:
        found = fold_words(text)
        parts += found
        if not text.replace(" ", "").isalnum():
            parts += joined_words(text)
        parts.append(WHOLE + "".join(found) if found else whole(text))
    parts += markers
    return " ".join(parts)


@lru_cache(maxsize=256)
def genre_marker(genre: str) -> str:
    """The marker of a genre in any spelling: ``Sci-Fi``, ``sci fi``, ``SciFi``."""
    return GENRE + "".join(fold_words(genre))


def match(terms: Iterable[str], markers: Iterable[str] = (), *, prefix: bool = False) -> str:
    """An FTS5 expression for records that have all these words and markers.

    ``terms`` must come from ``fold_words``, so that none of them contains a quote. With ``prefix`` the last term may be
    the beginning of a word, as in search while typing.
    """
    quoted = [f'"{term}"' for term in list(terms)[:MAX_WORDS]]
    if quoted and prefix:
        quoted[-1] += "*"
    quoted += [f'"{marker}"' for marker in markers]
    return " AND ".join(quoted)
