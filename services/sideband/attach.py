"""Find the credential and the moment at which the upstream lets us onto a call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum

from switchboard.domain.call import Call
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.secret import Credential

from sideband import limits, log
from sideband.deps import Shared
from sideband.keys import ordered
from sideband.socket import Refused, Socket, Unreachable


class CallGone(Exception):
    """The upstream knew no such call for as long as we were patient; since when, on the loop's clock."""

    def __init__(self, since: float) -> None:
        super().__init__("the upstream knows no such call")
        self.since = since


class KeysRefused(Exception):
    """The upstream refused every credential for as long as we were patient."""


@dataclass(frozen=True, slots=True)
class Attached:
    """An open sideband and the credential that opened it."""

    socket: Socket
    credential: Credential


class Verdict(Enum):
    """What a round of all credentials came to."""

    ABSENT = "not found"
    REFUSED = "refused"
    TROUBLE = "trouble"


class Attacher:
    """Opens the sideband of one call, again and again as connections come and go.

    Attributes:
        worked: the credential that opened it last: the only one tried until it is refused.
    """

    __slots__ = ("_api_key_first", "_call", "_shared", "worked")

    def __init__(self, call: Call, relayed: bool, shared: Shared) -> None:
        self._call = call
        self._shared = shared
        self._api_key_first = relayed if call.credential is None else call.credential == "api_key"
        self.worked: Credential | None = None

    async def credentials(self) -> tuple[Credential, ...]:
        """Return all credentials to try, the likeliest first; only our own if the others cannot be read."""
        deps = self._shared.deps
        try:
            secrets = await self._shared.table(deps.secrets.list, self._call.session_id)
        except SwitchboardError as error:
            log.warning("follow.no_secrets", error, session_id=self._call.session_id)
            secrets = ()
        api_key = await self._shared.aside(deps.api_key)
        return ordered(secrets, api_key, worked=self.worked, api_key_first=self._api_key_first)

    async def attach(self, patience: float) -> Attached:
        """Return an open sideband. Raise CallGone after `patience` seconds of 404, or KeysRefused."""
        clock = asyncio.get_running_loop().time
        quick = self._shared.backoff(limits.ATTACH_FIRST, limits.ATTACH_LONGEST)
        gentle = self._shared.backoff(limits.ATTACH_FIRST, limits.TROUBLE_LONGEST)
        patient = {Verdict.ABSENT: patience, Verdict.REFUSED: limits.REFUSED_PATIENCE}
        last, since = Verdict.TROUBLE, clock()
        while True:
            outcome, pause = await self._round()
            if isinstance(outcome, Attached):
                self.worked = outcome.credential
                return outcome
            now = clock()
            if outcome is not last:
                last, since = outcome, now
            if outcome is Verdict.TROUBLE:
                await asyncio.sleep(max(gentle.next(), pause))
                continue
            left = since + patient[outcome] - now
            if left <= 0:
                raise CallGone(since) if outcome is Verdict.ABSENT else KeysRefused
            await asyncio.sleep(min(quick.next(), left))

    async def _round(self) -> tuple[Attached | Verdict, float]:
        """Try the credentials once; return what came of it, and the seconds that the upstream asked for."""
        if self.worked is not None:
            outcome, pause = await self._try((self.worked,))
            if outcome is not Verdict.REFUSED:
                return outcome, pause
        try:
            credentials = await self.credentials()
        except Exception as error:  # whatever the service may raise that keeps our key
            log.warning("follow.no_key", error, session_id=self._call.session_id)
            return Verdict.TROUBLE, 0.0
        return await self._try(credentials)

    async def _try(self, credentials: tuple[Credential, ...]) -> tuple[Attached | Verdict, float]:
        verdict = Verdict.REFUSED
        for credential in credentials:
            try:
                async with self._shared.handshakes:
                    socket = await self._shared.deps.connect(self._call.call_id, credential)
                return Attached(socket, credential), 0.0
            except Refused as refused:
                if refused.status == 404:
                    verdict = Verdict.ABSENT
                elif refused.status not in (401, 403):
                    return Verdict.TROUBLE, min(refused.retry_after or 0.0, limits.RETRY_AFTER_LONGEST)
            except Unreachable:
                return Verdict.TROUBLE, 0.0
        return verdict, 0.0
