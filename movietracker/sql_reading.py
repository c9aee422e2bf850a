"""Which tables a statement of SQL writes to, however it is written: for the guard in database.py.

This reads words, not grammar: a table counts as written when its name stands where a verb of writing expects one, also
behind comments, a WITH or another statement. It errs on the side of seeing a write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<text> E'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
  | (?P<quoted> (?:U&)?"(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] )
  | (?P<word> \w+ )
  | (?P<sign> [.,;(] )
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)

# A quick look first: most statements that are not written by a library's own transaction only read.
_MAY_WRITE = re.compile(r"insert|update|delete|replace|merge|truncate|drop|alter|copy", re.IGNORECASE)

_VERBS = frozenset({"insert", "update", "delete", "replace", "merge", "truncate", "drop", "alter", "copy"})
# What may stand between a verb and the table: INSERT OR IGNORE INTO, DELETE FROM ONLY (…), DROP TABLE IF EXISTS…
_BETWEEN = frozenset(
    {"or", "abort", "fail", "ignore", "rollback", "replace", "into", "from", "only", "table", "if", "exists", "("}
)
_TAKE_SEVERAL = frozenset({"truncate", "drop"})
_REMOVE_ROWS = frozenset({"delete", "truncate", "drop", "replace"})


class Write(NamedTuple):
    """A table that is written to (lower case), and whether rows of it may go, and what hangs on them with them."""

    table: str
    removes_rows: bool


class _Token(NamedTuple):
    text: str
    is_name: bool  # quoted: cannot be a keyword


def writes_in(statement: str) -> Iterator[Write]:
    """Every write in a statement, or in several."""
    if not _MAY_WRITE.search(statement):
        return
    tokens = list(_tokens(statement))
    for start, token in enumerate(tokens):
        if token.text in _VERBS and not token.is_name:
            yield from _writes_after(tokens, start)


def _writes_after(tokens: list[_Token], start: int) -> Iterator[Write]:
    verb, at = tokens[start].text, start + 1
    removes_rows = verb in _REMOVE_ROWS
    while at < len(tokens) and tokens[at].text in _BETWEEN and not tokens[at].is_name:
        removes_rows = removes_rows or tokens[at].text == "replace"
        at += 1
    while at < len(tokens):
        while at + 2 < len(tokens) and tokens[at + 1] == _Token(".", False):  # the schema's name
            at += 2
        yield Write(tokens[at].text, removes_rows)
        if verb not in _TAKE_SEVERAL or at + 2 >= len(tokens) or tokens[at + 1] != _Token(",", False):
            return
        at += 2


def _tokens(statement: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(statement):
        text = found[0]
        match found.lastgroup:
            case "word" | "sign":
                yield _Token(text.lower(), False)
            case "quoted":
                yield _Token(text[3 if text[0] in "Uu" else 1 : -1].replace('""', '"').lower(), True)
            case "text":  # SQLite takes it for a name where only a name makes sense
                yield _Token(text[text.index("'") + 1 : -1].lower(), True)
