"""Every store in one process's memory: for tests, and for a look at the contract without DynamoDB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from re import fullmatch
from threading import RLock
from typing import Any

from switchboard.domain.call import Call, Command, HostBeat, Lease
from switchboard.domain.errors import InvalidRequest, LeaseLost, NotFound, SessionChanged
from switchboard.domain.extraction import Extraction, Finding
from switchboard.domain.ports.paging import Page
from switchboard.domain.ports.transcripts import Digest, TranscriptPage
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session
from switchboard.stores.memory_calls import MemoryCalls
from switchboard.stores.memory_relay import MemoryAudits, MemoryTickets
from switchboard.stores.memory_tools import MemoryToolCalls
from switchboard.stores.memory_viewers import MemoryViewers
from switchboard.stores.places import MemoryPlaces


class MemorySessions:
    """The sessions, and with them the calls: attaching changes both."""

    def __init__(self, calls: MemoryCalls) -> None:
        self._sessions: dict[str, Session] = {}
        self._calls = calls
        self._lock = RLock()

    def add(self, session: Session, replaced: Session | None = None) -> None:
        """Store a new session, and the ended one that it replaces: both or none."""
        with self._lock:
            if replaced:
                self.save(replaced)
            self._sessions[session.id] = session

    def get(self, session_id: str, owner: str) -> Session:
        """Return the session. Raise NotFound if it is missing or another's."""
        session = self.load(session_id)
        if session.owner != owner:
            raise NotFound("There is no such session.")
        return session

    def load(self, session_id: str) -> Session:
        """Return the session, whoever owns it. Raise NotFound."""
        if session_id not in self._sessions:
            raise NotFound("There is no such session.")
        return self._sessions[session_id]

    def save(self, session: Session) -> Session:
        """Store the changed session and return it with its new version. Raise SessionChanged if late."""
        with self._lock:
            stored = self._sessions.get(session.id)
            if stored is None or stored.version != session.version:
                raise SessionChanged("The session changed meanwhile. Repeat the request.", retry_after=1)
            saved = self._sessions[session.id] = replace(session, version=session.version + 1)
            return saved

    def attach(self, session: Session, call: Call) -> Session:
        """Store the session and its new current call: both or none."""
        with self._lock:
            self._calls.require_free(call)
            saved = self.save(session)
            self._calls.add(call)
            return saved

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[str]:
        """Return the owner's session ids, newest first."""
        mine = [session for session in self._sessions.values() if session.owner == owner]
        mine.sort(key=lambda session: session.created_at, reverse=True)
        if not fullmatch("[0-9]*", cursor or ""):
            raise InvalidRequest("The cursor is not one of ours.")
        start = int(cursor or 0)
        ids = tuple(session.id for session in mine[start : start + limit])
        return Page(ids, str(start + limit) if start + limit < len(mine) else None)


class MemorySecrets:
    """The client secrets."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._secrets: dict[str, dict[str, ClientSecret]] = defaultdict(dict)
        self._clock = clock

    def add(self, session_id: str, generation: int, secret: ClientSecret) -> str:
        """Store the secret and return the id that names it."""
        secrets = self._secrets[session_id]
        secret_id = f"{generation:08d}#{len(secrets)}"
        secrets[secret_id] = secret
        return secret_id

    def get(self, session_id: str, secret_id: str) -> ClientSecret:
        """Return the secret. Raise NotFound if it is missing or has expired."""
        secret = self._secrets[session_id].get(secret_id)
        if secret is None or secret.expires_at <= self._clock():
            raise NotFound("There is no such secret.")
        return secret

    def list(self, session_id: str) -> tuple[ClientSecret, ...]:
        """Return those that have not expired, newest first."""
        newest_first = sorted(self._secrets[session_id].items(), reverse=True)
        return tuple(secret for _, secret in newest_first if secret.expires_at > self._clock())


class MemoryHosts:
    """The hosts."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._beats: dict[str, HostBeat] = {}
        self._beaten_at: dict[str, datetime] = {}
        self._commands: dict[str, list[Command]] = defaultdict(list)

    def beat(self, host: str, beat: int, calls: int, closed: bool = False) -> None:
        """Store the host's heartbeat, and whether it takes up no call now."""
        self._beats[host] = HostBeat(host, beat, closed)
        self._beaten_at[host] = self._clock()

    def list(self) -> tuple[HostBeat, ...]:
        """Return the newest heartbeat of every host."""
        return tuple(self._beats.values())

    def silent(self, seconds: float) -> tuple[str, ...]:
        """Return the hosts whose newest heartbeat is so old."""
        last = self._clock() - timedelta(seconds=seconds)
        return tuple(host for host in self._beats if self._beaten_at[host] < last)

    def remove(self, host: str) -> None:
        """Forget a host that holds no lease any more."""
        self._beats.pop(host, None)

    def forward(self, host: str, command: Command) -> None:
        """Leave a command for the host that holds the lease."""
        self._commands[host].append(command)

    def take(self, host: str) -> tuple[Command, ...]:
        """Return the commands left for the host; each is handed out once."""
        return tuple(self._commands.pop(host, ()))


