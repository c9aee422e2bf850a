"""Public title ids: opaque integers that say which numbering they are from.

TMDB's numbering is namespace 0, so its ids are public as they are (clients hold millions of them). A provider with a
numbering of its own has a namespace from 1 to 4095; its ids are shifted out of everybody else's way. All stay below
2**53, which is what a JavaScript client can hold.
"""

from __future__ import annotations

LOCAL_BITS = 40
MAX_NAMESPACE = 4095


def public_id(namespace: int, local_id: int) -> int:
    """The id that clients see; raises ValueError for a local id of more than 40 bits."""
    if not 0 < local_id < 1 << LOCAL_BITS:
        raise ValueError(f"{local_id} does not fit into {LOCAL_BITS} bits")
    return namespace << LOCAL_BITS | local_id


def split_id(public: int) -> tuple[int, int]:
    """Namespace and local id."""
    return public >> LOCAL_BITS, public & ((1 << LOCAL_BITS) - 1)
