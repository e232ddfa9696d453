"""The contract of hosts: their beats are seen, their commands handed out once."""

from __future__ import annotations

from switchboard.domain.call import Command, HostBeat

from tests.contract.stores import Dynamo, Stores, Time


def test_the_newest_beat_of_every_host_is_seen(stores: Stores) -> None:
    assert stores.hosts.list() == ()
    stores.hosts.beat("host_1", 1, 0)
    stores.hosts.beat("host_2", 7, 3)
    stores.hosts.beat("host_1", 2, 5)
    assert set(stores.hosts.list()) == {HostBeat("host_1", 2), HostBeat("host_2", 7)}


def test_a_host_that_left_is_forgotten_and_forgetting_it_again_is_fine(stores: Stores) -> None:
    stores.hosts.beat("host_1", 1, 0)
    stores.hosts.remove("host_1")
    stores.hosts.remove("host_1")
    assert stores.hosts.list() == ()


def test_commands_reach_their_host_once_in_order(stores: Stores, time: Time) -> None:
    commands = []
    for number in range(3):
        commands.append(Command("follow" if number % 2 else "end", f"sess_{number}", number))
        stores.hosts.forward("host_1", commands[-1])
        time.sleep(0.001)
    assert stores.hosts.take("host_2") == ()
    assert stores.hosts.take("host_1") == tuple(commands)
    assert stores.hosts.take("host_1") == ()


def test_commands_of_one_moment_are_all_kept(stores: Stores) -> None:
    for number in range(5):
        stores.hosts.forward("host_1", Command("follow", f"sess_{number}", 1))
    assert len(stores.hosts.take("host_1")) == 5


def test_old_hosts_and_old_commands_look_gone(tables: Dynamo, time: Time) -> None:
    tables.hosts.beat("host_1", 1, 0)
    tables.hosts.forward("host_1", Command("end", "sess_1", 1))
    time.sleep(3601)
    assert tables.hosts.take("host_1") == ()
    assert len(tables.hosts.list()) == 1
    time.sleep(24 * 3600)
    assert tables.hosts.list() == ()


def test_a_host_that_takes_up_no_call_says_so(stores: Stores) -> None:
    stores.hosts.beat("host_1", 1, 4)
    stores.hosts.beat("host_1", 2, 4, closed=True)
    assert stores.hosts.list() == (HostBeat("host_1", 2, closed=True),)


def test_a_host_is_silent_once_its_heart_has_not_beaten_for_so_long(stores: Stores, time: Time) -> None:
    stores.hosts.beat("host_1", 1, 4)
    time.sleep(200)
    stores.hosts.beat("host_2", 1, 4)
    time.sleep(101)
    assert stores.hosts.silent(300) == ("host_1",)
    stores.hosts.beat("host_1", 2, 4)
    assert stores.hosts.silent(300) == ()
