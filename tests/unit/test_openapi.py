"""The OpenAPI document says what the code says: every route, every error, and samples that hold."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from switchboard.domain.errors import NotFound, SessionEnded, TicketSpent, UpstreamBusy
from switchboard.usecases.attach_call import attach_call
from switchboard.usecases.relay_call import relay_call

from dev.openapi.__main__ import SERVED, text
from dev.openapi.failures import codes
from dev.openapi.raises import raised_by
from dev.openapi.routes import ROOT
from dev.openapi.samples import read_event
from tests.unit.test_template import routes

NODE = shutil.which("node")
BROWSER = ROOT / "tests" / "browser"
LINTER = BROWSER / "node_modules" / "@redocly" / "openapi-core"
METHODS = {"get", "post", "put", "delete", "patch"}


@cache
def document() -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = json.loads(SERVED.read_text("utf-8"))
    return found


def operations() -> list[tuple[str, dict[str, Any]]]:
    """Return (route, operation) of the whole document."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def complaints(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what a schema of the document has against a value."""
    whole = {**schema, "components": document()["components"]}  # so that its references lead somewhere
    validator = Draft202012Validator(whole)
    return [error.message for error in validator.iter_errors(value)]


def samples() -> list[tuple[str, dict[str, Any], Any]]:
    """Return (where, schema, sample) of all that goes in and comes out but errors; no sample is None."""
    found = []
    for route, operation in operations():
        answers = {status: answer for status, answer in operation["responses"].items() if status < "400"}
        bodies = {status: answer.get("content", {}) for status, answer in answers.items()}
        bodies["request"] = operation.get("requestBody", {}).get("content", {})
        for place, content in bodies.items():
            for kind, media in content.items():
                found.append((f"{route} {place} {kind}", media["schema"], media.get("example")))
        for each in operation.get("parameters", []):
            found.append((f"{route} {each['name']}", each["schema"], each.get("example")))
    return found


def test_the_served_document_is_what_the_code_says() -> None:
    assert SERVED.read_text("utf-8") == text(), "run `make openapi`"


def test_it_is_a_valid_openapi_document() -> None:
    assert document()["openapi"].startswith("3.1")
    validate(document())


def test_it_has_the_routes_of_the_template_and_no_other() -> None:
    asked = {route for route in routes() if not route.startswith("OPTIONS ")}
    assert {route for route, _ in operations()} == asked


def test_every_operation_has_a_name_of_its_own_and_words() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    assert not [route for route, operation in operations() if not operation["summary"]]


def test_every_typed_body_has_the_sample_of_its_function() -> None:
    for route, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "$ref" in content.get("schema", {}):
            assert "example" in content, route


def test_everything_that_goes_in_or_comes_out_is_shown_by_a_sample() -> None:
    assert [where for where, _, sample in samples() if sample is None] == []


@pytest.mark.parametrize(("where", "schema", "sample"), samples(), ids=lambda value: str(value)[:60])
def test_a_sample_is_valid_under_its_own_schema(where: str, schema: dict[str, Any], sample: Any) -> None:
    assert complaints(schema, sample) == [], where


def test_every_error_answer_shows_the_one_shape() -> None:
    shape = {"$ref": "#/components/schemas/Error"}
    for route, operation in operations():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer["content"]["application/json"]["schema"] == shape, route
    for code, example in document()["components"]["examples"].items():
        assert complaints(shape, example["value"]) == [], code


def test_every_code_is_an_error_of_some_operation_and_has_a_sample() -> None:
    answers = [answer for _, operation in operations() for answer in operation["responses"].items()]
    shown = {
        code
        for status, answer in answers
        if status >= "400"
        for code in answer["content"]["application/json"]["examples"]
    }
    assert shown == set(codes()) == set(document()["components"]["examples"])


def test_a_body_may_be_too_large_also_where_none_is_wanted() -> None:
    told = {route for route, operation in operations() if "413" in operation["responses"]}
    assert told == {route for route, _ in operations() if not route.startswith("GET ")}


def test_who_is_to_wait_is_told_that_a_header_says_how_long() -> None:
    for route, operation in operations():
        for status in {"429", "503"} & set(operation["responses"]):
            assert "Retry-After" in operation["responses"][status]["headers"], (route, status)


@pytest.mark.skipif(NODE is None or not LINTER.is_dir(), reason="`make browser` brings the linter")
def test_a_linter_has_nothing_against_it() -> None:
    assert NODE is not None
    command = [NODE, str(BROWSER / "lint_openapi.mjs"), str(SERVED)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (ran.stdout, ran.returncode) == ("", 0), ran.stderr


def test_the_table_of_errors_lists_every_code_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+)", (ROOT / "docs/errors.md").read_text("utf-8"), re.M)
    assert dict(rows) == {code: str(status) for code, (status, _) in codes().items()}
    assert len(rows) == len(codes())


def test_errors_are_found_in_code_in_contracts_and_behind_domain_values() -> None:
    assert {NotFound, SessionEnded} <= raised_by(attach_call)
    assert {TicketSpent, UpstreamBusy, SessionEnded} <= raised_by(relay_call)
    assert TicketSpent not in raised_by(attach_call)


def test_the_relay_is_shown_as_it_is() -> None:
    relay = document()["paths"]["/realtime/calls"]["post"]
    assert relay["security"] == [{"ticket": []}]
    assert relay["requestBody"]["content"]["application/sdp"]["example"].startswith("v=0")
    assert "Location" in relay["responses"]["201"]["headers"]


def test_the_function_serves_the_document_to_whoever_asks() -> None:
    spec = spec_from_file_location("get_openapi_app", SERVED.parent / "app.py")
    assert spec is not None
    assert spec.loader is not None
    app = module_from_spec(spec)
    spec.loader.exec_module(app)
    answer = app.handler(read_event("get_openapi"), None)
    assert json.loads(answer["body"]) == document()
    assert (answer["statusCode"], answer["headers"]["access-control-allow-origin"]) == (200, "*")
