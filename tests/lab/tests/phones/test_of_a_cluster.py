# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phones of a lab's cluster: read from its database, its certificates and trust lists, with a clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from cucm_lab import control_set
from cucm_lab.clock import Clock
from cucm_lab.domain import ctl_file
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.domain.database import new_pkid
from cucm_lab.domain.services import CALLMANAGER, TFTP
from cucm_lab.topology import TopologyError, parse

NODES = [
    {"name": "pub", "role": "publisher"},
    {"name": "a", "services": ["Cisco CallManager"]},
    {"name": "b", "services": ["Cisco CallManager"]},
]
GROUPS = {
    "callmanager_groups": {"AB": ["a", "b"], "BA": ["b", "a"]},
    "device_pools": {"A": "AB", "B": "BA"},
    "phone_behaviour": {"fallback_s": 10, "fallback_jitter_s": 1},
}


KEYS = KeyPool()
"""Of all tests here: making keys is slow."""


class StoppedClock(Clock):
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        super().__init__(1, datetime(2026, 3, 1, tzinfo=UTC))
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.passed)


class Lab:
    """A cluster without servers."""

    def __init__(self, **cluster: Any) -> None:
        self.clock = StoppedClock()
        described = {"name": "x", "nodes": NODES, "seed": "s", **GROUPS, **cluster}
        self.cluster = LabCluster(parse({"clusters": [described]}).clusters[0], self.clock, KEYS)

    def wait(self, seconds: float) -> None:
        self.clock.passed += seconds

    def service(self, node: str, name: str, status: str) -> None:
        """As ``set`` does it."""
        self.cluster.phones.advance()
        service = self.cluster.nodes[node].services[name]
        if status == "Started":
            service.begin(self.clock.now())
        else:
            service.status = status
        self.cluster.nodes[node].status_changed(service)

    def restart(self, node: str, name: str = CALLMANAGER) -> None:
        self.service(node, name, "Stopped")
        self.wait(30)
        self.service(node, name, "Started")
        self.wait(600)

    @property
    def counts(self) -> dict[str, Any]:
        return self.cluster.phones.as_dict()

    @property
    def registered(self) -> list[int]:
        return list(self.counts["registered"].values())

    def phone(self, name: str = "SEP000000000000") -> dict[str, Any]:
        (found,) = self.cluster.phones.described(name)
        return found


ENCRYPTED = {"phoneType": "Cisco 8841", "deviceSecurityMode": "Encrypted", "transportType": "TLS"}
SECURE: dict[str, Any] = {
    "phone_security_profiles": {"Secure": ENCRYPTED},
    "phones": [{"count": 4, "device_pool": "A", "security_profile": "Secure"}],
}


def test_phones_are_where_their_device_pools_send_them() -> None:
    lab = Lab(phones=[{"count": 3, "device_pool": "A"}, {"count": 2, "device_pool": "B"}, {"count": 1}])
    assert lab.registered == [1, 3, 2]
    lab = Lab(phones=[{"count": 2, "model": "Cisco 7942", "protocol": "SCCP", "lines": 2}])
    (row, _other) = lab.cluster.phones.rows("pub")
    assert (row.protocol, row.model, row.lines[1][0]) == ("SCCP", 434, "2001000")


