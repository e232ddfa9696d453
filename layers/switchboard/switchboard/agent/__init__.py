"""The text agent as a library: sessions, streamed answers, a memory of the conversation.

    from switchboard.agent import Orchestrator, get_session_store

    agent = Orchestrator(model="gpt-5.6-luna")
    answer = await agent.run("Where is Lisbon?", session_id="mine", session_store=get_session_store())

It needs neither AWS nor a web framework; what it is configured by is in `docs/agent.md`.
"""

from switchboard.agent.agents_session import AgentsSession
from switchboard.agent.events import AgentEvent
from switchboard.agent.history import HistoryParts, MessageHistory
from switchboard.agent.orchestrator import Answer, Orchestrator
from switchboard.agent.stores.store import HistoryPage, SessionStore
from switchboard.agent.tools import Tool, tool
from switchboard.agent.turn import Turn, Usage
from switchboard.agent.wiring import get_session_store

__all__ = [
    "AgentEvent",
    "AgentsSession",
    "Answer",
    "HistoryPage",
    "HistoryParts",
    "MessageHistory",
    "Orchestrator",
    "SessionStore",
    "Tool",
    "Turn",
    "Usage",
    "get_session_store",
    "tool",
]
