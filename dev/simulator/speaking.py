"""How a response takes time: words one after another, playback behind them, interruption."""

import asyncio
from dataclasses import dataclass

from dev.simulator import limits
from dev.simulator.answers import Reply
from dev.simulator.errors import EventRefused
from dev.simulator.realtime import RealtimeSession
from dev.simulator.speech import ResponseOptions, SpokenResponse, tokens

_SOUND = "AAAA" * 64  # a little silence: nobody listens, clients only count it
_ROUNDING = 0.001  # seconds; a timer may fire a hair early
_PLAYS_AFTER = 3  # tokens written before the first sound is heard, as recorded


@dataclass
class Playback:
    """Audio on its way to the person's ear."""

    response_id: str
    item_id: str
    began: float
    seconds: float


@dataclass
class _Running:
    response: SpokenResponse
    task: "asyncio.Task[None] | None" = None


class Speaker:
    """Drives the responses of one session. One default response at a time, any number out of band."""

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._running: dict[str, _Running] = {}
        self._active: str | None = None
        self.playback: Playback | None = None

    @property
    def active(self) -> str | None:
        """The id of the default conversation's response in progress, if any."""
        return self._active

    def begin(
        self, reply: Reply, options: ResponseOptions, *, token_seconds: float = limits.TOKEN_SECONDS
    ) -> "asyncio.Task[None]":
        """Start a response: `created` now, the rest in time. Raises EventRefused if one is active."""
        if self._active is not None and not options.out_of_band:
            raise EventRefused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self._active}. "
                "Wait until the response is finished before creating a new one.",
            )
        session = self._session
        response = SpokenResponse(
            session.conversation, session.world.chance, session.emit, session.config, options
        )
        if not options.out_of_band:
            self._active = response.id
        response.created()
        running = self._running[response.id] = _Running(response)
        running.task = session.spawn(self._write(response, reply, token_seconds))
        return running.task

    def cancel(self, response_id: str | None, reason: str = "client_cancelled") -> None:
        """Cut a response short. Raises EventRefused if there is nothing to cut."""
        running = self._running.pop(response_id or self._active or "", None)
        if running is None:
            raise EventRefused("response_cancel_not_active", "Cancellation failed: no active response found")
        if running.task is not None:
            running.task.cancel()
        response = running.response
        response.abandon()
        self._close(response, "cancelled", {"type": "cancelled", "reason": reason})
        if self.playback is not None and self.playback.response_id == response.id:
            self.playback.seconds = min(
                self.playback.seconds, self._heard(self.playback) + limits.WORD_SECONDS
            )
            self._session.spawn(self.played())

    def interrupt(self) -> None:
        """The person speaks over the model: cut what is being written, clear what is being played."""
        if self._active is not None:
            self.cancel(self._active, "turn_detected")
        self.clear_audio()

    def clear_audio(self) -> None:
        """Empty the output buffer; what was not heard is truncated, as upstream does on WebRTC."""
        playback, self.playback = self.playback, None
        if playback is None:
            return
        heard = min(playback.seconds, self._heard(playback))
        self._session.emit({"type": "output_audio_buffer.cleared", "response_id": playback.response_id})
        self._session.conversation.truncate(playback.item_id, int(heard * 1000))

    async def idle(self) -> None:
        """Wait until no default response is being written."""
        while self._active is not None and (task := self._running[self._active].task) is not None:
            await asyncio.wait([task])

    async def played(self) -> None:
        """Wait until nothing is being played."""
        while self.playback is not None:
            await self._session.world.pace.sleep(max(0.0, self.playback.seconds - self._heard(self.playback)))
            self._stop_if_over()

    async def _write(self, response: SpokenResponse, reply: Reply, token_seconds: float) -> None:
        pace = self._session.world.pace
        await pace.sleep(limits.THINKING_SECONDS)
        if reply.call is not None:
            response.begin_call(reply.call)
            for piece in tokens(reply.arguments):
                response.argue(piece)
                await pace.sleep(token_seconds)
            response.end_call()
        else:
            await self._say(response, reply.refusal or reply.text, token_seconds)
        del self._running[response.id]
        if reply.incomplete:
            self._close(response, "incomplete", {"type": "incomplete", "reason": reply.incomplete})
        else:
            self._close(response, "completed", None)
        if self.playback is not None and self.playback.response_id == response.id:
            self._session.spawn(self.played())

    async def _say(self, response: SpokenResponse, text: str, token_seconds: float) -> None:
        item_id = response.begin_message()
        pieces = tokens(text)
        heard_at = len(pieces) if self._session.kind == "primary" else min(_PLAYS_AFTER, len(pieces))
        for number, piece in enumerate(pieces, start=1):
            response.say(piece)
            if response.speaks and number == heard_at:
                self._sound(response, item_id, text)
            await self._session.world.pace.sleep(token_seconds)
        response.end_message()

    def _sound(self, response: SpokenResponse, item_id: str, text: str) -> None:
        session = self._session
        if response.options.out_of_band:
            return
        session.has_spoken = True
        if session.kind == "primary":
            response.sound(_SOUND, session.emit_audio)
            return
        self._stop()
        now = asyncio.get_running_loop().time()
        self.playback = Playback(response.id, item_id, now, spoken_seconds(text))
        response.playing()

    def _close(self, response: SpokenResponse, status: str, details: dict[str, str] | None) -> None:
        if self._active == response.id:
            self._active = None
        response.done(status, details)
        if self._session.kind == "call":
            self._session.emit({"type": "rate_limits.updated", "rate_limits": [_RATE_LIMIT]})

    def _heard(self, playback: Playback) -> float:
        passed = asyncio.get_running_loop().time() - playback.began
        return self._session.world.pace.simulated(passed)

    def _stop_if_over(self) -> None:
        pace, playback = self._session.world.pace, self.playback
        if playback and (pace.real(1.0) == 0 or self._heard(playback) >= playback.seconds - _ROUNDING):
            self._stop()

    def _stop(self) -> None:
        playback, self.playback = self.playback, None
        if playback is not None:
            self._session.emit({"type": "output_audio_buffer.stopped", "response_id": playback.response_id})


_RATE_LIMIT = {"name": "tokens", "limit": 15000000, "remaining": 14999361, "reset_seconds": 0.002}


def spoken_seconds(text: str) -> float:
    """How long a text takes to say."""
    return max(1, len(text.split())) * limits.WORD_SECONDS
