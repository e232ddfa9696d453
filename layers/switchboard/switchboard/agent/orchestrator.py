"""The agent: a query in, events out; tools in between; the turn saved once, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Any

from switchboard.agent import context, limits, tools, wiring
from switchboard.agent.conversation import as_input
from switchboard.agent.cost import nano_usd, usd
from switchboard.agent.deps import Deps, Json
from switchboard.agent.draft import Draft
from switchboard.agent.events import AgentEvent
from switchboard.agent.stores.store import LOCAL, SessionStore, missing
from switchboard.agent.tools import Outcome, Tool
from switchboard.agent.turn import Turn
from switchboard.domain.errors import InvalidRequest, QuotaExceeded, SwitchboardError, UpstreamUnavailable
from switchboard.domain.principal import safety_identifier

NEAR_TURNS = 2 * limits.COMPACT_AFTER_TURNS
"""Turns that are read where no vectors are compared: all that a digest may have to take in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Orchestrator.run` returns: the turn as it was saved, and every event but the tokens."""

    turn: Turn
    events: tuple[AgentEvent, ...]
    saved: bool

    @property
    def text(self) -> str:
        """The words of the answer."""
        return self.turn.answer


class Orchestrator:
    """Answers queries in sessions. One serves any number of queries at once."""

    def __init__(self, model: str | None = None, *, deps: Deps | None = None) -> None:
        """Without `deps`, the parts are made as the environment says (see `switchboard.agent.wiring`)."""
        self._deps = deps or wiring.deps()
        self._model = model or self._deps.model

    async def run(
        self,
        query: str,
        *,
        session_id: str | None = None,
        session_store: SessionStore | None = None,
        owner: str = LOCAL,
    ) -> Answer:
        """Return the whole answer; raise the error that ended it, once the turn is saved.

        Raise InvalidRequest, NotFound (the session is another's) or QuotaExceeded before anything is asked.
        """
        draft = await self.admit(query, session_id=session_id, session_store=session_store, owner=owner)
        events = tuple([event async for event in self.events(draft) if event.type != "token"])
        if draft.error is not None:
            raise draft.error
        assert draft.turn is not None  # the events ended, so that it was saved
        return Answer(draft.turn, events, draft.saved)

    async def stream(
        self,
        query: str,
        *,
        session_id: str | None = None,
        session_store: SessionStore | None = None,
        owner: str = LOCAL,
    ) -> AsyncGenerator[AgentEvent, None]:
        """Yield the events of an answer as they come; close the iterator (`aclose`) to leave early."""
        draft = await self.admit(query, session_id=session_id, session_store=session_store, owner=owner)
        async with aclosing(self.events(draft)) as events:
            async for event in events:
                yield event

    async def admit(
        self,
        query: str,
        *,
        session_id: str | None = None,
        session_store: SessionStore | None = None,
        owner: str = LOCAL,
        create: bool = True,
    ) -> Draft:
        """Let the query in. Raise InvalidRequest, NotFound or QuotaExceeded.

        A session that does not exist is made, unless `create` is false.
        """
        text = _checked(query)
        parts = self._deps.parts
        store = session_store or self._deps.store()
        session_id = session_id or parts.new_id("agent_")
        most = limits.CONSIDERED_TURNS if parts.embed else max(parts.most, NEAR_TURNS)
        history = await store.get(session_id, owner, most=most, parts=parts)
        if history is None and create:
            await store.create(session_id, owner)
            history = await store.get(session_id, owner, most=most, parts=parts)
        if history is None:
            raise missing()
        await self._take_place(store, session_id)
        return Draft(parts.new_id("turn_"), text, session_id, store, history, parts.clock(), owner)

    async def events(self, draft: Draft) -> AsyncGenerator[AgentEvent, None]:
        """Yield the events of a query that was let in. Its turn is saved before `done`, or on leaving."""
        try:
            try:
                async with aclosing(self._answer(draft)) as answer:
                    async for event in answer:
                        yield event
            except SwitchboardError as error:
                draft.error = error
                yield _told(error)
            await draft.finish()
            yield self._done(draft)
        finally:
            await draft.abandon()

    async def _take_place(self, store: SessionStore, session_id: str) -> None:
        count, seconds = await store.hit(session_id)
        most = self._deps.rate_queries
        if count <= most:
            return
        if count == most + 1:  # one event a window, not one a refusal
            await store.note(session_id, "query.limited", queries=most)
        details = {"quota": "session"}
        raise QuotaExceeded("Too many queries in this session.", details=details, retry_after=seconds)

    async def _answer(self, draft: Draft) -> AsyncGenerator[AgentEvent, None]:
        """Yield what happens until the model is done: an answer, tool calls, the next answer, and so on."""
        until = monotonic() + limits.TURN_SECONDS
        chosen, found = await asyncio.gather(
            draft.history.select_relevant_messages(draft.query), self._deps.toolbox.open()
        )
        facts = {"turn_id": draft.id, "session_id": draft.session_id, "model": self._model}
        yield AgentEvent("start", "", {**facts, "context": [turn.id for turn in chosen]})
        items = context.messages(chosen, draft.query)
        for round_number in range(limits.TOOL_ROUNDS + 1):
            draft.reply.begin_round()
            last = round_number == limits.TOOL_ROUNDS
            body = self._body(draft, items, found, last=last)
            async with aclosing(self._deps.upstream.stream(body)) as upstream:
                async for event in upstream:
                    for told in draft.reply.read(event):
                        if told.type == "token":
                            draft.token()
                        yield told
                    if monotonic() > until:
                        raise UpstreamUnavailable("The answer took too long.")
            if not draft.reply.ended:
                raise UpstreamUnavailable("OpenAI stopped in the middle of the answer.")
            if not draft.reply.calls or last:
                return
            outputs: list[str] = []
            async for told in self._call(draft.reply.calls, found, outputs):
                yield told
            items = [*items, *draft.reply.spoken(), *as_input(draft.reply.calls, outputs)]

    async def _call(
        self, calls: list[Json], found: Mapping[str, Tool], outputs: list[str]
    ) -> AsyncGenerator[AgentEvent, None]:
        """Run the calls of one round at once; fill `outputs` in their order."""
        for call in calls:
            yield AgentEvent(
                "tool_call", call["name"], {"call_id": call["call_id"], "arguments": call["arguments"]}
            )
        allowed = calls[: limits.TOOL_CALLS]
        outcomes = await asyncio.gather(
            *(tools.call(found, call["name"], call["arguments"]) for call in allowed)
        )
        outcomes += [Outcome("failed", "Too many calls at once.")] * (len(calls) - len(allowed))
        for call, outcome in zip(calls, outcomes, strict=True):
            outputs.append(outcome.output)
            facts = {"call_id": call["call_id"], "name": call["name"], "status": outcome.status}
            yield AgentEvent("tool_result", outcome.output[: limits.EVENT_OUTPUT_CHARS], facts)

    def _body(self, draft: Draft, items: list[Json], found: Mapping[str, Tool], *, last: bool) -> Json:
        offered = [*(tool.as_dict() for tool in found.values()), *self._deps.hosted]
        body: Json = {
            "model": self._model,
            "instructions": context.instructions(self._deps.instructions, draft.history.digest),
            "input": items,
            "max_output_tokens": limits.ANSWER_TOKENS,
            "store": False,
        }
        if offered:
            body["tools"] = offered
        if offered and last:
            body["tool_choice"] = "none"
        if draft.owner != LOCAL:
            body["safety_identifier"] = safety_identifier(draft.owner)
        return body

    def _done(self, draft: Draft) -> AgentEvent:
        turn = draft.turn
        assert turn is not None  # it was saved just now
        facts: dict[str, Any] = {
            "turn_id": turn.id,
            "session_id": draft.session_id,
            "status": turn.status,
            "saved": draft.saved,
            "usage": turn.usage.as_dict(),
            "cost_usd": usd(nano_usd(turn.usage, self._deps.prices)),
            "milliseconds": turn.milliseconds,
            "first_token_ms": turn.first_token_ms,
        }
        return AgentEvent("done", "", facts)


def _told(error: SwitchboardError) -> AgentEvent:
    facts: dict[str, Any] = {"code": error.code}
    if error.retry_after:
        facts["retry_after"] = error.retry_after
    return AgentEvent("error", error.message, facts)


def _checked(query: str) -> str:
    """Return the query without the space around it. Raise InvalidRequest."""
    text = query.strip()
    if not text:
        raise InvalidRequest("query: must not be empty")
    if len(text) > limits.QUERY_CHARS:
        raise InvalidRequest(f"query: has more than {limits.QUERY_CHARS} characters")
    return text
