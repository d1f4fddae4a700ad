# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's own AXL schema and a lab with a cluster of every release, for tests of what the two have to agree on.

The schema is read where it is installed, never copied: from the directory CUCM_AXL_TOOLKIT names, else from the
package ciscoaxl, which carries those up to 12.5.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
from lxml import etree

from cucm_lab.fixture import ClusterHandle, RunningLab

TOOLKIT_VARIABLE = "CUCM_AXL_TOOLKIT"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
BINDING = "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding"
RELEASES = ("11.5", "12.5", "14", "15")
SERVES = {
    "11.5": ("11.5",),
    "12.5": ("11.5", "12.5"),
    "14": ("11.5", "12.5", "14.0"),
    "15": ("12.5", "14.0", "15.0"),
}
"""Which of the schema versions that a toolkit may hold a release serves."""


def toolkits() -> dict[str, Path]:
    """Directories with AXLAPI.wsdl and AXLSoap.xsd, by schema version."""
    named = os.environ.get(TOOLKIT_VARIABLE)
    if named:
        root = Path(named)
        candidates = [root, *(root / "schema").glob("*"), *root.glob("*")]
    else:
        found = importlib.util.find_spec("ciscoaxl")
        if found is None or found.origin is None:
            return {}
        schemas = Path(found.origin).parent / "schema"
        candidates = [schemas / "11.5", schemas / "12.5"]
    answer = {}
    for directory in candidates:
        if (directory / "AXLAPI.wsdl").is_file():
            target = etree.parse(directory / "AXLSoap.xsd").getroot().get("targetNamespace", "")
            answer[target.rpartition("/")[2]] = directory
    return answer


TOOLKITS = toolkits()
PAIRS = [(release, version) for release in RELEASES for version in SERVES[release] if version in TOOLKITS]


@dataclass
class Schema:
    """One version of the vendor's schema: as XSD, and as zeep reads the WSDL."""

    version: str
    directory: Path

    @property
    def namespace(self) -> str:
        return f"http://www.cisco.com/AXL/API/{self.version}"

    @cached_property
    def xsd(self) -> etree.XMLSchema:
        return etree.XMLSchema(etree.parse(self.directory / "AXLSoap.xsd"))

    @cached_property
    def client(self) -> zeep.Client:
        settings = zeep.Settings(strict=True, xml_huge_tree=True)
        return zeep.Client(str(self.directory / "AXLAPI.wsdl"), settings=settings)

    def complaints(self, element: etree._Element) -> list[str]:
        """What the XSD says against a request or an answer (the element inside the SOAP body).

        An empty element in ``returnedTags`` is how every client names what it wants, booleans and numbers too, though
        no boolean is empty by the XSD: that alone is no complaint.
        """
        text = etree.tostring(element)
        self.xsd.validate(etree.fromstring(text))
        errors = [str(error) for error in self.xsd.error_log]
        if element.find("returnedTags") is None:
            return errors
        return [
            each
            for each in errors
            if not re.search(r"The value '' is not accepted|'' is not a valid value", each)
        ]


class _Keeping(zeep.Transport):
    """Keeps the last request and the last answer as bytes."""

    sent = b""
    received = b""

    def post(self, address: str, message: Any, headers: Any) -> requests.Response:
        self.sent = message
        answer = super().post(address, message, headers)
        self.received = answer.content
        return answer


@dataclass
class Axl:
    """AXL of a cluster in one schema version, through zeep in strict mode."""

    cluster: ClusterHandle
    schema: Schema
    transport: _Keeping = field(init=False)
    service: Any = field(init=False)

    def __post_init__(self) -> None:
        account, node = self.cluster.account("axl"), self.cluster.publisher
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.cluster.lab.ca_path)
        session.auth = (account["username"], account["password"])
        self.transport = _Keeping(session=session, operation_timeout=20)
        self.address = f"https://{node['address']}:{node['https_port']}/axl/"
        client = self.schema.client
        client.transport = self.transport
        self.service = client.create_service(BINDING, self.address)

    def call(self, operation: str, **arguments: Any) -> Any:
        """Carry out an operation; zeep parses the answer, which raises what does not fit the WSDL."""
        self.schema.client.transport = self.transport
        return getattr(self.service, operation)(**arguments)

    def raw(self, operation: str, inner: str) -> requests.Response:
        """The same without zeep, for what it would not send."""
        body = (
            f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><n:{operation} xmlns:n="{self.schema.namespace}">'
            f"{inner}</n:{operation}></e:Body></e:Envelope>"
        )
        headers = {"SOAPAction": f'"CUCM:DB ver={self.schema.version} {operation}"'}
        answer = self.transport.session.post(self.address, data=body, headers=headers, timeout=20)
        self.transport.received = answer.content
        return answer

    @staticmethod
    def _inside(envelope: bytes) -> etree._Element:
        body = etree.fromstring(envelope).find(f"{{{ENVELOPE}}}Body")
        return body[0]

    @property
    def request(self) -> etree._Element:
        return self._inside(self.transport.sent)

    @property
    def answer(self) -> etree._Element:
        return self._inside(self.transport.received)


@pytest.fixture(scope="session")
def schemas() -> dict[str, Schema]:
    if not TOOLKITS:
        pytest.fail(
            f"There is no AXL schema: pip install -r requirements-test.txt, or set {TOOLKIT_VARIABLE} to a "
            "directory with AXLAPI.wsdl or with schema/<version>/AXLAPI.wsdl."
        )
    return {version: Schema(version, directory) for version, directory in TOOLKITS.items()}


@pytest.fixture(scope="session")
def contract_lab(cucm_lab_start: Callable[..., RunningLab]) -> RunningLab:
    """A cluster of every release, with two phones each."""
    clusters = [
        {
            "name": f"r{release.replace('.', '')}",
            "release": release,
            "phones": 2,
            # The package ciscoaxl has that of 12.5 as it came first.
            "axl": {"first_schema": True},
            "nodes": [
                {"name": f"pub{index}", "role": "publisher", "address": f"127.23.{index}.1"},
                {"name": f"sub{index}", "address": f"127.23.{index}.2"},
            ],
        }
        for index, release in enumerate(RELEASES)
    ]
    return cucm_lab_start({"time_scale": 100, "clusters": clusters})


def cluster_of(lab: RunningLab, release: str) -> ClusterHandle:
    """The cluster of a release, as its topology has it."""
    cluster = next(each for each in lab.clusters.values() if each.info["release"] == release)
    cluster.reset()
    return cluster


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]}-axl{pair[1]}")
def axl(request: pytest.FixtureRequest, contract_lab: RunningLab, schemas: dict[str, Schema]) -> Axl:
    """AXL of each release in each schema version there is a schema of."""
    release, version = request.param
    return Axl(cluster_of(contract_lab, release), schemas[version])


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Count what was checked, for the summary: ``tally("answer", operation)``."""

    def count(what: str, *of: str) -> None:
        record_property(f"contract {what}", " | ".join(of))

    return count


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What the schema was asked about, and which client did what with which version."""
    counted: dict[str, Counter[str]] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if report.when == "call" and name.startswith("contract "):
                counted.setdefault(name.removeprefix("contract "), Counter())[value] += 1
    if not counted:
        return
    terminalreporter.section("contract")
    for what in sorted(counted.keys() - {"client"}):
        operations = len({key.split(" | ")[0] for key in counted[what]})
        terminalreporter.line(f"{counted[what].total()} {what}s valid, {operations} distinct operations")
    for client in sorted(counted.get("client", ())):
        terminalreporter.line(client)


def package(name: str) -> str:
    """A package and its version."""
    return f"{name} {installed(name)}"
