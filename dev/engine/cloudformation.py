"""Read a SAM template and expand it to plain CloudFormation, as the service does on a deploy."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]  # it ships no annotations
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]  # the same
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # the same

REGION = "us-east-1"
ACCOUNT = "000000000000"

Template = dict[str, Any]

# The managed policies that SAM itself attaches by name; the engine does not check permissions.
_MANAGED_POLICIES = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in (
        "AWSLambdaBasicExecutionRole",
        "AWSLambdaSQSQueueExecutionRole",
        "AWSLambdaDynamoDBExecutionRole",
        "AWSLambdaKinesisExecutionRole",
        "AWSLambdaVPCAccessExecutionRole",
    )
} | {"AWSXrayWriteOnlyAccess": "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"}


def read(path: Path) -> Template:
    """Return the template with `!Ref` and its kin written out as `{"Ref": …}`."""
    template: Template = yaml_parse(path.read_text())
    return template


def read_definition(path: Path) -> dict[str, Any]:
    """Return a state machine's definition (`*.asl.yaml` or `*.asl.json`)."""
    definition: dict[str, Any] = yaml.safe_load(path.read_text())
    return definition


def expand(template: Template, parameters: dict[str, str]) -> Template:
    """Return the template after the SAM transform. `parameters` replace the defaults."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own feature switches
    session = boto3.Session(region_name=REGION)
    translator = Translator(_MANAGED_POLICIES, Parser(), boto_session=session)
    expanded: Template = translator.translate(template, parameters)
    return expanded
