"""Properties that the engine's CloudFormation forgets, set by the services' own API after the deploy."""

from __future__ import annotations

from collections.abc import Mapping

from dev.engine import clients
from dev.engine.cloudformation import Template


def set_forgotten(engine_url: str, template: Template, physical_ids: Mapping[str, str]) -> None:
    """Turn on the expiry of items for tables that ask for it: the engine creates them without."""
    tables = clients.client("dynamodb", engine_url)
    for name, resource in template["Resources"].items():
        expiry = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if resource["Type"] == "AWS::DynamoDB::Table" and expiry and name in physical_ids:
            tables.update_time_to_live(TableName=physical_ids[name], TimeToLiveSpecification=expiry)
