"""The edge: events in, answers out, one shape of error, and nothing in the log that should not be."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchboard.domain import errors, limits
from switchboard.domain.errors import SwitchboardError
from switchboard.edge import GUEST_COOKIE, STATUSES
from switchboard.http import endpoint, extraction_reply
from switchboard.settings import Settings
from switchboard.usecases.attach_call import attach_call
from switchboard.usecases.create_session import create_session
from switchboard.usecases.end_session import end_session
from switchboard.usecases.extract_profile import extract_profile
from switchboard.usecases.get_extraction import get_extraction
from switchboard.usecases.get_session import get_session
from switchboard.usecases.get_transcript import get_transcript
from switchboard.usecases.renew_session import renew_session

from tests.unit.extractions import SCHEMA, answer, runs_at_once, with_talk
from tests.unit.fakes import World
from tests.unit.given import NOBODYS_ID, SESSION_ID, ended_session, open_session, talk, write_talk


class Edge:
    """A route on a world: send it an event, get status, headers and body."""

    def __init__(self, world: World, use_case: Callable[..., Any], **options: Any) -> None:
        self.handler = endpoint(use_case, lambda names: world, **options)

    def send(
        self, body: Any = None, *, raw: str | None = None, encoded: bool = False, **event: Any
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        text = raw if raw is not None else json.dumps(body) if body is not None else None
        event.setdefault("headers", {"Authorization": "Bearer ann"})
        event = {"requestContext": {"requestId": "req_1"}, "body": text, "isBase64Encoded": encoded, **event}
        reply = self.handler(event, None)
        assert reply["isBase64Encoded"] is False
        return reply["statusCode"], reply["headers"], json.loads(reply["body"])

    def code(self, body: Any = None, **event: Any) -> tuple[int, str]:
        status, _, answer = self.send(body, **event)
        return status, answer["error"]["code"]


@pytest.fixture
def create(world: World) -> Edge:
    return Edge(world, create_session, status=201)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that any formatter could print."""
    crashes = [traceback.format_exception(*record.exc_info) for record in caplog.records if record.exc_info]
    return " ".join(str(record.__dict__) for record in caplog.records) + str(crashes)


def failing(world: World, error: Exception) -> Edge:
    """A route whose use case raises that."""

    def fail(prefix: str) -> NoReturn:
        raise error

    world.new_id = fail
    return Edge(world, create_session)


def throttled(session_id: str) -> NoReturn:
    raise errors.Throttled("Not now.")


def test_an_answer_is_json_in_camel_case_that_nobody_caches(create: Edge) -> None:
    status, headers, body = create.send({"instructions": "Be kind."})
    assert status == 201
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert set(body) == {
        "sessionId",
        "clientSecret",
        "expiresAt",
        "callId",
        "mode",
        "model",
        "voice",
        "instructions",
    }
    assert body["expiresAt"].endswith("Z")


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


def test_a_refusal_stays_short(create: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    status, _, answer = create.send({f"{n:03}" + "x" * 500: 1 for n in range(100)})
    assert status == 400
    assert len(json.dumps(answer)) < 5_000
    assert len(logged(caplog)) < 10_000


def test_an_error_has_one_shape(create: Edge) -> None:
    status, headers, body = create.send({"mode": "x"})
    assert status == 400
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "request_id", "details"}
    assert body["error"]["request_id"] == "req_1"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", [kind for kind, _ in STATUSES])
def test_every_error_of_ours_has_its_status_and_code(world: World, kind: type[SwitchboardError]) -> None:
    status, headers, body = failing(world, kind("Not now.", retry_after=3)).send({})
    assert status == dict(STATUSES)[kind]
    assert body["error"] == {
        "code": kind.code,
        "message": "Not now.",
        "request_id": "req_1",
        "retry_after": 3,
    }
    assert headers["retry-after"] == "3"


def test_without_a_pause_there_is_no_retry_after(world: World) -> None:
    _, headers, body = failing(world, errors.Throttled("Not now.")).send({})
    assert "retry-after" not in headers
    assert "retry_after" not in body["error"]


