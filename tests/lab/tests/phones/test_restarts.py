# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reset, restart and apply of phones: who hears of it, how long it takes, what they read."""

from __future__ import annotations

import pytest

from .surroundings import Phones, Surroundings


def phones(count: int = 10, **behaviour: object) -> Phones:
    site = Surroundings(["pub", "a", "b"])
    site.add(count, ("a", "b"))
    return Phones(site, **behaviour)


def back_after(them: Phones, name: str) -> float:
    before = them.passed
    while them.where(name) is None:
        them.wait(0.5)
        assert them.passed - before < 3600
    return them.passed - before


@pytest.mark.parametrize(
    ("what", "shortest", "longest", "reason"), [("reset", 60, 121, 9), ("restart", 10, 21, 15)]
)
def test_a_registered_phone_hears_of_it(what: str, shortest: float, longest: float, reason: int) -> None:
    them = phones()
    name = next(iter(them.sim.phones))
    them.sim.restarts.ask([name], what)
    assert them.row("a", name) == ("UnRegistered", reason)
    assert them.out[:2] == (1, 1)
    took = back_after(them, name)
    assert shortest <= took <= longest
    assert them.out[2] == pytest.approx(took, abs=0.6)


def test_others_do_not_hear_of_it() -> None:
    them = phones(3)
    off, lost, hung = them.sim.phones.values()
    them.sim.upsets.power(off, False)
    them.sim.upsets.connect(lost, False)
    them.sim.inputs.hang("a")
    them.sim.restarts.ask(list(them.sim.phones), "reset")
    assert not them.sim.restarts.down
    them.sim.inputs.resume("a")
    assert them.where(hung.name) == "a"
    them.sim.restarts.ask([*them.sim.phones, "SEPNOBODY"], "reset")
    assert them.sim.restarts.down == {hung}


def test_a_phone_in_a_call_restarts_after_it() -> None:
    them = phones()
    name, phone = next(iter(them.sim.phones.items()))
    them.sim.upsets.call(phone, True)
    them.sim.restarts.ask([name], "restart")
    them.wait(600)
    assert them.where(name) == "a"
    them.sim.upsets.call(phone, False)
    assert them.row("a", name) == ("UnRegistered", 15)


def test_apply_restarts_only_who_has_something_to_apply() -> None:
    them = phones()
    first, *others = them.sim.phones
    them.site.configure([first], servers=("b", "a"))
    them.sim.restarts.ask(list(them.sim.phones), "apply")
    assert {phone.name for phone in them.sim.restarts.down} == {first}
    assert them.row("a", first) == ("UnRegistered", 17)
    them.wait(6)
    assert them.where(first) == "b" and all(them.where(name) == "a" for name in others)


def test_apply_is_a_restart_for_some_models() -> None:
    them = phones(unconditional_apply=["Cisco 8841"])
    them.sim.restarts.ask(list(them.sim.phones), "apply")
    assert len(them.sim.restarts.down) == 10
    assert them.row("a", next(iter(them.sim.phones))) == ("UnRegistered", 15)


def test_a_model_that_is_lost_in_a_bulk_reset() -> None:
    them = phones(40, lost_on_bulk_reset={"Cisco 8841": 0.5}, bulk_reset=10)
    few = list(them.sim.phones)[:5]
    them.sim.restarts.ask(few, "reset")
    them.wait(300)
    assert them.registered()["a"] == 40, "five are not many"
    them.sim.restarts.ask(list(them.sim.phones), "reset")
    them.wait(86400)
    lost = 40 - them.registered()["a"]
    assert 5 < lost < 35 and them.out[0] == lost
    for phone in them.sim.phones.values():
        them.sim.upsets.power(phone, False)
        them.sim.upsets.power(phone, True)
    them.wait(300)
    assert them.registered()["a"] == 40, "somebody has pulled the plug of each"


def test_one_after_the_other_they_are_many_too() -> None:
    them = phones(40, lost_on_bulk_reset={"Cisco 8841": 1.0}, bulk_reset=10)
    for name in them.sim.phones:
        them.sim.restarts.ask([name], "reset")
    them.wait(600)
    assert them.registered()["a"] == 10


def test_all_reset_by_themselves_after_new_certificates() -> None:
    them = phones(100)
    them.sim.restarts.all_by_themselves()
    assert them.registered()["a"] == 100
    them.wait(150)
    assert 20 < them.out[0] < 80
    them.wait(300)
    assert them.registered()["a"] == 100


def test_beyond_its_queue_tftp_leaves_phones_with_what_they_have() -> None:
    them = phones(100, tftp_requests_per_s=1, tftp_queue=10, restart_spread_s=0)
    them.site.configure(them.site.phones, servers=("b", "a"))
    them.sim.restarts.ask(list(them.sim.phones), "restart")
    them.wait(16)
    assert them.sim.nodes["pub"].tftp_requests == 100
    assert them.sim.nodes["pub"].tftp_overflows == 90
    them.wait(600)
    assert them.registered() == {"pub": 0, "a": 90, "b": 10}


def test_without_tftp_a_phone_goes_on_with_what_it_has() -> None:
    them = phones(5)
    them.site.configure(them.site.phones, servers=("b", "a"))
    them.sim.inputs.tftp_runs("pub", False)
    them.sim.restarts.ask(list(them.sim.phones), "reset")
    them.wait(300)
    assert them.registered()["a"] == 5
    them.sim.inputs.tftp_runs("pub", True)
    them.sim.restarts.ask(list(them.sim.phones), "reset")
    them.wait(300)
    assert them.registered()["b"] == 5


def test_a_phone_the_database_has_no_more_is_refused() -> None:
    them = phones(2)
    gone, stays = list(them.sim.phones)
    del them.site.phones[gone]
    them.site.version += 1
    them.wait(3600)
    assert them.where(gone) == "a", "nobody has asked"
    them.restart("a")
    them.wait(600)
    assert them.where(stays) == "a" and them.where(gone) is None
    assert them.row("b", gone) == ("Rejected", 2)
