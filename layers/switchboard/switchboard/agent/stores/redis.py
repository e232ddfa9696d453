"""Sessions in Redis: a hash for the session, one for its turns, and a sorted set for their order.

Whatever must happen together is one script. All keys of a session share a hash tag, so that a cluster keeps
them on one node. Values carry the time when they are forgotten; Redis' own expiry only cleans up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from json import dumps, loads
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from switchboard.agent import limits
from switchboard.agent.stores.backend import COUNTERS, Kept, Record
from switchboard.domain.errors import Throttled
from switchboard.upstream.per_loop import PerLoop

AUDIT_EVENTS = 1_000
"""Audit events of one session that are kept: the rest is in the log."""

# KEYS: session, turns, order (and audit). A session that has expired counts as missing.
_LIVE = """
local function live(now)
  return tonumber(redis.call('HGET', KEYS[1], 'lives_until') or '0') > tonumber(now)
end
"""
_OPEN = (
    _LIVE
    + """
local now, seconds = ARGV[1], ARGV[2]
if not live(now) then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
  for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[1], seconds)
end
return redis.call('HGETALL', KEYS[1])
"""
)
# A handful of the oldest turns is looked at each time: those that have expired make room.
_APPEND = (
    _LIVE
    + """
local now, seconds, epoch, lives_until, updated_at, count = unpack(ARGV, 1, 6)
if not live(now) or redis.call('HGET', KEYS[1], 'epoch') ~= epoch then return 0 end
if redis.call('HEXISTS', KEYS[2], ARGV[7]) == 0 then
  local past = 7 + 2 * tonumber(count)
  for i = 7, past - 1, 2 do
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
    redis.call('ZADD', KEYS[3], 0, ARGV[i])
  end
  redis.call('HSET', KEYS[1], 'updated_at', updated_at, 'lives_until', lives_until)
  for i = past, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
  for i = 1, 3 do redis.call('EXPIRE', KEYS[i], seconds) end
  for _, old in ipairs(redis.call('ZRANGE', KEYS[3], 0, 4)) do
    local until_ = string.match(redis.call('HGET', KEYS[2], old) or '0:', '^(%d+):')
    if tonumber(until_) <= tonumber(now) then
      redis.call('HDEL', KEYS[2], old)
      redis.call('ZREM', KEYS[3], old)
    end
  end
end
return 1
"""
)
_TAKE = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return false end
local key = redis.call('ZRANGE', KEYS[3], -1, -1)[1]
if not key then return false end
local value = redis.call('HGET', KEYS[2], key)
redis.call('HDEL', KEYS[2], key)
redis.call('ZREM', KEYS[3], key)
return {key, value}
"""
_AMEND = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[2], ARGV[i]) == 1 then redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
return 1
"""
_DIGEST = """
local epoch, seen, digest, key = unpack(ARGV)
if redis.call('HGET', KEYS[1], 'epoch') ~= epoch then return 0 end
if (redis.call('HGET', KEYS[1], 'digest_key') or '') ~= seen then return 0 end
redis.call('HSET', KEYS[1], 'digest', digest, 'digest_key', key)
return 1
"""
_CLEAR = (
    _LIVE
    + """
