"""What a realtime model answers without a script: rules first, then a steady default."""

from dataclasses import replace

from dev.simulator import schema_fill
from dev.simulator.answers import Asked, Reply
from dev.simulator.conversation import Item, words
from dev.simulator.realtime import RealtimeSession
from dev.simulator.wire import Json, dump


def reply_to(session: RealtimeSession, tool_choice: object = None) -> Reply:
    """The reply to the conversation as it stands; the same conversation gets the same reply."""
    last = _last_not_by_model(session)
    after = "tool" if last is not None and last.body["type"] == "function_call_output" else "user"
    asked = Asked(
        api="realtime",
        input=words(last) if last is not None else "",
        instructions=session.config["instructions"] or "",
        model=session.config["model"],
        after=after,
    )
    ruled = session.world.answers.find(asked)
    if ruled is not None:
        return replace(ruled, text=dump(ruled.fields)) if ruled.fields is not None else ruled
    if after == "user":
        tool = forced(session.config["tools"], tool_choice or session.config["tool_choice"])
        if tool is not None:
            arguments = schema_fill.instance(tool.get("parameters") or {}, asked.input)
            return Reply(call=tool["name"], arguments=dump(arguments))
    return Reply(text=steady(asked.input, asked.after))


def steady(text: str, after: str) -> str:
    """What is said to a text when nobody has said what to say."""
    text = " ".join(text.split())
    if after == "tool":
        return text or "Done."
    if not text:
        return "I am listening."
    if "hello" in text.lower():
        return "Hello there."
    return f"You said: {text}"


def forced(tools: list[Json], choice: object) -> Json | None:
    """The function tool that must be called, if the choice leaves none other."""
    functions = [tool for tool in tools if tool["type"] == "function"]
    if isinstance(choice, dict):
        return next((tool for tool in functions if tool["name"] == choice.get("name")), None)
    return functions[0] if choice == "required" and functions else None


def _last_not_by_model(session: RealtimeSession) -> Item | None:
    items = [item for item in session.conversation if not item.by_model]
    return items[-1] if items else None
