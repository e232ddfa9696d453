"""A world for the sideband without sockets: time that leaps, work done on the spot, a fake upstream."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ParamSpec, TypeVar

import orjson
from sideband.aside import Aside
from sideband.deps import Deps, Shared
from sideband.line import Listener
from sideband.socket import Hung, Refused, Socket
from sideband.tool_kit import ToolKit
from switchboard.domain.places import Places
from switchboard.domain.secret import ApiKey, Credential
from switchboard.stores.memory import MemoryStores
from switchboard.stores.memory_calls import MemoryCalls
from switchboard.stores.memory_viewers import MemoryMailboxes

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
C = TypeVar("C", bound=MemoryCalls)
START = datetime(2026, 1, 1, tzinfo=UTC)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock leaps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self.leapt = 0.0
        super().__init__(LeapingSelector(self))

    def time(self) -> float:
        """Seconds since the loop began, leaps included."""
        return self.leapt


class LeapingSelector(selectors.SelectSelector):
    """Sees what is ready now, and lets the loop's clock leap if nothing is."""

    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that will never happen")
        if not ready and timeout:
            self._loop.leapt += timeout
        return ready


def in_leaps(story: Coroutine[Any, Any, T]) -> T:
    """Return what the story returns, however many hours it tells of."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(story)


class AtOnce(Aside):
    """A lane that does its work on the spot."""

    def __init__(self) -> None:
        super().__init__("at-once", 1)

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        await asyncio.sleep(0)
        return work(*args, **kwargs)


class Lingering(AtOnce):
    """A lane whose work takes two seconds."""

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        await asyncio.sleep(2)
        return work(*args, **kwargs)


class FakeSocket:
    """A sideband whose frames the test says."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self._code: int | None = None
        self._frames: deque[bytes | int] = deque()
        self._listener: Listener | None = None

    def say(self, *events: dict[str, Any]) -> None:
        """Let the upstream say these events."""
        self._frames += map(orjson.dumps, events)
        asyncio.get_running_loop().call_soon(self._tell)

    def hang(self, code: int = 1006) -> None:
        """Let the connection end."""
        self._code = code
        self._frames.append(code)
        asyncio.get_running_loop().call_soon(self._tell)

    def attend(self, listener: Listener | None) -> None:
        self._listener = listener
        self._tell()

    def _tell(self) -> None:
        while self._frames and self._listener is not None:
            frame = self._frames.popleft()
            if isinstance(frame, int):
                self._listener.over(frame)
            else:
                self._listener.heard(frame)

    async def send(self, frame: bytes) -> None:
        if self._code is not None:
            raise Hung(self._code)
        self.sent.append(orjson.loads(frame))

    async def close(self) -> None:
        self.closed = True


Answer = Callable[[Credential], None]
"""Refuses a handshake by raising, or lets it pass."""


@dataclass
class FakeUpstream:
    """Answers handshakes and hang-ups as the test says; `tries` are (seconds, credential)."""

    answer: Answer = lambda credential: None
    sockets: list[FakeSocket] = field(default_factory=list)
    tries: list[tuple[float, str]] = field(default_factory=list)
    hung_up: list[tuple[str, str]] = field(default_factory=list)
    ends_on_hangup: bool = True

    async def connect(self, call_id: str, credential: Credential) -> Socket:
        self.tries.append((asyncio.get_running_loop().time(), credential.value))
        self.answer(credential)
        self.sockets.append(FakeSocket(credential))
        return self.sockets[-1]

    def place(self, *_: Any) -> Any:
        raise NotImplementedError("the sideband places no calls")

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        self.hung_up.append((call_id, credential.value if credential else ""))
        if self.ends_on_hangup and self.sockets:
            self.sockets[-1].hang(1000)


def refusing(status: int, *, until: float = float("inf"), only: str | None = None) -> Answer:
    """Refuse every handshake, or only that credential's, with a status until then."""

    def answer(credential: Credential) -> None:
        if asyncio.get_running_loop().time() < until and only in (None, credential.value):
            raise Refused(status)

    return answer


@dataclass
class World:
    """Memory stores, a fake upstream, and a clock that follows the loop's."""

    upstream: FakeUpstream = field(default_factory=FakeUpstream)
    stores: MemoryStores = field(default_factory=lambda: MemoryStores(now))
    mailboxes: MemoryMailboxes = field(default_factory=lambda: MemoryMailboxes(now))
    tools: ToolKit | None = None
    lanes: dict[str, Aside] = field(default_factory=dict)

    def keep_calls(self, calls: C) -> C:
        """Let this store keep the calls; return it."""
        self.stores.calls = self.stores.sessions._calls = calls
        return calls

    def shared(self, host: str = "host_a") -> Shared:
        """What the follows of one host share."""
        at_once = AtOnce()
        lanes: dict[str, Any] = dict.fromkeys(
            ("aside", "table", "spare", "writes", "pulse", "polls", "live"), at_once
        )
        return Shared(self.deps(), host, **{**lanes, **self.lanes})

    def deps(self) -> Deps:
        stores = self.stores
        return Deps(
            sessions=stores.sessions,
            secrets=stores.secrets,
            calls=stores.calls,
            hosts=stores.hosts,
            transcripts=stores.transcripts,
            audits=stores.audits,
            places=Places(stores.places, {}, now, lambda *_: None),
            realtime=self.upstream,
            api_key=lambda: ApiKey("sk-ours"),
            transcription_model="gpt-live-transcribe",
            connect=self.upstream.connect,
            clock=now,
            chance=Random(1),
            viewers=stores.viewers,
            mailboxes=self.mailboxes,
            tools=self.tools,
        )


def now() -> datetime:
    """The time of the leaping loop."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


async def until(condition: Callable[[], T], seconds: float = 3600.0) -> T:
    """Return what the condition returns once that is true. Raise TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 (stores signal nothing)
            await asyncio.sleep(0.01)
    return found
