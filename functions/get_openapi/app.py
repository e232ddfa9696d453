"""GET /openapi.json: what this API takes and answers, written by `make openapi`."""

from pathlib import Path

DOCUMENT = (Path(__file__).parent / "openapi.json").read_text("utf-8")
HEADERS = {
    "content-type": "application/json",
    "cache-control": "public, max-age=300",
    "access-control-allow-origin": "*",
}


def handler(event: object, context: object) -> dict[str, object]:
    """Return the document; it is read once and needs nothing of the layer, so that a start costs nothing."""
    return {"statusCode": 200, "headers": HEADERS, "body": DOCUMENT, "isBase64Encoded": False}
