"""Path parts with more room than werkzeug's own."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class NameConverter(BaseConverter):
    """A name that may hold any character, slashes at either end and in a row included, and line breaks."""

    regex = "(?s:.+?)"
    part_isolating = False
    weight = 200
