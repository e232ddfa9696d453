"""What of the template is not deployed to the local engine, each with its reason: the only such list."""

from __future__ import annotations

from typing import Any

from dev.engine.cloudformation import Template

NEEDS_DOCKER = "the engine runs ECS tasks by Docker; the launcher starts the task's command as a process"
NO_NETWORK = "everything local listens on loopback; there is no network to build"
NOT_MODELLED = "the engine has no such resource type"
NOTHING_TO_SHOW = "no one looks at it locally, and it only slows the deploy"

OMITTED_TYPES: dict[str, str] = {
    "AWS::ECS::": NEEDS_DOCKER,
    "AWS::ECR::": NEEDS_DOCKER,
    "AWS::EC2::": NO_NETWORK,
    "AWS::ApplicationAutoScaling::": NOT_MODELLED,
    "AWS::WAFv2::": "the engine stores web ACLs and does not apply them",
    "AWS::ApiGateway::Account": "the account's logging role, which the engine does not use",
    "AWS::CloudWatch::Dashboard": NOTHING_TO_SHOW,
    "AWS::CloudWatch::CompositeAlarm": NOT_MODELLED,
    "AWS::CloudWatch::AnomalyDetector": NOT_MODELLED,
    "AWS::Logs::QueryDefinition": NOT_MODELLED,
    "AWS::XRay::": NOT_MODELLED,
    "AWS::Budgets::": NOT_MODELLED,
    "AWS::CE::": NOT_MODELLED,
    "AWS::SecretsManager::RotationSchedule": NOT_MODELLED,
    "AWS::Lambda::Version": "aliases point at $LATEST here: what was deployed last is what runs",
    "AWS::Lambda::Permission": "the engine checks no permissions, and there is one for every route",
}
"""Types, or prefixes of types ending in `::`, and why they are left out."""

OMITTED_PROPERTIES: dict[tuple[str, str], str] = {
    ("AWS::Lambda::Function", "SnapStart"): "nothing is published, so there is no moment to take a snapshot",
    ("AWS::Lambda::Function", "TracingConfig"): "nothing receives traces",
    ("AWS::Lambda::Function", "VpcConfig"): NO_NETWORK,
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"): "a laptop runs far fewer at once",
}
"""(type, property) and why it is left out."""


def omitted(resource_type: str) -> bool:
    """Say whether resources of this type are left out."""
    return any(
        resource_type.startswith(name) if name.endswith("::") else resource_type == name
        for name in OMITTED_TYPES
    )


def placeholder(logical_id: str) -> str:
    """Return what `Ref` and `GetAtt` of a left-out resource give instead."""
    return f"omitted-{logical_id}"


def without_omissions(template: Template) -> Template:
    """Return the expanded template with everything above left out, and references to it replaced."""
    resources: dict[str, dict[str, Any]] = template["Resources"]
    gone = {name for name, resource in resources.items() if omitted(resource["Type"])}
    kept = {name: _trim(resource, gone) for name, resource in resources.items() if name not in gone}
    outputs = _without_references(template.get("Outputs", {}), gone)
    return {**template, "Resources": kept, "Outputs": outputs}


def _trim(resource: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    trimmed: dict[str, Any] = _without_references(resource, gone)
    depends = resource.get("DependsOn", [])
    still = [name for name in ([depends] if isinstance(depends, str) else depends) if name not in gone]
    if resource["Type"] == "AWS::Lambda::Alias":
        trimmed["Properties"]["FunctionVersion"] = "$LATEST"
    if resource["Type"] == "AWS::Lambda::Function" and "Layers" in trimmed["Properties"]:
        # A layer by ARN is somebody else's, and cannot be had without AWS.
        layers = trimmed["Properties"]["Layers"]
        trimmed["Properties"]["Layers"] = [layer for layer in layers if set(layer) == {"Ref"}]
    if "DependsOn" in trimmed:
        trimmed["DependsOn"] = still
    for (resource_type, name), _ in OMITTED_PROPERTIES.items():
        if resource_type == resource["Type"]:
            trimmed.get("Properties", {}).pop(name, None)
    return trimmed


def _without_references(node: Any, gone: set[str]) -> Any:
    """Replace Ref, GetAtt and Sub of left-out resources anywhere under `node`."""
    if isinstance(node, list):
        return [_without_references(item, gone) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (function, argument), *_ = node.items()
        if function == "Ref" and argument in gone:
            return placeholder(argument)
        if function == "Fn::GetAtt":
            target = argument[0] if isinstance(argument, list) else argument.split(".")[0]
            return placeholder(target) if target in gone else node
        if function == "Fn::Sub":
            return {function: _sub_without_references(argument, gone)}
    return {key: _without_references(value, gone) for key, value in node.items()}


def _sub_without_references(argument: Any, gone: set[str]) -> Any:
    """Write placeholders into a `Fn::Sub` text for `${Gone}` and `${Gone.Attribute}`."""
    if isinstance(argument, list):
        text, values = argument
        return [_sub_without_references(text, gone), _without_references(values, gone)]
    for name in gone:
        for reference in _references(argument, name):
            argument = argument.replace(reference, placeholder(name))
    return argument


def _references(text: str, name: str) -> list[str]:
    """Return the `${…}` in `text` that name this resource."""
    found = (part.split("}")[0] for part in text.split("${")[1:])
    return ["${" + part + "}" for part in found if part.split(".")[0] == name]
