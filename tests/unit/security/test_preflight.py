# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each of the checks of either mode: passes, fails, is unknown or attested, and can be accepted."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import (
    plan,
    preflight,
    preflight_certificates,
)
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import (
    CALLMANAGER,
    CAPF,
    CTL_PROVIDER,
    PUB,
    SUB1,
    SUB2,
    cluster,
    ctl_facts,
    service,
    sip_oauth_cluster,
    spoiled,
    without,
)

NUMBERED = [
    "publisher",
    "account",
    "release",
    "modes",
    "ctl",
    "licence",
    "export_restricted_image",
    "replication",
    "members",
    "services",
    "certificates",
    "rollback_flag",
    "backup",
    "itlrecovery_backup",
    "auto_registration",
    "registration_baseline",
    "clock_and_disk",
    "maintenance_window",
    "axl_account",
    "restart_witnesses",
    "node_certificates",
    "itl_size",
]
# They block for reasons of their own, in tests of their own, and never for facts that are not there alone.
OF_THEIR_OWN = {
    "ctl_update": "not_applicable",
    "non_secure_phones": "not_applicable",
    "non_secure_services": "not_applicable",
    "phone_resets": "pass",
}
BY_WORD = {"export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"}


def intent(mode: str = "mixed", **options: t.Any) -> preflight.Intent:
    return preflight.Intent(
        mode, **{"attestations": dict.fromkeys(BY_WORD, True), "accept": frozenset(), **options}
    )


def check(name: str, facts: t.Any, wanted: preflight.Intent) -> dict[str, t.Any]:
    return next(check for check in preflight.run(facts, wanted) if check["id"] == name)


def test_all_checks_run_in_order_and_a_good_cluster_may_go() -> None:
    checks = preflight.run(cluster("non_secure"), intent())
    names = [*NUMBERED, *OF_THEIR_OWN]
    assert preflight.names()[: len(names)] == names == [check["id"] for check in checks]
    assert [check["number"] for check in checks] == list(range(1, len(names) + 1))
    verdicts = {check["id"]: check["verdict"] for check in checks}
    assert verdicts == {
        **dict.fromkeys(NUMBERED, "pass"),
        **dict.fromkeys(BY_WORD, "attested"),
        "services": "planned",
        **OF_THEIR_OWN,
    }
    assert preflight.blocking(checks) == []
    assert all(check["reason"] and check["title"] and not check["remedy"] for check in checks)


def test_a_cluster_that_is_there_passes() -> None:
    assert preflight.blocking(preflight.run(cluster("mixed"), intent())) == []
    assert check("services", cluster("mixed"), intent())["verdict"] == "pass"


