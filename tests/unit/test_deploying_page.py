"""docs/deploying.md names what template.yaml has, all of it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
PAGE = (ROOT / "docs" / "deploying.md").read_text("utf-8")
CODE = [
    path for folder in ("layers", "services", "functions") for path in sorted((ROOT / folder).rglob("*.py"))
]
SNAPSHOT_USD = 0.0000015046 * 3600 * 730
"""A month of one snapshot of 1 GB in us-east-1: dollars per GB and second."""


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return name and properties of all resources of a type."""
    resources = TEMPLATE["Resources"]
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")


def parameters() -> set[str]:
    """Return the names of the template's parameters."""
    return set(TEMPLATE["Parameters"])


def variables() -> set[str]:
    """Return what functions and the sideband's task get as environment."""
    functions = [TEMPLATE["Globals"]["Function"], *FUNCTIONS.values()]
    of_functions = {name for each in functions for name in each.get("Environment", {}).get("Variables", {})}
    containers = [
        container
        for task in of_type("AWS::ECS::TaskDefinition").values()
        for container in task["ContainerDefinitions"]
    ]
    return of_functions | {entry["Name"] for each in containers for entry in each["Environment"]}


def alarms() -> set[str]:
    """Return the alarms as the page calls them, such as `ApiErrors`."""
    return {name.removesuffix("Alarm") for name in of_type("AWS::CloudWatch::Alarm")}


def read_by_code() -> set[str]:
    """Return the variables that the code reads, as far as they stand in it between quotes."""
    return {name for path in CODE for name in re.findall(r'"([A-Z][A-Z0-9_]+)"', path.read_text("utf-8"))}


def section(title: str) -> str:
    """Return the page's section of that title."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[str]:
    """Return what stands between backticks in the first cells of a section's tables."""
    cells = re.findall(r"^\|([^|]*)\|", section(title), re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def spoken(pattern: str) -> set[str]:
    """Return the page's words of that pattern that stand between backticks or are given to `SET`."""
    found = re.findall(rf"`({pattern})(?:=[^`]*)?`|SET=\"?({pattern})=", PAGE)
    return {first or second for first, second in found}


def test_the_page_has_a_row_for_every_parameter_and_for_nothing_else() -> None:
    assert sorted(rows("Parameters")) == sorted(parameters())


def test_the_page_names_every_variable_that_a_function_or_the_sideband_gets() -> None:
    assert variables() - set(rows("Environment variables")) == set()


def test_the_page_names_no_variable_that_nobody_sets_or_reads() -> None:
    assert set(rows("Environment variables")) - variables() - read_by_code() == set()
    assert (
        spoken(r"[A-Z]+(?:_[A-Z]+)+") - {"AWS_PROFILE", "AWS_REGION"} - variables() - read_by_code() == set()
    )


def test_the_page_has_a_row_for_every_alarm_and_for_nothing_else() -> None:
    assert sorted(rows("What goes wrong, and what to do")) == sorted(alarms())


def test_prose_and_commands_name_only_what_the_template_has() -> None:
    values = {
        str(value) for each in TEMPLATE["Parameters"].values() for value in each.get("AllowedValues", ())
    }
    known = parameters() | alarms() | set(TEMPLATE["Outputs"]) | values
    assert spoken(r"[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]*") - known == set()


def test_the_page_counts_and_prices_the_snapshots() -> None:
    snapshots = sum("SnapStart" not in each for each in FUNCTIONS.values())
    said = re.search(r"snapshots of (\d+) functions .*\| none \| (\d+) \|", PAGE)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (snapshots, round(snapshots * SNAPSHOT_USD))
