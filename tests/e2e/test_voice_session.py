"""A voice session from its secret to its end, as a front end sees it."""

from __future__ import annotations

import json
from typing import Any

import yaml

from dev.demo.client import Browser, FrontEnd
from dev.demo.voice import tell_story
from tests.e2e.conftest import House, eventually

LONG_TALK = yaml.safe_load("""
name: long-talk
start: attached
start_after: 0.2
steps:
  - user: "One."
  - assistant: "Two, and here are some words that take a while to say, so that somebody can die meanwhile:
      the quick brown fox jumps over the lazy dog, and the dog does not mind at all, as it is asleep,
      and dreams of a fox that jumps, and jumps, and jumps, until it is tired and lies down beside the dog."
  - user: "Three."
  - assistant: "Four."
  - user: "Five."
  - assistant: "Six."
""")


def said(items: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(item["itemId"], item["text"]) for item in items]


def truly_said(browser: Browser, call_id: str) -> list[tuple[str, Any]]:
    return [(item["item_id"], item["text"]) for item in browser.look(call_id)["transcript"]]


def place_call(house: House, front_end: FrontEnd, talk: dict[str, Any]) -> tuple[str, str]:
    """Open a session and a call that plays the talk; return both ids."""
    with house.simulator() as control:
        control.put(f"/scripts/{talk['name']}", json=talk).raise_for_status()
    session = front_end.ask("POST", "/session", {})
    call_id = house.browser().call_named(session["clientSecret"], talk["name"])
    front_end.ask("POST", "/session/call", {"sessionId": session["sessionId"], "callId": call_id})
    return session["sessionId"], call_id


def finished(browser: Browser, call_id: str) -> bool:
    return browser.look(call_id)["script"]["state"] in ("finished", "done", "ended")


def test_the_demo_ends_with_transcripts_that_equal_their_scripts(house: House) -> None:
    assert tell_story(house.front_end(), house.browser())


def test_a_host_killed_in_the_middle_of_a_call_loses_and_doubles_nothing(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, LONG_TALK)
    eventually(lambda: said(front_end.transcript(session_id))[:1] == truly_said(browser, call_id)[:1] != [])

    host = house.kill_follower(session_id)
    house.stack.start_sideband_host()

    eventually(lambda: finished(browser, call_id))
    eventually(lambda: said(front_end.transcript(session_id)) == truly_said(browser, call_id))
    assert house.follower(session_id) != host
    assert len(front_end.transcript(session_id)) == 6
    front_end.ask("POST", f"/session/{session_id}/end")


def test_ending_a_session_hangs_up_its_call(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, LONG_TALK)
    front_end.ask("POST", f"/session/{session_id}/end")
    eventually(lambda: browser.look(call_id)["ended_at"])
    closed = eventually(lambda: front_end.ask("GET", f"/session/{session_id}")["calls"][0]["closedAt"])
    assert closed
    again = front_end.ask("POST", f"/session/{session_id}/end")
    assert again["status"] == "ended"


def test_a_refresh_begins_with_nothing_and_ends_the_old(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, LONG_TALK)
    eventually(lambda: front_end.transcript(session_id))
    fresh = front_end.ask("POST", "/session", {"reset": session_id})
    assert front_end.transcript(fresh["sessionId"]) == []
    old = front_end.ask("GET", f"/session/{session_id}")
    assert (old["status"], old["replacedBy"]) == ("ended", fresh["sessionId"])
    eventually(lambda: browser.look(call_id)["ended_at"])


def test_no_secret_is_in_any_log_queue_or_state(house: House) -> None:
    front_end = house.front_end()
    session = front_end.ask("POST", "/session", {})
    renewed = front_end.ask("POST", "/session/renew", {"sessionId": session["sessionId"]})
    states = house.stack.boto3_client("stepfunctions")
    machine = house.stack.outputs["RenewStateMachineArn"]
    executions = states.list_executions(stateMachineArn=machine)["executions"]
    histories = [
        json.dumps(states.get_execution_history(executionArn=each["executionArn"]), default=str)
        for each in executions
    ]
    everything = "\n".join([*house.lines, *histories])
    assert session["sessionId"] in everything
    for secret in (session["clientSecret"], renewed["clientSecret"], "backend-key-of-the-test"):
        assert secret not in everything
    assert "jwt-secret-of-the-test" not in everything
    assert "Traceback" not in everything
