"""An extraction reads a transcript into a profile: structured facts, and the items that each rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from typing import Any, Literal

from switchboard.domain import limits

ExtractionStatus = Literal["running", "succeeded", "failed"]

DEFAULT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"], "description": "What the person wants to be called."},
        "location": {"type": ["string", "null"], "description": "Where the person lives."},
        "occupation": {"type": ["string", "null"], "description": "What the person does for a living."},
        "language": {"type": ["string", "null"], "description": "The language that the person speaks."},
        "goals": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What the person wants to reach, in their own words.",
        },
        "preferences": {
            "type": "array",
            "items": {"type": "string"},
            "description": "How the person wants to be treated, likes and dislikes.",
        },
    },
    "required": ["name", "location", "occupation", "language", "goals", "preferences"],
    "additionalProperties": False,
}
"""What a profile is when the caller names no schema."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The transcript items (upstream item ids) on which one field of a profile rests."""

    field: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one chunk of a transcript yields: a profile that fits the schema, and its evidence."""

    profile: dict[str, Any]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """One question put to one version of one transcript.

    `id` follows from session, transcript version and schema, so that asking twice is one extraction.
    `attempt` counts the runs of it: a failed one may be tried again.
    """

    id: str
    session_id: str
    owner: str
    transcript_version: str
    schema: dict[str, Any]
    started_at: datetime
    status: ExtractionStatus = "running"
    attempt: int = 1
    profile: dict[str, Any] | None = None
    instructions: str | None = None
    evidence: tuple[Evidence, ...] = ()
    error: str | None = None

    @property
    def execution_name(self) -> str:
        """Names the workflow's execution; the workflow service runs one name once."""
        return f"{self.id}-{self.attempt}"

    def as_of(self, now: datetime) -> Extraction:
        """Return what is true now: an attempt that died without saying so has failed at its deadline."""
        overdue = now > self.started_at + timedelta(seconds=limits.EXTRACT_DEADLINE_SECONDS)
        return self.fail("States.Timeout") if self.status == "running" and overdue else self

    def may_start(self, now: datetime) -> bool:
        """Tell whether another attempt is due, because the last one failed."""
        return self.as_of(now).status == "failed"

    def again(self, now: datetime) -> Extraction:
        """Return the next attempt."""
        return replace(self, status="running", attempt=self.attempt + 1, started_at=now, error=None)

    def succeed(self, finding: Finding, instructions: str) -> Extraction:
        """Hold the answer."""
        return replace(
            self,
            status="succeeded",
            profile=finding.profile,
            evidence=finding.evidence,
            instructions=instructions,
        )

    def fail(self, error: str) -> Extraction:
        """Hold the name of what went wrong; a profile that is there stays a success."""
        return self if self.status == "succeeded" else replace(self, status="failed", error=error)


def extraction_id(session_id: str, transcript_version: str, schema: dict[str, Any]) -> str:
    """Return the id of the question: 128 bits of a hash over all that it depends on."""
    question = dumps([session_id, transcript_version, schema], sort_keys=True, separators=(",", ":"))
    return f"ext_{sha256(question.encode()).hexdigest()[:32]}"


def merge(findings: list[Finding]) -> Finding:
    """Join the chunks' findings in talk order: what was said later wins, lists grow without repeats."""
    profile: dict[str, Any] = {}
    evidence: dict[str, list[str]] = {}
    for finding in findings:
        profile = _merge_value(profile, finding.profile)
        for piece in finding.evidence:
            known = evidence.setdefault(piece.field, [])
            known.extend(item for item in piece.items if item not in known)
    return Finding(profile, tuple(Evidence(field, tuple(items)) for field, items in evidence.items()))


def _merge_value(old: Any, new: Any) -> Any:
    if new is None or new == "":
        return new if old is None else old
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: _merge_value(old.get(key), new.get(key)) for key in {**old, **new}}
    if isinstance(old, list) and isinstance(new, list):
        return old + [value for value in new if value not in old]
    return new
