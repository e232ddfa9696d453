"""The issuer's routes: what Supabase serves under /auth/v1, and how a test steers it."""

from aiohttp import web

from dev.simulator import issuer_cookies
from dev.simulator.credentials import presented
from dev.simulator.errors import ApiError
from dev.simulator.exchange import json_body, json_response
from dev.simulator.issuer import Issuer
from dev.simulator.issuer_tokens import Wanted
from dev.simulator.state import STATE
from dev.simulator.wire import Json

_AUTH = "/auth/v1"
_CONTROL = "/_simulator/issuer"


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{_AUTH}/.well-known/jwks.json", keys),
        web.get(f"{_AUTH}/user", user),
        web.get(_CONTROL, show),
        web.post(f"{_CONTROL}/tokens", make_token),
        web.post(f"{_CONTROL}/rotate", rotate),
        web.post(f"{_CONTROL}/sign-out", sign_out),
        web.post(f"{_CONTROL}/outage", outage),
    ]


async def keys(request: web.Request) -> web.Response:
    """The published keys."""
    issuer = _issuer(request)
    published = issuer.published()
    return _unavailable() if issuer.down else json_response(published)


async def user(request: web.Request) -> web.Response:
    """The user of a bearer token, for whoever has an API key of the project."""
    issuer = _issuer(request)
    if issuer.down:
        return _unavailable()
    if not request.headers.get("apikey"):
        return json_response({"message": "No API key found in request"}, 401)
    found = issuer.user(presented(request.headers))
    if found is None:
        error = {
            "code": 403,
            "error_code": "session_not_found",
            "msg": "Session from session_id claim missing",
        }
        return json_response(error, 403)
    return json_response(found)


async def show(request: web.Request) -> web.Response:
    """How often the keys were asked for, and whether the issuer is down."""
    issuer = _issuer(request)
    return json_response({"asked": issuer.asked, "down": issuer.down})


async def make_token(request: web.Request) -> web.Response:
    """`{"sub", "email"?, "kind"?, "algorithm"?, "secret"?}`: the token, and every form of its cookie."""
    asked = await json_body(request)
    url = request.url.origin()
    wanted = Wanted(
        issuer=f"{url}{_AUTH}",
        subject=str(asked.get("sub") or "user-of-the-simulator"),
        email=asked.get("email"),
        kind=str(asked.get("kind") or "good"),
    )
    token = _issuer(request).token(wanted, str(asked.get("algorithm") or "ES256"), asked.get("secret"))
    project = (url.host or "").partition(".")[0]
    cookies = issuer_cookies.forms(project, token, wanted.email)
    return json_response({"token": token, "cookies": {name: _header(form) for name, form in cookies.items()}})


async def rotate(request: web.Request) -> web.Response:
    """New keys; `{"withdraw": true}` takes the old ones away."""
    asked = await json_body(request)
    return json_response({"key_ids": _issuer(request).rotate(withdraw=bool(asked.get("withdraw")))})


async def sign_out(request: web.Request) -> web.Response:
    """The user of `{"token": …}` has signed out."""
    asked = await json_body(request)
    if not _issuer(request).sign_out(str(asked.get("token"))):
        raise ApiError(404, "The issuer knows no such token.", "token_not_found")
    return json_response({"status": "ok"})


async def outage(request: web.Request) -> web.Response:
    """`{"down": true}`: the issuer answers nothing but 503 until told otherwise."""
    issuer = _issuer(request)
    issuer.down = bool((await json_body(request)).get("down"))
    return json_response({"down": issuer.down})


def _header(form: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in form.items())


def _unavailable() -> web.Response:
    body: Json = {"message": "the issuer has a bad day"}
    return json_response(body, 503)


def _issuer(request: web.Request) -> Issuer:
    return request.app[STATE].issuer
