"""The HTTP half of the Realtime API: client secrets, calls, hang-up."""

import json
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from dev.simulator.errors import ApiError
from dev.simulator.script import Script
from dev.simulator.state import STATE, State
from dev.simulator.wire import Json, dump

_BETA = "realtime=v1"


def routes() -> list[web.RouteDef]:
    return [
        web.post("/v1/realtime/client_secrets", create_client_secret, name="client_secrets"),
        web.post("/v1/realtime/calls", create_call, name="calls"),
        web.post("/v1/realtime/calls/{call_id}/hangup", hang_up, name="hangup"),
    ]


async def create_client_secret(request: web.Request) -> web.Response:
    """POST /v1/realtime/client_secrets: mint an `ek_…`; the model is not looked at."""
    state = request.app[STATE]
    state.gate.admit(request.headers)
    refuse_beta(request)
    secret = state.secrets.mint(
        await json_body(request),
        script=request.headers.get("X-Simulator-Script"),
        safety_identifier=request.headers.get("OpenAI-Safety-Identifier"),
    )
    shown = {"value": secret.value, "expires_at": secret.expires_at, "session": secret.session}
    return json_response(shown)


async def create_call(request: web.Request) -> web.Response:
    """POST /v1/realtime/calls: an SDP offer, raw or with a session in a form; answers with SDP."""
    state = request.app[STATE]
    creator = state.gate.admit(request.headers, allow="any")
    refuse_beta(request)
    offer, asked = await _offer(request)
    marker = request.headers.get("X-Simulator-Script")
    if marker is None and creator.secret is not None:
        marker = creator.secret.script
    script: Script | None = state.library.chosen(marker)
    call, answer = await state.calls.create(
        offer, asked, creator, script, request.headers.get("OpenAI-Safety-Identifier")
    )
    return web.Response(
        status=201,
        body=answer.encode(),
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Location": f"/v1/realtime/calls/{call.id}",
        },
    )


async def hang_up(request: web.Request) -> web.Response:
    """POST /v1/realtime/calls/{call_id}/hangup: 200, or 404 for a call that is over."""
    state: State = request.app[STATE]
    credential = state.gate.admit(request.headers, allow="any")
    state.calls.hang_up(request.match_info["call_id"], credential)
    return web.Response(status=200)


def refuse_beta(request: web.Request) -> None:
    """The beta interface is gone; its header is an error."""
    if _BETA in request.headers.get("OpenAI-Beta", ""):
        raise ApiError(
            400,
            "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
            "beta_api_shape_disabled",
        )


async def json_body(request: web.Request) -> Json:
    """The request's JSON object; an empty body is an empty object. Raises ApiError 400."""
    raw = await body(request)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ApiError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid body: expected an object.", "invalid_type")
    return value


async def body(request: web.Request) -> bytes:
    """The request's body, kept for the request log."""
    raw = await request.read()
    request["body"] = raw
    return raw


def json_response(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=dump(value).encode(), content_type="application/json")


async def _offer(request: web.Request) -> tuple[str, Json | None]:
    """The offer and the session sent with it. Raises ApiError 400."""
    kind = request.content_type
    raw = await body(request)
    if kind == "application/sdp":
        model = request.query.get("model")
        return raw.decode(errors="replace"), {"type": "realtime", "model": model} if model else None
    if kind != "multipart/form-data":
        raise ApiError(
            400,
            f"Unsupported content type: '{kind}'. Use 'application/sdp' or 'multipart/form-data'.",
            "unsupported_content_type",
        )
    form: MultiDictProxy[Any] = await request.post()
    sdp, session = _part(form.get("sdp")), _part(form.get("session"))
    if sdp is None:
        raise ApiError(400, "Missing required parameter: 'sdp'.", "missing_required_parameter", param="sdp")
    if session is None:
        return sdp, None
    try:
        asked = json.loads(session)
    except ValueError as error:
        raise ApiError(400, "Invalid 'session': not JSON.", "invalid_json", param="session") from error
    if not isinstance(asked, dict):
        raise ApiError(
            400, "Invalid type for 'session': expected an object.", "invalid_type", param="session"
        )
    return sdp, asked


def _part(value: Any) -> str | None:
    """A form field, whether it came as text, as bytes or as a file."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode(errors="replace")
    content: bytes = value.file.read()
    return content.decode(errors="replace")