def test_a_crash_is_ours_and_tells_the_caller_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    status, _, body = failing(world, KeyError("tell the operator only")).send({})
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "tell" not in json.dumps(body)
    assert "tell the operator only" in logged(caplog)


def test_one_line_is_logged_for_each_request(create: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    create.send({})
    [line] = [record for record in caplog.records if record.message == "request"]
    facts = line.__dict__
    assert (facts["request_id"], facts["owner"], facts["status"]) == ("req_1", "user:ann", 201)
    assert facts["ms"] >= 0


def test_neither_secrets_nor_words_are_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with_talk(world, "My pin is 1234.")
    runs_at_once(world)
    world.model.answers = [answer("Ann-Sophie", 1)]
    headers = {"Authorization": "Bearer ann", "Cookie": f"{GUEST_COOKIE}=gst_hidden"}
    Edge(world, create_session).send({"instructions": "Whisper it."}, headers=headers)
    Edge(world, create_session).send({"instructions": "Whisper it.", "voice": "tell nobody"}, headers=headers)
    body = {"sessionId": SESSION_ID, "schema": SCHEMA}
    assert Edge(world, extract_profile, reply=extraction_reply).send(body)[0] == 200
    Edge(world, get_transcript).send(pathParameters={"sessionId": SESSION_ID})
    Edge(world, get_session).send(pathParameters={"sessionId": SESSION_ID})
    for hidden in ("ek_", "1234", "Ann-Sophie", "Whisper", "tell nobody", "gst_hidden", "Bearer"):
        assert hidden not in logged(caplog)
    assert SESSION_ID in logged(caplog)


ROUTES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (create_session, {"body": {"reset": SESSION_ID}}),
    (attach_call, {"body": {"sessionId": SESSION_ID, "callId": "rtc_1"}}),
    (renew_session, {"body": {"sessionId": SESSION_ID}}),
    (extract_profile, {"body": {"sessionId": SESSION_ID}}),
    (get_session, {"pathParameters": {"sessionId": SESSION_ID}}),
    (get_transcript, {"pathParameters": {"sessionId": SESSION_ID}}),
    (end_session, {"pathParameters": {"sessionId": SESSION_ID}}),
]


@pytest.mark.parametrize(("use_case", "event"), ROUTES)
@pytest.mark.parametrize("headers", [{"Authorization": "Bearer bob"}, {}, {"X-Guest-Token": "ann"}])
def test_anothers_session_looks_like_no_session_on_every_route(
    use_case: Callable[..., Any], event: dict[str, Any], headers: dict[str, str]
) -> None:
    missing, anothers = World(), World()
    with_talk(anothers, "Hello.")
    answers = [Edge(world, use_case).send(headers=headers, **event) for world in (missing, anothers)]
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][2]["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("use_case", "event"), ROUTES[1:3])
def test_an_ended_session_is_a_conflict(
    world: World, use_case: Callable[..., Any], event: dict[str, Any]
) -> None:
    ended_session(world)
    assert Edge(world, use_case).code(**event) == (409, "session_ended")


def test_anothers_extraction_looks_like_none(world: World) -> None:
    with_talk(world, "Hello.")
    _, headers, body = Edge(world, extract_profile, reply=extraction_reply).send({"sessionId": SESSION_ID})
    edge = Edge(world, get_extraction, reply=extraction_reply)
    path = {"extractionId": body["extractionId"]}
    assert edge.code(pathParameters=path, headers={"Authorization": "Bearer bob"}) == (404, "not_found")
    assert edge.code(pathParameters={"extractionId": "../x"}) == (400, "invalid_request")
    assert edge.send(pathParameters=path)[0] == 202
    assert headers["location"] == f"/extract-profile/{body['extractionId']}"
    assert headers["retry-after"] == str(limits.EXTRACT_RETRY_AFTER)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("value", ["Bearer ann", "bearer ann", "BEARER   ann  "])
def test_headers_and_schemes_are_read_in_any_case(world: World, create: Edge, name: str, value: str) -> None:
    create.send({}, headers={name: value})
    assert world.door.seen[-1].bearer == "ann"


@pytest.mark.parametrize("value", ["Basic ann", "ann", "", "Bearerann"])
def test_what_is_no_bearer_token_is_nothing(world: World, create: Edge, value: str) -> None:
    create.send({}, headers={"Authorization": value})
    assert world.door.seen[-1].bearer is None


def test_an_empty_bearer_token_is_a_token_that_is_not_good(world: World, create: Edge) -> None:
    create.send({}, headers={"Authorization": "Bearer "})
    assert world.door.seen[-1].bearer == ""


def test_a_bad_credential_is_refused_before_the_body_is_read(create: Edge) -> None:
    assert create.code(raw="{", headers={"Authorization": "Bearer bad"}) == (401, "unauthorized")
    assert create.code(raw="{", headers={"X-Api-Key": ""}) == (401, "unauthorized")


def test_no_headers_at_all_is_a_guest(create: Edge) -> None:
    status, headers, _ = create.send({}, headers=None)
    assert status == 201
    assert headers["x-guest-token"].startswith("gst_")


def test_a_fresh_guest_is_told_who_they_are_in_header_and_cookie(create: Edge) -> None:
    _, headers, _ = create.send({}, headers={})
    token = headers["x-guest-token"]
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"{GUEST_COOKIE}={token}; ")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_travels_over_tls_alone_unless_configured_otherwise(world: World, create: Edge) -> None:
    world.settings = Settings.read({})
    assert "; Secure" in create.send({}, headers={})[1]["set-cookie"]


