"""One realtime session: who listens, what is told to them, and the tasks that keep it going."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from dev.simulator import limits
from dev.simulator.conversation import Conversation
from dev.simulator.errors import EventRefused
from dev.simulator.peers import Abort, Close, Order, Peer, Send, Wait
from dev.simulator.session_config import merged
from dev.simulator.wire import Json, frame
from dev.simulator.world import World

Kind = Literal["call", "primary"]
_GARBAGE = b'{"type":"response.output_text.del\xc3\xa9'


@dataclass
class Listener:
    """From when until when one sideband heard every event, on the machine's monotonic clock."""

    peer: Peer
    since: float
    until: float | None = None
    cut: bool = False

    def shown(self) -> Json:
        """The listener as the control API tells of it."""
        return {"since": self.since, "until": self.until, "cut": self.cut}


class RealtimeSession:
    """The session behind a call (heard by sidebands) or behind a primary socket."""

    def __init__(self, world: World, config: Json, kind: Kind, call_id: str | None = None) -> None:
        self.world = world
        self.config = config
        self.kind = kind
        self.call_id = call_id
        self.ended = False
        self.has_spoken = False
        self.conversation = Conversation(world.chance, self.emit)
        self.peers: list[Peer] = []
        self.awoken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[bytes] = []
        self.told: dict[str, tuple[float, float]] = {}
        self.listeners: list[Listener] = []

    def milliseconds(self) -> int:
        """The session's audio clock, in simulated milliseconds."""
        return int(self.world.pace.simulated(self._loop.time() - self._began) * 1000)

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run a task that ends with the session at the latest."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def emit(self, event: Json) -> None:
        """Tell every awake peer. The event gets its id here and is written once."""
        if self.ended:
            return
        kind = event["type"]
        data = frame(self._numbered(event))
        self._note(event)
        faults = self.world.faults
        if faults.quiet_on_sockets and not self._held:
            orders: list[Order] = [Send(data)]
        else:
            orders = self._spoiled(kind, data)
        for peer in self.peers:
            if peer.awake:
                for order in orders:
                    peer.put(order)

    def emit_audio(self, event: Json) -> None:
        """Tell of audio: only primary sockets hear it, and no fault is spent on it."""
        data = frame(self._numbered(event))
        for peer in self.peers:
            if peer.hears_audio:
                peer.put(Send(data))

    def tell(self, peer: Peer, event: Json) -> None:
        """Tell one peer alone, awake or not."""
        peer.put(Send(frame(self._numbered(event))))

    def refuse(self, peer: Peer, refused: EventRefused, client_event_id: str | None) -> None:
        """Answer a client event with the `error` event that names it."""
        self.tell(
            peer,
            {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "code": refused.code,
                    "message": refused.message,
                    "param": refused.param,
                    "event_id": client_event_id,
                },
            },
        )

    def update(self, peer: Peer, change: Json) -> None:
        """Lay a sparse change over the configuration; the peer hears everything from here on.

        Raises EventRefused and changes nothing, if one field is refused.
        """
        config = merged(self.config, change)
        voice = config["audio"]["output"]["voice"]
        if self.has_spoken and voice != self.config["audio"]["output"]["voice"]:
            raise EventRefused(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                "session.audio.output.voice",
            )
        self.config = config
        if peer.attached and not peer.awake:
            self.listeners.append(Listener(peer, self._loop.time()))
        peer.awake = True
        self.emit({"type": "session.updated", "session": config})
        self.awoken.set()

    def end(self, last: Order) -> None:
        """Stop everything and give every peer its last order."""
        if self.ended:
            return
        self.ended = True
        current = asyncio.current_task()
        for task in [task for task in self._tasks if task is not current]:
            task.cancel()
        for peer in self.peers:
            peer.put(last)
            self.left(peer)
        self.peers.clear()

    def left(self, peer: Peer, *, cut: bool = False) -> None:
        """Note that a sideband hears nothing any more; `cut` says that frames may have been on their way."""
        for listener in self.listeners:
            if listener.peer is peer and listener.until is None:
                listener.until, listener.cut = self._loop.time(), cut

    def _note(self, event: Json) -> None:
        """Remember when the first and the last news of an item went out."""
        item_id = event.get("item_id") or event.get("item", {}).get("id")
        if item_id is not None:
            now = self._loop.time()
            self.told[item_id] = (self.told.get(item_id, (now, now))[0], now)

    def _numbered(self, event: Json) -> Json:
        return {"type": event["type"], "event_id": self.world.chance.event_id(), **event}

    def _spoiled(self, kind: str, data: bytes) -> list[Order]:
        """The orders for one frame after the faults had their say."""
        late, self._held = self._held, []
        fault = self.world.faults.strike("socket", call=self.call_id, event=kind)
        orders: list[Order] = [Send(data)]
        if fault is not None:
            match fault.do:
                case "lose":
                    orders = []
                case "duplicate":
                    orders = [Send(data), Send(data)]
                case "delay":
                    orders = [Wait(float(fault.detail.get("seconds", 1.0))), Send(data)]
                case "garbage":
                    orders = [Send(_GARBAGE), Send(data)]
                case "reorder":
                    self._held = [data]
                    self._loop.call_later(limits.REORDER_HOLD_SECONDS, self._release)
                    orders = []
                case "drop":
                    orders = [Abort()]
                case "close":
                    detail = fault.detail
                    orders = [Close(int(detail.get("code", 1011)), str(detail.get("reason", "")))]
        return [*orders, *map(Send, late)]

    def _release(self) -> None:
        held, self._held = self._held, []
        for peer in self.peers:
            if peer.awake:
                for data in held:
                    peer.put(Send(data))
