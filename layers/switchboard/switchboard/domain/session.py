"""The session: our record of one conversation, which outlives calls and secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from switchboard.domain import limits
from switchboard.domain.errors import SessionEnded, SessionWornOut
from switchboard.domain.tool import with_granted

Mode = Literal["direct", "relay"]
Status = Literal["open", "ended"]


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation. Every change returns a new value; the store writes it only over `version`.

    Attributes:
        base_instructions: what the caller asked for; `instructions` adds what is known since.
        generation: counts secrets and calls; whoever acts on an older one is late.
        call_id: the current call, or None before the first attach.
        secret_id: names the newest client secret in the store; of a relayed session only a name.
        tools: what the model may call, or None if that is left to the browser.
        granted: further tools, which our hosts run; None if there are none.
        version: counts writes of this record.
    """

    id: str
    owner: str
    mode: Mode
    model: str
    voice: str
    transcription: bool
    base_instructions: str
    instructions: str
    secret_id: str
    created_at: datetime
    updated_at: datetime
    status: Status = "open"
    generation: int = 1
    call_id: str | None = None
    call_generation: int = 0
    ended_at: datetime | None = None
    profile: dict[str, Any] | None = None
    replaced_by: str | None = None
    tools: list[dict[str, Any]] | None = None
    granted: list[dict[str, Any]] | None = None
    version: int = 1

    def config(self, transcription_model: str) -> RealtimeConfig:
        """Return what a call of this session is set to."""
        return RealtimeConfig(
            model=self.model,
            voice=self.voice,
            instructions=self.instructions,
            transcription_model=transcription_model if self.transcription else None,
            tools=with_granted(self.granted, self.tools),
        )

    def require_open(self) -> Session:
        """Return itself. Raise SessionEnded if it is over."""
        if self.status == "ended":
            raise SessionEnded("The session has ended. Create a new one.")
        return self

    def attach(self, call_id: str, now: datetime) -> Session:
        """Make `call_id` the current call; the same call again changes nothing."""
        self.require_open()
        if call_id == self.call_id:
            return self
        generation = self._next_generation()
        return replace(
            self, call_id=call_id, generation=generation, call_generation=generation, updated_at=now
        )

    def turn_away(self, now: datetime) -> Session:
        """Take a generation for a call that is not to become the current one, but to be ended."""
        self.require_open()
        return replace(self, generation=self._next_generation(), updated_at=now)

    def rotate(self, secret_id: str, instructions: str, now: datetime) -> Session:
        """Take a new secret and new instructions; the call goes on until another is attached."""
        self.require_open()
        return replace(
            self,
            secret_id=secret_id,
            instructions=instructions,
            generation=self._next_generation(),
            updated_at=now,
        )

    def _next_generation(self) -> int:
        if self.generation >= limits.GENERATIONS:
            raise SessionWornOut(
                f"A session has {limits.GENERATIONS} calls and secrets at most. Create a new one."
            )
        return self.generation + 1

    def learn(self, profile: dict[str, Any], instructions: str, now: datetime) -> Session:
        """Keep what an extraction found. Allowed after the end: the talk is over, the facts are not."""
        return replace(self, profile=profile, instructions=instructions, updated_at=now)

    def end(self, now: datetime, replaced_by: str | None = None) -> Session:
        """Be over; the same again changes nothing."""
        if self.status == "ended":
            return self
        return replace(self, status="ended", ended_at=now, updated_at=now, replaced_by=replaced_by)


@dataclass(frozen=True, slots=True)
class RealtimeConfig:
    """What a call is set to when its secret is minted, in the upstream's words."""

    model: str
    voice: str
    instructions: str
    transcription_model: str | None
    tools: list[dict[str, Any]] | None = None

    def as_session(self) -> dict[str, Any]:
        """Return the `session` object of the upstream's client-secret request."""
        transcription = {"model": self.transcription_model} if self.transcription_model else None
        tools = {} if self.tools is None else {"tools": self.tools}
        return {
            "type": "realtime",
            "model": self.model,
            **tools,
            "instructions": self.instructions,
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "transcription": transcription,
                    "turn_detection": {
                        "type": "server_vad",
                        "create_response": True,
                        "interrupt_response": True,
                    },
                },
                "output": {"voice": self.voice},
            },
        }
