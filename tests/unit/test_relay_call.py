"""A relayed call: a ticket is spent, one call placed, attached, heard; what fails leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from switchboard.domain import limits
from switchboard.domain.call import instructions_mark
from switchboard.domain.errors import (
    NotFound,
    SessionChanged,
    SessionEnded,
    SwitchboardError,
    Throttled,
    TicketSpent,
    Unauthorized,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnavailable,
)
from switchboard.domain.ticket import Ticket
from switchboard.usecases.create_session import CreateSession
from switchboard.usecases.get_session import GetSession, get_session

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, Contended, open_session
from tests.unit.relaying import OFFER, TOOL, create, relay
from tests.unit.renewals import Workflow, renew


def heard_after(world: World, seconds: float) -> None:
    """Let the sideband be on the first call after that long."""
    began = world.clock()

    def sleep(pause: float) -> None:
        world.time.sleep(pause)
        [call] = world.calls.list(world.sessions.list(ANN.owner).items[0])
        if call.status == "pending" and world.clock() >= began + timedelta(seconds=seconds):
            lease = world.calls.claim(call, "host_1")
            world.calls.attached(lease, "api_key", world.clock())

    world.sleep = sleep


def test_a_relayed_session_gets_a_ticket_and_nothing_is_minted(world: World) -> None:
    began = world.clock()
    world.time.sleep(0.123456)
    answer = create(world)
    assert (answer.mode, answer.client_secret[:3]) == ("relay", "ek_")
    assert answer.expires_at == began + timedelta(seconds=limits.TICKET_SECONDS)
    assert world.upstream.minted == []
    assert world.secrets.list(answer.session_id) == ()


def test_the_call_is_placed_with_the_sessions_own_configuration(world: World) -> None:
    session = create(world, instructions="Be brief.", voice="cedar", enableTranscription=False, tools=[TOOL])
    relay(world, session.client_secret)
    [(offer, config, safety_identifier)] = world.upstream.placed
    assert (offer, safety_identifier) == (OFFER, ANN.safety_identifier)
    assert (config.instructions, config.voice, config.transcription_model) == ("Be brief.", "cedar", None)
    assert config.as_session()["tools"] == [TOOL]


def test_a_session_that_names_no_tools_leaves_them_open(world: World) -> None:
    relay(world, create(world).client_secret)
    assert "tools" not in world.upstream.placed[0][1].as_session()


def test_the_call_is_attached_and_the_sideband_told_before_the_answer(world: World) -> None:
    session = create(world, instructions="Be brief.")
    heard_after(world, 0.2)
    answer = relay(world, session.client_secret)
    stored = world.sessions.load(session.session_id)
    [call] = world.calls.list(session.session_id)
    assert (stored.call_id, answer.call_id, call.call_id) == ("rtc_1", "rtc_1", "rtc_1")
    assert (call.credential, call.pinned) == ("api_key", instructions_mark("Be brief."))
    assert world.hints == [("follow", session.session_id, "rtc_1")]
    assert answer.sideband == "on"
    assert answer.answer == "v=0\r\nanswer\r\n"


def test_the_answer_does_not_wait_for_ever(world: World) -> None:
    session = create(world)
    began = world.clock()
    assert relay(world, session.client_secret).sideband == "late"
    waited = (world.clock() - began).total_seconds()
    assert limits.SIDEBAND_WAIT_SECONDS <= waited < limits.SIDEBAND_WAIT_SECONDS + 0.1


def test_the_audit_tells_of_the_call(world: World) -> None:
    session = create(world)
    relay(world, session.client_secret)
    record = get_session(GetSession.model_validate({"sessionId": session.session_id}), ANN, world)
    [entry] = record.audit
    assert (entry.event, entry.facts) == ("call.relayed", {"callId": "rtc_1", "sideband": "late"})


def test_a_ticket_places_one_call(world: World) -> None:
    session = create(world)
    relay(world, session.client_secret)
    with pytest.raises(TicketSpent):
        relay(world, session.client_secret)
    assert len(world.upstream.placed) == 1


def test_a_ticket_may_be_good_for_more_calls_where_that_is_configured(world: World) -> None:
    world.settings = type(world.settings).read({"TICKET_CALLS": "2"})
    session = create(world)
    relay(world, session.client_secret)
    assert relay(world, session.client_secret).call_id == "rtc_2"


@pytest.mark.parametrize("error", [UpstreamRefused("no"), UpstreamBusy("no"), UpstreamUnavailable("no")])
def test_after_a_failure_upstream_the_ticket_is_good_again(world: World, error: SwitchboardError) -> None:
    session = create(world)
    world.upstream.refuses = error
    with pytest.raises(type(error)):
        relay(world, session.client_secret)
    assert world.calls.list(session.session_id) == ()
    world.upstream.refuses = None
    assert relay(world, session.client_secret).call_id == "rtc_1"


def test_a_wrong_offer_is_not_tried_for_ever(world: World) -> None:
    session = create(world)
    world.upstream.refuses = UpstreamRefused("no")
    for _ in range(limits.TICKET_TRIES):
        with pytest.raises(UpstreamRefused):
            relay(world, session.client_secret)
    with pytest.raises(TicketSpent):
        relay(world, session.client_secret)


def test_an_ended_session_takes_no_call(world: World) -> None:
    session = create(world)
    world.sessions.save(world.sessions.load(session.session_id).end(world.clock()))
    with pytest.raises(SessionEnded):
        relay(world, session.client_secret)
    assert world.upstream.placed == []


def test_a_ticket_is_bound_to_the_principal_that_asked_for_it(world: World) -> None:
    session = open_session(world, mode="relay")
    world.tickets.add(Ticket("ek_bob", session.id, "user:bob", world.clock() + timedelta(minutes=1)))
    with pytest.raises(NotFound):
        relay(world, "ek_bob")
    assert world.upstream.placed == []


def test_a_call_that_cannot_be_attached_is_hung_up(world: World) -> None:
    session = create(world)
    Contended(world, times=limits.SESSION_TRIES)
    with pytest.raises(SessionChanged):
        relay(world, session.client_secret)
    assert world.upstream.hung_up == ["rtc_1"]
    assert len(world.upstream.placed) == 1
    assert world.hints == []


def test_a_session_that_ends_while_the_call_is_placed_hangs_it_up(world: World) -> None:
    session = create(world)

    def end() -> None:
        world.sessions.save(world.sessions.load(session.session_id).end(world.clock()))

    world.upstream.on_place = end
    with pytest.raises(SessionEnded):
        relay(world, session.client_secret)
    assert world.upstream.hung_up == ["rtc_1"]


def test_a_look_for_the_sideband_that_fails_does_not_cost_the_call(world: World) -> None:
    session = create(world)

    class Busy:
        def find(self, session_id: str, generation: int) -> None:
            raise Throttled("busy")

    world.calls = Busy()  # type: ignore[assignment]  # only `find` is asked
    assert relay(world, session.client_secret).sideband == "late"


def test_a_renewal_of_a_relayed_session_gives_a_new_ticket(world: World) -> None:
    session = create(world)
    relay(world, session.client_secret)
    renewed = renew(world, session.session_id)
    assert renewed.client_secret not in ("", session.client_secret)
    assert world.upstream.minted == []
    assert relay(world, renewed.client_secret).call_id == "rtc_2"
    assert world.sessions.load(session.session_id).call_id == "rtc_2"


def test_no_ticket_passes_through_the_workflow(world: World) -> None:
    open_session(world, mode="relay")
    workflow = Workflow(world, SESSION_ID)
    workflow.run()
    assert "ek_" not in repr(workflow.passed)


def test_a_second_relayed_renewal_that_was_overtaken_fails(world: World) -> None:
    open_session(world, mode="relay")
    late = Workflow(world)
    late.step("load_renewal", "digest_transcript", "mint_secret")
    Workflow(world).run()
    with pytest.raises(SessionChanged):
        late.step("rotate_session")


def test_nobody_is_admitted_without_a_ticket_store_saying_so(world: World) -> None:
    with pytest.raises(Unauthorized):
        relay(world, "ek_made_up")


@pytest.mark.parametrize(
    "tools",
    [
        {},
        [{}],
        [{"type": "mcp", "server_label": "x", "server_url": "https://x"}],
        [{"type": "function", "name": "a b"}],
        [{"type": "function", "name": "a", "strict": True}],
        [{"type": "function", "name": "a", "parameters": {"x": "y" * limits.TOOLS_BYTES}}],
        [TOOL] * (limits.TOOLS_MAX + 1),
    ],
)
def test_tools_that_make_no_sense_are_refused(tools: Any) -> None:
    with pytest.raises(ValueError):
        CreateSession.model_validate({"tools": tools})
