"""The client in a real browser when the network goes: for a moment, for good, and with everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.client_page import Talk
from tests.browser.conftest import eventually
from tests.e2e.conftest import House

SAID = ["I am Ada.", "Hello Ada.", "From Lisbon.", "How lovely.", "I shall stay.", "Do."]
STEPS = list(zip(("user", "assistant") * 3, SAID, strict=True))


@pytest.fixture
def talk(person: BrowserContext, house: House, address: str) -> Iterator[Talk]:
    """A page that has a session and has heard the first words."""
    page = person.new_page()
    page.goto(address)
    with house.simulator() as control:
        begun = Talk(page, house, control).start(instructions="Be brief.")
        begun.play(*STEPS[:2])
        begun.wait_for(SAID[:2])
        yield begun
        assert begun.complaints == []


def test_a_call_whose_network_is_away_for_a_moment_goes_on_and_misses_nothing(talk: Talk) -> None:
    call_id = talk.call_id
    talk.control(f"calls/{call_id}/cut", {"seconds": 2.5})
    talk.play(*STEPS[2:4])
    talk.wait_for(SAID[:4])
    assert talk.page.evaluate("states") == ["connecting", "connected"]
    assert talk.call_id == call_id
    eventually(talk.page, lambda: talk.upstream()["media"]["state"] == "connected")


def test_a_call_that_vanishes_is_replaced_and_the_talk_goes_on(talk: Talk) -> None:
    first = talk.call_id
    talk.control(f"calls/{first}/cut", {})
    talk.play(*STEPS[2:4])
    eventually(talk.page, lambda: "reconnecting" in talk.page.evaluate("states"))
    talk.state("connected")
    second = talk.call_id
    assert second != first
    assert all(said in talk.upstream()["session"]["instructions"] for said in SAID[:4])
    talk.play(*STEPS[4:])
    eventually(talk.page, lambda: talk.written() == SAID)
    assert sorted(talk.heard()) == sorted([*SAID[:2], *SAID[4:]])  # what the page missed, the server has
    sent = talk.sound()["sent"]
    eventually(talk.page, lambda: talk.sound()["sent"] > sent)
    eventually(talk.page, lambda: talk.upstream()["media"]["heard_seconds"] > 0)
    assert talk.page.evaluate("problems") == []


def test_a_page_without_any_network_comes_back_when_the_network_does(
    talk: Talk, person: BrowserContext
) -> None:
    first = talk.call_id
    person.set_offline(True)
    talk.control(f"calls/{first}/cut", {})
    talk.play(*STEPS[2:4])
    eventually(talk.page, lambda: talk.page.evaluate("session.state") == "reconnecting")
    eventually(talk.page, lambda: talk.upstream(first)["script"]["state"] == "finished")
    assert talk.page.evaluate("session.state") == "reconnecting"
    person.set_offline(False)
    talk.state("connected")
    talk.play(*STEPS[4:])
    eventually(talk.page, lambda: talk.written() == SAID)
    assert talk.page.evaluate("problems") == []


def test_an_upstream_that_hangs_up_is_called_again(talk: Talk) -> None:
    first = talk.call_id
    talk.control(f"calls/{first}/hangup", {})
    eventually(talk.page, lambda: talk.page.evaluate("calls.length") == 2)
    talk.state("connected")
    talk.play(*STEPS[2:4])
    talk.wait_for(SAID[:4])
    assert talk.page.evaluate("problems") == []


def test_a_session_that_is_ended_without_a_network_is_ended_when_the_network_is_back(
    talk: Talk, person: BrowserContext
) -> None:
    call_id = talk.call_id
    person.set_offline(True)
    assert talk.page.evaluate("switchboard.create().catch(({ code }) => code)") == "network_error"
    assert talk.page.evaluate("session.end().catch(({ code }) => code)") == "network_error"
    eventually(talk.page, lambda: talk.upstream(call_id)["ended_at"])  # the page has hung up all the same
    person.set_offline(False)
    assert talk.page.evaluate("session.record()")["status"] == "open"
    talk.page.evaluate("session.end()")
    assert talk.page.evaluate("session.record()")["status"] == "ended"
    assert talk.page.evaluate("switchboard.create().then(({ state }) => state)") == "new"
