"""What every function is measured against: a handler with the SDK, one DynamoDB client, and nothing else."""

from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Read one row."""
    key = {"pk": {"S": "SESSION#sess_0"}, "sk": {"S": "SESSION"}}
    return {"found": "Item" in dynamodb.get_item(TableName="switchboard", Key=key)}
