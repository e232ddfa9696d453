"""Extraction, when a step has failed: the record says so."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field

from switchboard.domain.ports import Extractions
from switchboard.usecases.load_extraction import find_extraction
from switchboard.usecases.payload import Answer, ExtractionId, TaskRequest


class FailExtraction(TaskRequest):
    """`error` is the name of what went wrong."""

    extraction_id: ExtractionId
    error: str = Field(max_length=256)


class ExtractionMarkedFailed(Answer):
    """The extraction is over."""

    extraction_id: str
    status: Literal["failed"] = "failed"


class Deps(Protocol):
    """What this task needs."""

    extractions: Extractions


def fail_extraction(request: FailExtraction, deps: Deps) -> ExtractionMarkedFailed:
    """Mark the attempt as failed; asking again starts another."""
    extraction = find_extraction(request.extraction_id, deps.extractions)
    deps.extractions.save(extraction.fail(request.error))
    return ExtractionMarkedFailed(extraction_id=extraction.id)
