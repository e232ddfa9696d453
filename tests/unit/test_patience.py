"""Whoever waits, waits longer than all that it waits for: so a caller reads our error, not the gateway's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations
from switchboard.domain import limits

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
RENEWAL: dict[str, Any] = yaml.safe_load((ROOT / "statemachines/renew.asl.yaml").read_text("utf-8"))
STEPS: dict[str, int] = {
    name: state["TimeoutSeconds"] for name, state in RENEWAL["States"].items() if state["Type"] == "Task"
}
API_GATEWAY = 29
"""Seconds after which API Gateway answers in a function's place."""
STARTED = 0.5
"""Seconds that a function's start takes from its step, at the least."""
SPARE = 0.5
"""Seconds for the table and the key where they are well: tens of milliseconds each."""
OUTLIVES = {"DigestTranscript"}
"""Steps whose function goes on when nobody waits any more: its work is kept for the next time."""


def timeout(function: str) -> float:
    """Return the seconds after which Lambda ends the function."""
    properties = TEMPLATE["Resources"][f"{function}Function"]["Properties"]
    return float(properties.get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"]))


def test_the_gateway_waits_for_the_function_that_renews() -> None:
    assert timeout("RenewSession") < API_GATEWAY


def test_the_function_that_renews_waits_for_whoever_knows_the_caller_and_for_the_workflow() -> None:
    workflow = limits.AWS_CONNECT_SECONDS + limits.WORKFLOW_READ_SECONDS
    assert limits.ISSUER_SECONDS + workflow + SPARE <= timeout("RenewSession")


def test_the_workflow_ends_before_it_is_given_up() -> None:
    assert RENEWAL["TimeoutSeconds"] < limits.WORKFLOW_READ_SECONDS


def test_the_steps_fit_into_the_workflow() -> None:
    assert sum(STEPS.values()) < RENEWAL["TimeoutSeconds"]


@pytest.mark.parametrize("step", sorted(STEPS.keys() - OUTLIVES))
def test_a_step_waits_for_its_function_and_its_start(step: str) -> None:
    assert timeout(step) + STARTED <= STEPS[step]


@pytest.mark.parametrize(
    ("step", "asked"),
    [
        ("LoadRenewal", limits.AWS_READ_SECONDS),
        ("DigestTranscript", limits.DIGEST_SECONDS),
        ("MintSecret", limits.EMBED_SECONDS + limits.MINT_SECONDS),
        ("RotateSession", limits.AWS_READ_SECONDS),
    ],
)
def test_a_function_waits_for_what_it_asks(step: str, asked: float) -> None:
    assert asked + SPARE <= min(timeout(step), STEPS[step] - STARTED)


@pytest.mark.parametrize(
    ("function", "asked"),
    [
        ("CreateSession", limits.ISSUER_SECONDS + limits.EMBED_SECONDS + limits.MINT_SECONDS),
        ("MintUserSession", limits.ISSUER_SECONDS + limits.EMBED_SECONDS + limits.MINT_SECONDS),
        ("CreateRealtimeSession", limits.ISSUER_SECONDS + limits.EMBED_SECONDS + limits.MINT_SECONDS),
        ("RelayCall", limits.CALL_SECONDS + limits.HANGUP_SECONDS),
        ("RelayCall", limits.CALL_SECONDS + limits.SIDEBAND_WAIT_SECONDS),
        ("ExtractProfile", limits.ISSUER_SECONDS + limits.EXTRACT_WAIT_SECONDS),
    ],
)
def test_a_route_answers_before_the_gateway_does_and_after_all_that_it_asks(
    function: str, asked: float
) -> None:
    table = 2 * limits.AWS_READ_SECONDS  # one try that fails and one that succeeds late
    assert asked + table <= timeout(function) < API_GATEWAY


def test_a_sweep_of_calls_ends_before_the_next_begins() -> None:
    last_call = (limits.SECRETS_TRIED + 1) * limits.HANGUP_SECONDS
    assert limits.UNFOLLOWED_BUDGET_SECONDS + last_call + limits.AWS_READ_SECONDS < timeout("SweepCalls") < 60


def test_a_place_is_held_until_a_call_that_nobody_claims_is_swept() -> None:
    assert limits.CALL_COMING_SECONDS >= limits.UNFOLLOWED_SECONDS + 2 * 60 + SPARE


def test_a_call_holds_its_place_as_long_as_a_host_lets_it_live() -> None:
    from sideband import limits as host

    assert limits.CALL_LONGEST_SECONDS > host.CALL_LONGEST
