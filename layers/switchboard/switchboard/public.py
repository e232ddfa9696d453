"""Routes that answer everybody alike: no principal, no cookie, and a cache may keep the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from switchboard.domain.errors import SwitchboardError
from switchboard.edge import crash, failure

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def public(
    use_case: Callable[..., BaseModel], bootstrap: Callable[[Iterable[str]], Any], *, seconds: int
) -> Handler:
    """Return the Lambda handler of a public route, whose answer may be kept for so many seconds."""
    hints = get_type_hints(use_case)
    log = Logger(service=use_case.__name__)
    deps = bootstrap(get_type_hints(hints["deps"]))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
        try:
            body = use_case(hints["request"](), deps).model_dump_json()
            status, headers = 200, {"cache-control": f"public, max-age={seconds}"}
        except SwitchboardError as error:
            status, headers, body = failure(error, request_id)
        except Exception:
            log.exception("request.crashed", extra={"request_id": request_id})
            status, headers, body = failure(crash(), request_id)
        log.info("request", extra={"request_id": request_id, "status": status})
        kept = {"content-type": "application/json", "cache-control": "no-store", **headers}
        everybody = {"access-control-allow-origin": "*"}
        return {"statusCode": status, "headers": kept | everybody, "body": body, "isBase64Encoded": False}

    return handler
