"""Fields take exactly what they say."""

from typing import Any

import pytest
from marshmallow import ValidationError

from movietracker.models.movie import Watch
from movietracker.schemas.fields import Field
from movietracker.schemas.movie import WatchFields
from movietracker.schemas.values import (
    FLAG,
    ID,
    IMDB_ID,
    MOMENT,
    NAME,
    OBJECT,
    VOTE,
    Fault,
    Value,
    is_imdb_id,
    number,
    text,
    whole,
)

TEXT, SHORT, TRIMMED = text(high=200), text(low=1, high=3), text(low=1, high=200, trim=True)
WHOLE, FRACTION, BIG = whole(1, -5, 5), number(2.0, 1.0, 10.0), whole(1, 0, 2**63 - 1)


@pytest.mark.parametrize(
    ("value", "sent", "taken"),
    [
        (TEXT, "", ""),
        (TEXT, " a ", " a "),
        (TRIMMED, " a ", "a"),
        (SHORT, "äöü", "äöü"),
        (NAME, " e\u0301 ", "é"),
        (NAME, " " * 500 + "x" * 200, "x" * 200),
        (WHOLE, 5, 5),
        (WHOLE, -5.0, -5),
        (BIG, 2**63 - 1, 2**63 - 1),
        (FRACTION, 1, 1.0),
        (FRACTION, 10.0, 10.0),
        (MOMENT, 0, 0.0),
        (MOMENT, 10_000_000_000, 1e10),
        (MOMENT, 10_000_000_001, 10_000_000.001),
        (MOMENT, 1_767_225_600_250, 1_767_225_600.25),
        (FLAG, True, True),
        (FLAG, False, False),
        (VOTE, 1, True),
        (VOTE, 0.0, False),
        (VOTE, "Downvote", False),
        (IMDB_ID, "tt0133093", "tt0133093"),
        (IMDB_ID, "tt" + "9" * 17, "tt" + "9" * 17),
        (OBJECT, {"a": [1, None, {"b": "ü"}]}, {"a": [1, None, {"b": "ü"}]}),
        (ID, 2**53 - 1, 2**53 - 1),
    ],
)
def test_what_is_taken(value: Value, sent: Any, taken: Any) -> None:
    for found in (value.check(sent), Field(value).deserialize(sent)):
        assert found == taken
        assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        *((SHORT, sent) for sent in ("", "abcd", "a\0", "\ud800", 7, None, ["a"], True)),
        *((TRIMMED, sent) for sent in ("", " ", "\n")),
        *((NAME, sent) for sent in ("", " ", "x" * 201, "\0", "\ud800", 7, None)),
        *((WHOLE, sent) for sent in (6, -6, 1.5, "1", True, None, 1e300, 10**400, float("nan"), float("inf"), [1])),
        (BIG, 2**63),
        *((FRACTION, sent) for sent in (0.99, 10.01, "5", False, None, float("nan"), -float("inf"), 10**400)),
        *((MOMENT, sent) for sent in (-1, -0.001, 1e14, 1e300, "now", True, None)),
        *((FLAG, sent) for sent in (0, 1, "true", "", None, [])),
        *((VOTE, sent) for sent in (2, -1, 0.5, "yes", "", "1", None, [], {})),
        *((IMDB_ID, sent) for sent in ("tt123456", "tt" + "1" * 18, "0133093", "TT0133093", "tt٠١٢٣٤٥٦", 7)),
        *((OBJECT, sent) for sent in ([], "{}", 7, None, True)),
        *((ID, sent) for sent in (0, -1, 2**53, "7", 1.5, True)),
    ],
)
def test_what_is_refused(value: Value, sent: Any) -> None:
    with pytest.raises(Fault):
        value.check(sent)
    with pytest.raises(ValidationError):
        Field(value).deserialize(sent)


def test_what_is_not_an_imdb_id() -> None:
    assert is_imdb_id("tt0133093")
    for given in ("tt0133093\n", " tt0133093", "tt123456", "nm0000206", "", "tt01330９3"):
        assert not is_imdb_id(given)


def test_the_fields_of_a_watch_record_are_those_of_its_schema() -> None:
    assert tuple(WatchFields._declared_fields) == Watch._fields


def test_a_moment_of_minus_nought_is_nought() -> None:
    assert str(MOMENT.check(-0.0)) == "0.0"
