"""The edge: one shape of answer, one of error, and nothing in the log that should not be."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from switchboard.domain import errors, limits
from switchboard.domain.errors import SwitchboardError
from switchboard.edge import GUEST_COOKIE, STATUSES
from switchboard.http import extraction_reply
from switchboard.usecases.create_session import create_session
from switchboard.usecases.extract_profile import extract_profile
from switchboard.usecases.get_extraction import get_extraction
from switchboard.usecases.get_session import get_session
from switchboard.usecases.get_transcript import get_transcript

from tests.unit.edges import ROUTES, Edge
from tests.unit.extractions import SCHEMA, answer, runs_at_once, with_talk
from tests.unit.fakes import World
from tests.unit.given import SESSION_ID, ended_session


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
