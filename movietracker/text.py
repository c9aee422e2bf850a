"""The forms in which text is compared and searched, the same for a library, its people and the offline catalog."""

import re
import unicodedata
from collections.abc import Iterable

MAX_SEARCH_TEXT = 4000

MAX_TITLE = 1000
"""Characters of what a title is called."""

_ACCENTS = "\u0300-\u036f"
# Unicode's default-ignorable characters: joiners, marks of direction, soft hyphens, selectors of emoji variants.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_NOT_SEEN = re.compile(f"[{_INVISIBLE}]+")
_NOT_COMPARED = re.compile(f"[{_ACCENTS}{_INVISIBLE}]+")
_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
)
_FRACTIONS = str.maketrans({"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"})
_ASCII_WORD = re.compile("[a-z0-9]+")


def visible(text: str) -> str:
    """The text without the characters that nobody sees."""
    return text if text.isascii() else _NOT_SEEN.sub("", text)


def fold(text: str) -> str:
    """The text without case, accents, invisible characters and white space around it; punctuation stays.

    A text of nothing else is returned as it is, so that two of them do not become the same.
    """
    return _folded(text).strip() or text


def fold_words(text: str) -> list[str]:
    """The words of a text in order: folded, nothing but letters, digits and vowel signs."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    folded = _folded(text.translate(_FRACTIONS))
    return "".join(character if _is_of_a_word(character) else " " for character in folded).split()


def joined_words(text: str) -> list[str]:
    """The words of a text, with what only punctuation divides in one piece: ``Spider-Man`` gives ``spiderman``."""
    return [word for chunk in text.split() if (word := "".join(fold_words(chunk)))]


def fold_key(text: str) -> str:
    """A text in one piece, however it is spelled: ``Sci-Fi``, ``sci fi`` and ``SciFi`` are one; symbols stay."""
    return "".join(fold_words(text)) or "".join(fold(text).split())


def search_forms(text: str) -> tuple[str, ...]:
    """The phrases by which a text is stored to be searched, and looked for: its words, and its joined words if others.

    A text without words, like "$" or "???", has its symbols; only white space has none.
    """
    apart = " ".join(fold_words(text))
    if not apart:
        symbols = fold_key(text)
        return (symbols,) if symbols else ()
    joined = apart if text.replace(" ", "").isalnum() else " ".join(joined_words(text))
    return (apart,) if joined == apart else (apart, joined)


def search_text(phrases: Iterable[str]) -> str:
    """What is stored of phrases to be searched: their search forms, a line each, cut at MAX_SEARCH_TEXT."""
    forms = dict.fromkeys(form for phrase in phrases for form in search_forms(phrase))
    return "\n".join(forms).replace("\x00", "")[:MAX_SEARCH_TEXT]


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    bare = _NOT_COMPARED.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare.casefold().translate(_WITHOUT_DECOMPOSITION))


def _is_of_a_word(character: str) -> bool:
    # Vowel signs (Mn, Mc) are part of words in Indian scripts although they are not letters.
    return character.isalnum() or unicodedata.category(character) in {"Mn", "Mc"}
