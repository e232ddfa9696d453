"""What the template lets each function and host do: no more than it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dev.deploy import SECRET
from tests.unit.test_template import FUNCTIONS, RESOURCES, TEMPLATE, of_type

KNOW_NO_RESOURCES = {
    "DeliverLogsPolicy": "logs",
    "SidebandExecutionRole": "ecr:GetAuthorizationToken",
    "SweepMailboxesPolicy": "sqs:ListQueues",
}
"""Where `Resource: "*"` is allowed, as the actions that begin so take nothing narrower."""


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every IAM statement that this template grants, with the resource that holds it."""
    for name, each in RESOURCES.items():
        properties = each.get("Properties", {})
        documents = (
            [properties.get("PolicyDocument", {})] if each["Type"] == "AWS::IAM::ManagedPolicy" else []
        )
        for policy in properties.get("Policies", []):
            documents.append(policy.get("PolicyDocument", policy))
        for document in documents:
            for statement in document.get("Statement", []):
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def many(value: Any) -> list[Any]:
    """Return a list of what may be one or several."""
    return value if isinstance(value, list) else [value]


def variables(function: dict[str, Any]) -> dict[str, Any]:
    """Return a function's own environment."""
    found: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found


def test_no_action_is_a_wildcard() -> None:
    actions = {(name, action) for name, each in statements() for action in many(each["Action"])}
    assert actions
    assert not {pair for pair in actions if "*" in pair[1]}


def test_no_resource_is_a_wildcard_unless_the_action_knows_none() -> None:
    for name, each in statements():
        if "*" in map(str, many(each["Resource"])):
            assert name in KNOW_NO_RESOURCES, name
            assert all(action.startswith(KNOW_NO_RESOURCES[name]) for action in many(each["Action"])), name


def test_the_table_is_only_touched_under_named_keys() -> None:
    touching = [each for _, each in statements() if str(each["Action"]).find("dynamodb:") >= 0]
    assert touching
    for each in touching:
        assert each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], each


@pytest.mark.parametrize(
    ("policy", "variable"),
    [
        ("CallUpstreamPolicy", "OPENAI_API_KEY_ARN"),
        ("IdentifyCallersPolicy", "GUEST_SECRET_ARN"),
        ("HintSidebandPolicy", "SIDEBAND_QUEUE_URL"),
        ("RunRenewalPolicy", "RENEW_STATE_MACHINE_ARN"),
        ("RunExtractionPolicy", "EXTRACT_STATE_MACHINE_ARN"),
        ("RunSummaryPolicy", "SUMMARISE_STATE_MACHINE_ARN"),
    ],
)
def test_who_is_told_of_a_thing_may_use_it_and_nobody_else(policy: str, variable: str) -> None:
    told = {name for name, each in FUNCTIONS.items() if variable in variables(each)}
    allowed = {name for name, each in FUNCTIONS.items() if {"Ref": policy} in each.get("Policies", ())}
    assert told == allowed
    assert told


def test_only_those_who_seal_or_open_secrets_know_the_key() -> None:
    told = {name for name, each in FUNCTIONS.items() if "SECRETS_KEY_ID" in variables(each)}
    key = [{"Ref": "SealSecretsPolicy"}, {"Ref": "OpenSecretsPolicy"}]
    assert told == {
        name for name, each in FUNCTIONS.items() if any(one in each.get("Policies", ()) for one in key)
    }


def test_every_policy_is_used() -> None:
    used = {ref for each in RESOURCES.values() for ref in re.findall(r"\w+Policy(?=')", str(each))}
    assert set(of_type("AWS::IAM::ManagedPolicy")) <= used


def test_no_secret_is_a_plain_value_in_an_environment() -> None:
    hidden = {name for name, each in TEMPLATE["Parameters"].items() if each.get("NoEcho")}
    assert hidden == SECRET
    named = re.compile("|".join(f"'Ref': '{name}'|[$]{{{name}}}" for name in sorted(hidden)))
    assert not named.search(str(TEMPLATE["Globals"]))
    holders = {name for name, each in RESOURCES.items() if named.search(str(each))}
    assert {RESOURCES[name]["Type"] for name in holders} == {"AWS::SecretsManager::Secret"}


@pytest.mark.parametrize("verb", ["MintUserSession", "CreateRealtimeSession", "RenewSession"])
def test_who_only_looks_for_a_free_place_writes_none(verb: str) -> None:
    policies = {each["Ref"] for each in FUNCTIONS[f"{verb}Function"]["Policies"]}
    granted = [each for name, each in statements() if name in policies and "PLACE#*" in str(each)]
    assert {action for each in granted for action in many(each["Action"])} == {"dynamodb:Query"}
