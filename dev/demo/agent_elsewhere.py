"""One more question in a session that is carried into another store: the agent's library, used by itself.

`python -m dev.demo.agent_elsewhere Redis|memory SIMULATOR_URL QUESTION`; the turns come as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime

from fakeredis import FakeAsyncRedis
from switchboard.agent import HistoryParts, MessageHistory, Orchestrator, SessionStore, Turn
from switchboard.agent.deps import Deps
from switchboard.agent.stores.backend import Backend
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.stores.redis import RedisBackend
from switchboard.agent.upstream import AgentUpstream
from switchboard.domain.secret import ApiKey

from dev.engine.parameters import SIMULATOR_KEY

SESSION = "the-same-session"


async def ask(place: str, simulator_url: str, question: str) -> None:
    """Store the turns, then ask."""
    backend: Backend = RedisBackend(FakeAsyncRedis, _now) if place == "Redis" else MemoryBackend(_now)
    store = SessionStore(backend, clock=_now)
    await store.set(SESSION, MessageHistory([_turn(entry) for entry in json.load(sys.stdin)]))
    upstream = AgentUpstream(
        f"{simulator_url}/v1", lambda: ApiKey(SIMULATOR_KEY), small_model="-", embedding_model="-"
    )
    deps = Deps(upstream, lambda: store, HistoryParts(), model="gpt-5.6-luna", instructions="Be brief.")
    await Orchestrator(deps=deps).run(question, session_id=SESSION)


def _turn(entry: dict[str, str]) -> Turn:
    at = datetime.fromisoformat(entry["created_at"])
    return Turn(entry["id"], entry["query"], entry["answer"], entry["summary"], at)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
