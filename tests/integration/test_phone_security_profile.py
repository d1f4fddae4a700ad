# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""phone_security_profile against the lab."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.outcome import Outcome
from .harness.playbooks import Plays
from .harness.topologies import TOPOLOGY

MODULE = "phone_security_profile"
STANDARD = "Cisco 8845 - Standard SIP Non-Secure Profile"
PROFILE = "Cisco 8845 - SIP OAuth"
SIP_OAUTH: dict[str, t.Any] = {"name": PROFILE, "copy_from": STANDARD, "sip_oauth": True}
RECORDED: dict[str, t.Any] = {"record": "sip_oauth"}
ADDED, CHANGED, REMOVED = (f"phone_security_profile {verb} {PROFILE}" for verb in ("add", "update", "remove"))
WRITE = {"kind": "effect", "operation": "phone_security_profile *"}


def profile(cluster: ClusterHandle, name: str = PROFILE) -> dict[str, t.Any] | None:
    """Return a profile as the cluster has it."""
    return cluster.state()["phone_security_profiles"].get(name)


@pytest.fixture
def made(cluster: ClusterHandle) -> ClusterHandle:
    """The cluster with a plain profile of that name."""
    cluster.set(phone_security_profiles={PROFILE: {"phoneType": "Cisco 8845", "description": "mine"}})
    return cluster


@pytest.fixture
def used(three_nodes: RunningLab, made: ClusterHandle) -> ClusterHandle:
    """The same, and phones use it."""
    made.set(phones={"*": {"security_profile": PROFILE}})
    found = profile(made)
    assert found
    assert found["phones"] == PHONES
    return made


PHONES = 7