def test_the_default_group_has_three_members() -> None:
    lab = Lab(nodes=[NODES[0], *({"name": f"n{each}"} for each in range(6))], **{key: {} for key in GROUPS})
    members = "select n.name from callmanagergroupmember m join callmanager c on c.pkid = m.fkcallmanager join processnode n "
    members += "on n.pkid = c.fkprocessnode order by m.priority"
    assert [name for (name,) in lab.cluster.database.execute(members)] == ["pub", "n0", "n1"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"callmanager_groups": {"X": ["a", "b", "pub", "a"]}}, "callmanager_groups.X"),
        ({"callmanager_groups": {"X": ["nobody"]}}, "callmanager_groups.X"),
        ({"callmanager_groups": {"X": []}}, "callmanager_groups.X"),
        ({"device_pools": {"P": "nothing"}}, "device_pools.P"),
        ({"phones": [{"count": 1, "device_pool": "nothing"}]}, "phones[0].device_pool"),
        ({"phones": [{"count": 1, "protocol": "SCCP"}]}, "phones[0].protocol"),
        ({"phone_behaviour": {"nothing": 1}}, "phone_behaviour.nothing"),
        ({"phone_behaviour": {"tokens": "many"}}, "phone_behaviour.tokens"),
        ({"phone_behaviour": {"tokens": True}}, "phone_behaviour.tokens"),
        ({"phone_behaviour": {"fallback_s": -1}}, "phone_behaviour.fallback_s"),
    ],
)
def test_a_mistake_in_the_topology_is_named(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(TopologyError, match=r".*") as problem:
        Lab(**wrong)
    assert where in str(problem.value)


def test_a_restart_of_a_service_moves_phones() -> None:
    lab = Lab(phones=[{"count": 40, "device_pool": "A"}])
    lab.service("a", CALLMANAGER, "Stopped")
    assert lab.counts["phones_without_server"] == 40
    lab.wait(2)
    assert lab.registered == [0, 0, 40]
    assert lab.counts["phones_without_server_max"] == 40
    assert lab.counts["phone_seconds_out"] == pytest.approx(sum(n / 40 for n in range(1, 41)))
    lab.wait(30)
    lab.service("a", CALLMANAGER, "Started")
    lab.wait(29)
    assert lab.cluster.phones.counters("a", "Cisco CallManager")["InitializationState"] < 100  # type: ignore[index]
    lab.wait(100)
    assert lab.registered == [0, 40, 0]


def test_what_happened_before_somebody_asked_is_not_lost() -> None:
    asked, unasked = (Lab(phones=[{"count": 40, "device_pool": "A"}]) for _each in range(2))
    asked.counts  # noqa: B018
    for lab in (asked, unasked):
        lab.restart("a")
    assert {**asked.counts} == {**unasked.counts}
    assert asked.counts["phones_without_server_max"] == 40


def test_a_write_before_the_first_question_does_not_change_what_phones_have_read() -> None:
    lab = Lab(phones=[{"count": 4, "device_pool": "A"}])
    pool = new_pkid(lab.cluster.key, "devicepool", "B")
    lab.cluster.database.execute("update device set fkdevicepool = ?", (pool,))
    assert lab.registered == [0, 4, 0]
    lab.cluster.phones.restart(["SEP000000000000", "SEP000000000001"])
    lab.wait(30)
    assert lab.registered == [0, 2, 2]


def test_what_a_phone_reads_is_what_was_there_then() -> None:
    lab = Lab(phones=[{"count": 1, "device_pool": "A"}])
    lab.cluster.phones.restart(["SEP000000000000"])
    lab.wait(25)
    # The phone booted within 20 seconds; nobody has asked since.
    lab.cluster.database.execute(
        "update device set fkdevicepool = ?", (new_pkid(lab.cluster.key, "devicepool", "B"),)
    )
    lab.wait(100)
    assert lab.registered == [0, 1, 0]


def test_mixed_mode_reaches_a_phone_step_by_step() -> None:
    lab = Lab(**SECURE)
    assert lab.registered == [0, 4, 0] and lab.phone()["security_mode"] == "Non Secure"
    lab.cluster.database.set_process_config("ClusterSecurityMode", "1")
    for node in lab.cluster.nodes:
        lab.cluster.set_ctl_file(node, "rebuild")
    assert lab.phone()["ctl_md5"] is None
    lab.restart("pub", TFTP)
    for node in ("a", "b"):
        lab.restart(node)
    lab.cluster.phones.reset([f"SEP00000000000{n}" for n in range(4)])
    lab.wait(600)
    assert lab.registered == [0, 4, 0] and lab.phone()["security_mode"] == "Encrypted"
    assert lab.phone()["ctl_md5"] == lab.cluster.publisher.ctl_file.md5  # type: ignore[union-attr]
    counters = lab.cluster.phones.counters("a", "Cisco CallManager")
    assert counters is not None and counters["EncryptedRegisteredPhones"] == 4
    content = lab.cluster.phones.tftp_file("pub", "CTLSEP000000000000.tlv")
    assert content == lab.cluster.publisher.ctl_file.content  # type: ignore[union-attr]
    assert lab.cluster.phones.tftp_file("a", "CTLSEP000000000000.tlv") is None, "no TFTP there"


def test_a_tampered_ctl_file_is_refused() -> None:
    lab = Lab(**SECURE, state={"security_mode": "mixed"})
    assert lab.phone()["security_mode"] == "Encrypted" and lab.registered == [0, 4, 0]
    lab.cluster.set_ctl_file("pub", "tampered")
    lab.cluster.phones.reset(["SEP000000000000"])
    lab.wait(200)
    assert lab.counts["refused_files"] == 1 and lab.registered == [0, 4, 0]


def test_a_callmanager_certificate_that_the_ctl_file_does_not_have() -> None:
    lab = Lab(**SECURE, state={"security_mode": "mixed"}, release="12.5")
    lab.cluster.renew(lab.cluster.nodes["a"], "CallManager")
    lab.wait(86400)
    assert lab.registered == [0, 4, 0]
    lab.restart("a")
    assert lab.registered == [0, 0, 4]
    assert {(row.status, row.reason) for row in lab.cluster.phones.rows("a")} == {("Rejected", 6)}
    for node in lab.cluster.nodes:
        lab.cluster.set_ctl_file(node, "rebuild")
    lab.cluster.phones.reset([phone["name"] for phone in lab.cluster.phones.described()])
    lab.wait(600)
    assert lab.registered == [0, 4, 0]


def test_from_14_on_a_callmanager_shows_its_new_certificate_without_a_start() -> None:
    lab = Lab(**SECURE, state={"security_mode": "mixed"})
    lab.cluster.database.set_process_config("ResetPhonesOnCertChange", "F")
    lab.cluster.renew(lab.cluster.nodes["a"], "CallManager")
    lab.cluster.phones.restart(["SEP000000000000"])
    lab.wait(60)
    assert lab.registered == [0, 3, 1], "the CTL file has the old one"


@pytest.mark.parametrize(
    ("release", "parameter", "resets"), [("14", "T", True), ("14", "F", False), ("12.5", "T", False)]
)
def test_new_certificates_reset_phones_from_14_on(release: str, parameter: str, resets: bool) -> None:
    lab = Lab(phones=20, release=release)
    lab.cluster.database.set_process_config("ResetPhonesOnCertChange", parameter)
    lab.cluster.renew(lab.cluster.publisher, "TVS")
    lab.wait(1000)
    assert (lab.counts["phone_seconds_out"] > 0) == resets
    assert lab.registered == [20, 0, 0]


def test_an_lsc_of_a_capf_that_callmanager_does_not_know() -> None:
    secure = {**SECURE, "phones": [{**SECURE["phones"][0], "certificate": "installed"}]}
    lab = Lab(**secure, state={"security_mode": "mixed"})
    assert lab.phone()["lsc_issuer"].startswith("CAPF-")
    for node in ("a", "b"):
        store = lab.cluster.nodes[node].trust_stores["CallManager-trust"]
        store.remove(lab.cluster.publisher.certificates["CAPF"].certificate)
        assert lab.registered[1] + lab.registered[2] == 4
        lab.restart(node)
    assert lab.counts["phones_without_server"] == 4
    assert {(row.status, row.reason) for row in lab.cluster.phones.rows("b")} == {("Rejected", 10)}


def test_nodes_go_and_come() -> None:
    lab = Lab(phones=[{"count": 10, "device_pool": "A"}])
    began, _number = lab.cluster.phones.state("a")
    lab.cluster.phones.advance()
    lab.cluster.nodes["a"].up = False
    lab.cluster.phones.node_changed("a")
    lab.wait(150)
    assert lab.registered == [0, 0, 10] and list(lab.cluster.phones.rows("a")) == []
    assert list(lab.cluster.phones.objects("a")) == []
    lab.cluster.nodes["a"].up = True
    lab.cluster.phones.node_changed("a")
    lab.wait(150)
    assert lab.registered == [0, 10, 0] and lab.cluster.phones.state("a")[0] > began


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"callmanager_groups": {"none": ["a"]}}, "callmanager_groups.none"),
        ({"callmanager_groups": {"AB": ["nobody"]}}, "callmanager_groups.AB"),
        ({"phones": {"*": {"device_pool": "none"}}}, "phones.*.device_pool"),
        ({"phone_behaviour": {"tokens": "x"}}, "phone_behaviour.tokens"),
    ],
)
def test_a_set_that_cannot_be_is_refused(body: dict[str, Any], where: str) -> None:
    with pytest.raises(control_set.Refusal) as refusal:
        control_set.check(Lab().cluster, body)
    assert refusal.value.where == where


