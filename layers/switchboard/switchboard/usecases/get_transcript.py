"""Show what was said, in order."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.principal import Principal
from switchboard.domain.talk import Reports, told_once
from switchboard.domain.transcript import Item
from switchboard.usecases.payload import Answer, FromText, Request, SessionId
from switchboard.usecases.read_talk import read_items

Limit = Annotated[int, FromText, Field(ge=1, le=limits.PAGE_MAX)]


class GetTranscript(Request):
    """`cursor` is what the last page named; both come as query parameters."""

    session_id: SessionId
    cursor: str | None = Field(default=None, max_length=512)
    limit: Limit = limits.PAGE_DEFAULT


class ItemAnswer(Answer):
    """One utterance, tool call or tool answer.

    `status` tells how far to trust `text`: `completed`; `in_progress` (still being said); `pending` (heard,
    not yet transcribed); `incomplete` (broken off); `interrupted` (said, but heard only up to `heard_ms`);
    `failed` and `untranscribed` (heard, without words); `lost` (known to exist, its words are gone).
    An item of the kind `gap` is always `lost`: nobody listened then, between the times that it bears.
    `source` is whose words these are: `sideband`; `browser` where no host has heard them and a log of the
    session's owner tells them; `switchboard` for the output of a tool that a host has run, for `tool_ms`.
    `generation` is that of its call.
    """

    item_id: str
    generation: int
    kind: str
    role: str | None
    text: str | None
    status: str
    source: str
    name: str | None
    arguments: str | None
    output: str | None
    phase: str | None
    heard_ms: int | None
    tool_ms: int | None
    audio_start_ms: int | None
    audio_end_ms: int | None
    deleted: bool

    @classmethod
    def of(cls, item: Item, generation: int) -> ItemAnswer:
        """Return the answer for an item of the call at that generation."""
        own: dict[str, Any] = {"item_id": item.id, "generation": generation}
        words = {name: getattr(item, name) for name in cls.model_fields if name not in own}
        return cls(**own, **{name: None if value == "" else value for name, value in words.items()})


class TranscriptAnswer(Answer):
    """A page of the transcript; `cursor` is null on the last."""

    session_id: str
    items: list[ItemAnswer]
    cursor: str | None
    status: Literal["open", "ended"]


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    transcripts: Transcripts
    reports: Reports


def get_transcript(request: GetTranscript, principal: Principal, deps: Deps) -> TranscriptAnswer:
    """Return a page of the transcript: all calls of the session, each in the order of its conversation.

    A cursor names the last item seen, so that items which settle or arrive meanwhile shift no page. Gaps are
    filled by what the browser tells.
    """
    session = deps.sessions.get(request.session_id, principal.owner)
    items = read_items(session.id, deps)
    start = _start(items, request.cursor, session.id, deps) if request.cursor else 0
    page = items[start : start + request.limit]
    more = start + request.limit < len(items)
    return TranscriptAnswer(
        session_id=session.id,
        items=[ItemAnswer.of(item, generation) for generation, item in page],
        cursor=_cursor(*page[-1]) if more else None,
        status=session.status,
    )


def _start(items: list[tuple[int, Item]], cursor: str, session_id: str, deps: Deps) -> int:
    """Return where the page behind a cursor begins. Raise InvalidRequest.

    The cursor of a gap that has been filled since leads to what fills it.
    """
    found = _find(items, cursor)
    if found is not None:
        return found + 1
    heard = list(told_once(deps.transcripts.read(session_id)))
    gap = _find(heard, cursor)
    if gap is None:
        raise InvalidRequest("The cursor is not one of this transcript's.")
    before = _find(items, _cursor(*heard[gap - 1])) if gap else None
    return 0 if before is None else before + 1


def _find(items: list[tuple[int, Item]], cursor: str) -> int | None:
    places = (place for place, each in enumerate(items) if _cursor(*each) == cursor)
    return next(places, None)


def _cursor(generation: int, item: Item) -> str:
    return f"{generation}.{item.id}"
