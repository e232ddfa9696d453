"""Every environment variable, typed; what they mean is in `docs/deploying.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import TYPE_CHECKING, Any

from switchboard.domain import limits
from switchboard.domain.place import Sizes
from switchboard.domain.price import Prices, prices_of
from switchboard.domain.quota import Allowance

if TYPE_CHECKING:
    from switchboard.domain.chat_session import Mode

VOICE_INSTRUCTIONS = (
    "You are a friendly voice assistant. Answer in short spoken sentences, in the language of the person, "
    "and ask when something is unclear."
)
GUEST_INSTRUCTIONS = (
    "You are the demo of a friendly voice assistant; the person has no account. Show in short spoken "
    "sentences what you can do, promise nothing that needs an account, and offer to sign in for the rest."
)


def tools_of(text: str) -> tuple[dict[str, Any], ...]:
    """Return the tools of a JSON list. Raise ValueError if it is none."""
    tools = loads(text)
    if not isinstance(tools, list) or not all(isinstance(tool, dict) and tool.get("type") for tool in tools):
        raise ValueError("REALTIME_TOOLS is a JSON list of tools, each with its type")
    return tuple(tools)


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process. A function has only the variables that it uses; others are empty."""

    table_name: str
    sideband_queue_url: str
    secrets_key_id: str
    renew_state_machine_arn: str
    extract_state_machine_arn: str
    summarise_state_machine_arn: str
    openai_base_url: str
    realtime_model: str
    realtime_voice: str
    transcription_model: str
    responses_model: str
    jwt_audience: str | None
    jwt_issuer: str | None
    jwt_algorithms: tuple[str, ...]
    jwks_url: str | None
    supabase_url: str | None
    secure_cookies: bool
    allowed_origin: str
    stage: str
    mailbox_prefix: str
    ticket_calls: int
    client_secret_seconds: int
    quotas: Mapping[str, Allowance]
    calls_at_once: Sizes
    voice_instructions: str
    guest_instructions: str
    guest_label: str
    realtime_tools: tuple[dict[str, Any], ...]
    guest_tools: tuple[str, ...]
    embeddings_model: str
    redacted: tuple[str, ...]
    agents_file: str
    tools_file: str
    chatkit_mode: Mode
    chatkit_project: str
    chatkit_workflows: str
    token_key_ids: tuple[str, ...]
    token_issuer: str
    prices: Prices
    idle_limit: float
    call_limit: float
    budget_usd: float

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings of an environment."""

        def get(name: str, default: str = "") -> str:
            return environ.get(name) or default

        return cls(
            table_name=get("TABLE_NAME"),
            sideband_queue_url=get("SIDEBAND_QUEUE_URL"),
            secrets_key_id=get("SECRETS_KEY_ID"),
            renew_state_machine_arn=get("RENEW_STATE_MACHINE_ARN"),
            extract_state_machine_arn=get("EXTRACT_STATE_MACHINE_ARN"),
            summarise_state_machine_arn=get("SUMMARISE_STATE_MACHINE_ARN"),
            openai_base_url=get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            realtime_model=get("REALTIME_MODEL", "gpt-realtime-2.1"),
            realtime_voice=get("REALTIME_VOICE", "marin"),
            transcription_model=get("TRANSCRIPTION_MODEL", "gpt-live-transcribe"),
            responses_model=get("RESPONSES_MODEL", "gpt-5.6-luna"),
            jwt_audience=get("JWT_AUDIENCE") or None,
            jwt_issuer=get("JWT_ISSUER") or None,
            jwt_algorithms=tuple(
                get("JWT_ALGORITHMS", "HS256,RS256,ES256,EdDSA").replace(" ", "").split(",")
            ),
            jwks_url=get("JWKS_URL") or None,
            supabase_url=get("SUPABASE_URL").rstrip("/") or None,
            secure_cookies=get("SECURE_COOKIES", "true").lower() != "false",
            allowed_origin=get("ALLOWED_ORIGINS") or get("ALLOWED_ORIGIN", "*"),
            stage=get("STAGE", "dev"),
            mailbox_prefix=get("MAILBOX_PREFIX"),
            ticket_calls=int(get("TICKET_CALLS", "1")),
            client_secret_seconds=int(get("CLIENT_SECRET_SECONDS", str(limits.CLIENT_SECRET_SECONDS))),
            quotas={
                "mint:guest": Allowance.parse(get("QUOTA_GUEST", limits.QUOTA_GUEST)),
                "mint:network": Allowance.parse(get("QUOTA_NETWORK", limits.QUOTA_NETWORK)),
                "mint:user": Allowance.parse(get("QUOTA_USER", limits.QUOTA_USER)),
                "mint:fleet": Allowance.parse(get("QUOTA_FLEET", limits.QUOTA_FLEET)),
                "agent:guest": Allowance.parse(get("QUOTA_GUEST", limits.QUOTA_GUEST)),
                "agent:network": Allowance.parse(get("QUOTA_NETWORK", limits.QUOTA_NETWORK)),
                "agent:user": Allowance.parse(get("QUOTA_USER", limits.QUOTA_USER)),
                "agent:fleet": Allowance.parse(get("QUOTA_FLEET", limits.QUOTA_FLEET)),
                "log:guest": Allowance.parse(get("QUOTA_LOG_EACH", limits.QUOTA_LOG_EACH)),
                "log:user": Allowance.parse(get("QUOTA_LOG_EACH", limits.QUOTA_LOG_EACH)),
                "log:network": Allowance.parse(get("QUOTA_LOG_NETWORK", limits.QUOTA_LOG_NETWORK)),
                "log:fleet": Allowance.parse(get("QUOTA_LOG_FLEET", limits.QUOTA_LOG_FLEET)),
            },
            calls_at_once={
                "guest": int(get("CALLS_GUEST", str(limits.CALLS_GUEST))),
                "network": int(get("CALLS_NETWORK", str(limits.CALLS_NETWORK))),
                "user": int(get("CALLS_USER", str(limits.CALLS_USER))),
                "fleet": int(get("CALLS_FLEET", str(limits.CALLS_FLEET))),
            },
            voice_instructions=get("VOICE_INSTRUCTIONS", VOICE_INSTRUCTIONS),
            guest_instructions=get("GUEST_INSTRUCTIONS", GUEST_INSTRUCTIONS),
            guest_label=get("GUEST_LABEL", "Guest"),
            realtime_tools=tools_of(get("REALTIME_TOOLS", "[]")),
            guest_tools=tuple(filter(None, get("GUEST_TOOLS").replace(" ", "").split(","))),
            embeddings_model=get("EMBEDDINGS_MODEL"),
            redacted=tuple(get("REDACT", "secret,email,card,iban,phone").replace(" ", "").split(",")),
            agents_file=get("AGENTS_FILE", "agents.json"),
            tools_file=get("TOOLS_FILE", "tools.json"),
            chatkit_mode="hosted" if get("CHATKIT_MODE") == "hosted" else "self_hosted",
            chatkit_project=get("OPENAI_CHATKIT_PROJECT"),
            chatkit_workflows=get("OPENAI_CHATKIT_WORKFLOWS"),
            token_key_ids=tuple(get("TOKEN_KEY_IDS").replace(" ", "").split(",")),
            token_issuer=f"switchboard-{get('STAGE', 'dev')}",
            prices=prices_of(get("PRICES", "{}")),
            idle_limit=float(get("IDLE_LIMIT_SECONDS", "0")),
            call_limit=float(get("CALL_LIMIT_SECONDS", "0")),
            budget_usd=float(get("BUDGET_USD", "0")),
        )
