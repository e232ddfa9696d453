"""The values that the template's parameters take on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dev.engine.cloudformation import Template

REAL_UPSTREAM = "https://api.openai.com/v1"
SIMULATOR_KEY = "sk-local-simulator"

# Parameters that a developer may set by an environment variable of the same meaning.
_FROM_ENVIRONMENT = {
    "OpenAIApiKey": "OPENAI_API_KEY",
    "OpenAIBaseUrl": "OPENAI_BASE_URL",
    "JwtSecret": "JWT_SECRET",
    "BackendApiKey": "BACKEND_API_KEY",
    "OpenAIChatKitProject": "OPENAI_CHATKIT_PROJECT",
    "OpenAIChatKitSecret": "OPENAI_CHATKIT_SECRET",
    "OpenAIChatKitWorkflows": "OPENAI_CHATKIT_WORKFLOWS",
    "RedisUrl": "REDIS_URL",
    "SupabaseUrl": "SUPABASE_URL",
    "SupabaseServiceRoleKey": "SUPABASE_SERVICE_ROLE_KEY",
    "JwksUrl": "JWKS_URL",
    "AgentMcpServers": "MCP_SERVERS",
    "AgentsFile": "AGENTS_FILE",
    "ToolsFile": "TOOLS_FILE",
    "ToolSecrets": "TOOL_SECRETS",
}

# What the simulator wants to be told, which takes any key and knows no workflow from another.
_SIMULATED = {
    "OpenAIApiKey": SIMULATOR_KEY,
    "OpenAIChatKitProject": "proj_local",
    "OpenAIChatKitSecret": SIMULATOR_KEY,
    "OpenAIChatKitWorkflows": '{"assistant": "wf_local"}',
}

_LOCAL = {
    "Stage": "dev",
    "SecureCookies": "false",  # plain http on loopback: a browser would keep no Secure cookie
    "JwtSecret": "local-jwt-secret-that-only-signs-tokens-on-this-machine",
    "BackendApiKey": "local-backend-api-key",
    "SidebandImage": "switchboard-sideband:local",
    "RealtimeTools": (
        '[{"type":"function","name":"find_course","description":"Find a course.",'
        '"parameters":{"type":"object","properties":{"subject":{"type":"string"}},"required":["subject"],"additionalProperties":false}},'
        '{"type":"function","name":"book_course","description":"Book a course.",'
        '"parameters":{"type":"object","properties":{"course":{"type":"string"}},"required":["course"],"additionalProperties":false}}]'
    ),
    "GuestTools": "find_course",  # a guest may look, and book nothing
    "QuotaNetwork": "100000/3600",  # all guests of this machine come from one network
    "QuotaUser": "100000/3600",  # tests and benchmarks ask more often than a person
    "QuotaFleet": "100000/3600",
    "CallsGuest": "0",  # tests and benchmarks leave calls behind that nobody ends
    "CallsNetwork": "0",
    "CallsUser": "0",
}


def uses_real_upstream() -> bool:
    """Whether the developer has given a key of the real upstream."""
    return bool(os.environ.get("OPENAI_API_KEY"))


def simulated_upstream(url: str) -> dict[str, str]:
    """Return the parameters that send everything to the simulator at that root URL."""
    # The simulator plays the users' issuer as well.
    return {**_SIMULATED, "OpenAIBaseUrl": f"{url}/v1", "SupabaseUrl": url}


def upstream_url(simulator_url: str) -> str:
    """Return where calls to the upstream go, for a person to read."""
    return simulator_url or os.environ.get("OPENAI_BASE_URL") or REAL_UPSTREAM


def local_values(template: Template, upstream: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return a value for each declared parameter that has one here; the others keep their defaults."""
    environment = {name: os.environ[key] for name, key in _FROM_ENVIRONMENT.items() if os.environ.get(key)}
    values = {**_LOCAL, **environment, **upstream, **given}
    return {name: values[name] for name in template.get("Parameters", {}) if name in values}
