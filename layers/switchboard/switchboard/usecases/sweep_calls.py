"""Every minute: end the calls that no host follows, and count how many live at once."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Literal, Protocol

from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry, Audits
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost, NotFound, SwitchboardError, UpstreamRefused
from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.realtime import Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import Hosts
from switchboard.domain.ports.surroundings import Clock, Counts, Sleep
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.secret import Credential
from switchboard.usecases.payload import Answer, TaskRequest
from switchboard.usecases.unheard import close_unheard

log = logging.getLogger(__name__)

Outcome = Literal["ended", "claimed", "left"]


class SweepCalls(TaskRequest):
    """The schedule says nothing that matters."""


class CallsSwept(Answer):
    """How many calls were ended, were claimed by a host after all, and are left for the next sweep."""

    ended: int
    claimed: int
    left: int


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    secrets: Secrets
    calls: Calls
    hosts: Hosts
    transcripts: Transcripts
    places: Places
    realtime: Realtime
    audits: Audits
    metrics: Counts
    clock: Clock
    sleep: Sleep


def sweep_calls(request: SweepCalls, deps: Deps) -> CallsSwept:
    """Return what was done. What one sweep leaves undone is found by the next, a minute later."""
    stop = deps.clock() + timedelta(seconds=limits.UNFOLLOWED_BUDGET_SECONDS)
    _tell_how_many_live(deps)
    overdue = deps.clock() - timedelta(seconds=limits.UNFOLLOWED_SECONDS)
    ours = deps.calls.list_of_host(limits.UNFOLLOWED_HOST, limits.UNFOLLOWED_BATCH)
    waiting = deps.calls.list_pending(limits.UNFOLLOWED_BATCH, until=overdue)
    with ThreadPoolExecutor(limits.UNFOLLOWED_AT_ONCE) as threads:
        unfollowed = (*ours, *waiting, *_orphaned(deps))
        outcomes = Counter(threads.map(lambda call: _before(stop, call, deps), unfollowed))
    if outcomes["ended"]:
        deps.metrics.tell("CallsUnfollowed", outcomes["ended"], "Count")
    if outcomes["left"]:
        deps.metrics.tell("CallsUnfollowedLeft", outcomes["left"], "Count")
    return CallsSwept(ended=outcomes["ended"], claimed=outcomes["claimed"], left=outcomes["left"])


def _tell_how_many_live(deps: Deps) -> None:
    """Count the fleet's places; it is also how somebody learns that this sweep runs no more."""
    with suppress(SwitchboardError):
        used = deps.places.used()
        deps.metrics.tell("FleetCallsUsed", round(used or 0.0, 1), "Percent")


def _orphaned(deps: Deps) -> tuple[Call, ...]:
    """Return calls of hosts whose hearts have stopped so long ago that no living host can be there.

    One whose clock is wrong by minutes looks like that, too; but its heart beats on before our eyes.
    """
    silent = deps.hosts.silent(limits.UNFOLLOWED_SECONDS)
    if not silent:
        return ()
    before = set(deps.hosts.list())
    deps.sleep(limits.UNFOLLOWED_LOOK_SECONDS)
    dead = [beat.host for beat in deps.hosts.list() if beat.host in silent and beat in before]
    theirs = (deps.calls.list_of_host(host, limits.UNFOLLOWED_BATCH) for host in dead)
    return tuple(islice(chain.from_iterable(theirs), limits.UNFOLLOWED_BATCH))


def _before(stop: datetime, call: Call, deps: Deps) -> Outcome:
    return _end(call, deps) if deps.clock() < stop else "left"


def _end(call: Call, deps: Deps) -> Outcome:
    """Claim the call, so that no host can, and end it. The claim is the row's to decide."""
    try:
        lease = _lease_of(call) or deps.calls.claim(call, limits.UNFOLLOWED_HOST)
        _hang_up(call, deps)
        reason = _reason(call, deps)
        if not call.unwanted:
            close_unheard(lease, deps)
        deps.places.leave(call.places, call.session_id, call.generation)
        deps.calls.close(lease, reason, deps.clock())
    except LeaseLost:
        return "claimed"
    except SwitchboardError as error:
        log.warning("sweep.call_left", extra={"call_id": call.call_id, "code": error.code})
        return "left"
    facts = {"callId": call.call_id, "generation": call.generation, "reason": reason}
    log.warning("sweep.call_ended", extra={"session_id": call.session_id, **facts})
    with suppress(SwitchboardError):  # the call is ended, whoever may be told
        deps.audits.add(call.session_id, AuditEntry(deps.clock(), "call.ended", facts))
    return "ended"


def _lease_of(call: Call) -> Lease | None:
    """Return the lease that an earlier sweep has taken and not used up."""
    if call.status != "followed" or call.host != limits.UNFOLLOWED_HOST:
        return None
    return Lease(call.session_id, call.generation, call.call_id, call.host, call.lease)


def _hang_up(call: Call, deps: Deps) -> None:
    """Hang up with every key that may have made the call: to a wrong one the upstream says that it is over.

    Raise an UpstreamError if that failed, unless the call is older than the upstream lets any become.
    """
    if deps.clock() - call.created_at > timedelta(seconds=limits.CALL_LONGEST_SECONDS):
        return
    secrets = () if call.pinned else deps.secrets.list(call.session_id)[: limits.SECRETS_TRIED]
    keys: list[Credential | None] = [*secrets, None]
    refused: list[UpstreamRefused] = []
    for key in keys:
        try:
            deps.realtime.hang_up(call.call_id, key)
        except UpstreamRefused as error:  # that key is no good any more
            refused.append(error)
    if len(refused) == len(keys):
        raise refused[-1]


def _reason(call: Call, deps: Deps) -> str:
    """Return why the call is over: the session's own reason, if it has one."""
    if call.unwanted:
        return call.unwanted
    try:
        session = deps.sessions.load(call.session_id)
    except NotFound:
        return "ended"
    if session.status == "ended":
        return "ended"
    if call.generation < session.call_generation:
        return "replaced"
    return "abandoned" if call.attached_at else "never_attached"
