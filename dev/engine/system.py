"""From template.yaml to what the engine is given: code packaged, SAM expanded, omissions made."""

from __future__ import annotations

import copy
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.engine import cloudformation, omissions, packaging, routes, tasks
from dev.engine.cloudformation import Template

BUCKET = "switchboard-local-code"


@dataclass(frozen=True)
class System:
    """A template ready to deploy, and the objects that it names in the bucket."""

    template: Template
    objects: Mapping[str, bytes]


def fingerprint(project: Path, template: Template, parameters: Mapping[str, str]) -> str:
    """Return a hash of all that decides what would be deployed, cheap enough for every start."""
    files = packaging.source_files(Path(__file__).parent)
    for properties in _properties(template):
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(properties.get(key), str):
                path = project / properties[key]
                files += packaging.source_files(path) if path.is_dir() else [path]
    more = (json.dumps(template, sort_keys=True, default=str), json.dumps(dict(parameters), sort_keys=True))
    return packaging.digest(files, *more, sys.version)


def build(project: Path, source: Template, parameters: Mapping[str, str], cache: Path) -> System:
    """Package and expand the template; `cache` keeps built layers between runs and instances."""
    template = copy.deepcopy(source)
    layers = built_layers(project, template, cache)
    objects: dict[str, bytes] = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                _package_function(project, template, properties, layers, cache, objects)
            case "AWS::Serverless::LayerVersion":
                content = packaging.note_zip(f"built in {layers[name]}")
                properties["ContentUri"] = _store(objects, content)
            case "AWS::Serverless::StateMachine" if "DefinitionUri" in properties:
                path = project / properties.pop("DefinitionUri")
                properties["Definition"] = cloudformation.read_definition(path)
    expanded = cloudformation.expand(template, dict(parameters))
    for resource in expanded["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Runtime"] = "provided.al2023"  # runs our `bootstrap`, which starts Python
    for step in (tasks.with_task_outputs, routes.with_explicit_routes, omissions.without_omissions):
        expanded = step(expanded)
    return System(expanded, objects)


def _package_function(
    project: Path,
    template: Template,
    properties: dict[str, Any],
    layers: Mapping[str, Path],
    cache: Path,
    objects: dict[str, bytes],
) -> None:
    """Replace the function's CodeUri by a zip in `objects` which knows the directories of its layers."""
    code, used = function_parts(project, template, properties, layers, cache)
    runtime = packaging.runtime_directory(cache)
    properties["CodeUri"] = _store(objects, packaging.function_zip(code, runtime, used))


def built_layers(project: Path, template: Template, cache: Path) -> dict[str, Path]:
    """Return the directory of each of the template's layers, built if need be."""
    return {
        name: packaging.layer_directory(project / resource["Properties"]["ContentUri"], cache)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }


def function_parts(
    project: Path,
    template: Template,
    properties: Mapping[str, Any],
    layers: Mapping[str, Path],
    cache: Path,
) -> tuple[Path, list[Path]]:
    """Return a function's code directory, and those of its own requirements and of its layers, in order."""
    shared = template.get("Globals", {}).get("Function", {})
    references = [*shared.get("Layers", []), *properties.get("Layers", [])]
    used = [layers[reference["Ref"]] for reference in references if _names(reference, layers)]
    code = project / (properties.get("CodeUri") or shared["CodeUri"])
    pins = code / "requirements.txt"
    own = [packaging.dependencies_directory(pins, cache)] if pins.exists() else []
    return code, [*own, *used]


def _names(reference: Any, layers: Mapping[str, Path]) -> bool:
    """Whether this is a layer of the template; a layer by ARN cannot be had without AWS."""
    return isinstance(reference, dict) and reference.get("Ref") in layers


def _store(objects: dict[str, bytes], content: bytes) -> dict[str, str]:
    key = f"{hashlib.sha256(content).hexdigest()[:32]}.zip"
    objects[key] = content
    return {"Bucket": BUCKET, "Key": key}


def _properties(template: Template) -> list[dict[str, Any]]:
    shared = template.get("Globals", {}).get("Function", {})
    return [shared, *(resource.get("Properties", {}) for resource in template["Resources"].values())]
