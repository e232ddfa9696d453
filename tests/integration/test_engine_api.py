"""The REST API of the local engine treats requests and answers as API Gateway does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

from dev.engine.stack import LocalStack


def ask(
    probe: LocalStack, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Message, bytes]:
    """Return status, headers and body; `_` in a header's name stands for `-`."""
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(probe.api_url + path, data=body, headers=spelled, method=method)
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, answer.headers, answer.read()


def echo(probe: LocalStack, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
    """Return the event that the function was given."""
    status, _, answer = ask(probe, method, path, body, **headers)
    assert status == 201
    return json.loads(answer)


def test_a_path_parameter_reaches_the_function(probe: LocalStack) -> None:
    event = echo(probe, "GET", "/echo/7%20up")
    assert event["pathParameters"] == {"id": "7 up"}
    assert event["resource"] == "/echo/{id}"


def test_a_fixed_path_wins_over_a_parameter(probe: LocalStack) -> None:
    assert echo(probe, "GET", "/echo/current")["resource"] == "/echo/current"


def test_a_method_any_takes_every_method(probe: LocalStack) -> None:
    assert echo(probe, "PUT", "/echo", b"{}")["httpMethod"] == "PUT"


def test_the_stage_is_in_no_path_that_a_function_sees(probe: LocalStack) -> None:
    event = echo(probe, "GET", "/echo/current")
    assert event["path"] == "/echo/current"
    assert event["requestContext"]["path"] == "/dev/echo/current"


def test_a_repeated_query_parameter_keeps_all_its_values(probe: LocalStack) -> None:
    event = echo(probe, "GET", "/echo?a=1&a=2&b=%C3%A9")
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é"]}


def test_two_cookies_leave_as_two_headers(probe: LocalStack) -> None:
    _, headers, _ = ask(probe, "GET", "/echo")
    assert headers.get_all("Set-Cookie") == ["a=1; HttpOnly", "b=2; HttpOnly"]


def test_a_status_and_a_location_pass_unchanged(probe: LocalStack) -> None:
    status, headers, _ = ask(probe, "GET", "/echo")
    assert (status, headers["Location"]) == (201, "/echo/1")


def test_a_binary_body_arrives_encoded(probe: LocalStack) -> None:
    event = echo(probe, "POST", "/echo", b"\x00\xff", Content_Type="application/octet-stream")
    assert (event["isBase64Encoded"], event["body"]) == (True, "AP8=")


def test_a_text_body_arrives_as_it_is(probe: LocalStack) -> None:
    event = echo(probe, "POST", "/echo", b"v=0\r\n", Content_Type="application/sdp")
    assert (event["isBase64Encoded"], event["body"]) == (False, "v=0\r\n")


def test_a_caller_cannot_choose_its_own_address(probe: LocalStack) -> None:
    event = echo(probe, "GET", "/echo", X_Forwarded_For="203.0.113.9")
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_a_preflight_is_answered_without_a_function(probe: LocalStack) -> None:
    status, headers, _ = ask(probe, "OPTIONS", "/echo/current", Origin="http://localhost:3000")
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert headers["Access-Control-Allow-Credentials"] == "true"


def test_an_unknown_path_gets_the_templates_own_answer(probe: LocalStack) -> None:
    status, headers, body = ask(probe, "GET", "/nowhere")
    assert (status, headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert json.loads(body)["error"]["code"] == "not_found"


def test_an_unhandled_error_shows_no_stack_to_the_caller(probe: LocalStack) -> None:
    status, _, body = ask(probe, "POST", "/standard", b"{}")  # the function misses its X-Name header
    assert (status, json.loads(body)) == (502, {"message": "Internal server error"})


def test_a_function_sees_its_layer_and_its_environment(probe: LocalStack) -> None:
    event = echo(probe, "GET", "/echo")
    assert (event["layer"], event["colour"]) == ("probe", "green")


def test_a_function_cannot_import_what_only_this_environment_has(probe: LocalStack) -> None:
    status, _, body = ask(probe, "POST", "/express", b'{"number": 1, "do": "import", "module": "pytest"}')
    assert status == 200
    assert json.loads(body)["error"] == "ModuleNotFoundError"
