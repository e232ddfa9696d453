"""What a call is pinned to: whoever changes it from the browser is put right again; no I/O here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from switchboard.domain.call import Call, instructions_mark
from switchboard.domain.session import Session
from switchboard.domain.tool import with_granted

from sideband import limits

Tell = Callable[[str, Mapping[str, Any]], None]
"""Take down an event of the audit and its facts."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """The pinned part of a call's configuration.

    `instructions` and `tools` may be None: that is left to the browser. `transcription` is the model that
    transcribes, None for none; it is pinned unless `is_direct`. `granted` are the tools that hosts run: they
    are there whatever else is.
    """

    instructions: str | None
    tools: Sequence[Mapping[str, Any]] | None
    transcription: str | None
    granted: Sequence[Mapping[str, Any]] = ()
    is_direct: bool = False

    def drift(self, effective: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what differs in the configuration that the upstream has told."""
        told = {
            "instructions": effective.get("instructions"),
            "tools": _comparable(effective.get("tools")),
            "transcription": _transcriber(effective),
        }
        wanted: dict[str, Any] = {} if self.is_direct else {"transcription": self.transcription}
        if self.instructions is not None:
            wanted["instructions"] = self.instructions
        if self.tools is not None or self.granted:
            wanted["tools"] = _comparable(self._tools(effective))
        return tuple(sorted(name for name, value in wanted.items() if told[name] != value))

    def fields(self, names: Sequence[str], effective: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `session` of an update that sets these. The browser keeps tools that are its own."""
        session: dict[str, Any] = {"type": "realtime"}
        if "instructions" in names:
            session["instructions"] = self.instructions
        if "tools" in names:
            session["tools"] = self._tools(effective)
        if "transcription" in names:
            model = {"model": self.transcription} if self.transcription else None
            session["audio"] = {"input": {"transcription": model}}
        return session

    def _tools(self, effective: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if self.tools is not None:
            return with_granted(self.granted, self.tools) or []
        told = _comparable(effective.get("tools"))
        wanted = {tool["name"]: tool for tool in _comparable(self.granted)}
        held = {tool.get("name"): tool for tool in told}
        if all(held.get(name) == tool for name, tool in wanted.items()):
            return told
        return with_granted(self.granted, told) or []


def pinned_of(call: Call, session: Session, transcription_model: str) -> Pinned | None:
    """Return what a call is pinned to; None for one that the browser has created itself, without our tools.

    A renewal changes the session's instructions while the call goes on: then nobody knows the call's own, and
    they stay as they are. Empty ones are the browser's to choose.
    """
    granted = tuple(session.granted or ())
    if session.mode != "relay":
        return Pinned(None, None, None, granted, is_direct=True) if granted else None
    known = bool(session.instructions) and instructions_mark(session.instructions) == call.pinned
    return Pinned(
        instructions=session.instructions if known else None,
        tools=session.tools,
        transcription=transcription_model if session.transcription else None,
        granted=granted,
    )


class Guard:
    """Puts a call's configuration right, but not for ever: a client that insists would cost every turn.

    Its verdicts are told to the audit: `config.reasserted`, and once `config.given_up` or `config.refused`.
    """

    __slots__ = ("_at", "_event_id", "_gave_up", "_pinned", "_tell")

    def __init__(self, pinned: Pinned, tell: Tell) -> None:
        self._pinned = pinned
        self._tell = tell
        self._at: deque[float] = deque(maxlen=limits.REASSERTS)
        self._event_id: str | None = None
        self._gave_up = False

    def correct(self, effective: Mapping[str, Any], event_id: str, now: float) -> dict[str, Any] | None:
        """Return the `session` of the update to send under that id, None if nothing is to be done."""
        names = self._pinned.drift(effective)
        if not names or self._gave_up:
            return None
        if len(self._at) == limits.REASSERTS and now - self._at[0] < limits.REASSERT_WINDOW:
            self._give_up("config.given_up", names)
            return None
        self._at.append(now)
        self._event_id = event_id
        self._tell("config.reasserted", {"fields": list(names)})
        return self._pinned.fields(names, effective)

    def refused(self, event_id: str) -> bool:
        """Return whether the refused event was ours; then the upstream does not take what is pinned."""
        if event_id != self._event_id:
            return False
        self._give_up("config.refused", ())
        return True

    def _give_up(self, event: str, names: Sequence[str]) -> None:
        if not self._gave_up:
            self._gave_up = True
            self._tell(event, {"fields": list(names)})


def _transcriber(effective: Mapping[str, Any]) -> Any:
    found: Any = effective
    for key in ("audio", "input", "transcription", "model"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _comparable(tools: Any) -> list[dict[str, Any]]:
    """Return tools without what the upstream adds to them: nulls for what was left out."""
    if not isinstance(tools, Sequence) or isinstance(tools, str):
        return []
    return [
        {name: value for name, value in tool.items() if value is not None}
        for tool in tools
        if isinstance(tool, Mapping)
    ]
