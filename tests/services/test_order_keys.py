"""Keys that order rows: there is room between any two, and they stay short."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.effort import TIMES

from movietracker.services.order_keys import DIGITS, MAX_LENGTH, key_between, make_room, spread

KEYS = st.text(DIGITS, min_size=1, max_size=MAX_LENGTH).filter(lambda key: not key.endswith("0"))
INSERTIONS = 20_000 if TIMES == 1 else 100_000
ENDS = st.one_of(st.none(), KEYS)
PAIRS = st.tuples(ENDS, ENDS).filter(lambda pair: None in pair or pair[0] < pair[1])  # type: ignore[operator]


def is_in_order(low: str | None, keys: list[str], high: str | None) -> bool:
    """Whether these rise, each a key, from the first to the last."""
    whole = [*([] if low is None else [low]), *keys, *([] if high is None else [high])]
    return all(a < b for a, b in pairwise(whole)) and not any(key.endswith("0") for key in keys)


@given(PAIRS)
def test_there_is_a_key_between_any_two(ends: tuple[str | None, str | None]) -> None:
    low, high = ends
    key = key_between(low, high)
    assert is_in_order(low, [key], high)
    assert len(key) <= MAX_LENGTH + 1


@given(PAIRS, st.integers(0, 300))
def test_any_number_of_keys_can_be_spread_between_any_two(ends: tuple[str | None, str | None], count: int) -> None:
    low, high = ends
    keys = spread(count, low, high)
    assert len(keys) == count
    assert is_in_order(low, keys, high)


def test_keys_are_in_the_order_of_their_bytes() -> None:
    assert [*DIGITS] == sorted(DIGITS, key=str.encode)
    assert spread(5_000) == sorted(spread(5_000), key=str.encode)


def test_many_keys_are_as_short_as_they_can_be() -> None:
    assert {len(key) for key in spread(61)} == {1}
    assert max(len(key) for key in spread(3_843)) == 2
    assert max(len(key) for key in spread(100_000)) == 3


@given(st.lists(KEYS, unique=True, max_size=80).map(sorted), st.data())
def test_making_room_keeps_the_order_and_leaves_the_others_alone(keys: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(keys)))
    window = make_room(keys, at)
    assert window.start <= at <= window.stop
    assert len(window.keys) == window.stop - window.start + 1
    before, after = keys[: window.start], keys[window.stop :]
    assert is_in_order(None, [*before, *window.keys, *after], None)
    assert max(map(len, window.keys)) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("place", "most"),
    [
        (lambda _: 0, 0),
        (lambda count: count, 0),
        (lambda count: min(count, 1), 10),
        (lambda count: count // 2, 10),
        (lambda count: max(count - 1, 0), 10),
    ],
    ids=["first", "last", "after the first", "in the middle", "before the last"],
)
@pytest.mark.slow
def test_many_insertions_in_one_place_leave_keys_short(place: Callable[[int], int], most: int) -> None:
    """And move so many other keys at most for each, on average."""
    keys: list[str] = []
    moved = 0
    for count in range(INSERTIONS):
        at = place(count)
        key = key_between(keys[at - 1] if at > 0 else None, keys[at] if at < count else None)
        if len(key) > MAX_LENGTH:
            window = make_room(keys, at)
            moved += window.stop - window.start
            keys[window.start : window.stop] = window.keys
        else:
            keys.insert(at, key)
    assert is_in_order(None, keys, None)
    assert max(map(len, keys)) <= MAX_LENGTH < 40
    assert moved / INSERTIONS <= most, moved
