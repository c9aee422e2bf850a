"""A stand-in of TMDB and OMDb on loopback: real HTTP, the real services' documented shapes, no network.

``with Standin() as standin:`` gives ``tmdb_url``, ``tmdb_key``, ``omdb_url``, ``omdb_key`` and the recorded ``calls``,
and can be told to fail (see :class:`standin.loopback.LoopbackServer`). ``python -m standin`` runs it by hand.
"""

from .loopback import Answer, Call, LoopbackServer
from .server import Standin

__all__ = ["Answer", "Call", "LoopbackServer", "Standin"]
