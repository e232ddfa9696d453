"""The parts that say how much is allowed, and how many at once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from switchboard.domain import chat_limits, limits
from switchboard.parts.ground import Ground

if TYPE_CHECKING:
    from switchboard.domain.places import Places
    from switchboard.domain.quota import Buckets, Quotas


class Allowances(Ground):
    """What principals and the fleet may use."""

    @cached_property
    def quotas(self) -> Quotas:
        from switchboard.domain.quota import Quotas

        return Quotas(self.buckets, self.settings.quotas, self.clock, self.metrics.tell)

    @cached_property
    def chat_quotas(self) -> Quotas:
        from switchboard.domain.quota import Allowance, Quotas

        texts = {"chat:user": chat_limits.MESSAGES_OF_USER, "chat:fleet": chat_limits.MESSAGES_OF_FLEET}
        allowances = {name: Allowance.parse(text) for name, text in texts.items()}
        return Quotas(self.buckets, allowances, self.clock, self.metrics.tell)

    @cached_property
    def places(self) -> Places:
        from switchboard.domain.places import Places
        from switchboard.stores.dynamodb.places import DynamoPlaces

        sizes = self.settings.calls_at_once
        return Places(DynamoPlaces(self.table), sizes, self.clock, self.metrics.tell)

    @cached_property
    def buckets(self) -> Buckets:
        if self._environ.get("REDIS_URL") or self._environ.get("REDIS_URL_ARN"):
            from redis import Redis

            from switchboard.stores.redis.buckets import RedisBuckets

            seconds = limits.REDIS_SECONDS
            url = self.required_secret("REDIS_URL")
            return RedisBuckets(Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds))
        from switchboard.stores.dynamodb.buckets import DynamoBuckets

        return DynamoBuckets(self.table)
