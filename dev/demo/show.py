"""How the demo looks on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import Any

PLAIN = not sys.stdout.isatty() or "NO_COLOR" in os.environ
WIDTH = min(100, shutil.get_terminal_size((100, 24)).columns)
STYLES = {"bold": "1", "dim": "2", "user": "36", "assistant": "33", "tool": "35", "good": "32", "bad": "31"}


def paint(style: str, words: str) -> str:
    """Return the words in that style, if the terminal shows styles."""
    return words if PLAIN else f"\x1b[{STYLES[style]}m{words}\x1b[0m"


def story(name: str) -> None:
    """Print the title of a story."""
    print(f"\n{paint('bold', f'── {name} ' + '─' * (WIDTH - len(name) - 4))}", flush=True)


def chapter(title: str) -> None:
    """Print the heading of a step."""
    print(f"\n{paint('bold', title)}", flush=True)


def tell(words: str) -> None:
    """Print a remark."""
    indent = " " * (len(words) - len(words.lstrip()))
    for line in textwrap.wrap(words, WIDTH - 2, subsequent_indent=indent):
        print(f"  {paint('dim', line)}", flush=True)


def fact(name: str, value: object) -> None:
    """Print one named value, cut to one line."""
    words = " ".join(str(value).split())
    room = WIDTH - 20
    print(f"  {name:<16} {words if len(words) <= room else words[: room - 1] + '…'}", flush=True)


def item(shown: dict[str, Any]) -> None:
    """Print one transcript item as a line of the talk."""
    style, speaker, words = _line(shown)
    mark = "" if shown["status"] == "completed" else f"  [{shown['status']}]"
    lines = textwrap.wrap(words + mark, WIDTH - 16) or [mark.strip()]
    print(f"  {paint(style, f'{speaker:>12}')}  {lines[0]}", flush=True)
    for line in lines[1:]:
        print(f"{'':16}{line}", flush=True)


def correction(shown: dict[str, Any]) -> None:
    """Print what has become known of an item that was printed before."""
    heard = f" after {shown['heardMs'] / 1000:.1f} s of it" if shown["heardMs"] is not None else ""
    tell(f"                ↳ “{(shown['text'] or '')[:40]}…” was {shown['status']}{heard}")


def verdict(good: bool, words: str) -> None:
    """Print whether something holds."""
    print(f"  {paint('good', '✓') if good else paint('bad', '✗')} {words}", flush=True)


def _line(shown: dict[str, Any]) -> tuple[str, str, str]:
    if shown["kind"] == "function_call":
        return "tool", "calls", f"{shown['name']}({shown['arguments']})"
    if shown["kind"] == "function_call_output":
        return "tool", "answers", str(shown["output"])
    role = shown["role"] or "?"
    speaker = {"user": "Ada", "assistant": "assistant"}.get(role, role)
    return role if role in STYLES else "dim", speaker, shown["text"] or "…"
