"""What the self-hosted server takes: the ChatKit protocol, as far as there is something behind it."""

from __future__ import annotations

from chatkit.types import ChatKitReq, ThreadsAddUserMessageReq, ThreadsCreateReq, ThreadsUpdateReq
from pydantic import TypeAdapter, ValidationError

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import InvalidRequest, PayloadTooLarge

REQUESTS: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)
SUPPORTED = frozenset(
    {
        *("threads.create", "threads.add_user_message", "threads.retry_after_item"),
        *("threads.get_by_id", "threads.list", "threads.update", "threads.delete"),
        *("items.list", "items.feedback"),
    }
)
"""The rest belongs to widgets, client tools and uploads, which none of our agents has."""


def read_request(body: bytes) -> ChatKitReq:
    """Return the request. Raise InvalidRequest, PayloadTooLarge."""
    if len(body) > limits.REQUEST_BYTES:
        raise PayloadTooLarge(f"The body is larger than {limits.REQUEST_BYTES} bytes.")
    try:
        request = REQUESTS.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[:20]
        fields = [
            {"field": ".".join(map(str, each["loc"]))[:64] or "body", "problem": each["msg"]}
            for each in found
        ]
        raise InvalidRequest(
            "The body is no request of the ChatKit protocol.", details={"fields": fields}
        ) from None
    if request.type not in SUPPORTED:
        raise InvalidRequest("This server does not do that.", details={"type": request.type})
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        if request.params.input.attachments:
            raise InvalidRequest("This server takes no attachments.")
        _check_message("".join(part.text for part in request.params.input.content))
    if isinstance(request, ThreadsUpdateReq) and len(request.params.title) > limits.TITLE_CHARS_MAX:
        raise InvalidRequest(f"The title has more than {limits.TITLE_CHARS_MAX} characters.")
    return request


def _check_message(words: str) -> None:
    if not words.strip():
        raise InvalidRequest("The message is empty.")
    if len(words) > limits.MESSAGE_CHARS:
        raise PayloadTooLarge(f"The message has more than {limits.MESSAGE_CHARS} characters.")
