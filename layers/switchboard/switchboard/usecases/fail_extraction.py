"""Extraction, when a step has failed: the record says so."""

from __future__ import annotations

from typing import Literal, Protocol

from switchboard.domain import limits
from switchboard.domain.ports.extractions import Extractions
from switchboard.usecases.load_extraction import find_extraction
from switchboard.usecases.payload import Answer, ExtractionId, TaskRequest


class FailExtraction(TaskRequest):
    """`error` is the name of what went wrong."""

    extraction_id: ExtractionId
    error: str


class ExtractionMarkedFailed(Answer):
    """The extraction is over; `succeeded` if only the news of that was lost."""

    extraction_id: str
    status: Literal["failed", "succeeded"]


class Deps(Protocol):
    """What this task needs."""

    extractions: Extractions


def fail_extraction(request: FailExtraction, deps: Deps) -> ExtractionMarkedFailed:
    """Mark the attempt as failed; asking again starts another."""
    extraction = find_extraction(request.extraction_id, deps.extractions).fail(
        request.error[: limits.EXTRACT_ERROR_CHARS]
    )
    deps.extractions.save(extraction)
    over = {"extraction_id": extraction.id, "status": extraction.status}
    return ExtractionMarkedFailed.model_validate(over)
