# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones find, lose and find again their servers; no real time passes."""

from __future__ import annotations

import random

import pytest

from cucm_lab.domain.phones.phone import State

from .surroundings import Phones, Surroundings

NODES = ("pub", "a", "b", "c")


def phones(count: int = 100, servers: tuple[str, ...] = ("a", "b"), **behaviour: object) -> Phones:
    site = Surroundings(NODES)
    site.add(count, servers)
    return Phones(site, **behaviour)


def test_phones_begin_with_their_first_server() -> None:
    them = phones()
    assert them.registered() == {"pub": 0, "a": 100, "b": 0, "c": 0}
    assert them.out == (0, 0, 0.0)
    assert them.row("a", "SEP000000000000") == ("Registered", 0)
    assert them.row("b", "SEP000000000000") is None


def test_a_stopped_callmanager_sends_its_phones_away_at_once() -> None:
    them = phones()
    them.sim.inputs.callmanager_stopped("a")
    assert them.out == (100, 100, 0.0)
    assert them.row("a", "SEP000000000007") == ("UnRegistered", 6)
    them.wait(1.01)
    assert them.registered()["b"] == 40, "40 a second"
    them.wait(1.5)
    assert them.registered()["b"] == 100
    # Phone n waits (n + 1) / 40 seconds.
    assert them.out == (0, 100, pytest.approx(sum(n / 40 for n in range(1, 101))))


def test_sccp_phones_register_faster() -> None:
    site = Surroundings(NODES)
    site.add(250, ("a", "b"), protocol="SCCP")
    them = Phones(site)
    them.sim.inputs.callmanager_stopped("a")
    them.wait(1.001)
    assert them.registered()["b"] == 125


def test_beyond_the_queue_a_node_is_busy() -> None:
    them = phones(100, registration_queue=30, busy_retry_s=60)
    them.sim.inputs.callmanager_stopped("a")
    assert them.sim.nodes["b"].rejected == 70
    them.wait(29)
    assert them.registered()["b"] == 30, "the others ask again after 30 to 90 seconds"
    them.wait(600)
    assert them.registered()["b"] == 100


def test_a_node_takes_phones_only_when_it_has_initialized() -> None:
    them = phones(fallback_s=10, fallback_jitter_s=0)
    them.restart("a", down_s=28)
    them.wait(29.9)
    assert them.registered()["a"] == 0
    them.wait(40)
    assert them.registered() == {"pub": 0, "a": 100, "b": 0, "c": 0}
    assert them.row("b", "SEP000000000000") == ("UnRegistered", 28)
    assert them.row("a", "SEP000000000000") == ("Registered", 0)


def test_phones_come_back_no_faster_than_tokens_allow() -> None:
    them = phones(1000, tokens=3)
    them.restart("a")
    most = 0
    for _each in range(3000):
        them.wait(0.1)
        most = max(most, them.sim.nodes["a"].outstanding)
    assert most == 3 and them.sim.nodes["a"].tokens_rejected > 0
    assert them.registered()["a"] == 1000 and them.sim.nodes["a"].outstanding == 0


def test_a_phone_in_a_call_holds_it() -> None:
    them = phones(2)
    first, second = them.sim.phones.values()
    them.sim.upsets.call(first, True)
    them.sim.inputs.callmanager_stopped("a")
    them.wait(60)
    assert them.where(second.name) == "b" and them.where(first.name) is None
    them.sim.upsets.call(first, False)
    them.wait(1)
    assert them.where(first.name) == "b"
    them.sim.upsets.call(first, True)
    them.sim.inputs.callmanager_started("a")
    them.wait(3600)
    assert them.where(second.name) == "a" and them.where(first.name) == "b", "it goes back when it is idle"
    them.sim.upsets.call(first, False)
    them.wait(1)
    assert them.where(first.name) == "a"


def test_a_dead_machine_is_noticed_at_the_next_refresh() -> None:
    them = phones(200)
    them.sim.inputs.down("a")
    assert them.out == (200, 200, 0.0), "nobody has noticed, but nobody can call"
    them.wait(3.9)
    assert them.registered()["b"] == 0
    them.wait(60)
    assert 50 < them.registered()["b"] < 150
    them.wait(60)
    assert them.registered()["b"] == 200


def test_sccp_phones_notice_a_dead_machine_within_25_seconds() -> None:
    site = Surroundings(NODES)
    site.add(50, ("a", "b"), protocol="SCCP")
    them = Phones(site, connect_timeout_s=0)
    them.sim.inputs.down("a")
    them.wait(19.9)
    assert them.registered()["b"] == 0
    them.wait(6)
    assert them.registered()["b"] == 50


def test_a_machine_that_comes_back_knows_nobody() -> None:
    them = phones(10)
    them.sim.inputs.down("a")
    them.sim.inputs.came_up("a")
    assert them.row("a", "SEP000000000000") is None
    assert them.out[0] == 10, "its CallManager starts anew"
    them.wait(600)
    assert them.registered()["a"] == 10


