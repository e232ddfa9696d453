"""What chat and codex requests and answers have in common: snake_case outside, unknown fields refused."""

from __future__ import annotations

from json import dumps
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import PayloadTooLarge
from switchboard.usecases.payload import HEX, NAME, FromText, Shape, unfit

ChatId = Annotated[str, Shape(r"chat_[0-9a-f]{44}", f"must be chat_ {HEX}".replace("32", "44"))]
CodexId = Annotated[str, Shape(r"cdx_[0-9a-f]{32}", f"must be cdx_ {HEX}")]
AgentId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Any short text: which ones exist is the configuration's to say, with an error of its own."""
Placement = Annotated[
    str, Shape(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,63}", NAME.replace("colons", "colons, slashes"))
]
OrgId = Annotated[str, Shape(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", NAME)]
EventType = Annotated[
    str,
    Shape(r"[a-z][a-z0-9_.]{0,63}", "must be up to 64 small letters, digits, dots and _, a letter first"),
]


def _small(most: int) -> AfterValidator:
    """Return the check of a free object: no larger than `most` bytes of JSON, and not nested too deep."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        if _depth(value, limits.JSON_DEPTH + 1) > limits.JSON_DEPTH:
            raise unfit(f"is nested deeper than {limits.JSON_DEPTH} levels")
        if len(dumps(value, ensure_ascii=False).encode()) > most:
            raise PayloadTooLarge(f"An object in the body is larger than {most} bytes.")
        return value

    return AfterValidator(check)


def _depth(value: Any, most: int) -> int:
    """Return how deep a value is nested, without looking further than `most` levels."""
    if most == 0 or not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each, most - 1) for each in inner), default=0)


Metadata = Annotated[dict[str, Any], _small(limits.METADATA_BYTES)]
Payload = Annotated[dict[str, Any], _small(limits.PAYLOAD_BYTES)]


Limit = Annotated[int, FromText, Field(ge=1, le=limits.PAGE_MAX)]


class ChatRequest(BaseModel):
    """What a caller sends: body, path and query as one flat object."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ChatAnswer(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
