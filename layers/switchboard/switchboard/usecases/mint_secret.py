"""Renewal, step 3: mint the new secret, with instructions that carry the talk so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

from switchboard.domain.errors import SessionChanged
from switchboard.domain.instructions import compose
from switchboard.domain.memory import Memories, Relevance
from switchboard.domain.ports.realtime import Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.surroundings import Clock, NewId
from switchboard.domain.ports.transcripts import Digests
from switchboard.domain.principal import safety_identifier
from switchboard.domain.session import Session
from switchboard.usecases.payload import Answer, SessionId, TaskRequest
from switchboard.usecases.recall import recall


class MintSecret(TaskRequest):
    """Names the session and transcript as the renewal found them."""

    session_id: SessionId
    version: int
    transcript_version: str


class SecretMinted(Answer):
    """Names the stored secret; the secret itself never leaves the task."""

    secret_id: str
    restored: Literal["full", "digest", "none"]
    memory_ids: list[str]


class Defaults(Protocol):
    """What a call is when its session does not say."""

    transcription_model: str
    client_secret_seconds: int


class Deps(Protocol):
    """What this task needs."""

    sessions: Sessions
    secrets: Secrets
    digests: Digests
    realtime: Realtime
    memories: Memories
    relevance: Relevance
    clock: Clock
    new_id: NewId
    settings: Defaults


def mint_secret(request: MintSecret, deps: Deps) -> SecretMinted:
    """Return the name of the new secret. A secret that no session takes up expires unused."""
    session = deps.sessions.load(request.session_id).require_open()
    if session.version != request.version:
        raise SessionChanged("The session changed during its renewal. Repeat the request.", retry_after=1)
    digest = deps.digests.find(session.id, request.transcript_version)
    about = f"{session.base_instructions}\n{digest.text}" if digest else session.base_instructions
    known = recall(session.owner, about, deps)
    profile = session.profile or known.profile
    instructions = compose(session.base_instructions, profile, digest, known.texts)
    secret_id = _mint(replace(session, instructions=instructions), deps)
    restored = digest.restored if digest else "none"
    memory_ids = [memory.id for memory in known.memories]
    return SecretMinted.model_validate(
        {"secret_id": secret_id, "restored": restored, "memory_ids": memory_ids}
    )


def _mint(session: Session, deps: Deps) -> str:
    """Return the new secret's name; of a relayed session only a name, as its ticket is issued at the end."""
    if session.mode == "relay":
        return deps.new_id(f"{session.generation + 1:08d}#")
    config = session.config(deps.settings.transcription_model)
    seconds = deps.settings.client_secret_seconds
    secret = deps.realtime.mint(config, seconds, safety_identifier(session.owner))
    return deps.secrets.add(session.id, session.generation + 1, secret)
