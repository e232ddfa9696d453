"""GET /v1/realtime: the sideband of a call, or a primary socket of its own."""

import asyncio

from aiohttp import WSMsgType, web

from dev.simulator import limits
from dev.simulator.calls import EXPIRED
from dev.simulator.errors import ApiError, EventRefused, no_such_call, no_such_model
from dev.simulator.line import Line
from dev.simulator.peers import Close, SocketPeer
from dev.simulator.realtime_routes import refuse_beta
from dev.simulator.session_config import DEFAULT_MODEL, new_session
from dev.simulator.state import STATE, State


def routes() -> list[web.RouteDef]:
    return [web.get("/v1/realtime", open_socket, name="attach")]


async def open_socket(request: web.Request) -> web.StreamResponse:
    """Tell the two kinds of socket apart; refusals are HTTP answers before any upgrade."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise ApiError(426, "This endpoint speaks WebSocket only.", headers={"upgrade": "websocket"})
    call_id = request.query.get("call_id")
    if call_id is not None:
        return await _sideband(request, call_id)
    return await _primary(request)


async def _sideband(request: web.Request, call_id: str) -> web.StreamResponse:
    state = request.app[STATE]
    credential = state.gate.admit(request.headers, allow="any")
    if "OpenAI-Beta" in request.headers:
        raise no_such_call()
    call = state.calls.attachable(call_id, credential)
    call.attachments += 1
    socket, peer = await _accepted(request)
    if call.ended_at is not None:
        peer.put(Close(1000))
    else:
        call.line.session.peers.append(peer)
    try:
        await _serve(socket, peer, call.line)
    finally:
        call.line.session.left(peer)
        if peer in call.line.session.peers:
            call.line.session.peers.remove(peer)
    return socket


async def _primary(request: web.Request) -> web.StreamResponse:
    """A session that lives and dies with its socket."""
    state = request.app[STATE]
    credential = state.gate.admit(request.headers, allow="any")
    refuse_beta(request)
    model = request.query.get("model") or DEFAULT_MODEL
    if model not in (*state.config.models, DEFAULT_MODEL):
        raise no_such_model(model)
    line = _line(state, model, credential.secret.asked if credential.secret else {"type": "realtime"})
    socket, peer = await _accepted(request)
    peer.awake = peer.hears_audio = True
    session = line.session
    session.peers.append(peer)
    session.emit({"type": "session.created", "session": session.config})
    loop = asyncio.get_running_loop()
    expiry = loop.call_later(state.config.call_seconds, session.end, Close(1001, EXPIRED))
    script = state.library.chosen(request.headers.get("X-Simulator-Script"))
    if script is not None:
        line.play(script, lambda: session.end(Close(1000)))
    try:
        await _serve(socket, peer, line)
    finally:
        expiry.cancel()
        session.end(Close(1000))
    return socket


def _line(state: State, model: str, asked: dict[str, object]) -> Line:
    until = int(state.world.pace.now() + state.config.call_seconds)
    try:
        config = new_session(state.world.chance.id("sess"), {**asked, "model": model}, until)
    except EventRefused as refused:
        raise ApiError(400, refused.message, refused.code, param=refused.param) from refused
    return Line(state.world, config, "primary")


async def _accepted(request: web.Request) -> tuple[web.WebSocketResponse, SocketPeer]:
    socket = web.WebSocketResponse(
        protocols=("realtime",),
        compress=False,
        max_msg_size=limits.MAX_FRAME,
        timeout=limits.CLOSE_SECONDS,
    )
    await socket.prepare(request)
    return socket, SocketPeer(socket, request.transport)


async def _serve(socket: web.WebSocketResponse, peer: SocketPeer, line: Line) -> None:
    """Read client events until the socket closes; a second task writes."""
    pump = asyncio.create_task(peer.pump())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT and not line.session.ended:
                line.events.handle(peer, message.data)
    finally:
        if line.session.ended:
            await asyncio.wait([pump], timeout=limits.CLOSE_SECONDS)
        pump.cancel()
