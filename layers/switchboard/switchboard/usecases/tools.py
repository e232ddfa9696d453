"""What a session's tools must look like: functions that the browser carries out."""

from __future__ import annotations

from json import dumps
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from switchboard.domain import limits
from switchboard.usecases.payload import Shape, unfit

FunctionName = Annotated[str, Shape(r"[A-Za-z0-9_-]{1,64}", "must be up to 64 letters, digits, _ and -")]


class FunctionTool(BaseModel):
    """A function as the upstream describes one; `parameters` is a JSON schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    type: Literal["function"]
    name: FunctionName
    description: str | None = Field(default=None, max_length=4096)
    parameters: dict[str, Any] | None = None


def _small(tools: list[FunctionTool]) -> list[FunctionTool]:
    if len(dumps(as_json(tools)).encode()) > limits.TOOLS_BYTES:
        raise unfit(f"are larger than {limits.TOOLS_BYTES} bytes together")
    return tools


def as_json(tools: list[FunctionTool]) -> list[dict[str, Any]]:
    """Return the tools as the upstream takes them."""
    return [tool.model_dump(exclude_none=True) for tool in tools]


Tools = Annotated[list[FunctionTool], Field(max_length=limits.TOOLS_MAX), AfterValidator(_small)]