def test_a_process_that_hangs_for_a_while_keeps_who_has_not_noticed() -> None:
    them = phones(100)
    them.sim.inputs.hang("a")
    assert them.out[0] == 100
    them.wait(30)
    assert them.registered()["a"] == 100, "nobody has waited 32 seconds for an answer yet"
    them.wait(60)
    gone = them.registered()["b"]
    assert 0 < gone < 100
    them.sim.inputs.resume("a")
    assert them.out[0] == 100 - gone - them.registered()["a"]
    statuses = [them.row("a", name) for name in them.sim.phones]
    assert statuses.count(("UnRegistered", 13)) == 100 - them.registered()["a"], "those that have gone"
    them.wait(600)
    assert them.registered()["a"] == 100


def test_without_any_server_phones_sleep_and_wake() -> None:
    them = phones(50, ("a",))
    them.sim.inputs.callmanager_stopped("a")
    them.wait(86400)
    assert them.sim.outage.now == 50 and len(them.sim.asleep) == 50
    assert them.sim.pending < 60, "nobody tries again in the same world"
    them.sim.inputs.callmanager_started("a")
    them.wait(120)
    assert them.registered()["a"] == 50


def test_a_sleeping_phone_learns_of_another_group() -> None:
    them = phones(5, ("a",))
    them.sim.inputs.callmanager_stopped("a")
    them.wait(3600)
    them.site.configure(them.site.phones, servers=("c",))
    them.wait(60)
    assert them.registered()["c"] == 5


def test_a_registered_phone_does_not_learn_of_another_group_by_itself() -> None:
    them = phones(5)
    them.site.configure(them.site.phones, servers=("c", "a"))
    them.wait(86400)
    assert them.registered()["a"] == 5
    them.restart("a")
    them.wait(600)
    assert them.registered()["a"] == 5, "it went to b and back"
    them.sim.restarts.ask(list(them.sim.phones), "restart")
    them.wait(60)
    assert them.registered()["c"] == 5


def test_a_model_that_does_not_come_back() -> None:
    them = phones(5, no_failback=["Cisco 8841"])
    them.restart("a")
    them.wait(86400)
    assert them.registered()["b"] == 5


def test_a_node_drops_a_phone_it_does_not_hear() -> None:
    them = phones(1)
    (phone,) = them.sim.phones.values()
    them.sim.upsets.power(phone, False)
    assert them.out[0] == 0, "who has no power has no right to a server"
    assert them.row("a", phone.name) == ("Registered", 0)
    them.wait(131)
    assert them.row("a", phone.name) == ("UnRegistered", 13)
    them.sim.upsets.power(phone, True)
    assert them.out[0] == 1
    them.wait(130)
    assert them.where(phone.name) == "a"


def test_a_phone_off_the_network_counts() -> None:
    them = phones(1)
    (phone,) = them.sim.phones.values()
    them.sim.upsets.connect(phone, False)
    them.wait(500)
    assert them.out == (1, 1, pytest.approx(500))
    assert them.row("a", phone.name) == ("UnRegistered", 13)
    them.sim.upsets.connect(phone, True)
    them.wait(1)
    assert them.where(phone.name) == "a"


def test_a_network_that_eats_refreshes_makes_a_phone_flap() -> None:
    site = Surroundings(NODES)
    (name,) = site.add(1, ("a", "b"), flaps_s=960.0)
    them = Phones(site)
    seen = set()
    for _each in range(2000):
        them.wait(1)
        seen.add((them.where(name), them.row("a", name), them.row("b", name)))
    assert ("b", ("UnRegistered", 13), ("Registered", 0)) in seen
    assert ("a", ("Registered", 0), ("UnRegistered", 28)) in seen
    outage = them.out[2]
    assert 0 < outage < 10, "it notices and goes elsewhere at once"


def test_a_late_refresh_leaves_the_primary_line_only() -> None:
    them = phones(1)
    (phone,) = them.sim.phones.values()
    them.sim.upsets.late(phone)
    them.wait(140)
    assert them.row("a", phone.name) == ("PartiallyRegistered", 0)
    assert them.out[0] == 0
    them.wait(86400)
    assert them.row("a", phone.name) == ("PartiallyRegistered", 0), "no keepalive heals it"
    them.sim.restarts.ask([phone.name], "reset")
    them.wait(200)
    assert them.row("a", phone.name) == ("Registered", 0)


# -- any cluster ----------------------------------------------------------------------------------------


