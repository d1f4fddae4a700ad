# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every AXL request the modules send, and the answer they get, against the vendor's XSD."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import etree

from cucm_lab.fixture import RunningLab

from ..integration.harness.modules import Modules
from .conftest import ENVELOPE, RELEASES, TOOLKITS, Schema, cluster_of

CAPF = "Cisco Certificate Authority Proxy Function"
RUNS: list[tuple[str, dict[str, Any]]] = [
    ("cluster_info", {}),
    ("service_activation", {"service": CAPF, "stable_for": 0.1}),
    ("security_mode", {"state": "mixed"}),
    ("ctl_file", {}),
    ("service_control", {"service": "Cisco Tftp", "state": "restarted", "stable_for": 0.1}),
    ("security_mode", {"state": "non_secure"}),
    ("phone_security_profile", {"name": "A & B", "phone_type": "Cisco 8841", "description": "<new>"}),
    ("phone_security_profile", {"name": "A & B", "device_security_mode": "encrypted", "transport": "tls"}),
    ("phone_security_profile", {"name": "A & B", "key_order": "ec_only", "digest_authentication": True}),
    ("phone_security_profile", {"name": "A & B", "state": "absent"}),
]
# Of what came with 12.5.
LATE_RUNS: list[tuple[str, dict[str, Any]]] = [
    (
        "phone_security_profile",
        {"name": "OAuth", "phone_type": "Universal Device Template", "sip_oauth": True},
    ),
    ("smart_license", {"state": "registered", "token": "LAB-TOKEN-EXPORT-ALLOWED", "force": True}),
    ("smart_license", {"state": "renewed"}),
    ("smart_license", {"state": "deregistered", "consent_to_deregistration": True}),
]
LATE = ("getSmartLicenseStatus",)
# As long as a busy machine may take: device seconds for a change, seconds for a service or a licence.
CHANGE, COMES = {"change_timeout": 3000}, {"wait_timeout": 20}
WAITS: dict[str, dict[str, Any]] = {
    "security_mode": CHANGE,
    "ctl_file": CHANGE,
    "service_activation": COMES,
    "service_control": COMES,
    "smart_license": COMES,
}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[bytes, bytes]]]:
    """Bodies of AXL requests with those of their answers, as they go over the wire."""
    seen: list[tuple[bytes, bytes]] = []
    real = requests.Session.send

    def send(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        # Read whole here, so that there is something to look at; a client that streams reads it once more.
        stream = options.pop("stream", False)
        answer = real(session, request, stream=False, **options)
        if request.url and request.url.endswith("/axl/") and request.body:
            body = request.body if isinstance(request.body, bytes) else request.body.encode()
            seen.append((body, answer.content))
        if stream:
            answer.raw = _Again(answer)
            answer._content = False  # type: ignore[assignment]
            answer._content_consumed = False
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
    return seen


class _Again:
    """The body of an answer that was read, to be read once more."""

    def __init__(self, answer: requests.Response) -> None:
        import io

        self._body = io.BytesIO(answer.content)
        self.headers = answer.raw.headers
        self.status = answer.raw.status
        self._fp = self._body
        self.closed = False

    def read(self, *amount: Any, **options: Any) -> bytes:
        return self._body.read(*[each for each in amount if each is not None][:1])

    read1 = read

    def stream(self, amount: int = 65536, **options: Any) -> Iterator[bytes]:
        while data := self._body.read(amount):
            yield data

    def close(self) -> None:
        self.closed = True

    release_conn = close


def inside(envelope: bytes) -> etree._Element:
    return etree.fromstring(envelope).find(f"{{{ENVELOPE}}}Body")[0]


def schema_for(schemas: dict[str, Schema], element: etree._Element) -> tuple[Schema, etree._Element]:
    """The schema of an element's version, or else the newest at hand with the element in that one's namespace.

    From 12.5 on the structure of AXL has not changed ([X] wire-facts 0.3), so this is a check as good.
    """
    name = etree.QName(element)
    version = name.namespace.rpartition("/")[2]
    if version in schemas:
        return schemas[version], element
    newest = schemas[max(schemas, key=lambda each: tuple(map(int, each.split("."))))]
    text = etree.tostring(element).decode().replace(name.namespace, newest.namespace)
    return newest, etree.fromstring(text)


@pytest.mark.skipif(not TOOLKITS, reason="there is no AXL schema")
@pytest.mark.parametrize("release", RELEASES)
def test_what_the_modules_send_and_get(
    release: str,
    contract_lab: RunningLab,
    schemas: dict[str, Schema],
    wire: list[tuple[bytes, bytes]],
    tmp_path: Path,
    tally: Callable[..., None],
) -> None:
    cluster = cluster_of(contract_lab, release)
    cluster.set(timings={"cli_startup_s": 1})
    for name, options in [*RUNS, *(LATE_RUNS if release != "11.5" else [])]:
        node = {"node": cluster.publisher["name"]} if name.startswith("service_") else {}
        result = Modules(cluster, tmp_path).run(name, **WAITS.get(name, {}), **node, **options)
        assert "failure" not in result, (name, result.get("msg"))
    operations = set()
    for sent, received in wire:
        if received.lstrip()[:5] != b"<?xml":
            # HTTP 599 in HTML, to a version the release does not serve.
            continue
        schema, request = schema_for(schemas, inside(sent))
        operation = etree.QName(request).localname
        operations.add(operation)
        if operation in LATE and schema.version == "11.5":
            # Asked of every release, for which 11.5 has a fault.
            assert etree.QName(inside(received)).localname == "Fault"
            continue
        assert schema.complaints(request) == [], sent.decode()
        tally("module request", operation)
        answer = inside(received)
        if etree.QName(answer).localname != "Fault":
            schema, answer = schema_for(schemas, answer)
            assert schema.complaints(answer) == [], received.decode()
            tally("module answer", operation)
    assert {"getCCMVersion", "executeSQLQuery"} <= operations
