"""The four routes: open a session, ask in it, read what was said, forget it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from switchboard.agent import limits
from switchboard.agent.draft import Draft
from switchboard.agent.sse import broken, encoded
from switchboard.edge import cookie, crash, validated
from switchboard.event_stream import EventStream

from agent_web.asked import SESSION_COOKIE, Asked
from agent_web.models import AskQuery, History, ReadHistory, SessionCreated


async def create_session(asked: Asked) -> Response:
    """POST /agent/session: a new session of whoever asks, if their allowance has one left."""
    web, owner = asked.web, asked.principal.owner
    session_id = web.new_id("agent_")
    asked.facts["session_id"] = session_id
    async with _reserved(asked):
        await web.store.create(session_id, owner)
    await web.store.note(session_id, "session.created", owner=owner)
    response = asked.answer(SessionCreated(session_id=session_id), 201)
    value = cookie(SESSION_COOKIE, session_id, limits.SESSION_DAYS, web.settings)
    response.headers.append("set-cookie", value)
    return response


async def ask_query(asked: Asked) -> Response:
    """POST /agent/query: the answer, as it comes."""
    request = validated(AskQuery, asked.with_session(await asked.body()))
    asked.facts["session_id"] = request.session_id
    draft = await asked.web.agent.admit(
        request.query, session_id=request.session_id, owner=asked.principal.owner, create=False
    )
    asked.facts["turn_id"] = draft.id
    answer = encoded(asked.web.agent.events(draft))
    return EventStream(answer, asked.headers(), broken(crash()), lambda crashed: _tell(asked, draft, crashed))


async def get_history(asked: Asked) -> Response:
    """GET /agent/history: the newest turns, or a page of older ones."""
    request = validated(ReadHistory, asked.with_session(dict(asked.http.query_params)))
    asked.facts["session_id"] = request.session_id
    page = await asked.web.store.page(
        request.session_id, asked.principal.owner, limit=request.limit, cursor=request.cursor
    )
    return asked.answer(History.of(page, priced=asked.web.priced))


async def clear_history(asked: Asked) -> Response:
    """DELETE /agent/history: the session stays, what was said goes."""
    request = validated(ReadHistory, asked.with_session(dict(asked.http.query_params)))
    asked.facts["session_id"] = request.session_id
    web, owner = asked.web, asked.principal.owner
    await web.store.clear(request.session_id, owner)
    await web.store.note(request.session_id, "history.cleared", owner=owner)
    page = await web.store.page(request.session_id, owner, limit=1)
    return asked.answer(History.of(page, priced=web.priced))


@asynccontextmanager
async def _reserved(asked: Asked) -> AsyncIterator[None]:
    """Reserve one session while the block runs; if it raises, it is given back. Raise QuotaExceeded."""
    quotas = asked.web.quotas()
    reservation = await run_in_threadpool(quotas.reserve, asked.principal, "agent")
    try:
        yield
    except Exception:
        await run_in_threadpool(quotas.give_back, reservation)
        raise


def _tell(asked: Asked, draft: Draft, crashed: Exception | None) -> None:
    """Log and count how the query went: ids and numbers, no words."""
    if crashed is not None:
        asked.web.log.error(
            "query.crashed", exc_info=crashed, extra={"request_id": asked.facts["request_id"]}
        )
    turn = draft.turn
    if turn is None:
        return
    facts = {
        "request_id": asked.facts["request_id"],
        "session_id": draft.session_id,
        "turn_id": turn.id,
        "outcome": turn.status,
        "saved": draft.saved,
        "ms": turn.milliseconds,
        "first_token_ms": turn.first_token_ms,
        **turn.usage.as_dict(),
        **({"code": draft.error.code} if draft.error else {}),
    }
    asked.web.log.info("query", extra=facts)
    tell = asked.web.tell
    tell("AgentTurns", 1, "Count")
    tell("AgentTokens", turn.usage.input_tokens + turn.usage.output_tokens, "Count")
    if turn.status == "failed":
        tell("AgentFailures", 1, "Count")
    if turn.first_token_ms is not None:
        tell("AgentFirstTokenMs", turn.first_token_ms, "Milliseconds")
