"""How one simulator is set up; every field has a default that suits a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dev.simulator import limits
from dev.simulator.wire import Json

MODELS = (
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "gpt-realtime-2",
    "gpt-realtime-1.5",
    "gpt-realtime",
    "gpt-realtime-2025-08-28",
    "gpt-realtime-mini",
    "gpt-realtime-mini-2025-12-15",
)


@dataclass(frozen=True)
class SimulatorConfig:
    """`speed` scales simulated time; `live_after` and `call_seconds` are real seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    api_keys: tuple[str, ...] = ()  # none: every key that begins with `sk-` is good
    models: tuple[str, ...] = MODELS
    speed: float = 1.0
    live_after: float = 0.0  # a call can be attached to only after this
    call_seconds: float = limits.CALL_SECONDS
    default_script: str | None = None  # its name among `scripts`, or `demo`
    scripts: Mapping[str, Json] = field(default_factory=dict)
    faults: tuple[Json, ...] = ()
    seed: int | None = None
    max_live_calls: int = limits.MAX_LIVE_CALLS
    max_ended_calls: int = limits.MAX_ENDED_CALLS
    max_secrets: int = limits.MAX_SECRETS
    max_requests: int = limits.MAX_REQUESTS
