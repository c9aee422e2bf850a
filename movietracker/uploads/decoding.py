"""Text in whatever encoding: by byte-order mark, else UTF-8 if every byte fits, else Windows-1252."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .upload import Member

MAX_LINE_LENGTH = 1_000_000
"""Characters; the rest of a longer line is dropped."""

MAX_TEXT_LINE = 10_000
"""Characters of a line of a text without columns, of which several are kept."""

_CHUNK_BYTES = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_by_mark(start: bytes) -> str | None:
    """The encoding that the byte-order mark of a text names; None without one."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def encoding_of(member: Member) -> str:
    """The encoding of a member, which is read as a whole, in pieces, if it has no byte-order mark."""
    if marked := encoding_by_mark(member.head):
        return marked
    decoder = codecs.getincrementaldecoder("utf-8")()
    with member.open() as stream:
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def text_head(member: Member) -> str:
    """The text of the first bytes of a member, without a character that is cut off at their end."""
    start = member.head
    encoding = encoding_by_mark(start) or "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(start)
    except UnicodeDecodeError:
        return start.decode("cp1252", "replace")


@contextmanager
def open_text(member: Member) -> Iterator[TextIO]:
    """The text of a member, with its line ends as they are; bytes that have no meaning become U+FFFD.

    Raises MemberDamaged, also while it is read.
    """
    encoding = encoding_of(member)
    with member.open() as stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
        yield text


def read_lines(text: TextIO) -> Iterator[tuple[str, bool]]:
    """The lines of a text with their ends, and whether a line was too long and is cut."""
    while line := text.readline(MAX_LINE_LENGTH):
        is_cut = len(line) == MAX_LINE_LENGTH and not line.endswith(("\n", "\r"))
        if is_cut:
            while (rest := text.readline(MAX_LINE_LENGTH)) and not rest.endswith(("\n", "\r")):
                pass
        yield line, is_cut


def text_lines(member: Member) -> Iterator[tuple[int, str]]:
    """The lines of a member with their numbers from 1, without their ends; a line that is too long is cut.

    Raises MemberDamaged while it is read.
    """
    with open_text(member) as text:
        for number, (line, _) in enumerate(read_lines(text), 1):
            yield number, line[:MAX_TEXT_LINE].rstrip()
