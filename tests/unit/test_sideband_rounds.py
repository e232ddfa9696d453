"""How a host goes round its follows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from sideband.roster import Roster
from sideband.rounds import Rounds


def follows_of(*numbers: int) -> dict[Any, Any]:
    return {("sess", number): number for number in numbers}


def rounds_of(follows: dict[Any, Any], steps: int) -> Any:
    return Rounds(cast(Roster, SimpleNamespace(follows=follows)), steps)


def test_each_follow_is_in_one_share_of_a_round_and_shares_are_even() -> None:
    rounds = rounds_of(follows_of(*range(10)), 4)
    shares = [rounds.share() for _ in range(4)]
    assert [follow for share in shares for follow in share] == list(range(10))
    assert sorted(map(len, shares)) == [2, 2, 3, 3]
    assert rounds.are_over
    assert rounds.share() == shares[0]
    assert not rounds.are_over


def test_who_comes_waits_for_the_next_round_and_who_has_gone_is_left_out() -> None:
    follows = follows_of(1, 2, 3, 4)
    rounds = rounds_of(follows, 2)
    assert rounds.share() == [1, 2]
    del follows["sess", 3]
    follows["sess", 5] = 5
    assert rounds.share() == [4]
    assert rounds.share() + rounds.share() == [1, 2, 4, 5]


def test_nobody_is_no_trouble() -> None:
    rounds = rounds_of({}, 3)
    assert [rounds.share() for _ in range(7)] == [[]] * 7
