"""Renewals as the workflow runs them: step by step, with JSON in between."""

from __future__ import annotations

from typing import Any

from switchboard.domain.ports.workflows import Renewal
from switchboard.domain.transcript import Item
from switchboard.task import task
from switchboard.usecases.digest_transcript import digest_transcript
from switchboard.usecases.load_renewal import load_renewal
from switchboard.usecases.mint_secret import mint_secret
from switchboard.usecases.renew_session import RenewSession, SessionRenewed, renew_session
from switchboard.usecases.rotate_session import rotate_session

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID, talk

STEPS = {
    use_case.__name__: use_case for use_case in (load_renewal, digest_transcript, mint_secret, rotate_session)
}


class Workflow:
    """Runs the steps on one state, as `renew.asl.yaml` does, and remembers all that passes through it."""

    def __init__(self, world: World, session_id: str = SESSION_ID) -> None:
        self.state: dict[str, Any] = {"sessionId": session_id}
        self.passed: list[dict[str, Any]] = [self.state]
        self._world = world

    def step(self, *names: str) -> dict[str, Any]:
        for name in names:
            run = task(STEPS[name], lambda _: self._world)
            self.state = {**self.state, **run(self.state, None)}
            self.passed.append(self.state)
        return self.state

    def run(self) -> Renewal:
        end = self.step("load_renewal", "digest_transcript", "mint_secret", "rotate_session")
        return Renewal(end["secretId"], end["restored"])


def renew(world: World, session_id: str = SESSION_ID) -> SessionRenewed:
    """Renew the session as Ann, with the workflow run in place."""
    world.engine.on_renew = lambda named: Workflow(world, named).run()
    return renew_session(RenewSession.model_validate({"sessionId": session_id}), ANN, world)


def long_talk() -> list[Item]:
    """A talk of which only the end fits into a digest."""
    return talk(*[f"{n} " + "blah " * 300 for n in range(20)])
