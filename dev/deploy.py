"""Deploy what `sam build` has built to a stage: `python -m dev.deploy STAGE [Name=Value …]`.

It does three things that `sam deploy` leaves to the reader: it asks for the OpenAI key of a stage that is new
and hands it over by a file that nobody else can read; it joins parameters given here with those of
samconfig.toml, where `sam` takes one or the other; and it marks the functions when a parameter has changed,
as SAM would otherwise publish no new version of them (see CONFIGURATION in template.yaml).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from getpass import getpass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
SAM = ROOT / ".venv-sam" / "bin" / "sam"
SECRET = frozenset(
    {
        *("OpenAIApiKey", "JwtSecret", "BackendApiKey", "RedisUrl", "SupabaseServiceRoleKey"),
        "ToolSecrets",
        "OpenAIChatKitSecret",
    }
)
"""Parameters whose values are kept in Secrets Manager: functions know only whether there is one."""


def stage_settings(stage: str, config: str) -> tuple[str, dict[str, str]]:
    """Return a stage's stack name and parameters, out of the text of samconfig.toml. Raise SystemExit."""
    stages = {
        name: settings for name, settings in tomllib.loads(config).items() if isinstance(settings, dict)
    }
    if stage not in stages:
        raise SystemExit(f"samconfig.toml has no stage {stage}; it has {', '.join(stages)}.")
    settings = stages[stage]
    overrides = shlex.split(settings["deploy"]["parameters"]["parameter_overrides"])
    return settings["global"]["parameters"]["stack_name"], parse(overrides)


def parse(words: list[str]) -> dict[str, str]:
    """Return `Name=Value` words as a mapping. Raise ValueError for any other word."""
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise ValueError(f"not of the form Name=Value: {', '.join(wrong)}")
    return {name: value for name, _, value in pairs}


def marked(template: str, parameters: Mapping[str, str]) -> str:
    """Return the template's text with a CONFIGURATION that stands for these parameters and tells no secret.

    The sideband's own are left out: a new image is no reason to publish every function anew.
    """
    ours = {name: value for name, value in parameters.items() if not name.startswith("Sideband")}
    told = {name: bool(value) if name in SECRET else value for name, value in ours.items()}
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    return re.sub(r"(?m)^( *CONFIGURATION: ).*$", rf"\g<1>c{mark}", template)


def described(stack: str) -> dict[str, Any] | None:
    """Return what AWS says of the stack, or None if there is none. Raise SystemExit if it cannot be asked."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        [found] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise SystemExit(f"AWS does not tell of the stack {stack}: {error}") from error
    except BotoCoreError as error:
        raise SystemExit(f"{error} Set AWS_PROFILE and AWS_REGION.") from error
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":  # a first deploy that was not confirmed
        return None
    return dict(found)


def known_parameters(stack: str) -> dict[str, str] | None:
    """Return the deployed stack's parameters (secret ones masked), or None if there is no such stack."""
    found = described(stack)
    if found is None:
        return None
    listed = found.get("Parameters", [])
    return {each["ParameterKey"]: each["ParameterValue"] for each in listed}


def main() -> int:
    """Read the command line and deploy; return sam's exit code."""
    parser = argparse.ArgumentParser(description="Deploy what `make build` has built.")
    parser.add_argument("stage", help="a section of samconfig.toml, such as dev or prod")
    parser.add_argument("parameters", nargs="*", metavar="Name=Value", help="parameters of template.yaml")
    options = parser.parse_args()
    stack, parameters = stage_settings(options.stage, (ROOT / "samconfig.toml").read_text("utf-8"))
    try:
        parameters |= parse(options.parameters)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    if not BUILT.exists():
        raise SystemExit("Nothing is built. Run `make build` first.")
    known = known_parameters(stack)
    if known is None and "OpenAIApiKey" not in parameters:
        parameters["OpenAIApiKey"] = os.environ.get("OPENAI_API_KEY") or getpass("OpenAI API key: ")
    BUILT.write_text(marked(BUILT.read_text("utf-8"), {**(known or {}), **parameters}), "utf-8")
    with tempfile.TemporaryDirectory() as private:  # made for this user alone
        file = Path(private) / "parameters.yaml"
        file.write_text(json.dumps(parameters), "utf-8")  # JSON is YAML
        command = [str(SAM), "deploy", "--config-env", options.stage]
        return subprocess.run([*command, "--parameter-overrides", f"file://{file}"], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
