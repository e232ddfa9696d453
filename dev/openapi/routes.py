"""Which routes there are, and which function answers each: read from the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Route:
    """One route: `code` is the folder of the function that answers, `about` its description there."""

    method: str
    path: str
    code: str
    about: str

    @property
    def name(self) -> str:
        """The route as people write it, such as `POST /session`."""
        return f"{self.method} {self.path}"

    @property
    def carries_body(self) -> bool:
        """Whether a request may bring a body: one that nobody wants is refused too if it is too large."""
        return self.method != "GET"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"{(\w+)\+?}", self.path))


def read_routes(root: Path = ROOT) -> list[Route]:
    """Return every route of the template, in its order; preflights are browsers' own business."""
    template: dict[str, Any] = yaml_parse((root / "template.yaml").read_text("utf-8"))
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        for event in properties.get("Events", {}).values():
            if event["Type"] == "Api" and event["Properties"]["Method"] != "options":
                at = event["Properties"]
                code = properties["CodeUri"].removeprefix("functions/")
                found.append(Route(at["Method"].upper(), at["Path"], code, properties["Description"]))
    return found
