"""Extractions as the workflow runs them: load, read every chunk, save, or say that it failed."""

from __future__ import annotations

from typing import Any

from switchboard.domain.extraction import Extraction
from switchboard.task import task
from switchboard.usecases.extract_chunk import extract_chunk
from switchboard.usecases.extract_profile import ExtractProfile, extract_profile
from switchboard.usecases.fail_extraction import fail_extraction
from switchboard.usecases.get_extraction import ExtractionAnswer
from switchboard.usecases.load_extraction import load_extraction
from switchboard.usecases.save_profile import save_profile

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, open_session, talk, write_talk

STEPS = {
    use_case.__name__: use_case
    for use_case in (load_extraction, extract_chunk, save_profile, fail_extraction)
}
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


class Workflow:
    """Runs the steps of one execution, as `extract.asl.yaml` does, and remembers what passes through it."""

    def __init__(self, world: World, extraction: Extraction) -> None:
        self.names = {"extractionId": extraction.id, "sessionId": extraction.session_id}
        self.passed: list[dict[str, Any]] = [self.names]
        self._world = world

    def step(self, name: str, **more: Any) -> dict[str, Any]:
        answer = task(STEPS[name], lambda _: self._world)({**self.names, **more}, None)
        self.passed.append(answer)
        return answer

    def run(self) -> None:
        try:
            for number in self.step("load_extraction")["chunks"]:
                self.step("extract_chunk", chunk=number)
            self.step("save_profile")
        except Exception as error:
            self.step("fail_extraction", error=type(error).__name__)


def with_talk(world: World, *words: str) -> None:
    """Store a session of Ann's in which that was said."""
    open_session(world)
    write_talk(world, talk(*words))


def runs_at_once(world: World) -> None:
    """Let executions run to their end the moment they are started."""
    world.engine.on_extract = lambda extraction: Workflow(world, extraction).run()


def extract(world: World, **fields: Any) -> ExtractionAnswer:
    """Ask for Ann's session's profile."""
    request = ExtractProfile.model_validate({"sessionId": SESSION_ID, **fields})
    return extract_profile(request, ANN, world)


def started(world: World, **fields: Any) -> Extraction:
    """Ask for the profile, and return the extraction that nobody has run yet."""
    found = world.extractions.find(extract(world, **fields).extraction_id)
    assert found
    return found


def answer(name: str | None, *lines: int) -> dict[str, Any]:
    """What the model says of a name."""
    return {"profile": {"name": name}, "evidence": [{"field": "name", "lines": list(lines)}]}
