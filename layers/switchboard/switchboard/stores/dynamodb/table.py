"""The one table: its drawing, its keys, and the only place that speaks to DynamoDB.

pk              sk                          what                           found by
SESSION#<id>    SESSION                     the session                    its id; its owner (GSI owner)
SESSION#<id>    SECRET#<gen>#<random>       a client secret, encrypted     its session, newest first
SESSION#<id>    CALL#<gen>                  a call and its lease           its session; its work (GSI work)
SESSION#<id>    PAGE#<gen>#<n>              a page of its transcript       its session, in order
SESSION#<id>    TOOL#<gen>#<call>           a function call as we run it   its call and the upstream's id
SESSION#<id>    DIGEST                      the digest of one version      its session
SESSION#<id>    AUDIT#<time>#<random>       what happened besides talk     its session, in order
VIEWERS#<id>    SLOT#<n>                    who watches a session live     the session; a guest's network
TICKET#<hash>   TICKET                      a ticket for relayed calls     its hash
CALLID#<call>   CALL                        whose call that is             the upstream's call id
EXTRACTION#<id> EXTRACTION                  an extraction                  its id
EXTRACTION#<id> CHUNK#<attempt>#<n>         what a chunk yielded           its extraction, in order
LOG#<id>        LOG                         what has become of a log       its id
LOG#<id>        CONTENT#<n>                 a piece of what was in it      its log, in order
LOG#<id>        PART#<n>                    the summary of a part          its log, in order
REPORT#<sess.>  LINES#<time>#<log>          what a log tells of a session  its session, newest first
REPORT#<sess.>  LOG#<time>#<log>            which logs tell of it          its session, newest first
MEMORY#<owner>  MEMORY#<id>                 a memory of a user             its user, all at once
MEMORY#<owner>  PROFILE, CHOICE             a user's profile; opted out    its user
QUOTA#<bucket>  BUCKET                      one allowance of somebody      its name
PLACE#<pool>    SLOT#<n>                    one of the calls at once       a window of its pool, its number
ISSUER#<hash>   KEYS                        public keys of a token issuer  where they are published
HOST            HOST#<host>                 a host's heartbeat             all of them (a handful)
HOST#<host>     COMMAND#<time>#<random>     a command left for a host      its host, in order
CHATS#<owner>   CHAT#<id>                   a chat session                 its owner; its due time (GSI work)
CHATLOG#<id>    EVENT#<time>#<event>        what happened in it            its chat session, in order
CODEX#<owner>   SESSION#<id>                a codex session                its owner
CODEX#<owner>   ACTIVE#<placement>#<agent>  which one is the active one    its owner, placement and agent
THREADS#<scope> THREAD#<time>#<id>          a thread                       its owner and placement, in order
THREADS#<scope> PLACE#<id>                  where a thread stands          its id
THREADS#<scope> ATTACHMENT#<id>             an attachment                  its id
ITEMS#<thread>  ITEM#<time>#<id>            a message or other item        its thread, in order
ITEMS#<thread>  PLACE#<id>                  where an item stands           its id
AGENT#<id>      SESSION                     a text agent's session         its id
AGENT#<id>      TURN#<epoch>#<time>#<turn>  one of its turns               its session, newest first
AGENT#<id>      PART#<epoch>#<time>#…#<n>   what a turn's row cannot hold  its turn, in order
AGENT#<id>      AUDIT#<time>#<random>       what was done with it          its session, in order
AGENT#<id>      RATE#<window>               queries of one minute          its session and the minute

GSI owner: owner, created_at    an owner's sessions, newest first
GSI work:  work, due            PENDING#<shard>: calls that no host follows; HOST#<host>: those it does;
                                CHAT#<shard>: active chat sessions, by when they end or want looking at.
                                Sparse: what is over is not in it. Sharded, as every pending call and
                                active chat of the fleet is written there.

Numbers in sort keys are zero-padded, so that they sort. Times are ISO-8601 in UTC; `ttl` is in seconds since
the epoch. A row whose `ttl` has passed is gone, even before DynamoDB removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.failures import SILENT, translate
from switchboard.stores.dynamodb.failures import ConditionFailed as ConditionFailed
from switchboard.stores.dynamodb.wire import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]

BATCH_ROWS = 25
"""DynamoDB's own limit for one batch of writes."""


