"""The parts that are configurations, packed with the code."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from switchboard.parts.ground import Ground

if TYPE_CHECKING:
    from switchboard.domain.agents import Agents
    from switchboard.domain.tool import ServerTools

PACKED = Path(__file__).parents[1]
"""Where configurations are packed, such as that of agents; the name of one elsewhere begins with a slash."""


class Packed(Ground):
    """What deployments may configure by a file."""

    @cached_property
    def agents(self) -> Agents:
        from switchboard.domain.agents import Agents

        path = PACKED / self.settings.agents_file
        return Agents.read(path.read_text("utf-8")).with_workflows(self.settings.chatkit_workflows)

    @cached_property
    def server_tools(self) -> ServerTools:
        """The tools that hosts run for the model, as the packed file tells them."""
        from switchboard.domain.tool import ServerTools

        text = (PACKED / self.settings.tools_file).read_text("utf-8")
        if text.strip() == "{}":
            return ServerTools()  # nearly always, and to read the reader takes time
        from switchboard.domain.tool_config import read_tools

        return read_tools(text)
