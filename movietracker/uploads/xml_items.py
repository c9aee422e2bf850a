"""XML files, element by element; of a file of any length only one element is in memory, and its size is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from ..phrases import phrase
from .bounded import Bounded
from .upload import BrokenRow, Member, MemberDamaged

MAX_ELEMENT_BYTES = 1024 * 1024
"""An empty element takes twenty times its bytes."""

MAX_DEPTH = 64
MAX_NAMES = 100
MAX_NAMES_LENGTH = 10_000
"""The parser keeps every name until the end of the file."""

_EVENTS = ("start", "end", "start-ns")


@dataclass(frozen=True, slots=True)
class XmlItem:
    """An element of the root: its place for messages, and the texts of the elements in it."""

    where: str
    element: Any

    def get(self, *names: str) -> str:
        """The first of these texts that is not empty, without white space around it; empty if there is none."""
        return next(filter(None, ((self.element.findtext(name) or "").strip() for name in names)), "")


def read_xml(member: Member, name: str) -> Iterator[XmlItem | BrokenRow]:
    """The elements of this name in the root, in the order of the file; the rest of a damaged file is one BrokenRow.

    Entities and document types are refused.
    """
    count = 0
    try:
        with member.open() as stream:
            for element in _elements(Bounded(stream, MAX_ELEMENT_BYTES)):
                if element.tag == name:
                    count += 1
                    yield XmlItem(f"{member.label}, {name} {count}", element)
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        yield BrokenRow(member.label, phrase("invalid_xml", count=count))


def _elements(source: Bounded) -> Iterator[Any]:
    """The elements of the root, each of which is forgotten once the next is asked for. Raises MemberDamaged."""
    names: set[str] = set()
    opened: list[Any] = []
    for event, found in iterparse(source, _EVENTS, forbid_dtd=True):
        if event == "end":
            opened.pop()
            if len(opened) == 1:
                yield found
                opened[0].clear()
                source.begin_element()
            continue
        if event == "start":
            opened.append(found)
        names.update((found.tag, *found.attrib) if event == "start" else found)
        if len(opened) > MAX_DEPTH or len(names) > MAX_NAMES or sum(map(len, names)) > MAX_NAMES_LENGTH:
            raise MemberDamaged(phrase("element_of_too_many_values"))