def test_a_reset_of_the_cluster_brings_the_phones_back() -> None:
    lab = Lab(phones=[{"count": 5, "device_pool": "A"}])
    lab.service("a", CALLMANAGER, "Stopped")
    lab.wait(5)
    assert lab.registered == [0, 0, 5]
    lab.cluster.reset()
    assert lab.registered == [0, 5, 0] and lab.counts["phones_without_server_max"] == 0
    lab.service("a", CALLMANAGER, "Stopped")
    assert lab.counts["phones_without_server_max"] == 5, "it hears of services as before"


def test_tftp_serves_what_phones_read() -> None:
    lab = Lab(**SECURE, state={"security_mode": "mixed"})
    phones = lab.cluster.phones
    plain = phones.tftp_file("pub", "SEP000000000001.cnf.xml")
    assert plain is not None
    root = ElementTree.fromstring(plain)
    assert [each.text for each in root.iter("processNodeName")] == ["a", "b"]
    assert (root.findtext("deviceSecurityMode"), root.findtext("transportLayerProtocol")) == ("3", "3")
    signed = phones.tftp_file("pub", "SEP000000000001.cnf.xml.sgn")
    assert signed is not None and signed.endswith(plain)
    assert signed == phones.tftp_file("pub", "SEP000000000001.cnf.xml.sgn")
    header, _records = ctl_file.parse(signed[: len(signed) - len(plain)])
    said = {element.name: element for element in header}
    certificate = lab.cluster.publisher.certificates["CallManager"]
    assert said["SERIALNUMBER"].value == ctl_file.serial_bytes(certificate)
    signature = said["SIGNATURE"].value
    key = certificate.rsa_key.public_key()
    key.verify(signature, signed.replace(signature, b"", 1), padding.PKCS1v15(), hashes.SHA1())
    for name in ("SEPNOBODY.cnf.xml", "SEP000000000001.cnf.xml.enc.sgn", "../lab.json", "RingList.xml"):
        assert phones.tftp_file("pub", name) is None
    assert phones.tftp_file("a", "SEP000000000001.cnf.xml") is None
    assert (
        phones.tftp_file("pub", "ITLSEP000000000001.tlv")
        == lab.cluster.build_itl(lab.cluster.publisher).content
    )


@pytest.mark.parametrize(("word", "answer"), [("fault", None), ("empty", {}), ("stale", 4)])
def test_what_perfmon_has_of_a_process_that_is_gone(word: str, answer: object) -> None:
    lab = Lab(phones=[{"count": 4, "device_pool": "A"}], phone_behaviour={"perfmon_down": word})
    lab.service("a", CALLMANAGER, "Stopped")
    found = lab.cluster.phones.counters("a", "Cisco CallManager")
    assert (found["RegisteredHardwarePhones"] if found else found) == answer
    assert "Cisco CallManager" not in lab.cluster.phones.objects("a")
    assert lab.cluster.phones.counters("a", "Cisco TFTP Server") is None
