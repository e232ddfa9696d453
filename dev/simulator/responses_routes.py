"""POST /v1/responses: one JSON answer, or a stream of events."""

from aiohttp import web

from dev.simulator import limits, responses
from dev.simulator.exchange import LEFT_EARLY, json_body, json_response
from dev.simulator.response_events import events, output_items
from dev.simulator.state import STATE
from dev.simulator.wire import Json, dump

_SSE = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}


def routes() -> list[web.RouteDef]:
    return [web.post("/v1/responses", create_response, name="responses")]


async def create_response(request: web.Request) -> web.StreamResponse:
    """Answer at once, or word by word when `stream` is true."""
    state = request.app[STATE]
    state.gate.admit(request.headers)
    body = responses.checked(await json_body(request))
    planned = responses.plan(body, state.world)
    shaped = responses.shaped(body, f"resp_{state.world.chance.hex(48)}", int(state.world.pace.now()))
    if body.get("stream"):
        return await _stream(request, body, planned, shaped)
    await state.world.pace.sleep(limits.THINKING_SECONDS)
    if planned.breaks_after is not None and request.transport is not None:
        request.transport.abort()
    output = output_items(planned, state.world.chance)
    return json_response(responses.finished(shaped, planned, output, body))


async def _stream(
    request: web.Request, body: Json, planned: responses.Planned, shaped: Json
) -> web.StreamResponse:
    """Server-sent events at the model's pace; a reader that leaves ends it, and the log says so."""
    world = request.app[STATE].world
    answer = web.StreamResponse(headers=_SSE)
    await answer.prepare(request)
    told = 0
    try:
        for event in events(shaped, planned, body, world.chance):
            await answer.write(f"event: {event['type']}\ndata: {dump(event)}\n\n".encode())
            if not event["type"].endswith(".delta"):
                continue
            told += 1
            if told == planned.breaks_after and request.transport is not None:
                request.transport.abort()
                return answer
            await world.pace.sleep(limits.TOKEN_SECONDS)
        await answer.write_eof()
    except ConnectionError:
        request[LEFT_EARLY] = True
    return answer