@pytest.fixture(scope="module")
def three_nodes(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """The same lab with some phones."""
    (cluster,) = TOPOLOGY["clusters"]
    phones = [{"model": "Cisco 8845", "count": 4}, {"model": "Cisco 8865", "count": 3}]
    return cucm_lab_start({**TOPOLOGY, "clusters": [{**cluster, "phones": phones}]})


# -- present ------------------------------------------------------------------------------------------------------


def test_a_new_profile_with_sip_oauth_and_then_nothing_more(
    modules: Modules, journal: Journal, cluster: ClusterHandle
) -> None:
    result = modules.run(MODULE, **SIP_OAUTH)
    assert result["changed"], dict(result)
    (operation,) = result["operations"]
    assert operation["action"] == f"add the phone security profile {PROFILE}"
    assert result["before"] == {PROFILE: None}
    stored = profile(cluster)
    assert stored
    assert {
        "phoneType": "Cisco 8845",
        "deviceSecurityMode": "Encrypted",
        "transportType": "TLS",
        "EnableOAuthAuthentication": True,
        "standard": False,
    }.items() <= stored.items()
    assert journal.effects() == [ADDED]

    since = cluster.last_seq
    again = modules.run(MODULE, diff=True, **SIP_OAUTH)
    assert (again["changed"], again["operations"], "diff" in again) == (False, [], False)
    assert Journal(cluster, since).changing() == []
    assert again["after"] == result["after"]


def test_a_change_writes_only_what_differs(modules: Modules, made: ClusterHandle, journal: Journal) -> None:
    """What somebody else changes at the last moment stays, because the request says nothing of it."""
    held = made.fault("hold", match=WRITE, when="before")
    results: list[Outcome] = []
    run = threading.Thread(
        target=lambda: results.append(modules.run(MODULE, name=PROFILE, description="other", key_size=4096))
    )
    run.start()
    made.wait_hit(held)
    made.set(phone_security_profiles={PROFILE: {"transportType": "TCP", "nonceValidityTime": 77}})
    made.release(held)
    run.join(20)
    (effect,) = journal.entries(kind="effect")
    assert effect["detail"]["values"].keys() == {"description", "tkkeysize"}
    stored = profile(made)
    assert stored
    assert (stored["transportType"], stored["nonceValidityTime"]) == ("TCP", 77)
    results[0].refused("change_not_effective", PROFILE)


def test_a_profile_from_nothing_but_a_type(modules: Modules, cluster: ClusterHandle) -> None:
    result = modules.run(MODULE, name="new", phone_type="Universal Device Template", sip_oauth=True)
    assert result["changed"], dict(result)
    assert profile(cluster, "new")


@pytest.mark.parametrize("options", [SIP_OAUTH, {"name": PROFILE, "state": "absent"}], ids=["add", "remove"])
def test_check_mode_and_diff(
    modules: Modules, cluster: ClusterHandle, options: dict[str, t.Any], request: pytest.FixtureRequest
) -> None:
    if options.get("state") == "absent":
        request.getfixturevalue("made")
    journal = Journal(cluster, cluster.last_seq)
    planned = modules.run(MODULE, check=True, diff=True, **options, **RECORDED)
    assert planned["changed"], dict(planned)
    assert journal.changing() == []
    assert not modules.state_dir.exists() or not list(modules.state_dir.glob("*.jsonl"))
    done = modules.run(MODULE, diff=True, **options, **RECORDED)
    for key in ("operations", "before", "after", "diff"):
        assert planned[key] == done[key], key


# -- several ------------------------------------------------------------------------------------------------------

SECOND: dict[str, t.Any] = {
    "name": "Jabber - SIP OAuth",
    "phone_type": "Cisco Unified Client Services Framework",
    "sip_oauth": True,
}
SEVERAL = {"profiles": [SIP_OAUTH, SECOND]}


def test_several_profiles_are_one_change_and_then_nothing_more(
    modules: Modules, made: ClusterHandle, journal: Journal
) -> None:
    """Check mode, diff and the record are those of each."""
    before = profile(made)
    planned = modules.run(MODULE, check=True, diff=True, **SEVERAL, **RECORDED)
    assert planned["changed"] and journal.changing() == []
    done = modules.run(MODULE, diff=True, **SEVERAL, **RECORDED)
    for key in ("operations", "before", "after", "diff"):
        assert planned[key] == done[key], key
    assert [operation["action"] for operation in done["operations"]] == [
        f"change device_security_mode, sip_oauth, transport of the phone security profile {PROFILE}",
        f"add the phone security profile {SECOND['name']}",
    ]
    assert (done["before"][SECOND["name"]], done["before"][PROFILE]["sip_oauth"]) == (None, False)
    assert {name: state["sip_oauth"] for name, state in done["after"].items()} == {
        PROFILE: True,
        SECOND["name"]: True,
    }
    assert journal.effects() == [CHANGED, f"phone_security_profile add {SECOND['name']}"]
    since = made.last_seq
    again = modules.run(MODULE, diff=True, **SEVERAL, **RECORDED)
    assert (again["changed"], again["operations"], "diff" in again) == (False, [], False)
    assert Journal(made, since).changing() == []
    assert modules.run(MODULE, state="restored", **RECORDED)["changed"]
    assert profile(made) == before and profile(made, SECOND["name"]) is None


def test_of_several_nothing_is_written_when_one_cannot_be(modules: Modules, journal: Journal) -> None:
    wrong = {**SECOND, "digest_authentication": True}
    modules.run(MODULE, profiles=[SIP_OAUTH, wrong]).refused("profile_conflict", SECOND["name"])
    assert journal.changing() == []


def test_of_several_the_first_that_is_refused_is_the_last_that_is_tried(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    third = {**SECOND, "name": "third"}
    with cluster.faulty(
        "axl_fault", match={"operation": "axl addPhoneSecurityProfile"}, skip=1, message="not today"
    ):
        result = modules.run(MODULE, profiles=[SIP_OAUTH, SECOND, third])
    assert (result.code, "not today" in result.message) == ("soap_fault", True), dict(result)
    assert result["changed"] and result["failure"]["details"]["done"] == [PROFILE]
    assert journal.effects() == [ADDED]


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ({"profiles": [SECOND, dict(SECOND)]}, "profile_twice", SECOND["name"]),
        ({"profiles": [SECOND], "name": PROFILE}, "invalid_input", "name"),
        ({"profiles": [SECOND], "sip_oauth": True}, "invalid_input", "sip_oauth"),
        ({"profiles": [SECOND], "state": "absent"}, "invalid_input", "state absent"),
        ({"profiles": [SECOND], "state": "gathered"}, "invalid_input", "state gathered"),
        ({"profiles": [SECOND], "state": "restored", **RECORDED}, "invalid_input", "state restored"),
    ],
    ids=str,
)
def test_several_profiles_are_given_in_one_way(
    modules: Modules, journal: Journal, options: dict[str, t.Any], code: str, word: str
) -> None:
    modules.run(MODULE, **options).refused(code, word)
    assert journal.entries() == []


