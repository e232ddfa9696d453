"""Calls: created by one credential, followed by its sidebands, ended once, forgotten oldest first."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from dev.simulator.config import SimulatorConfig
from dev.simulator.credentials import Credential, fingerprint
from dev.simulator.errors import ApiError, EventRefused, no_such_call, no_such_model, overloaded
from dev.simulator.line import Line
from dev.simulator.peers import Abort, Close, Order
from dev.simulator.script import Script
from dev.simulator.sdp import Media
from dev.simulator.session_config import DEFAULT_MODEL, merged, new_session
from dev.simulator.wire import Json
from dev.simulator.world import World

EXPIRED = "Your session hit the maximum duration of 60 minutes."
_CLEAN = Close(1000)


@dataclass
class Call:
    """One WebRTC leg. `creator` is the credential that may attach; times are Unix seconds."""

    id: str
    creator: Credential
    created_at: float
    live_at: float
    line: Line
    safety_identifier: str | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    attachments: int = 0
    expiry: asyncio.TimerHandle | None = None

    def shown(self) -> Json:
        """The call in one glance, for the control API."""
        session, player = self.line.session, self.line.player
        return {
            "id": self.id,
            "session_id": session.config["id"],
            "state": "ended" if self.ended_at else "live",
            "end_reason": self.end_reason,
            "creator": fingerprint(self.creator.value),
            "safety_identifier": self.safety_identifier,
            "model": session.config["model"],
            "created_at": self.created_at,
            "live_at": self.live_at,
            "ended_at": self.ended_at,
            "sidebands": sum(peer.attached for peer in session.peers),
            "media": self.line.media() or None,
            "attachments": self.attachments,
            "script": player.progress() if player else None,
            "items": len(session.conversation),
        }


class Calls:
    """Every call that is live, and the last ones that ended."""

    def __init__(self, world: World, config: SimulatorConfig, media: Media) -> None:
        self._world = world
        self._config = config
        self._media = media
        self._closing: set[asyncio.Task[None]] = set()
        self._live: dict[str, Call] = {}
        self._ended: OrderedDict[str, Call] = OrderedDict()

    def __len__(self) -> int:
        return len(self._live)

    def list(self) -> "list[Call]":
        return [*self._ended.values(), *self._live.values()]

    def find(self, call_id: str) -> Call | None:
        return self._live.get(call_id) or self._ended.get(call_id)

    async def create(
        self,
        offer: str,
        asked: Json | None,
        creator: Credential,
        script: Script | None,
        safety_identifier: str | None = None,
    ) -> tuple[Call, str]:
        """Make a call and its SDP answer. Raises ApiError 400, 403 or 503."""
        if len(self._live) >= self._config.max_live_calls:
            raise overloaded()
        suffix = f"u0_{self._world.chance.suffix()}"
        now = self._world.pace.now()
        config = self._configured(f"sess_{suffix}", asked, creator, int(now + self._config.call_seconds))
        call_id = f"rtc_{suffix}"
        line = Line(self._world, config, "call", call_id)
        answer = await self._media.answer(offer, line)
        secret = creator.secret
        call = Call(
            id=call_id,
            creator=creator,
            created_at=now,
            live_at=now + self._config.live_after,
            line=line,
            safety_identifier=safety_identifier or (secret.safety_identifier if secret else None),
        )
        self._live[call_id] = call
        line.hang_up = lambda reason: self.end(call, reason)
        loop = asyncio.get_running_loop()
        call.expiry = loop.call_later(self._config.call_seconds, self.expire, call)
        if script is not None:
            self.play(call, script)
        return call, answer

    def play(self, call: Call, script: Script) -> None:
        """Start a script on a live call. Raises BadScript while another is playing."""
        live_in = max(0.0, call.live_at - self._world.pace.now())
        call.line.play(script, lambda: self.end(call, "hung up by the person"), live_in)

    def attachable(self, call_id: str, credential: Credential) -> Call:
        """The live call that this credential created. Raises ApiError 404 for every other case alike."""
        call = self._live.get(call_id)
        if call is None or call.live_at > self._world.pace.now() or call.creator.value != credential.value:
            raise no_such_call()
        return call

    def hang_up(self, call_id: str, credential: Credential) -> None:
        """End a call through the API; any API key may, a client secret only its own call."""
        call = self._live.get(call_id)
        if call is None or (credential.secret is not None and call.creator.value != credential.value):
            raise no_such_call()
        self.end(call, "hung up through the API")

    def expire(self, call: Call) -> None:
        """The hour is over."""
        self.end(call, "maximum duration", Close(1001, EXPIRED))

    def end(self, call: Call, reason: str, last: Order = _CLEAN) -> None:
        """End a call; its sockets get `last`. Ending twice changes nothing."""
        if self._live.pop(call.id, None) is None:
            return
        call.ended_at = self._world.pace.now()
        call.end_reason = reason
        if call.expiry is not None:
            call.expiry.cancel()
        call.line.session.end(last)
        self._ended[call.id] = call
        while len(self._ended) > self._config.max_ended_calls:
            self._ended.popitem(last=False)
        closing = asyncio.get_running_loop().create_task(self._media.close(call.id))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def clear(self) -> None:
        """Break every call off and forget all of them."""
        for call in list(self._live.values()):
            self.end(call, "reset", Abort())
        self._ended.clear()

    def _configured(self, session_id: str, asked: Json | None, creator: Credential, until: int) -> Json:
        """The effective configuration: the secret's, the request's laid over it."""
        bound = creator.secret.asked if creator.secret else {"type": "realtime"}
        try:
            config = new_session(session_id, bound if creator.secret else asked or bound, until)
            if creator.secret and asked:
                config = merged(config, {**asked, "model": None})
        except EventRefused as refused:
            raise ApiError(400, refused.message, refused.code, param=refused.param) from refused
        if config["model"] not in (*self._config.models, DEFAULT_MODEL):
            raise no_such_model(config["model"])
        return config
