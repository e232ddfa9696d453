"""The table's places under fire: real requests to a real engine, all at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from switchboard.domain.errors import TooManyCalls
from switchboard.domain.place import Scope
from switchboard.domain.places import Coming, Places, Slots
from switchboard.stores.dynamodb.places import DynamoPlaces

from dev.engine.stack import LocalStack
from tests.integration.test_quota_at_once import AT_ONCE, table_of

PLACES, ASKED = 150, 300
"""As many as a test has time for: three windows."""


def test_the_table_never_gives_one_place_to_two_nor_one_more_than_there_are(stack: LocalStack) -> None:
    sizes: dict[Scope, int] = {"user": PLACES}
    everybody = Places(DynamoPlaces(table_of(stack)), sizes, lambda: datetime.now(UTC), lambda *_: None)

    def ask(number: int) -> Slots | None:
        try:
            return everybody.take(Coming("user:fire", None, f"sess_{number}", 2))
        except TooManyCalls:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        taken = [slots for slots in pool.map(ask, range(ASKED)) if slots]
    assert len(taken) == len(set(taken)) == PLACES
