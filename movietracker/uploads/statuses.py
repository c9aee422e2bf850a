"""What trackers call the state of a title: watched, wanted, or begun, of which a library has no notion."""

from typing import Any

from ..phrases import phrase
from ..text import fold_key

BEGUN = phrase("begun")

_WATCHED = "completed finished watched seen repeating uptodate"
_WANTED = (
    "planning planned plantowatch towatch watchlist watchlater notstarted notstartedyet wanttowatch wanted wishlist"
)
_BEGUN = "inprogress watching paused hold onhold onahold dropped stopped abandoned continuing"
_FIELDS: dict[str, dict[str, Any]] = (
    {fold_key(word): {"status": "watched"} for word in _WATCHED.split()}
    | {fold_key(word): {"status": "toWatch"} for word in _WANTED.split()}
    | {fold_key(word): {"needs_review": BEGUN} for word in _BEGUN.split()}
)


def status_of(word: str) -> dict[str, Any]:
    """The field ``status`` of a row, or ``needs_review`` for what was begun; none for an unknown word.

    Small and capital letters, blanks and underscores make no difference. The caller may add to it.
    """
    return dict(_FIELDS.get(fold_key(word.replace("_", "")), {}))
