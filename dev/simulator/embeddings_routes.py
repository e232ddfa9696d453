"""POST /v1/embeddings."""

from aiohttp import web

from dev.simulator import embeddings
from dev.simulator.exchange import json_body, json_response
from dev.simulator.state import STATE


def routes() -> list[web.RouteDef]:
    return [web.post("/v1/embeddings", create_embeddings, name="embeddings")]


async def create_embeddings(request: web.Request) -> web.Response:
    """Vectors as numbers, or packed when `encoding_format` is base64, as the SDK asks by default."""
    request.app[STATE].gate.admit(request.headers)
    return json_response(embeddings.answer(await json_body(request)))
