"""The streamed form of a response: the same answer, told event by event."""

from collections.abc import Iterator

from dev.simulator.chance import Chance
from dev.simulator.responses import Planned, finished
from dev.simulator.speech import tokens
from dev.simulator.wire import Json


def output_items(planned: Planned, chance: Chance) -> list[Json]:
    """The finished output: one message or one function call."""
    reply = planned.reply
    status = "incomplete" if reply.incomplete else "completed"
    if reply.call is not None:
        call: Json = {"id": f"fc_{chance.hex(48)}", "type": "function_call", "status": status}
        return [{**call, "name": reply.call, "call_id": chance.id("call", 24), "arguments": reply.arguments}]
    part: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
    if reply.refusal is not None:
        part = {"type": "refusal", "refusal": reply.refusal}
    message = {"id": f"msg_{chance.hex(48)}", "type": "message", "role": "assistant", "status": status}
    return [{**message, "content": [part]}]


def events(response: Json, planned: Planned, body: Json, chance: Chance) -> Iterator[Json]:
    """Every event of the stream in order, numbered from 0."""
    for number, event in enumerate(_events(response, planned, body, chance)):
        yield {"type": event["type"], "sequence_number": number, **event}


def _events(response: Json, planned: Planned, body: Json, chance: Chance) -> Iterator[Json]:
    yield {"type": "response.created", "response": response}
    yield {"type": "response.in_progress", "response": response}
    output = output_items(planned, chance)
    if planned.fails:
        yield {
            "type": "error",
            "code": "server_error",
            "message": "The simulator was told to fail this response.",
            "param": None,
        }
    else:
        for index, item in enumerate(output):
            yield from _item(item, index)
    last = finished(response, planned, output, body)
    yield {"type": f"response.{last['status']}", "response": last}


def _item(item: Json, index: int) -> Iterator[Json]:
    empty: Json = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    opened = {**item, "status": "in_progress", **empty}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}
    if item["type"] == "function_call":
        yield from _arguments(item, index)
    else:
        yield from _part(
            item["content"][0], {"item_id": item["id"], "output_index": index, "content_index": 0}
        )
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _arguments(item: Json, index: int) -> Iterator[Json]:
    place = {"item_id": item["id"], "output_index": index}
    kind = "response.function_call_arguments"
    for piece in tokens(item["arguments"]):
        yield {"type": f"{kind}.delta", **place, "delta": piece}
    yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}


def _part(part: Json, place: Json) -> Iterator[Json]:
    name = "refusal" if part["type"] == "refusal" else "text"
    kind = "response.refusal" if name == "refusal" else "response.output_text"
    extra: Json = {} if name == "refusal" else {"logprobs": []}
    yield {"type": "response.content_part.added", **place, "part": {**part, name: ""}}
    for piece in tokens(part[name]):
        yield {"type": f"{kind}.delta", **place, "delta": piece, **extra}
    yield {"type": f"{kind}.done", **place, name: part[name], **extra}
    yield {"type": "response.content_part.done", **place, "part": part}
