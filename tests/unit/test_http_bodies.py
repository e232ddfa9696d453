"""What the edge reads of a request, and what it refuses to read."""

from __future__ import annotations

import base64
import json
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from switchboard.domain import errors, limits
from switchboard.edge import validated
from switchboard.usecases.create_chat_session import CreateChatSession
from switchboard.usecases.create_session import CreateSession, create_session
from switchboard.usecases.end_session import end_session
from switchboard.usecases.get_transcript import get_transcript
from switchboard.usecases.relay_call import RelayCall

from tests.unit.edges import ROUTES, Edge
from tests.unit.extractions import with_talk
from tests.unit.fakes import World
from tests.unit.given import NOBODYS_ID, SESSION_ID, open_session, talk, write_talk

LARGE = {"type": "function", "name": "f", "parameters": {"description": "x" * (limits.TOOLS_BYTES // 2)}}
NESTED: dict[str, Any] = {}
for _ in range(20):
    NESTED = {"a": NESTED}


@pytest.fixture
def create(world: World) -> Edge:
    return Edge(world, create_session, status=201)


def throttled(session_id: str) -> NoReturn:
    raise errors.Throttled("Not now.")


FIELDS = st.sampled_from(
    ["sessionId", "callId", "schema", "reset", "mode", "model", "instructions", "type", "properties"]
) | st.text(max_size=5)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"reset": "sess_nobody's"},
            "reset: must be sess_ and 32 digits from 0 to 9 and a to f",
        ),
        (
            {"reset": f"{SESSION_ID}\n"},
            "reset: must be sess_ and 32 digits from 0 to 9 and a to f",
        ),
        (
            {"voice": "-"},
            "voice: must be up to 64 letters, digits, dots, colons, _ and -, a letter or digit first",
        ),
        (
            {"tools": [{"type": "function", "name": "two words"}]},
            "tools.0.name: must be up to 64 letters, digits, _ and -",
        ),
    ],
)
def test_what_an_id_or_a_name_looks_like_is_told_in_words(
    create: Edge, body: dict[str, Any], told: str
) -> None:
    status, _, answer = create.send(body)
    assert (status, answer["error"]["message"]) == (400, told)


def test_an_empty_body_is_an_empty_object(create: Edge) -> None:
    for raw in (None, "", "  \n", "{}"):
        assert create.send(raw=raw or "")[0] == 201


def test_path_and_query_are_part_of_the_request(world: World) -> None:
    open_session(world)
    write_talk(world, talk("Hello.", "Hi."))
    path, query = {"sessionId": SESSION_ID}, {"limit": "1"}
    edge = Edge(world, get_transcript)
    _, _, body = edge.send(pathParameters=path, queryStringParameters=query)
    assert [item["itemId"] for item in body["items"]] == ["item_0"]
    assert edge.send(pathParameters=path, queryStringParameters=None)[0] == 200


def test_one_field_cannot_be_given_twice_with_different_values(world: World) -> None:
    open_session(world)
    edge = Edge(world, end_session)
    path = {"sessionId": SESSION_ID}
    assert edge.code({"sessionId": NOBODYS_ID}, pathParameters=path) == (400, "invalid_request")
    assert edge.send({"sessionId": SESSION_ID}, pathParameters=path)[0] == 200


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "nul",
        "{'a': 1}",
        '{"instructions": "x"',
        '{"instructions": NaN}',
        '{"instructions": Infinity}',
        '{"instructions": -Infinity}',
        '{"instructions": 1e999}',
        '{"instructions": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"instructions": "\ud800"}',
        "[" * 60_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"instructions": ' + "9" * 5000 + "}",
        "[]",
        "null",
        "7",
        '"x"',
        "\x00",
        "\ufeff\ufeff{}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(create: Edge, raw: str) -> None:
    assert create.code(raw=raw) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{}", 201),
        (b"\xef\xbb\xbf{}", 201),
        (b"\xff\xfe{\x00}\x00", 400),
        (b'{"instructions": "\xff"}', 400),
        (b'{"instructions": "\xed\xa0\x80"}', 400),
        (b'{"instructions": "\xc0\xaf"}', 400),
    ],
)
def test_a_base64_body_is_read_as_utf_8(create: Edge, content: bytes, status: int) -> None:
    assert create.send(raw=base64.b64encode(content).decode(), encoded=True)[0] == status


