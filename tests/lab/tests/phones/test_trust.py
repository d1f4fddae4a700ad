# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom phones believe, and whom nodes register over TLS."""

from __future__ import annotations

from dataclasses import replace

from cucm_lab.domain.phones.phone import Phone

from .surroundings import Phones, Surroundings, trust_list


def cluster(count: int = 4, *, mixed: bool = False, **device: object) -> Surroundings:
    site = Surroundings(["pub", "a", "b"])
    if mixed:
        site.go_mixed()
    site.add(count, ("a", "b"), **device)
    return site


def first(them: Phones) -> Phone:
    return next(iter(them.sim.phones.values()))


def reset_all(them: Phones) -> None:
    them.sim.restarts.ask(list(them.sim.phones), "reset")
    them.wait(400)


def restart_all(them: Phones) -> None:
    for node in them.sim.nodes:
        them.restart(node)
        them.wait(400)


def restart_tftp(them: Phones) -> None:
    them.sim.inputs.tftp_runs("pub", False)
    them.sim.inputs.tftp_runs("pub", True)


# -- what TFTP serves -----------------------------------------------------------------------------------


def test_a_phone_learns_of_a_ctl_file_when_it_boots() -> None:
    them = Phones(cluster())
    them.site.go_mixed()
    them.wait(86400)
    assert first(them).ctl is None
    reset_all(them)
    assert first(them).ctl is them.site.ctl
    them.site.ctl = None
    them.site.version += 1
    reset_all(them)
    assert first(them).ctl is not None, "nobody takes it off a phone but a hand"


def test_tvs_vouches_for_another_signer() -> None:
    them = Phones(cluster())
    them.site.recovery = "recovery 2"
    reset_all(them)
    assert first(them).itl is them.site.files("pub").itl and not first(them).refused


def test_without_tvs_another_signer_is_refused() -> None:
    them = Phones(cluster())
    for node in them.sim.nodes:
        them.sim.inputs.tvs_runs(node, False)
    old = first(them).itl
    them.site.recovery = "recovery 2"
    them.site.configure(them.site.phones, servers=("b", "a"))
    reset_all(them)
    assert first(them).refused and first(them).itl is old
    assert them.registered()["a"] == 4, "registered all the same, by its old configuration"
    for node in them.sim.nodes:
        them.sim.inputs.tvs_runs(node, True)
    reset_all(them)
    assert not first(them).refused and them.registered()["b"] == 4


def test_tvs_and_callmanager_and_recovery_renewed_together_strand_phones() -> None:
    them = Phones(cluster())
    them.site.recovery = "recovery 2"
    them.site.tvs = {name: f"tvs {name} 2" for name in them.site.tvs}
    them.site.ccm = {name: f"ccm {name} 2" for name in them.site.ccm}
    them.site.version += 1
    reset_all(them)
    assert all(phone.refused for phone in them.sim.phones.values())
    for phone in them.sim.phones.values():
        them.sim.upsets.give_lists(phone, "none")
    reset_all(them)
    assert not any(phone.refused for phone in them.sim.phones.values())
    assert first(them).itl is them.site.files("pub").itl


def test_one_after_the_other_they_do_not() -> None:
    them = Phones(cluster())
    for what in ("tvs", "ccm", "recovery"):
        new = {name: f"{what} {name} 2" for name in them.sim.nodes}
        setattr(them.site, what, "recovery 2" if what == "recovery" else new)
        them.site.version += 1
        reset_all(them)
        assert not any(phone.refused for phone in them.sim.phones.values()), what


def test_a_phone_that_was_off_meanwhile_is_stranded() -> None:
    them = Phones(cluster())
    off = first(them)
    them.sim.upsets.power(off, False)
    for what in ("tvs", "recovery"):
        new = {name: f"{what} {name} 2" for name in them.sim.nodes}
        setattr(them.site, what, "recovery 2" if what == "recovery" else new)
        them.site.version += 1
        reset_all(them)
    them.sim.upsets.power(off, True)
    them.wait(400)
    assert off.refused and them.where(off.name) == "a"
    assert [phone.refused for phone in them.sim.phones.values()].count(True) == 1


def test_what_tvs_has_said_holds_for_a_day() -> None:
    them = Phones(cluster(1))
    phone = first(them)
    assert them.sim.booting.vouched(phone, "ccm b")
    for node in them.sim.nodes:
        them.sim.inputs.tvs_runs(node, False)
    them.wait(86000)
    assert them.sim.booting.vouched(phone, "ccm b")
    them.wait(1000)
    assert not them.sim.booting.vouched(phone, "ccm b")


def test_a_file_that_does_not_verify_is_refused_even_by_an_empty_phone() -> None:
    them = Phones(cluster(1, lists="none"))
    them.site.ctl = trust_list("broken", "recovery", verified=False)
    them.site.version += 1
    reset_all(them)
    assert first(them).refused and first(them).ctl is None


def test_a_list_that_is_too_long_is_refused() -> None:
    them = Phones(cluster(1), itl_bytes=1000)
    them.site.ctl = trust_list("long", "recovery", size=1001)
    them.site.version += 1
    reset_all(them)
    assert first(them).refused