class MemoryTranscripts:
    """The transcript pages."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], dict[int, TranscriptPage]] = defaultdict(dict)
        self._lock = RLock()

    def read(self, session_id: str) -> tuple[tuple[int, tuple[TranscriptPage, ...]], ...]:
        """Return (generation, pages) of every call of the session, both in order."""
        generations = sorted(generation for owner, generation in self._pages if owner == session_id)
        return tuple((generation, self.pages(session_id, generation)) for generation in generations)

    def pages(self, session_id: str, generation: int, after: int = 0) -> tuple[TranscriptPage, ...]:
        """Return one call's pages behind `after` in order."""
        pages = self._pages.get((session_id, generation), {})
        return tuple(page for number, page in sorted(pages.items()) if number > after)

    def seal(self, lease: Lease, after: int) -> int:
        """Open the page behind `after` for this lease, so that no older lease can write."""
        pages = self._pages[lease.session_id, lease.generation]
        with self._lock:
            if after:
                if after not in pages or pages[after].lease > lease.number:
                    raise LeaseLost("A newer lease has taken the transcript over.")
                pages[after] = replace(pages[after], lease=lease.number)
            if after + 1 in pages:
                raise SessionChanged("That page exists. Read the pages again.")
            pages[after + 1] = TranscriptPage(after + 1, lease.number, 0, ())
        return after + 1

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Store the whole page. A repeat, or a late older revision, changes nothing. Raise LeaseLost."""
        pages = self._pages[lease.session_id, lease.generation]
        with self._lock:
            stored = pages.get(number)
            if stored and stored.lease != lease.number:
                raise LeaseLost("Another host writes this transcript now.")
            if stored is None or stored.revision < revision:
                pages[number] = TranscriptPage(number, lease.number, revision, deepcopy(tuple(entries)))


class MemoryExtractions:
    """The extractions."""

    def __init__(self) -> None:
        self._extractions: dict[str, Extraction] = {}
        self._findings: dict[tuple[str, int], dict[int, Finding]] = defaultdict(dict)

    def find(self, extraction_id: str) -> Extraction | None:
        """Return the extraction, whoever owns it, if there is one."""
        return self._extractions.get(extraction_id)

    def start(self, extraction: Extraction) -> bool:
        """Store a new attempt; False if that attempt or a later one is stored already."""
        stored = self._extractions.get(extraction.id)
        if stored and stored.attempt >= extraction.attempt:
            return False
        self._extractions[extraction.id] = extraction
        return True

    def save(self, extraction: Extraction) -> None:
        """Store the outcome of an attempt, unless a later attempt has begun."""
        stored = self._extractions.get(extraction.id)
        if stored and stored.attempt == extraction.attempt:
            self._extractions[extraction.id] = extraction

    def add_finding(self, extraction: Extraction, chunk: int, finding: Finding) -> None:
        """Keep what a chunk yielded; the same again changes nothing."""
        self._findings[extraction.id, extraction.attempt][chunk] = deepcopy(finding)

    def list_findings(self, extraction: Extraction) -> tuple[Finding, ...]:
        """Return the findings of this attempt in chunk order."""
        findings = self._findings[extraction.id, extraction.attempt]
        return tuple(deepcopy(finding) for _, finding in sorted(findings.items()))


class MemoryDigests:
    """The digests."""

    def __init__(self) -> None:
        self._digests: dict[str, tuple[str, Digest]] = {}

    def find(self, session_id: str, transcript_version: str) -> Digest | None:
        """Return the digest of that version, if it is there."""
        version, digest = self._digests.get(session_id, ("", None))
        return digest if version == transcript_version else None

    def save(self, session_id: str, transcript_version: str, digest: Digest) -> None:
        """Keep the digest in place of an older one."""
        self._digests[session_id] = transcript_version, digest


class MemoryStores:
    """All of the stores, sharing what the table shares."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.calls = MemoryCalls()
        self.sessions = MemorySessions(self.calls)
        self.secrets = MemorySecrets(clock)
        self.hosts = MemoryHosts(clock)
        self.transcripts = MemoryTranscripts()
        self.extractions = MemoryExtractions()
        self.digests = MemoryDigests()
        self.tickets = MemoryTickets(clock)
        self.audits = MemoryAudits()
        self.places = MemoryPlaces()
        self.viewers = MemoryViewers(clock)
        self.tool_calls = MemoryToolCalls(self.calls)
