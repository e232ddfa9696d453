"""So many calls live at once and no more, however they come, and a place is free when its call is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import SessionChanged, Throttled, TooManyCalls, UpstreamRefused
from switchboard.domain.place import Scope
from switchboard.domain.places import Places
from switchboard.domain.ports.workflows import Renewal
from switchboard.domain.principal import Guest, Principal, Service, User
from switchboard.usecases.attach_call import AttachCall, CallAttached, attach_call
from switchboard.usecases.create_realtime_session import CreateRealtimeSession, create_realtime_session
from switchboard.usecases.create_session import CreateSession, SessionCreated, create_session
from switchboard.usecases.end_session import EndSession, end_session
from switchboard.usecases.mint_user_session import MintUserSession, mint_user_session
from switchboard.usecases.relay_call import CallRelayed, RelayCall, relay_call
from switchboard.usecases.renew_session import RenewSession, renew_session

from tests.unit.fakes import World
from tests.unit.given import ANN, BOB, SESSION_ID, Contended, open_session

OFFER = "v=0\r\n"


@pytest.fixture
def small(world: World) -> World:
    """A world in which one call of a user or guest lives at once, two of a network and three of all."""
    sizes: dict[Scope, int] = {"guest": 1, "network": 2, "user": 1, "fleet": 3}
    world.places = Places(world.stores.places, sizes, world.clock, world.tell)
    return world


def create(world: World, who: Principal = ANN, **fields: Any) -> SessionCreated:
    return create_session(CreateSession.model_validate(fields), who, world)


def relayed(world: World, who: Principal = ANN, **fields: Any) -> CallRelayed:
    session = create(world, who, mode="relay", **fields)
    return relay_call(RelayCall(ticket=session.client_secret, offer=OFFER), world)


def attach(world: World, session_id: str, call_id: str, who: Principal = ANN) -> CallAttached:
    return attach_call(AttachCall.model_validate({"sessionId": session_id, "callId": call_id}), who, world)


def end(world: World, session_id: str, who: Principal = ANN) -> None:
    end_session(EndSession.model_validate({"sessionId": session_id}), who, world)


def close(world: World, session_id: str, generation: int) -> None:
    """Let a host hear that call and see its end, as hosts do."""
    call = world.calls.find(session_id, generation)
    assert call
    lease = world.calls.claim(call, "host_1")
    world.places.settle(call.places, session_id, generation)
    world.places.leave(call.places, session_id, generation)
    world.calls.close(lease, "hung_up", world.clock())


def refused(deed: Callable[[], object]) -> TooManyCalls:
    with pytest.raises(TooManyCalls) as caught:
        deed()
    return caught.value


def test_a_second_call_of_a_user_is_refused_before_the_upstream_is_asked(small: World) -> None:
    relayed(small)
    error = refused(lambda: relayed(small))
    assert error.details == {"limit": "user", "calls": 1}
    assert error.retry_after == limits.CALLS_RETRY_AFTER
    assert len(small.upstream.placed) == 1
    assert ("CallsUserRefusals", 1) in small.counts


def test_a_ticket_got_before_the_limit_was_reached_meets_it_at_the_relay(small: World) -> None:
    tickets = [create(small, mode="relay").client_secret for _ in range(2)]
    relay_call(RelayCall(ticket=tickets[0], offer=OFFER), small)
    refused(lambda: relay_call(RelayCall(ticket=tickets[1], offer=OFFER), small))
    assert len(small.upstream.placed) == 1
    [session_id, _] = small.sessions.list(ANN.owner).items
    for each in small.sessions.list(ANN.owner).items:
        end(small, each)
    with pytest.raises(Exception, match="ended"):  # the ticket was given back: it is the session that is over
        relay_call(RelayCall(ticket=tickets[1], offer=OFFER), small)
    assert session_id


def test_a_user_at_the_limit_gets_no_secret_either(small: World) -> None:
    relayed(small)
    refused(lambda: create(small))
    refused(lambda: mint_user_session(MintUserSession(), ANN, small))
    refused(lambda: create_realtime_session(CreateRealtimeSession(), ANN, small))
    assert small.upstream.minted == []


def test_others_are_not_concerned(small: World) -> None:
    relayed(small)
    relayed(small, BOB)


def test_the_fleets_limit_is_for_services_too(small: World) -> None:
    for who in (ANN, BOB, Service("backend")):
        relayed(small, who)
    assert refused(lambda: relayed(small, Service("backend"))).details == {"limit": "fleet", "calls": 3}
    assert refused(lambda: relayed(small, User("cleo"))).details == {"limit": "fleet", "calls": 3}


def test_a_guest_who_drops_the_cookie_meets_the_networks_limit(small: World) -> None:
    for name in ("a", "b"):
        relayed(small, Guest(name, network="home"))
    error = refused(lambda: relayed(small, Guest("c", network="home")))
    assert error.details == {"limit": "network", "calls": 2}
    relayed(small, Guest("d", network="office"))


def test_no_limit_limits_nobody(world: World) -> None:
    world.places = Places(world.stores.places, {}, world.clock, world.tell)
    for _ in range(12):
        relayed(world)
    assert world.calls.list(world.sessions.list(ANN.owner).items[0])[0].places == ()


def test_a_call_over_the_limit_that_lives_already_is_refused_and_given_to_the_sideband_to_end(
    small: World,
) -> None:
    first, second = create(small).session_id, create(small).session_id
    attach(small, first, "rtc_1")
    refused(lambda: attach(small, second, "rtc_2"))
    [call] = small.calls.list(second)
    assert (call.call_id, call.status, call.unwanted) == ("rtc_2", "pending", "too_many_calls")
    assert call.places == ()
    assert small.sessions.load(second).call_id is None
    assert small.hints[-1][:2] == ("follow", second)


def test_a_session_whose_call_was_turned_away_may_bring_another_later(small: World) -> None:
    first, second = create(small).session_id, create(small).session_id
    attach(small, first, "rtc_1")
    refused(lambda: attach(small, second, "rtc_2"))
    end(small, first)
    assert attach(small, second, "rtc_3").call_id == "rtc_3"


def test_a_place_is_free_again_at_the_end_of_its_session(small: World) -> None:
    for _ in range(5):
        end(small, relayed(small).session_id)


def test_a_place_is_free_again_when_a_host_sees_the_call_end(small: World) -> None:
    for _ in range(5):
        call = relayed(small)
        close(small, call.session_id, call.generation)


def test_a_refresh_at_the_limit_is_no_second_call(small: World) -> None:
    before = relayed(small)
    for _ in range(3):
        before = relayed(small, reset=before.session_id)


def test_a_renewed_call_and_the_one_that_it_replaces_are_one_conversation(small: World) -> None:
    first = relayed(small)
    renewed = renewal(small, first.session_id)
    second = relay_call(RelayCall(ticket=renewed, offer=OFFER), small)
    assert second.generation > first.generation
    close(small, first.session_id, first.generation)
    refused(lambda: relayed(small))  # the new call holds the place on
    close(small, second.session_id, second.generation)
    relayed(small)


def test_the_old_calls_end_while_the_new_one_is_placed_leaves_the_place_to_it(small: World) -> None:
    first = relayed(small)
    renewed = renewal(small, first.session_id)
    small.upstream.on_place = lambda: close(small, first.session_id, first.generation)
    relay_call(RelayCall(ticket=renewed, offer=OFFER), small)
    refused(lambda: relayed(small))


def test_a_renewal_whose_call_could_not_be_placed_leaves_the_old_one_its_place(small: World) -> None:
    first = relayed(small)
    renewed = renewal(small, first.session_id)
    small.upstream.refuses = UpstreamRefused("no")
    with pytest.raises(UpstreamRefused):
        relay_call(RelayCall(ticket=renewed, offer=OFFER), small)
    small.upstream.refuses = None
    refused(lambda: relayed(small))
    close(small, first.session_id, first.generation)
    relayed(small)


def test_a_renewal_is_not_refused_while_its_call_lives_and_is_when_others_have_its_place(
    small: World,
) -> None:
    first = relayed(small)
    assert renewal(small, first.session_id)
    close(small, first.session_id, first.generation)
    relayed(small)
    refused(lambda: renewal(small, first.session_id))


def renewal(world: World, session_id: str) -> str:
    """Renew the session; return its ticket."""

    def rotate(session_id: str) -> Renewal:
        session = world.sessions.load(session_id)
        world.sessions.save(session.rotate("00000002#1", "", world.clock()))
        return Renewal("00000002#1", "none")

    world.engine.on_renew = rotate
    return renew_session(RenewSession.model_validate({"sessionId": session_id}), ANN, world).client_secret


@pytest.mark.parametrize("trouble", [UpstreamRefused("no"), Throttled("busy")])
def test_a_call_that_could_not_be_placed_gives_its_place_back(small: World, trouble: Any) -> None:
    small.upstream.refuses = trouble
    for _ in range(3):
        with pytest.raises(type(trouble)):
            relayed(small)
    small.upstream.refuses = None
    relayed(small)


def test_a_call_that_could_not_be_attached_is_hung_up_and_gives_its_place_back(small: World) -> None:
    open_session(small, mode="direct")
    Contended(small, times=limits.SESSION_TRIES)
    with pytest.raises(SessionChanged):
        attach(small, SESSION_ID, "rtc_1")
    attach(small, create(small).session_id, "rtc_2")


def test_a_place_reserved_by_what_crashed_is_free_again_in_a_while(small: World) -> None:
    ticket = create(small, mode="relay").client_secret

    def crash() -> None:
        raise SystemExit

    small.upstream.on_place = crash
    with pytest.raises(SystemExit):
        relay_call(RelayCall(ticket=ticket, offer=OFFER), small)
    small.upstream.on_place = lambda: None
    refused(lambda: relayed(small))
    small.time.sleep(limits.CALL_COMING_SECONDS)
    relayed(small)


def test_a_call_that_is_heard_keeps_its_place_as_long_as_a_call_can_last(small: World) -> None:
    first = relayed(small)
    call = small.calls.find(first.session_id, first.generation)
    assert call
    small.places.settle(call.places, call.session_id, call.generation)
    small.time.sleep(limits.CALL_LONGEST_SECONDS - 1)
    refused(lambda: relayed(small))
    small.time.sleep(1)
    relayed(small)


def test_the_same_call_told_again_takes_no_second_place(small: World) -> None:
    session_id = create(small).session_id
    for _ in range(3):
        attach(small, session_id, "rtc_1")
    end(small, session_id)
    attach(small, create(small).session_id, "rtc_2")
