"""The Responses API without a model: what is asked, what is answered, and the shape of both."""

from dataclasses import dataclass, replace
from typing import Any

from dev.simulator import schema_fill, thinking, usage
from dev.simulator.answers import Asked, Reply
from dev.simulator.errors import ApiError
from dev.simulator.faults import ANSWER_DEEDS, Fault
from dev.simulator.shapes import RESPONSES, check_body
from dev.simulator.speech import tokens
from dev.simulator.strict_schema import check_format
from dev.simulator.wire import Json, dump
from dev.simulator.world import World


@dataclass(frozen=True)
class Planned:
    """One answer before it is written: the reply, and what will go wrong with it."""

    reply: Reply
    fails: bool = False
    breaks_after: int | None = None


def checked(body: Json) -> Json:
    """The request, or ApiError 400 for what upstream would refuse."""
    check_body(body, RESPONSES)
    for name in ("model", "input"):
        if not body.get(name):
            raise _missing(name)
    for at, tool in enumerate(body.get("tools") or []):
        for name in ("type", "name") if tool.get("type") == "function" else ("type",):
            if not tool.get(name):
                raise _missing(f"tools[{at}].{name}")
    check_format(_format(body))
    return body


def plan(body: Json, world: World) -> Planned:
    """What to answer: a fault's word, a rule's, or the steady default."""
    fault = world.faults.strike("responses", deeds=ANSWER_DEEDS)
    asked = _asked(body)
    reply = world.answers.find(asked)
    if reply is None:
        reply = _default(body, asked)
    elif reply.fields is not None:
        reply = replace(reply, text=dump({**_instance(body, asked.input), **reply.fields}))
    return _within(body, _spoilt(reply, fault), fault)


def shaped(body: Json, response_id: str, created_at: int) -> Json:
    """The response object before anything is answered."""
    text = {
        "format": _echoed(_format(body)),
        "verbosity": (body.get("text") or {}).get("verbosity", "medium"),
    }
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "safety_identifier": body.get("safety_identifier"),
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": text,
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def finished(response: Json, planned: Planned, output: list[Json], body: Json) -> Json:
    """The response object at its end."""
    status: str = "incomplete" if planned.reply.incomplete else "completed"
    error: Json | None = None
    if planned.fails:
        status = "failed"
        error = {"code": "server_error", "message": "The simulator was told to fail this response."}
    reason = planned.reply.incomplete
    return {
        **response,
        "status": status,
        "error": error,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [] if planned.fails else output,
        "usage": _usage(body, planned.reply),
    }


def input_text(body: Json) -> str:
    """Every word of the input, one item a line."""
    given = body["input"]
    if isinstance(given, str):
        return given
    return "\n".join(filter(None, map(_words, given)))


def _asked(body: Json) -> Asked:
    given = body["input"]
    last = given[-1] if isinstance(given, list) and given else {}
    tool = isinstance(last, dict) and last.get("type") == "function_call_output"
    return Asked(
        api="responses",
        input=input_text(body),
        instructions=str(body.get("instructions") or ""),
        model=body["model"],
        schema=str(_format(body).get("name", "")),
        after="tool" if tool else "user",
    )


def _default(body: Json, asked: Asked) -> Reply:
    forced = thinking.forced(body.get("tools") or [], body.get("tool_choice"))
    if forced is not None and asked.after == "user":
        arguments = schema_fill.instance(forced.get("parameters") or {}, asked.input)
        return Reply(call=forced["name"], arguments=dump(arguments))
    kind = _format(body).get("type")
    if kind == "json_schema":
        return Reply(text=dump(_instance(body, asked.input)))
    given = body["input"]
    last = given if isinstance(given, str) else _words(given[-1]) if given else ""
    text = thinking.steady(last, asked.after)
    return Reply(text=dump({"answer": text}) if kind == "json_object" else text)


def _instance(body: Json, text: str) -> Json:
    value: Any = schema_fill.instance(_format(body).get("schema") or {"type": "object"}, text)
    return value if isinstance(value, dict) else {}


def _spoilt(reply: Reply, fault: Fault | None) -> Reply:
    if fault is None:
        return reply
    match fault.do:
        case "refuse":
            return Reply(refusal=str(fault.detail.get("text", "I cannot help with that.")))
        case "incomplete":
            kept = tokens(reply.text)
            reason = str(fault.detail.get("reason", "max_output_tokens"))
            return replace(reply, text="".join(kept[: len(kept) // 2]), incomplete=reason)
        case "text":
            return Reply(text=str(fault.detail.get("text", "{not json")))
    return reply


def _within(body: Json, reply: Reply, fault: Fault | None) -> Planned:
    """Hold the reply to `max_output_tokens`."""
    most = body.get("max_output_tokens")
    kept = tokens(reply.text)
    if most is not None and len(kept) > most:
        reply = replace(reply, text="".join(kept[:most]), incomplete="max_output_tokens")
    fails = fault is not None and fault.do == "fail"
    breaks = int(fault.detail.get("deltas", 1)) if fault is not None and fault.do == "break" else None
    return Planned(reply, fails, breaks)


def _usage(body: Json, reply: Reply) -> Json:
    spent = usage.count(input_text(body)) + usage.count(str(body.get("instructions") or ""))
    made = usage.count(reply.refusal or reply.text or reply.arguments)
    return {
        "input_tokens": spent,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent + made,
    }


def _missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", "missing_required_parameter", param=param)


def _format(body: Json) -> Json:
    return (body.get("text") or {}).get("format") or {"type": "text"}


def _echoed(form: Json) -> Json:
    if form.get("type") != "json_schema":
        return {"type": form.get("type", "text")}
    return {
        "type": "json_schema",
        "description": form.get("description"),
        "name": form["name"],
        "schema": form["schema"],
        "strict": bool(form.get("strict")),
    }


def _words(item: Any) -> str:
    """The words of one input item."""
    if not isinstance(item, dict):
        return str(item)
    if item.get("type") == "function_call_output":
        return str(item.get("output", ""))
    content = item.get("content")
    if not isinstance(content, list):
        return str(content or "")
    return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
