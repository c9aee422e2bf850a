"""The endpoints that every kind of record has: all, one, add, change and remove."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Response

from ..records import Kind
from ..schemas.requests import PageSchema
from ..services.accounts import Account
from ..services.library_read import LibraryRead
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint, Operation, Problems
from .paging import Order


class Said(NamedTuple):
    """What OpenAPI says of an endpoint: its summary, and what it can raise beside the kind's problem ``missing``."""

    summary: str
    problems: Problems = ()


def blueprint_of(
    kind: Kind, description: str = "", find: Callable[[LibraryRead, str], Any] | None = None, **said: Said
) -> ApiBlueprint:
    """The endpoints of a kind at ``/api/PLURAL``; an address names a record by its key, which is text.

    With ``find``, it has a name or the key as text, of which ``find`` returns the key.
    ``said`` are special words for ``all``, ``one``, ``add``, ``change`` and ``remove``.
    """
    assert kind.rest is not None
    assert kind.writer is not None
    collection, writer, name = kind.rest.collection, kind.writer, kind.name
    words = {
        "all": Said(f"All {kind.plural} of the user, by {collection.order[0]}."),
        "one": Said(f"One {name} by its id."),
        "add": Said(f"Add a {name}."),
        "change": Said(f"Change a {name}."),
        "remove": Said(f"Remove a {name}."),
    } | said
    blueprint = ApiBlueprint(kind.plural, f"/api/{kind.plural}", description or kind.plural.capitalize())
    order = Order(kind.plural, **{field: kind.table.c[field].type.python_type for field in collection.order})
    rule = "/<name:name>" if find else f"/<string:{name}_id>"

    def operation(of: str, method: str, rule: str, missing: Problems = (), **more: Any) -> Operation:
        summary, problems = words[of]
        return blueprint.operation(method, rule, summary=summary, problems=[*missing, *problems], **more)

    def key_of(read: LibraryRead, path: Mapping[str, str]) -> Any:
        (text,) = path.values()
        return find(read, text) if find else text

    @operation("all", "GET", "", response=kind.schema(many=True), query=PageSchema, etag=True)
    def list_all(user: Account, paging: dict[str, Any]) -> Response:
        with library_read(user.id) as read:
            return order.page_of(paging, collection.read_all(read))

    @operation("add", "POST", "", body=kind.rest.new, response=kind.schema, status=201)
    def add(user: Account, body: dict[str, Any]) -> dict[str, Any]:
        with library_write(user.id) as tx:
            return collection.read_one(tx, writer.add_one(tx, **body))

    @operation("one", "GET", rule, [kind.missing], response=kind.schema, etag=True)
    def get(user: Account, **path: str) -> dict[str, Any]:
        with library_read(user.id) as read:
            return collection.read_one(read, key_of(read, path))

    @operation("change", "PUT", rule, [kind.missing], body=kind.rest.change, response=kind.schema)
    def change(user: Account, body: dict[str, Any], **path: str) -> dict[str, Any]:
        with library_write(user.id) as tx:
            key = key_of(tx, path)
            writer.change_one(tx, key, body)
            return collection.read_one(tx, key)

    @operation("remove", "DELETE", rule, [kind.missing], status=204)
    def remove(user: Account, **path: str) -> None:
        with library_write(user.id) as tx:
            writer.delete(tx, key_of(tx, path))

    return blueprint
