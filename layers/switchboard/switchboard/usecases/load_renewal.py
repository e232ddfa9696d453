"""Renewal, step 1: find the session as it is now."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.talk import Reports, version_of
from switchboard.usecases.payload import Answer, SessionId, TaskRequest
from switchboard.usecases.read_talk import read_talk


class LoadRenewal(TaskRequest):
    """Names the session."""

    session_id: SessionId


class RenewalLoaded(Answer):
    """What the later steps hold on to: they fail if `version` is the session's no more."""

    session_id: str
    generation: int
    version: int
    transcript_version: str


class Deps(Protocol):
    """What this task needs."""

    sessions: Sessions
    transcripts: Transcripts
    reports: Reports


def load_renewal(request: LoadRenewal, deps: Deps) -> RenewalLoaded:
    """Return the session's and the transcript's versions. Raise SessionEnded."""
    session = deps.sessions.load(request.session_id).require_open()
    return RenewalLoaded(
        session_id=session.id,
        generation=session.generation,
        version=session.version,
        transcript_version=version_of(read_talk(session.id, deps)),
    )
