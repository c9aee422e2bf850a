"""What a client may send on its socket. All its messages but the first are ignored, so that it needs to send little.

Time is limited as well as memory: reads, frames and control frames count as so many bytes as they cost time.
"""

from time import monotonic

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

MAX_UNSIGNED_BYTES = 8192
"""In all, from a client that has not sent its token yet."""

MAX_MESSAGE_BYTES = 65_536
"""For one message, whose announced length counts."""

BURST_BYTES = 131_072
BYTES_A_SECOND = 16_384
"""A client may send the burst at once, and this much more each second.

While it is being closed it may send the burst once more, so that it gets to read why.
"""

READ_COSTS = 300
FRAME_COSTS = 512
CONTROL_FRAME_COSTS = 4096
"""In bytes: 32 control frames at once, and 4 more each second."""

_READ_BYTES = 16_384

_NO_BITS = RsvBits(False, False, False)


class Meter(Extension):
    """Counts what one client sends; wsproto shows it each frame, as it does to extensions of the protocol."""

    name = "meter"

    def __init__(self) -> None:
        self._unsigned_left: int | None = MAX_UNSIGNED_BYTES
        self._left = float(BURST_BYTES)
        self._gain = BYTES_A_SECOND
        self._filled_at = monotonic()
        self._message_bytes = self._frame_bytes = 0
        self._is_control = False

    def sign_in(self) -> None:
        """Apply the limits of clients whose token is good."""
        self._unsigned_left = None

    def begin_close(self) -> None:
        """Apply the limits of clients that are being closed."""
        self._unsigned_left = None
        self._left, self._gain = float(BURST_BYTES), 0

    @property
    def most(self) -> int:
        """How many bytes to read next; 0 if the client may send no more."""
        return _READ_BYTES if self._unsigned_left is None else min(_READ_BYTES, self._unsigned_left)

    def count_read(self, size: int) -> bool:
        """Count what was read; returns False if it was too much or too often."""
        if self._unsigned_left is not None:
            self._unsigned_left -= size
        return self._spend(size + READ_COSTS)

    def enabled(self) -> bool:
        """Take part without having been negotiated."""
        return True

    def offer(self) -> bool:
        """Offer nothing to the client."""
        return False

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Refuse a frame by its announced length; called again as long as its header is incomplete."""
        self._is_control, self._frame_bytes = opcode.iscontrol(), payload_length
        most = MAX_MESSAGE_BYTES if self._unsigned_left is None else MAX_UNSIGNED_BYTES
        if not self._is_control and self._message_bytes + payload_length > most:
            return CloseReason.MESSAGE_TOO_BIG
        return _NO_BITS

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> CloseReason | None:
        """Count a whole frame."""
        if not self._is_control:
            self._message_bytes = 0 if fin else self._message_bytes + self._frame_bytes
        is_within = self._spend(CONTROL_FRAME_COSTS if self._is_control else FRAME_COSTS)
        return None if is_within else CloseReason.POLICY_VIOLATION

    def _spend(self, cost: int) -> bool:
        now = monotonic()
        if self._gain:
            self._left = min(BURST_BYTES, self._left + (now - self._filled_at) * self._gain)
            self._filled_at = now
        self._left -= cost
        return self._left >= 0
