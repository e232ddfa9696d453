"""Text answers, plain and structured."""

from __future__ import annotations

from json import loads
from typing import Any

from switchboard.domain.errors import UpstreamRefused, UpstreamUnavailable
from switchboard.upstream.openai.http import OpenAIHttp


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
        if answer.get("status") == "incomplete":
            why = (answer.get("incomplete_details") or {}).get("reason")
            raise UpstreamRefused("The model stopped before it was done.", details={"upstream_code": why})
        if answer.get("status") != "completed":
            raise UpstreamUnavailable("The model did not answer.")
        return _words(answer)


def _words(answer: dict[str, Any]) -> str:
    words = []
    for item in answer.get("output", []):
        for part in item.get("content") or []:
            if part.get("type") == "refusal":
                raise UpstreamRefused("The model refused.", details={"upstream_code": "refusal"})
            if part.get("type") == "output_text":
                words.append(part.get("text", ""))
    if not words:
        raise UpstreamUnavailable("The model answered without words.")
    return "".join(words)


def _validate(answer: str, schema: dict[str, Any]) -> dict[str, Any]:
    from fastjsonschema import JsonSchemaValueException, validate  # read only where an extraction runs

    try:
        value: dict[str, Any] = validate(schema, loads(answer))
    except (ValueError, JsonSchemaValueException) as error:
        raise UpstreamUnavailable("The model's answer does not fit the schema.") from error
    return value
