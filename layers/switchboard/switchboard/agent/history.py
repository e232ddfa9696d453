"""What was said before, as an agent needs it: kept, selected for a query, and written out for a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex

from switchboard.agent import limits, selection, summaries
from switchboard.agent.turn import Turn
from switchboard.domain.errors import UpstreamError

Embed = Callable[[Sequence[str]], Awaitable[list[bytes]]]
"""Return a packed unit vector for each text. Raise an UpstreamError."""


@dataclass(frozen=True)
class HistoryParts:
    """What a history works with. Without `ask` summaries are cut from the words; without `embed` the newest
    turns are the relevant ones."""

    ask: summaries.Ask | None = None
    embed: Embed | None = None
    most: int = limits.CONTEXT_MESSAGES
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[str], str] = lambda prefix: prefix + token_hex(16)


class MessageHistory:
    """The turns of one session in order, and the digest of those before them.

    A history lives in memory; `SessionStore.set` stores what was added to it, `SessionStore.get` loads one.
    `epoch` counts how often the stored session was cleared: a turn of an earlier epoch is not kept.
    `amended` are turns that were stored without a vector and have one now; `stored` are the keys of those
    that the store `stored_in` has.
    """

    def __init__(
        self,
        turns: Iterable[Turn] = (),
        *,
        digest: str = "",
        digest_key: str = "",
        epoch: int = 0,
        parts: HistoryParts | None = None,
    ) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.key)
        self.digest = digest
        self.digest_key = digest_key
        self.epoch = epoch
        self.cleared = False
        self.amended: list[Turn] = []
        self.stored_in: object | None = None
        self.stored: set[str] = set()
        self.parts = parts or HistoryParts()

    def __len__(self) -> int:
        return len(self._turns)

    async def add_agent_message(self, query: str, answer: str) -> Turn:
        """Add a finished turn, summarised and embedded as configured, and return it."""
        now = self.parts.clock()
        draft = Turn(self.parts.new_id("turn_"), query, answer, "", now)
        turn = await self.finish(draft)
        self.add(turn)
        return turn

    async def finish(self, draft: Turn) -> Turn:
        """Return the turn with its summary and its vector; either falls back when the upstream fails."""
        summary, vector = await asyncio.gather(
            summaries.summarise(draft.query, draft.answer, self.parts.ask),
            self._vector_of(f"{draft.query}\n{draft.answer}"),
        )
        return replace(draft, summary=summary, vector=vector)

    def add(self, turn: Turn) -> None:
        """Add a turn that is complete in itself. The same turn again replaces it."""
        others = [other for other in self._turns if other.id != turn.id]
        self._turns = sorted([*others, turn], key=lambda each: each.key)

    def get_all(self) -> list[Turn]:
        """Return every turn, oldest first."""
        return list(self._turns)

    def get_by_id(self, turn_id: str) -> Turn | None:
        """Return the turn of that id, if it is here."""
        return next((turn for turn in self._turns if turn.id == turn_id), None)

    def last(self) -> Turn | None:
        """Return the newest turn, if there is one."""
        return self._turns[-1] if self._turns else None

    def clear(self) -> None:
        """Forget everything; `SessionStore.set` then forgets it too."""
        self._turns = []
        self.digest = self.digest_key = ""
        self.cleared = True

    async def select_relevant_messages(self, query: str) -> list[Turn]:
        """Return the turns that matter for this query, oldest first.

        The newest are always among them. Turns that have no vector yet get one on the way, some at a time.
        """
        usable = [turn for turn in self._turns if turn.answer or turn.status == "completed"]
        if self.parts.embed is None or len(usable) <= self.parts.most:
            return selection.select(usable, None, self.parts.most)
        bare = [turn for turn in usable if turn.vector is None][-limits.BACKFILL_TURNS :]
        texts = [query, *(f"{turn.query}\n{turn.answer}" for turn in bare)]
        vectors = await self._vectors(texts)
        wanted, found = (vectors[0], vectors[1:]) if vectors else (None, [])
        fresh = {turn.id: turn.with_vector(vector) for turn, vector in zip(bare, found, strict=False)}
        self._turns = [fresh.get(turn.id, turn) for turn in self._turns]
        self.amended += fresh.values()
        return selection.select([fresh.get(turn.id, turn) for turn in usable], wanted, self.parts.most)

    def format_for_planning(self, turns: Sequence[Turn] | None = None) -> str:
        """Return the turns (all by default) as text for a prompt: each query with its summary."""
        chosen = self._turns if turns is None else turns
        lines = [f"User: {turn.query}\nAssistant: {turn.summary}" for turn in chosen]
        return "\n\n".join([f"Earlier: {self.digest}", *lines] if self.digest else lines)

    async def _vector_of(self, text: str) -> bytes | None:
        vectors = await self._vectors([text])
        return vectors[0] if vectors else None

    async def _vectors(self, texts: Sequence[str]) -> list[bytes]:
        """Return the texts' vectors, or none at all when they cannot be had in time."""
        if self.parts.embed is None:
            return []
        try:
            async with asyncio.timeout(limits.EMBEDDING_SECONDS):
                return await self.parts.embed([text[: limits.EMBEDDING_CHARS] for text in texts])
        except (UpstreamError, TimeoutError):
            return []
