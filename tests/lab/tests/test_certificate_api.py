# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate management API: who may, what it reads, what it stores, what it refuses; and its faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import (
    CertificateAuthority,
    KeyPool,
    read_pem,
    server_certificate,
    sha256,
)
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.fixture import ClusterHandle, RunningLab

BASE = "/platformcom/api/v1/certmgr/config/"
UPLOAD = "certificate-api POST trust/certificates"
STORE = "phone-edge-trust"


class Api:
    """A platform account's client of one node's API."""

    def __init__(self, cluster: ClusterHandle, node: str, auth: tuple[str, str]) -> None:
        where = cluster.node(node)
        self.base = f"https://{where['address']}:{where['https_port']}{BASE}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(cluster.lab.ca_path)
        self.session.auth = auth

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.base + path, timeout=20, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.session.post(self.base + path, json=body, timeout=20, **options)

    def upload(self, *certificates: str, service: Any = "phone-edge", **more: Any) -> requests.Response:
        services = service if isinstance(service, list) else [service]
        return self.post("trust/certificates", {"service": services, "certificates": [*certificates], **more})


@pytest.fixture
def api(cucm_cluster: ClusterHandle) -> Iterator[Callable[..., Api]]:
    """Make clients: ``api(node="cucm-pub", auth=None)``."""
    made: list[Api] = []

    def make(node: str = "cucm-pub", auth: tuple[str, str] | None = None) -> Api:
        account = cucm_cluster.account("cli")
        made.append(Api(cucm_cluster, node, auth or (account["username"], account["password"])))
        return made[-1]

    yield make
    for each in made:
        each.session.close()


@pytest.fixture(scope="module")
def authority() -> SimpleNamespace:
    """PEM texts of a root, a CA below it and a leaf below that; another root; an expired one, one of tomorrow."""
    keys, now = KeyPool(2), datetime.now(UTC) - timedelta(days=60)
    root = CertificateAuthority(keys.take(), now, "Some Root")
    middle = root.intermediate(keys, now)
    leaf = middle.issue("edge", None, keys.take(), (now, now + timedelta(days=500)))
    lone = {
        name: server_certificate(
            "x", name, None, keys.take(), (now + start, now + start + timedelta(days=30))
        ).pem
        for name, start in {"expired": timedelta(days=-90), "tomorrow": timedelta(days=300)}.items()
    }
    other = CertificateAuthority(keys.take(), now, "Other Root")
    return SimpleNamespace(root=root.pem, middle=middle.pem, leaf=leaf.pem, other=other.pem, **lone)


def fingerprint(text: str) -> str:
    certificate = read_pem(text)
    assert certificate is not None
    return sha256(certificate)


def stored(cluster: ClusterHandle, store: str = STORE, node: str = "cucm-pub") -> list[str]:
    return cluster.state()["nodes"][node]["trust_stores"][store]


def message(answer: requests.Response) -> str:
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()["errors"][0]["message"]


def test_reading(api, cucm_cluster):
    client = api()
    snapshot = client.get("snapshot/server").json()
    assert set(snapshot) == {"trackingId", "server", "identities", "trusts", "revokedCertificates"}
    assert snapshot["server"] == "cucm-pub"
    node = cucm_cluster.state()["nodes"]["cucm-pub"]
    own = {each["service"]: fingerprint(each["certificate"]) for each in snapshot["identities"]}
    for unit, certificate in node["tomcat_certificates"].items():
        assert own[unit] == certificate["sha256"]
        answer = client.get("identity/certificate", params={"service": unit}).json()
        assert fingerprint(answer["certificate"]) == own[unit]
    assert {"CallManager", "TVS", "ITLRecovery", "CAPF"} <= set(own)
    for trust in snapshot["trusts"]:
        texts = [each["certificate"] for each in trust["certificate_data"]]
        assert [fingerprint(text) for text in texts] == node["trust_stores"][f"{trust['service']}-trust"]
        assert client.get("trust/certificate", params={"service": trust["service"]}).json() == texts
        assert all(each["filename"].endswith(".pem") for each in trust["certificate_data"])
    assert client.get("options").json()["trustServices"] == [each["service"] for each in snapshot["trusts"]]
    assert "phone-edge" in client.get("options").json()["trustServices"]
    entries = cucm_cluster.journal(kind="http")
    assert entries[0]["operation"] == "certificate-api GET snapshot/server"
    assert not any(entry["changing"] for entry in cucm_cluster.journal())


