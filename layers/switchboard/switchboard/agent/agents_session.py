"""openai-agents' `Session` on our stores: the items of its runs, shared by every process that knows the id.

    from agents import Agent, Runner
    from switchboard.agent import AgentsSession

    await Runner.run(agent, "Hello", session=AgentsSession("user-42"))

It follows the package's protocol and does not import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from json import dumps, loads
from secrets import token_hex
from typing import Any

from switchboard.agent.stores.backend import APPEND_MOST, Kept
from switchboard.agent.stores.store import LOCAL, SessionStore, missing
from switchboard.agent.wiring import get_session_store

Item = Any
"""An item as the Responses API knows it: a JSON object."""
EVERYTHING = 1_000_000
"""What is read where no limit is given."""


class AgentsSession:
    """The items of one conversation, oldest first. Every method may raise NotFound (another's) or Throttled.

    What one call of `add_items` brings stays together and in order; up to 90 items are stored all or none.
    `session_settings.limit` says how many are read where a call does not.
    """

    def __init__(
        self,
        session_id: str,
        store: SessionStore | None = None,
        *,
        owner: str = LOCAL,
        session_settings: Any = None,
    ) -> None:
        """Without `store`, sessions are kept where the environment says."""
        self.session_id = session_id
        self.session_settings = session_settings
        self._store = store or get_session_store()
        self._owner = owner
        # Apart from turns, should both kinds of session have the same name.
        self._id = f"items:{session_id}"
        self._last = self._store.clock() - timedelta(microseconds=1)

    async def get_items(self, limit: int | None = None, **_: Any) -> list[Item]:
        """Return the newest `limit` items, or all, in the order in which they were said."""
        if limit is None:
            limit = getattr(self.session_settings, "limit", None)
        if limit is not None and limit <= 0:
            return []
        record = await self._store.find(self._id, self._owner)
        if record is None:
            return []
        kept = await self._store.backend.read(self._id, record.epoch, limit or EVERYTHING)
        return [self._open(each) for each in reversed(kept)]

    async def add_items(self, items: Sequence[Item], **_: Any) -> None:
        """Store items behind those that are there."""
        if not items:
            return
        record = await self._store.create(self._id, self._owner)
        now = self._store.clock()
        at = self._last = max(now, self._last + timedelta(microseconds=1))
        expires = int((now + self._store.life).timestamp())
        batch = f"{at:%Y%m%dT%H%M%S.%fZ}#{token_hex(8)}"
        kept = [Kept(f"{batch}#{number:06d}", self._seal(item), expires) for number, item in enumerate(items)]
        for start in range(0, len(kept), APPEND_MOST):
            part = kept[start : start + APPEND_MOST]
            gains = {"turns": len(part), "answers": len(part)}
            if not await self._store.backend.append(self._id, record.epoch, part, gains, now):
                raise missing()

    async def pop_item(self, **_: Any) -> Item | None:
        """Remove and return the newest item; None without any. Two that pop at once get two items."""
        record = await self._store.find(self._id, self._owner)
        if record is None:
            return None
        kept = await self._store.backend.take(self._id, record.epoch)
        return None if kept is None else self._open(kept)

    async def clear_session(self, **_: Any) -> None:
        """Forget all items."""
        if await self._store.exists(self._id, self._owner):
            await self._store.backend.clear(self._id, self._store.clock())

    def _seal(self, item: Item) -> bytes:
        text = dumps(item, ensure_ascii=False, separators=(",", ":"))
        return self._store.sealer.seal(self._id, text.encode("utf-8", "replace"))

    def _open(self, kept: Kept) -> Item:
        return loads(self._store.sealer.open(self._id, kept.blob))
