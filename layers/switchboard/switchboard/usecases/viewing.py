"""One open stream of a transcript: what it has read, what it waits for, and how it comes to an end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from switchboard.domain import live_limits as limits
from switchboard.domain.errors import InvalidRequest, NotFound, Throttled
from switchboard.domain.live import Feed, Shown
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.sideband import SidebandCommands
from switchboard.domain.ports.surroundings import Clock, NewId, Sleep
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.session import Session
from switchboard.domain.viewers import Mailboxes, Notice, Viewer, Viewers, of_message


class Deps(Protocol):
    """What a stream needs."""

    sessions: Sessions
    calls: Calls
    transcripts: Transcripts
    viewers: Viewers
    mailboxes: Mailboxes
    sideband: SidebandCommands
    clock: Clock
    sleep: Sleep
    new_id: NewId


class Viewing:
    """One viewer's stream of a session. One thread at a time may use it; any may close it.

    Args:
        network: that of a guest, who shares some places with all guests of it.

    Attributes:
        over: the session has ended, and everything was handed out.
        gone: the mailbox was taken from us: by the next stream of the same viewer, or by a sweep.
    """

    def __init__(self, session: Session, network: str | None, feed: Feed, deps: Deps) -> None:
        self.session_id = session.id
        self.over = False
        self.gone = False
        self._session = session
        self._network = network
        self._feed = feed
        self._deps = deps
        self._viewer: Viewer | None = None
        self._open: set[int] = set()
        self._closed: set[int] = set()
        self._began = self._heard_at = deps.clock()
        self._patience = limits.SILENCE_SECONDS

    def begin(self, before: str | None) -> list[Shown]:
        """Register, and return what the transcript has by now; `before` is the stream that this one goes on.

        Raise TooManyViewers, Throttled, or InvalidRequest if the viewer's position is none of this session.
        """
        try:
            if self._session.status != "ended" or self._has_open_calls():
                self._register(before)
            shown = list(self._look())
            if not self._feed.fits():
                raise InvalidRequest("The last event id is not one of this session's.")
            return shown
        except BaseException:
            self.close()
            raise

    def wait(self) -> list[Shown]:
        """Wait for some seconds for news, and return them; nothing if there are none. Raise Throttled."""
        notices = sorted(self._receive(), key=lambda each: (each.generation, each.page, each.revision))
        if notices:
            self._heard_at, self._patience = self._deps.clock(), limits.SILENCE_SECONDS
        else:
            self._remind()
        shown = [each for notice in notices for each in self._learn(notice)]
        known = self._open | self._closed
        if any(notice.over or notice.generation not in known for notice in notices):
            shown += self._look()
        return shown

    def close(self) -> None:
        """Free the mailbox and the place. What cannot be freed now frees itself."""
        viewer, self._viewer = self._viewer, None
        if viewer is not None:
            self._forget(viewer)

    def _has_open_calls(self) -> bool:
        return any(call.status != "closed" for call in self._deps.calls.list(self.session_id))

    def _register(self, before: str | None) -> None:
        """Take a place and a mailbox; the earlier stream of the same viewer loses its own."""
        deps = self._deps
        until = deps.clock() + timedelta(seconds=limits.STREAM_SECONDS + limits.MAILBOX_SECONDS)
        fresh = Viewer(self._feed.viewer, self.session_id, "", until, self._network)
        deps.viewers.require(fresh, before)  # before a mailbox is made: whoever tries on and on costs a read
        for viewer in deps.viewers.list(self.session_id):
            if viewer.id == before:
                self._forget(viewer)
        fresh = replace(fresh, mailbox=deps.mailboxes.open())
        try:
            deps.viewers.add(fresh)
        except BaseException:
            deps.mailboxes.close(fresh.mailbox)
            raise
        self._viewer = fresh

    def _forget(self, viewer: Viewer) -> None:
        with suppress(Throttled):
            self._deps.viewers.remove(viewer)
        with suppress(Throttled):
            self._deps.mailboxes.close(viewer.mailbox)

    def _look(self) -> Iterator[Shown]:
        """Read the session's row, and of its calls whatever is not known yet."""
        deps = self._deps
        self._session = deps.sessions.load(self.session_id)
        calls = deps.calls.list(self.session_id)
        fresh = {call.generation for call in calls} - self._open - self._closed
        still_open = {call.generation for call in calls if call.status != "closed"}
        if fresh & still_open:
            deps.sideband.watch(self._session)
        read = dict(deps.transcripts.read(self.session_id)) if fresh else {}
        for generation in sorted(call.generation for call in calls if call.generation not in self._closed):
            yield from self._feed.take(generation, (0, 0), ())
            if generation in fresh:
                for page in read.get(generation, ()):
                    yield from self._feed.take(generation, (page.number, page.revision), page.entries)
            if generation not in still_open:
                if generation not in fresh:
                    yield from self._reread(generation)
                yield from self._feed.close(generation)
                self._closed.add(generation)
        self._open = still_open
        self.over = self._session.status == "ended" and not still_open

    def _reread(self, generation: int) -> Iterator[Shown]:
        """Read a call's pages from the last that is known on."""
        last, _ = self._feed.place(generation)
        for page in self._deps.transcripts.pages(self.session_id, generation, max(last - 1, 0)):
            yield from self._feed.take(generation, (page.number, page.revision), page.entries)

    def _learn(self, notice: Notice) -> Iterator[Shown]:
        known, place = self._feed.place(notice.generation), (notice.page, notice.revision)
        if place <= known:
            return
        follows = known[0] == notice.page or known >= (notice.page - 1, notice.before)
        if notice.entries is not None and follows:
            yield from self._feed.take(notice.generation, place, notice.entries)
        else:
            yield from self._reread(notice.generation)

    def _receive(self) -> list[Notice]:
        deps, viewer = self._deps, self._viewer
        if viewer is None:
            return []
        try:
            messages = deps.mailboxes.receive(viewer.mailbox, limits.MAILBOX_POLL_SECONDS)
        except NotFound:  # a new queue may not be there at once
            self.gone = (deps.clock() - self._began).total_seconds() > limits.MAILBOX_WAKES_SECONDS
            deps.sleep(limits.MAILBOX_PAUSE_SECONDS)
            return []
        except Throttled:
            deps.sleep(limits.MAILBOX_PAUSE_SECONDS)
            return []
        return [notice for message in messages for notice in of_message(message)]

    def _remind(self) -> None:
        """Tell the hosts of us again, if one that follows a call has been silent."""
        now = self._deps.clock()
        if self._open and (now - self._heard_at).total_seconds() > self._patience:
            self._heard_at = now
            self._patience = min(2 * self._patience, limits.SILENCE_LONGEST_SECONDS)
            self._deps.sideband.watch(self._session)
