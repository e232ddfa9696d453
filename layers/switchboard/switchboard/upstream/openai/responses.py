"""Text answers, plain and structured."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps, loads
from typing import Any

from switchboard.domain.errors import UpstreamRefused, UpstreamUnavailable
from switchboard.upstream.openai.http import OpenAIHttp, as_code


class OpenAIResponses:
    """The upstream's responses API; nothing that is sent is stored there."""

    def __init__(self, http: OpenAIHttp, model: str) -> None:
        self._http = http
        self._model = model

    def text(self, instructions: str, text: str, max_tokens: int, seconds: float) -> str:
        """Return the model's words about `text`. Raise an UpstreamError."""
        return self._ask(
            {"instructions": instructions, "input": text, "max_output_tokens": max_tokens}, seconds
        )

    def structured(
        self, instructions: str, text: str, name: str, schema: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Return the model's answer, valid under `schema`. Raise an UpstreamError."""
        wanted = {"type": "json_schema", "name": name, "strict": True, "schema": schema}
        answer = self._ask({"instructions": instructions, "input": text, "text": {"format": wanted}}, seconds)
        return _validate(answer, schema)

    def _ask(self, body: dict[str, Any], seconds: float) -> str:
        answer = self._http.post("responses", {"model": self._model, "store": False, **body}, seconds)
        status = answer.get("status")
        if status == "incomplete":
            why = answer.get("incomplete_details")
            details = {"upstream_code": as_code(why.get("reason")) if isinstance(why, dict) else None}
            raise UpstreamRefused("The model stopped before it was done.", details=details)
        if status != "completed":
            raise UpstreamUnavailable("The model did not answer.")
        return _words(answer)


def _words(answer: dict[str, Any]) -> str:
    words = []
    for part in _parts(answer):
        if part.get("type") == "refusal":
            raise UpstreamRefused("The model refused.", details={"upstream_code": "refusal"})
        if part.get("type") == "output_text" and isinstance(part.get("text"), str):
            words.append(part["text"])
    if not any(words):
        raise UpstreamUnavailable("The model answered without words.")
    return _storable("".join(words))


def _parts(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content parts of all output items, as far as they look like ones."""
    for item in _dicts(answer.get("output")):
        yield from _dicts(item.get("content"))


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (part for part in value if isinstance(part, dict)) if isinstance(value, list) else iter(())


def _storable(words: str) -> str:
    try:
        words.encode()
    except UnicodeEncodeError:
        raise UpstreamUnavailable("The model answered with half a character.") from None
    return words


def _validate(answer: str, schema: dict[str, Any]) -> dict[str, Any]:
    from fastjsonschema import JsonSchemaValueException, validate  # read only where an extraction runs

    try:
        parsed = loads(answer, parse_constant=_no_constant)
        _storable(dumps(parsed, ensure_ascii=False))
        value: dict[str, Any] = validate(schema, parsed)
    except (ValueError, RecursionError, JsonSchemaValueException):
        raise UpstreamUnavailable("The model's answer does not fit the schema.") from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)
