"""A line: one session with its voice, its ear and what plays on it."""

from collections.abc import Callable

from dev.simulator.client_events import ClientEvents
from dev.simulator.conversation import Item, words
from dev.simulator.errors import BadScript
from dev.simulator.hearing import Ear
from dev.simulator.player import ScriptPlayer
from dev.simulator.realtime import Kind, RealtimeSession
from dev.simulator.script import Script
from dev.simulator.speaking import Speaker
from dev.simulator.wire import Json
from dev.simulator.world import World


class Line:
    """What a call and a primary socket have in common."""

    def __init__(self, world: World, config: Json, kind: Kind, call_id: str | None = None) -> None:
        self.session = RealtimeSession(world, config, kind, call_id)
        self.speaker = Speaker(self.session)
        self.ear = Ear(self.session, self.speaker)
        self.events = ClientEvents(self.session, self.speaker, self.ear)
        self.player: ScriptPlayer | None = None
        self.media: Callable[[], Json] = dict  # what flows, where real media does
        self.hang_up: Callable[[str], None] = lambda reason: None  # the browser has left; says how

    def play(self, script: Script, hang_up: Callable[[], None], live_in: float = 0.0) -> None:
        """Start a script. Raises BadScript while another is playing."""
        if self.player is not None and not self.player.finished:
            raise BadScript(f"the script {self.player.script.name!r} is still playing")
        self.session.world.answers.learn(script.name, list(script.answers))
        self.player = ScriptPlayer(script, self.session, self.speaker, self.ear, hang_up, live_in)
        self.events.takes_request = self.player.takes_request
        self.session.spawn(self.player.run())

    def truth(self) -> list[Json]:
        """What was truly said, in order: what a reader of the events should have understood."""
        previous: str | None = None
        items: list[Json] = []
        for item in self.session.conversation:
            told = self.session.told.get(item.body["id"])
            items.append({**_told(item), "previous_item_id": previous, "told": told})
            previous = item.body["id"]
        return items


_ROLES = {"function_call": "assistant", "function_call_output": "tool"}


def _told(item: Item) -> Json:
    body = item.body
    told: Json = {
        "item_id": body["id"],
        "type": body["type"],
        "role": body.get("role") or _ROLES[body["type"]],
        "status": body.get("status", "completed"),
        "text": None,
        "spoken": item.spoken,
        "transcription": item.transcription,
        "truncated": item.truncated_at_ms is not None,
        "audio_end_ms": item.truncated_at_ms,
    }
    for name in ("name", "call_id", "arguments", "output"):
        if name in body:
            told[name] = body[name]
    if body["type"] == "message":
        heard = item.transcription in (None, "completed") and not (item.spoken and item.transcription is None)
        told["text"] = words(item) if heard else None
    return told
