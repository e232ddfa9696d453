"""The data channel as a peer: it hears what a browser hears, in the order of its own stream."""

import asyncio

from aiortc import RTCDataChannel
from aiortc.exceptions import InvalidStateError

from dev.simulator import limits
from dev.simulator.peers import Abort, Close, Order, Send, Wait


class ChannelPeer:
    """A browser's end: awake from the first moment. `finished` is set once nothing more will be sent."""

    awake = True
    hears_audio = False
    attached = False

    def __init__(self, channel: RTCDataChannel) -> None:
        self.finished = asyncio.Event()
        self._channel = channel
        self._orders: asyncio.Queue[Order] = asyncio.Queue()

    def put(self, order: Order) -> None:
        """Queue an order; a browser too slow to keep up is cut."""
        if self._orders.qsize() >= limits.MAX_QUEUED_FRAMES:
            self._channel.close()
        else:
            self._orders.put_nowait(order)

    async def pump(self) -> None:
        """Carry out orders until one ends the channel or the browser has gone."""
        try:
            while True:
                match await self._orders.get():
                    case Send(data):
                        self._channel.send(data.decode(errors="replace"))
                    case Wait(seconds):
                        await asyncio.sleep(seconds)
                    case Abort() | Close():
                        self._channel.close()
                        return
        except InvalidStateError:
            return
        finally:
            self.finished.set()