@pytest.mark.parametrize("raw", ["{}", "e30", "e3 0=", "é", "e30=\n"])
def test_a_body_that_only_claims_to_be_base64_is_refused(create: Edge, raw: str) -> None:
    assert create.code(raw=raw, encoded=True) == (400, "invalid_request")


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not(create: Edge) -> None:
    def body(size: int) -> str:
        return "{" + " " * (size - 2) + "}"

    largest, larger = body(limits.BODY_BYTES), body(limits.BODY_BYTES + 1)
    assert create.send(raw=largest)[0] == 201
    assert create.code(raw=larger) == (413, "payload_too_large")
    for text, status in ((largest, 201), (larger, 413)):
        assert create.send(raw=base64.b64encode(text.encode()).decode(), encoded=True)[0] == status


def test_size_is_counted_in_bytes(create: Edge) -> None:
    raw = json.dumps({"instructions": "é" * (limits.BODY_BYTES // 2)}, ensure_ascii=False)
    assert len(raw) < limits.BODY_BYTES
    assert create.code(raw=raw) == (413, "payload_too_large")


def test_the_longest_instructions_fit_in_any_script(create: Edge) -> None:
    words = "語" * limits.INSTRUCTIONS_CHARS
    assert create.send({"instructions": words})[2]["instructions"] == words


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"voice": 7}, "voice"),
        ({"enableTranscription": "yes"}, "enableTranscription"),
        ({"unknown": 1}, "unknown"),
        ({"mode": "x"}, "mode"),
        ({"reset": {"a": [1]}}, "reset"),
    ],
)
def test_a_refusal_names_the_field_and_not_the_value(create: Edge, body: dict[str, Any], field: str) -> None:
    status, _, answer = create.send(body)
    assert status == 400
    [problem] = answer["error"]["details"]["fields"]
    assert problem["field"] == field
    assert answer["error"]["message"].startswith(f"{field}: ")


@given(body=st.dictionaries(FIELDS, JSON, max_size=5) | JSON, data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_body_whatever_it_is_ends_in_a_crash(body: Any, data: st.DataObject) -> None:
    world = World()
    with_talk(world, "Hello.")
    use_case, _ = data.draw(st.sampled_from(ROUTES))
    if isinstance(body, dict) and data.draw(st.booleans()):
        body["sessionId"] = SESSION_ID
    world.engine.on_renew = throttled
    status, _, _ = Edge(world, use_case).send(body)
    assert status != 500


@given(
    raw=st.text(st.characters(exclude_categories=()), max_size=200) | st.binary(max_size=200).map(bytes.hex),
    encoded=st.booleans(),
)
@settings(deadline=None)  # the machine may be busy with something else
def test_no_text_whatever_it_is_ends_in_a_crash(raw: str, encoded: bool) -> None:
    assert Edge(World(), create_session).send(raw=raw, encoded=encoded)[0] in (200, 400)


@pytest.mark.parametrize(
    ("model", "fields", "told"),
    [
        (RelayCall, {"ticket": "ek_1", "offer": "hello"}, "offer: is not an SDP offer"),
        (
            CreateChatSession,
            {"agent_id": "a", "metadata": NESTED},
            "metadata: is nested deeper than 8 levels",
        ),
        (CreateSession, {"tools": [LARGE] * 2}, "tools: are larger than 65536 bytes together"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_our_words_alone(
    model: type[BaseModel], fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(errors.InvalidRequest) as refusal:
        validated(model, fields)
    assert refusal.value.message == told
