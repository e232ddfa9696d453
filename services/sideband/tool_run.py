"""Run one function call, once: check it, claim it, have it done in time, and keep what it came to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.tool import ServerTool
from switchboard.domain.tool_call import ToolCall, ToolStatus
from switchboard.domain.tool_schema import misfit

from sideband import limits, log
from sideband.deps import Shared
from sideband.pinned import Tell
from sideband.tool_kit import Context, ToolFailed, ToolKit
from sideband.tool_words import Asked, arguments_of

UNKNOWN = (
    "The tool was cut off before its answer came. Nobody knows whether it did its work: say so, and check "
    "before anything is done a second time."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model is told, how long the tool ran (None: not at all), and whether the model is to go on."""

    output: str
    ms: int | None = None
    asks: bool = True


class Refused(Exception):
    """The function call is not run; the text is for the model."""


class Spent(Refused):
    """There were too many. The model is not asked to go on, or it would do so for ever."""


class ToolRuns:
    """The function calls of one follow.

    Args:
        call: as it was when it was claimed.
        owner: whose session it is, in storage form.
        tell: takes down events of the audit.
    """

    def __init__(
        self, call: Call, lease: Lease, owner: str, shared: Shared, kit: ToolKit, tell: Tell
    ) -> None:
        self._call = call
        self._lease = lease
        self._owner = owner
        self._shared = shared
        self._kit = kit
        self._tell = tell
        self._made = call.tool_calls
        self._slots = asyncio.Semaphore(limits.TOOLS_OF_CALL)
        self._clock = asyncio.get_running_loop().time
        self._running: dict[str, float] = {}

    async def run(self, asked: Asked) -> Outcome:
        """Return what one function call came to; it may have been run before. Raise LeaseLost."""
        asks = True
        try:
            tool, arguments = self._checked(asked)
            async with asyncio.timeout(limits.TOOL_QUEUE) as patience, self._slots, self._kit.slots:
                patience.reschedule(None)
                return await self._claimed(asked, tool, arguments)
        except TimeoutError:
            refusal = "Too many tools are running at the moment. It was not run."
        except Refused as refused:
            refusal, asks = str(refused), not isinstance(refused, Spent)
        self._shared.metrics.tool_failures += 1
        self._tell("tool.refused", {"tool": asked.name, "toolCallId": asked.tool_call_id})
        return Outcome(refusal, asks=asks)

    async def left(self) -> tuple[ToolCall, ...]:
        """Return what the hosts before us have begun, whatever the transcript knows of it."""
        if self._lease.number == 1:
            return ()
        return await self._shared.insist(self._kit.calls.list, self._lease)

    @property
    def seconds_left(self) -> float:
        """How long a leaving host may go on with what runs."""
        left = self._shared.exit_by - asyncio.get_running_loop().time()
        return max(0.0, min(limits.TOOL_LINGER, left))

    async def settled(self, stored: ToolCall) -> Outcome:
        """Return what a host before us has made of a function call. Raise LeaseLost."""
        over = await self._ended(stored)
        return Outcome(over.output, over.ms or None)

    def note_answer(self, tool_call_id: str) -> None:
        """Take down that somebody else has told the model what a tool of ours came to."""
        self._tell("tool.answered_by_other", {"toolCallId": tool_call_id})

    async def part(self) -> None:
        """Write down of all that was cut off that nobody knows what it came to; soon, or not at all."""
        ended = [
            self._aside_unknown(tool_call_id, round((self._clock() - began) * 1000))
            for tool_call_id, began in self._running.items()
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.TOOL_PARTING):
                await asyncio.gather(*ended)

    def _checked(self, asked: Asked) -> tuple[ServerTool, Mapping[str, Any]]:
        """Return tool and arguments. Raise Refused: the model is as trustworthy as who talks to it."""
        tool = self._kit.tools.by_name.get(asked.name)
        if tool is None or not tool.is_for(self._owner):
            raise Refused("This tool is not there any more.")
        self._made += 1
        if self._made > limits.TOOL_CALLS:
            raise Spent("There were too many tool calls in this conversation. It was not run.")
        if len(asked.arguments.encode(errors="replace")) > limits.TOOL_ARGUMENTS:
            raise Refused("The arguments are too long. It was not run.")
        try:
            arguments = arguments_of(asked)
        except ValueError:
            raise Refused("The arguments are not valid JSON. It was not run.") from None
        problem = misfit(tool.parameters, arguments)
        if problem:
            raise Refused(f"It was not run, as {problem}.")
        return tool, arguments

    async def _claimed(self, asked: Asked, tool: ServerTool, arguments: Mapping[str, Any]) -> Outcome:
        until = self._shared.deps.clock() + timedelta(seconds=tool.seconds)
        claim = self._kit.calls.claim
        stored = await self._shared.insist(claim, self._lease, asked.tool_call_id, tool.name, until)
        if stored is not None:
            return await self.settled(stored)
        began = self._running[asked.tool_call_id] = self._clock()
        status, output = await self._done(asked, tool, arguments)
        ms = round((self._clock() - began) * 1000)
        facts = {"tool": tool.name, "toolCallId": asked.tool_call_id, "status": status, "ms": ms}
        self._shared.metrics.tool(ms / 1000, failed=status != "done")
        self._tell("tool.run", facts)
        finish = self._kit.calls.finish
        await self._shared.insist(finish, self._lease, asked.tool_call_id, status, output, ms)
        del self._running[asked.tool_call_id]
        return Outcome(output, ms)

    async def _done(
        self, asked: Asked, tool: ServerTool, arguments: Mapping[str, Any]
    ) -> tuple[ToolStatus, str]:
        ids = self._lease.session_id, self._lease.call_id, asked.tool_call_id
        context = Context(*ids, tool.name, self._owner)
        try:
            async with asyncio.timeout(tool.seconds):
                return "done", await self._kit.run(tool, arguments, context)
        except TimeoutError:
            return "timeout", f"The tool took longer than {tool.seconds:g} s. It may have done its work."
        except ToolFailed as failed:
            return "failed", str(failed)
        except Exception as error:  # a target may answer with anything
            log.error("tool.crashed", error, session_id=self._lease.session_id, tool=tool.name)
            return "failed", "The tool failed."

    async def _ended(self, stored: ToolCall) -> ToolCall:
        """Return what a host before us has made of it, or let it be unknown. Raise LeaseLost.

        One that has left may still be at it, and says when it is done; one that has died is not.
        """
        clock, calls = self._shared.deps.clock, self._kit.calls
        until = stored.until + timedelta(seconds=limits.TOOL_GRACE)
        while stored.status == "running" and self._call.status == "pending" and clock() < until:
            await asyncio.sleep(limits.TOOL_LOOK)
            found = await self._shared.insist(calls.find, self._lease, stored.tool_call_id)
            stored = found or stored
        if stored.status == "running":
            stored = await self._shared.insist(calls.give_up, self._lease, stored.tool_call_id, UNKNOWN)
            self._shared.metrics.tool_failures += 1
            self._tell("tool.cut_off", {"tool": stored.tool, "toolCallId": stored.tool_call_id})
        return stored

    async def _aside_unknown(self, tool_call_id: str, ms: int) -> None:
        self._shared.metrics.tool(ms / 1000, failed=True)
        self._tell("tool.cut_off", {"toolCallId": tool_call_id, "ms": ms})
        with suppress(SwitchboardError):  # the next host gives it up when its time is over
            finish = self._kit.calls.finish
            await self._shared.aside(finish, self._lease, tool_call_id, "unknown", UNKNOWN, ms)