def test_a_change_of_a_profile_in_use_tells_of_the_resets(modules: Modules, used: ClusterHandle) -> None:
    result = modules.run(MODULE, name=PROFILE, sip_oauth=True)
    assert result["changed"], dict(result)
    (warning,) = modules.warnings
    assert f"{PROFILE} is used by {PHONES} phones" in warning


def test_names_that_mean_something_elsewhere(modules: Modules, cluster: ClusterHandle) -> None:
    name = """A & B's <"profile"> 100% é"""
    result = modules.run(MODULE, name=name, copy_from=STANDARD, description=name)
    assert result["changed"], dict(result)
    assert (profile(cluster, name) or {})["description"] == name
    assert modules.run(MODULE, name=name, copy_from=STANDARD)["changed"] is False
    assert modules.run(MODULE, name=name, state="absent")["changed"]
    assert profile(cluster, name) is None


# -- absent, gathered ---------------------------------------------------------------------------------------------


def test_a_removal_and_then_nothing_more(modules: Modules, made: ClusterHandle, journal: Journal) -> None:
    result = modules.run(MODULE, name=PROFILE, state="absent")
    assert (result["changed"], result["after"]) == (True, {PROFILE: None})
    assert (journal.effects(), profile(made)) == ([REMOVED], None)
    assert modules.run(MODULE, name=PROFILE, state="absent")["changed"] is False


def test_all_profiles_and_who_uses_them(modules: Modules, used: ClusterHandle, journal: Journal) -> None:
    result = modules.run(MODULE, state="gathered")
    expected = used.state()["phone_security_profiles"]
    assert result["profiles"].keys() == expected.keys()
    for name, told in result["profiles"].items():
        assert (told["phones"], told["built_in"]) == (expected[name]["phones"], expected[name]["standard"])
    assert (result["profiles"][PROFILE]["phones"], result["profiles"][PROFILE]["description"]) == (
        PHONES,
        "mine",
    )
    one = modules.run(MODULE, state="gathered", name=PROFILE)
    assert one["profiles"] == {PROFILE: result["profiles"][PROFILE]}
    assert modules.run(MODULE, state="gathered", name="nobody")["profiles"] == {}
    assert journal.changing() == []
    sql = [entry for entry in journal.entries(kind="http") if "executeSQLQuery" in entry["operation"]]
    assert sql, "the count is the database's"


# -- refusals -----------------------------------------------------------------------------------------------------

JABBER = "Cisco Unified Client Services Framework"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({**SIP_OAUTH, "digest_authentication": True}, "profile_conflict", ["digest authentication"]),
        ({**SIP_OAUTH, "transport": "tcp"}, "profile_conflict", ["transport", "tls"]),
        ({**SIP_OAUTH, "copy_from": "nobody"}, "profile_unknown", ["nobody"]),
        ({"name": "new", "sip_oauth": True}, "phone_type_missing", ["new"]),
        (
            {"name": "new", "phone_type": "Cisco 8821", "sip_oauth": True},
            "phone_type_without_sip_oauth",
            ["14.0", "Cisco 8821"],
        ),
        ({"name": STANDARD, "description": "x"}, "profile_built_in", [STANDARD]),
        ({"name": STANDARD, "state": "absent"}, "profile_built_in", [STANDARD]),
        ({"name": PROFILE, "phone_type": "Cisco 8865"}, "phone_type_fixed", [PROFILE, "8865"]),
        ({"name": PROFILE, "state": "absent"}, "profile_in_use", [f"{PHONES} phones", PROFILE]),
        ({"state": "absent"}, "name_missing", ["name"]),
        ({**SIP_OAUTH, "axl_username": None, "axl_password": None}, "account_missing", ["axl_username"]),
    ],
)
@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_refused_before_anything_is_changed(
    modules: Modules,
    used: ClusterHandle,
    options: dict[str, t.Any],
    code: str,
    words: list[str],
    check: bool,
) -> None:
    if "copy_from" in options:
        used.set(phones={"*": {"security_profile": STANDARD}}, phone_security_profiles={PROFILE: None})
    journal = Journal(used, used.last_seq)
    result = modules.run(MODULE, check=check, **RECORDED, **options)
    result.refused(code, *words)
    assert (result["changed"], journal.changing()) == (False, [])


