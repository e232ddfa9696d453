"""The Python client when things go wrong: errors, repeats, tokens that ran out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import httpx
import pytest
from switchboard_client import Client, SwitchboardError
from switchboard_client.errors import FINAL, HEALING

from tests.unit.client_server import Server, refusal
from tests.unit.test_openapi import document

MEETING_S = 0.2
"""So long the first request stays for another that must not come."""


def test_an_error_carries_what_the_server_told() -> None:
    told = refusal(429, "quota_exceeded", retry_after=90, details={"quota": "guest"})
    with pytest.raises(SwitchboardError) as caught:
        Server(told).client().create_session()
    error = caught.value
    assert (error.code, error.status, error.retry_after) == ("quota_exceeded", 429, 90)
    assert (error.request_id, error.details, str(error)) == ("req_1", {"quota": "guest"}, "Not now.")


@pytest.mark.parametrize("body", ["<html>", "[]", '{"error": null}', "{}"])
def test_an_answer_that_is_none_of_ours_is_an_error_all_the_same(body: str) -> None:
    with pytest.raises(SwitchboardError) as caught:
        Server(httpx.Response(502, text=body)).client().create_session()
    assert caught.value.code == "unexpected_answer"


def test_what_was_throttled_is_asked_again_after_the_pause_that_the_server_names() -> None:
    server = Server(refusal(503, "throttled", retry_after=2))
    server.client().create_session()
    assert (len(server.asked), server.pauses) == (2, [2])


def test_what_may_have_worked_is_not_asked_twice() -> None:
    server = Server(refusal(502, "upstream_unavailable"))
    with pytest.raises(SwitchboardError):
        server.client().create_session()
    assert len(server.asked) == 1


def test_what_may_be_repeated_is_but_not_for_ever() -> None:
    server = Server(*(refusal(409, "session_changed") for _ in range(9)))
    with pytest.raises(SwitchboardError):
        server.client().renew_session("sess_1")
    assert (len(server.asked), server.pauses) == (3, [0.5, 1.0])


def test_a_session_that_the_server_refused_to_begin_is_asked_for_again() -> None:
    server = Server(refusal(503, "upstream_busy", retry_after=3))
    server.chance = 1.0
    server.client().create_session()
    assert (len(server.asked), server.pauses) == (2, [4.5])


def test_a_quota_that_is_used_up_is_the_callers_to_wait_for() -> None:
    server = Server(refusal(429, "quota_exceeded", retry_after=3))
    with pytest.raises(SwitchboardError):
        server.client().create_session()
    assert server.pauses == []


def test_a_pause_that_only_a_header_names_counts() -> None:
    server = Server(httpx.Response(503, text="<html>", headers={"retry-after": "4"}))
    server.client().get_session("sess_1")
    assert server.pauses == [4.0]


def test_an_answer_that_is_no_json_is_an_error_of_ours() -> None:
    with pytest.raises(SwitchboardError) as caught:
        Server(httpx.Response(200, text="<html>")).client().get_session("sess_1")
    assert (caught.value.code, caught.value.may_heal) == ("unexpected_answer", False)


def test_a_network_that_fails_is_an_error_of_ours_and_tried_again_where_that_is_harmless() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("no network")

    asked: list[httpx.Request] = []
    client = Client("https://api.test", transport=httpx.MockTransport(fail), wait=lambda _: None)
    with pytest.raises(SwitchboardError) as caught:
        client.create_session()
    assert (caught.value.code, len(asked)) == ("network_error", 1)
    with pytest.raises(SwitchboardError) as caught:
        client.end_session("sess_1")
    assert (caught.value.code, len(asked)) == ("network_error", 1 + 3)


@pytest.mark.parametrize("streams", [False, True])
def test_a_token_that_ran_out_is_asked_for_anew_once(streams: bool) -> None:
    server = Server(refusal(401, "unauthorized"), *([httpx.Response(204)] if streams else []))
    refused: list[str | None] = []

    def token(stale: str | None) -> str:
        refused.append(stale)
        return "fresh" if stale else "stale"

    client = server.client(token=token)
    if streams:
        assert [event["type"] for event in client.stream_transcript("sess_1")] == ["end"]
    else:
        client.get_session("sess_1")
    assert refused == [None, "stale"]
    assert [request.headers["authorization"] for request in server.asked] == ["Bearer stale", "Bearer fresh"]


def test_a_token_that_stays_refused_is_an_error() -> None:
    server = Server(refusal(401, "unauthorized"), refusal(401, "unauthorized"))
    with pytest.raises(SwitchboardError) as caught:
        server.client(token=lambda _: "stale").get_session("sess_1")
    assert (caught.value.code, len(server.asked)) == ("unauthorized", 2)


@pytest.mark.parametrize("streams", [False, True])
def test_a_token_that_cannot_be_had_now_is_an_error_of_ours_and_asked_for_again(streams: bool) -> None:
    failures: list[Exception] = [OSError("no network"), RuntimeError("the issuer is down")]

    def token(_: str | None) -> str:
        if failures:
            raise failures.pop(0)
        return "token"

    server = Server(httpx.Response(204)) if streams else Server()
    client = server.client(token=token)
    with pytest.raises(SwitchboardError) as caught:
        client.create_session()
    assert (caught.value.code, caught.value.may_heal) == ("token_failed", True)
    assert isinstance(caught.value.__cause__, OSError)
    if streams:
        assert [event["type"] for event in client.stream_transcript("sess_1")] == ["end"]
    else:
        client.get_session("sess_1")
    assert (len(server.asked), len(server.pauses)) == (1, 1)


def test_threads_whose_first_requests_meet_are_one_guest() -> None:
    guests = iter(range(9))
    meeting = Barrier(2)
    shown: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers.get("x-guest-token"))
        if shown[-1] is None:
            with suppress(BrokenBarrierError):
                meeting.wait(MEETING_S)
        headers = {"x-guest-token": shown[-1] or f"gst_{next(guests)}"}
        return httpx.Response(201, json={"sessionId": "sess_1"}, headers=headers)

    client = Client("https://api.test", transport=httpx.MockTransport(answer))
    with ThreadPoolExecutor(2) as threads:
        for asked in [threads.submit(client.create_session) for _ in range(2)]:
            asked.result()
    assert shown == [None, "gst_0"]


def test_a_first_request_that_fails_keeps_no_other_from_being_the_first() -> None:
    server = Server(refusal(401, "unauthorized"))
    client = server.client()
    with pytest.raises(SwitchboardError):
        client.create_session()
    client.create_session()
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "code", "may_heal"),
    [(502, "extraction_failed", True), (429, "quota_exceeded", False), (502, "upstream_refused", False)],
)
def test_what_the_server_says_may_be_asked_again_may_heal(status: int, code: str, may_heal: bool) -> None:
    with pytest.raises(SwitchboardError) as caught:
        Server(*(refusal(status, code) for _ in range(3))).client().extract_profile("sess_1")
    assert caught.value.may_heal is may_heal


def test_a_refusal_by_whatever_stands_before_the_server_is_asked_again() -> None:
    server = Server(httpx.Response(429, text="<html>"))
    server.client().create_session()
    assert (len(server.asked), server.pauses) == (2, [0.5])


def test_a_name_is_one_part_of_a_path_whatever_it_holds() -> None:
    server = Server()
    server.client().get_session("../openapi.json?x=")
    assert server.asked[0].url.raw_path == b"/session/..%2Fopenapi.json%3Fx%3D"


def test_a_profile_is_waited_for_but_not_for_ever() -> None:
    running = {"status": "running", "extractionId": "ext_1"}
    server = Server(*(httpx.Response(200, json=running) for _ in range(9)))
    with pytest.raises(SwitchboardError) as caught:
        server.client().profile("sess_1", patience=-1)
    assert (caught.value.code, caught.value.details) == ("timeout", running)
    done = httpx.Response(200, json={**running, "status": "succeeded"})
    server = Server(httpx.Response(202, json=running), done)
    assert server.client().profile("sess_1")["status"] == "succeeded"
    assert server.pauses == [1.0]


def test_both_clients_agree_on_what_may_heal() -> None:
    code = (Path(__file__).parents[2] / "clients/js/src/errors.js").read_text("utf-8")
    [healing, final] = re.findall(r"= new Set\(\[(.*?)\]\);", code, re.S)
    only_in_pages = {"call_failed"}
    assert set(re.findall(r'"(\w+)"', healing)) - only_in_pages == HEALING
    assert set(re.findall(r'"(\w+)"', final)) == FINAL
    known = set(document()["components"]["examples"]) | {"network_error", "token_failed"}
    assert known >= HEALING | FINAL