MIXED, PLAIN = cluster("mixed"), cluster("non_secure")
FAILS: list[tuple[str, t.Any, dict[str, t.Any], str]] = [
    ("publisher", spoiled(PLAIN, "addressed_node_is_publisher", to=False), {}, "subscriber"),
    ("account", spoiled(PLAIN, "cli_privilege", to=0), {}, "level 0"),
    ("release", spoiled(PLAIN, "release", to="10.5.2.10000-5"), {}, "10.5.2"),
    ("release", spoiled(PLAIN, "release", to="11.0.1.10000-5"), {}, "11.0.1"),
    ("release", spoiled(PLAIN, "release", to="16.0.1.1-1"), {}, "16.0.1"),
    ("release", spoiled(PLAIN, "release", to=""), {}, "(not read)"),
    ("release", spoiled(PLAIN, "health", "upgrade_running", to=True), {}, "upgrade is running"),
    ("modes", spoiled(PLAIN, "security_mode", to="unknown"), {}, "cannot be read"),
    ("modes", without(PLAIN, "security_mode"), {}, "cannot be read"),
    ("ctl", spoiled(MIXED, "ctl_files", PUB, to=ctl_facts("none")), {}, "contradiction"),
    # Nothing would be done about it, and the run would end with it.
    ("ctl", spoiled(MIXED, "ctl_files", SUB1, "verified", to=False), {}, f"cluster security mode at {SUB1}"),
    ("services", spoiled(MIXED, "services", SUB1, CAPF, "in_database", to=True), {}, "contradiction"),
    ("ctl", spoiled(PLAIN, "ctl_files", PUB, to=ctl_facts("mixed")), {}, "contradiction"),
    ("licence", spoiled(PLAIN, "licence", "registered", to=False), {}, "not registered"),
    ("licence", spoiled(PLAIN, "licence", "export_allowed", to=False), {}, "not allowed"),
    ("replication", spoiled(PLAIN, "replication", "good", to=False), {}, f"{SUB1} (2) Y/Y/Y"),
    (
        "replication",
        spoiled(
            PLAIN, "replication", to={"good": False, "single_node": False, "servers": {}, "sync_status": ""}
        ),
        {},
        "no node rows",
    ),
    ("members", spoiled(PLAIN, "network", SUB1, to=False), {}, SUB1),
    ("members", spoiled(PLAIN, "network", to={PUB: True, SUB1: True}), {}, SUB2),
    ("members", spoiled(PLAIN, "unavailable", to={f"ctl_files.{SUB1}": "down"}), {}, f"not reached: {SUB1}"),
    ("members", spoiled(PLAIN, "unavailable", to={f"services.{SUB2}": "down"}), {}, f"not reached: {SUB2}"),
    (
        "services",
        spoiled(PLAIN, "services", SUB1, CALLMANAGER, to=service(status="Stopped", reason_code=-1069)),
        {},
        f"{CALLMANAGER} at {SUB1}",
    ),
    ("services", spoiled(PLAIN, "services", PUB, CAPF, to=service(False, present=False)), {}, "absent"),
    (
        "services",
        spoiled(PLAIN, "services", SUB1, CALLMANAGER, to=service(in_database=False)),
        {},
        "contradiction",
    ),
    ("services", spoiled(PLAIN, "listening", SUB1, to=[22]), {}, "listens on none"),
    (
        "certificates",
        spoiled(PLAIN, "certificates", "tomcat", "not_after", to="2026-04-19T11:00:00"),
        {},
        "tomcat expires 2026-04-19",
    ),
    (
        "certificates",
        spoiled(PLAIN, "certificates", "CAPF", "not_after", to="2020-01-01T00:00:00"),
        {},
        "CAPF expires",
    ),
    ("certificates", spoiled(PLAIN, "certificates", "ITLRecovery", "key_bits", to=1024), {}, "1024 bits"),
    (
        "certificates",
        spoiled(PLAIN, "certificates", "CallManager", "issuer", to="x" * 256),
        {},
        "longer than 255",
    ),
    ("certificates", PLAIN, {"certificate_min_days": 2000}, "expires"),
    ("rollback_flag", spoiled(PLAIN, "rollback_to_pre_8", to=True), {}, "True"),
    ("backup", spoiled(PLAIN, "health", "last_backup", to="2026-03-13T11:00:00"), {}, "7.0 days old"),
    ("backup", PLAIN, {"backup_max_age_days": 0.5}, "1.0 days old"),
    ("backup", spoiled(PLAIN, "health", "has_backup", to=False), {}, "no successful backup"),
    (
        "auto_registration",
        spoiled(PLAIN, "auto_registration", "CM_2", to=True),
        {"auto_registration": "disabled"},
        "CM_2",
    ),
    ("auto_registration", PLAIN, {"auto_registration": "enabled"}, "disabled everywhere"),
    (
        "auto_registration",
        spoiled(spoiled(PLAIN, "release", to="11.0.1.1"), "auto_registration", "CM_1", to=True),
        {},
        "before 11.5",
    ),
    ("clock_and_disk", spoiled(PLAIN, "health", "nodes", SUB1, "ntp_synchronised", to=False), {}, SUB1),
    (
        "clock_and_disk",
        spoiled(PLAIN, "health", "nodes", SUB2, "disk_free_percent", "active", to=4.9),
        {},
        "active",
    ),
    ("clock_and_disk", PLAIN, {"disk_min_free_percent": 41}, PUB),
    ("axl_account", spoiled(PLAIN, "axl_roles", to=["Standard AXL API Users"]), {}, "do not allow"),
]


