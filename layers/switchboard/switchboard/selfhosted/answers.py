"""Answers of the configured agents, by the text agent's orchestrator."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from chatkit.types import ThreadItem

from switchboard.agent import AgentEvent, Orchestrator
from switchboard.agent.deps import Deps
from switchboard.agent.tools import Toolbox, load
from switchboard.domain.agents import Agent, Agents
from switchboard.selfhosted.context import ChatContext
from switchboard.selfhosted.past import remembering, turns_of


@dataclass(frozen=True)
class Answers:
    """Runs each agent as its configuration says: its instructions, its model, its tools."""

    agents: Agents
    deps: Deps

    async def of(
        self, agent_id: str, past: Sequence[ThreadItem], query: str, context: ChatContext
    ) -> AsyncGenerator[AgentEvent, None]:
        """Yield the events of an answer; close the generator to leave early. Raise a SwitchboardError."""
        orchestrator = Orchestrator(deps=self._deps_of(self.agents.get(agent_id)))
        owner, chat_id, parts = context.scope.owner, context.chat.id, self.deps.parts
        store = await remembering(turns_of(past), chat_id, owner, parts, parts.clock)
        answer = orchestrator.stream(query, session_id=chat_id, session_store=store, owner=owner)
        async with aclosing(answer) as events:
            async for event in events:
                yield event

    def _deps_of(self, agent: Agent) -> Deps:
        return replace(
            self.deps,
            instructions=agent.instructions,
            model=agent.model or self.deps.model,
            toolbox=Toolbox(load(agent.functions)),
            hosted=agent.as_tools(),
        )
