# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""phone_registration and the registrations of cluster_info against the lab, over real sockets."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.document import Document
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, NODES, PUBLISHER, ROOT, SUB1, SUB2
from .harness.playbooks import Plays
from .harness.registrations import Registrations
from .harness.topologies import TOPOLOGY

RIS, COUNTERS = "risport selectCmDevice", "perfmon perfmonCollectCounterData"
WAITS = {"stable_for": 130, "wait_timeout": 900, "poll_interval": 0.1}
COUNT = 12
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs" / "schemas" / "cluster-facts-1.schema.json").read_text("utf-8"))
)


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A cluster with phones."""
    (cluster,) = TOPOLOGY["clusters"]
    return cucm_lab_start({**TOPOLOGY, "clusters": [{**cluster, "phones": COUNT}]})


@pytest.fixture
def site(cluster: ClusterHandle, monkeypatch: pytest.MonkeyPatch) -> Registrations:
    """Registrations as the test puts them; nobody is registered yet."""
    site = Registrations(PUBLISHER)
    monkeypatch.setattr(LabCluster, "phones", site, raising=False)
    return site


@pytest.fixture
def names(cluster: ClusterHandle) -> list[str]:
    """The phones of the database."""
    found = sorted(row["name"] for row in cluster.database()["device"])
    assert len(found) == COUNT
    return found


@pytest.fixture
def served(site: Registrations, names: list[str]) -> Registrations:
    """All phones but the last two are registered: half of them at each subscriber."""
    for number, name in enumerate(names[:-2]):
        site.put(name, (SUB1, SUB2)[number % 2])
    return site


def read(modules: Modules, **options: t.Any) -> dict[str, t.Any]:
    result = modules.run("cluster_info", gather_subset=["registrations"], **options)
    assert "failure" not in result, result
    return result["cluster"]


def statuses(cluster: dict[str, t.Any]) -> dict[str, str]:
    return {name: each["status"] for name, each in cluster["registrations"].items()}


def asked(journal: Journal) -> list[str]:
    """Return what RisPort and PerfMon were asked, in order."""
    return [
        each["operation"]
        for each in journal.entries(kind="http")
        if each["operation"].startswith(("risport", "perfmon"))
    ]


# -- the facts -------------------------------------------------------------------------------------------


def test_registrations_are_read_where_they_are_named(
    modules: Modules, served: Registrations, names: list[str], journal: Journal
) -> None:
    served.put(names[0], SUB1, "UnRegistered", 13)
    served.put(names[1], PUBLISHER, "Rejected", 28)
    served.move(names[2], SUB1, PUBLISHER)
    served.put(names[3], SUB2, "PartiallyRegistered")
    cluster = read(modules)
    found = cluster["registrations"]
    assert list(found) == names
    assert found[names[0]]["status"] == "unregistered"
    assert found[names[0]]["reason"] == 13
    # It is registered at the other node, whatever it was refused at this one.
    assert (found[names[1]]["status"], found[names[1]]["node"]) == ("registered", SUB2)
    assert (found[names[2]]["status"], found[names[2]]["node"]) == ("registered", PUBLISHER)
    assert found[names[3]]["status"] == "partially_registered"
    assert {found[name]["status"] for name in names[-2:]} == {"absent"}
    assert {each["model"] for each in found.values()} == {"Cisco 8841"}
    assert {(each["pool"], each["group"]) for each in found.values()} == {("Default", "Default")}
    assert cluster["registration_counts"] == {
        PUBLISHER: {
            "RegisteredHardwarePhones": 1,
            "RegisteredOtherStationDevices": 0,
            "PartiallyRegisteredPhone": 0,
        },
        SUB1: {
            "RegisteredHardwarePhones": 3,
            "RegisteredOtherStationDevices": 0,
            "PartiallyRegisteredPhone": 0,
        },
        SUB2: {
            "RegisteredHardwarePhones": 4,
            "RegisteredOtherStationDevices": 0,
            "PartiallyRegisteredPhone": 1,
        },
    }
    assert cluster["unavailable"] == {}
    assert [error.message for error in SCHEMA.iter_errors(json.loads(json.dumps(cluster)))] == []
    assert model.clean(cluster)["registrations"] == found
    assert asked(journal) == [*[COUNTERS] * 3, RIS]
    assert journal.changing() == []


def test_all_is_not_registrations(modules: Modules, served: Registrations, journal: Journal) -> None:
    result = modules.run("cluster_info", gather_subset=["all", "!trust_stores"])
    assert "registrations" not in result["cluster"]
    assert asked(journal) == []
    both = modules.run("cluster_info", gather_subset=["all", "!trust_stores", "registrations"])
    assert {"registrations", "licence"} <= both["cluster"].keys()


@pytest.mark.parametrize("children", ["prefixed", "bare"])
def test_both_shapes_of_an_answer_are_read(
    modules: Modules, served: Registrations, cluster: ClusterHandle, names: list[str], children: str
) -> None:
    cluster.set(serviceability={"children": children, "empty_node": "Ok", "cstatus": 0})
    found = statuses(read(modules))
    assert list(found.values()) == ["registered"] * (COUNT - 2) + ["absent"] * 2


def test_a_cut_answer_is_noticed_and_asked_for_again(
    cucm_lab_start: t.Callable[..., RunningLab], state_dir: Path
) -> None:
    """Of 300 phones the lab lists 50 at most, and says how many it found."""
    (cluster,) = TOPOLOGY["clusters"]
    settings = {"phones": 300, "serviceability": {"max_devices": 50}}
    crowd = cucm_lab_start({**TOPOLOGY, "clusters": [{**cluster, **settings}]}).clusters["lab"]
    journal = Journal(crowd, crowd.last_seq)
    found = statuses(read(Modules(crowd, state_dir)))
    assert (len(found), set(found.values())) == (300, {"registered"})
    assert asked(journal).count(RIS) == 3 + 8


@pytest.mark.parametrize("counters", [None, {}], ids=["fault", "empty"])
def test_a_stopped_callmanager_has_no_counters_and_not_none(
    modules: Modules, served: Registrations, counters: dict[str, int] | None
) -> None:
    served.stopped.add(SUB1)
    served.of_a_stopped = counters
    cluster_facts = read(modules)
    assert SUB1 not in cluster_facts["registration_counts"]
    assert cluster_facts["unavailable_causes"][f"registration_counts.{SUB1}"]["code"] == "counters_absent"
    assert len(cluster_facts["registrations"]) == COUNT


def test_a_node_that_does_not_respond_is_not_no_phones(
    modules: Modules, served: Registrations, cluster: ClusterHandle, names: list[str]
) -> None:
    cluster.set(services={SUB1: {"Cisco RIS Data Collector": {"status": "Stopped"}}})
    facts = read(modules)
    found = facts["registrations"]
    of_sub1 = [name for number, name in enumerate(names[:-2]) if number % 2 == 0]
    assert {found[name]["status"] for name in of_sub1} == {"unread"}
    assert all(SUB1 in found[name]["why"] and "NodeNotResponding" in found[name]["why"] for name in of_sub1)
    assert {found[name]["status"] for name in names[-2:]} == {"unread"}
    assert {each["status"] for each in found.values() if each["node"] == SUB2} == {"registered"}
    assert facts["unavailable_causes"][f"registration_counts.{SUB1}"]["code"] == "counters_unavailable"


@pytest.mark.parametrize("stopped", [False, True])
def test_an_answer_without_nodes_is_nobody_only_by_the_counters(
    modules: Modules, site: Registrations, names: list[str], stopped: bool
) -> None:
    if stopped:
        site.stopped.add(SUB1)
    assert set(statuses(read(modules)).values()) == {"unread" if stopped else "absent"}


def test_the_rate_is_kept_and_never_exceeded(
    modules: Modules, served: Registrations, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(database={"processconfig": {"AllowedRisQueriesPerMinute": "3"}})
    for _each in range(5):
        assert len(read(modules, risport_rate=2)["registrations"]) == COUNT
    answers = [each["detail"]["status"] for each in journal.entries(kind="http") if each["operation"] == RIS]
    assert answers == [200] * 5


def test_a_rate_that_others_use_up_costs_these_facts_after_three_requests(
    modules: Modules, served: Registrations, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(database={"processconfig": {"AllowedRisQueriesPerMinute": "0"}})
    facts = modules.run("cluster_info", gather_subset=["registrations"])["cluster"]
    assert facts["unavailable_causes"]["registrations"]["code"] == "rate_limited"
    assert facts["registration_counts"].keys() == set(NODES)
    answers = [each["detail"]["status"] for each in journal.entries(kind="http") if each["operation"] == RIS]
    assert answers == [500] * 3
    assert any("because of its rate" in said for said in modules.progress)
    cluster.set(database={"processconfig": {"AllowedRisQueriesPerMinute": "15"}})
    assert len(read(modules)["registrations"]) == COUNT


def test_an_account_without_the_role_costs_these_facts_and_says_which_role(
    modules: Modules, served: Registrations, cluster: ClusterHandle
) -> None:
    reader = cluster.account("axl", 0)
    roles = ["Standard AXL API Users", "Standard AXL Read Only API Access"]
    cluster.set(accounts={reader["username"]: {"roles": roles}})
    options = {"axl_username": reader["username"], "axl_password": reader["password"]}
    result = modules.run("cluster_info", gather_subset=["modes", "registrations"], **options)
    facts = result["cluster"]
    assert facts["security_mode"] == "non_secure"
    cause = facts["unavailable_causes"]["registrations"]
    assert cause["code"] == "role_missing"
    assert "Standard CCM Server Monitoring" in cause["remedy"]
    modules.run("phone_registration", state="recorded", **options).refused("role_missing")


# -- the baseline ----------------------------------------------------------------------------------------


def record(modules: Modules, **options: t.Any) -> t.Any:
    return modules.run("phone_registration", **{**WAITS, "state": "recorded", **options})


def test_a_baseline_is_recorded_once_and_stays(
    modules: Modules, served: Registrations, names: list[str], journal: Journal, state_dir: Path
) -> None:
    planned = record(modules, check=True, diff=True)
    assert planned["changed"]
    assert planned["before"] is None
    assert planned["after"]["phones"] == COUNT - 2
    assert not [path for path in state_dir.iterdir() if "baseline" in path.name]
    first = record(modules)
    assert first["changed"]
    assert first["after"]["nodes"] == {SUB1: 5, SUB2: 5}
    assert first["after"]["stable"] == COUNT - 2
    assert first["operations"] == [
        {"node": PUBLISHER, "action": "record the registrations of 10 phones as rollout"}
    ]
    served.put(names[0], SUB1, "UnRegistered", 13)
    again = record(modules)
    assert not again["changed"]
    assert again["after"] == first["after"] == again["before"]
    other = record(modules, name="other")
    assert other["after"]["phones"] == COUNT - 3
    replaced = record(modules, overwrite=True)
    assert replaced["changed"]
    assert (replaced["before"]["phones"], replaced["after"]["phones"]) == (COUNT - 2, COUNT - 3)
    assert journal.changing() == []


def test_a_phone_that_flaps_is_known(modules: Modules, served: Registrations, names: list[str]) -> None:
    readings = iter([names[0]])
    original = served.rows

    def rows(node: str, asked_names: t.Iterable[str] | None = None) -> t.Any:
        told = original(node, asked_names)
        if node == NODES[-1] and (name := next(readings, None)):
            served.put(name, SUB1)
        return told

    served.rows = rows  # type: ignore[method-assign]
    taken = record(modules)
    assert (taken["after"]["phones"], taken["after"]["stable"]) == (COUNT - 2, COUNT - 3)


def test_no_baseline_is_recorded_of_what_could_not_be_read(
    modules: Modules, served: Registrations, names: list[str], state_dir: Path
) -> None:
    served.put(names[0], SUB1, "Unknown")
    record(modules).refused("registrations_unread", names[0], "Unknown")
    assert not [path for path in state_dir.iterdir() if "baseline" in path.name]
    served.stopped.add(SUB2)
    record(modules, leave_out=[names[0]]).refused("registrations_unread", SUB2)
    served.stopped.clear()
    assert record(modules, leave_out=[names[0]])["after"]["phones"] == COUNT - 3


def test_a_baseline_of_another_cluster_or_altered_is_refused(
    modules: Modules, served: Registrations, state_dir: Path
) -> None:
    record(modules)
    (path,) = [each for each in state_dir.iterdir() if "baseline" in each.name]
    content = path.read_text()
    path.write_text(content.replace('"stable": true', '"stable": false'))
    modules.run("phone_registration", state="compared").refused("state_corrupt")
    document = Document(str(state_dir), path.name, str)
    path.write_text(content)
    document.write({**document.read(), "place": "cucm-pub@192.0.2.1:8443:22"})
    modules.run("phone_registration", state="compared").refused("state_elsewhere", "192.0.2.1")
    moved = modules.run("phone_registration", state="compared", state_moved_from="CUCM-PUB@192.0.2.1:8443:22")
    assert moved["after"]["back"] == COUNT - 2
    document.write({"phones": {}})
    modules.run("phone_registration", state="compared").refused("state_corrupt")
    path.rename(path.with_name(path.name.replace("rollout", "x")))
    modules.run("phone_registration", state="compared").refused("baseline_missing", "rollout")


@pytest.mark.parametrize("name", ["../x", "", "a/b", "x" * 65, ".x"])
def test_a_name_that_is_no_file_is_refused(modules: Modules, site: Registrations, name: str) -> None:
    modules.run("phone_registration", state="compared", name=name).refused("name_invalid")


# -- comparing and waiting -------------------------------------------------------------------------------


def test_what_is_different_is_named(modules: Modules, served: Registrations, names: list[str]) -> None:
    record(modules)
    served.put(names[0], SUB1, "UnRegistered", 13)
    served.put(names[2], SUB1, "Rejected", 28)
    served.move(names[4], SUB1, PUBLISHER)
    served.put(names[1], SUB2, "PartiallyRegistered")
    del served.held[SUB2, names[3]]
    result = modules.run("phone_registration", state="compared")
    assert not result["changed"]
    found = result["comparison"]
    assert found["back"] == 5
    assert found["moved"] == {names[4]: PUBLISHER}
    assert found["partial"] == [names[1]]
    assert [each["name"] for each in found["missing"]] == [names[0], names[2], names[3]]
    timeout, mismatch, gone = found["missing"]
    assert "KeepAliveTimeout" in timeout["why"]
    assert "SecurityMismatch" in mismatch["why"]
    assert (gone["node"], gone["model"], gone["pool"]) == (SUB2, "Cisco 8841", "Default")
    assert all(each["to_do"] for each in found["missing"])
    assert result["after"] == {"back": 5, "moved": 1, "partial": 1, "missing": 3, "unread": 0, "new": 0}
    only = modules.run("phone_registration", state="compared", nodes=[SUB1], phones=[names[1]])
    assert sum(only["after"].values()) == 6


def test_phones_and_nodes_that_are_not_known_are_refused(
    modules: Modules, served: Registrations, names: list[str]
) -> None:
    record(modules)
    modules.run("phone_registration", state="compared", phones=[names[-1]]).refused(
        "phone_unknown", names[-1]
    )
    modules.run("phone_registration", state="compared", nodes=["nobody"]).refused("node_unknown", "nobody")


def back(modules: Modules, **options: t.Any) -> t.Any:
    return modules.run("phone_registration", **{**WAITS, "state": "back", **options})


def test_it_waits_until_the_phones_are_back(
    modules: Modules, served: Registrations, names: list[str], journal: Journal
) -> None:
    record(modules)
    away = [name for number, name in enumerate(names[:-2]) if number % 2 == 0]
    for name in away:
        served.put(name, SUB1, "UnRegistered", 6)
    begin = served.polls

    def later(poll: int) -> None:
        if poll == begin + 4:
            for name in away:
                served.put(name, SUB1)

    served.later = later
    since = len(asked(journal))
    result = back(modules, nodes=[SUB1])
    assert result["after"] == {"back": 5, "moved": 0, "partial": 0, "missing": 0, "unread": 0, "new": 0}
    assert not result["changed"]
    assert any("of 10 devices are registered" in said for said in modules.progress)
    # Names are asked for when the counts are right, not in every poll.
    questions = asked(journal)[since:]
    assert questions.count(RIS) <= 3 < questions.count(COUNTERS)


def test_those_that_do_not_come_back_are_named(
    modules: Modules, served: Registrations, names: list[str]
) -> None:
    record(modules)
    served.put(names[0], SUB1, "UnRegistered", 13)
    failed = back(modules, nodes=[SUB1], wait_timeout=300)
    failed.refused("phones_missing", names[0], "KeepAliveTimeout", "Cisco 8841", SUB1)
    (missing,) = failed["failure"]["details"]["missing"]
    assert missing["name"] == names[0]
    # As many phones as may stay away.
    assert back(modules, allowed_missing=10)["after"]["missing"] == 1


def test_a_node_that_does_not_answer_is_waited_for_and_named(
    modules: Modules, served: Registrations, names: list[str]
) -> None:
    record(modules)
    served.stopped.add(SUB1)
    back(modules, nodes=[SUB1], wait_timeout=200).refused("phones_missing", SUB1, "counters_absent")


def test_check_mode_compares_once(
    modules: Modules, served: Registrations, names: list[str], journal: Journal
) -> None:
    record(modules)
    served.put(names[0], SUB1, "UnRegistered", 13)
    result = back(modules, check=True)
    assert result["after"]["missing"] == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"stable_for": 60}, "wait_too_short"),
        ({"allowed_missing": 101}, "share_invalid"),
        ({"risport_rate": 0}, "rate_too_low"),
        ({"axl_username": None, "axl_password": None}, "account_missing"),
    ],
)
def test_options_that_cannot_be_are_refused(
    modules: Modules, site: Registrations, options: dict[str, t.Any], code: str
) -> None:
    state = "recorded" if code == "account_missing" else "back"
    modules.run("phone_registration", **{**WAITS, "state": state, **options}).refused(code)


def test_all_registrations_are_returned(modules: Modules, served: Registrations, names: list[str]) -> None:
    result = modules.run("phone_registration", state="gathered")
    assert list(result["registrations"]) == names
    assert result["counts"][SUB1]["RegisteredHardwarePhones"] == 5
    assert not result["changed"]


# -- simulated phones ------------------------------------------------------------------------------------


def test_a_restart_is_waited_out_until_every_phone_is_at_home(
    modules: Modules, names: list[str], cluster: ClusterHandle, journal: Journal
) -> None:
    taken = record(modules)
    assert taken["after"]["phones"] == taken["after"]["stable"] == COUNT
    (home,) = taken["after"]["nodes"]
    restarted = modules.run("service_control", node=home, service=CALLMANAGER, state="restarted")
    assert restarted["changed"], restarted
    result = back(modules, nodes=[home])
    assert result.code is None, result
    assert result["after"] == {"back": COUNT, "moved": 0, "partial": 0, "missing": 0, "unread": 0, "new": 0}
    assert any(f"of {COUNT} devices are registered" in said for said in modules.progress)


def test_a_phone_that_lost_its_power_is_named(
    modules: Modules, names: list[str], cluster: ClusterHandle
) -> None:
    home = next(iter(record(modules)["after"]["nodes"]))
    cluster.set(phones={names[0]: {"powered": False}})
    modules.run("service_control", node=home, service=CALLMANAGER, state="restarted")
    failed = back(modules, nodes=[home], wait_timeout=600)
    failed.refused("phones_missing", names[0])
    assert [each["name"] for each in failed["failure"]["details"]["missing"]] == [names[0]]
    assert back(modules, nodes=[home], allowed_missing=100 / COUNT)["after"]["missing"] == 1


def test_in_a_playbook(plays: Plays, names: list[str], cluster: ClusterHandle) -> None:
    module = "phone_registration"
    run = plays.run(
        plays.task(module, "planned", state="recorded", _check_mode=True, **WAITS),
        plays.task(module, "recorded", state="recorded", **WAITS),
        plays.task(module, "again", state="recorded", **WAITS),
        plays.task("service_control", "restart", service=CALLMANAGER, state="restarted"),
        plays.task(module, "back", state="back", **WAITS),
        plays.task(module, "compared", state="compared"),
        arguments=["--diff"],
    ).ok()
    assert run.result("planned")["changed"]
    assert run.result("recorded")["changed"]
    assert run.result("planned")["operations"] == run.result("recorded")["operations"]
    assert not run.result("again")["changed"]
    assert run.result("back")["after"]["back"] == run.result("compared")["after"]["back"] == COUNT
    # What is waited for is said while the task runs.
    assert f"of {COUNT} devices are registered" in run.output
    assert "Traceback" not in run.output
    assert "[WARNING]" not in run.output
