"""Extraction, step 3: join the findings, and let the session know."""

from __future__ import annotations

from typing import Literal, Protocol

from switchboard.domain.extraction import Finding, merge
from switchboard.domain.instructions import compose
from switchboard.domain.memory import Memories
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.surroundings import Clock
from switchboard.usecases.changing import insist
from switchboard.usecases.load_extraction import find_extraction
from switchboard.usecases.payload import Answer, ExtractionId, TaskRequest
from switchboard.usecases.recall import is_user


class SaveProfile(TaskRequest):
    """Names the extraction."""

    extraction_id: ExtractionId


class ProfileSaved(Answer):
    """The extraction is over."""

    extraction_id: str
    status: Literal["succeeded"] = "succeeded"


class Deps(Protocol):
    """What this task needs."""

    sessions: Sessions
    extractions: Extractions
    memories: Memories
    clock: Clock


def save_profile(request: SaveProfile, deps: Deps) -> ProfileSaved:
    """Keep the profile in the session first, so that whoever sees the extraction succeed finds it there."""
    extraction = find_extraction(request.extraction_id, deps.extractions)
    finding = merge(list(deps.extractions.list_findings(extraction)))
    instructions = insist(lambda: _learn(extraction.session_id, finding, deps))
    _remember(extraction.owner, finding, deps.memories)
    deps.extractions.save(extraction.succeed(finding, instructions))
    return ProfileSaved(extraction_id=extraction.id)


def _remember(owner: str, finding: Finding, memories: Memories) -> None:
    """Keep for the user's later sessions what was found; what is not mentioned this time stays known."""
    found = {name: value for name, value in finding.profile.items() if value not in (None, "", [], {})}
    if found and is_user(owner):
        memories.keep_profile(owner, {**(memories.profile(owner) or {}), **found})


def _learn(session_id: str, finding: Finding, deps: Deps) -> str:
    session = deps.sessions.load(session_id)
    instructions = compose(session.base_instructions, finding.profile)
    deps.sessions.save(session.learn(finding.profile, instructions, deps.clock()))
    return instructions