@pytest.mark.parametrize(("name", "facts", "options", "said"), FAILS)
def test_fails(name: str, facts: t.Any, options: dict[str, t.Any], said: str) -> None:
    verdict = check(name, facts, intent(**options))
    assert verdict["verdict"] == "fail"
    assert said in verdict["reason"]
    assert verdict["remedy"]
    assert any(
        line.startswith(f"{name} (fail): ")
        for line in preflight.blocking(preflight.run(facts, intent(**options)))
    )


@pytest.mark.parametrize(
    "word",
    [
        "OUT OF COMPLIANCE",
        "NOT AUTHORIZED - RESERVED",
        "AUTHORIZATION EXPIRED",
        "EVALUATION MODE",
        "anything",
    ],
)
def test_what_is_used_beyond_the_licences_is_a_warning(word: str) -> None:
    """The device asks for the registration and for export control alone (cli-facts 2.2 g)."""
    verdict = check("licence", spoiled(PLAIN, "licence", "authorization", to=word), intent())
    assert (verdict["verdict"], f"warning: not known to be authorized ({word})" in verdict["reason"]) == (
        "pass",
        True,
    )


def test_the_age_of_a_backup_is_that_between_two_zones() -> None:
    """A cluster that was moved: by its wall clock the backup is older than a week, and it is not."""
    facts = spoiled(PLAIN, "health", "last_backup", to="2026-03-13T10:00:00")
    assert check("backup", facts, intent())["verdict"] == "fail"
    facts["health"]["last_backup_zone"] = "-05"
    facts["health"]["nodes"][PUB]["time_zone"] = "UTC"
    assert check("backup", facts, intent())["verdict"] == "pass"


def gone(subset: str) -> t.Any:
    return spoiled(without(PLAIN, subset), "unavailable", to={subset: "connection_failed: it is down"})


def gone_at(subset: str, node: str) -> t.Any:
    """Return facts that a node is not in, without a reason, as somebody may have written them down."""
    return {**PLAIN, subset: without(PLAIN[subset], node)}


