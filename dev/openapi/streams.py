"""Samples of what streamed routes answer, written by the code that writes the streams."""

from __future__ import annotations

from switchboard.agent.sse import encode
from switchboard.domain.live import Shown
from switchboard.domain.transcript import Item, Part
from switchboard.domain.transcript.item import ADDED_LINEAGE, COMPLETED, FINAL
from switchboard.live.stream import RETRY, end_event, item_event

SESSION_ID = "sess_0123456789abcdef0123456789abcdef"
CHATKIT = 'data: {"type":"progress_update","text":"One moment."}\n\n'
"""One event of the ChatKit protocol, whose library takes longer to import than all else here."""


def sample_stream(name: str) -> str:
    """Return a short stream of the route whose function has that name."""
    if name == "post_chatkit":
        return CHATKIT
    if name != "watch":
        return encode({"type": "token", "content": "Lisbon"}).decode()
    words = (Part(0, "audio", FINAL, "Hello."),)
    item = Item("item_A", 0, None, ADDED_LINEAGE, "message", "user", words, COMPLETED)
    shown = Shown(item, 2, None, "0123456789ab:2.1.Ab3x9Q")
    return (RETRY + item_event(shown) + end_event(SESSION_ID)).decode()
