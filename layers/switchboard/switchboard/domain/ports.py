"""What the use cases and the sideband need from the outside, in words of the domain.

Each docstring is the contract; `tests/contract` runs it against every implementation. Besides the errors
named, every port may raise `Throttled`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from switchboard.domain.call import Call, Command, HostBeat, Lease
from switchboard.domain.extraction import Extraction, Finding
from switchboard.domain.price import Totals
from switchboard.domain.secret import ClientSecret, Credential
from switchboard.domain.session import RealtimeConfig, Session

if TYPE_CHECKING:  # read by those who keep logs, and by nobody who only opens a session
    from switchboard.domain.log import Log, LogPart

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Return the time, aware and in UTC."""
NewId = Callable[[str], str]
"""Return a new id with that prefix, such as `sess_…`, of at least 96 random bits."""
Sleep = Callable[[float], None]
"""Wait that many seconds."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, and the cursor of the rest (None at the end)."""

    items: tuple[T, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """One stored page of one call's transcript: an append-only journal of item versions.

    `revision` grows with each write of the page; a write under an older one changes nothing.
    """

    number: int
    lease: int
    revision: int
    entries: tuple[Mapping[str, Any], ...]


class Sessions(Protocol):
    """The sessions."""

    def add(self, session: Session, replaced: Session | None = None) -> None:
        """Store a new session, and the ended one that it replaces: both or none.

        Raise SessionChanged if the replaced one has changed since it was read.
        """

    def get(self, session_id: str, owner: str) -> Session:
        """Return the session. Raise NotFound if it is missing or another's."""

    def load(self, session_id: str) -> Session:
        """Return the session, whoever owns it: for workflows and the sideband. Raise NotFound."""

    def save(self, session: Session) -> Session:
        """Store the changed session and return it with its new version. Raise SessionChanged if late."""

    def attach(self, session: Session, call: Call) -> Session:
        """Store the session and its new current call: both or none.

        Raise CallTaken if the call is another session's, SessionChanged if late.
        """

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[str]:
        """Return the owner's session ids, newest first."""


class Secrets(Protocol):
    """Client secrets: encrypted, bound to their session, gone when they expire."""

    def add(self, session_id: str, generation: int, secret: ClientSecret) -> str:
        """Store the secret and return the id that names it."""

    def get(self, session_id: str, secret_id: str) -> ClientSecret:
        """Return the secret. Raise NotFound if it is missing or has expired."""

    def list(self, session_id: str) -> tuple[ClientSecret, ...]:
        """Return those that have not expired, newest first."""


class Calls(Protocol):
    """The calls of all sessions, and who follows which. A claim by a second host ends the first's lease."""

    def list(self, session_id: str) -> tuple[Call, ...]:
        """Return the session's calls, oldest first."""

    def find(self, session_id: str, generation: int) -> Call | None:
        """Return the call attached at that generation, if there is one."""

    def claim(self, call: Call, host: str) -> Lease:
        """Take the lease of a call as it was read. Raise LeaseLost if another was faster or it is closed.

        A repeat by the same host returns the same lease.
        """

    def attached(self, lease: Lease, credential: str, now: datetime) -> None:
        """Record that the sideband is on the call, and with which kind of key. Raise LeaseLost."""

    def release(self, lease: Lease, now: datetime) -> None:
        """Give the lease back so that any host may claim the call at once; a repeat changes nothing.

        Raise LeaseLost.
        """

    def meter(self, lease: Lease, usage: Totals) -> None:
        """Store what the call has used by now, in place of what was stored. Raise LeaseLost."""

    def close(self, lease: Lease, reason: str, now: datetime) -> None:
        """Record that the call is over. Raise LeaseLost; closing a closed call changes nothing."""

    def list_pending(
        self, limit: int, until: datetime | None = None, shard: int | None = None
    ) -> tuple[Call, ...]:
        """Return up to `limit` calls that no host follows, those that wait longest first in each shard.

        With `until` only those that have waited since then or longer; with `shard` only those of one shard.
        """

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        """Return up to `limit` calls whose lease that host holds."""


class Hosts(Protocol):
    """The sideband hosts, as far as each needs to know of the others."""

    def beat(self, host: str, beat: int, calls: int, leaving: bool = False) -> None:
        """Store the host's heartbeat, and whether it takes up no call any more."""

    def list(self) -> tuple[HostBeat, ...]:
        """Return the newest heartbeat of every host."""

    def remove(self, host: str) -> None:
        """Forget a host that holds no lease any more."""

    def forward(self, host: str, command: Command) -> None:
        """Leave a command for the host that holds the lease."""

    def take(self, host: str) -> tuple[Command, ...]:
        """Return the commands left for the host; each is handed out once."""


class Transcripts(Protocol):
    """The transcripts, as pages of item versions per call."""

    def read(self, session_id: str) -> tuple[tuple[int, tuple[TranscriptPage, ...]], ...]:
        """Return (generation, pages) of every call of the session, both in order."""

    def pages(self, session_id: str, generation: int, after: int = 0) -> tuple[TranscriptPage, ...]:
        """Return one call's pages behind `after` in order, as freshly written as can be."""

    def seal(self, lease: Lease, after: int) -> int:
        """Open the page behind `after` for this lease, so that no older lease can write; return its number.

        Raise LeaseLost if a newer lease has done so, SessionChanged if the page exists: read again.
        """

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Store the whole page. A repeat, or a late older revision, changes nothing. Raise LeaseLost."""


class Extractions(Protocol):
    """Extractions and the findings of their chunks."""

    def find(self, extraction_id: str) -> Extraction | None:
        """Return the extraction, whoever owns it, if there is one."""

    def start(self, extraction: Extraction) -> bool:
        """Store a new attempt; False if that attempt or a later one is stored already."""

    def save(self, extraction: Extraction) -> None:
        """Store the outcome of an attempt, unless a later attempt has begun."""

    def add_finding(self, extraction: Extraction, chunk: int, finding: Finding) -> None:
        """Keep what a chunk yielded; the same again changes nothing."""

    def list_findings(self, extraction: Extraction) -> tuple[Finding, ...]:
        """Return the findings of this attempt in chunk order."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a new call is told of a transcript, and how whole that is: `full`, `digest` or `none`."""

    restored: str
    text: str


class Digests(Protocol):
    """The digests, one per session: a cache by transcript version."""

    def find(self, session_id: str, transcript_version: str) -> Digest | None:
        """Return the digest of that version, if it is there."""

    def save(self, session_id: str, transcript_version: str, digest: Digest) -> None:
        """Keep the digest in place of an older one."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """An issuer's public keys (JWKs), and when they were fetched."""

    keys: tuple[Mapping[str, Any], ...]
    fetched_at: datetime


class KeySets(Protocol):
    """The public keys of issuers, so that a function which has just started need not ask for them."""

    def find(self, url: str) -> KeySet | None:
        """Return the keys that were last fetched from there, if they are there."""

    def save(self, url: str, keys: KeySet) -> None:
        """Keep the keys in place of older ones."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that the upstream has created for an offer, and the SDP answer to it, as it came."""

    call_id: str
    answer: str


class Logs(Protocol):
    """The logs, what was in them, and the summaries of their parts."""

    def find(self, log_id: str) -> Log | None:
        """Return the log, whoever owns it, if there is one."""

    def add(self, log: Log, content: Mapping[str, Any]) -> bool:
        """Keep a log and its content, whole; False if a log of that id is there."""

    def content(self, log_id: str) -> Mapping[str, Any]:
        """Return what was in the log. Raise NotFound."""

    def save(self, log: Log) -> None:
        """Store what has become of a log."""

    def add_part(self, log_id: str, number: int, part: LogPart) -> None:
        """Keep the summary of one part; the same again changes nothing."""

    def list_parts(self, log_id: str) -> tuple[LogPart, ...]:
        """Return the summaries in the log's order."""


class Embeddings(Protocol):
    """The upstream's embeddings."""

    def embed(self, text: str, seconds: float) -> tuple[float, ...]:
        """Return where a text lies among others. Raise an UpstreamError."""


@dataclass(frozen=True, slots=True)
class MintedSession:
    """A client secret, and the session as the upstream has set it up, in its own words."""

    secret: ClientSecret
    session: Mapping[str, Any] = field(repr=False)


class Realtime(Protocol):
    """The upstream's realtime API."""

    def mint_session(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> MintedSession:
        """Return a fresh client secret and the session that it opens. Raise an UpstreamError."""

    def mint(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> ClientSecret:
        """Return a fresh client secret. Raise an UpstreamError."""

    def place(self, offer: str, config: RealtimeConfig, safety_identifier: str) -> Placed:
        """Create a call for that SDP offer with our own key, which alone may attach to it. Never repeated.

        Raise an UpstreamError; after UpstreamUnavailable there may be a call that nobody knows, which the
        upstream ends as nobody speaks on it.
        """

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        """End the call, with our own key unless another is given; one that is over is fine.

        Raise an UpstreamError.
        """


class Responses(Protocol):
    """The upstream's responses API."""

    def text(self, instructions: str, text: str, max_tokens: int, seconds: float) -> str:
        """Return the model's words about `text`. Raise an UpstreamError."""

    def structured(
        self, instructions: str, text: str, name: str, schema: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Return the model's answer, valid under `schema`. Raise an UpstreamError."""


class SidebandCommands(Protocol):
    """The way to the sideband hosts. Hints only: the session's row is the truth, and hosts sweep it.

    So neither method ever raises: a hint that cannot be sent is logged, and a sweep finds the work.
    """

    def follow(self, session: Session) -> None:
        """Tell the hosts that the session's current call wants following."""

    def end(self, session: Session) -> None:
        """Tell the hosts that the session is over."""

    def watch(self, session: Session) -> None:
        """Tell the hosts that somebody watches the session who was not there before."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the renew workflow answers: ids and numbers, never the secret."""

    secret_id: str
    restored: str


class Workflows(Protocol):
    """The workflows."""

    def renew(self, session_id: str) -> Renewal:
        """Run the renewal to its end, and raise the error of the domain that it ended with.

        Raise NotFound, SessionEnded, SessionChanged or an UpstreamError.
        """

    def extract(self, extraction: Extraction) -> None:
        """Start the extraction; the same attempt again is one execution."""

    def summarise(self, log: Log) -> None:
        """Start the summary of a log; the same log again is one execution."""


class Counts(Protocol):
    """Where what happens is counted."""

    def tell(self, name: str, value: float, unit: str) -> None:
        """Count `value` under the metric's name."""
