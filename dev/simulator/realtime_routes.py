"""The HTTP half of the Realtime API: client secrets, calls, hang-up."""

import json
from email.parser import BytesParser
from email.policy import HTTP

from aiohttp import web

from dev.simulator.errors import ApiError
from dev.simulator.exchange import body, json_body, json_response
from dev.simulator.script import Script
from dev.simulator.state import STATE, State
from dev.simulator.wire import Json

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
    parts = _parts(request.headers["Content-Type"], raw)
    sdp, session = parts.get("sdp"), parts.get("session")
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


def _parts(content_type: str, raw: bytes) -> dict[str, str]:
    """The fields of a form by name, whatever types its parts claim, or none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + raw)
    fields: dict[str, str] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="Content-Disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode(errors="replace")
    return fields
