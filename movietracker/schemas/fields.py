"""Fields that say exactly what they accept: no number from a string, no true for 1 where a number is meant."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

MAX_SECONDS = 10_000_000_000
"""Beyond this a time is in milliseconds (older clients send those); as seconds it would be the year 2286."""

MAX_NAME_LENGTH = 200

IMDB_ID_PATTERN = "^tt[0-9]{7,17}$"


def is_imdb_id(text: str) -> bool:
    """Whether this is an IMDb title id: tt and 7 or more digits."""
    return re.fullmatch(IMDB_ID_PATTERN, text) is not None and not text.endswith("\n")


class Text(fields.String):
    """Text of bounded length without NUL characters, which PostgreSQL cannot store; ``trim`` cuts white space off."""

    def __init__(self, *, max_length: int = 200, min_length: int = 0, trim: bool = False, **options: Any) -> None:
        self.trim = trim
        options.setdefault("validate", validate.Length(min=min_length, max=max_length))
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text:
            raise ValidationError("Must not contain NUL characters.")
        return text.strip() if self.trim else text


class Name(Text):
    """A name: trimmed, in Unicode NFC, of 1 to ``max_length`` characters."""

    def __init__(self, *, max_length: int = MAX_NAME_LENGTH, **options: Any) -> None:
        super().__init__(min_length=1, max_length=max_length, trim=True, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **kwargs))


class Number(fields.Float):
    """A finite JSON number; with ``whole`` an integer."""

    def __init__(self, *, low: float, high: float, whole: bool = False, **options: Any) -> None:
        self.whole = whole
        described = {"type": "integer", "minimum": low, "maximum": high} if whole else {}
        super().__init__(validate=validate.Range(low, high), **_described(options, described))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError("Not a number.")
        if self.whole:
            if value != int(value):
                raise ValidationError("Not a whole number.")
            return int(value)
        return float(value)


class Timestamp(Number):
    """Unix time in seconds; milliseconds, which older clients send, are understood and turned into seconds."""

    def __init__(self, **options: Any) -> None:
        described = {"description": "Unix time in seconds, or in milliseconds", "maximum": MAX_SECONDS * 1000}
        super().__init__(low=0, high=MAX_SECONDS, **_described(options, described))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        seconds = super()._deserialize(value, attr, data, **kwargs)
        return seconds / 1000 if seconds > MAX_SECONDS else seconds


class Flag(fields.Boolean):
    """true or false, nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class VoteType(fields.Boolean):
    """A vote: true, 1 and "upvote" are for; false, 0 and "downvote" are against."""

    _WORDS: ClassVar[dict[str, bool]] = {"upvote": True, "downvote": False}

    def __init__(self, **options: Any) -> None:
        described = {"type": ["boolean", "integer", "string"], "enum": [True, False, 1, 0, *self._WORDS]}
        super().__init__(**_described(options, described))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, str) and value.lower() in self._WORDS:
            return self._WORDS[value.lower()]
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        raise ValidationError('Not a vote: true, false, 1, 0, "upvote" or "downvote".')


class ImdbId(fields.String):
    """An IMDb title id: tt and 7 or more digits."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(metadata={"pattern": IMDB_ID_PATTERN, **(metadata or {})}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_imdb_id(text):
            raise ValidationError("Not an IMDb id: tt and 7 or more digits.")
        return text


class Document(fields.Dict):
    """A JSON object that is stored as it is; its size is bounded where it is stored."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), **options)


def _described(options: dict[str, Any], described: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a field, with more said about it in the OpenAPI document."""
    return {**options, "metadata": {**described, **options.get("metadata", {})}}


def person_id(**options: Any) -> Number:
    """The id of a person: a positive whole number that a JavaScript client can hold."""
    return Number(low=1, high=2**53 - 1, whole=True, **options)