@pytest.mark.parametrize("element", ["enableDigestAuthentication", "tftpEncryptedConfig"])
def test_what_the_profile_has_already_and_does_not_go_with_it(
    modules: Modules, made: ClusterHandle, journal: Journal, element: str
) -> None:
    made.set(phone_security_profiles={PROFILE: {element: True}})
    setting = {
        "enableDigestAuthentication": "digest_authentication",
        "tftpEncryptedConfig": "tftp_encrypted_config",
    }[element]
    result = modules.run(MODULE, name=PROFILE, sip_oauth=True)
    result.refused("profile_conflict", PROFILE)
    assert f"{setting}: false" in result["msg"]
    assert journal.changing() == []
    assert modules.run(MODULE, name=PROFILE, sip_oauth=True, **{setting: False})["changed"]


def test_the_clusters_own_refusal_is_told(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    with cluster.faulty("axl_fault", match={"operation": "axl addPhoneSecurityProfile"}, message="not today"):
        result = modules.run(MODULE, **SIP_OAUTH)
    assert (result.code, "not today" in result.message) == ("soap_fault", True), dict(result)
    assert (result["changed"], journal.effects(), profile(cluster)) == (False, [], None)


@pytest.fixture(scope="module")
def old_releases(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """One node each of the releases before phones could do it."""
    (cluster,) = TOPOLOGY["clusters"]
    clusters = [
        {**cluster, "name": f"r{release}".replace(".", ""), "release": release, "nodes": cluster["nodes"][:1]}
        for release in ("11.5", "12.5")
    ]
    return cucm_lab_start({**TOPOLOGY, "clusters": clusters})


def of_release(old_releases: RunningLab, name: str, modules: Modules) -> tuple[Modules, Journal]:
    cluster = old_releases.clusters[name]
    cluster.reset()
    return Modules(cluster, modules.state_dir), Journal(cluster, cluster.last_seq)


def test_a_release_without_sip_oauth(modules: Modules, old_releases: RunningLab) -> None:
    old, journal = of_release(old_releases, "r115", modules)
    old.run(MODULE, **SIP_OAUTH).refused("not_in_this_release", "11.5")
    assert journal.changing() == []
    result = old.run(
        MODULE, name="new", copy_from=STANDARD, device_security_mode="encrypted", transport="tls"
    )
    assert (result["changed"], result["after"]["new"]["sip_oauth"]) == (True, None), dict(result)
    assert old.run(MODULE, name="new", sip_oauth=False)["changed"] is False


def test_a_release_that_serves_jabber_alone(modules: Modules, old_releases: RunningLab) -> None:
    old, journal = of_release(old_releases, "r125", modules)
    old.run(MODULE, **SIP_OAUTH).refused("phone_type_without_sip_oauth", "12.5", "Cisco 8845")
    assert journal.changing() == []
    result = old.run(MODULE, name="jabber", phone_type=JABBER, sip_oauth=True)
    assert (result["changed"], result["after"]["jabber"]["sip_oauth"]) == (True, True), dict(result)


# -- restored -----------------------------------------------------------------------------------------------------


def restore(modules: Modules, **options: t.Any) -> Outcome:
    return modules.run(MODULE, state="restored", **RECORDED, **options)


def test_what_was_made_is_removed_again(modules: Modules, cluster: ClusterHandle) -> None:
    modules.run(MODULE, **SIP_OAUTH, **RECORDED)
    planned = restore(modules, check=True)
    assert profile(cluster) is not None
    done = restore(modules)
    assert (done["changed"], done["kept"], done["operations"]) == (True, {}, planned["operations"])
    assert profile(cluster) is None
    assert restore(modules)["changed"] is False, "it is taken back once"


def test_what_was_changed_is_as_it_was(modules: Modules, made: ClusterHandle) -> None:
    before = profile(made)
    modules.run(MODULE, name=PROFILE, sip_oauth=True, **RECORDED)
    modules.run(
        MODULE, name=PROFILE, description="again", authentication_mode="authentication_string", **RECORDED
    )
    assert profile(made) != before
    assert restore(modules)["changed"]
    assert profile(made) == before


def test_a_removed_one_is_made_again(modules: Modules, made: ClusterHandle) -> None:
    before = profile(made)
    modules.run(MODULE, name=PROFILE, state="absent", **RECORDED)
    assert restore(modules)["changed"]
    assert profile(made) == before


def test_one_that_phones_use_stays(modules: Modules, cluster: ClusterHandle) -> None:
    modules.run(MODULE, **SIP_OAUTH, **RECORDED)
    cluster.set(phones={"*": {"security_profile": PROFILE}})
    journal = Journal(cluster, cluster.last_seq)
    result = restore(modules)
    assert (result["changed"], result["kept"]) == (False, {PROFILE: f"it is used by {PHONES} phones"})
    assert any(f"it is used by {PHONES} phones" in warning for warning in modules.warnings)
    assert journal.changing() == []
    cluster.set(phones={"*": {"security_profile": STANDARD}})
    assert restore(modules)["changed"], "it is still recorded"
    assert profile(cluster) is None


def test_one_that_somebody_else_changed_stays(modules: Modules, made: ClusterHandle) -> None:
    modules.run(MODULE, name=PROFILE, description="ours", **RECORDED)
    made.set(phone_security_profiles={PROFILE: {"description": "theirs"}})
    journal = Journal(made, made.last_seq)
    result = restore(modules)
    assert list(result["kept"]) == [PROFILE]
    assert journal.changing() == []
    assert (profile(made) or {})["description"] == "theirs"


# -- on the way ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_no_lost_change(
    modules: Modules, cluster: ClusterHandle, journal: Journal, when: str
) -> None:
    cluster.fault("cut", match=WRITE, when=when)
    result = modules.run(MODULE, **SIP_OAUTH)
    # The device goes on although its client is gone.
    if result.code is None:
        assert result["changed"]
    else:
        assert (result.code, when) == ("outcome_unknown", "before")
    cluster.wait(lambda: journal.effects() == [ADDED])
    assert modules.run(MODULE, **SIP_OAUTH)["changed"] is False
    assert journal.effects() == [ADDED], "nothing is sent twice"


def test_an_answer_lost_before_anything_happened(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty(
        "http", match={"operation": "axl addPhoneSecurityProfile"}, status=200, body="<html>gone"
    ):
        result = modules.run(MODULE, **SIP_OAUTH)
    result.refused("outcome_unknown")
    assert (result["changed"], journal.effects()) == (False, [])
    assert modules.run(MODULE, **SIP_OAUTH)["changed"]


def test_accepted_without_effect_is_a_contradiction(modules: Modules, cluster: ClusterHandle) -> None:
    answer = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        "<addPhoneSecurityProfileResponse><return>{0}</return></addPhoneSecurityProfileResponse></e:Body></e:Envelope>"
    )
    with cluster.faulty("http", match={"operation": "axl addPhoneSecurityProfile"}, status=200, body=answer):
        result = modules.run(MODULE, **SIP_OAUTH)
    result.refused("change_not_effective", PROFILE)
    assert result["failure"]["details"]["witnesses"][PROFILE]["seen"] is None


def test_somebody_else_changes_it_in_between(modules: Modules, made: ClusterHandle, journal: Journal) -> None:
    """Between the reading that decides and the one under the lock."""
    listing = {"kind": "http", "operation": "axl listPhoneSecurityProfile"}
    held = made.fault("hold", match=listing, skip=2, when="before")
    results: list[Outcome] = []
    run = threading.Thread(target=lambda: results.append(modules.run(MODULE, name=PROFILE, sip_oauth=True)))
    run.start()
    made.wait_hit(held)
    made.set(phone_security_profiles={PROFILE: {"description": "theirs"}})
    made.release(held)
    run.join(20)
    results[0].refused("state_changed", PROFILE)
    assert journal.effects() == []


def test_writes_are_throttled_for_a_while(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(change_notifications=2000, timings={"change_notifications_per_s": 0})
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        cluster.set(change_notifications=0)

    modules.clock = Clock(time.monotonic, sleep)
    result = modules.run(MODULE, **SIP_OAUTH)
    assert result["changed"], dict(result)
    assert slept == [2.0]
    assert any("throttles" in line for line in modules.progress)
    assert journal.effects() == [ADDED]


def test_writes_are_throttled_for_too_long(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(change_notifications=900_000)
    result = modules.run(MODULE, throttle_timeout=0.1, **SIP_OAUTH)
    result.refused("throttled")
    assert (result["changed"], journal.effects()) == (False, [])


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task(MODULE, "planned", **SIP_OAUTH, **RECORDED, _check_mode=True),
        plays.task(MODULE, "done", **SIP_OAUTH, **RECORDED),
        plays.task(MODULE, "already", **SIP_OAUTH, **RECORDED),
        plays.task(MODULE, "back", state="restored", **RECORDED),
    ).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    changed = [run.result(name)["changed"] for name in ("planned", "done", "already", "back")]
    assert changed == [True, True, False, True]
    assert journal.effects() == [ADDED, REMOVED]
