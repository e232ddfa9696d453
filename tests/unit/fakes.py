"""Whole fakes for everything that use cases and the HTTP edge need, at a time that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.domain.audit import Audits
from switchboard.domain.credentials import Credentials, Identity
from switchboard.domain.errors import SwitchboardError, Unauthorized
from switchboard.domain.extraction import Extraction
from switchboard.domain.log import Log
from switchboard.domain.memory import Memories, Relevance, SharedWords
from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.models import Responses
from switchboard.domain.ports.realtime import MintedSession, Placed, Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import Hosts, SidebandCommands
from switchboard.domain.ports.surroundings import Clock, Counts, NewId, Sleep
from switchboard.domain.ports.transcripts import Digests, Transcripts
from switchboard.domain.ports.workflows import Renewal, Workflows
from switchboard.domain.principal import Guest, Principal, User
from switchboard.domain.quota import Quotas
from switchboard.domain.secret import ClientSecret, Credential
from switchboard.domain.session import RealtimeConfig, Session
from switchboard.domain.talk import Reports
from switchboard.domain.ticket import Tickets
from switchboard.domain.tool import ServerTools
from switchboard.domain.viewers import Mailboxes, Viewers
from switchboard.settings import Settings
from switchboard.stores.buckets import MemoryBuckets
from switchboard.stores.logs import MemoryLogs, MemoryMemories, MemoryReports
from switchboard.stores.memory import MemoryStores
from switchboard.stores.memory_viewers import MemoryMailboxes

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.now += timedelta(seconds=seconds)


class FakeIds:
    """Ids in the real form, counted instead of random."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count:032x}"


