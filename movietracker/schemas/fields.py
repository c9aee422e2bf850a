"""The fields and bases of all schemas, and how they read what was sent. What a value may be is said in values.py."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, validate, validates_schema

from ..errors import Invalid, sentence_of
from .values import Fault, Value

ONLY_UNKNOWN = "Is not known here, and nothing else was sent."


class Field(fields.Field[Any]):
    """A field that holds a value of one kind, with an example for the OpenAPI document.

    ``example`` stands in place of the kind's own one, which a nullable field does not show: it is often one of several
    ways to say the same. ``optional`` is of responses: the field may be missing.
    """

    def __init__(
        self,
        value: Value,
        example: Any = missing,
        description: str | None = None,
        *,
        optional: bool = False,
        **options: Any,
    ) -> None:
        self.check = value.check
        metadata = dict(value.schema)
        if example is not missing or not options.get("allow_none"):
            metadata["examples"] = [value.example if example is missing else example]
        if description is not None:
            unit = value.schema.get("description")
            metadata["description"] = f"{description} ({unit})" if unit else description
        if options.get("allow_none") and "enum" in metadata:
            metadata["enum"] = [*metadata["enum"], None]
        super().__init__(metadata={**metadata, "optional": optional}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return self.check(value)
        except Fault as fault:
            raise ValidationError(sentence_of(str(fault))) from None


class ListField(fields.List[Any]):
    """A list whose length is checked before its items, of which there may be very many."""

    def __init__(self, items: fields.Field[Any], high: int, **options: Any) -> None:
        super().__init__(items, validate=validate.Length(max=high), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self._validate(value)
        return super()._deserialize(value, attr, data, **kwargs)


class RequestSchema(Schema):
    """Base of what clients send. Unknown fields are ignored: old servers meet new clients."""

    class Meta:
        """Ignore what is not known."""

        unknown = EXCLUDE


class ResponseSchema(Schema):
    """Base of what clients get, for the OpenAPI document: every field is there, unless it is ``optional``.

    Responses are built by the functions beside these schemas, not dumped by them.
    """

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Say so in the OpenAPI document."""
        field_obj.required = not field_obj.metadata.get("optional", False)


class OneOfSchema(RequestSchema):
    """Base of what needs one of the fields ``needed``, and not null."""

    needed: ClassVar[Sequence[str]]

    @validates_schema
    def _has_one(self, data: Mapping[str, Any], **_: Any) -> None:
        if all(data.get(name) is None for name in self.needed):
            sentence = f"One of {', '.join(self.needed[:-1])} and {self.needed[-1]} is required."
            raise ValidationError(sentence, self.needed[0])


class ChangeSchema(OneOfSchema):
    """Base of a change of the record that one of the fields ``needed`` names; unknown fields alone are refused."""

    @validates_schema(pass_original=True)
    def _changes_what_is_known(self, data: Mapping[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        known = [name for name, value in data.items() if name not in self.needed or value is not None]
        unknown = sorted(original.keys() - self.load_fields.keys())
        if unknown and len(known) == 1:
            raise ValidationError(ONLY_UNKNOWN, unknown[0])


def one_word(words: Sequence[str], description: str, default: Any = missing) -> fields.String:
    """A field of a query that holds one of these words."""
    check = validate.OneOf(words)
    return fields.String(load_default=default, validate=check, metadata={"description": description})


def whole_number(description: str, low: int, high: int | None = None, default: Any = missing) -> fields.Integer:
    """A field of a query that holds a whole number in this range."""
    check = validate.Range(low, high)
    return fields.Integer(load_default=default, validate=check, metadata={"description": description})


def decimal_number(description: str, low: float, high: float) -> fields.Float:
    """A field of a query that holds a number in this range."""
    return fields.Float(validate=validate.Range(low, high), metadata={"description": description})


def flag(description: str) -> fields.Boolean:
    """A field of a query that is true or false."""
    return fields.Boolean(truthy={"true", "1"}, falsy={"false", "0"}, metadata={"description": description})


def texts(description: str | None = None, example: Sequence[str] | None = None, **metadata: Any) -> fields.List[Any]:
    """A field of a response that holds several texts."""
    shown = {} if example is None else {"examples": [example]}
    said = {} if description is None else {"description": description}
    return fields.List(fields.String(), metadata=shown | said | metadata)


def checks_of(schema: type[Schema]) -> dict[str, Field]:
    """The fields of a schema that hold a single value, by name."""
    return {name: each for name, each in schema._declared_fields.items() if isinstance(each, Field)}


_instance = cache(lambda schema: schema())  # making one takes longer than loading a small body


def load(schema: type[Schema], sent: Any) -> dict[str, Any]:
    """The fields of what was sent; raises Invalid."""
    try:
        loaded: dict[str, Any] = _instance(schema).load(sent)
    except ValidationError as error:
        raise Invalid.of(dict(_by_path(error.messages))) from None
    return loaded


def unknown_fields(schema: type[Schema], sent: Mapping[str, Any]) -> list[str]:
    """The names of what was sent and is not in the schema, in alphabetical order."""
    return sorted(sent.keys() - _instance(schema).load_fields.keys())


def _by_path(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Turn marshmallow's nested messages into field path -> messages, such as ``people[3]`` -> [...]."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            if key == "_schema":
                yield from _by_path(inner, path)
            elif isinstance(key, int):
                yield from _by_path(inner, f"{path}[{key}]")
            else:
                yield from _by_path(inner, f"{path}.{key}" if path else str(key))
    else:
        listed = messages if isinstance(messages, list) else [messages]
        yield path or "body", [str(message) for message in listed]