def test_a_subscriber_answers_for_itself_and_has_no_phone_edge(api, authority, cucm_cluster):
    client = api("cucm-sub1")
    snapshot = client.get("snapshot/server").json()
    assert snapshot["server"] == "cucm-sub1"
    assert "phone-edge" not in [each["service"] for each in snapshot["trusts"]]
    assert "phone-edge" not in client.get("options").text
    assert client.upload(authority.root).status_code == 400
    assert client.upload(authority.root, service="tomcat").status_code == 201
    assert fingerprint(authority.root) in stored(cucm_cluster, "tomcat-trust", "cucm-sub1")
    assert fingerprint(authority.root) not in stored(cucm_cluster, "tomcat-trust")


def test_an_upload(api, authority, cucm_cluster, shell):
    answer = api().upload(authority.middle, authority.root, authority.leaf, description="For the phones")
    assert answer.status_code == 201
    wanted = [fingerprint(each) for each in (authority.middle, authority.root, authority.leaf)]
    assert stored(cucm_cluster) == wanted
    story = [(e["kind"], e["operation"], e["changing"]) for e in cucm_cluster.journal()]
    assert story == [
        ("login", "https-basic", False),
        ("http", UPLOAD, True),
        ("effect", "trust_store phone-edge-trust add", True),
    ]
    assert cucm_cluster.journal(kind="effect")[0]["detail"] == {"added": wanted}
    assert cucm_cluster.journal(kind="http")[0]["detail"] == {"status": 201}
    assert "phone-edge-trust/Some_Root_" in (text := shell().run("show cert list trust"))
    assert text.count("For the phones") == 3


def test_two_stores_at_once(api, authority, cucm_cluster):
    assert api().upload(authority.root, service=["tomcat", "CallManager"]).status_code == 201
    for store in ("tomcat-trust", "CallManager-trust"):
        assert fingerprint(authority.root) in stored(cucm_cluster, store)
    assert len(cucm_cluster.journal(kind="effect")) == 2


@pytest.mark.parametrize(("setting", "status"), [({}, 201), ({"second_upload": 200}, 200)])
def test_a_second_upload_changes_nothing(api, authority, cucm_cluster, setting, status):
    cucm_cluster.set(certificate_api={"trust_answer": "object", **setting})
    client = api()
    assert client.upload(authority.root).status_code == 201
    # The same certificate in another text is the same certificate.
    assert client.upload("a comment\n" + authority.root.replace("\n", "\r\n")).status_code == status
    assert client.upload(authority.root, authority.other).status_code == 201
    assert stored(cucm_cluster) == [fingerprint(authority.root), fingerprint(authority.other)]
    assert len(cucm_cluster.journal(kind="effect")) == 2
    answer = client.get("trust/certificate", params={"service": "phone-edge"}).json()
    assert answer == {"certificates": [authority.root, authority.other]}


@pytest.mark.parametrize("status", [400, 409])
def test_a_second_upload_may_be_refused(api, authority, cucm_cluster, status):
    cucm_cluster.set(certificate_api={"second_upload": status})
    assert api().upload(authority.root).status_code == 201
    answer = api().upload(authority.other, authority.root)
    assert answer.status_code == status and "Some Root" in message(answer)
    assert stored(cucm_cluster) == [fingerprint(authority.root)]


def refused(answer: requests.Response, cluster: ClusterHandle) -> str:
    """What a refused upload says: nothing has changed."""
    assert answer.status_code == 400
    assert stored(cluster) == [] and cluster.journal(kind="effect") == []
    return message(answer)


def test_an_issuer_must_be_there(api, authority, cucm_cluster):
    assert "Some Root" in refused(api().upload(authority.other, authority.middle), cucm_cluster)
    assert "intermediate" in refused(api().upload(authority.root, authority.leaf), cucm_cluster)
    cucm_cluster.set(trust_stores={"cucm-pub": {STORE: [authority.root]}})
    assert api().upload(authority.middle).status_code == 201


def test_more_than_phones_take_are_too_many(api, authority, cucm_cluster):
    cucm_cluster.set(certificate_api={"max_phone_edge": 1})
    assert "1" in refused(api().upload(authority.root, authority.other), cucm_cluster)
    assert api().upload(authority.root, authority.root).status_code == 201
    assert api().upload(authority.root).status_code == 201
    assert api().upload(authority.other).status_code == 400
    assert api().upload(authority.root, authority.other, service="tomcat").status_code == 201


