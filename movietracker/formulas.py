"""Texts that a spreadsheet would run as formulas: kept from that in exported files, and read back from files."""

import re

# Quotes before the sign count, so that the quote that is put in front can be taken away again without loss.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NEUTRAL = re.compile(f"'{_FORMULA.pattern}")


def neutral(text: str) -> str:
    """The text with a quote in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def original(text: str) -> str:
    """The text that ``neutral`` was given."""
    return text[1:] if _NEUTRAL.match(text) else text
