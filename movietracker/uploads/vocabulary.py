"""The words by which people are told from other things in the texts of lists."""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from ..text import fold

_RECOMMEND = ("recommendation", "recommendations", "recommended", "recommends", "recommend", "recommender")
_SHORT = {"rec", "recs", "reco", "recos", "recd", "recod", "recc", "reccs", "tip", "tips", "pick", "picks"} | {
    *("tipped", "tipp", "tipps", "getipt", "tipset", "dica", "aanrader")
}
# How words for recommending begin in other languages, without accents.
_STEMS = re.compile(
    "sugg?est|sugg?er|sugir|empf[eo]hl|recommand|raccomand|recomi?end|recomand|rekom+end|conseil|consigli|consej|aconse[jl]"
    "|aanbev|anbefal|polecon|doporuc|рекоменд|посовет"
)
_OTHERS = {"recommence", "recommenced", "recommissioned", "commended", "record", "recorded", "remembered"}
_LIKE_ENOUGH = 0.78


def _words(name: str) -> frozenset[str]:
    return frozenset(files(__package__).joinpath("words", f"{name}.txt").read_text(encoding="utf-8").split())


_KIN = _words("kin")

# What stands alone in brackets behind a title or in the description of a place in a list, and is nobody.
_NOBODY = _words("nobody")

_ENDS_IN_S = _words("names_in_s")
_MAX_WORD = 100


def means_recommending(word: str) -> bool:
    """Whether a word is one for recommending, misspelled or not: ``reccomendation``, ``recs``, ``sugestion``."""
    return len(word) <= _MAX_WORD and _means_recommending(word)


@lru_cache(10_000)  # for words of any length it would be large
def _means_recommending(word: str) -> bool:
    bare = re.sub(r"[\W\d_]", "", fold(word))
    if bare in _SHORT or _STEMS.match(bare):
        return True
    if bare in _OTHERS or len(bare) < 7 or not bare.startswith(("rec", "rek", "rac")):
        return False
    return any(SequenceMatcher(None, bare, each).ratio() >= _LIKE_ENOUGH for each in _RECOMMEND)


def is_kin(word: str) -> bool:
    """Whether a word names somebody by what they are to the user."""
    return fold(word) in _KIN


def is_nobody(word: str) -> bool:
    """Whether a word is a language, a genre, a service, a judgment or the like, and no name."""
    bare = re.sub(r"[\W_]", "", fold(word))
    return not bare or bare in _NOBODY or any(character.isdigit() for character in bare)


def without_genitive(name: str) -> str:
    """``Nelly's``, ``James'`` and ``kaitlyns`` as Nelly, James and kaitlyn."""
    if found := re.fullmatch(r"(.+?)(?:['’]s|['’])", name):
        return found[1]
    last = fold(name).rpartition(" ")[2]
    is_plain = not last.endswith("s") or last.endswith("ss") or len(last) < 4 or last in _ENDS_IN_S
    return name if is_plain else name[:-1]
