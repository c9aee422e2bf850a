"""The OpenAPI document: valid, whole, and what the server really does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from support.client import Client

from movietracker.sync.actions import registry

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(openapi_document: dict[str, Any]) -> dict[str, Any]:
    """The document as a client gets it."""
    return openapi_document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for address, path in document["paths"].items():
        for method in METHODS & path.keys():
            yield f"{method.upper()} {address}", path[method]


def schema_in(part: dict[str, Any]) -> Any:
    return part.get("content", {}).get("application/json", {}).get("schema")


def examples_in(part: dict[str, Any]) -> list[Any]:
    content = part["content"]["application/json"]
    return [each["value"] for each in content.get("examples", {}).values()] or [content["example"]]


def validator(document: dict[str, Any], schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_it_describes_every_endpoint(app: Flask, document: dict[str, Any]) -> None:
    served = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api"):
            address = "".join(f"{{{name}}}" if is_name else part for is_name, part, name in parts_of(rule.rule))
            served |= {f"{method} {address}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}

    assert served == {name for name, _ in operations(document)}


def parts_of(rule: str) -> Iterator[tuple[bool, str, str]]:
    for piece in rule.replace("<", "\0<").replace(">", ">\0").split("\0"):
        yield piece.startswith("<"), piece, piece.strip("<>").rpartition(":")[2]


def test_every_operation_has_a_summary_of_one_sentence(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert re.fullmatch(r"[A-Z].{5,138}\.", operation["summary"]), name
        assert operation["tags"], name


def test_every_operation_says_what_it_reads_with_an_example_that_fits(document: dict[str, Any]) -> None:
    without_a_body = (
        "/logout",
        "/everywhere",
        "/refresh",
        "/enable",
        "/restore/{filename}",
        "/confirm",
        "/cancel",
        "/undo",
        "/{tag}",
    )
    for name, operation in operations(document):
        if name.startswith(("POST", "PUT", "PATCH")) and not name.endswith((*without_a_body, "POST /api/import")):
            body = operation["requestBody"]
            for example in examples_in(body):
                validator(document, schema_in(body)).validate(example)


def test_every_operation_says_what_it_answers_with_an_example_that_fits(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        successes = [status for status in operation["responses"] if status.startswith("2")]
        assert successes, name
        for status in successes:
            response = operation["responses"][status]
            if status != "204" and "image/png" not in response["content"]:
                assert schema_in(response), name
                for example in examples_in(response):
                    validator(document, schema_in(response)).validate(example)


def test_every_error_has_the_one_shape_with_examples_that_name_its_codes(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        statuses = {status for status in operation["responses"] if status[0] in "45"}
        assert {"500", "503"} <= statuses, name
        if "security" in operation:
            assert {"401", "403"} <= statuses, name
        for status in statuses:
            response = operation["responses"][status]
            assert schema_in(response) == {"$ref": "#/components/schemas/Error"}, (name, status)
            for example in examples_in(response):
                validator(document, schema_in(response)).validate(example)
                assert f"`{example['code']}`" in response["description"], (name, status)
                assert ("errors" in example) == (status == "422"), (name, status)
            if status in ("429", "503"):
                assert "Retry-After" in response["headers"], (name, status)


def test_what_is_no_http_is_described_once_for_all_operations(document: dict[str, Any]) -> None:
    described = document["components"]["responses"]["DEFAULT_ERROR"]["content"]["application/json"]["examples"]
    shown = {(each["summary"][:3], each["value"]["code"]) for each in described.values()}

    assert ("400", "bad_request") in shown
    assert ("414", "request_uri_too_long") in shown
    assert ("431", "request_header_fields_too_large") in shown
    for _, operation in operations(document):
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}


def test_every_operation_says_who_may_call_it(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        who = next(iter(operation.get("security", [{}])[0]), None)
        expected = "admin" if "/admin/" in name else "user"
        if name.endswith(("/login", "/health", "/health/ready")):
            expected = None
        assert who == expected, name
    assert set(document["components"]["securitySchemes"]) >= {"user", "admin"}


def test_every_field_says_its_type(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert {"type", "$ref", "anyOf", "oneOf", "allOf", "enum"} & described.keys(), f"{name}.{field}"


def test_every_read_can_be_conditional(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert ("304" in operation["responses"]) == name.startswith("GET"), name


def test_paged_lists_say_where_the_next_page_is(document: dict[str, Any]) -> None:
    for address in ("/api/movies", "/api/people", "/api/lists", "/api/lists/{list_id}/movies", "/api/auth/admin/users"):
        operation = document["paths"][address]["get"]
        assert {"limit", "cursor"} <= {parameter.get("name") for parameter in operation["parameters"]}
        assert {"X-Next-Cursor", "Link", "ETag"} <= operation["responses"]["200"]["headers"].keys()


def test_the_contracts_shapes_are_described_field_by_field(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["User"]["required"]) == {"id", "email", "username", "created_at", "is_active"}
    assert set(schemas["Error"]["required"]) == {"detail", "code"}
    assert set(schemas["CacheInfo"]["required"]) == {"current_size", "max_size", "ttl", "hits", "misses"}
    assert "numberOfSeasons" not in schemas["TitleDetails"]["required"]
    assert schemas["NewRecommendation"]["properties"]["person_id"]["type"] == ["integer", "null"]
    votes = schemas["NewRecommendation"]["properties"]["vote_type"]["anyOf"]
    assert [each.get("enum") for each in votes] == [None, [0, 1], ["upvote", "downvote"]]


def test_it_is_public_json_and_the_same_for_every_application(anonymous: Client, document: dict[str, Any]) -> None:
    answer = anonymous.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == document


def test_every_operation_has_a_name_of_its_own_for_generated_clients(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]*)*", name) for name in names)
    assert {"addMovie", "listMovies", "removeMovie", "getPerson", "listBackups", "importLibrary"} <= set(names)


def test_a_vote_is_one_of_several_types_each_with_values_of_its_own(document: dict[str, Any]) -> None:
    vote = document["components"]["schemas"]["NewMovie"]["properties"]["vote_type"]

    assert [each["type"] for each in vote["anyOf"]] == ["boolean", "integer", "string"]
    assert "enum" not in vote


def test_every_sync_action_is_told_apart_by_its_name_and_has_the_schema_of_its_data(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Batch"]["properties"]["actions"]["items"] == {"$ref": "#/components/schemas/Action"}
    for union in ("Action", "Push"):
        discriminator = schemas[union]["discriminator"]
        assert discriminator["propertyName"] == "action"
        assert discriminator["mapping"].keys() == registry.by_name.keys()
        assert {each["$ref"] for each in schemas[union]["oneOf"]} == set(discriminator["mapping"].values())
        for name, reference in discriminator["mapping"].items():
            member = schemas[reference.removeprefix("#/components/schemas/")]
            assert name in member["properties"]["action"]["enum"]
            data = registry.by_name[name].schema.__name__
            assert member["properties"]["data"] == {"$ref": f"#/components/schemas/{data}"}
            assert ("cursor" in member["properties"]) == (union == "Push")


def test_a_misspelt_action_does_not_fit_and_is_still_refused_in_its_result(
    client: Client, document: dict[str, Any]
) -> None:
    data = {"imdb_id": "tt0133093"}
    good = {"action": "addMovie", "data": data}
    misspelt = [{"acshun": "addMovie", "data": data}, {"action": "addMoovie", "data": data}, None]
    batch = validator(document, {"$ref": "#/components/schemas/Batch"})

    assert batch.is_valid({"actions": [good]})
    assert not any(batch.is_valid({"actions": [each]}) for each in misspelt)
    answer = client.post("/api/sync/batch", json={"actions": [*misspelt, good]})
    assert answer.status_code == 200
    codes = [each["code"] for each in answer.json["results"]]
    assert codes == ["validation_error", "unknown_action", "validation_error", None]
    assert client.post("/api/sync", json=misspelt[1]).json["code"] == "unknown_action"
