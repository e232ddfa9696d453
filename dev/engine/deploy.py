"""Put a built system on the engine by CloudFormation, and read back what came of it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any

from dev.engine import clients, leftovers, limits
from dev.engine.system import BUCKET, System

STACK = "switchboard"
_FINGERPRINT = "switchboard:fingerprint"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeployFailed(Exception):
    """The engine rolled the stack back; the message says which resources failed and why."""


def deployed_fingerprint(engine_url: str) -> str | None:
    """Return the fingerprint of the complete stack on the engine, if there is one."""
    stack = _find_stack(engine_url)
    if stack is None or stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
    return tags.get(_FINGERPRINT)


def deploy(engine_url: str, system: System, parameters: Mapping[str, str], fingerprint: str) -> None:
    """Create or update the stack and wait until it is complete. Raise DeployFailed."""
    body = json.dumps(system.template)
    _upload(engine_url, {**system.objects, "template.json": body.encode()})
    cloudformation = clients.client("cloudformation", engine_url)
    request: dict[str, Any] = {
        "StackName": STACK,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": _CAPABILITIES,
        "Tags": [{"Key": _FINGERPRINT, "Value": fingerprint}],
    }
    if len(body.encode()) <= limits.TEMPLATE_INLINE_BYTES:
        request["TemplateBody"] = body
    else:
        request["TemplateURL"] = f"{engine_url}/{BUCKET}/template.json"
    existing = _find_stack(engine_url)
    if existing and existing["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=STACK)  # such a stack takes no update, on AWS either
        _wait(engine_url)
        existing = None
    (cloudformation.update_stack if existing else cloudformation.create_stack)(**request)
    stack = _wait(engine_url)
    if stack is None or stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployFailed(_failures(cloudformation))
    leftovers.set_forgotten(engine_url, system.template, physical_ids(engine_url))


def outputs(engine_url: str) -> list[dict[str, Any]]:
    """Return the stack's outputs as DescribeStacks lists them."""
    stack = _find_stack(engine_url) or {}
    return list(stack.get("Outputs", []))


def physical_ids(engine_url: str) -> dict[str, str]:
    """Return each logical id of the stack with its physical id."""
    cloudformation = clients.client("cloudformation", engine_url)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        entry["LogicalResourceId"]: entry["PhysicalResourceId"]
        for page in pages
        for entry in page["StackResourceSummaries"]
    }


def _upload(engine_url: str, objects: Mapping[str, bytes]) -> None:
    storage = clients.client("s3", engine_url)
    with contextlib.suppress(storage.exceptions.BucketAlreadyOwnedByYou):  # of an earlier run
        storage.create_bucket(Bucket=BUCKET)
    for key, content in objects.items():
        storage.put_object(Bucket=BUCKET, Key=key, Body=content)


def _find_stack(engine_url: str) -> dict[str, Any] | None:
    """Return the stack's description; the engine forgets a deleted stack or says that it was deleted."""
    cloudformation = clients.client("cloudformation", engine_url)
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except cloudformation.exceptions.ClientError as refusal:
        if refusal.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def _wait(engine_url: str) -> dict[str, Any] | None:
    """Return the stack once nothing is in progress. Raise DeployFailed when the time is up."""
    deadline = time.monotonic() + limits.DEPLOY_S
    while (stack := _find_stack(engine_url)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployFailed(f"the stack is still {stack['StackStatus']} after {limits.DEPLOY_S:.0f} s")
        time.sleep(limits.POLL_S)
    return stack


def _failures(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(
        f"{event['LogicalResourceId']} ({event.get('ResourceType')}): {event.get('ResourceStatusReason')}"
        for event in reversed(failed)
    )
