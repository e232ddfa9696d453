"""Every environment variable, typed; what they mean is in `docs/deploying.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from switchboard.domain import limits
from switchboard.domain.quota import Allowance

if TYPE_CHECKING:
    from switchboard.domain.chat_session import Mode


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process. A function has only the variables that it uses; others are empty."""

    table_name: str
    sideband_queue_url: str
    secrets_key_id: str
    renew_state_machine_arn: str
    extract_state_machine_arn: str
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
    ticket_calls: int
    quotas: Mapping[str, Allowance]
    agents_file: str
    chatkit_mode: Mode
    chatkit_project: str
    chatkit_workflows: str
    token_key_ids: tuple[str, ...]
    token_issuer: str

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
            allowed_origin=get("ALLOWED_ORIGIN", "*"),
            stage=get("STAGE", "dev"),
            ticket_calls=int(get("TICKET_CALLS", "1")),
            quotas={
                "mint:guest": Allowance.parse(get("QUOTA_GUEST", limits.QUOTA_GUEST)),
                "mint:network": Allowance.parse(get("QUOTA_NETWORK", limits.QUOTA_NETWORK)),
                "mint:user": Allowance.parse(get("QUOTA_USER", limits.QUOTA_USER)),
                "mint:fleet": Allowance.parse(get("QUOTA_FLEET", limits.QUOTA_FLEET)),
            },
            agents_file=get("AGENTS_FILE"),
            chatkit_mode="hosted" if get("CHATKIT_MODE") == "hosted" else "self_hosted",
            chatkit_project=get("OPENAI_CHATKIT_PROJECT"),
            chatkit_workflows=get("OPENAI_CHATKIT_WORKFLOWS"),
            token_key_ids=tuple(get("TOKEN_KEY_IDS").replace(" ", "").split(",")),
            token_issuer=f"switchboard-{get('STAGE', 'dev')}",
        )
