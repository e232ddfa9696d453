"""Show an extraction."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from switchboard.domain.errors import ExtractionFailed, NotFound
from switchboard.domain.extraction import Extraction
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.principal import Principal
from switchboard.usecases.payload import Answer, ExtractionId, Request


class GetExtraction(Request):
    """Names the extraction."""

    extraction_id: ExtractionId


class EvidenceAnswer(Answer):
    """The transcript items on which a field of the profile rests."""

    field: str
    items: list[str]


class ExtractionAnswer(Answer):
    """`profile`, `instructions` and `evidence` are there once `status` is `succeeded`."""

    extraction_id: str
    session_id: str
    status: Literal["running", "succeeded"]
    profile: dict[str, Any] | None
    instructions: str | None
    evidence: list[EvidenceAnswer]

    @classmethod
    def of(cls, extraction: Extraction) -> ExtractionAnswer:
        """Return the answer for an extraction. Raise ExtractionFailed if it has failed."""
        if extraction.status == "failed":
            raise ExtractionFailed(
                "The transcript could not be read. Ask again to try once more.",
                details={"extractionId": extraction.id, "reason": extraction.error},
            )
        return cls(
            extraction_id=extraction.id,
            session_id=extraction.session_id,
            status=extraction.status,
            profile=extraction.profile,
            instructions=extraction.instructions,
            evidence=[
                EvidenceAnswer(field=piece.field, items=list(piece.items)) for piece in extraction.evidence
            ],
        )


class Deps(Protocol):
    """What this use case needs."""

    extractions: Extractions
    clock: Clock


def get_extraction(request: GetExtraction, principal: Principal, deps: Deps) -> ExtractionAnswer:
    """Return the extraction. Another's looks like none."""
    extraction = deps.extractions.find(request.extraction_id)
    if extraction is None or extraction.owner != principal.owner:
        raise NotFound("There is no such extraction.")
    return ExtractionAnswer.of(extraction.as_of(deps.clock()))
