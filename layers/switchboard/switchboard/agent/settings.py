"""The agent's configuration: every environment variable that it reads, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Any

from switchboard.agent import limits

INSTRUCTIONS = "You are a helpful assistant. Answer in the user's language, briefly and plainly."
OFF = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; None where nobody said, and then nothing is said of cost."""

    input: float | None = None
    cached: float | None = None
    output: float | None = None


@dataclass(frozen=True)
class AgentSettings:
    """How the agent works in this process."""

    model: str = "gpt-5.6-luna"
    small_model: str = "gpt-5.6-luna"
    embedding_model: str = "text-embedding-3-small"
    base_url: str = "https://api.openai.com/v1"
    instructions: str = INSTRUCTIONS
    table_name: str = ""
    summarize_llm: bool = False
    use_embeddings: bool = False
    local_embeddings: str = ""
    max_context_messages: int = limits.CONTEXT_MESSAGES
    tools: tuple[str, ...] = ()
    mcp_servers: tuple[Mapping[str, Any], ...] = ()
    prices: Prices = Prices()
    rate_queries: int = limits.RATE_QUERIES

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> AgentSettings:
        """Return the settings of an environment. Raise ValueError, naming the variable, for nonsense."""
        model = environ.get("AGENT_MODEL") or environ.get("RESPONSES_MODEL") or cls.model
        return cls(
            model=model,
            small_model=environ.get("AGENT_SMALL_MODEL") or model,
            embedding_model=environ.get("EMBEDDING_MODEL") or cls.embedding_model,
            base_url=environ.get("OPENAI_BASE_URL") or cls.base_url,
            instructions=environ.get("AGENT_INSTRUCTIONS") or INSTRUCTIONS,
            table_name=environ.get("TABLE_NAME", ""),
            summarize_llm=_flag(environ, "DEXTER_SUMMARIZE_LLM"),
            use_embeddings=_flag(environ, "DEXTER_USE_EMBEDDINGS"),
            local_embeddings=environ.get("AGENT_LOCAL_EMBEDDINGS", ""),
            max_context_messages=_count(environ, "DEXTER_MAX_CONTEXT_MESSAGES", limits.CONTEXT_MESSAGES),
            tools=tuple(filter(None, environ.get("AGENT_TOOLS", "").replace(" ", "").split(","))),
            mcp_servers=_servers(environ.get("MCP_SERVERS", "")),
            prices=_prices(environ),
            rate_queries=_count(environ, "AGENT_RATE_QUERIES", limits.RATE_QUERIES),
        )


def _flag(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() not in OFF


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit():
        raise ValueError(f"{name} must be a whole number, such as {default}")
    return int(text)


def _servers(text: str) -> tuple[Mapping[str, Any], ...]:
    """Return the MCP servers of a JSON list: `[{"label", "url", "token_env"?, "tools"?, "hosted"?}]`."""
    try:
        servers = loads(text) if text.strip() else []
    except ValueError:
        servers = None
    if not isinstance(servers, list) or not all(map(_names_a_server, servers)):
        raise ValueError('MCP_SERVERS must be a JSON list of {"label": …, "url": …}')
    return tuple(servers)


def _names_a_server(each: Any) -> bool:
    return isinstance(each, dict) and all(isinstance(each.get(name), str) for name in ("label", "url"))


def _prices(environ: Mapping[str, str]) -> Prices:
    def price(name: str) -> float | None:
        text = environ.get(name, "").strip()
        try:
            return float(text) if text else None
        except ValueError:
            raise ValueError(f"{name} must be US dollars for a million tokens, such as 1.25") from None

    return Prices(price("AGENT_PRICE_INPUT"), price("AGENT_PRICE_CACHED"), price("AGENT_PRICE_OUTPUT"))
