"""What the browsers of the calls heard: each leaves a log behind, as `clients/js` uploads it at the end.

A browser has its own channel to the upstream, which nothing here breaks: it heard what was truly said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Told = Mapping[str, Any]


def log_of(session_id: str, transcript: Sequence[Told]) -> dict[str, Any]:
    """Return the log of a session with one call, of whose items the simulator tells."""
    messages = [
        {**_place(told, "id"), "role": told["role"], "content": told["text"]}
        for told in transcript
        if told["type"] == "message" and told["text"]
    ]
    answers = {told["call_id"]: told for told in transcript if told["type"] == "function_call_output"}
    calls = [_call(told, answers) for told in transcript if told["type"] == "function_call"]
    return {"metadata": {"sessionId": session_id}, "messages": messages, "toolCalls": calls}


def _call(told: Told, answers: Mapping[str, Told]) -> dict[str, Any]:
    asked = {
        **_place(told, "itemId"),
        "name": told["name"],
        "callId": told["call_id"],
        "arguments": told["arguments"],
    }
    answer = answers.get(told["call_id"])
    if answer is None:
        return asked
    return {**asked, "output": answer["output"], "outputItemId": answer["item_id"]}


def _place(told: Told, name: str) -> dict[str, Any]:
    return {name: told["item_id"], "previousItemId": told["previous_item_id"]}
