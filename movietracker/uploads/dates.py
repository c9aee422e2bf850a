"""Dates and moments as trackers and spreadsheets write them; a day stays that day, whatever the time zone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ..phrases import Phrase, phrase

FIRST_YEAR = 1870
"""Before it nobody watched films."""

_ISO = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2}|\?\?)(?:[-/.月]([0-9]{1,2}|\?\?))?)?(?![0-9])")
_SHORT = re.compile(r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})(?![0-9])")
_WORDS = re.compile(r"[^\W\d_]+|[0-9]+(?::[0-9]+)*")
_MONTHS = (
    "jan january januar janvier enero gennaio janeiro",
    "feb february februar février febrero febbraio fevereiro",
    "mar march märz mars marzo março",
    "apr april avril abril aprile",
    "may mai mayo maggio maio",
    "jun june juni juin junio giugno junho",
    "jul july juli juillet julio luglio julho",
    "aug august août agosto",
    "sep sept september septembre septiembre settembre setembro",
    "oct okt october oktober octobre octubre ottobre outubro",
    "nov november novembre noviembre novembro",
    "dec dez december dezember décembre diciembre dicembre dezembro",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_CENTURY_TURNS = 70  # a two-digit year from here on is of the twentieth century


@dataclass(frozen=True, slots=True)
class DateOrder:
    """How a file writes dates of three numbers; ``is_certain`` unless its rows allow both orders."""

    day_first: bool
    is_certain: bool = True

    def read(self, text: str) -> str | None:
        """A date as YYYY, YYYY-MM or YYYY-MM-DD; None if the text is not one in this order."""
        if (found := _SHORT.match(text.strip())) is None:
            return partial_date(text)
        first, second, year = int(found[1]), int(found[3]), _full_year(found[4])
        return _day(year, second, first) if self.day_first else _day(year, first, second)

    def doubt(self, text: str) -> Phrase | None:
        """Why the user has to look at a date: the other order makes it another day, and the file allows both."""
        if self.is_certain or not is_of_numbers(text):
            return None
        other = DateOrder(not self.day_first).read(text)
        if None in (other, day := self.read(text)) or other == day:
            return None
        return phrase("taken_for_day_first" if self.day_first else "taken_for_month_first")


def partial_date(text: str) -> str | None:
    """A date whose order is plain: with the year first, or with the month's name; the time behind it is dropped.

    Returns YYYY, YYYY-MM or YYYY-MM-DD; ``??`` stands for what is unknown. None for anything else.
    """
    text = text.strip()
    if found := _ISO.match(text):
        year, month, day = found.groups()
        if int(year) < FIRST_YEAR:
            return None  # such as 0000-00-00
        if month is None or month == "??":
            return year
        if day is None or day == "??":
            return f"{year}-{int(month):02}" if 1 <= int(month) <= 12 else None
        return _day(int(year), int(month), int(day))
    return _named(text)


def is_of_numbers(text: str) -> bool:
    """Whether a text begins with a date of three numbers, of which the year is not the first."""
    return _SHORT.match(text.strip()) is not None


def moment_of(text: str) -> float | None:
    """An ISO moment with its distance from UTC, in Unix seconds; None for a text without one."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def date_order(texts: Iterable[str]) -> DateOrder:
    """The order that fits the dates of a whole file.

    If both do, it is the one in which the rows are better sorted, as trackers write the newest first; else the day
    comes first, unless slashes divide the numbers, and the order is uncertain.
    """
    by_day, by_month = _Fit(day_first=True), _Fit(day_first=False)
    separator = "/"
    for text in texts:
        if found := _SHORT.match(text.strip()):
            separator = found[2]
            by_day.add(text)
            by_month.add(text)
    if by_day.rank != by_month.rank:
        better = min(by_day, by_month, key=lambda fit: fit.rank)
        return DateOrder(better.order.day_first, is_certain=better.rank[0] == 0)
    return DateOrder(separator != "/", is_certain=False)


class _Fit:
    """How well an order fits: dates that do not exist, then rows that are out of order."""

    def __init__(self, *, day_first: bool) -> None:
        self.order = DateOrder(day_first)
        self._misfits = self._rises = self._falls = 0
        self._last = ""

    def add(self, text: str) -> None:
        read = self.order.read(text)
        if read is None:
            self._misfits += 1
            return
        self._rises += bool(self._last) and read > self._last
        self._falls += bool(self._last) and read < self._last
        self._last = read

    @property
    def rank(self) -> tuple[int, int]:
        """Lower is better."""
        return self._misfits, min(self._rises, self._falls)


def _named(text: str) -> str | None:
    """A date with the name of its month: ``Jun 21 2014, 22:06``, ``Wed Oct 24 10:33:43 2012``, ``21. Juni 2014``."""
    words = _WORDS.findall(text.lower())
    months = [_MONTH_OF[word] for word in words if word in _MONTH_OF]
    days = [int(word) for word in words if word.isdecimal() and len(word) <= 2]
    years = [int(word) for word in words if word.isdecimal() and len(word) == 4]
    if len(words) > 8 or len(months) != 1 or len(years) != 1:
        return None
    return _day(years[0], months[0], days[0]) if days else f"{years[0]:04}-{months[0]:02}"


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= _CENTURY_TURNS else 2000)


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
