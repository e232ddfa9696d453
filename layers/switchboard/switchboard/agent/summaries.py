"""A turn in two sentences, a long talk in a page: by a model where one is wanted, else cut from the words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from switchboard.agent import limits
from switchboard.agent.turn import Turn
from switchboard.domain.errors import UpstreamError

Ask = Callable[[str, str, int, float], Awaitable[str]]
"""Return a model's words: instructions, text, most tokens, seconds. Raise an UpstreamError."""

SUMMARISE = (
    "Summarise this exchange in one or two sentences for the assistant's own memory. Keep names, numbers, "
    "decisions and open questions. No preamble."
)
DIGEST = (
    "Below are the earlier digest of a conversation, if there is one, and what was said since. Write a new "
    "digest of everything for the assistant's own memory: facts about the user, decisions, open questions, "
    "names and numbers. No preamble."
)


def extract(query: str, answer: str) -> str:
    """Return the cheap summary: what was asked, and how the answer begins."""
    half = limits.SUMMARY_CHARS // 2
    asked, answered = _begin(query, half), _begin(answer, limits.SUMMARY_CHARS - half)
    return f"{asked} → {answered}" if answered else asked


async def summarise(query: str, answer: str, ask: Ask | None) -> str:
    """Return the model's summary, or the cheap one where there is no model or it fails or takes too long."""
    if ask is None or not answer:
        return extract(query, answer)
    text = f"User: {middle_out(query, limits.SUMMARY_INPUT_CHARS // 2)}\n\nAssistant: "
    text += middle_out(answer, limits.SUMMARY_INPUT_CHARS // 2)
    words = await _asked(ask, SUMMARISE, text, limits.SUMMARY_TOKENS, limits.SUMMARY_SECONDS)
    return words or extract(query, answer)


async def digest(before: str, turns: Sequence[Turn], ask: Ask | None) -> str:
    """Return one text that stands for an earlier digest and the turns since, of bounded length."""
    lines = [f"- {turn.summary}" for turn in turns]
    text = "\n".join([before, *lines] if before else lines)
    if ask is not None:
        words = await _asked(ask, DIGEST, text, limits.DIGEST_TOKENS, limits.DIGEST_SECONDS)
        if words:
            return words[: limits.DIGEST_CHARS]
    return _newest_lines(text, limits.DIGEST_CHARS)


def middle_out(text: str, most: int) -> str:
    """Return the text, with its middle cut out if it is longer than `most`: ends say more than middles."""
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[:half]} … {text[len(text) - half :]}"


async def _asked(ask: Ask, instructions: str, text: str, tokens: int, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            return (await ask(instructions, text, tokens, seconds)).strip()
    except (UpstreamError, TimeoutError):
        return ""


def _begin(text: str, most: int) -> str:
    """Return the first sentences that fit, or as many words."""
    words = " ".join(text[: most * 4].split())
    if len(words) <= most:
        return words
    cut = words[:most]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。"))
    return cut[: end + 1] if end > most // 3 else cut[: max(cut.rfind(" "), most // 2)] + "…"


def _newest_lines(text: str, most: int) -> str:
    """Return the last lines that fit: of a digest without a model, the oldest is forgotten first."""
    kept: list[str] = []
    room = most
    for line in reversed(text.split("\n")):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept)) or text[-most:]
