"""Fields take exactly what they say."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from marshmallow.fields import Field

from movietracker.schemas.fields import (
    Document,
    Flag,
    ImdbId,
    Name,
    Number,
    Text,
    Timestamp,
    VoteType,
    is_imdb_id,
    person_id,
)

WHOLE = Number(low=-5, high=5, whole=True)
FRACTION = Number(low=1.0, high=10.0)


@pytest.mark.parametrize(
    ("field", "sent", "taken"),
    [
        (Text(), "", ""),
        (Text(), " a ", " a "),
        (Text(trim=True), " a ", "a"),
        (Text(max_length=3), "äöü", "äöü"),
        (Name(), " e\u0301 ", "é"),
        (Name(), " " * 500 + "x" * 200, "x" * 200),
        (WHOLE, 5, 5),
        (WHOLE, -5.0, -5),
        (FRACTION, 1, 1.0),
        (FRACTION, 10.0, 10.0),
        (Timestamp(), 0, 0.0),
        (Timestamp(), 10_000_000_000, 1e10),
        (Timestamp(), 10_000_000_001, 10_000_000.001),
        (Timestamp(), 1_767_225_600_250, 1_767_225_600.25),
        (Flag(), True, True),
        (Flag(), False, False),
        (VoteType(), 1, True),
        (VoteType(), 0.0, False),
        (VoteType(), "Downvote", False),
        (ImdbId(), "tt0133093", "tt0133093"),
        (ImdbId(), "tt" + "9" * 17, "tt" + "9" * 17),
        (Document(), {"a": [1, None, {"b": "ü"}]}, {"a": [1, None, {"b": "ü"}]}),
        (person_id(), 2**53 - 1, 2**53 - 1),
    ],
)
def test_what_is_taken(field: Field[Any], sent: Any, taken: Any) -> None:
    found = field.deserialize(sent)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        *((Text(min_length=1, max_length=3), sent) for sent in ("", "abcd", "a\0", 7, None, ["a"], True)),
        *((Text(min_length=1, trim=True), sent) for sent in ("", " ", "\n")),
        *((Name(), sent) for sent in ("", " ", "x" * 201, "\0", 7, None)),
        *((WHOLE, sent) for sent in (6, -6, 1.5, "1", True, None, 1e300, 10**30, float("nan"), float("inf"), [1])),
        *((FRACTION, sent) for sent in (0.99, 10.01, "5", False, None, float("nan"), -float("inf"))),
        *((Timestamp(), sent) for sent in (-1, -0.001, 1e14, 1e300, "now", True, None)),
        *((Flag(), sent) for sent in (0, 1, "true", "", None, [])),
        *((VoteType(), sent) for sent in (2, -1, 0.5, "yes", "", "1", None, [], {})),
        *(
            (ImdbId(), sent)
            for sent in ("tt123456", "tt" + "1" * 18, "0133093", "TT0133093", "tt0133093 ", "tt٠١٢٣٤٥٦", 7)
        ),
        *((Document(), sent) for sent in ([], "{}", 7, None, True)),
        *((person_id(), sent) for sent in (0, -1, 2**53, "7", 1.5, True)),
    ],
)
def test_what_is_refused(field: Field[Any], sent: Any) -> None:
    with pytest.raises(ValidationError):
        field.deserialize(sent)


def test_imdb_ids_in_addresses_are_the_same_as_in_bodies() -> None:
    assert is_imdb_id("tt0133093")
    for text in ("tt0133093\n", "tt123456", "nm0000206", "", "tt01330９3"):
        assert not is_imdb_id(text)
