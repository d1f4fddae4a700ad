# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a second changing command meets while one is at work; and whose keys are whose."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.domain.database import ENTERPRISE_WIDE_PKID
from cucm_lab.domain.errors import Busy
from cucm_lab.fixture import RunningLab
from cucm_lab.platform_cli.settings import BadSetting, check

DESCRIBED: dict[str, Any] = {
    "clusters": [{"name": "lab", "nodes": [{"name": "pub", "role": "publisher"}, {"name": "sub"}]}]
}


def built(described: dict[str, Any]) -> dict[str, LabCluster]:
    specs = topology.parse(json.loads(json.dumps(described))).clusters
    return {spec.name: LabCluster(spec, Clock(1000), KeyPool(1)) for spec in specs}


async def _both(cluster: LabCluster, first: Any, second: Any) -> list[Any]:
    async def soon(work: Any) -> Any:
        await asyncio.sleep(0.005)
        return await work

    return await asyncio.gather(first, soon(second), return_exceptions=True)


@pytest.mark.parametrize("then", ["refuse", "beside", "wait"])
@pytest.mark.parametrize("second", ["update", "oauth", "mode"])
def test_a_second_command_is_put_on_record_and_met_as_the_setting_says(then: str, second: str) -> None:
    cluster = built(DESCRIBED)["lab"]
    cluster.cli = {"overlap": then}
    node = cluster.publisher
    works = {
        "update": lambda: cluster.update_ctl(node=node, account=None),
        "oauth": lambda: cluster.set_sip_oauth_mode(True, node=node, account=None),
        "mode": lambda: cluster.set_security_mode(0, node=node, account=None),
    }
    first = cluster.set_security_mode(1, node=node, account=None)
    told = asyncio.run(_both(cluster, first, works[second]()))
    (overlap,) = (entry for entry in cluster.journal.entries() if entry.kind == "overlap")
    assert overlap.detail == {"running": ["utils ctl set-cluster mixed-mode"], "then": then}
    assert isinstance(told[1], Busy) is (then == "refuse")
    if then == "wait":
        effects = [entry.operation for entry in cluster.journal.entries() if entry.kind == "effect"]
        assert effects[:3] == ["security_mode mixed", "ctl_file update", "ctl_file update"]
    # Nothing is at work any more.
    asyncio.run(cluster.update_ctl(node=node, account=None))
    assert sum(entry.kind == "overlap" for entry in cluster.journal.entries()) == 1


def test_a_command_that_was_stopped_is_not_at_work_any_more() -> None:
    cluster = built(DESCRIBED)["lab"]

    async def stopped() -> None:
        task = asyncio.create_task(cluster.set_security_mode(1, node=cluster.publisher, account=None))
        await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cluster.update_ctl(node=cluster.publisher, account=None)

    asyncio.run(stopped())
    assert [entry for entry in cluster.journal.entries() if entry.kind == "overlap"] == []


def test_the_setting_is_checked() -> None:
    with pytest.raises(BadSetting):
        check({"overlap": "queue"})


def keys(cluster: LabCluster) -> dict[str, str]:
    return dict(cluster.database.execute("select name, pkid from processnode where name in ('pub', 'sub')"))


def test_two_labs_are_two_clusters() -> None:
    one, other = (built(DESCRIBED)["lab"] for _lab in range(2))
    assert set(keys(one).values()).isdisjoint(keys(other).values())
    before = keys(one)
    one.reset()
    assert keys(one) == before


def every_key(cluster: LabCluster) -> dict[str, set[str]]:
    """The keys of every table that has any, without the one that every CUCM has: EnterpriseWideData."""
    tables = cluster.database.execute(
        "select m.name from sqlite_master m, pragma_table_info(m.name) c where c.name = 'pkid'"
    )
    return {
        table: {pkid for (pkid,) in cluster.database.execute(f"select pkid from {table}")}
        - {ENTERPRISE_WIDE_PKID}
        for (table,) in tables
    }


def test_no_key_of_any_table_is_also_another_clusters() -> None:
    one, other = (built(DESCRIBED)["lab"] for _lab in range(2))
    for cluster in (one, other):
        # Rows that come later too: parameters that the administrator, a mode or a service makes.
        cluster.database.set_process_config("ClusterID", "Here")
        cluster.database.set_process_config("ClusterSecurityMode", "1")
        cluster.database.set_process_config("ClusterSIPOAuthMode", "1")
        cluster.database.set_process_config("MadeLater", "1")
    mine, theirs = every_key(one), every_key(other)
    assert {"processnode", "processconfig", "device", "certificate"} <= mine.keys()
    assert mine["processconfig"]
    assert {table: keys & theirs[table] for table, keys in mine.items() if keys & theirs[table]} == {}


@pytest.mark.parametrize("at_top", [True, False])
def test_a_seed_makes_the_same_keys_again(at_top: bool) -> None:
    described = json.loads(json.dumps(DESCRIBED))
    (described if at_top else described["clusters"][0])["seed"] = "spring"
    one, other = (built(described)["lab"] for _lab in range(2))
    assert keys(one) == keys(other)
    described["clusters"].append({**described["clusters"][0], "name": "second"})
    second = built(described)["second"]
    assert set(keys(one).values()).isdisjoint(keys(second).values())


def test_a_clone_has_the_database_of_its_original_and_addresses_of_its_own() -> None:
    described = json.loads(json.dumps(DESCRIBED))
    described["clusters"][0]["enterprise_parameters"] = {"ClusterID": "Here"}
    described["clusters"].append({"name": "spare", "clone_of": "lab"})
    lab, spare = built(described).values()
    assert keys(lab) == keys(spare)
    assert spare.database.process_config("ClusterID") == "Here"
    addresses = [node.address for cluster in (lab, spare) for node in cluster.nodes.values()]
    assert len(set(addresses)) == 4


def test_a_clone_of_nothing_is_refused() -> None:
    described = {**DESCRIBED, "clusters": [{**DESCRIBED["clusters"][0], "clone_of": "nobody"}]}
    with pytest.raises(topology.TopologyError, match="nobody"):
        topology.parse(json.loads(json.dumps(described)))


def test_a_clone_answers_at_its_own_address(tmp_path: Any) -> None:
    described = {"clusters": [*DESCRIBED["clusters"], {"name": "spare", "clone_of": "lab"}]}
    with RunningLab(described, tmp_path / "lab", time_scale=1000) as lab:
        one, other = lab.clusters["lab"], lab.clusters["spare"]
        assert one.database()["processnode"] == other.database()["processnode"]
        assert one.publisher["address"] != other.publisher["address"]
        other.set(cli={"overlap": "beside"})
        assert "overlap" not in one.state()["cli"]
