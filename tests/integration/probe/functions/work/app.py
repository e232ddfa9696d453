"""The task of the probe's machines, and the consumer of its queue and stream."""

import importlib
import json
import os
import time
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class Busy(Exception):
    """An upstream that may answer the next time."""


class Hopeless(Exception):
    """An upstream that never will."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what `event["do"]` says: double a number, fail the first time, fail, dawdle, import."""
    match event["do"]:
        case "double":
            return {"doubled": 2 * event["number"]}
        case "busy_once":
            key = {"pk": f"busy#{event['run']}", "sk": "tries"}
            tries: Any = table.update_item(
                Key=key,
                UpdateExpression="ADD tries :one",
                ExpressionAttributeValues={":one": 1},
                ReturnValues="ALL_NEW",
            )["Attributes"]["tries"]
            if tries < 2:
                raise Busy("come back")
            return {"tries": int(tries)}
        case "dawdle":
            time.sleep(event["seconds"])
            return {}
        case "import":
            importlib.import_module(event["module"])
            return {}
        case _:
            raise Hopeless("never")


def consume(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write a row for every record seen; a queue record that says `fail` is reported as failed."""
    failures = []
    for record in event.get("Records", []):
        if record["eventSource"] == "aws:sqs" and record["body"] == "fail":
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        told = record["body"] if record["eventSource"] == "aws:sqs" else record["dynamodb"]["Keys"]["pk"]["S"]
        table.put_item(Item={"pk": f"seen#{told}", "sk": record["eventSource"], "event": json.dumps(record)})
    return {"batchItemFailures": failures}
