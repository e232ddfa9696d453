"""One call over WebRTC: ICE on this machine's own addresses, DTLS, the data channel and sound both ways."""

import asyncio
import contextlib
import re
from collections.abc import Coroutine
from typing import Any

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)

from dev.simulator import limits, webrtc_wire
from dev.simulator.errors import ApiError
from dev.simulator.line import Line
from dev.simulator.webrtc_ear import Microphone
from dev.simulator.webrtc_peer import ChannelPeer
from dev.simulator.webrtc_voice import Voice

CHANNEL = "oai-events"
_CANDIDATE_LINES = re.compile(r"^a=(candidate:.*|end-of-candidates)\r?\n", re.MULTILINE)
_PORT = re.compile(r"^a=candidate:\S+ \d+ udp \d+ \S+ (\d+) ", re.MULTILINE | re.IGNORECASE)
_gathered = aioice.ice.get_host_addresses


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Where to be reached: loopback first, which the library leaves out, and this machine's own addresses."""
    return ["127.0.0.1", *_gathered(use_ipv4, use_ipv6=False)]


aioice.ice.get_host_addresses = _addresses  # the library offers no setting for it


class WebRtcCall:
    """The upstream's end of one browser's peer connection. What flows is counted in `line.media`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[])
        )  # no STUN: nobody outside is asked
        self._voice = Voice(line.speaker)
        self._microphone = Microphone(line)
        self._peer: ChannelPeer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ports: set[int] = set()
        self._connection.on("datachannel", self._on_channel)
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)
        line.media = self._shown

    async def answer(self, offer: str) -> str:
        """The SDP answer with all candidates. Raises ApiError 400 for an offer that cannot be read.

        The offer's own candidates are left out: a browser's are often names that only it can resolve, and its
        checks tell where it is.
        """
        try:
            bare = _CANDIDATE_LINES.sub("", offer)
            await self._connection.setRemoteDescription(RTCSessionDescription(bare, "offer"))
            self._connection.addTrack(self._voice)
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except (ValueError, KeyError, IndexError) as problem:
            raise ApiError(
                400, "The SDP offer could not be parsed.", "invalid_offer", param="sdp"
            ) from problem
        answer: str = self._connection.localDescription.sdp
        self._ports = set(map(int, _PORT.findall(answer)))
        return answer

    def cut(self, seconds: float | None) -> None:
        """Drop all packets for that many seconds, or for good."""
        webrtc_wire.cut(self._ports)
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, webrtc_wire.mend, self._ports)

    async def close(self) -> None:
        """Send what is still to be sent, then close everything."""
        if self._peer is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._peer.finished.wait(), limits.CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await self._connection.close()
        webrtc_wire.mend(self._ports)  # they are the next call's now

    def _shown(self) -> dict[str, object]:
        return {
            "state": self._connection.connectionState,
            "channel": "open" if self._peer else None,
            "heard_seconds": round(self._microphone.seconds, 2),
            "heard_peak": round(self._microphone.peak, 3),
            "spoken_seconds": round(self._voice.seconds, 2),
        }

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != CHANNEL or self._line.session.ended:
            return
        session = self._line.session
        peer = self._peer = ChannelPeer(channel)

        def on_message(message: str | bytes) -> None:
            if not session.ended:
                text = message if isinstance(message, str) else message.decode(errors="replace")
                self._line.events.handle(peer, text)

        channel.on("message", on_message)
        session.peers.append(peer)
        self._spawn(peer.pump())
        session.tell(peer, {"type": "session.created", "session": session.config})

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._spawn(self._microphone.listen(track))

    def _on_state(self) -> None:
        """A browser that leaves ends its call."""
        if self._connection.connectionState in ("closed", "failed"):
            if self._peer is not None and self._peer in self._line.session.peers:
                self._line.session.peers.remove(self._peer)
                self._peer.finished.set()
            self._line.hang_up("the browser left")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
