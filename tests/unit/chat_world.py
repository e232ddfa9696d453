"""Whole fakes for chat and codex use cases, beside those of the other ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from switchboard.domain.agents import Agent, Agents
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.chat_token import ChatClaims, ChatToken, Tokens
from switchboard.domain.errors import ChatKitNotConfigured, SwitchboardError
from switchboard.domain.ports.chats import ChatKit, ChatSessions, CodexSessions, Journal, OpenedChat, Threads
from switchboard.domain.principal import Guest, Service, User
from switchboard.settings import Settings
from switchboard.stores.chat_memory import MemoryChats, MemoryCodex, MemoryThreads

from tests.unit.fakes import FakeClock, World

ANN, BOB = User("ann", email_verified=True), User("bob", email_verified=True)
UNVERIFIED, SILENT = User("eve", email_verified=False), User("tom")
GUEST, SERVICE = Guest("gst_1"), Service("backend")
AGENTS = Agents(
    {
        "assistant": Agent("assistant", "Help.", workflow="wf_1"),
        "researcher": Agent("researcher", "Search.", workflow="wf_2"),
        "local": Agent("local", "Stay here."),
    }
)


@dataclass
class FakeChatKit:
    """The upstream's sessions, as it has them; it fails as it is told."""

    clock: FakeClock
    configured: bool = True
    refuses_open: SwitchboardError | None = None
    refuses_cancel: SwitchboardError | None = None
    meanwhile: Any = None
    live: dict[str, str] = field(default_factory=dict)
    opened: int = 0
    cancels: list[str] = field(default_factory=list)

    def require_configured(self, agent: Agent) -> None:
        if not self.configured or not agent.workflow:
            raise ChatKitNotConfigured("This deployment has no hosted ChatKit.")

    def open(self, agent: Agent, user: str) -> OpenedChat:
        self.require_configured(agent)
        if self.refuses_open:
            raise self.refuses_open
        self.opened += 1
        upstream_id = f"cksess_{self.opened}"
        self.live[upstream_id] = user
        if self.meanwhile:
            self.meanwhile()
        return OpenedChat(upstream_id, f"ek_{self.opened}", self.clock() + timedelta(minutes=10))

    def cancel(self, upstream_id: str) -> None:
        self.cancels.append(upstream_id)
        if self.refuses_cancel:
            raise self.refuses_cancel
        self.live.pop(upstream_id, None)


class FakeTokens:
    """Tokens that say in plain words what they claim."""

    def sign(self, claims: ChatClaims, issued_at: datetime, expires_at: datetime) -> ChatToken:
        return ChatToken(f"jwt of {claims.session}", expires_at)

    def jwks(self) -> dict[str, Any]:
        point = {"x": "x", "y": "y", "kty": "EC", "crv": "P-256"}
        return {"keys": [{**point, "alg": "ES256", "use": "sig", "kid": "k"}]}


class ChatWorld(World):
    """Everything that a chat or codex use case may name among its `Deps`."""

    def __init__(self) -> None:
        super().__init__()
        kept = MemoryChats()
        self.agents = AGENTS
        self.chats: ChatSessions = kept
        self.codex: CodexSessions = MemoryCodex(kept, self.clock)
        self.threads: Threads = MemoryThreads()
        self.hosted = FakeChatKit(self.time)
        self.chatkit: ChatKit = self.hosted
        self.tokens: Tokens = FakeTokens()
        self.journal: Journal = self.note
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.settings: Any = Settings.read({"STAGE": "test"})

    def note(self, event: str, **facts: Any) -> None:
        """Remember an event."""
        self.events.append((event, facts))

    def counted(self, name: str) -> list[float]:
        """Return what was counted under that name, in order."""
        return [value for counted, value in self.counts if counted == name]

    def in_hosted_mode(self) -> None:
        """Run codex sessions' chats upstream."""
        self.settings = Settings.read({"STAGE": "test", "CHATKIT_MODE": "hosted"})

    def names(self) -> list[str]:
        """Return the names of the events so far."""
        return [name for name, _ in self.events]

    def only_chat(self, owner: str = ANN.owner) -> ChatSession:
        """Return the one chat session that the owner has."""
        [chat] = self.chats.list(owner).items
        return chat
