"""The calls that this host follows, and how one is taken up or ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from switchboard.domain.call import Call, Command
from switchboard.domain.errors import LeaseLost, NotFound
from switchboard.domain.session import Session

from sideband import ending as endings
from sideband import limits, log
from sideband.audience import tell_of_silence
from sideband.deps import Shared
from sideband.ending import Ending, Released
from sideband.follow import Follow

Key = tuple[str, int]
IsAlive = Callable[[str], Awaitable[bool]]


class Roster:
    """Follows by session and generation. `is_alive` tells whether another host still lives.

    Attributes:
        unsure: a claim or a release may or may not have reached the table.
    """

    def __init__(self, shared: Shared, capacity: int, is_alive: IsAlive) -> None:
        self.follows: dict[Key, Follow] = {}
        self.capacity = capacity
        self.unsure = False
        self.closed = False
        self._lingers = False
        self._shared = shared
        self._is_alive = is_alive
        self._claiming: set[Key] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        """True when this host takes no more calls, except to end them."""
        return len(self.follows) + len(self._claiming) >= self.capacity

    def knows(self, call: Call) -> bool:
        """True for a call that is ours or about to be."""
        return self._follow_of(call) is not None or (call.session_id, call.generation) in self._claiming

    def _follow_of(self, call: Call) -> Follow | None:
        """Return who follows the call here, unless they have let go of it and only write their last words."""
        follow = self.follows.get((call.session_id, call.generation))
        return None if follow is None or follow.released else follow

    async def heed(self, command: Command) -> None:
        """Bring all calls of the command's session into the state that its row asks for."""
        deps = self._shared.deps
        try:
            session = await self._shared.ask(deps.sessions.load, command.session_id)
        except NotFound:
            log.warning("command.no_session", session_id=command.session_id)
            return
        calls = await self._shared.ask(deps.calls.list, command.session_id)
        still_open = [call for call in calls if call.status != "closed"]
        for call in still_open:
            await self.tend(call, session, command)
        if command.kind != "follow" and not still_open:
            await tell_of_silence(command.session_id, self._shared)

    async def tend(self, call: Call, session: Session, command: Command | None = None) -> None:
        """Follow the call if it is its session's current one, end it if it is not: after `limits.HANDOVER`,
        if another has replaced it.

        Another live host's call is left alone; but a command that it may have missed is forwarded.
        """
        ending = due_ending(call, session)
        follow = self._follow_of(call)
        if follow is not None:
            if ending is endings.REPLACED:  # its browser leaves it once the new call is up; we, if that fails
                asyncio.get_running_loop().call_later(limits.HANDOVER, follow.stop, ending)
            elif ending is not None:
                follow.stop(ending)
            elif command is not None and command.kind == "watch":
                follow.watch()
        elif call.status == "followed" and call.host and await self._is_others(call.host):
            if command is not None and (ending is not None or command.kind == "watch"):
                await self._shared.ask(self._shared.deps.hosts.forward, call.host, command)
        else:
            await self.claim(call, session, None if self._is_being_left(session, ending) else ending)

    def _is_being_left(self, session: Session, ending: Ending | None) -> bool:
        """True for a call whose browser has hardly had time to go on to the next one, whoever followed it."""
        age = (self._shared.deps.clock() - session.updated_at).total_seconds()
        return ending is endings.REPLACED and age < limits.HANDOVER

    async def claim(self, call: Call, session: Session, ending: Ending | None) -> None:
        """Take the call's lease and follow it, or, with an ending, bring it to that."""
        if self.closed or self.knows(call) or (self.is_full and ending is None):
            return
        key = (call.session_id, call.generation)
        self._claiming.add(key)
        try:
            lease = await self._shared.ask(self._shared.deps.calls.claim, call, self._shared.host)
        except LeaseLost:
            return
        except BaseException:
            self.unsure = True
            raise
        finally:
            self._claiming.discard(key)
        if call.status == "followed":
            self._shared.metrics.takeovers += 1
        log.info("lease.claimed", session_id=call.session_id, call_id=call.call_id, lease=lease.number)
        follow = Follow(call, lease, session, self._shared)
        if ending is not None:
            follow.stop(ending)
        elif self.closed:
            follow.stop(Released(self._lingers))
        self.follows[key] = follow
        task = asyncio.create_task(self._supervise(key, follow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def leave(self, seconds: float, hurry: asyncio.Event, *, linger: bool) -> bool:
        """Release every call; return whether all of them were, within that time and before any hurry.

        With `linger` they are still listened to, until other hosts do; `linger()` waits for that.
        """
        self.closed = True
        self._lingers = linger
        for follow in self.follows.values():
            follow.stop(Released(linger))
        await self._wait(self._is_holding, seconds, hurry)
        return not self._is_holding() and not self.unsure

    async def linger(self, seconds: float, hurry: asyncio.Event) -> None:
        """Wait until other hosts have taken over."""
        await self._wait(lambda: bool(self._tasks), seconds, hurry)

    async def _wait(self, condition: Callable[[], bool], seconds: float, hurry: asyncio.Event) -> None:
        """Wait while the condition holds, for so many seconds, or only a moment once there is hurry."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while condition() and clock() < deadline:
            if hurry.is_set():
                deadline = min(deadline, clock() + limits.LEAVE_HURRIED)
            await asyncio.sleep(limits.LEAVE_STEP)

    def _is_holding(self) -> bool:
        return bool(self._claiming) or any(not follow.released for follow in self.follows.values())

    async def cancel(self) -> int:
        """Drop every call as it is; return how many."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    async def _is_others(self, host: str) -> bool:
        return host != self._shared.host and await self._is_alive(host)

    async def _supervise(self, key: Key, follow: Follow) -> None:
        try:
            await follow.run()
        except Exception as error:  # a defect or a refusal: try again later, and maybe elsewhere
            log.error("follow.crashed", error, session_id=key[0], generation=key[1])
            await self._give_back(follow)
        finally:
            if self.follows.get(key) is follow:  # else we have claimed the call anew
                del self.follows[key]

    async def _give_back(self, follow: Follow) -> None:
        if not self.closed:
            await asyncio.sleep(limits.CRASH_PAUSE)
        deps = self._shared.deps
        try:
            await self._shared.ask(deps.calls.release, follow.lease, deps.clock())
        except LeaseLost:
            return
        except Exception as error:  # the row still names us: reconciling finds it, or who outlives us
            self.unsure = True
            log.warning("lease.not_released", error, session_id=follow.lease.session_id)


def due_ending(call: Call, session: Session) -> Ending | None:
    """Return how the call is to end, None if it is to be followed.

    A call newer than the session as it was read is to be followed: the session was read a moment too soon.
    """
    if session.status == "ended":
        return endings.ENDED
    if call.unwanted is not None:
        return endings.UNWANTED
    return endings.REPLACED if call.generation < session.call_generation else None
