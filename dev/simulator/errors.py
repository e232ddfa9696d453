"""The simulator's errors, in OpenAI's shape.

ApiError            an HTTP answer with `{"error": {...}}`
EventRefused        an `error` event on a socket
BadScript           a script, a fault or a control request that makes no sense (HTTP 400 on /_simulator)
"""

from collections.abc import Mapping

from dev.simulator.wire import Json


class ApiError(Exception):
    """An HTTP error as OpenAI words it: status, and the four required fields."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: Json = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class EventRefused(Exception):
    """A client event that upstream answers with an `error` event; nothing of it took effect."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


class BadScript(ValueError):
    """A script, rule or control request that cannot be read; the message names the place."""


def invalid_key(shown: str) -> ApiError:
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        "invalid_api_key",
    )


def no_such_call() -> ApiError:
    return ApiError(404, "No session found for the provided call_id", "call_id_not_found")


def no_such_model(model: str) -> ApiError:
    return ApiError(
        403,
        f"The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
    )


def overloaded() -> ApiError:
    return ApiError(
        503,
        "The server is currently overloaded with other requests.",
        "server_is_overloaded",
        kind="service_unavailable_error",
        headers={"retry-after": "1"},
    )
