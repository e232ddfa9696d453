"""The control API under /_simulator/: scripts, faults, the truth, and what was asked."""

from aiohttp import web

from dev.simulator import script
from dev.simulator.calls import Call
from dev.simulator.errors import ApiError, BadScript
from dev.simulator.exchange import json_body, json_response
from dev.simulator.peers import Abort, Close
from dev.simulator.state import STATE, State

_ROOT = "/_simulator"
_YAML = ("application/yaml", "application/x-yaml", "text/yaml")


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{_ROOT}/health", health),
        web.get(f"{_ROOT}/calls", list_calls),
        web.get(f"{_ROOT}/calls/{{call_id}}", get_call),
        web.post(f"{_ROOT}/calls/{{call_id}}/script", play_script),
        web.post(f"{_ROOT}/calls/{{call_id}}/hangup", hang_up),
        web.post(f"{_ROOT}/calls/{{call_id}}/expire", expire),
        web.post(f"{_ROOT}/calls/{{call_id}}/disconnect", disconnect),
        web.get(f"{_ROOT}/scripts", list_scripts),
        web.put(f"{_ROOT}/scripts/default", set_default_script),
        web.put(f"{_ROOT}/scripts/{{name}}", put_script),
        web.post(f"{_ROOT}/answers", post_answers),
        web.delete(f"{_ROOT}/answers", delete_answers),
        web.get(f"{_ROOT}/faults", list_faults),
        web.post(f"{_ROOT}/faults", add_fault),
        web.delete(f"{_ROOT}/faults", delete_faults),
        web.delete(f"{_ROOT}/faults/{{fault_id}}", delete_faults),
        web.get(f"{_ROOT}/requests", list_requests),
        web.post(f"{_ROOT}/reset", reset),
    ]


async def health(request: web.Request) -> web.Response:
    state = request.app[STATE]
    return json_response({"status": "ok", "live_calls": len(state.calls), "secrets": len(state.secrets)})


async def list_calls(request: web.Request) -> web.Response:
    return json_response({"calls": [call.shown() for call in request.app[STATE].calls.list()]})


async def get_call(request: web.Request) -> web.Response:
    """The call, its configuration, and the truth: what was said, in order."""
    call = _call(request)
    session = call.line.session
    listeners = [listener.shown() for listener in session.listeners]
    detail = {"session": session.config, "transcript": call.line.truth(), "listeners": listeners}
    return json_response({**call.shown(), **detail})


async def play_script(request: web.Request) -> web.Response:
    """Play `{"name": …}` or a whole script, JSON or YAML, on a live call."""
    state, call = request.app[STATE], _live(request)
    state.calls.play(call, await _script(request, state))
    return json_response(call.shown(), 202)


async def hang_up(request: web.Request) -> web.Response:
    """The person closes the browser: sidebands see a clean 1000."""
    call = _live(request)
    request.app[STATE].calls.end(call, "hung up by the person")
    return json_response(call.shown())


async def expire(request: web.Request) -> web.Response:
    """The call's hour is over now: sidebands see 1001."""
    call = _live(request)
    request.app[STATE].calls.expire(call)
    return json_response(call.shown())


async def disconnect(request: web.Request) -> web.Response:
    """Cut the sidebands and let the call live: `{"code", "reason"}`, or a broken connection (1006)."""
    call, asked = _live(request), await json_body(request)
    order = Close(int(asked["code"]), str(asked.get("reason", ""))) if "code" in asked else Abort()
    peers = [peer for peer in call.line.session.peers if peer.attached]
    for peer in peers:
        peer.put(order)
        call.line.session.left(peer, cut=True)
    return json_response({"disconnected": len(peers)})


async def list_scripts(request: web.Request) -> web.Response:
    library = request.app[STATE].library
    default = library.default.name if library.default else None
    return json_response({"scripts": library.names(), "default": default})


async def put_script(request: web.Request) -> web.Response:
    """Keep a script under a name."""
    state, name = request.app[STATE], request.match_info["name"]
    read = await _script(request, state)
    state.library.put(read, name)
    return json_response({"name": name, "steps": len(read.steps)})


async def set_default_script(request: web.Request) -> web.Response:
    """The script of every call that names none: `{"name": …}`, a whole script, or `{"name": null}`."""
    state = request.app[STATE]
    asked = await json_body(request) if request.content_type not in _YAML else {"steps": []}
    if asked.get("name", "") is None:
        state.library.default = None
    else:
        state.library.default = chosen = await _script(request, state)
        state.world.answers.learn(chosen.name, list(chosen.answers))
    return await list_scripts(request)


async def post_answers(request: web.Request) -> web.Response:
    """Add rules, `{"answers": [...]}`, asked before those of any script."""
    rules = (await json_body(request)).get("answers")
    if not isinstance(rules, list):
        raise BadScript("expected {'answers': [...]}")
    return json_response({"rules": request.app[STATE].world.answers.post(rules)})


async def delete_answers(request: web.Request) -> web.Response:
    return json_response({"deleted": request.app[STATE].world.answers.clear_posted()})


async def list_faults(request: web.Request) -> web.Response:
    return json_response({"faults": request.app[STATE].world.faults.list()})


async def add_fault(request: web.Request) -> web.Response:
    fault = request.app[STATE].world.faults.add(await json_body(request))
    return json_response(fault.shown(), 201)


async def delete_faults(request: web.Request) -> web.Response:
    deleted = request.app[STATE].world.faults.clear(request.match_info.get("fault_id"))
    return json_response({"deleted": deleted})


async def list_requests(request: web.Request) -> web.Response:
    return json_response({"requests": request.app[STATE].log.list()})


async def reset(request: web.Request) -> web.Response:
    request.app[STATE].reset()
    return json_response({"status": "ok"})


async def _script(request: web.Request, state: State) -> script.Script:
    """The script in a request's body, or the kept one that it names."""
    if request.content_type in _YAML:
        return script.parse((await request.read()).decode(), "posted")
    asked = await json_body(request)
    if set(asked) == {"name"}:
        return state.library.get(asked["name"])
    return script.checked(asked, "posted")


def _call(request: web.Request) -> Call:
    call = request.app[STATE].calls.find(request.match_info["call_id"])
    if call is None:
        raise ApiError(404, "The simulator knows no such call.", "call_not_found")
    return call


def _live(request: web.Request) -> Call:
    call = _call(request)
    if call.ended_at is not None:
        raise ApiError(409, "The call is over.", "call_ended")
    return call
