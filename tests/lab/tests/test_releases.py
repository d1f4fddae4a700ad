# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between releases 11.5, 12.5, 14 and 15, as clients see it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cucm_lab import topology
from cucm_lab.domain.releases import RELEASES

from .test_axl import texts

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
RELEASE_NAMES = ("11.5", "12.5", "14", "15")


@pytest.fixture(scope="module", params=RELEASE_NAMES)
def release(request, cucm_lab_start):
    """A lab of the release's own topology."""
    described = yaml.safe_load((TOPOLOGIES / f"release-{request.param}.yml").read_text("utf-8"))
    described["time_scale"] = 100
    lab = cucm_lab_start(described)
    return request.param, next(iter(lab.clusters.values()))


@pytest.fixture
def cucm_cluster(release):
    """So that ``https`` speaks to the release under test."""
    cluster = release[1]
    cluster.reset()
    return cluster


def test_each_release_has_a_row_and_a_topology_of_two_nodes():
    assert tuple(RELEASES) == RELEASE_NAMES
    addresses = []
    for name in RELEASE_NAMES:
        (cluster,) = topology.load(TOPOLOGIES / f"release-{name}.yml").clusters
        assert cluster.release == name and len(cluster.nodes) == 2
        addresses += [node.address for node in cluster.nodes]
    assert len(set(addresses)) == 8


def test_axl_serves_the_release_s_versions_and_no_other(https, release):
    row = RELEASES[release[0]]
    for version in ("15.0", "14.0", "12.5", "12.0", "11.5", "11.0", "10.5"):
        answer = https().axl("getCCMVersion", version=version)
        assert answer.status_code == (200 if version in row.axl_versions else 599), version
        if answer.status_code == 599:
            assert row.axl_versions_text in answer.text
    told = texts(https().axl("getCCMVersion", version=row.axl_version), "version")[0]
    assert told.startswith(
        {"11.5": "11.5.1.", "12.5": "12.5.1.", "14": "14.0.1.", "15": "15.0.1."}[release[0]]
    )


def test_smart_licences_and_oauth_came_after_11_5(https, release):
    name, version = release[0], RELEASES[release[0]].axl_version
    late = name != "11.5"
    licence = https().axl("getSmartLicenseStatus", version=version)
    assert licence.status_code == (200 if late else 500)
    ports = https().axl("getCallManager", f"<name>CM_{release[1].info['publisher']}</name>", version=version)
    assert texts(ports, "sipPhonePort") == ["5060"]
    assert texts(ports, "sipOAuthPort") == (["5090"] if late else [])
    found = https().axl(
        "executeSQLQuery",
        "<sql>select paramname from processconfig where lower(paramname) like '%oauth%'</sql>",
        version=version,
    )
    assert len(texts(found, "paramname")) == (4 if late else 0)


def test_an_older_schema_on_a_new_release_has_no_newer_operation(https, release):
    oldest = RELEASES[release[0]].axl_versions[-1]
    answer = https().axl("getSmartLicenseStatus", version=oldest)
    assert answer.status_code == 500 and texts(answer, "axlcode") == ["-1"]


def test_15_has_no_ctl_provider_unless_the_topology_says_so(release, cucm_cluster, cucm_lab_start):
    services = cucm_cluster.state()["nodes"][cucm_cluster.info["publisher"]]["services"]
    assert ("Cisco CTL Provider" in services) is (release[0] != "15")
    if release[0] == "15":
        cluster = {"name": "c", "release": "15", "lists_ctl_provider": True}
        cluster["nodes"] = [{"name": "p", "role": "publisher", "address": "127.20.15.9"}]
        other = next(iter(cucm_lab_start({"clusters": [cluster]}).clusters.values()))
        assert "Cisco CTL Provider" in other.state()["nodes"]["p"]["services"]
