"""Plays a script into a session: the person, the model, the tools and the pauses between them."""

import asyncio
import contextlib
from collections.abc import Callable

from dev.simulator import limits
from dev.simulator.answers import Reply
from dev.simulator.conversation import Item
from dev.simulator.errors import BadScript, EventRefused
from dev.simulator.hearing import Ear, Utterance
from dev.simulator.realtime import RealtimeSession
from dev.simulator.script import Script, Step
from dev.simulator.speaking import Speaker, spoken_seconds
from dev.simulator.speech import ResponseOptions
from dev.simulator.wire import Json, dump

OUTPUT = "{output}"
"""In the words of an assistant: what the last tool has answered."""


class ScriptPlayer:
    """One script on one session. It is at one step at a time and says which."""

    def __init__(
        self,
        script: Script,
        session: RealtimeSession,
        speaker: Speaker,
        ear: Ear,
        hang_up: Callable[[], None],
        live_in: float = 0.0,
    ) -> None:
        self.script = script
        self.state = "waiting"
        self._at = 0
        self._problem: str | None = None
        self._session = session
        self._speaker = speaker
        self._ear = ear
        self._hang_up = hang_up
        self._live_in = live_in
        self._requested = asyncio.Event()
        self._needs_request = False

    def progress(self) -> Json:
        """Where it stands: `waiting`, `playing`, `asking` (for a client's part), `finished`, `failed`."""
        return {
            "name": self.script.name,
            "state": self.state,
            "step": self._at,
            "steps": len(self.script.steps),
            "problem": self._problem,
        }

    @property
    def finished(self) -> bool:
        return self.state in ("finished", "failed")

    def takes_request(self) -> bool:
        """True if a client's `response.create` is what the next scripted answer was waiting for."""
        if self.state not in ("playing", "asking"):
            return False
        coming = [step.verb for step in self.script.steps[self._at :] if step.verb not in ("pause", "fault")]
        mine = self._needs_request or (bool(coming) and coming[0] in ("assistant", "call"))
        if mine:
            self._requested.set()
        return mine

    async def run(self) -> None:
        """Play all steps in order."""
        pace = self._session.world.pace
        if self.script.start == "live":
            await asyncio.sleep(self._live_in)
        else:
            await self._session.awoken.wait()
        await pace.sleep(self.script.start_after)
        self.state = "playing"
        try:
            for number, step in enumerate(self.script.steps, start=1):
                self._at = number
                await self._play(step)
        except (EventRefused, BadScript) as refused:
            self.state, self._problem = "failed", str(refused)
            return
        await self._ear.transcribed()
        self.state = "finished"

    async def _play(self, step: Step) -> None:
        match step.verb:
            case "user":
                await self._user(step)
            case "assistant":
                await self._assistant(step)
            case "call":
                await self._call(step)
            case "typed":
                self._typed(step.value)
            case "pause":
                await self._session.world.pace.sleep(step.value)
            case "fault":
                self._session.world.faults.add(step.value, call=self._session.call_id)
            case "hangup":
                self.state = "finished"
                self._hang_up()

    async def _user(self, step: Step) -> None:
        rest = step.rest
        await self._ear.hear(
            Utterance(
                step.value,
                seconds=float(rest.get("seconds", spoken_seconds(step.value))),
                heard_as=rest.get("heard_as"),
                transcript_after=float(rest.get("transcript_after", limits.TRANSCRIPTION_SECONDS)),
                fails=_failure(rest.get("fails")),
            )
        )
        turns = self._session.config["audio"]["input"]["turn_detection"]
        self._needs_request = turns is None or not turns["create_response"]

    async def _assistant(self, step: Step) -> None:
        await self._permitted()
        unfinished = bool(step.rest.get("unfinished"))
        task = self._speaker.begin(
            Reply(text=step.value.replace(OUTPUT, self._last_output())),
            self._options(),
            token_seconds=limits.WORD_SECONDS if unfinished else limits.TOKEN_SECONDS,
        )
        if "interrupted_after" in step.rest:
            await self._until_heard(float(step.rest["interrupted_after"]), task)
            return
        await asyncio.wait([task])
        await self._speaker.played()

    def _last_output(self) -> str:
        """What the last tool has answered."""
        outputs = [item.body["output"] for item in self._session.conversation if "output" in item.body]
        return str(outputs[-1]) if outputs else ""

    async def _call(self, step: Step) -> None:
        await self._permitted()
        known = {item.body["id"] for item in self._session.conversation}
        arguments = step.rest.get("arguments", {})
        text = arguments if isinstance(arguments, str) else dump(arguments)
        await asyncio.wait([self._speaker.begin(Reply(call=step.value, arguments=text), self._options())])
        asked = next(
            (
                item
                for item in self._session.conversation
                if item.body["id"] not in known and item.body["type"] == "function_call"
            ),
            None,
        )
        if asked is None:
            return
        if "output" in step.rest:
            await self._session.world.pace.sleep(limits.THINKING_SECONDS)
            self._answer(asked, step.rest["output"])
        else:
            await self._answered(asked, float(step.rest.get("wait", limits.TOOL_WAIT_SECONDS)))

    def _answer(self, asked: Item, output: object) -> None:
        """The browser ran the tool: its output arrives as an item, and it asks for the reply."""
        body = {
            "id": self._session.world.chance.id("item"),
            "type": "function_call_output",
            "call_id": asked.body["call_id"],
            "output": output if isinstance(output, str) else dump(output),
        }
        self._session.conversation.add(Item(body))

    async def _answered(self, asked: Item, seconds: float) -> None:
        """Wait for a client's output and its `response.create`; go on without them in the end."""
        self.state, self._needs_request = "asking", True
        patience = self._session.world.pace.real(seconds) or seconds
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._requested.wait(), patience)
        self.state, self._needs_request = "playing", False

    def _typed(self, text: str) -> None:
        body = {
            "id": self._session.world.chance.id("item"),
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        }
        self._session.conversation.add(Item(body))

    async def _permitted(self) -> None:
        """Until the model may speak: asked for if it must be, and no other response is active."""
        if self._needs_request:
            self.state = "asking"
            await self._requested.wait()
            self.state = "playing"
        self._requested.clear()
        self._needs_request = False
        await self._speaker.idle()

    async def _until_heard(self, seconds: float, task: "asyncio.Task[None]") -> None:
        """Until the person has heard so much, or the answer is over."""
        pace = self._session.world.pace
        while not task.done() and self._speaker.playback is None:
            await pace.sleep(limits.TOKEN_SECONDS)
        if self._speaker.playback is not None:
            await pace.sleep(seconds)

    def _options(self) -> ResponseOptions:
        config = self._session.config
        return ResponseOptions(
            modality=config["output_modalities"][0], max_output_tokens=config["max_output_tokens"]
        )


def _failure(fails: object) -> str | None:
    return "audio_unintelligible" if fails is True else str(fails) if fails else None
