"""Show what is said while it is said, to whoever owns the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from switchboard.domain import live_limits as limits
from switchboard.domain.live import END, Feed, Position, Shown
from switchboard.domain.principal import Guest, Principal
from switchboard.domain.transcript import Item
from switchboard.usecases.get_transcript import ItemAnswer
from switchboard.usecases.payload import Answer, Request, SessionId
from switchboard.usecases.viewing import Deps, Viewing


class StreamTranscript(Request):
    """`last_event_id` is the id of the last event that the caller has had; the stream goes on behind it."""

    session_id: SessionId
    last_event_id: str | None = Field(default=None, max_length=limits.POSITION_CHARS)


class StreamedItem(ItemAnswer):
    """An item as in the transcript. It stands behind `previous_item_id`, null for the first of its call."""

    previous_item_id: str | None

    @classmethod
    def shown(cls, shown: Shown) -> StreamedItem:
        """Return the answer for what a feed shows."""
        item = ItemAnswer.of(shown.item, shown.generation)
        return cls(**item.model_dump(), previous_item_id=shown.previous)


class StreamEnd(Answer):
    """The session is over, and all of it was sent."""

    session_id: str
    status: Literal["ended"] = "ended"


@dataclass(frozen=True)
class Stream:
    """An open stream: what to send at once, and where the rest comes from; None if the caller has it all."""

    shown: Sequence[Shown]
    viewing: Viewing | None


def stream_transcript(request: StreamTranscript, principal: Principal, deps: Deps) -> Stream:
    """Return the items as they settle. Raise TooManyViewers if as many streams are open as may be."""
    session = deps.sessions.get(request.session_id, principal.owner)
    if request.last_event_id == END:
        return Stream((), None)
    position = Position.of(request.last_event_id)
    feed = Feed(_json, position, deps.new_id("")[-limits.VIEWER_CHARS :])
    network = principal.network if isinstance(principal, Guest) else None
    viewing = Viewing(session, network, feed, deps)
    return Stream(viewing.begin(position.viewer), viewing)


def _json(item: Item, generation: int) -> str:
    return ItemAnswer.of(item, generation).model_dump_json()