def test_sixteen_are_the_default(api, authority, cucm_cluster):
    now, key = datetime.now(UTC) - timedelta(days=60), KeyPool(1).fresh()
    many = [CertificateAuthority(key, now, f"Root {number}").pem for number in range(17)]
    assert "16" in refused(api().upload(*many), cucm_cluster)
    assert api().upload(*many[:16]).status_code == 201


@pytest.mark.parametrize("which", ["expired", "tomorrow"])
def test_what_is_not_valid_now(api, authority, cucm_cluster, which):
    assert which in refused(api().upload(getattr(authority, which)), cucm_cluster)
    cucm_cluster.set(certificate_api={"refuses_expired": False})
    assert api().upload(getattr(authority, which)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b"[]",
        b"\xff",
        {},
        {"service": "phone-edge", "certificates": ["ROOT"]},
        {"service": [], "certificates": ["ROOT"]},
        {"service": ["phone-edge"], "certificates": []},
        {"service": ["phone-edge"], "certificates": "ROOT"},
        {"service": ["phone-edge"], "certificates": [None]},
        {"service": ["phone-edge"], "certificates": ["ROOT"], "description": 1},
        {"service": ["phone-edge"], "certificates": ["no certificate"]},
        {"service": ["phone-edge"], "certificates": ["ROOTROOT"]},
        {"service": ["phone-edge-trust"], "certificates": ["ROOT"]},
        {"service": ["phone-edge", "nobody"], "certificates": ["ROOT"]},
    ],
)
def test_mistakes_in_a_request(api, authority, cucm_cluster, body):
    client = api()
    if isinstance(body, dict) and isinstance(body.get("certificates"), list):
        texts = [each and each.replace("ROOT", authority.root) for each in body["certificates"]]
        body = {**body, "certificates": texts}
    if isinstance(body, bytes):
        answer = client.session.post(client.base + "trust/certificates", data=body, timeout=20)
    else:
        answer = client.post("trust/certificates", body)
    refused(answer, cucm_cluster)


def test_what_there_is_not(api):
    client = api()
    for path in (
        "trust/certificate?service=tomcat-trust",
        "trust/certificate",
        "identity/certificate?service=x",
    ):
        answer = client.get(path)
        assert answer.status_code == 400 and message(answer)
    for answer in (client.get("trust/certs"), client.get("trust/certificates"), client.post("options", {})):
        assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")


def test_the_name_of_phone_edge_is_a_setting(api, authority, cucm_cluster):
    cucm_cluster.set(certificate_api={"phone_edge_service": "Phone-Edge-Trust"})
    client = api()
    assert "Phone-Edge-Trust" in client.get("options").json()["trustServices"]
    assert client.upload(authority.root).status_code == 400
    assert client.upload(authority.root, service="Phone-Edge-Trust").status_code == 201
    services = [each["service"] for each in client.get("snapshot/server").json()["trusts"]]
    assert "Phone-Edge-Trust" in services and "phone-edge" not in services


def test_it_can_lie(api, authority, cucm_cluster):
    cucm_cluster.set(certificate_api={"stores_nothing": True})
    assert api().upload(authority.root).status_code == 201
    assert stored(cucm_cluster) == [] and cucm_cluster.journal(kind="effect") == []


def test_only_platform_accounts_of_level_4(api, authority, cucm_cluster):
    auditor, other = cucm_cluster.account("cli", 0), cucm_cluster.account("axl")
    client = api(auth=(auditor["username"], auditor["password"]))
    for answer in (client.get("snapshot/server"), client.upload(authority.root)):
        assert answer.status_code == 403 and answer.headers["Content-Type"].startswith("text/html")
    cucm_cluster.set(certificate_api={"low_privilege_status": 401})
    assert client.get("options").status_code == 401
    assert api(auth=(other["username"], other["password"])).get("options").status_code == 401
    assert requests.get(client.base + "options", verify=client.session.verify, timeout=20).status_code == 401
    assert stored(cucm_cluster) == []
    assert "Set-Cookie" not in api().get("options").headers


