"""The contract of secrets: bound to their session, gone when they expire, and never stored in clear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from switchboard.domain.errors import NotFound
from switchboard.domain.secret import ClientSecret

from tests.contract.stores import START, Dynamo, Stores, Time

SESSION, OTHER = "sess_1", "sess_2"
SECRET = ClientSecret("ek_tell_nobody", START + timedelta(minutes=10))


def test_a_secret_is_found_by_its_id(stores: Stores) -> None:
    secret_id = stores.secrets.add(SESSION, 1, SECRET)
    assert stores.secrets.get(SESSION, secret_id) == SECRET


def test_a_secret_is_its_sessions_alone(stores: Stores) -> None:
    secret_id = stores.secrets.add(SESSION, 1, SECRET)
    for session_id, asked in ((OTHER, secret_id), (SESSION, "00000001#none"), (SESSION, "")):
        with pytest.raises(NotFound):
            stores.secrets.get(session_id, asked)
    assert stores.secrets.list(OTHER) == ()


def test_secrets_of_one_generation_do_not_replace_each_other(stores: Stores) -> None:
    ids = {stores.secrets.add(SESSION, 1, SECRET) for _ in range(3)}
    assert len(ids) == 3
    assert len(stores.secrets.list(SESSION)) == 3


def test_the_newest_generation_comes_first(stores: Stores) -> None:
    for generation in (2, 11, 3):
        stores.secrets.add(SESSION, generation, ClientSecret(f"ek_{generation}", SECRET.expires_at))
    assert [secret.value for secret in stores.secrets.list(SESSION)] == ["ek_11", "ek_3", "ek_2"]


def test_an_expired_secret_looks_gone(stores: Stores, time: Time) -> None:
    secret_id = stores.secrets.add(SESSION, 1, SECRET)
    later = ClientSecret("ek_later", SECRET.expires_at + timedelta(seconds=1))
    stores.secrets.add(SESSION, 2, later)
    time.sleep(599.9)
    assert stores.secrets.get(SESSION, secret_id) == SECRET
    time.sleep(0.1)
    with pytest.raises(NotFound):
        stores.secrets.get(SESSION, secret_id)
    assert stores.secrets.list(SESSION) == (later,)


def test_the_table_never_sees_a_secret_in_clear(tables: Dynamo) -> None:
    tables.secrets.add(SESSION, 1, SECRET)
    rows = tables.rows()
    assert len(rows) == 1
    assert "tell_nobody" not in str(rows)


def test_a_secret_moved_to_another_session_cannot_be_opened(tables: Dynamo) -> None:
    secret_id = tables.secrets.add(SESSION, 1, SECRET)
    [row] = tables.rows()
    row["pk"] = {"S": f"SESSION#{OTHER}"}
    tables.put(row)
    with pytest.raises(ClientError):
        tables.secrets.get(OTHER, secret_id)


def test_the_row_of_a_secret_expires_with_it(tables: Dynamo) -> None:
    tables.secrets.add(SESSION, 1, SECRET)
    [row] = tables.rows()
    assert int(row["ttl"]["N"]) == int(SECRET.expires_at.timestamp())
