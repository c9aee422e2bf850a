"""Dates as trackers, locales and spreadsheets write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.schemas.dates import FIRST_YEAR
from movietracker.uploads import dates
from movietracker.uploads.dates import DateOrder, date_order, moment_of, partial_date


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2021-02-27", "2021-02-27"),
        ("2021/2/7", "2021-02-07"),
        ("2021-02-27T23:30:00.000Z", "2021-02-27"),
        ("2021-02-27 23:30:00", "2021-02-27"),
        ("1988", "1988"),
        ("1988-07", "1988-07"),
        ("1988/??/??", "1988"),
        ("1988/07/??", "1988-07"),
        ("Jun 21 2014, 22:06", "2014-06-21"),
        ("Wed Oct 24 10:33:43 2012", "2012-10-24"),
        ("21. Juni 2014", "2014-06-21"),
        ("June 2014", "2014-06"),
        *(
            (text, None)
            for text in ("", "unknown", "2021-02-30", "2021-13-01", "2021-13", "24/10/2012", "May", "0000-00-00")
        ),
    ],
)
def test_a_date_whose_order_is_plain(text: str, read: str | None) -> None:
    assert partial_date(text) == read


NOON = [date(2021, 10, 24), date(2021, 3, 4), date(2020, 12, 31)]


NETFLIX = (
    *("{0.month}/{0.day}/{0:%y}", "{0:%d/%m/%y}", "{0:%d/%m/%Y}", "{0:%d.%m.%Y}", "{0.day}.{0.month}.{0.year}"),
    *("{0:%d-%m-%y}", "{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0.month}/{0.day}/{0.year}"),
)


@pytest.mark.parametrize("form", NETFLIX)
def test_the_nine_forms_of_netflix_are_read(form: str) -> None:
    texts = [form.format(day) for day in NOON]
    assert [date_order(texts).read(text) for text in texts] == [day.isoformat() for day in NOON]


@given(st.lists(st.dates(date(1970, 1, 1), date(2069, 12, 31)), min_size=1), st.booleans())
def test_one_day_beyond_the_twelfth_decides_for_the_whole_file(days: list[date], day_first: bool) -> None:
    days.append(date(2020, 1, 13))
    form = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    order = date_order(day.strftime(form) for day in days)
    assert order == DateOrder(day_first, is_certain=True)
    assert [order.read(day.strftime(form)) for day in days] == [day.isoformat() for day in days]


def test_where_both_orders_fit_the_one_in_which_rows_are_sorted_counts() -> None:
    assert date_order(["01/05/2020", "12/04/2020", "02/04/2020"]).day_first
    assert not date_order(["05/01/2020", "04/12/2020", "04/02/2020"]).day_first


@pytest.mark.parametrize(("text", "day_first"), [("04.03.2020", True), ("04-03-20", True), ("04/03/2020", False)])
def test_a_single_ambiguous_date_is_read_by_its_separator_and_uncertain(text: str, day_first: bool) -> None:
    assert date_order([text]) == DateOrder(day_first, is_certain=False)


def test_a_file_that_mixes_orders_is_uncertain_and_what_does_not_fit_is_no_date() -> None:
    order = date_order(["13/01/2020", "14/01/2020", "01/13/2020"])
    assert order == DateOrder(day_first=True, is_certain=False)
    assert order.read("01/13/2020") is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:10.500Z", 10.5),
        ("1970-01-01T02:00:00+02:00", 0.0),
        ("1970-01-01T00:00:00", None),
        ("1970-01-01", None),
        ("unknown", None),
    ],
)
def test_a_moment_needs_its_distance_from_utc(text: str, moment: float | None) -> None:
    assert moment_of(text) == moment


def test_no_date_is_before_the_first_that_a_library_takes() -> None:
    assert dates.FIRST_YEAR == FIRST_YEAR


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for read in (partial_date, moment_of, DateOrder(day_first=True).read, lambda each: date_order([each])):
        read(text)


@pytest.mark.parametrize(
    ("texts", "doubts"),
    [
        (["03/04/2021"], ["taken_for_month_first"]),
        (["03.04.2021"], ["taken_for_day_first"]),
        (["04/04/2021"], [None]),
        (["03/04/2021", "25/12/2020"], [None, None]),
        (["2021-03-04"], [None]),
        (["13/01/2020", "14/01/2020", "01/13/2020", "03/04/2020"], [None, None, None, "taken_for_day_first"]),
    ],
)
def test_a_day_is_doubtful_where_the_file_does_not_show_the_order(texts: list[str], doubts: list[str | None]) -> None:
    order = date_order(texts)
    found = [order.doubt(text) for text in texts]
    assert [doubt and doubt.code for doubt in found] == doubts