def test_an_empty_itl_file_makes_a_phone_believe_anybody_unless_it_has_a_ctl_file() -> None:
    for mixed in (False, True):
        them = Phones(cluster(1, mixed=mixed))
        files = them.site.files("pub")
        empty = replace(files.itl, certificates=frozenset(), tvs=frozenset())
        them.site._files = {key: replace(files, itl=empty) for key in them.site._files}
        them.site.version += 1
        reset_all(them)
        assert first(them).itl is empty
        them.site.recovery, them.site.ccm["pub"] = "another", "another ccm"
        them.site.version += 1
        reset_all(them)
        assert first(them).refused == mixed


# -- who is registered over TLS -------------------------------------------------------------------------


def test_without_mixed_mode_every_profile_is_non_secure() -> None:
    them = Phones(cluster(mode="Encrypted"))
    assert them.registered()["a"] == 4 and first(them).configuration.mode == "Non Secure"


def test_mixed_mode_comes_to_phones_by_restarts_of_services_and_their_own() -> None:
    them = Phones(cluster(mode="Encrypted"))
    them.site.go_mixed()
    reset_all(them)
    assert first(them).configuration.mode == "Non Secure", "TFTP has not started since"
    restart_tftp(them)
    restart_all(them)
    them.wait(600)
    assert them.registered()["a"] == 4 and first(them).configuration.mode == "Encrypted"
    assert them.sim.nodes["a"].secure == 4


def test_a_callmanager_that_does_not_know_of_mixed_mode_refuses_secure_phones() -> None:
    them = Phones(cluster(mode="Encrypted"))
    them.site.go_mixed()
    restart_tftp(them)
    reset_all(them)
    assert them.registered() == {"pub": 0, "a": 0, "b": 0} and them.out[0] == 4
    assert them.row("b", first(them).name) == ("Rejected", 28)
    them.restart("a")
    them.wait(200)
    assert them.registered()["a"] == 4


def test_a_phone_that_does_not_trust_the_node_is_lost() -> None:
    them = Phones(cluster(mixed=True, mode="Encrypted"))
    them.site.ccm["a"] = "ccm a 2"
    them.restart("a")
    them.wait(600)
    assert them.registered()["b"] == 4, "the CTL file has not been updated"
    assert them.row("a", first(them).name) == ("Rejected", 6)
    them.site.write_ctl()
    reset_all(them)
    assert them.registered()["a"] == 4


def test_an_lsc_whose_issuer_is_no_longer_trusted() -> None:
    them = Phones(cluster(mixed=True, mode="Encrypted", lsc="CAPF"))
    them.site.loaded["a"] = replace(them.site.loaded["a"], issuers=frozenset())
    them.wait(86400)
    assert them.registered()["a"] == 4, "the store is read at the start"
    them.restart("a")
    them.wait(600)
    assert them.registered()["b"] == 4
    them.site.loaded["b"] = replace(them.site.loaded["b"], issuers=frozenset())
    them.restart("b")
    them.wait(600)
    assert them.out[0] == 4 and them.row("b", first(them).name) == ("Rejected", 10)


def test_phones_with_nothing_but_a_factory_certificate() -> None:
    assert Phones(cluster(mixed=True, mode="Encrypted")).registered()["a"] == 4
    them = Phones(cluster(mixed=True, mode="Encrypted"), mic_trusted=False)
    assert them.out[0] == 4
    them = Phones(cluster(mixed=True, mode="Encrypted", mic=False))
    them.wait(60)
    assert them.out[0] == 4 and them.row("a", first(them).name) == ("Rejected", 28)


def test_tls_1_3_shuts_out_authenticated_phones() -> None:
    for mode, registered in (("Authenticated", 0), ("Encrypted", 4)):
        assert Phones(cluster(mixed=True, mode=mode), minimum_tls="1.3").registered()["a"] == registered
        them = Phones(cluster(mixed=True, mode=mode), strongest_ciphers_only=True)
        assert them.registered()["a"] == registered


def test_keys_of_4096_bits_let_only_so_many_in() -> None:
    site = cluster(30, mixed=True, mode="Encrypted")
    site.loaded["a"] = replace(site.loaded["a"], key_bits=4096)
    assert Phones(site, secure_phones_4096=20).registered() == {"pub": 0, "a": 20, "b": 10}


def test_sip_oauth_needs_the_port_of_a_start() -> None:
    them = Phones(cluster(mode="Encrypted", oauth=True, mic=False))
    assert them.registered()["a"] == 4 and not first(them).configuration.oauth
    them.site.oauth = True
    restart_tftp(them)
    reset_all(them)
    assert them.out[0] == 4
    restart_all(them)
    them.wait(600)
    assert them.registered()["a"] == 4 and first(them).configuration.oauth


def test_a_profile_assigned_but_not_yet_read_shows_at_the_next_fail_over() -> None:
    them = Phones(cluster(mixed=True))
    them.site.configure(them.site.phones, mode="Encrypted")
    them.wait(86400)
    assert them.registered()["a"] == 4 and first(them).configuration.mode == "Non Secure"
    them.restart("a")
    them.wait(600)
    assert them.registered()["a"] == 4 and first(them).configuration.mode == "Encrypted", (
        "refused by both, it restarted itself"
    )
