"""What requests and answers have in common: camelCase outside, unknown fields refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

SessionId = Annotated[str, StringConstraints(pattern=r"^sess_[0-9a-f]{32}$")]
CallId = Annotated[str, StringConstraints(pattern=r"^rtc_[A-Za-z0-9_-]{1,128}$")]
LogId = Annotated[str, StringConstraints(pattern=r"^log_[0-9a-f]{32}$")]
MemoryId = Annotated[str, StringConstraints(pattern=r"^mem_[0-9a-f]{32}$")]
ExtractionId = Annotated[str, StringConstraints(pattern=r"^ext_[0-9a-f]{32}$")]


class Request(BaseModel):
    """What a caller sends: body, path and query as one flat object."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


class LooseRequest(BaseModel):
    """What a front end sends that is older than we are: fields that we do not know are its own affair."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, strict=True, hide_input_in_errors=True
    )


class TaskRequest(BaseModel):
    """What a workflow hands to a task: its whole state, of which the task takes what it names."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class Answer(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, hide_input_in_errors=True
    )