UNKNOWNS: list[tuple[str, t.Any, str]] = [
    (
        "services",
        spoiled(PLAIN, "services", SUB2, CALLMANAGER, to=service(status="Unknown")),
        f"{CALLMANAGER} at {SUB2}",
    ),
    ("restart_witnesses", gone_at("services", SUB2), f"the services of {SUB2}"),
    ("restart_witnesses", gone_at("ctl_files", SUB2), f"the CTL file of {SUB2}"),
    ("certificates", spoiled(PLAIN, "certificates", "TVS", to=None), "cannot be read: TVS"),
    (
        "clock_and_disk",
        spoiled(PLAIN, "health", "nodes", SUB2, "disk_free_percent", to={"inactive": 3.0}),
        f"the free space of {SUB2} is not known",
    ),
    (
        "clock_and_disk",
        spoiled(PLAIN, "health", "nodes", SUB2, "disk_free_percent", "active", to=None),
        "partition active is not known",
    ),
    ("publisher", without(PLAIN, "addressed_node_is_publisher"), "did not show"),
    ("publisher", spoiled(PLAIN, "addressed_node_is_publisher", to=None), "did not show"),
    ("account", without(PLAIN, "cli_privilege"), "did not show"),
    ("release", spoiled(PLAIN, "health", "upgrade_running", to=None), "no upgrade is running"),
    ("release", without(PLAIN, "health"), "no upgrade is running"),
    ("ctl", gone("ctl_files"), "it is down"),
    ("ctl", spoiled(PLAIN, "unavailable", to={f"ctl_files.{SUB1}": "down"}), SUB1),
    ("ctl", without(PLAIN, "ctl_files"), "was not read"),
    ("licence", gone("licence"), "it is down"),
    ("licence", without(PLAIN, "licence"), "was not read"),
    ("licence", spoiled(PLAIN, "release", to="11.5.1.10000-6"), "encryption licence"),
    ("licence", spoiled(PLAIN, "licence", "registered", to=None), "(REGISTERED)"),
    ("licence", spoiled(PLAIN, "licence", "export_allowed", to=None), "(Allowed)"),
    ("replication", spoiled(PLAIN, "replication", "good", to=None), "is not known"),
    (
        "members",
        spoiled(PLAIN, "network", SUB1, to=None),
        f"not known whether authenticated in the cluster: {SUB1}",
    ),
    ("replication", gone("replication"), "it is down"),
    ("members", gone("network"), "it is down"),
    ("services", gone("services"), "it is down"),
    ("services", spoiled(PLAIN, "unavailable", to={f"services.{SUB1}": "down"}), SUB1),
    ("certificates", gone("certificates"), "it is down"),
    ("certificates", spoiled(PLAIN, "health", "nodes", PUB, "local_time", to=None), "time"),
    ("rollback_flag", spoiled(PLAIN, "rollback_to_pre_8", to=None), "not found"),
    ("backup", gone("health"), "it is down"),
    ("backup", spoiled(PLAIN, "health", "last_backup", to=None), "could not be read"),
    ("auto_registration", gone("auto_registration"), "it is down"),
    ("clock_and_disk", gone("health"), "it is down"),
    ("clock_and_disk", spoiled(PLAIN, "health", "nodes", SUB1, "ntp_synchronised", to=None), SUB1),
    ("restart_witnesses", gone("services"), "it is down"),
    ("restart_witnesses", gone("ctl_files"), "it is down"),
    ("restart_witnesses", gone("health"), "it is down"),
    ("restart_witnesses", without(PLAIN, "health"), "was not read"),
    (
        "restart_witnesses",
        spoiled(PLAIN, "services", SUB1, CALLMANAGER, to=service(started_at=None)),
        f"the start time of {CALLMANAGER} at {SUB1}",
    ),
    (
        "restart_witnesses",
        spoiled(PLAIN, "health", "nodes", SUB2, "local_time", to=None),
        f"the date of {SUB2}",
    ),
]


@pytest.mark.parametrize(("name", "facts", "said"), UNKNOWNS)
def test_what_was_not_read_is_unknown_and_blocks(name: str, facts: t.Any, said: str) -> None:
    verdict = check(name, facts, intent())
    assert verdict["verdict"] == "unknown"
    assert said in verdict["reason"]
    assert verdict["remedy"]
    assert any(
        line.startswith(f"{name} (unknown): ") for line in preflight.blocking(preflight.run(facts, intent()))
    )


def test_facts_of_nothing_let_nothing_pass() -> None:
    checks = preflight.run({"unavailable": {}, "nodes": []}, preflight.Intent("mixed", {}, frozenset()))
    numbered = [each for each in checks if each["id"] in NUMBERED]
    assert {each["verdict"] for each in numbered} == {"fail", "unknown"}
    assert len(preflight.blocking(numbered)) == len(NUMBERED)


@pytest.mark.parametrize("name", sorted(BY_WORD))
def test_only_the_operator_can_vouch(name: str) -> None:
    silent = check(name, PLAIN, intent(attestations={}))
    assert silent["verdict"] == "unknown"
    assert f"cucm_attestations: {{{name}: true}}" in silent["remedy"]
    assert check(name, PLAIN, intent(attestations={name: False}))["verdict"] == "unknown"
    assert check(name, PLAIN, intent(attestations={name: True}))["verdict"] == "attested"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("release", spoiled(PLAIN, "health", "upgrade_running", to=None)),
        ("backup", spoiled(PLAIN, "health", "last_backup", to=None)),
        ("backup", gone("health")),
        ("licence", spoiled(PLAIN, "release", to="11.5.1.10000-6")),
    ],
)
def test_what_a_node_may_not_tell_can_be_vouched_for(name: str, facts: t.Any) -> None:
    assert check(name, facts, intent(attestations={name: True}))["verdict"] == "attested"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("release", spoiled(PLAIN, "health", "upgrade_running", to=True)),
        ("backup", spoiled(PLAIN, "health", "last_backup", to="2020-01-01T00:00:00")),
        ("licence", spoiled(PLAIN, "licence", "registered", to=False)),
        ("rollback_flag", spoiled(PLAIN, "rollback_to_pre_8", to=True)),
    ],
)
def test_nobody_can_vouch_against_what_was_read(name: str, facts: t.Any) -> None:
    assert check(name, facts, intent(attestations={name: True}))["verdict"] == "fail"


