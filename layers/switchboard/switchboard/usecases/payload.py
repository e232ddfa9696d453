"""What requests and answers have in common: camelCase outside, unknown fields refused."""

from __future__ import annotations

from dataclasses import dataclass
from re import fullmatch
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text must look like: as a regular expression for programs, and in words for people.

    Whoever sends another is told the words, which go on from the field's name.
    """

    pattern: str
    words: str

    def check(self, value: str) -> str:
        """Return the text. Raise PydanticCustomError with the words."""
        if not fullmatch(self.pattern, value):
            raise unfit(self.words)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}


def unfit(words: str) -> PydanticCustomError:
    """Return what a validator raises: the words go on from the field's name."""
    return PydanticCustomError("shape", "{words}", {"words": words})


NAME = "must be up to 64 letters, digits, dots, colons, _ and -, a letter or digit first"
HEX = "and 32 digits from 0 to 9 and a to f"
SessionId = Annotated[str, Shape(r"sess_[0-9a-f]{32}", f"must be sess_ {HEX}")]
CallId = Annotated[
    str, Shape(r"rtc_[A-Za-z0-9_-]{1,128}", "must be rtc_ and up to 128 letters, digits, _ and -")
]
LogId = Annotated[str, Shape(r"log_[0-9a-f]{32}", f"must be log_ {HEX}")]
MemoryId = Annotated[str, Shape(r"mem_[0-9a-f]{32}", f"must be mem_ {HEX}")]
ExtractionId = Annotated[str, Shape(r"ext_[0-9a-f]{32}", f"must be ext_ {HEX}")]


def _number(value: object) -> object:
    """Return the number that a text is, or whatever it is instead."""
    return int(value) if isinstance(value, str) and fullmatch("[0-9]{1,9}", value) else value


FromText = BeforeValidator(_number)
"""A number that comes as a query parameter."""


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
