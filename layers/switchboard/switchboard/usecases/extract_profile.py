"""Read a session's transcript into a profile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.errors import NothingToExtract
from switchboard.domain.extraction import DEFAULT_SCHEMA, Extraction, extraction_id
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.surroundings import Clock, Sleep
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.ports.workflows import Workflows
from switchboard.domain.principal import Principal
from switchboard.domain.schema import strict
from switchboard.domain.talk import Reports, quote, version_of
from switchboard.usecases.get_extraction import ExtractionAnswer
from switchboard.usecases.payload import Request, SessionId
from switchboard.usecases.read_talk import read_talk


class ExtractProfile(Request):
    """`schema` is a JSON schema of the profile; every field it leaves optional may come back null."""

    session_id: SessionId
    profile_schema: dict[str, Any] | None = Field(default=None, alias="schema")


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    transcripts: Transcripts
    reports: Reports
    extractions: Extractions
    workflows: Workflows
    clock: Clock
    sleep: Sleep


def extract_profile(request: ExtractProfile, principal: Principal, deps: Deps) -> ExtractionAnswer:
    """Return the extraction, finished if it finishes within `EXTRACT_WAIT_SECONDS`.

    The same question about the same words is the same extraction; a failed one is tried again.
    """
    session = deps.sessions.get(request.session_id, principal.owner)
    schema = DEFAULT_SCHEMA if request.profile_schema is None else strict(request.profile_schema)
    talk = read_talk(session.id, deps)
    if not quote(talk):
        raise NothingToExtract("The transcript has no words yet.", retry_after=limits.EXTRACT_RETRY_AFTER)
    version = version_of(talk)
    key = extraction_id(session.id, version, schema)
    now = deps.clock()
    extraction = deps.extractions.find(key)
    if extraction is None or extraction.may_start(now):
        attempt = (
            extraction.again(now)
            if extraction
            else Extraction(key, session.id, session.owner, version, schema, started_at=now)
        )
        deps.extractions.start(attempt)
        extraction = attempt
    if extraction.status == "running":
        deps.workflows.extract(extraction)
        extraction = _wait(extraction, deps)
    return ExtractionAnswer.of(extraction)


def _wait(extraction: Extraction, deps: Deps) -> Extraction:
    until = deps.clock() + timedelta(seconds=limits.EXTRACT_WAIT_SECONDS)
    while deps.clock() < until:
        found = deps.extractions.find(extraction.id)
        if found and found.attempt >= extraction.attempt and found.status != "running":
            return found
        deps.sleep(limits.EXTRACT_POLL_SECONDS)
    return extraction
