"""Media for real browsers: offers that bring a transport get WebRTC, all others words only."""

import asyncio
import logging
import re
from typing import TYPE_CHECKING

from dev.simulator.chance import Chance
from dev.simulator.line import Line
from dev.simulator.sdp import WordsOnly

if TYPE_CHECKING:
    from dev.simulator.webrtc_call import WebRtcCall

log = logging.getLogger(__name__)
_FINGERPRINT = re.compile(r"^a=fingerprint:", re.MULTILINE)
_CANDIDATES = re.compile(r"^a=(candidate:|ice-options:.*\btrickle\b)", re.MULTILINE)


def brings_transport(offer: str) -> bool:
    """Whether somebody stands behind the offer: it has a DTLS fingerprint, and has or promises candidates."""
    return bool(_FINGERPRINT.search(offer) and _CANDIDATES.search(offer))


class BrowserMedia:
    """Answers every offer. The WebRTC library is imported when a call needs it, and may be missing."""

    def __init__(self, chance: Chance) -> None:
        self._words = WordsOnly(chance)
        self._calls: dict[str, WebRtcCall] = {}

    async def answer(self, offer: str, line: Line) -> str:
        """The SDP answer. Raises ApiError 400 for an offer that cannot be read."""
        plain = await self._words.answer(offer, line)
        if not brings_transport(offer):
            return plain
        try:
            from dev.simulator.webrtc_call import WebRtcCall
        except ImportError:
            log.warning("no media: install `aiortc`, and browsers can talk to the simulator")
            return plain
        call = WebRtcCall(line)
        self._calls[line.session.call_id or ""] = call
        try:
            return await call.answer(offer)
        except BaseException:
            await self.close(line.session.call_id or "")
            raise

    def cut(self, call_id: str, seconds: float | None) -> bool:
        """Drop all packets of a call for that many seconds, or for good; tell whether it has any."""
        call = self._calls.get(call_id)
        if call is not None:
            call.cut(seconds)
        return call is not None

    async def close(self, call_id: str) -> None:
        """Let go of a call's transport; its last words are sent first."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            await asyncio.shield(call.close())