@pytest.mark.parametrize("name", NUMBERED)
def test_each_check_can_be_accepted_alone(name: str) -> None:
    nothing = {"unavailable": {}, "nodes": []}
    wanted = preflight.Intent("mixed", {}, frozenset({name}))
    verdict = check(name, nothing, wanted)
    assert verdict["verdict"] == "accepted"
    assert verdict["reason"].startswith("accepted by the operator (")
    assert verdict["remedy"] == ""
    others = [each for each in preflight.run(nothing, wanted) if each["id"] in NUMBERED]
    assert len(preflight.blocking(others)) == len(NUMBERED) - 1


def test_a_start_is_witnessed_by_the_up_time_alone() -> None:
    state = service(started_at=None, started_at_utc="2026-03-01T00:00:00")
    facts = spoiled(PLAIN, "services", SUB1, CALLMANAGER, to=state)
    assert check("restart_witnesses", facts, intent())["verdict"] == "pass"


def test_what_is_undecided_already_is_not_reported_twice() -> None:
    facts = spoiled(MIXED, "ctl_files", SUB1, "modified_at", to=None)
    assert check("restart_witnesses", facts, intent())["verdict"] == "pass"
    assert any(SUB1 in line for line in plan.undecided(facts))


def test_a_service_that_is_down_needs_no_start_time() -> None:
    facts = spoiled(PLAIN, "services", SUB1, CALLMANAGER, to=service(status="Stopped", reason_code=-1069))
    assert check("restart_witnesses", facts, intent())["verdict"] == "pass"


def test_sip_oauth_needs_the_ports_of_every_node() -> None:
    wanted = preflight.Intent(None, {}, frozenset(), sip_oauth=Desired("enabled"))
    facts = sip_oauth_cluster("disabled")
    blind = spoiled(facts, "listening", to={node: facts["listening"][node] for node in (PUB, SUB2)})
    assert check("restart_witnesses", facts, wanted)["verdict"] == "pass"
    verdict = check("restart_witnesses", blind, wanted)
    assert (verdict["verdict"], f"the ports of {SUB1}" in verdict["reason"]) == ("unknown", True)
    assert check("restart_witnesses", blind, intent())["verdict"] == "pass"


def test_whoever_changes_no_mode_needs_no_witness() -> None:
    wanted = preflight.Intent(None, {}, frozenset())
    assert check("restart_witnesses", without(PLAIN, "health"), wanted)["verdict"] == "not_applicable"


def test_accepting_does_not_touch_what_passes() -> None:
    assert check("publisher", PLAIN, intent(accept=frozenset({"publisher"})))["verdict"] == "pass"


@pytest.mark.parametrize("name", ["licence", "export_restricted_image"])
def test_going_back_needs_no_licence(name: str) -> None:
    facts = spoiled(MIXED, "licence", "registered", to=False)
    assert check(name, facts, intent("non_secure", attestations={}))["verdict"] == "not_applicable"


PLANNED: list[tuple[str, t.Any, str]] = [
    ("services", PLAIN, f"{CAPF} at {PUB}, {CTL_PROVIDER} at {PUB}"),
    ("ctl", spoiled(MIXED, "ctl_files", SUB1, to=ctl_facts("mixed", sha1="00")), "a CTL update is due"),
    (
        "ctl",
        {
            **spoiled(MIXED, "ctl_files", PUB, to=ctl_facts("none")),
            "unsettled": [{"command": "utils ctl update CTLFile"}],
        },
        "will be settled",
    ),
]