class FakeRealtime:
    """Mints secrets until told to refuse."""

    def __init__(self, clock: FakeClock) -> None:
        self.refuses: SwitchboardError | None = None
        self.adds: dict[str, Any] = {}
        self.minted: list[tuple[RealtimeConfig, str]] = []
        self.placed: list[tuple[str, RealtimeConfig, str]] = []
        self.hung_up: list[str] = []
        self.hung_up_with: list[str | None] = []
        self.on_hang_up: Callable[[], None] = lambda: None
        self.on_place: Callable[[], None] = lambda: None
        self._clock = clock

    def mint(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> ClientSecret:
        if self.refuses:
            raise self.refuses
        self.minted.append((config, safety_identifier))
        return ClientSecret(f"ek_{len(self.minted):04d}", self._clock() + timedelta(seconds=seconds))

    def place(self, offer: str, config: RealtimeConfig, safety_identifier: str) -> Placed:
        if self.refuses:
            raise self.refuses
        self.placed.append((offer, config, safety_identifier))
        self.on_place()
        return Placed(f"rtc_{len(self.placed)}", "v=0\r\nanswer\r\n")

    def mint_session(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> MintedSession:
        secret = self.mint(config, seconds, safety_identifier)
        return MintedSession(secret, {"id": "sess_upstream", **config.as_session(), **self.adds})

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        self.on_hang_up()
        self.hung_up.append(call_id)
        self.hung_up_with.append(credential.value if credential else None)


class FakeResponses:
    """Answers with what the test has put there; an error among the answers is raised."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[Any] = []

    def text(self, instructions: str, text: str, max_tokens: int, seconds: float) -> str:
        answer: str = self._answer({"instructions": instructions, "text": text, "max_tokens": max_tokens})
        return answer

    def structured(
        self, instructions: str, text: str, name: str, schema: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        answer: dict[str, Any] = self._answer({"instructions": instructions, "text": text, "schema": schema})
        return answer

    def _answer(self, question: dict[str, Any]) -> Any:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class FakeSideband:
    """Remembers the hints."""

    hints: list[tuple[str, str, str | None]] = field(default_factory=list)

    def follow(self, session: Session) -> None:
        self.hints.append(("follow", session.id, session.call_id))

    def end(self, session: Session) -> None:
        self.hints.append(("end", session.id, session.call_id))

    def watch(self, session: Session) -> None:
        self.hints.append(("watch", session.id, session.call_id))


class FakeMailboxes(MemoryMailboxes):
    """Mailboxes at which time passes instead of being waited for."""

    def __init__(self, time: FakeClock) -> None:
        super().__init__(time)
        self._time = time

    def receive(self, address: str, seconds: int) -> tuple[str, ...]:
        messages = super().receive(address, 0)
        if not messages:
            self._time.sleep(seconds)
        return messages


class FakeWorkflows:
    """Counts executions by name, as the workflow service does; what they do is the test's."""

    def __init__(self) -> None:
        self.executions: dict[str, Extraction] = {}
        self.on_extract: Callable[[Extraction], None] = lambda extraction: None
        self.summaries: list[str] = []
        self.on_summarise: Callable[[Log], None] = lambda log: None
        self.on_renew: Callable[[str], Renewal] | None = None

    def renew(self, session_id: str) -> Renewal:
        assert self.on_renew, "the test says what a renewal does"
        return self.on_renew(session_id)

    def summarise(self, log: Log) -> None:
        if log.id not in self.summaries:
            self.summaries.append(log.id)
            self.on_summarise(log)

    def extract(self, extraction: Extraction) -> None:
        if extraction.execution_name not in self.executions:
            self.executions[extraction.execution_name] = extraction
            self.on_extract(extraction)


class FakeIdentity:
    """Knows users by the name that their bearer token is, guests by theirs."""

    def __init__(self) -> None:
        self._new_id = FakeIds()
        self.seen: list[Credentials] = []

    def resolve(self, credentials: Credentials) -> Principal:
        self.seen.append(credentials)
        if credentials.bearer == "bad" or credentials.api_key is not None:
            raise Unauthorized("The token is not valid, or has expired.")
        if credentials.bearer:
            return User(credentials.bearer)
        if credentials.guest:
            return Guest(credentials.guest)
        return Guest(self._new_id("gst_"), fresh=True)

    def guest_token(self, guest: Guest) -> str:
        return guest.id


class World:
    """Everything that a use case may name among its `Deps`, and the edge's parts beside them."""

    def __init__(self) -> None:
        self.time = FakeClock()
        self.stores = MemoryStores(self.time)
        self.upstream = FakeRealtime(self.time)
        self.model = FakeResponses()
        self.engine = FakeWorkflows()
        self.door = FakeIdentity()
        sideband = FakeSideband()
        self.hints = sideband.hints

        self.clock: Clock = self.time
        self.sleep: Sleep = self.time.sleep
        self.new_id: NewId = FakeIds()
        self.sessions: Sessions = self.stores.sessions
        self.secrets: Secrets = self.stores.secrets
        self.calls: Calls = self.stores.calls
        self.tickets: Tickets = self.stores.tickets
        self.server_tools = ServerTools()
        self.audits: Audits = self.stores.audits
        self.viewers: Viewers = self.stores.viewers
        self.mailboxes: Mailboxes = FakeMailboxes(self.time)
        self.hosts: Hosts = self.stores.hosts
        self.transcripts: Transcripts = self.stores.transcripts
        self.extractions: Extractions = self.stores.extractions
        self.digests: Digests = self.stores.digests
        self.realtime: Realtime = self.upstream
        self.responses: Responses = self.model
        self.sideband: SidebandCommands = sideband
        self.workflows: Workflows = self.engine
        self.identity: Identity = self.door
        # Each use case calls the part of the settings that it reads by a protocol of its own.
        self.settings: Any = Settings.read({"SECURE_COOKIES": "false", "STAGE": "test"})
        self.logs: Logs = MemoryLogs()
        self.reports: Reports = MemoryReports()
        self.memories: Memories = MemoryMemories()
        self.relevance: Relevance = SharedWords()
        self.places = Places(self.stores.places, self.settings.calls_at_once, self.clock, self.tell)
        self.counts: list[tuple[str, float]] = []
        self.metrics: Counts = self
        self.quotas = Quotas(
            MemoryBuckets(),
            self.settings.quotas,
            self.clock,
            self.tell,
        )

    def tell(self, name: str, value: float, unit: str) -> None:
        """Remember what is counted."""
        self.counts.append((name, value))
