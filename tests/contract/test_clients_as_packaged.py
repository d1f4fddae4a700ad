# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More clients that are not ours, unmodified: cucmapi, which knows no port but 8443, and scrapli."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import scrapli
import zeep.exceptions

from cucm_lab.fixture import ClusterHandle, RunningLab

from .conftest import RELEASES, cluster_of
from .test_clients import MIXED, MODE, did, mixed

__all__ = ["did"]
SCHEMA = {"11.5": "11.5", "12.5": "12.5", "14": "12.5", "15": "12.5"}
"""Which of its schemas a release serves; it has none newer."""
oldest_and_newest = pytest.mark.parametrize("cluster", ["11.5", "15"], indirect=True)
"""It takes many seconds to read a schema."""


@pytest.fixture(scope="module")
def on_8443(cucm_lab_start: Callable[..., RunningLab], worker_id: str) -> RunningLab:
    """A cluster of every release at the port of a real node, at addresses of this process alone."""
    block = 40 + int(worker_id.removeprefix("gw") or 0) if worker_id != "master" else 39
    clusters = [
        {
            "name": f"c{number}",
            "release": release,
            "phones": 2,
            "axl": {"first_schema": True},
            "nodes": [{"name": f"only{number}", "role": "publisher", "address": f"127.{block}.{number}.1"}],
        }
        for number, release in enumerate(RELEASES, start=1)
    ]
    return cucm_lab_start({"time_scale": 100, "ssh_port": 0, "clusters": clusters}, free_ports=False)


@pytest.fixture(params=RELEASES)
def cluster(request: pytest.FixtureRequest, on_8443: RunningLab) -> ClusterHandle:
    return cluster_of(on_8443, request.param)


