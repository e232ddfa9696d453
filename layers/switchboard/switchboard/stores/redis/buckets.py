"""Token buckets in Redis: one key and one number each, moved by a script that runs alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from switchboard.domain import limits
from switchboard.domain.errors import Throttled
from switchboard.domain.quota import Allowance, Bucket, Taken, left_at, microseconds

# Numbers stay far below 2^53, up to which Lua's numbers are whole. Answers are texts: Redis would cut them.
TAKE = """
local full_at = tonumber(redis.call('GET', KEYS[1]) or '0')
local now, interval, latest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start = math.max(full_at, now)
if start > latest then return {0, string.format('%.0f', full_at)} end
local after = string.format('%.0f', start + interval)
redis.call('SET', KEYS[1], after, 'EX', ARGV[4])
return {1, after}
"""
GIVE_BACK = """
local full_at = redis.call('GET', KEYS[1])
if full_at then
  local before = string.format('%.0f', tonumber(full_at) - tonumber(ARGV[1]))
  redis.call('SET', KEYS[1], before, 'KEEPTTL')
end
"""


class RedisBuckets:
    """The buckets, under keys that begin with `switchboard:quota:`."""

    def __init__(self, client: Redis) -> None:
        self._take = client.register_script(TAKE)
        self._give_back = client.register_script(GIVE_BACK)

    def take(self, name: str, allowance: Allowance, now: datetime) -> Taken:
        """Take one token of the bucket, or tell how long it will have none."""
        at = microseconds(now)
        seconds = allowance.seconds + limits.BUCKET_SPARE_SECONDS
        arguments = [at, allowance.interval, allowance.latest(at), seconds]
        admitted, full_at = self._run(self._take, name, arguments)
        if not admitted:
            return Bucket(int(full_at)).take(allowance, at)[1]
        return Taken(True, left=left_at(int(full_at), allowance, at))

    def give_back(self, name: str, allowance: Allowance) -> None:
        """Put one token back that was taken and not used."""
        self._run(self._give_back, name, [allowance.interval])

    def _run(self, script: Any, name: str, arguments: list[int]) -> Any:
        try:
            return script(keys=[f"switchboard:quota:{name}"], args=arguments)
        except RedisError as error:
            raise Throttled("The quotas did not answer in time.", retry_after=1) from error
