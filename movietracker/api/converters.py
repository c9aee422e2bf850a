"""The parts of paths: what each kind accepts, and how the OpenAPI document describes it."""

from collections.abc import Mapping
from typing import Any

from werkzeug.routing import BaseConverter


class TextConverter(BaseConverter):
    """One part, without NUL characters, which PostgreSQL cannot store."""

    regex = r"[^/\0]+"
    part_isolating = True


class NameConverter(BaseConverter):
    """A name of any characters but NUL: slashes at either end and in a row included, and line breaks."""

    regex = r"[^\0]+?"
    part_isolating = False
    weight = 200


CONVERTERS: Mapping[str, type[BaseConverter]] = {"string": TextConverter, "name": NameConverter}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string", "minLength": 1},
    "name": {"type": "string"},
    "int": {"type": "integer", "minimum": 0},
}
