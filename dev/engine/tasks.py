"""Carry ECS task definitions through the deploy as outputs, so that the engine resolves their intrinsics.

ECS itself is left out locally; the command and the environment of each container come back as texts from
which the launcher starts a process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dev.engine.cloudformation import Template

_PREFIX = "LocalTask"


@dataclass
class Task:
    """One container of a task definition: `secrets` maps variables to the ARNs that hold their values."""

    name: str
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def with_task_outputs(template: Template) -> Template:
    """Return the template with an output for every part of every container."""
    outputs = dict(template.get("Outputs", {}))
    conditions = dict(template.get("Conditions", {}))
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::ECS::TaskDefinition":
            continue
        for container in resource["Properties"]["ContainerDefinitions"]:
            for part in _parts(f"{logical_id}/{container['Name']}", container):
                both = [name for name in (resource.get("Condition"), part.pop("Condition", None)) if name]
                if both:
                    part["Condition"] = _all_of(conditions, both)
                outputs[f"{_PREFIX}{len(outputs)}"] = part
    return {**template, "Outputs": outputs, "Conditions": conditions}


def read_tasks(outputs: Iterable[dict[str, Any]]) -> dict[str, Task]:
    """Return containers by name from a deployed stack's outputs (as DescribeStacks lists them)."""
    tasks: dict[str, Task] = {}
    for output in outputs:
        if not output["OutputKey"].startswith(_PREFIX):
            continue
        owner, kind, name = output["Description"].split(" ", 2)
        task = tasks.setdefault(owner.split("/")[1], Task(owner.split("/")[1]))
        if kind == "command":
            task.command.append(output["OutputValue"])
        else:
            (task.secrets if kind == "secret" else task.environment)[name] = output["OutputValue"]
    return tasks


def _parts(owner: str, container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number, word in enumerate(container.get("Command", [])):
        yield {"Description": f"{owner} command {number}", "Value": word}
    for kind, key, value_key in (("environment", "Environment", "Value"), ("secret", "Secrets", "ValueFrom")):
        for entry in container.get(key, []):
            condition, chosen = _conditional(entry)
            part = {"Description": f"{owner} {kind} {chosen['Name']}", "Value": chosen[value_key]}
            yield part | ({"Condition": condition} if condition else {})


def _all_of(conditions: dict[str, Any], names: list[str]) -> str:
    """Return a condition that holds when all of these do, adding it if there are two."""
    name = "And".join(names)
    if len(names) > 1:
        conditions[name] = {"Fn::And": [{"Condition": each} for each in names]}
    return name


def _conditional(entry: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Take `{Fn::If: [condition, entry, AWS::NoValue]}` apart; any other entry is unconditional."""
    if "Fn::If" in entry:
        condition, chosen, _ = entry["Fn::If"]
        return condition, chosen
    return None, entry
