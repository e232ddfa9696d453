"""The expanded template stays within the limits of CloudFormation and IAM, which only a deploy would meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import (  # type: ignore[import-untyped]  # it ships no annotations
    transform,
)
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # the same

ROOT = Path(__file__).parents[2]
RESOURCES = 500
TEMPLATE_BYTES = 1_000_000
MANAGED_POLICIES_OF_A_ROLE = 10
"""IAM's quota unless an account has asked for more; SAM adds two of its own to each function's."""


class NamedPolicies:
    """What the transform asks for AWS's own policies by name."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module")
def expanded() -> dict[str, Any]:
    source = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in source["Resources"].values():
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        result: dict[str, Any] = transform(source, {}, NamedPolicies())
    return result


def test_it_has_fewer_resources_than_a_stack_may_have(expanded: dict[str, Any]) -> None:
    assert len(expanded["Resources"]) <= RESOURCES


def test_it_is_smaller_than_a_template_may_be(expanded: dict[str, Any]) -> None:
    assert len(json.dumps(expanded)) <= TEMPLATE_BYTES


def test_no_role_has_more_policies_than_a_role_may_have(expanded: dict[str, Any]) -> None:
    policies = {
        name: len(resource["Properties"].get("ManagedPolicyArns", []))
        for name, resource in expanded["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert {name: count for name, count in policies.items() if count > MANAGED_POLICIES_OF_A_ROLE} == {}
