"""XML of strangers, of which no more than an element is in memory."""

import tracemalloc

import pytest
from support.uploads import member

from movietracker.uploads import xml_items
from movietracker.uploads.upload import BrokenRow
from movietracker.uploads.xml_items import read_xml


def films(content: str) -> list[str]:
    """The name of each film, or what is wrong."""
    read = read_xml(member(content), "film")
    return [item.reason if isinstance(item, BrokenRow) else item.get("name") for item in read]


def test_elements_of_other_names_are_passed_over() -> None:
    assert films("<x>a<y>b</y><film><name> Heat </name></film>c<film/><y/></x>") == ["Heat", ""]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<film>" * 65, "holds an element of too many values"),
        ("".join(f"<y{number}/>" for number in range(101)), "holds an element of too many values"),
        ("".join(f"<y xmlns:p{number}='x'/>" for number in range(101)), "holds an element of too many values"),
        (f"<{'y' * 10_001}/>", "holds an element of too many values"),
        (f"<film name='{'x' * 300_000}'/>", "holds an element of more than 0 MiB"),
        (f"<film><name>{'x' * 300_000}</name></film>", "holds an element of more than 0 MiB"),
        ("<film>" + "<y/>" * 100_000, "holds an element of more than 0 MiB"),
        (" " * 300_000, "holds an element of more than 0 MiB"),
        (f"<!--{'x' * 300_000}-->", "holds an element of more than 0 MiB"),
    ],
)
def test_what_would_fill_memory_ends_the_file(monkeypatch: pytest.MonkeyPatch, content: str, reason: str) -> None:
    monkeypatch.setattr(xml_items, "MAX_ELEMENT_BYTES", 200_000)
    assert films(f"<x><film><name>Heat</name></film>{content}</x>") == ["Heat", reason]


def test_no_element_is_kept_once_it_is_passed() -> None:
    content = "<x>" + "<film/><y/>" * 40_000 + "</x>"
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_xml(member(content), "film")) == 40_000
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content)
    finally:
        tracemalloc.stop()
