"""Start a state machine: POST /express waits for its answer, POST /standard does not."""

import json
import os
from typing import Any

import boto3

states = boto3.client("stepfunctions")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Pass the body on as the machine's input; `X-Name` names a standard execution."""
    if event["path"] == "/express":
        done = states.start_sync_execution(stateMachineArn=os.environ["EXPRESS_ARN"], input=event["body"])
        answer = {key: done.get(key) for key in ("status", "output", "error", "cause")}
        return {"statusCode": 200, "body": json.dumps(answer)}
    headers = {name.lower(): value for name, value in event["headers"].items()}
    try:
        started = states.start_execution(
            stateMachineArn=os.environ["STANDARD_ARN"], name=headers["x-name"], input=event["body"]
        )
    except states.exceptions.ExecutionAlreadyExists:
        return {"statusCode": 409, "body": "{}"}
    return {"statusCode": 202, "body": json.dumps({"arn": started["executionArn"]})}