@dataclass(frozen=True, slots=True)
class Gain:
    """An update of one row: adds `gains` to its numbers (0 where missing), sets (None removes) `changes`."""

    pk: str
    sk: str
    gains: Mapping[str, int]
    changes: Row = field(default_factory=dict)
    condition: str | None = None
    values: Row = field(default_factory=dict)


class Table:
    """A thin layer over one table: plain rows in and out, our errors instead of the SDK's."""

    def __init__(self, client: DynamoDBClient, name: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self.name = name

    def get(self, pk: str, sk: str) -> Row | None:
        """Return one row, read consistently, or None."""
        answer = self._ask("get_item", Key=self._key(pk, sk), ConsistentRead=True)
        return next(self._alive([answer["Item"]]), None) if "Item" in answer else None

    def put(self, row: Row, condition: str | None = None, values: Row | None = None) -> None:
        """Write one row. Raise ConditionFailed."""
        self._ask("put_item", **self._put(row, condition, values))

    def put_request(self, row: Row, condition: str, values: Row) -> dict[str, Any]:
        """Return the request of such a put, for who sends it by themselves."""
        return {**self._put(row, condition, values), "TableName": self.name}

    def update(self, pk: str, sk: str, changes: Row, condition: str, values: Row | None = None) -> None:
        """Set (or, where a value is None, remove) attributes of one row. Raise ConditionFailed."""
        sets = {name: value for name, value in changes.items() if value is not None}
        removes = [f"#{name}" for name, value in changes.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :new_{name}" for name in sets)
        if removes:
            expression += " REMOVE " + ", ".join(removes)
        everything = {**{f"new_{name}": value for name, value in sets.items()}, **(values or {})}
        self._ask(
            "update_item",
            Key=self._key(pk, sk),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues=self._values(everything),
        )

    def delete(self, pk: str, sk: str, condition: str | None = None, values: Row | None = None) -> None:
        """Remove one row; a missing one is fine unless the condition says otherwise."""
        extra: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            extra["ExpressionAttributeValues"] = self._values(values)
        self._ask("delete_item", Key=self._key(pk, sk), **extra)

    def delete_all(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remove rows by their keys; missing ones are fine. Raise Throttled if some are left."""
        left = [{"DeleteRequest": {"Key": self._key(pk, sk)}} for pk, sk in keys]
        while left:
            batch, left = left[:BATCH_ROWS], left[BATCH_ROWS:]
            answer = self._ask("batch_write_item", table=False, RequestItems={self.name: batch})
            refused = answer.get("UnprocessedItems", {}).get(self.name, [])
            if len(refused) == len(batch):
                raise Throttled("The table is busy.", retry_after=1)
            left += refused

    def add(self, gain: Gain) -> Row:
        """Add to numbers of one row, atomically, and return the row as it is then. Raise ConditionFailed."""
        answer = self._ask("update_item", ReturnValues="ALL_NEW", **self._gain(gain))
        return self._row(answer["Attributes"])

    def transact(
        self, puts: Sequence[tuple[Row, str | None, Row | None]], gains: Sequence[Gain] = ()
    ) -> None:
        """Write all of the (row, condition, values) and gains, or none. Raise ConditionFailed."""
        writes = [{"Put": self._put(*put)} for put in puts] + [{"Update": self._gain(one)} for one in gains]
        for write in writes:
            for request in write.values():
                request["TableName"] = self.name
        self._ask("transact_write_items", table=False, TransactItems=writes)

    def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        newest_first: bool = False,
        page: int | None = None,
        after: str | None = None,
    ) -> Iterator[Row]:
        """Yield every row of a partition whose sort key begins with `prefix`, in order, read consistently.

        `page` rows are read at a time, for who may stop early; `after` is the sort key to go on behind.
        """
        start: dict[str, Any] = {"Limit": page} if page else {}
        if after is not None:
            start["ExclusiveStartKey"] = self._key(pk, after)
        while True:
            answer = self._ask(
                "query",
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=self._values({"pk": pk, "prefix": prefix}),
                ScanIndexForward=not newest_first,
                ConsistentRead=True,
                **start,
            )
            yield from self._alive(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query_index(
        self,
        index: str,
        key: str,
        value: str,
        limit: int,
        *,
        newest_first: bool = False,
        after: Row | None = None,
        until: tuple[str, str] | None = None,
    ) -> tuple[list[Row], Row | None]:
        """Return up to `limit` rows of an index, and the key to go on after (None at the end).

        `until` is the index's sort key and the greatest value that is wanted.
        """
        extra: dict[str, Any] = {"ExclusiveStartKey": self._values(after, prefix="")} if after else {}
        names, values = {"#key": key}, {"value": value}
        if until:
            names["#until"], values["until"] = until
        answer = self._ask(
            "query",
            IndexName=index,
            KeyConditionExpression="#key = :value" + (" AND #until <= :until" if until else ""),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=self._values(values),
            ScanIndexForward=not newest_first,
            Limit=limit,
            **extra,
        )
        last = answer.get("LastEvaluatedKey")
        return list(self._alive(answer["Items"])), self._row(last) if last else None

    def count_index(self, index: str, key: str, value: str) -> int:
        """Return how many rows an index has under a key; none of them travels."""
        count, start = 0, dict[str, Any]()
        while True:
            answer = self._ask(
                "query",
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues=self._values({"value": value}),
                Select="COUNT",
                **start,
            )
            count += int(answer["Count"])
            if "LastEvaluatedKey" not in answer:
                return count
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _put(self, row: Row, condition: str | None, values: Row | None) -> dict[str, Any]:
        wire = {name: to_wire(value) for name, value in row.items() if value is not None}
        request: dict[str, Any] = {"Item": wire}
        if condition:
            request["ConditionExpression"] = condition
        if values:
            request["ExpressionAttributeValues"] = self._values(values)
        return request

    def _gain(self, gain: Gain) -> dict[str, Any]:
        changes = {name: value for name, value in gain.changes.items() if value is not None}
        sets = ", ".join(f"#{name} = :new_{name}" for name in changes)
        adds = ", ".join(f"#{name} :gain_{name}" for name in gain.gains)
        removes = ", ".join(f"#{name}" for name in gain.changes if name not in changes)
        parts = (("SET", sets), ("ADD", adds), ("REMOVE", removes))
        everything = {
            **{f"new_{name}": value for name, value in changes.items()},
            **{f"gain_{name}": value for name, value in gain.gains.items()},
            **gain.values,
        }
        request: dict[str, Any] = {
            "Key": self._key(gain.pk, gain.sk),
            "UpdateExpression": " ".join(f"{verb} {names}" for verb, names in parts if names),
            "ExpressionAttributeNames": {f"#{name}": name for name in (*gain.changes, *gain.gains)},
            "ExpressionAttributeValues": self._values(everything),
        }
        if gain.condition:
            request["ConditionExpression"] = gain.condition
        return request

    def _values(self, values: Mapping[str, Any], prefix: str = ":") -> dict[str, Any]:
        return {f"{prefix}{name}": to_wire(value) for name, value in values.items()}

    def _key(self, pk: str, sk: str) -> dict[str, Any]:
        return {"pk": {"S": pk}, "sk": {"S": sk}}

    def _alive(self, items: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
        now = self._clock().timestamp()
        return (row for row in map(self._row, items) if row.get("ttl", now + 1) > now)

    def _row(self, item: Mapping[str, Any]) -> Row:
        return {name: from_wire(value) for name, value in item.items()}

    def _ask(self, operation: str, *, table: bool = True, **request: Any) -> Any:
        if table:
            request["TableName"] = self.name
        try:
            return getattr(self._client, operation)(**request)
        except ClientError as error:
            raise translate(error) from error
        except SILENT as error:
            raise Throttled("The table did not answer in time.", retry_after=1) from error
