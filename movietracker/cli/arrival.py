"""How much of a request has arrived, so that a thread is taken only when it can be read to its end."""

import re

MAX_BUFFERED = 64 * 1024
"""Bytes of a request that are read before a thread is taken for it."""

# The head ends with an empty line; a line feed alone is an error, for which the parser needs no more bytes.
_END_OF_HEAD = re.compile(rb"\r\n\r\n|(?<!\r)\n")
_FIELD = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r\n]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\d{1,15}")
_SIZE = re.compile(rb"[0-9a-f]{1,12}", re.IGNORECASE)
_CONTINUE = re.compile(rb"100-continue[ \t]*", re.IGNORECASE)


class Arrival:
    """The bytes of a request until it is handed to a thread.

    It decides only when to hand the bytes over. What they mean is decided by gunicorn's parser, which refuses all that
    is malformed; such a request counts as whole.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.waits_for_continue = False
        """Whether the client sends its body only after ``100 Continue``."""
        self._searched = 0
        self._head_length: int | None = None
        self._due = 0  # bytes that are needed; of a chunked body, where its next chunk begins
        self._is_chunked = False

    def add(self, data: bytes) -> None:
        """Take what has been received."""
        self.data += data
        if self._head_length is None:
            self._find_head()
        elif self.waits_for_continue:
            self.waits_for_continue = len(self.data) == self._head_length

    def is_whole(self) -> bool:
        """Whether the parser will need no more bytes for this request."""
        if self._head_length is None:
            return False
        return self._all_chunks_are_there() if self._is_chunked else len(self.data) >= self._due

    def _find_head(self) -> None:
        found = _END_OF_HEAD.search(self.data, max(0, self._searched - 3))
        self._searched = len(self.data)
        if found is None:
            return
        self._head_length = self._due = found.end()
        head = bytes(self.data[: found.end()])
        fields = {name.lower(): value for name, value in _FIELD.findall(head)}
        self._is_chunked = fields.get(b"transfer-encoding", b"").strip().lower() == b"chunked"
        if not self._is_chunked and (length := _LENGTH.fullmatch(fields.get(b"content-length", b"").strip())):
            self._due += int(length[0])
        expects = b" HTTP/1.1\r\n" in head and _CONTINUE.fullmatch(fields.get(b"expect", b""))
        self.waits_for_continue = bool(expects) and len(self.data) == self._head_length and not self.is_whole()

    def _all_chunks_are_there(self) -> bool:
        while (line_end := self.data.find(b"\r\n", self._due)) >= 0:
            size = _SIZE.match(self.data, self._due)
            if size is None:
                return True
            if not (length := int(size[0], 16)):
                return self.data.find(b"\r\n\r\n", line_end) >= 0  # after the trailers, or right away
            self._due = line_end + length + 4
        return False
