"""The Python client: the operations of the OpenAPI document by the same names, and nothing repeated amiss."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic.alias_generators import to_camel
from switchboard_client import Client, SwitchboardError
from switchboard_client.stream import lines

from tests.unit.client_server import Server, refusal
from tests.unit.test_openapi import document, operations

STREAM = "/session/{sessionId}/transcript/stream"
VOICE = {
    operation["operationId"]: operation
    for route, operation in operations()
    if operation["tags"] == ["Voice"] and not route.endswith(STREAM)
}
CONVENIENT = {"transcript", "stream_transcript", "profile", "call", "close", "guest_token"}
"""Methods that are no operation, but made of some."""
Answer = Callable[[httpx.Request], httpx.Response]


def fields_of(operation: dict[str, Any]) -> set[str]:
    """Return the names of all that an operation takes, in JSON."""
    names = {each["name"] for each in operation.get("parameters", [])}
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return names | set(schema.get("properties", {}))


def test_every_voice_operation_is_a_method_and_every_method_an_operation() -> None:
    methods = {name for name in vars(Client) if not name.startswith("_")}
    assert methods - CONVENIENT == set(VOICE)


@pytest.mark.parametrize("name", sorted(set(VOICE) - {"relay_call"}))
def test_a_method_takes_what_its_operation_takes(name: str) -> None:
    parameters = set(inspect.signature(getattr(Client, name)).parameters) - {"self"}
    assert set(map(to_camel, parameters)) == fields_of(VOICE[name])


@pytest.mark.parametrize("name", sorted(set(VOICE) - {"relay_call"}))
def test_a_method_asks_where_its_operation_answers(name: str) -> None:
    server = Server()
    required = [
        each.name
        for each in inspect.signature(getattr(Client, name)).parameters.values()
        if each.default is inspect.Parameter.empty and each.name != "self"
    ]
    getattr(server.client(), name)(*("sample" for _ in required))
    [request] = server.asked
    [route] = [route for route, operation in operations() if operation["operationId"] == name]
    method, path = route.split()
    assert request.method == method
    assert re.fullmatch(re.sub(r"{\w+}", "sample", path), request.url.path)


def test_a_session_is_created_with_what_is_given_and_nothing_else() -> None:
    server = Server()
    server.client().create_session(mode="relay", enable_transcription=False)
    assert json.loads(server.asked[0].content) == {"mode": "relay", "enableTranscription": False}


def test_a_relayed_call_keeps_the_answer_as_it_came() -> None:
    location = {"location": "/realtime/calls/rtc_1"}
    server = Server(httpx.Response(201, text="v=0\r\nanswer\r\n", headers=location))
    placed = server.client().relay_call("ek_1", "v=0\r\n")
    assert (placed.call_id, placed.answer) == ("rtc_1", "v=0\r\nanswer\r\n")
    headers = server.asked[0].headers
    assert (headers["authorization"], headers["content-type"]) == ("Bearer ek_1", "application/sdp")


def test_an_offer_is_never_repeated() -> None:
    server = Server(refusal(503, "throttled"))
    with pytest.raises(SwitchboardError):
        server.client().relay_call("ek_1", "v=0\r\n")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("who", "header", "value"),
    [
        ({"api_key": "key"}, "x-api-key", "key"),
        ({"token": "jwt"}, "authorization", "Bearer jwt"),
        ({"guest_token": "gst"}, "x-guest-token", "gst"),
    ],
)
def test_a_caller_says_who_they_are(who: dict[str, str], header: str, value: str) -> None:
    server = Server()
    server.client(**who).get_session("sess_1")
    assert server.asked[0].headers[header] == value


def test_a_guest_stays_the_same_guest() -> None:
    server = Server(httpx.Response(200, json={}, headers={"x-guest-token": "gst_1"}))
    client = server.client()
    client.create_session()
    client.create_session()
    assert server.asked[1].headers["x-guest-token"] == "gst_1"
    assert client.guest_token == "gst_1"


def test_a_transcript_is_read_page_by_page() -> None:
    pages = [{"items": [{"itemId": "a"}], "cursor": "2.a"}, {"items": [{"itemId": "b"}], "cursor": None}]
    server = Server(*(httpx.Response(200, json=page) for page in pages))
    assert [item["itemId"] for item in server.client().transcript("sess_1")] == ["a", "b"]
    assert server.asked[1].url.params["cursor"] == "2.a"


ITEM = 'id: 1.1\nevent: item\ndata: {"itemId":\ndata: "a"}\n\n: still here\n\nevent: news\ndata: {}\n\n'
END = 'id: end\nevent: end\ndata: {"sessionId": "sess_1", "status": "ended"}\n\n'


def test_a_stream_tells_items_and_its_end() -> None:
    server = Server(httpx.Response(200, text=ITEM + END))
    told = list(server.client(guest_token="gst_1").stream_transcript("sess_1"))
    assert told == [
        {"type": "item", "id": "1.1", "item": {"itemId": "a"}},
        {"type": "end", "id": "end", "sessionId": "sess_1", "status": "ended"},
    ]
    [asked] = server.asked
    assert asked.url.path == STREAM.format(sessionId="sess_1")
    assert (asked.headers["x-guest-token"], asked.headers["accept"]) == ("gst_1", "text/event-stream")
    assert "last-event-id" not in asked.headers


def test_words_may_hold_what_others_take_for_the_end_of_a_line() -> None:
    words = "One\u2028two\u0085three\u001d"
    data = json.dumps({"itemId": words}, ensure_ascii=False)
    server = Server(httpx.Response(200, text=f"id: 1\r\nevent: item\r\ndata: {data}\r\n\r\n" + END))
    assert next(server.client().stream_transcript("sess_1"))["item"]["itemId"] == words


def test_lines_are_read_from_text_that_is_cut_anywhere() -> None:
    text = "a: 1\r\nb: \u2028\n\nc: 3\rd\r\n\r\n"
    for size in range(1, len(text) + 1):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert list(lines(pieces)) == ["a: 1", "b: \u2028", "", "c: 3", "d", ""], size


def test_a_stream_that_closes_is_opened_again_where_it_ended() -> None:
    server = Server(httpx.Response(200, text=ITEM), refusal(503, "throttled"), httpx.Response(204))
    told = list(server.client().stream_transcript("sess_1", last_event_id="0.7"))
    assert [event["type"] for event in told] == ["item", "end"]
    assert [request.headers["last-event-id"] for request in server.asked] == ["0.7", "1.1", "1.1"]
    assert server.pauses == [1.0, 2.0]


def test_a_stream_waits_as_long_as_the_server_says() -> None:
    busy = refusal(429, "too_many_viewers", retry_after=9)
    server = Server(busy, httpx.Response(204))
    list(server.client().stream_transcript("sess_1"))
    assert server.pauses == [9]


def test_a_stream_of_anothers_session_is_no_stream() -> None:
    server = Server(refusal(404, "not_found"))
    with pytest.raises(SwitchboardError) as caught:
        list(server.client().stream_transcript("sess_1"))
    assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("operation", "status", "read"),
    [
        ("get_transcript", "200", {"items", "cursor"}),
        ("extract_profile", "200", {"status", "extractionId"}),
        ("get_extraction", "200", {"status", "extractionId"}),
    ],
)
def test_what_the_client_reads_of_an_answer_is_there(operation: str, status: str, read: set[str]) -> None:
    schema = VOICE[operation]["responses"][status]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert read <= set(schema["properties"])


def test_any_operation_can_be_asked_for_by_its_name() -> None:
    server = Server(httpx.Response(200, json=document()))
    server.client().call("record_chat_event", session_id="chat_1", type="button_click", payload={})
    request = server.asked[1]
    assert (request.method, request.url.path) == ("POST", "/chatkit/sessions/chat_1/events")
    assert json.loads(request.content) == {"type": "button_click", "payload": {}}
