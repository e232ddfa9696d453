"""A log is kept once, whole but for secrets, and counted against its sender."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, QuotaExceeded, Throttled
from switchboard.domain.principal import Guest
from switchboard.domain.quota import Allowance
from switchboard.http import read_log
from switchboard.usecases.record_log import record_log

from tests.unit.edges import Edge
from tests.unit.fakes import World
from tests.unit.given import ANN, BOB, SESSION_ID, open_session
from tests.unit.summaries import a_log, record


def test_the_same_log_twice_is_one_log_and_one_summary(world: World) -> None:
    first, second = record(world, a_log("Hi.")), record(world, a_log("Hi."))
    assert first == second
    assert first.status == "received"
    assert world.engine.summaries == [first.log_id]


def test_a_log_whose_summary_is_made_is_not_summarised_again(world: World) -> None:
    log = world.logs.find(record(world, a_log("Hi.")).log_id)
    assert log
    world.logs.save(log.done("nothing_to_keep"))
    world.engine.summaries.clear()
    assert record(world, a_log("Hi.")).status == "summarised"
    assert world.engine.summaries == []


def test_a_summary_that_could_not_be_started_is_started_with_the_next_sending(world: World) -> None:
    start = world.engine.summarise

    def busy(log: object) -> None:
        raise Throttled("busy", retry_after=1)

    world.engine.summarise = busy  # type: ignore[method-assign]  # the workflows are busy
    with pytest.raises(Throttled):
        record(world, a_log("Hi."))
    world.engine.summarise = start  # type: ignore[method-assign]  # and then not
    assert world.engine.summaries == [record(world, a_log("Hi.")).log_id]


def test_a_big_log_is_kept_whole(world: World) -> None:
    content = a_log(*[f"Sentence number {number}." for number in range(20_000)])
    assert world.logs.content(record(world, content).log_id) == content


def test_secrets_are_not_kept(world: World) -> None:
    content = a_log("My key is sk-abcdefghijklmnop1234.", token="abc", mail="ada@example.com")
    kept = json.dumps(world.logs.content(record(world, content).log_id))
    assert "sk-abc" not in kept
    assert '"token": "[secret]"' in kept
    assert "ada@example.com" in kept


def test_a_log_belongs_to_a_session_only_if_its_sender_does(world: World) -> None:
    open_session(world)
    for principal, session_id in ((ANN, SESSION_ID), (BOB, None)):
        log = world.logs.find(record(world, a_log("Hi.", sessionId=SESSION_ID), principal).log_id)
        assert log
        assert log.session_id == session_id


def test_whoever_sends_too_many_is_told_to_wait(world: World) -> None:
    world.settings.quotas["log:guest"] = Allowance(2, 60)
    guest = Guest("gst_1", network="home")
    record(world, a_log("1"), guest)
    record(world, a_log("1"), guest)
    record(world, a_log("2"), guest)
    with pytest.raises(QuotaExceeded):
        record(world, a_log("3"), guest)
    assert record(world, a_log("2"), guest).status == "received"


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("content", [{}, nested(500)])
def test_nothing_at_all_and_a_tower_are_no_logs(world: World, content: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        record(world, content)
    assert world.engine.summaries == []


@pytest.fixture
def upload(world: World) -> Edge:
    """The route as it is deployed."""
    return Edge(world, record_log, status=202, lenient=True, read=read_log)


DEEP = json.dumps({"a": 1}).replace("1", "[" * limits.LOG_DEPTH + "]" * limits.LOG_DEPTH)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\\ud83d"}', {"a": "?"}),
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (b'{"a": "\\u0000"}', {"a": "\x00"}),
    ],
)
@pytest.mark.parametrize("encoded", [True, False])
def test_strange_text_is_kept_with_marks_for_what_nothing_can_store(
    world: World, upload: Edge, sent: bytes, kept: object, encoded: bool
) -> None:
    raw = base64.b64encode(sent).decode() if encoded else sent.decode(errors="replace")
    status, _, answer = upload.send(raw=raw, encoded=encoded)
    assert status == 202, answer
    assert world.logs.content(answer["logId"]) == kept


@pytest.mark.parametrize("sent", ["", " ", "null", "[]", "{}", "{", '{"a": 1}\x00', "7", DEEP])
def test_what_is_no_log_is_refused(upload: Edge, sent: str) -> None:
    assert upload.code(raw=sent) == (400, "invalid_request")


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
def test_a_log_may_be_as_large_as_it_is_said(upload: Edge, more: int, status: int) -> None:
    padding = "x" * (limits.LOG_BYTES - len('{"a": ""}') + more)
    assert upload.send(raw=f'{{"a": "{padding}"}}')[0] == status
