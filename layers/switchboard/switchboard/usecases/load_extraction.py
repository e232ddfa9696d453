"""Extraction, step 1: see how many chunks there are to read."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.domain.extraction import Extraction
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.talk import Reports, chunk, quote
from switchboard.usecases.payload import Answer, ExtractionId, TaskRequest
from switchboard.usecases.read_talk import Sources, read_talk


class LoadExtraction(TaskRequest):
    """Names the extraction."""

    extraction_id: ExtractionId


class ExtractionLoaded(Answer):
    """`chunks` are their numbers, from 0."""

    extraction_id: str
    chunks: list[int]


class Deps(Protocol):
    """What this task needs."""

    extractions: Extractions
    transcripts: Transcripts
    reports: Reports


def load_extraction(request: LoadExtraction, deps: Deps) -> ExtractionLoaded:
    """Return the chunks. Raise InvalidRequest if the transcript is longer than anybody can talk."""
    extraction = find_extraction(request.extraction_id, deps.extractions)
    count = len(read_chunks(extraction, deps))
    if count > limits.EXTRACT_CHUNKS:
        raise InvalidRequest("The transcript is too long to extract from.")
    return ExtractionLoaded(extraction_id=extraction.id, chunks=list(range(count)))


def find_extraction(extraction_id: str, extractions: Extractions) -> Extraction:
    """Return the extraction. Raise NotFound."""
    extraction = extractions.find(extraction_id)
    if extraction is None:
        raise NotFound("There is no such extraction.")
    return extraction


def read_chunks(extraction: Extraction, sources: Sources) -> list[list[tuple[str, str]]]:
    """Return the chunks of (item id, line) of the extraction's transcript.

    A call that goes on only adds to the end, so that a chunk keeps its number and its beginning; a gap that
    is filled meanwhile moves what follows it.
    """
    return chunk(quote(read_talk(extraction.session_id, sources)), limits.CHUNK_CHARS)
