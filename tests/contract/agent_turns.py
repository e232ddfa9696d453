"""The turns that a store holds of a session."""

from __future__ import annotations

from typing import Any

from switchboard.agent import SessionStore


async def ids(store: SessionStore, session_id: str = "s", **options: Any) -> list[str]:
    """Return the ids of a session's turns, the oldest first. The session must be there."""
    history = await store.get(session_id, **options)
    assert history is not None
    return [turn.id for turn in history.get_all()]
