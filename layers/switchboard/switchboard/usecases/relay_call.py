"""Place a call in a browser's stead: it never holds a key of the upstream, and we hear the first word."""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Literal, Protocol

from pydantic import Field, field_validator

from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry, Audits
from switchboard.domain.call import Call, instructions_mark
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.places import Places, Slots
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.realtime import Placed, Realtime
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.sideband import SidebandCommands
from switchboard.domain.ports.surroundings import Clock, Sleep
from switchboard.domain.principal import safety_identifier
from switchboard.domain.session import RealtimeConfig, Session
from switchboard.domain.ticket import Admission, Tickets
from switchboard.usecases.call_places import coming
from switchboard.usecases.changing import insist
from switchboard.usecases.payload import Answer, Request, unfit

log = logging.getLogger(__name__)


class RelayCall(Request):
    """`ticket` is the bearer token, `offer` the body: an SDP offer as a browser makes it."""

    ticket: str = Field(max_length=256, repr=False)
    offer: str

    @field_validator("offer")
    @classmethod
    def _is_sdp(cls, offer: str) -> str:
        if not offer.startswith("v=0"):
            raise unfit("is not an SDP offer")
        return offer


class CallRelayed(Answer):
    """`answer` is the upstream's SDP answer, byte for byte.

    `sideband` is `late` if it was not on the call when the answer left: it then follows within seconds, and
    asks for what it missed.
    """

    session_id: str
    call_id: str
    generation: int
    sideband: Literal["on", "late"]
    answer: str


class Defaults(Protocol):
    """What a call is when its session does not say."""

    transcription_model: str


class Deps(Protocol):
    """What this use case needs."""

    tickets: Tickets
    sessions: Sessions
    calls: Calls
    places: Places
    realtime: Realtime
    sideband: SidebandCommands
    audits: Audits
    clock: Clock
    sleep: Sleep
    settings: Defaults


def relay_call(request: RelayCall, deps: Deps) -> CallRelayed:
    """Return the answer to the offer, once the sideband is on the call or has been waited for long enough.

    The upstream is asked once: a second call would be nobody's. If that fails, the ticket is good again.
    """
    admitted = deps.tickets.spend(request.ticket)
    with ExitStack() as unless_it_fails:
        try:
            session = deps.sessions.get(admitted.session_id, admitted.owner).require_open()
            slots = unless_it_fails.enter_context(deps.places.held(coming(session, admitted.network, deps)))
            config = session.config(deps.settings.transcription_model)
            placed = deps.realtime.place(request.offer, config, safety_identifier(admitted.owner))
        except SwitchboardError:
            deps.tickets.give_back(request.ticket)
            raise
        attached = _attach_or_hang_up(admitted, placed, config, slots, deps)
    deps.sideband.follow(attached)
    heard = _wait_for_sideband(attached, deps)
    with suppress(SwitchboardError):  # the call is placed: its answer must not be lost for a note about it
        facts = {"callId": placed.call_id, "sideband": heard}
        deps.audits.add(attached.id, AuditEntry(deps.clock(), "call.relayed", facts))
    return CallRelayed(
        session_id=attached.id,
        call_id=placed.call_id,
        generation=attached.call_generation,
        sideband=heard,
        answer=placed.answer,
    )


def _attach_or_hang_up(
    admitted: Admission, placed: Placed, config: RealtimeConfig, slots: Slots, deps: Deps
) -> Session:
    """Make the call its session's current one; a call that cannot be is ended, for nobody would follow it."""
    try:
        return insist(lambda: _attach(admitted, placed, config, slots, deps))
    except Exception:
        try:
            deps.realtime.hang_up(placed.call_id)
        except SwitchboardError as error:
            log.error("relay.call_left_over", extra={"call_id": placed.call_id, "code": error.code})
        raise


def _attach(admitted: Admission, placed: Placed, config: RealtimeConfig, slots: Slots, deps: Deps) -> Session:
    now = deps.clock()
    session = deps.sessions.get(admitted.session_id, admitted.owner).attach(placed.call_id, now)
    mark = instructions_mark(config.instructions)
    call = Call(
        session.id, session.call_generation, placed.call_id, created_at=now, pinned=mark, places=slots
    )
    return deps.sessions.attach(session, call)


def _wait_for_sideband(session: Session, deps: Deps) -> Literal["on", "late"]:
    until = deps.clock() + timedelta(seconds=limits.SIDEBAND_WAIT_SECONDS)
    while True:
        try:
            call = deps.calls.find(session.id, session.call_generation)
        except SwitchboardError:
            return "late"
        if call is not None and call.attached_at is not None:
            return "on"
        if deps.clock() >= until:
            return "late"
        deps.sleep(limits.SIDEBAND_POLL_SECONDS)
