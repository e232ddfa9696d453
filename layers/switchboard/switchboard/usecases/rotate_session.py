"""Renewal, step 4: the session takes up the new secret and instructions, if nobody was faster."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.errors import SessionChanged
from switchboard.domain.instructions import compose
from switchboard.domain.memory import Memories
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.ports.transcripts import Digest, Digests
from switchboard.domain.session import Session
from switchboard.usecases.payload import Answer, SessionId, TaskRequest
from switchboard.usecases.recall import named, recall_profile


class RotateSession(TaskRequest):
    """Names the session and transcript as the renewal found them, and the new secret."""

    session_id: SessionId
    version: int
    transcript_version: str
    secret_id: str
    restored: Literal["full", "digest", "none"]
    memory_ids: list[str] = Field(default_factory=list, max_length=limits.RECALL_MAX)


class SessionRotated(Answer):
    """What the renewal ends with."""

    session_id: str
    generation: int
    secret_id: str
    restored: Literal["full", "digest", "none"]


class Deps(Protocol):
    """What this task needs."""

    sessions: Sessions
    digests: Digests
    memories: Memories
    clock: Clock


def rotate_session(request: RotateSession, deps: Deps) -> SessionRotated:
    """Return the session's new generation. Raise SessionChanged if it is not as the renewal found it.

    A repeat after a write whose answer was lost finds its own secret in place, and is content.
    """
    session = deps.sessions.load(request.session_id)
    if session.secret_id != request.secret_id:
        session.require_open()
        if session.version != request.version:
            raise _late()
        instructions = _instructions(session, request, deps)
        session = deps.sessions.save(session.rotate(request.secret_id, instructions, deps.clock()))
    return SessionRotated(
        session_id=session.id,
        generation=session.generation,
        secret_id=session.secret_id,
        restored=request.restored,
    )


def _instructions(session: Session, request: RotateSession, deps: Deps) -> str:
    """Return what the secret was minted with, so that the session says what the call will hear."""
    memories = named(session.owner, request.memory_ids, deps.memories)
    profile = session.profile or recall_profile(session.owner, deps.memories)
    return compose(session.base_instructions, profile, _digest(request, deps), memories)


def _digest(request: RotateSession, deps: Deps) -> Digest | None:
    """Return the digest that the secret was minted with."""
    if request.restored == "none":
        return None
    digest = deps.digests.find(request.session_id, request.transcript_version)
    if digest is None:
        raise _late()
    return digest


def _late() -> SessionChanged:
    return SessionChanged("The session changed during its renewal. Repeat the request.", retry_after=1)
