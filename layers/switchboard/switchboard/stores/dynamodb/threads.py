"""The threads of the self-hosted ChatKit server in the table.

A row stands where its time of creation puts it; a second, thin row by id says where that is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps, loads

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import NotFound
from switchboard.domain.ports.chats import Scope, ThreadRow
from switchboard.domain.ports.surroundings import Clock
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

NEW = "attribute_not_exists(pk)"


class DynamoThreads:
    """The threads, their items, and the attachments, in partitions that only their scope can name."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def save(self, scope: Scope, thread: ThreadRow) -> None:
        """Store a thread, new or changed; a changed one keeps its place among the others."""
        self._save(_threads(scope), "THREAD", thread)

    def find(self, scope: Scope, thread_id: str) -> ThreadRow | None:
        """Return the thread, if there is one."""
        return self._find(_threads(scope), thread_id)

    def list(
        self, scope: Scope, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of threads, and whether there are more. Raise NotFound."""
        return self._page(_threads(scope), "THREAD", after, limit, newest_first)

    def remove(self, scope: Scope, thread_id: str) -> None:
        """Forget a thread and its items; a missing one is fine. The thread goes last, for repeats."""
        items = _items(scope, thread_id)
        for kind in ("ITEM#", "PLACE#"):
            self._table.delete_all([(items, row["sk"]) for row in self._table.query(items, kind)])
        self._remove(_threads(scope), thread_id)

    def save_item(self, scope: Scope, thread_id: str, item: ThreadRow) -> None:
        """Store an item, new or changed; a changed one keeps its place among the others."""
        self._save(_items(scope, thread_id), "ITEM", item)

    def find_item(self, scope: Scope, thread_id: str, item_id: str) -> ThreadRow | None:
        """Return the item, if there is one."""
        return self._find(_items(scope, thread_id), item_id)

    def list_items(
        self, scope: Scope, thread_id: str, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of items, and whether there are more. Raise NotFound."""
        return self._page(_items(scope, thread_id), "ITEM", after, limit, newest_first)

    def remove_item(self, scope: Scope, thread_id: str, item_id: str) -> None:
        """Forget an item; a missing one is fine."""
        self._remove(_items(scope, thread_id), item_id)

    def save_attachment(self, scope: Scope, attachment: ThreadRow) -> None:
        """Store an attachment's description, new or changed."""
        self._table.put(self._row(_threads(scope), f"ATTACHMENT#{attachment.id}", attachment))

    def find_attachment(self, scope: Scope, attachment_id: str) -> ThreadRow | None:
        """Return it, if there is one."""
        return _found(self._table.get(_threads(scope), f"ATTACHMENT#{attachment_id}"))

    def remove_attachment(self, scope: Scope, attachment_id: str) -> None:
        """Forget it; a missing one is fine."""
        self._table.delete(_threads(scope), f"ATTACHMENT#{attachment_id}")

    def _save(self, pk: str, kind: str, row: ThreadRow) -> None:
        known = self._place(pk, row.id)
        place = known or f"{kind}#{_instant(row.created_at)}#{row.id}"
        pointer = {"pk": pk, "sk": f"PLACE#{row.id}", "place": place, "ttl": self._ttl()}
        try:
            self._table.transact(
                [(pointer, None if known else NEW, None), (self._row(pk, place, row), None, None)]
            )
        except ConditionFailed:  # somebody stored it just now
            place = self._place(pk, row.id) or place
            self._table.put(self._row(pk, place, row))

    def _find(self, pk: str, row_id: str) -> ThreadRow | None:
        place = self._place(pk, row_id)
        return _found(self._table.get(pk, place)) if place else None

    def _page(
        self, pk: str, kind: str, after: str | None, limit: int, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        place = self._place(pk, after) if after is not None else None
        if after is not None and place is None:
            raise NotFound("There is nothing of that id.")
        rows = self._table.query(pk, f"{kind}#", newest_first=newest_first, page=limit + 1, after=place)
        found = [_thread_row(row) for row, _ in zip(rows, range(limit + 1), strict=False)]
        return tuple(found[:limit]), len(found) > limit

    def _remove(self, pk: str, row_id: str) -> None:
        place = self._place(pk, row_id)
        if place:
            self._table.delete_all([(pk, place), (pk, f"PLACE#{row_id}")])

    def _place(self, pk: str, row_id: str) -> str | None:
        pointer = self._table.get(pk, f"PLACE#{row_id}") if len(row_id) <= limits.THREAD_ID_CHARS else None
        return str(pointer["place"]) if pointer else None

    def _row(self, pk: str, sk: str, row: ThreadRow) -> Row:
        return {
            "pk": pk,
            "sk": sk,
            "id": row.id,
            "created_at": row.created_at.isoformat(),
            "body": row.body,
            "facts": dumps(row.facts),
            "ttl": self._ttl(),
        }

    def _ttl(self) -> int:
        return int((self._clock() + timedelta(days=limits.THREAD_DAYS)).timestamp())


def _threads(scope: Scope) -> str:
    """Return the partition of a scope; hashed, so that no two scopes ever spell the same key."""
    named = dumps([scope.owner, scope.placement])
    return f"THREADS#{sha256(named.encode()).hexdigest()[:32]}"


def _items(scope: Scope, thread_id: str) -> str:
    return f"ITEMS#{_threads(scope).removeprefix('THREADS#')}#{thread_id[: limits.THREAD_ID_CHARS]}"


def _instant(moment: datetime) -> str:
    """Return a time in UTC in a form that sorts; the library's naive times are local ones."""
    return f"{moment.timestamp():020.6f}"


def _found(row: Row | None) -> ThreadRow | None:
    return _thread_row(row) if row else None


def _thread_row(row: Row) -> ThreadRow:
    return ThreadRow(row["id"], datetime.fromisoformat(row["created_at"]), row["body"], loads(row["facts"]))