def some_cluster(number: int) -> Phones:
    chance = random.Random(number)
    nodes = [f"n{each}" for each in range(chance.randint(1, 6))]
    site = Surroundings(nodes)
    for _each in range(chance.randint(1, 4)):
        servers = chance.sample(nodes, chance.randint(1, min(3, len(nodes))))
        site.add(
            chance.randint(1, 40),
            servers,
            protocol=chance.choice(["SIP", "SCCP"]),
            flaps_s=chance.choice([0.0, 0.0, 0.0, 700.0]),
        )
    queue = chance.choice([3, 5000])
    return Phones(site, str(number), registration_queue=queue, tokens=chance.choice([1, 2, 10]))


def something(them: Phones, chance: random.Random) -> None:
    """Let something befall a cluster."""
    sim = them.sim
    node = chance.choice(list(sim.nodes))
    phone = chance.choice(list(sim.phones.values()))
    what = chance.randrange(14)
    inputs, upsets = sim.inputs, sim.upsets
    if what < 4:
        (inputs.callmanager_stopped if what % 2 else inputs.callmanager_started)(node)
    elif what < 6:
        (inputs.down if what % 2 else inputs.came_up)(node)
    elif what < 8:
        (inputs.hang if what % 2 else inputs.resume)(node)
    elif what == 8:
        upsets.power(phone, not phone.powered)
    elif what == 9:
        upsets.connect(phone, not phone.connected)
    elif what == 10:
        upsets.call(phone, not phone.in_call)
    elif what == 11:
        upsets.late(phone)
    else:
        sim.restarts.ask(chance.sample(list(sim.phones), 3) if len(sim.phones) > 3 else [phone.name], "reset")


def check(them: Phones) -> None:
    """What holds whatever has happened."""
    sim = them.sim
    for phone in sim.phones.values():
        homes = [node for node in sim.nodes.values() if phone in node.phones]
        assert homes == ([phone.node] if phone.state is State.REGISTERED else [])
        served = bool(homes) and homes[0].works and phone.connected
        assert phone.out == (phone.powered and not served)
        assert phone.powered or phone.state is State.OFF
    assert sim.outage.now == sum(phone.out for phone in sim.phones.values())
    for node in sim.nodes.values():
        assert node.outstanding == sum(phone.token and phone.node is node for phone in sim.phones.values())
        assert 0 <= node.outstanding <= sim.behaviour.tokens
        assert node.secure == sum(phone.secure for phone in node.phones)
        assert all(phone.node is node for phone in node.waiting)


def put_right(them: Phones) -> None:
    for name in them.sim.nodes:
        them.sim.inputs.came_up(name)
        them.sim.inputs.resume(name)
        them.sim.inputs.callmanager_started(name)
    for phone in them.sim.phones.values():
        them.sim.upsets.flap(phone, 0)
        them.sim.upsets.connect(phone, True)
        them.sim.upsets.power(phone, True)
        them.sim.upsets.call(phone, False)
    them.wait(4 * 3600)


@pytest.mark.parametrize(
    "numbers", [range(n, n + 100) for n in range(0, 1000, 100)], ids=lambda each: each[0]
)
def test_in_any_cluster_everybody_comes_home(numbers: range) -> None:
    for number in numbers:
        chance = random.Random(-number)
        them = some_cluster(number)
        for _each in range(chance.randint(1, 25)):
            something(them, chance)
            check(them)
            them.wait(chance.choice([0.0, 0.5, 20, 150, 2000]))
            check(them)
        put_right(them)
        check(them)
        at_home = {phone.name: phone.configuration.servers[0] for phone in them.sim.phones.values()}
        assert {name: them.where(name) for name in at_home} == at_home, number
        assert them.out[0] == 0


@pytest.mark.parametrize("number", range(20))
def test_it_does_not_matter_how_often_somebody_looks(number: int) -> None:
    outcomes = []
    for steps in (1, 97):
        chance = random.Random(-number)
        them = some_cluster(number)
        for _each in range(15):
            something(them, chance)
            pause = chance.choice([0.5, 20, 150, 2000])
            until = them.sim.now + pause
            for step in range(1, steps + 1):
                them.sim.advance(until - pause * (1 - step / steps))
            them.sim.advance(until)
        rows = {
            (node.name, phone.name): entry
            for node in them.sim.nodes.values()
            for phone, entry in node.ris.present()
        }
        outcomes.append((them.registered(), them.out[:2], round(them.out[2], 3), rows))
    assert outcomes[0] == outcomes[1]


def test_twenty_thousand_phones_are_no_crowd() -> None:
    """Counted in events, as no test judges a time."""
    them = phones(20_000)
    assert them.sim.pending <= 1
    them.restart("a")
    assert them.out[1] == 20_000
    handled = 0
    while them.registered()["a"] < 20_000:
        before = them.sim.steps
        them.wait(60)
        handled += them.sim.steps - before
        assert them.passed < 3600
    assert handled < 20_000 * 25
    them.wait(86400 * 30)
    assert them.sim.steps < 20_000 * 25 + 100
