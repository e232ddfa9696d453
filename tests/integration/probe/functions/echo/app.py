"""Answer with the request as API Gateway hands it over."""

import json
import os
import sys
from typing import Any

import probe_layer  # type: ignore[import-not-found]  # on the path only where the layer is mounted


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Echo the parts of a proxy event that routes depend on; two cookies test the multi-value headers."""
    sys.stdout.write(json.dumps({"level": "INFO", "message": "echoed", "path": event["path"]}) + "\n")
    keys = ("path", "httpMethod", "pathParameters", "resource", "headers", "multiValueHeaders", "body")
    shown = {
        key: event.get(key) for key in (*keys, "queryStringParameters", "isBase64Encoded", "requestContext")
    }
    shown["multiValueQueryStringParameters"] = event.get("multiValueQueryStringParameters")
    shown |= {"layer": probe_layer.NAME, "colour": os.environ["COLOUR"], "requestId": context.aws_request_id}
    return {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "Location": "/echo/1"},
        "multiValueHeaders": {"Set-Cookie": ["a=1; HttpOnly", "b=2; HttpOnly"]},
        "body": json.dumps(shown),
    }
