"""HTML that trackers write into cells, as plain text."""

import re
from html import unescape
from html.parser import HTMLParser

_TAG = re.compile("<[a-zA-Z/!?]")
_BREAKS = {"br", "p", "div", "li", "blockquote", "tr", "h1", "h2", "h3"}
_UNSEEN = {"script", "style"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain_text(markup: str) -> str:
    """The text of HTML, a line for each paragraph; text without tags keeps its lines and white space."""
    if _TAG.search(markup) is None:
        return unescape(markup).strip()
    parser = _Text()
    parser.feed(markup)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