@pytest.fixture
def made(cluster: ClusterHandle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Any]:
    """Make one of cucmapi's clients; the environment has it check the certificate, and keeps its cache out of the home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cluster.lab.ca_path))
    import cucmapi

    account, address = cluster.account("axl"), cluster.publisher["address"]

    def make(name: str) -> Any:
        version = SCHEMA[cluster.info["release"]]
        return getattr(cucmapi, name)(account["username"], account["password"], address, version)

    return make


@oldest_and_newest
def test_cucmapi_reads(cluster, made, did):
    axl = made("axl")
    node = cluster.publisher["name"]
    results = {
        "getCCMVersion": (
            axl.getCCMVersion()["componentVersion"]["version"].partition("(")[0],
            cluster.state()["version"].partition("-")[0],
        ),
        "listProcessNode": (
            sorted(each["name"] for each in axl.listProcessNode()),
            ["EnterpriseWideData", node],
        ),
        "listPhone": (
            [each["name"] for each in axl.listPhone({"name": ""})],
            ["SEP000000000000", "SEP000000000001"],
        ),
        "getServiceParameter": (
            axl.getServiceParameter(
                processNodeName="EnterpriseWideData", name="ClusterID", service="Enterprise Wide"
            )["value"],
            "StandAloneCluster",
        ),
    }
    for operation, (got, wanted) in results.items():
        assert got == wanted, operation
        did(cluster, "cucmapi", operation, "as the database says")
    told = axl.executeSQLUpdate("update device set description = 'theirs'")
    assert isinstance(told, zeep.exceptions.Fault)
    assert told.message == "The lab does not simulate this: executeSQLUpdate"
    did(cluster, "cucmapi", "executeSQLUpdate", "not simulated, and told so")


def test_cucmapi_controls_services(cluster, made, did):
    ccs = made("ccs")
    state = {each["ServiceName"]: each["ServiceStatus"] for each in ccs.soapGetServiceStatus("")}
    assert state["Cisco CallManager"] == "Started"
    extended = {each["ServiceName"] for each in ccs.getStaticServiceListExtended()}
    assert extended == set(state)
    did(cluster, "cucmapi", "soapGetServiceStatus, getStaticServiceListExtended", f"{len(state)} services")
    ccs.soapDoControlServices("", "Restart", ["Cisco Tftp"])
    ccs.soapDoServiceDeployment("", "Deploy", ["Cisco Certificate Authority Proxy Function"])
    ccs.soapDoControlServicesEx("CallManager", "None", "Restart", ["Cisco CTIManager"])
    done = [entry["operation"] for entry in cluster.journal(kind="effect")]
    assert done == [
        "service restart Cisco Tftp",
        "service activate Cisco Certificate Authority Proxy Function",
        "service restart Cisco CTIManager",
    ]
    did(cluster, "cucmapi", "soapDoControlServices, ...Ex, soapDoServiceDeployment", "done once each")


@oldest_and_newest
def test_cucmapi_reads_registrations(cluster, made, did):
    cluster.set(service_parameters={"Enterprise Wide": {"AllowedRisQueriesPerMinute": "100000"}})
    ris, node = made("ris"), cluster.publisher["name"]
    name = "SEP000000000001"

    def registered() -> list[str]:
        found = ris.selectCmDeviceExt([name], [node], status="Registered")
        return [each["Name"] for each in found]

    cluster.wait(lambda: registered() == [name])
    (phone,) = ris.selectCmDeviceExt([name], None)
    assert (phone["Model"], phone["Protocol"], phone["StatusReason"]) == (683, "SIP", 0)
    did(cluster, "cucmapi", "selectCmDeviceExt", "registered")
    # It joins names with commas, which fits nothing.
    assert ris.selectCmDeviceExt([name, "SEP000000000000"], [node]) == []
    did(cluster, "cucmapi", "selectCmDeviceExt of two names", "none: its own mistake")


@oldest_and_newest
def test_cucmapi_reads_counters(cluster, made, did):
    perfmon, node = made("pfm"), cluster.publisher["name"]
    objects = [each["Name"]["_value_1"] for each in perfmon.perfmonListCounter(node)]
    assert {"Cisco CallManager", "Cisco Phones"} <= set(objects)
    values = {
        each["Name"]["_value_1"]: each["Value"]
        for each in perfmon.perfmonCollectCounterData(node, "Cisco CallManager")
    }
    assert values[f"\\\\{node}\\Cisco CallManager\\InitializationState"] == 100
    did(cluster, "cucmapi", "perfmonListCounter, perfmonCollectCounterData", f"{len(values)} counters")
    counter = f"\\\\{node}\\Cisco CallManager\\RegisteredHardwarePhones"
    handle = perfmon.perfmonOpenSession()
    assert perfmon.perfmonAddCounter(handle, [counter]) is None
    (value,) = perfmon.perfmonCollectSessionData(handle)
    assert value["Name"]["_value_1"] == counter
    assert perfmon.perfmonCloseSession(handle) is None
    did(cluster, "cucmapi", "a PerfMon session", "opened, read, closed")


def test_scrapli(cluster, did):
    account, node = cluster.account("cli"), cluster.publisher
    with scrapli.driver.GenericDriver(
        host=node["address"],
        port=node["ssh_port"],
        auth_username=account["username"],
        auth_password=account["password"],
        # It looks a key up by the address alone, so none of another port is found.
        auth_strict_key=False,
        transport="paramiko",
        comms_prompt_pattern=r"^admin:\s*$",
        comms_return_char="\r",
        timeout_ops=30,
    ) as session:
        session.send_command("set cli pagination off")
        version = session.send_command("show version active").result
        assert f"Active Master Version: {cluster.state()['version']}" in version
        did(cluster, "scrapli", "login, show version active", "read")
        done = session.send_interactive([(MIXED, r"(y/n):", False), ("y", "admin:", False)]).result
        assert "Cluster set to Mixed Mode" in done
        assert "1" in session.send_command(MODE).result.split()
    mixed(cluster)
    did(cluster, "scrapli", "set-cluster mixed-mode, y", "mixed")
