"""A session that is watched, and a host that tells its viewers what it writes."""

from __future__ import annotations

from typing import Any

from switchboard.domain.call import Call, Lease
from switchboard.domain.live import Shown
from switchboard.domain.principal import Principal
from switchboard.domain.session import Session
from switchboard.domain.viewers import Notice, to_message
from switchboard.usecases.stream_transcript import Stream, StreamTranscript, stream_transcript
from switchboard.usecases.viewing import Viewing

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, attached, open_session
from tests.unit.live_world import Book


class Stage:
    """A session of Ann's with one call, whose pages are written as `book` says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = self.call("rtc_1", open_session(world))
        self.book = Book()

    def call(self, call_id: str, of: Session | None = None) -> Session:
        """Attach a call."""
        seen = of or self.world.sessions.load(SESSION_ID)
        self.session = attached(self.world, seen, call_id)
        return self.session

    @property
    def generation(self) -> int:
        return self.session.call_generation

    def write(self) -> list[Notice]:
        """Store what the book has; return what a host would tell of each page."""
        lease = Lease(SESSION_ID, self.generation, "rtc_1", "host_1", 1)
        notices, before = [], 0
        for page in self.book.read():
            self.world.transcripts.write(lease, page.number, page.revision, page.entries)
            notices.append(Notice(self.generation, page.number, page.revision, before, page.entries))
            before = page.revision
        return notices

    def tell(self, *notices: Notice) -> None:
        """Put the notices into every viewer's mailbox."""
        for viewer in self.world.viewers.list(SESSION_ID):
            self.world.mailboxes.send(viewer.mailbox, to_message(notices))

    def say(self, *events: dict[str, Any]) -> None:
        """Say, store and tell."""
        self.book.say(*events)
        self.tell(*self.write())

    def close_call(self) -> None:
        """Close the call in the table."""
        [call] = [each for each in self.world.calls.list(SESSION_ID) if each.generation == self.generation]
        lease = self.world.calls.claim(call, "host_1")
        self.world.calls.close(lease, "hung_up", self.world.clock())

    def end(self) -> None:
        """End the session in the table."""
        session = self.world.sessions.load(SESSION_ID)
        self.world.sessions.save(session.end(self.world.clock()))

    def stream(self, last_event_id: str | None = None, who: Principal = ANN) -> Stream:
        """Open a stream."""
        fields = {"sessionId": SESSION_ID, "lastEventId": last_event_id}
        return stream_transcript(StreamTranscript.model_validate(fields), who, self.world)

    def watch(self, last_event_id: str | None = None) -> tuple[list[str], Viewing]:
        """Open a stream; return the ids of what it begins with, and the stream."""
        stream = self.stream(last_event_id)
        assert stream.viewing is not None
        return ids(stream.shown), stream.viewing


def ids(shown: Any) -> list[str]:
    """The items' ids."""
    found: list[Shown] = list(shown)
    return [each.item.id for each in found]


def open_calls(world: World) -> list[Call]:
    """The session's calls that are not closed."""
    return [call for call in world.calls.list(SESSION_ID) if call.status != "closed"]
