"""Hosts that fight over one call's transcript, in every order that Hypothesis can think of.

A host claims the call, reads its pages, seals them and writes on, as the sideband does. Each of these is a
step of its own, so that anything may happen in between; a write may also get lost and land much later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost, SessionChanged
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.session import Session

from tests.contract.stores import START, Stores

HOSTS = ("host_1", "host_2", "host_3")
PAGE_SIZE = 2
SESSIONS = count(1)

CHOICE = st.integers(0, 5)
Entries = tuple[dict[str, Any], ...]


@dataclass
class Write:
    """One write of one page, as a host sends it."""

    lease: Lease
    number: int
    revision: int
    entries: Entries


@dataclass
class Host:
    """What one host believes. `read` is the tail that it has seen, `number` the page that it fills."""

    lease: Lease | None = None
    read: int = 0
    writing: bool = False
    number: int = 0
    revision: int = 0
    entries: Entries = ()
    unsaved: list[dict[str, Any]] = field(default_factory=list)

    def next_write(self) -> Write:
        """Pack as much as fits into the page, or into the next one if nothing does."""
        assert self.lease
        number, entries = self.number, self.entries
        if len(entries) == PAGE_SIZE:
            number, entries = number + 1, ()
        self.revision += 1
        taken = tuple(self.unsaved[: PAGE_SIZE - len(entries)])
        return Write(self.lease, number, self.revision, (*entries, *taken))

    def written(self, write: Write) -> None:
        """Note that the write is durable."""
        self.number, self.entries = write.number, write.entries
        self.unsaved = [entry for entry in self.unsaved if entry not in write.entries]


T = TypeVar("T")


def chosen(things: list[T], which: int) -> T:
    """Return one of the things."""
    return things[which % len(things)]


class Fencing(RuleBasedStateMachine):
    """The rules; a subclass says in which stores they are played."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.hosts = {name: Host() for name in HOSTS}
        self.names = count(1)
        self.durable: set[str] = set()
        self.frozen: dict[int, set[str]] = {}
        self.leases: dict[int, str] = {}
        self.on_their_way: list[Write] = []
        self.call = Call("", 2, "rtc_1", START)

    @initialize()
    def attach(self) -> None:
        session_id = f"sess_{next(SESSIONS):032x}"
        fresh = Session(
            session_id, "user:ann", "direct", "m", "v", True, "", "", "1", created_at=START, updated_at=START
        )
        self.stores.sessions.add(fresh)
        changed = fresh.attach("rtc_" + session_id, START)
        self.call = Call(session_id, 2, "rtc_" + session_id, START)
        self.stores.sessions.attach(changed, self.call)

    @rule(name=st.sampled_from(HOSTS), stale=st.booleans())
    def claim(self, name: str, stale: bool) -> None:
        """Claim the call as it is, or as it was when it was attached; then look at its pages."""
        now = self.stores.calls.find(self.call.session_id, 2)
        assert now
        try:
            lease = self.stores.calls.claim(self.call if stale else now, name)
        except LeaseLost:
            return
        if lease != self.hosts[name].lease:
            assert lease.number not in self.leases
            self.leases[lease.number] = name
            self.hosts[name] = Host(lease, read=self.tail(), writing=lease.number == 1, number=1)

    @precondition(lambda self: self.opening())
    @rule(which=CHOICE)
    def read_again(self, which: int) -> None:
        chosen(self.opening(), which).read = self.tail()

    @precondition(lambda self: self.opening())
    @rule(which=CHOICE)
    def seal(self, which: int) -> None:
        host = chosen(self.opening(), which)
        assert host.lease
        try:
            host.number = self.stores.transcripts.seal(host.lease, host.read)
        except LeaseLost:
            self.is_lost(host)
        except SessionChanged:
            host.read = self.tail()
        else:
            host.writing = True
            self.frozen[host.lease.number] = self.seen(below=host.lease.number)

    @precondition(lambda self: self.writers())
    @rule(which=CHOICE, words=st.integers(1, 3))
    def write(self, which: int, words: int) -> None:
        host = chosen(self.writers(), which)
        self.say(host, words)
        write = host.next_write()
        if self.send(write):
            host.written(write)
            self.durable |= {entry["id"] for entry in write.entries}
        else:
            self.is_lost(host)

    @precondition(lambda self: self.writers())
    @rule(which=CHOICE)
    def lose_a_write(self, which: int) -> None:
        """Send a write whose answer never comes; it may land at any time later."""
        host = chosen(self.writers(), which)
        self.say(host, 1)
        self.on_their_way.append(host.next_write())

    @precondition(lambda self: self.on_their_way)
    @rule(which=CHOICE)
    def land(self, which: int) -> None:
        write = chosen(self.on_their_way, which)
        self.on_their_way.remove(write)
        self.send(write)

    @precondition(lambda self: self.writers())
    @rule(which=CHOICE)
    def release(self, which: int) -> None:
        host = chosen(self.writers(), which)
        assert host.lease
        try:
            self.stores.calls.release(host.lease, START)
        except LeaseLost:
            self.is_lost(host)
        host.lease, host.writing = None, False

    @invariant()
    def nothing_that_was_written_is_lost(self) -> None:
        if self.call.session_id:
            assert self.durable <= self.seen()

    @invariant()
    def nothing_of_an_old_host_appears_after_a_takeover(self) -> None:
        for number, before in self.frozen.items():
            assert self.seen(below=number) == before

    @invariant()
    def pages_follow_each_other(self) -> None:
        numbers = [page.number for page in self.pages()]
        assert numbers == list(range(1, len(numbers) + 1))

    def opening(self) -> list[Host]:
        """The hosts that have claimed the call and not sealed its pages yet."""
        return [host for host in self.hosts.values() if host.lease and not host.writing]

    def writers(self) -> list[Host]:
        """The hosts that believe that they may write; all but one are wrong."""
        return [host for host in self.hosts.values() if host.lease and host.writing]

    def is_lost(self, host: Host) -> None:
        """Stop the host; somebody newer must have taken over."""
        assert host.lease
        assert max(self.leases) > host.lease.number
        host.lease, host.writing = None, False

    def tail(self) -> int:
        pages = self.pages()
        return pages[-1].number if pages else 0

    def say(self, host: Host, words: int) -> None:
        assert host.lease
        host.unsaved += [{"id": f"{host.lease.number}.{next(self.names)}"} for _ in range(words)]

    def send(self, write: Write) -> bool:
        """Write; False if somebody newer has taken over, which must then be true."""
        try:
            self.stores.transcripts.write(write.lease, write.number, write.revision, write.entries)
        except LeaseLost:
            assert max(self.leases) > write.lease.number
            return False
        return True

    def pages(self) -> tuple[TranscriptPage, ...]:
        return self.stores.transcripts.pages(self.call.session_id, 2)

    def seen(self, below: int | None = None) -> set[str]:
        """The ids of all entries, or of those that leases below a number wrote."""
        return {name for name in self._ids() if below is None or int(name.split(".")[0]) < below}

    def _ids(self) -> Iterator[str]:
        return (entry["id"] for page in self.pages() for entry in page.entries)
