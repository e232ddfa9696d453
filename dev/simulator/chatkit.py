"""ChatKit sessions: minted and cancelled. The talk itself runs elsewhere and is not simulated."""

from collections import OrderedDict

from dev.simulator import limits
from dev.simulator.chance import Chance
from dev.simulator.errors import ApiError
from dev.simulator.pace import Pace
from dev.simulator.shapes import CHAT, check_body
from dev.simulator.wire import Json


class ChatSessions:
    """The sessions that were minted, oldest forgotten first."""

    def __init__(self, chance: Chance, pace: Pace, capacity: int) -> None:
        self._chance = chance
        self._pace = pace
        self._capacity = capacity
        self._sessions: OrderedDict[str, Json] = OrderedDict()

    def create(self, body: Json) -> Json:
        """Mint a session. Raises ApiError 400."""
        check_body(body, CHAT)
        user, workflow = body.get("user"), body.get("workflow") or {}
        if not user or not isinstance(user, str):
            raise _missing("user")
        if not isinstance(workflow.get("id"), str):
            raise _missing("workflow.id")
        per_minute = (body.get("rate_limits") or {}).get("max_requests_per_1_minute", 10)
        session: Json = {
            "id": f"cksess_{self._chance.hex(48)}",
            "object": "chatkit.session",
            "client_secret": f"ek_{self._chance.hex(48)}",
            "expires_at": int(self._pace.now()) + _lifetime(body),
            "user": user,
            "workflow": {
                "id": workflow["id"],
                "version": workflow.get("version"),
                "state_variables": workflow.get("state_variables"),
                "tracing": {"enabled": True, **(workflow.get("tracing") or {})},
            },
            "rate_limits": {"max_requests_per_1_minute": per_minute},
            "max_requests_per_1_minute": per_minute,
            "status": "active",
            "chatkit_configuration": _configuration(body.get("chatkit_configuration") or {}),
        }
        self._sessions[session["id"]] = session
        while len(self._sessions) > self._capacity:
            self._sessions.popitem(last=False)
        return session

    def cancel(self, session_id: str) -> Json:
        """Cancel a session; cancelling twice changes nothing. Raises ApiError 404."""
        session = self._sessions.get(session_id)
        if session is None:
            raise ApiError(404, f"No session found with id '{session_id}'.", "not_found")
        if session["expires_at"] <= self._pace.now() and session["status"] == "active":
            session["status"] = "expired"
        elif session["status"] == "active":
            session["status"] = "cancelled"
        return session

    def clear(self) -> None:
        self._sessions.clear()


def _configuration(asked: Json) -> Json:
    """The defaults with what was asked laid over them."""
    defaults: Json = {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_files": 10, "max_file_size": 512},
        "history": {"enabled": True, "recent_threads": None},
    }
    return {name: {**value, **(asked.get(name) or {})} for name, value in defaults.items()}


def _lifetime(body: Json) -> int:
    seconds = (body.get("expires_after") or {}).get("seconds", limits.CHAT_SECONDS_MAX)
    if type(seconds) is not int or not 1 <= seconds <= limits.CHAT_SECONDS_MAX:
        raise ApiError(
            400,
            f"Invalid 'expires_after.seconds': expected a value between 1 and {limits.CHAT_SECONDS_MAX}.",
            "invalid_value",
            param="expires_after.seconds",
        )
    return seconds


def _missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", "missing_required_parameter", param=param)
