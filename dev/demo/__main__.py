"""`python -m dev.demo` tells every story; `python -m dev.demo voice` only that one."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

from dev.demo import agent, codex, guest_and_user, relay, show, voice
from dev.demo.client import Browser, DemoFailed, FrontEnd
from dev.demo.world import World
from dev.engine import running
from dev.engine.stack import LocalStack
from dev.engine.tools import ToolsWrong

Story = Callable[[World], bool]
STORIES: Mapping[str, Story] = {
    "voice": lambda world: voice.tell_story(FrontEnd(world.api_url), Browser(world.simulator_url)),
    "relay": lambda world: relay.tell_story(world.api_url, world.simulator_url),
    "guest": lambda world: guest_and_user.tell_story(world.api_url, world.simulator_url),
    "codex": lambda world: codex.tell_story(world.api_url, world.user_token("demo-codex")),
    "agent": lambda world: agent.tell_story(world.api_url, world.simulator_url),
}


def main() -> int:
    """Tell the stories; return 0 if all ended as they should."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("story", nargs="*", help=f"which: {', '.join(STORIES)} (default: all)")
    chosen = parser.parse_args().story or list(STORIES)
    if unknown := [name for name in chosen if name not in STORIES]:
        parser.error(f"there is no story called {unknown[0]}; there are {', '.join(STORIES)}")
    try:
        with _world() as world:
            endings = [_tell(name, world) for name in chosen]
            return 0 if all(endings) else 1
    except ToolsWrong as wrong:
        show.verdict(False, str(wrong))
        return 1
    except KeyboardInterrupt:
        return 130


def _tell(name: str, world: World) -> bool:
    show.story(name)
    try:
        return STORIES[name](world)
    except (DemoFailed, httpx.HTTPError) as failure:
        show.verdict(False, str(failure) or type(failure).__name__)
        return False


@contextlib.contextmanager
def _world() -> Iterator[World]:
    """Yield a running `make dev`, else a system of our own."""
    found = running.find()
    if found and found["simulator_url"]:
        yield World(found["api_url"], found["simulator_url"], found["engine_url"], found["physical_ids"])
        return
    if found:
        show.tell("The running system talks to the real upstream; the demo starts one of its own beside it.")
    with (
        tempfile.TemporaryDirectory(prefix="switchboard-demo-") as state,
        LocalStack(state_dir=Path(state), sideband_hosts=1, narrate=show.tell) as stack,
    ):
        yield World(stack.api_url, stack.simulator_url, stack.engine_url, stack.physical_ids)


if __name__ == "__main__":
    sys.exit(main())
