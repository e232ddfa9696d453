"""Where the library's parts meet: made once, from the environment, when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from secrets import token_hex

from switchboard.agent.cost import nano_usd
from switchboard.agent.deps import Deps
from switchboard.agent.history import Embed, HistoryParts
from switchboard.agent.mcp import McpServer
from switchboard.agent.sealing import Aes, Plain, Sealer
from switchboard.agent.settings import AgentSettings
from switchboard.agent.stores.backend import Backend
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.stores.store import SessionStore
from switchboard.agent.tools import Toolbox, load
from switchboard.agent.upstream import AgentUpstream
from switchboard.bootstrap import Parts, bootstrap


class AgentParts:
    """The parts of one process. Imports of a store's client wait until that store is chosen."""

    def __init__(self, environ: Mapping[str, str], shared: Parts) -> None:
        self._environ = environ
        self._shared = shared

    @cached_property
    def settings(self) -> AgentSettings:
        return AgentSettings.read(self._environ)

    @cached_property
    def clock(self) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC)

    @cached_property
    def upstream(self) -> AgentUpstream:
        settings = self.settings
        return AgentUpstream(
            settings.base_url,
            self._shared.api_key,
            small_model=settings.small_model,
            embedding_model=settings.embedding_model,
        )

    @cached_property
    def history_parts(self) -> HistoryParts:
        return HistoryParts(
            ask=self.upstream.text if self.settings.summarize_llm else None,
            embed=self._embed if self.settings.use_embeddings else None,
            most=self.settings.max_context_messages,
            clock=self.clock,
            new_id=lambda prefix: prefix + token_hex(16),
        )

    @cached_property
    def store(self) -> SessionStore:
        """Redis where REDIS_URL says, else DynamoDB where TABLE_NAME says, else this process's memory."""
        prices = self.settings.prices
        return SessionStore(
            self._backend,
            sealer=self._sealer,
            clock=self.clock,
            price=lambda turn: nano_usd(turn.usage, prices) or 0,
        )

    @cached_property
    def deps(self) -> Deps:
        servers = self.settings.mcp_servers
        own = [McpServer.of(each, self._environ) for each in servers if not each.get("hosted")]
        hosted = [McpServer.of(each, self._environ).as_hosted() for each in servers if each.get("hosted")]
        return Deps(
            upstream=self.upstream,
            store=lambda: self.store,
            parts=self.history_parts,
            model=self.settings.model,
            instructions=self.settings.instructions,
            toolbox=Toolbox(load(self.settings.tools), tuple(own)),
            hosted=hosted,
            prices=self.settings.prices,
            rate_queries=self.settings.rate_queries,
        )

    @property
    def _backend(self) -> Backend:
        if redis_url := self._shared.secret("REDIS_URL"):
            from switchboard.agent.stores.redis import RedisBackend

            return RedisBackend.at(redis_url, self.clock)
        if self.settings.table_name:
            from switchboard.agent.stores.dynamodb import DynamoBackend

            return DynamoBackend(self._shared.table)
        return MemoryBackend(self.clock)

    @property
    def _sealer(self) -> Sealer:
        key = self._shared.secret("AGENT_ENCRYPTION_KEY")
        return Aes.of(key) if key else Plain()

    @property
    def _embed(self) -> Embed:
        if self.settings.local_embeddings:
            from switchboard.agent.local_embeddings import LocalEmbeddings

            return LocalEmbeddings(self.settings.local_embeddings)
        return self.upstream.embed


@cache
def parts() -> AgentParts:
    """Return the parts of this process."""
    return AgentParts(os.environ, bootstrap(()))


def deps() -> Deps:
    """Return what an agent of this process works with."""
    return parts().deps


def get_session_store() -> SessionStore:
    """Return this process's session store: Redis, DynamoDB or memory, as the environment says."""
    return parts().store
