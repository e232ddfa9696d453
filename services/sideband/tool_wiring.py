"""Build what runs tools from the environment; a configuration that cannot work ends the host at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from switchboard.bootstrap import Parts
from switchboard.domain import limits as domain_limits
from switchboard.domain.tool import LambdaTarget, ServerTool

from sideband import limits, log
from sideband.tool_kit import Context, ToolFailed, ToolKit

SECRETS = "TOOL_SECRETS"
"""The variable with the tools' secrets, a JSON object by name; with `_ARN` it names where they are kept."""


def tool_kit(parts: Parts) -> ToolKit:
    """Return it. Raise BadTools."""
    tools = parts.server_tools
    if not tools.by_name:
        return ToolKit(tools, parts.tool_calls, _nothing)  # sessions from before may still ask
    # These two cost a tenth of a second, and most hosts need neither.
    from switchboard.domain.tool_config import BadTools, secrets_of

    from sideband.tool_targets import Targets

    needed = secrets_of(tools)
    secrets = secrets_from(parts.secret)
    missing = needed - secrets().keys() if needed else ()
    if missing:
        raise BadTools(f"there is no secret {min(missing)!r}, which the tools need, in {SECRETS}")
    functions = None
    if any(isinstance(tool.target, LambdaTarget) for tool in tools.by_name.values()):
        functions = parts.client(
            "lambda",
            domain_limits.TOOL_SECONDS_MAX,
            tries=1,  # whether a tool may be run twice is not ours to say
            max_pool_connections=limits.TOOLS_OF_HOST,
        )
    log.info("tools.ready", tools=sorted(tools.by_name))
    return ToolKit(tools, parts.tool_calls, Targets(secrets, functions, parts.clock))


async def _nothing(tool: ServerTool, arguments: Mapping[str, Any], context: Context) -> str:
    raise ToolFailed("There are no tools any more.")


def secrets_from(secret: Callable[[str], str | None]) -> Callable[[], Mapping[str, str]]:
    """Return how to read the tools' secrets; that raises BadTools if they are no JSON object of texts."""

    def read() -> Mapping[str, str]:
        from switchboard.domain.tool_config import BadTools

        try:
            found: Any = orjson.loads(secret(SECRETS) or "{}")
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise BadTools(f"{SECRETS} must be a JSON object of texts by name") from None
        return found

    return read
