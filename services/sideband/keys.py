"""Which credentials may open a call's sideband, and in which order to try them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from switchboard.domain.limits import SECRETS_TRIED
from switchboard.domain.secret import ApiKey, ClientSecret, Credential

Kind = Literal["client_secret", "api_key"]


def kind_of(credential: Credential) -> Kind:
    """Return what a call's row says of the credential that attached."""
    return "client_secret" if isinstance(credential, ClientSecret) else "api_key"


def ordered(
    secrets: Sequence[ClientSecret], api_key: ApiKey, *, worked: Credential | None, api_key_first: bool
) -> tuple[Credential, ...]:
    """Return the credentials to try: the one that has worked, then the likelier kind, newest first.

    Only the credential that created a call opens its sideband: a browser's secret, or our key for a relayed
    call.
    """
    newest: list[Credential] = [*secrets[:SECRETS_TRIED]]
    likely: list[Credential] = [api_key, *newest] if api_key_first else [*newest, api_key]
    if worked is None:
        return tuple(likely)
    return (worked, *(credential for credential in likely if credential != worked))
