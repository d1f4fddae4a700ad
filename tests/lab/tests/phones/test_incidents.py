# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each incident ends as it did in a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

from cucm_lab import control_set
from cucm_lab.domain.phones.incidents import INCIDENTS

from .test_of_a_cluster import ENCRYPTED, Lab

COUNT = 6


def lab(*, secure: bool = False, **cluster: Any) -> Lab:
    phones: dict[str, Any] = {"count": COUNT, "device_pool": "A"}
    profiles = {"Secure": ENCRYPTED, "Signed": {**ENCRYPTED, "deviceSecurityMode": "Authenticated"}}
    if secure:
        phones |= {"security_profile": "Secure"}
    state = {"security_mode": "mixed"} if secure else {}
    described = {"phones": [{**phones, **cluster.pop("phone", {})}], "phone_security_profiles": profiles}
    made = Lab(**{"state": state, "release": "12.5", **described, **cluster})
    assert made.registered == [0, COUNT, 0]
    return made


def happen(them: Lab, name: str) -> None:
    control_set.check(them.cluster, {"incident": name})
    INCIDENTS[name](them.cluster)


def reset(them: Lab) -> None:
    them.cluster.phones.reset([phone["name"] for phone in them.cluster.phones.described()])
    them.wait(700)


def reasons(them: Lab, node: str) -> set[tuple[str, int]]:
    return {(row.status, row.reason) for row in them.cluster.phones.rows(node)}


def test_an_unknown_incident_is_refused() -> None:
    with pytest.raises(control_set.Refusal, match="no incident 'nothing'"):
        control_set.check(lab().cluster, {"incident": "nothing"})


def test_all_anchors_renewed() -> None:
    them = lab()
    happen(them, "all_anchors_renewed")
    reset(them)
    assert (them.counts["refused_files"], them.registered) == (COUNT, [0, COUNT, 0])
    them.cluster.phones.befall("*", {"trust_lists": "none"})
    reset(them)
    assert them.counts["refused_files"] == 0


def test_capf_replaced() -> None:
    them = lab(secure=True, phone={"certificate": "installed"})
    happen(them, "capf_replaced")
    them.wait(86400)
    assert them.registered == [0, COUNT, 0]
    for node in ("a", "b"):
        them.restart(node)
    assert them.counts["phones_without_server"] == COUNT and ("Rejected", 10) in reasons(them, "b")


def test_itlrecovery_renewed() -> None:
    for tvs in ("Started", "Stopped"):
        them = lab()
        happen(them, "itlrecovery_renewed")
        for node in them.cluster.nodes:
            them.service(node, "Cisco Trust Verification Service", tvs)
        reset(them)
        assert them.counts["refused_files"] == (0 if tvs == "Started" else COUNT)


def test_off_during_renewal() -> None:
    them = lab()
    happen(them, "off_during_renewal")
    assert them.counts["powered_off"] == COUNT // 2
    them.cluster.phones.befall("*", {"powered": True})
    them.wait(700)
    assert them.counts["refused_files"] == COUNT // 2


def test_rolled_back() -> None:
    outcome = {}
    for secure in (False, True):
        them = lab(secure=secure)
        happen(them, "rolled_back")
        reset(them)
        happen(them, "all_anchors_renewed")
        reset(them)
        outcome[secure] = them.counts["refused_files"]
    assert outcome == {False: 0, True: COUNT}


def test_backup_restored() -> None:
    them = lab()
    for unit in ("CallManager", "TVS"):
        for node in them.cluster.nodes.values():
            them.cluster.renew(node, unit)
        reset(them)
    happen(them, "itlrecovery_renewed")
    reset(them)
    assert them.counts["refused_files"] == 0
    happen(them, "backup_restored")
    reset(them)
    assert them.counts["refused_files"] == COUNT


def test_large_keys() -> None:
    them = lab(secure=True, phone_behaviour={"secure_phones_4096": 2, "fallback_s": 100000})
    happen(them, "large_keys")
    for node in them.cluster.nodes:
        them.cluster.set_ctl_file(node, "rebuild")
    reset(them)
    for node in ("a", "b"):
        them.restart(node)
    them.wait(600)
    assert them.registered[1] + them.registered[2] == 4 and them.counts["phones_without_server"] == 2


def test_tftp_overloaded() -> None:
    them = lab(phone={"count": COUNT})
    happen(them, "tftp_overloaded")
    them.cluster.phones.behave({"tftp_queue": 2, "restart_spread_s": 0})
    control_set.check(them.cluster, {"callmanager_groups": {"AB": ["b", "a"]}})
    control_set._apply_to_database(them.cluster, {"callmanager_groups": {"AB": ["b", "a"]}})
    them.cluster.phones.restart([phone["name"] for phone in them.cluster.phones.described()])
    them.wait(700)
    assert them.registered == [0, COUNT - 2, 2]


def test_itl_too_long() -> None:
    them = lab(phone={"trust_lists": "none"})
    happen(them, "itl_too_long")
    reset(them)
    assert them.counts["refused_files"] == COUNT


def test_refreshes_eaten() -> None:
    them = lab(phone_behaviour={})
    happen(them, "refreshes_eaten")
    seen = set()
    for _each in range(130):
        them.wait(10)
        seen |= reasons(them, "a") | reasons(them, "b")
    assert {("UnRegistered", 13), ("UnRegistered", 28)} <= seen


def test_refreshes_late() -> None:
    them = lab()
    happen(them, "refreshes_late")
    them.wait(300)
    assert them.counts["partially_registered"] == COUNT
    reset(them)
    assert them.counts["partially_registered"] == 0


def test_odd_models() -> None:
    groups = [{"count": 40, "model": model, "device_pool": "A"} for model in ("Cisco 8841", "Cisco 8861")]
    them = Lab(phones=groups)
    happen(them, "odd_models")
    them.restart("a")
    assert them.registered == [0, 40, 40]
    reset(them)
    assert 5 < them.counts["phones_without_server"] < 35


@pytest.mark.parametrize("mode", ["Secure", "Signed"])
def test_tls_1_3_only(mode: str) -> None:
    them = lab(secure=True, phone={"security_profile": mode})
    happen(them, "tls_1_3_only")
    assert them.registered == [0, COUNT, 0]
    them.restart("a")
    assert (them.counts["phones_without_server"], ("Rejected", 12) in reasons(them, "b")) == (
        (COUNT, True) if mode == "Signed" else (0, False)
    )


def test_factory_roots_removed() -> None:
    for certificate, lost in (("none", COUNT), ("installed", 0)):
        them = lab(secure=True, phone={"certificate": certificate})
        happen(them, "factory_roots_removed")
        them.restart("a")
        assert them.counts["phones_without_server"] == lost


def test_every_incident_has_its_test() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(INCIDENTS) <= tests
