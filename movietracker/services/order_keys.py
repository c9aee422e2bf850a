"""Keys that give rows an order of their own: strings between any two of which there is room for more.

A key is a fraction between 0 and 1 in base 62, of which only the digits after the point are written, the last one not
0. Keys are compared byte by byte. Putting a row between two others writes one key, so devices that put different rows
somewhere at the same time do not disturb each other.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In the order of their bytes."""

MAX_LENGTH = 36
"""Digits of a key. A place that is always halved has room for 200 keys before others must give way."""

STEP_DIGITS = 4
"""Rows that are added at an end are 62 to the minus fourth apart, so that millions of them have short keys."""

CROWD = 2
"""How many keys may share all but ``n`` of their digits: this to the power of ``n``."""

_BASE = len(DIGITS)
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}


class Window(NamedTuple):
    """Neighbours that get other keys: the numbers of the first and of the one after the last, and their new keys.

    The keys include one for a row to be put between them, so they are one more than the neighbours.
    """

    start: int
    stop: int
    keys: list[str]


def key_between(low: str | None, high: str | None) -> str:
    """A key between two others, or, with None, before the first, after the last, or of the first of all.

    It may be longer than MAX_LENGTH; then ``make_room`` says which keys are to give way.
    """
    if low is not None and high is None:
        step = _floor(low, STEP_DIGITS) + 1
        if step < _BASE**STEP_DIGITS:
            return _key(step, STEP_DIGITS)
    elif low is None and high is not None:
        step = _ceiling(high, STEP_DIGITS) - 1
        if step > 0:
            return _key(step, STEP_DIGITS)
    return spread(1, low, high)[0]


def spread(count: int, low: str | None = None, high: str | None = None) -> list[str]:
    """So many keys between two others (None: 0 and 1), evenly spread and as short as they can be."""
    for digits in _lengths(low, high):
        first = 0 if low is None else _floor(low, digits)
        room = (_BASE**digits if high is None else _ceiling(high, digits)) - first
        if room > count:
            return [_key(first + room * number // (count + 1), digits) for number in range(1, count + 1)]
    raise AssertionError("there is no last length")


def make_room(keys: Sequence[str], at: int) -> Window:
    """Spread the keys around a place evenly, so that there is room for one more before number ``at``.

    ``keys`` are all keys, in order. Those that move are the fewest that share their first digits and are not too many
    for the digits that remain (after Bender and others, Two Simplified Algorithms for Maintaining Order in a List,
    2002), which bounds the keys moved for each insertion, amortized, by the logarithm of the number of keys: 100,000
    insertions between the same two moved 6 each on average (tests/services/test_order_keys.py).
    """
    low = keys[at - 1] if at > 0 else None
    high = keys[at] if at < len(keys) else None
    crowded = spread(1, low, high)[0]
    for free in range(1, MAX_LENGTH + 1):
        begin = crowded[: MAX_LENGTH - free]
        end = _successor(begin)
        start = bisect_left(keys, begin)
        stop = len(keys) if end is None else bisect_left(keys, end)
        if stop - start < CROWD**free:
            break
    return Window(start, stop, spread(stop - start + 1, begin or None, end))


def _successor(begin: str) -> str | None:
    """The first key after all that begin so; None when there is none."""
    shortened = begin.rstrip(DIGITS[-1])
    return shortened[:-1] + DIGITS[_VALUE[shortened[-1]] + 1] if shortened else None


def _lengths(low: str | None, high: str | None) -> Iterator[int]:
    """The numbers of digits that a key between two others may have, from the shortest on."""
    shared = 0
    if low is not None and high is not None:
        shared = next(
            (at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high))
        )
    return itertools.count(shared + 1)


def _floor(key: str, digits: int) -> int:
    """The first digits of a key as a number."""
    number = 0
    for digit in key[:digits]:
        number = number * _BASE + _VALUE[digit]
    return number * int(_BASE ** max(0, digits - len(key)))


def _ceiling(key: str, digits: int) -> int:
    return _floor(key, digits) + (len(key) > digits)


def _key(number: int, digits: int) -> str:
    """The key whose digits make this number, which is more than 0."""
    written = []
    for _ in range(digits):
        number, value = divmod(number, _BASE)
        written.append(DIGITS[value])
    return "".join(reversed(written)).rstrip(DIGITS[0])
