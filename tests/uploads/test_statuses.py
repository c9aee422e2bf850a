"""Words of trackers for the state of a title."""

from typing import Any

import pytest

from movietracker.uploads.statuses import BEGUN, status_of


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ("Completed", {"status": "watched"}),
        ("FINISHED", {"status": "watched"}),
        ("plantowatch", {"status": "toWatch"}),
        ("not_started_yet", {"status": "toWatch"}),
        ("wanted", {"status": "toWatch"}),
        ("In progress", {"needs_review": BEGUN}),
        ("on_a_hold", {"needs_review": BEGUN}),
        ("DROPPED", {"needs_review": BEGUN}),
        ("", {}),
        ("owned", {}),
    ],
)
def test_a_word_says_that_a_title_was_watched_is_wanted_or_was_begun(word: str, fields: dict[str, Any]) -> None:
    assert status_of(word) == fields


def test_what_a_caller_adds_to_a_state_stays_out_of_the_next_one() -> None:
    status = status_of("Completed")
    status |= {"review": "Anna's thoughts"}

    assert status_of("Completed") == {"status": "watched"}
