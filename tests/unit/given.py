"""Situations that tests begin with: principals, sessions, calls, and talks of some length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from switchboard.domain.call import Call, Lease
from switchboard.domain.principal import Guest, User
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session
from switchboard.domain.transcript import Item, Part, to_entry
from switchboard.domain.transcript.item import ADDED_LINEAGE, COMPLETED, FINAL
from switchboard.stores.memory import MemorySessions

from tests.unit.fakes import START, World

ANN = User("ann")
BOB = User("bob")
GUEST = Guest("gst_1")

SESSION_ID = "sess_" + "a" * 32
OTHER_ID = "sess_" + "b" * 32
NOBODYS_ID = "sess_" + "f" * 32


def session(session_id: str = SESSION_ID, **changes: Any) -> Session:
    """A session of Ann's, not stored."""
    fresh = Session(
        id=session_id,
        owner=ANN.owner,
        mode="direct",
        model="gpt-realtime-2.1",
        voice="marin",
        transcription=True,
        base_instructions="Be kind.",
        instructions="Be kind.",
        secret_id="00000001#0",
        created_at=START,
        updated_at=START,
    )
    return replace(fresh, **changes)


def open_session(world: World, session_id: str = SESSION_ID, **changes: Any) -> Session:
    """A stored session of Ann's, with its secret."""
    secret_id = world.secrets.add(
        session_id, 1, ClientSecret("ek_first", world.clock() + timedelta(minutes=10))
    )
    fresh = session(session_id, **{"secret_id": secret_id, **changes})
    world.sessions.add(fresh)
    return fresh


def ended_session(world: World, session_id: str = SESSION_ID) -> Session:
    """A stored session of Ann's that is over."""
    return world.sessions.save(open_session(world, session_id).end(world.clock()))


def attached(world: World, of: Session, call_id: str) -> Session:
    """The session, with that call as its current one."""
    changed = of.attach(call_id, world.clock())
    call = Call(changed.id, changed.call_generation, call_id, created_at=world.clock())
    return world.sessions.attach(changed, call)


def said(item_id: str, text: str, role: str = "user", previous: str | None = None, **more: Any) -> Item:
    """A message that is complete, spoken and transcribed."""
    return Item(
        item_id,
        seq=more.pop("seq", 0),
        previous=previous or "root",
        lineage=ADDED_LINEAGE,
        kind=more.pop("kind", "message"),
        role=role,
        parts=(Part(0, "audio" if role == "user" else "text", FINAL, text),) if text else (),
        progress=more.pop("progress", COMPLETED),
        **more,
    )


def talk(*words: str, prefix: str = "item") -> list[Item]:
    """A talk in which user and assistant take turns."""
    roles = ("user", "assistant")
    return [
        said(
            f"{prefix}_{index}",
            text,
            roles[index % 2],
            previous=f"{prefix}_{index - 1}" if index else None,
            seq=index,
        )
        for index, text in enumerate(words)
    ]


def write_talk(
    world: World,
    items: Sequence[Item],
    session_id: str = SESSION_ID,
    generation: int = 2,
    revision: int = 1,
) -> None:
    """Write the items as the pages of one call, as a host would: a page for every three."""
    lease = Lease(session_id, generation, "rtc_1", "host_1", 1)
    entries = [to_entry(item) for item in items]
    for number, start in enumerate(range(0, len(entries), 3), start=1):
        world.transcripts.write(lease, number, revision, entries[start : start + 3])


class Contended(MemorySessions):
    """Sessions that somebody else changes just before each of the next `times` writes."""

    def __init__(self, world: World, times: int) -> None:
        super().__init__(world.stores.calls)
        self._sessions = world.stores.sessions._sessions  # the same ones, seen through this
        self.times = times
        world.sessions = self

    def _meddle(self, session_id: str) -> None:
        if self.times:
            self.times -= 1
            super().save(self.load(session_id))

    def save(self, session: Session) -> Session:
        self._meddle(session.id)
        return super().save(session)