def test_refused_passwords_count_as_those_of_ssh(api, cucm_cluster, shell):
    account = cucm_cluster.account("cli")
    wrong = api(auth=(account["username"], "wrong"))
    assert [wrong.get("options").status_code for _each in range(2)] == [401, 401]
    assert next(a for a in cucm_cluster.state()["accounts"] if a["username"] == "admin")["failures"] == 2
    shell()
    assert [wrong.get("options").status_code for _each in range(3)] == [401, 401, 401]
    assert api().get("options").status_code == 401
    logins = [e["detail"] for e in cucm_cluster.journal(kind="login") if e["operation"] == "https-basic"]
    assert logins == [{"result": "refused", "service": "certificate-api"}] * 6
    cucm_cluster.set(accounts={"admin": {"state": "active"}})
    assert api().get("options").status_code == 200
    cucm_cluster.set(accounts={"admin": {"state": "expired"}})
    assert api().get("options").status_code == 401


def test_an_axl_session_does_not_open_it(api, https):
    axl = https()
    assert axl.axl("getCCMVersion").status_code == 200
    axl.session.auth = None
    client = api()
    assert axl.session.get(client.base + "options", timeout=20).status_code == 401


def test_faults_of_the_wire(api, authority, cucm_cluster):
    client = api()
    with cucm_cluster.faulty("http", status=503, match={"operation": UPLOAD}):
        assert client.get("options").status_code == 200
        assert client.upload(authority.root).status_code == 503
    assert stored(cucm_cluster) == []
    with (
        cucm_cluster.faulty("http_truncate", match={"operation": "certificate-api GET *"}),
        pytest.raises(requests.RequestException),
    ):
        client.get("snapshot/server")
    with cucm_cluster.faulty("http_delay", seconds=10, match={"operation": UPLOAD}):
        assert client.upload(authority.root).elapsed > timedelta(seconds=0.15)
    assert stored(cucm_cluster) == [fingerprint(authority.root)]


@pytest.mark.parametrize(("kind", "when", "is_stored"), [("http", "before", False), ("http", "after", True)])
def test_a_lost_answer(api, authority, cucm_cluster, kind, when, is_stored):
    cucm_cluster.fault("cut", match={"kind": kind, "operation": UPLOAD}, when=when)
    with pytest.raises(requests.ConnectionError):
        api().upload(authority.root)
    assert stored(cucm_cluster) == ([fingerprint(authority.root)] if is_stored else [])


@pytest.mark.parametrize(("when", "is_stored"), [("before", False), ("after", True)])
def test_an_effect_can_be_held(api, authority, cucm_cluster, when, is_stored):
    held = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "trust_store *"}, when=when)
    answers: list[requests.Response] = []
    client = api()
    thread = threading.Thread(target=lambda: answers.append(client.upload(authority.root)))
    thread.start()
    cucm_cluster.wait_hit(held)
    assert bool(stored(cucm_cluster)) is is_stored and not answers
    cucm_cluster.release(held)
    thread.join(10)
    assert answers[0].status_code == 201 and stored(cucm_cluster) == [fingerprint(authority.root)]


@pytest.mark.parametrize(("release", "has"), [("11.5", False), ("12.5", False), ("14", True), ("15", True)])
def test_releases(release, has):
    spec = topology.parse(
        {"clusters": [{"name": "x", "release": release, "nodes": [{"name": "n", "role": "publisher"}]}]}
    )
    assert LabCluster(spec.clusters[0], Clock(), KeyPool(1)).release_row.certificate_api is has


def test_before_14_there_is_no_such_api(cucm_lab_start: Callable[..., RunningLab]):
    node = {"name": "pub", "role": "publisher"}
    lab = cucm_lab_start({"clusters": [{"name": "old", "release": "12.5", "nodes": [node]}]})
    cluster = lab.clusters["old"]
    for kind in ("cli", "axl"):
        account = cluster.account(kind)
        client = Api(cluster, "pub", (account["username"], account["password"]))
        with client.session:
            assert client.get("snapshot/server").status_code == 404
            assert client.upload("x").status_code == 404
    assert cluster.journal(kind="login") == []
    assert not any(entry["changing"] for entry in cluster.journal())


def test_what_set_puts_in_is_read(api, authority, cucm_cluster):
    cucm_cluster.set(trust_stores={"cucm-pub": {STORE: [authority.leaf, authority.root]}})
    answer = api().get("trust/certificate", params={"service": "phone-edge"}).json()
    assert answer == [authority.leaf, authority.root]
    cucm_cluster.set(trust_stores={"cucm-pub": {STORE: []}})
    assert api().get("trust/certificate", params={"service": "phone-edge"}).json() == []