if not live(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'turns', 0, 'updated_at', ARGV[2])
redis.call('HDEL', KEYS[1], 'digest', 'digest_key')
redis.call('DEL', KEYS[2], KEYS[3])
return 1
"""
)


class RedisBackend:
    """The contract on Redis."""

    def __init__(self, connect: Callable[[], Redis], clock: Callable[[], datetime]) -> None:
        self._redis = PerLoop(connect)
        self._clock = clock

    @classmethod
    def at(cls, url: str, clock: Callable[[], datetime]) -> RedisBackend:
        """Return the backend of a `redis://` or `rediss://` URL."""
        seconds = limits.REDIS_SECONDS
        return cls(lambda: Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds), clock)

    async def open(self, session_id: str, owner: str, now: datetime, expires: int) -> Record:
        """Return the session; one that does not exist is made first."""
        at = now.isoformat()
        fields = ("owner", owner, "epoch", 0, "opened_at", at, "updated_at", at, "lives_until", expires)
        seconds = expires - int(now.timestamp())
        flat = await self._run(_OPEN, session_id, now.timestamp(), seconds, *fields)
        return _record(session_id, dict(zip(flat[::2], flat[1::2], strict=True)))

    async def find(self, session_id: str) -> Record | None:
        """Return the session unless it is missing or has expired."""
        fields = await self._ask("hgetall", _keys(session_id)[0])
        if not fields or int(fields[b"lives_until"]) <= self._clock().timestamp():
            return None
        return _record(session_id, fields)

    async def append(
        self, session_id: str, epoch: int, turns: Sequence[Kept], gains: Mapping[str, int], now: datetime
    ) -> bool:
        """Store turns and count them, all or none."""
        last = turns[-1].expires
        seconds = max(1, last - int(now.timestamp()))
        counted = [part for pair in gains.items() for part in pair]
        stored = [part for turn in turns for part in (turn.key, _value(turn))]
        facts = (now.timestamp(), seconds, epoch, last, now.isoformat(), len(turns))
        done = await self._run(_APPEND, session_id, *facts, *stored, *counted)
        return bool(done)

    async def amend(self, session_id: str, epoch: int, turns: Sequence[Kept]) -> None:
        """Store turns anew that are there."""
        pairs = [part for turn in turns for part in (turn.key, _value(turn))]
        await self._run(_AMEND, session_id, epoch, *pairs)

    async def take(self, session_id: str, epoch: int) -> Kept | None:
        """Remove the newest turn and return it."""
        found = await self._run(_TAKE, session_id, epoch)
        kept = _kept(*found) if found else None
        return kept if kept and kept.expires > self._clock().timestamp() else None

    async def read(self, session_id: str, epoch: int, limit: int, before: str | None = None) -> list[Kept]:
        """Return up to `limit` turns, newest first."""
        session, turns, order, _ = _keys(session_id)
        if await self._ask("hget", session, "epoch") != str(epoch).encode():
            return []
        top = "+" if before is None else f"({before}"
        keys = await self._ask("zrange", order, top, "-", desc=True, bylex=True, offset=0, num=limit)
        values = await self._ask("hmget", turns, keys) if keys else []
        now = self._clock().timestamp()
        kept = (_kept(key, value) for key, value in zip(keys, values, strict=True) if value)
        return [turn for turn in kept if turn.expires > now]

    async def save_digest(self, session_id: str, epoch: int, digest: bytes, key: str, seen: str) -> bool:
        """Store the digest up to `key`."""
        return bool(await self._run(_DIGEST, session_id, epoch, seen, digest, key))

    async def clear(self, session_id: str, now: datetime) -> None:
        """Forget all turns and the digest."""
        await self._run(_CLEAR, session_id, now.timestamp(), now.isoformat())

    async def delete(self, session_id: str) -> None:
        """Forget the session."""
        await self._ask("delete", *_keys(session_id))

    async def hit(self, session_id: str, window: int, expires: int) -> int:
        """Count one more query in that window."""
        key = f"{_keys(session_id)[0]}:rate:{window}"
        count = int(await self._ask("incr", key))
        if count == 1:
            await self._ask("expire", key, max(1, expires - int(self._clock().timestamp())))
        return count

    async def note(self, session_id: str, event: Mapping[str, Any], expires: int) -> None:
        """Keep an audit event."""
        key = _keys(session_id)[3]
        await self._ask("rpush", key, dumps([expires, dict(event)]))
        await self._ask("ltrim", key, -AUDIT_EVENTS, -1)
        await self._ask("expire", key, max(1, expires - int(self._clock().timestamp())))

    async def notes(self, session_id: str) -> list[dict[str, Any]]:
        """Return the audit events in order."""
        now = self._clock().timestamp()
        stored = [loads(each) for each in await self._ask("lrange", _keys(session_id)[3], 0, -1)]
        return [event for expires, event in stored if expires > now]

    async def _run(self, script: str, session_id: str, *arguments: Any) -> Any:
        keys = _keys(session_id)
        return await self._ask("eval", script, len(keys), *keys, *arguments)

    async def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        try:
            return await getattr(self._redis.get(), command)(*arguments, **options)
        except (RedisError, TimeoutError, OSError) as error:
            raise Throttled("The store did not answer in time.", retry_after=1) from error


def _keys(session_id: str) -> tuple[str, str, str, str]:
    """Return the keys of session, turns, order and audit."""
    session = f"switchboard:agent:{{{session_id}}}"
    return session, f"{session}:turns", f"{session}:order", f"{session}:audit"


def _value(turn: Kept) -> bytes:
    return b"%d:%b" % (turn.expires, turn.blob)


def _kept(key: bytes, value: bytes) -> Kept:
    expires, _, blob = value.partition(b":")
    return Kept(key.decode(), blob, int(expires))


def _record(session_id: str, fields: Mapping[bytes, bytes]) -> Record:
    return Record(
        id=session_id,
        owner=fields[b"owner"].decode(),
        epoch=int(fields[b"epoch"]),
        created_at=datetime.fromisoformat(fields[b"opened_at"].decode()),
        updated_at=datetime.fromisoformat(fields[b"updated_at"].decode()),
        counters={name: int(fields[name.encode()]) for name in COUNTERS if name.encode() in fields},
        digest=fields.get(b"digest"),
        digest_key=fields.get(b"digest_key", b"").decode(),
    )