@pytest.mark.parametrize(("name", "facts", "said"), PLANNED)
def test_what_the_rollout_mends_is_planned(name: str, facts: t.Any, said: str) -> None:
    verdict = check(name, facts, intent())
    assert verdict["verdict"] == "planned"
    assert said in verdict["reason"]


@pytest.mark.parametrize(
    ("name", "facts", "options"),
    [
        ("release", spoiled(PLAIN, "release", to="11.5.1.10000-6"), {}),
        ("release", spoiled(PLAIN, "release", to="12.5.1.11900-146"), {}),
        ("release", spoiled(PLAIN, "release", to="15.0.1.10100-41"), {}),
        ("services", spoiled(MIXED, "services", PUB, to=without(MIXED["services"][PUB], CTL_PROVIDER)), {}),
        ("certificates", spoiled(PLAIN, "certificates", "tomcat", "not_after", to="2026-04-19T12:00:00"), {}),
        (
            "certificates",
            spoiled(
                PLAIN,
                "certificates",
                "ITLRecovery",
                to={**PLAIN["certificates"]["TVS"], "key_type": "ec", "key_bits": 384},
            ),
            {},
        ),
        ("certificates", spoiled(PLAIN, "certificates", "CallManager", "issuer", to="x" * 255), {}),
        ("backup", spoiled(PLAIN, "health", "last_backup", to="2026-03-13T12:00:00"), {}),
        ("auto_registration", spoiled(PLAIN, "auto_registration", "CM_1", to=True), {}),
        (
            "auto_registration",
            spoiled(PLAIN, "auto_registration", "CM_1", to=True),
            {"auto_registration": "enabled"},
        ),
        ("auto_registration", PLAIN, {"auto_registration": "disabled"}),
        (
            "clock_and_disk",
            spoiled(PLAIN, "health", "nodes", SUB1, "disk_free_percent", "active", to=5.0),
            {},
        ),
        # Logs may fill it to its limit; the node removes them itself.
        (
            "clock_and_disk",
            spoiled(PLAIN, "health", "nodes", SUB1, "disk_free_percent", "logging", to=4.9),
            {},
        ),
        ("members", spoiled(PLAIN, "network", to={"10.0.0.1": True, "10.0.0.2": True, SUB2: True}), {}),
        ("ctl", spoiled(PLAIN, "ctl_files", SUB1, to=ctl_facts("stripped")), {}),
    ],
)
def test_passes(name: str, facts: t.Any, options: dict[str, t.Any]) -> None:
    verdict = check(name, facts, intent(**options))
    assert verdict["verdict"] == "pass", verdict["reason"]


def test_every_check_was_seen_to_block() -> None:
    of_their_own = {name for name, _title, _judge in preflight_certificates.CHECKS}
    blocked = {name for name, *_rest in FAILS} | {name for name, *_rest in UNKNOWNS}
    assert blocked | BY_WORD | of_their_own == set(NUMBERED)


@pytest.mark.parametrize(
    ("nodes", "told"),
    [("all", [PUB, SUB1, SUB2]), ("publisher", [PUB]), ([SUB1], [SUB1]), ([], [])],
)
def test_where_the_ctl_provider_will_be_activated(nodes: t.Any, told: list[str]) -> None:
    reason = check("services", PLAIN, intent(ctl_provider_nodes=nodes))["reason"]
    expected = [f"{CAPF} at {PUB}", *(f"{CTL_PROVIDER} at {node}" for node in told)]
    assert reason == f"to be activated: {', '.join(expected)}"


def test_a_partition_of_logs_that_is_nearly_full_is_told() -> None:
    facts = spoiled(PLAIN, "health", "nodes", SUB1, "disk_free_percent", "logging", to=4.9)
    found = check("clock_and_disk", facts, intent())
    assert f"warning: {SUB1}: partition logging has less than 5 % free" in found["reason"]
    facts = spoiled(PLAIN, "health", "nodes", SUB1, "disk_free_percent", "logging", to=None)
    found = check("clock_and_disk", facts, intent())
    assert found["verdict"] == "pass" and "free space of partition logging is not known" in found["reason"]
