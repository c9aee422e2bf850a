"""Sets and maps of hashed keys."""

from hypothesis import given
from hypothesis import strategies as st

from movietracker.imports.keys import KeyMap, KeySet, key_of

KEYS = st.integers(1, 2**64 - 1) | st.integers(1, 40)


@given(st.lists(st.tuples(KEYS, st.integers(0, 2**32 - 1))))
def test_a_map_is_like_a_dictionary_that_keeps_first_values(pairs: list[tuple[int, int]]) -> None:
    made, expected = KeyMap(), dict[int, int]()
    for key, value in pairs:
        made.set_default(key, value)
        expected.setdefault(key, value)
    assert {key: made.get(key) for key in expected} == expected
    assert made.count == len(expected)


@given(st.lists(KEYS))
def test_a_set_says_which_keys_are_new(keys: list[int]) -> None:
    made = KeySet()
    assert [made.add(key) for key in keys] == [key not in keys[:place] for place, key in enumerate(keys)]


def test_maps_and_sets_grow() -> None:
    mapped, made = KeyMap(), KeySet()
    for number in range(5_000):
        mapped.set_default(key_of(number), number)
        assert made.add(key_of(number))
    assert [mapped.get(key_of(number)) for number in range(5_000)] == list(range(5_000))
    assert mapped.get(key_of("other")) is None
    assert not any(made.add(key_of(number)) for number in range(5_000))


def test_parts_of_a_key_do_not_run_together() -> None:
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of("\ud800")}) == 4
