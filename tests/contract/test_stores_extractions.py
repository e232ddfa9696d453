"""The contract of extractions and digests: one attempt at a time, findings in order, one digest a session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from switchboard.domain import limits
from switchboard.domain.extraction import DEFAULT_SCHEMA, Evidence, Extraction, Finding
from switchboard.domain.ports.transcripts import Digest

from tests.contract.stores import START, Dynamo, Stores, Time

FRESH = Extraction("ext_1", "sess_1", "user:ann", "v1", DEFAULT_SCHEMA, started_at=START)
FOUND = Finding(
    {"name": "Ann", "age": 3.5, "goals": ["a"], "town": None, "🙂": True},
    (Evidence("name", ("item_1", "item_2")), Evidence("age", ("item_2",))),
)


def test_an_extraction_comes_back_as_it_went(stores: Stores) -> None:
    assert stores.extractions.find(FRESH.id) is None
    assert stores.extractions.start(FRESH)
    assert stores.extractions.find(FRESH.id) == FRESH
    done = FRESH.succeed(FOUND, "Be kind to Ann.")
    stores.extractions.save(done)
    assert stores.extractions.find(FRESH.id) == done


def test_an_attempt_is_started_once(stores: Stores) -> None:
    assert stores.extractions.start(FRESH)
    stores.extractions.save(FRESH.fail("UpstreamBusy"))
    assert not stores.extractions.start(FRESH)
    failed = stores.extractions.find(FRESH.id)
    assert failed is not None
    assert failed.status == "failed"
    again = failed.again(START + timedelta(minutes=1))
    assert stores.extractions.start(again)
    assert not stores.extractions.start(again)
    assert stores.extractions.find(FRESH.id) == again


def test_a_late_outcome_of_an_earlier_attempt_is_ignored(stores: Stores) -> None:
    stores.extractions.start(FRESH)
    again = FRESH.fail("x").again(START)
    stores.extractions.start(again)
    stores.extractions.save(FRESH.succeed(FOUND, "x"))
    assert stores.extractions.find(FRESH.id) == again


def test_an_outcome_of_what_was_never_started_is_ignored(stores: Stores) -> None:
    stores.extractions.save(FRESH.fail("x"))
    assert stores.extractions.find(FRESH.id) is None


def test_findings_come_in_chunk_order_each_once_and_by_attempt(stores: Stores) -> None:
    def found(name: str) -> Finding:
        return Finding({"name": name}, (Evidence("name", (name,)),))

    again = FRESH.fail("x").again(START)
    for chunk in (2, 0, 10, 1):
        stores.extractions.add_finding(FRESH, chunk, found(f"old {chunk}"))
        stores.extractions.add_finding(FRESH, chunk, found(f"n{chunk}"))
    stores.extractions.add_finding(again, 0, found("again"))
    assert stores.extractions.list_findings(FRESH) == tuple(found(f"n{chunk}") for chunk in (0, 1, 2, 10))
    assert stores.extractions.list_findings(again) == (found("again"),)


def test_a_finding_comes_back_as_it_went(stores: Stores) -> None:
    stores.extractions.add_finding(FRESH, 0, FOUND)
    assert stores.extractions.list_findings(FRESH) == (FOUND,)


def test_what_is_kept_cannot_be_changed_from_outside(stores: Stores) -> None:
    profile: dict[str, Any] = {"goals": ["a"]}
    stores.extractions.add_finding(FRESH, 0, Finding(profile, ()))
    profile["goals"].append("b")
    [kept] = stores.extractions.list_findings(FRESH)
    kept.profile["goals"].append("c")
    assert stores.extractions.list_findings(FRESH) == (Finding({"goals": ["a"]}, ()),)


def test_a_digest_is_found_by_its_version_and_replaced_by_the_next(stores: Stores) -> None:
    assert stores.digests.find("sess_1", "v1") is None
    stores.digests.save("sess_1", "v1", Digest("none", ""))
    stores.digests.save("sess_1", "v2", Digest("full", "user: Hello. 🙂"))
    assert stores.digests.find("sess_1", "v1") is None
    assert stores.digests.find("sess_1", "v2") == Digest("full", "user: Hello. 🙂")
    assert stores.digests.find("sess_2", "v2") is None


def test_what_is_past_its_time_looks_gone(tables: Dynamo, time: Time) -> None:
    tables.extractions.start(FRESH)
    tables.extractions.add_finding(FRESH, 0, FOUND)
    tables.digests.save("sess_1", "v1", Digest("full", "x"))
    time.sleep(limits.DIGEST_DAYS * 24 * 3600 + 1)
    assert tables.digests.find("sess_1", "v1") is None
    assert tables.extractions.find(FRESH.id) == FRESH
    time.sleep(limits.EXTRACTION_DAYS * 24 * 3600)
    assert tables.extractions.find(FRESH.id) is None
    assert tables.extractions.list_findings(FRESH) == ()
