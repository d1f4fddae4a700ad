# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients for the lab's own tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import paramiko
import pytest
import requests

from cucm_lab.domain.phones.registrations import ClusterPhones
from cucm_lab.fixture import ClusterHandle

from .planted import Planted

AXL_NAMESPACE = "http://www.cisco.com/AXL/API/"
CONTROL_CENTER_PATH = "/controlcenterservice2/services/ControlCenterServices"


class HttpsClient:
    """A plain requests session to one node; sends the password with every request, as naive clients do."""

    def __init__(self, cluster: ClusterHandle, node: str | None = None, privilege: int = 4) -> None:
        self.node = cluster.node(node) if node else cluster.publisher
        account = cluster.account("axl", privilege)
        self.session = requests.Session()
        # The environment of whoever runs the tests may name another CA bundle.
        self.session.trust_env = False
        self.session.verify = str(cluster.lab.ca_path)
        self.session.auth = (account["username"], account["password"])

    @property
    def base(self) -> str:
        return f"https://{self.node['address']}:{self.node['https_port']}"

    def axl(self, operation: str, inner: str = "", version: str = "14.0", **options) -> requests.Response:
        body = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:ns="{AXL_NAMESPACE}{version}"><soapenv:Body><ns:{operation}>{inner}</ns:{operation}>'
            "</soapenv:Body></soapenv:Envelope>"
        )
        headers = {
            "SOAPAction": f'"CUCM:DB ver={version} {operation}"',
            "Content-Type": "text/xml; charset=utf-8",
        }
        headers.update(options.pop("headers", {}))
        options.setdefault("timeout", 20)
        return self.session.post(f"{self.base}/axl/", data=body, headers=headers, **options)

    def control(self, operation: str, inner: str, **options) -> requests.Response:
        return self.soap(CONTROL_CENTER_PATH, operation, inner, **options)

    def soap(self, path: str, operation: str, inner: str, **options) -> requests.Response:
        body = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:s="http://schemas.cisco.com/ast/soap"><soapenv:Body><s:{operation}>{inner}'
            f"</s:{operation}></soapenv:Body></soapenv:Envelope>"
        )
        headers = {"SOAPAction": f'"{operation}"', "Content-Type": "text/xml; charset=utf-8"}
        options.setdefault("timeout", 20)
        return self.session.post(f"{self.base}{path}", data=body, headers=headers, **options)

    def do_control(self, kind: str, service: str, **options) -> requests.Response:
        inner = (
            f"<s:ControlServiceRequest><s:NodeName/><s:ControlType>{kind}</s:ControlType>"
            f"<s:ServiceList><s:item>{service}</s:item></s:ServiceList></s:ControlServiceRequest>"
        )
        return self.control("soapDoControlServices", inner, **options)

    def deploy(self, kind: str, service: str, **options) -> requests.Response:
        inner = (
            f"<s:DeploymentServiceRequest><s:NodeName/><s:DeployType>{kind}</s:DeployType>"
            f"<s:ServiceList><s:item>{service}</s:item></s:ServiceList></s:DeploymentServiceRequest>"
        )
        return self.control("soapDoServiceDeployment", inner, **options)


@pytest.fixture
def https(cucm_cluster: ClusterHandle) -> Iterator[Callable[..., HttpsClient]]:
    """Make clients: ``https(node=None, privilege=4)``."""
    made: list[HttpsClient] = []

    def make(node: str | None = None, privilege: int = 4) -> HttpsClient:
        client = HttpsClient(cucm_cluster, node, privilege)
        made.append(client)
        return client

    yield make
    for client in made:
        client.session.close()


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Planted:
    """Registrations of every cluster, as the test plants them, in place of those of its simulated phones."""
    planted = Planted()
    for name in ("rows", "state", "counters", "objects", "apply", "restart", "reset", "tftp_file"):
        monkeypatch.setattr(ClusterPhones, name, getattr(planted, name))
    return planted


class Shell:
    """A platform CLI session with host keys verified against the run directory's known_hosts."""

    def __init__(self, cluster: ClusterHandle, node: str) -> None:
        where, account = cluster.node(node), cluster.account("cli")
        self.client = paramiko.SSHClient()
        self.client.load_host_keys(str(cluster.lab.known_hosts))
        self.client.connect(
            where["address"],
            where["ssh_port"],
            account["username"],
            account["password"],
            look_for_keys=False,
            allow_agent=False,
        )
        self.channel = self.client.invoke_shell(width=400)
        self.channel.settimeout(10)
        self.read_until("admin:")
        self._until_quiet()
        self.run("set cli pagination off")

    def _until_quiet(self) -> None:
        # The first prompt of a session comes twice.
        time.sleep(0.2)
        while self.channel.recv_ready():
            self.channel.recv(65536)

    def read_until(self, *ends: str) -> str:
        text = ""
        while not text.rstrip().endswith(ends):
            data = self.channel.recv(65536)
            if not data:
                raise EOFError(text)
            text += data.decode()
        return text

    def run(self, command: str, *ends: str) -> str:
        self.channel.sendall(command.encode() + b"\r")
        return self.read_until(*(ends or ("admin:",)))

    def answer(self, text: str, then: str | None = None) -> None:
        # Fast input is lost at questions, as on the device.
        for character in text + "\r":
            time.sleep(0.05)
            self.channel.sendall(character.encode())
        if then:
            self.read_until(then)


@pytest.fixture
def shell(cucm_cluster: ClusterHandle) -> Iterator[Callable[..., Shell]]:
    cucm_cluster.set(timings={"cli_startup_s": 1})
    open_: list[Shell] = []

    def make(node: str = "cucm-pub") -> Shell:
        open_.append(Shell(cucm_cluster, node))
        return open_[-1]

    yield make
    for each in open_:
        each.client.close()