def test_a_known_guest_and_a_user_get_no_cookie(create: Edge) -> None:
    for known in (
        {"X-Guest-Token": "gst_1"},
        {"Cookie": f"{GUEST_COOKIE}=gst_1"},
        {"Authorization": "Bearer ann"},
    ):
        _, headers, _ = create.send({}, headers=known)
        assert "set-cookie" not in headers
        assert "x-guest-token" not in headers


@pytest.mark.parametrize(
    "cookie",
    [
        "switchboard_guest=gst_1",
        "a=b; switchboard_guest=gst_1; c=d",
        "a=b;switchboard_guest=gst_1",
        "  switchboard_guest = gst_1 ",
        'switchboard_guest="gst_1"',
        "cart[items]=1; switchboard_guest=gst_1",
        'settings={"theme": "dark", "n": [1, 2]}; switchboard_guest=gst_1',
        "naïve=é; switchboard_guest=gst_1",
        "flag; switchboard_guest=gst_1; =x",
        "Expires=Wed, 21 Oct 2026 07:28:00 GMT; switchboard_guest=gst_1",
    ],
)
def test_the_guests_cookie_is_found_among_whatever_others_have_set(
    world: World, create: Edge, cookie: str
) -> None:
    create.send({}, headers={"cookie": cookie})
    assert world.door.seen[-1].guest == "gst_1"


@pytest.mark.parametrize(
    "cookie", ["", ";", "=", "x_switchboard_guest=1", "switchboard_guest", "SWITCHBOARD_GUEST=1"]
)
def test_other_cookies_are_not_the_guests(world: World, create: Edge, cookie: str) -> None:
    create.send({}, headers={"cookie": cookie})
    assert not world.door.seen[-1].guest


def test_the_header_names_the_guest_before_the_cookie_does(world: World, create: Edge) -> None:
    create.send({}, headers={"X-Guest-Token": "gst_1", "Cookie": f"{GUEST_COOKIE}=gst_2"})
    assert world.door.seen[-1].guest == "gst_1"


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


@given(body=st.dictionaries(FIELDS, JSON, max_size=5) | JSON, data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
def test_no_text_whatever_it_is_ends_in_a_crash(raw: str, encoded: bool) -> None:
    assert Edge(World(), create_session).send(raw=raw, encoded=encoded)[0] in (200, 400)
