# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site configuration of compliance: accepted as meant, or refused with place, mistake and remedy."""

from __future__ import annotations

import typing as t
from datetime import date, datetime, timedelta, timezone

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import site
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import Intent
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN, CATALOGUE

from ..data.authorities import root as authority
from ..data.clusters import REFRESH_LOGIN, ROOT_EDGE

WAIVER = {
    "control": "backup-age",
    "clusters": ["branch-*"],
    "reason": "The tape is on order",
    "owner": "J. Doe",
    "expires": "2026-12-31",
}
OWN = {
    "id": "own-release",
    "title": "The release is one we know",
    "severity": "low",
    "judge": "matches",
    "with": {"path": "release", "pattern": r"14\..*"},
}


def problems(config: t.Any) -> list[str]:
    """Return the reported mistakes."""
    with pytest.raises(InputError) as caught:
        site.load(config)
    assert caught.value.code == "compliance_config_invalid"
    assert "docs/compliance.md" in caught.value.remedy
    found = caught.value.details["problems"]
    assert all(each in caught.value.message for each in found)
    assert f"{len(found)} problem" in caught.value.message
    # Which variable it is in, and where the next one begins.
    assert all(each.startswith("cucm_compliance") for each in found)
    numbers = [f"({number}) {each}" for number, each in enumerate(found, 1)]
    assert caught.value.message.endswith(" ".join(numbers if len(found) > 1 else found))
    return found


def of(*controls: t.Any) -> dict[str, t.Any]:
    return {"controls": list(controls)}


def waived(**changed: t.Any) -> dict[str, t.Any]:
    waiver = {**WAIVER, **changed}
    return {"waivers": [{key: value for key, value in waiver.items() if value != "gone"}]}


def wants(**intent: t.Any) -> dict[str, t.Any]:
    return {"intent": intent}


# -- what is right ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [None, {}, {"controls": None, "waivers": None, "intent": None}])
def test_nothing_is_the_catalogue_as_it_is(config: t.Any) -> None:
    found = site.load(config)
    assert [control.id for control in found.controls] == [entry["id"] for entry in CATALOGUE]
    assert (found.waivers, found.intent, found.of_clusters) == ((), Intent(), ())


def test_a_control_is_switched_off() -> None:
    found = site.load(of({"id": "backup-age", "enabled": False}, {"id": "disk-space", "enabled": True}))
    assert [each.id for each in found.controls] == [name for name in BUILT_IN if name != "backup-age"]


def test_a_control_is_changed_where_it_stands() -> None:
    changed = {"id": "backup-age", "severity": "high", "with": {"max_age_days": 1}}
    found = {control.id: control for control in site.load(of(changed)).controls}
    assert list(found) == list(BUILT_IN)
    assert (found["backup-age"].severity, found["backup-age"].with_) == ("high", {"max_age_days": 1})
    # Its title says what it judges by.
    assert found["backup-age"].title == "There is a backup of the last 1 days"
    assert found["disk-space"] == BUILT_IN["disk-space"]
    assert BUILT_IN["backup-age"].with_ == {"max_age_days": 7}


def test_a_remedy_says_what_is_wanted() -> None:
    found = {
        control.id: control
        for control in site.load(of({"id": "session-limit", "with": {"max_sessions": 5}})).controls
    }
    assert "set session maxlimit 5 on" in found["session-limit"].remedy
    assert "allows 5 SSH sessions" in found["session-limit"].title


def test_a_site_writes_titles_as_it_likes() -> None:
    own = site.load(of({**OWN, "title": "{pattern} {", "remedy": "{}"})).controls[-1]
    assert (own.title, own.remedy) == ("{pattern} {", "{}")


def test_an_option_that_is_not_said_stays() -> None:
    changed = {"id": "tomcat-key-size", "with": {"min_ec_bits": 384}}
    found = {control.id: control for control in site.load(of(changed)).controls}
    assert found["tomcat-key-size"].with_ == {"min_rsa_bits": 2048, "min_ec_bits": 384}
    # As in the catalogue, which may require more than its judge does alone.
    changed = {"id": "phones-encrypted", "with": {"max_share_percent": 5}}
    found = {control.id: control for control in site.load(of(changed)).controls}
    assert found["phones-encrypted"].with_ == {"level": "encrypted", "max_share_percent": 5}


def test_a_site_adds_controls_behind_the_others() -> None:
    entry = {**OWN, "references": ["our-7"], "remedy": "Ask us.", "enabled": True}
    (own,) = site.load(of(entry)).controls[len(BUILT_IN) :]
    assert own.as_report() == {
        "id": "own-release",
        "title": "The release is one we know",
        "severity": "low",
        "references": ["our-7"],
        "reads": ["version"],
        "privilege": "AXL read-only",
        "remedy": "Ask us.",
    }
    assert own.with_ == {"path": "release", "pattern": r"14\..*", "missing": "unknown"}
    assert own.verdicts == ("pass", "fail", "not_applicable", "unknown")
    assert site.load(of({**entry, "enabled": False})).controls == tuple(BUILT_IN.values())


def test_a_site_may_use_any_judge() -> None:
    entry = {"id": "backup-2", "title": "x", "severity": "low", "judge": "backup_age"}
    own = site.load(of({**entry, "with": {"max_age_days": 2}})).controls[-1]
    assert (own.reads, own.with_) == (("health",), {"max_age_days": 2})
    # What a control reads besides is put into the order of subsets.
    more = site.load(of({**entry, "reads": ["tomcat", "version"], "privilege": "a key"})).controls[-1]
    assert (more.reads, more.privilege) == (("version", "health", "tomcat"), "a key")
    assert site.load(of({**entry, "reads": ["tomcat"]})).controls[-1].privilege == "CLI level 1"


def test_a_waiver() -> None:
    (found,) = site.load(waived()).waivers
    assert found == site.Waiver(
        "backup-age", ("branch-*",), "The tape is on order", "J. Doe", date(2026, 12, 31)
    )
    assert found.as_report() == {
        "reason": "The tape is on order",
        "owner": "J. Doe",
        "expires": "2026-12-31",
    }


@pytest.mark.parametrize(
    ("clusters", "covered", "not_covered"),
    [
        ("hq", "hq", "HQ"),
        (["hq", "lab"], "lab", "hq2"),
        ("*", "anything at all", None),
        (["branch-?"], "branch-1", "branch-10"),
        (["x" * 200], "x" * 200, "x"),
    ],
)
def test_clusters_of_a_waiver(clusters: t.Any, covered: str, not_covered: str | None) -> None:
    found = site.load(waived(clusters=clusters))
    assert found.waivers_of("backup-age", covered)
    assert not found.waivers_of("disk-space", covered)
    assert not_covered is None or not found.waivers_of("backup-age", not_covered)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31",
        " 2026-12-31 ",
        "2026-12-31T00:00:00",
        "2026-12-31 23:59:59",
        "2027-01-01T01:00:00+02:00",
        date(2026, 12, 31),
        datetime(2026, 12, 31, 23, 59),
        datetime(2026, 12, 31, 20, tzinfo=timezone(timedelta(hours=-2))),
        datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_the_day_a_waiver_expires(written: t.Any) -> None:
    assert site.load(waived(expires=written)).waivers[0].expires == date(2026, 12, 31)


def test_a_waiver_may_be_of_an_own_control_and_of_one_that_is_off() -> None:
    config = {**of(OWN, {"id": "disk-space", "enabled": False}), **waived(control="own-release")}
    config["waivers"] = [*config["waivers"], {**WAIVER, "control": "disk-space"}]
    assert [each.control for each in site.load(config).waivers] == ["own-release", "disk-space"]


def test_intent() -> None:
    root = authority("Edge")
    found = site.load(
        wants(
            security_mode="mixed",
            sip_oauth_mode="enabled",
            sip_oauth_clients=["jabber", "phones"],
            parameters={REFRESH_LOGIN: " 1 "},
            sip_oauth_ports={"sip_oauth": 5090, "sip_oauth_mra": "5091"},
            expressway_c=[{"host": "c1", "description": "x", "subject_names": ["a"]}],
            expressway_c_exactly=True,
            edge_roots=[root.pem, ":".join([ROOT_EDGE[:2].upper()] * 32)],
            ctl_provider_nodes=["cucm-pub"],
            auto_registration="any",
            fips_mode="enabled",
            directory_logins="required",
        )
    ).intent
    assert found == Intent(
        security_mode="mixed",
        sip_oauth_mode="enabled",
        phones=True,
        parameters={REFRESH_LOGIN: "1"},
        sip_oauth_ports={"sip_oauth": 5090, "sip_oauth_mra": 5091},
        expressway_c=[{"host": "c1", "description": "x", "subject_names": ["a"]}],
        expressway_c_exactly=True,
        edge_roots=(root.sha256, ROOT_EDGE),
        ctl_provider_nodes=("cucm-pub",),
        auto_registration="any",
        fips_mode="enabled",
        directory_logins="required",
    )


@pytest.mark.parametrize(
    ("key", "value", "field", "read"),
    [
        ("security_mode", "unchanged", "security_mode", "unchanged"),
        ("security_mode", None, "security_mode", None),
        ("sip_oauth_mode", "unchanged", "sip_oauth_mode", "unchanged"),
        ("sip_oauth_clients", ["jabber"], "phones", False),
        ("sip_oauth_clients", [], "phones", None),
        ("expressway_c", [], "expressway_c", []),
        ("edge_roots", [], "edge_roots", ()),
        ("ctl_provider_nodes", "all", "ctl_provider_nodes", "all"),
        ("auto_registration", None, "auto_registration", "disabled"),
        ("fips_mode", None, "fips_mode", "any"),
        ("directory_logins", None, "directory_logins", "any"),
    ],
)
def test_words_of_intent(key: str, value: t.Any, field: str, read: t.Any) -> None:
    assert getattr(site.load(wants(**{key: value})).intent, field) == read


def test_intent_of_clusters_replaces_that_of_all() -> None:
    found = site.load(
        wants(
            security_mode="mixed",
            auto_registration="any",
            clusters={
                "branch-*": {"security_mode": "non_secure"},
                "branch-7": {"security_mode": "unchanged", "sip_oauth_mode": "enabled"},
            },
        )
    )

    def wanted(cluster: str) -> tuple[t.Any, ...]:
        intent = found.wanted_of(cluster)
        return intent.security_mode, intent.sip_oauth_mode, intent.auto_registration

    assert wanted("hq") == ("mixed", None, "any")
    assert wanted("branch-1") == ("non_secure", None, "any")
    assert wanted("branch-7") == ("unchanged", "enabled", "any")


# -- what is wrong ---------------------------------------------------------------------------------------

WRONG: list[tuple[t.Any, list[str]]] = [
    ([], ["cucm_compliance: must be a mapping with controls, waivers, intent."]),
    ("x", ["cucm_compliance: must be a mapping"]),
    ({"waiver": []}, ["waiver: is not known (did you mean waivers?); there are controls, waivers, intent."]),
    ({7: 1}, ["7: is not known; there are"]),
    ({"controls": {}}, ["controls: must be a list of controls, each with its id."]),
    ({"waivers": "x"}, ["waivers: must be a list of waivers, each with control, clusters, reason"]),
    ({"intent": []}, ["intent: must be a mapping with security_mode"]),
    # controls
    (of("phones-secure"), ["controls[0]: must be a mapping with the id"]),
    (of({}), ["controls[0].id: is missing: give the id of the control to change or to add."]),
    (of({"id": 7}), ["controls[0].id: is missing"]),
    (
        of({"id": "phones-secrue", "enabled": False}),
        [
            "controls[0].id: there is no control 'phones-secrue' (did you mean phones-secure?); to add one give"
        ],
    ),
    (
        of({"id": "backup-age"}, {"id": "backup-age"}),
        ["controls[1].id: backup-age is in controls[0] already; make one entry of them."],
    ),
    (of({"id": "backup-age", "enabled": "no"}), ["controls[0].enabled: must be true or false, not 'no'."]),
    (
        of({"id": "backup-age", "title": "x"}),
        [
            "cucm_compliance.controls[0].title: cannot be changed; of backup-age, which comes with the collection, "
            "enabled, severity, with can be changed."
        ],
    ),
    (of({"id": "backup-age", "judge": "disk"}), ["controls[0].judge: cannot be changed"]),
    (
        of({"id": "backup-age", "enable": False}),
        ["controls[0].enable: is not known (did you mean enabled?); of backup-age, which comes with"],
    ),
    (
        of({**OWN, "enable": False}),
        ["controls[0].enable: is not known (did you mean enabled?); a control has"],
    ),
    (
        of({"id": "backup-age", "severity": "grave"}),
        ["controls[0].severity: must be high, medium or low, not 'grave'."],
    ),
    (of({"id": "backup-age", "severity": ["high"]}), ["controls[0].severity: must be high, medium or low"]),
    (of({"id": "backup-age", "with": 7}), ["controls[0].with: must be a mapping of the judge's options."]),
    (
        of({"id": "backup-age", "with": {"max_age": 7}}),
        ["controls[0].with.max_age: is not known (did you mean max_age_days?); the judge has max_age_days."],
    ),
    (of({"id": "tvs-up", "with": {"x": 7}}), ["controls[0].with.x: is not known; the judge has none."]),
    (
        of({"id": "backup-age", "with": {"max_age_days": "7"}}),
        ["controls[0].with.max_age_days: must be a number from 0, not '7'."],
    ),
    *(
        (
            of({"id": control, "with": {option: value}}),
            [f"controls[0].with.{option}: must be {words}, not {str(value)!r}."],
        )
        for control, option, words, values in (
            ("backup-age", "max_age_days", "a number from 0", (-1, True, None, float("nan"), float("inf"))),
            ("disk-space", "min_free_percent", "a number from 0 to 100 (per cent)", (-0.1, 100.1, "5")),
            ("phones-secure", "max_share_percent", "a number from 0 to 100 (per cent)", (101, None)),
            ("phones-secure", "level", "authenticated or encrypted", ("none", 1, ["encrypted"])),
            ("tls-minimum", "min_version", "1.0, 1.1, 1.2 or 1.3", (1, "1.4", 2, True, "TLS 1.2", [1.2])),
            ("account-lockout", "max_attempts", "a whole number from 1", (0, 2.5, "3", True)),
            ("session-limit", "max_sessions", "a whole number from 1", (0, -1, None)),
            ("sip-trunks-secure", "except_profiles", "a list of names", ("x", [1], [""], {"a": 1})),
            ("services-up", "services", "a list of texts", ([], "x", [7])),
        )
        for value in values
    ),
    # own controls
    (
        of({"id": "own", "title": "x"}),
        ["controls[0].severity: is missing: give a text.", "controls[0].judge: is missing: give a text."],
    ),
    (of({**OWN, "title": " "}), ["controls[0].title: must be a text that says something."]),
    (of({**OWN, "title": 7}), ["controls[0].title: must be a text that says something."]),
    (of({**OWN, "severity": 7}), ["controls[0].severity: must be a text that says something."]),
    (of({**OWN, "severity": "High"}), ["controls[0].severity: must be high, medium or low, not 'High'."]),
    (of({**OWN, "id": "Own Control"}), ["controls[0].id: must be lower-case letters, digits and hyphens"]),
    (of({**OWN, "id": "a" * 65}), ["controls[0].id: must be lower-case letters"]),
    (
        of({**OWN, "remedys": "x"}),
        ["controls[0].remedys: is not known (did you mean remedy?); a control has"],
    ),
    (of({**OWN, "remedy": 7}), ["controls[0].remedy: must be a text."]),
    (of({**OWN, "references": "V-1"}), ["controls[0].references: must be a list of texts."]),
    (of({**OWN, "references": [7]}), ["controls[0].references: must be a list of texts."]),
    (of({**OWN, "reads": "modes"}), ["controls[0].reads: must be a list of texts."]),
    (
        of({**OWN, "reads": ["mode"]}),
        ["controls[0].reads: 'mode' is not a subset of cluster_info (did you mean modes?)"],
    ),
    (
        of({**OWN, "judge": "match"}),
        ["controls[0].judge: there is no judge 'match' (did you mean matches?); there are equals, one_of"],
    ),
    (of({**OWN, "judge": 7}), ["controls[0].judge: must be a text that says something."]),
    (of({**OWN, "with": None}), ["controls[0].with: must be a mapping of the judge's options."]),
    (
        of({**OWN, "with": {}}),
        [
            "controls[0].with.path: is missing; the judge needs it.",
            "controls[0].with.pattern: is missing; the judge needs it.",
        ],
    ),
    (
        of({**OWN, "with": {"path": "relase", "pattern": "x"}}),
        ["controls[0].with.path: begins with relase, which is none of account_locking, "],
    ),
    *(
        (of({**OWN, "with": {"path": path, "pattern": "x"}}), ["controls[0].with.path: must be a path: keys"])
        for path in ("", "release..x", [], [""], [None], 7, {"release": 1})
    ),
    (
        of({**OWN, "with": {"path": "release", "pattern": "("}}),
        ["controls[0].with.pattern: is not a regular expression (missing ), unterminated subpattern"],
    ),
    (
        of({**OWN, "with": {"path": "release", "pattern": 14}}),
        ["controls[0].with.pattern: must be a regular expression in quotes, not '14'."],
    ),
    (
        of({**OWN, "with": {"path": "release", "pattern": "x", "missing": "ignore"}}),
        ["controls[0].with.missing: must be unknown or fail or skip, not 'ignore'."],
    ),
    *(
        (
            of({**OWN, "judge": judge, "with": {"path": "release"}}),
            [f"controls[0].with.{option}: is missing; the judge needs it."],
        )
        for judge, option in (
            ("equals", "value"),
            ("one_of", "values"),
            ("at_least", "value"),
            ("at_most", "value"),
            ("matches", "pattern"),
        )
    ),
    (
        of({**OWN, "judge": "one_of", "with": {"path": "release", "values": []}}),
        ["controls[0].with.values: must be a list with at least one value, not '[]'."],
    ),
    (
        of({**OWN, "judge": "at_least", "with": {"path": "release", "value": "14"}}),
        ["controls[0].with.value: must be a number, not '14'."],
    ),
    # waivers
    ({"waivers": ["x"]}, ["waivers[0]: must be a mapping with control, clusters, reason, owner, expires."]),
    (waived(until="x"), ["waivers[0].until: is not known; there are control, clusters"]),
    (waived(expirse="x"), ["waivers[0].expirse: is not known (did you mean expires?); there are"]),
    (waived(control="gone"), ["waivers[0].control: is missing: name the control it is for."]),
    (waived(reason="gone"), ["waivers[0].reason: is missing: say why the control may fail."]),
    (waived(reason="  "), ["waivers[0].reason: is missing: say why"]),
    (waived(owner="gone"), ["waivers[0].owner: is missing: say who answers for it."]),
    (waived(owner=7), ["waivers[0].owner: must be a text, not '7': say who answers for it."]),
    (
        waived(control="backup-agee"),
        ["waivers[0].control: there is no control 'backup-agee' (did you mean backup-age?)."],
    ),
    (
        waived(clusters="gone"),
        ["waivers[0].clusters: is missing: give a list of cluster names; '*' is every"],
    ),
    (waived(clusters=[]), ["waivers[0].clusters: is missing"]),
    (waived(clusters=["hq", 7]), ["waivers[0].clusters: must be names of clusters, not '7'."]),
    (waived(clusters=7), ["waivers[0].clusters: is missing"]),
    (waived(clusters=["hq", ""]), ["waivers[0].clusters: must be names of clusters, not ''."]),
    (waived(clusters=["x" * 201]), ["waivers[0].clusters: must be names of clusters"]),
    (waived(expires="gone"), ["waivers[0].expires: is missing: give the last day it holds, as 2027-01-31."]),
    (
        waived(expires="31.12.2026"),
        ["waivers[0].expires: '31.12.2026' is not a date; write it as 2027-01-31."],
    ),
    (waived(expires="2026-02-30"), ["waivers[0].expires: '2026-02-30' is not a date"]),
    (waived(expires=20261231), ["waivers[0].expires: '20261231' is not a date"]),
    (waived(expires="2026-12-31 or so"), ["'2026-12-31 or so' is not a date"]),
    (waived(expires="20261231"), ["is not a date"]),
    (waived(expires=True), ["'True' is not a date"]),
    (waived(expires="2026-W52-4"), ["is not a date"]),
    # intent
    (wants(mode="mixed"), ["intent.mode: is not known"]),
    (wants(securty_mode="mixed"), ["intent.securty_mode: is not known (did you mean security_mode?)"]),
    (
        wants(security_mode="secure"),
        ["intent.security_mode: must be mixed, non_secure or unchanged, not 'secure'."],
    ),
    (wants(security_mode=["mixed"]), ["intent.security_mode: must be mixed"]),
    (
        wants(sip_oauth_mode=True),
        ["intent.sip_oauth_mode: must be enabled, disabled or unchanged, not 'True'."],
    ),
    (wants(auto_registration="off"), ["intent.auto_registration: must be enabled, disabled or any"]),
    (wants(directory_logins="local"), ["intent.directory_logins: must be required or any"]),
    (wants(fips_mode="disabled"), ["intent.fips_mode: must be enabled or any"]),
    (wants(sip_oauth_clients="phones"), ["intent.sip_oauth_clients: must be a list of jabber and phones."]),
    (wants(sip_oauth_clients=["desk"]), ["intent.sip_oauth_clients: must be a list of jabber and phones."]),
    (wants(parameters=["x"]), ["intent.parameters: must be a mapping of parameters to the values"]),
    (
        wants(parameters={"x": 1}),
        ["intent.parameters.x: must be a text: put the stored value 1 in quotes."],
    ),
    (wants(sip_oauth_ports=5090), ["intent.sip_oauth_ports: must be a mapping with sip_oauth"]),
    (wants(sip_oauth_ports={"sip": 1}), ["intent.sip_oauth_ports.sip: is not known"]),
    *(
        (
            wants(sip_oauth_ports={"sip_oauth": port}),
            [f"intent.sip_oauth_ports.sip_oauth: must be a port from 1 to 65535, not {str(port)!r}."],
        )
        for port in (True, 0, 65536, "x", "5090 ", None, 50.5, "²", "9" * 20)
    ),
    (wants(expressway_c={}), ["intent.expressway_c: must be a list of entries with host"]),
    (wants(expressway_c=["x"]), ["intent.expressway_c[0]: must be a mapping with host"]),
    (wants(expressway_c=[{}]), ["intent.expressway_c[0].host: is missing: name the Expressway-C."]),
    (wants(expressway_c=[{"host": 7}]), ["intent.expressway_c[0].host: must be a text"]),
    (wants(expressway_c=[{"host": "x", "name": 1}]), ["intent.expressway_c[0].name: is not known"]),
    (
        wants(expressway_c=[{"host": "x", "subject_names": "y"}]),
        ["intent.expressway_c[0].subject_names: must be a list of names."],
    ),
    (
        wants(expressway_c=[{"host": "x", "subject_names": ["y", 7]}]),
        ["intent.expressway_c[0].subject_names: must be a list of names."],
    ),
    (wants(ctl_provider_nodes=["pub", ""]), ["intent.ctl_provider_nodes: must be publisher, all, or a list"]),
    (of({**OWN, "references": ["a", ""]}), ["controls[0].references: must be a list of texts."]),
    (
        wants(expressway_c=[{"host": "x", "description": 7}]),
        ["intent.expressway_c[0].description: must be a text."],
    ),
    (wants(expressway_c_exactly="yes"), ["intent.expressway_c_exactly: must be true or false, not 'yes'."]),
    (
        wants(edge_roots="x"),
        ["intent.edge_roots: must be a list of fingerprints (SHA-256) or of certificates"],
    ),
    (wants(edge_roots=["ab"]), ["intent.edge_roots[0]: is neither a SHA-256 fingerprint"]),
    (wants(edge_roots=[7]), ["intent.edge_roots[0]: is neither"]),
    (
        wants(ctl_provider_nodes="some"),
        ["intent.ctl_provider_nodes: must be publisher, all, or a list of node"],
    ),
    (wants(ctl_provider_nodes=[7]), ["intent.ctl_provider_nodes: must be publisher, all, or a list"]),
    (
        wants(clusters=["x"]),
        ["intent.clusters: must be a mapping of cluster names to what is wanted of them."],
    ),
    (wants(clusters={"hq": 7}), ["intent.clusters.hq: must be a mapping with security_mode"]),
    (
        wants(clusters={"hq": {"security_mode": "x"}}),
        ["intent.clusters.hq.security_mode: must be mixed, non_secure or unchanged, not 'x'."],
    ),
    (wants(clusters={"hq": {"clusters": {}}}), ["intent.clusters.hq.clusters: is not known"]),
]


@pytest.mark.parametrize(("config", "told"), WRONG, ids=lambda value: str(value)[:60])
def test_a_mistake_is_told_with_its_place_and_what_to_do(config: t.Any, told: list[str]) -> None:
    found = problems(config)
    assert len(found) == len(told), found
    for each, words in zip(found, told, strict=True):
        assert words in each
        assert each.endswith(".")


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(
        {
            **of({"id": "backup-agee"}, {"id": "disk-space", "severity": "x"}, {**OWN, "judge": "x"}),
            "waivers": [{"control": "x"}],
            "intent": {"security_mode": "x", "sip_oauth_ports": {"sip_oauth": 0}},
            "more": 1,
        }
    )
    assert [each.partition(":")[0].removeprefix("cucm_compliance.") for each in found] == [
        "more",
        "controls[0].id",
        "controls[1].severity",
        "controls[2].judge",
        "waivers[0].reason",
        "waivers[0].owner",
        "waivers[0].control",
        "waivers[0].clusters",
        "waivers[0].expires",
        "intent.security_mode",
        "intent.sip_oauth_ports.sip_oauth",
    ]


def test_a_mistake_does_not_repeat_a_long_value() -> None:
    (found,) = problems(wants(security_mode="x" * 10_000))
    assert len(found) < 300


# -- what the inventory wants ----------------------------------------------------------------------------

WANTED = {
    "security_mode": "mixed",
    "sip_oauth_mode": "enabled",
    "sip_oauth_clients": ["phones"],
    "sip_oauth_parameters": {REFRESH_LOGIN: "1"},
    "sip_oauth_ports": {"sip_oauth": 65535},
    "expressway_c": [{"host": "c1"}],
    "expressway_c_exactly": "yes",
    "ctl_provider_nodes": "all",
    "auto_registration": "any",
}


def test_what_the_inventory_wants_is_the_intent() -> None:
    root = authority("Edge")
    made = site.with_wanted({"waivers": []}, {**WANTED, "sip_oauth_edge_roots": [root.pem]})
    assert made["waivers"] == []
    assert site.load(made).intent == Intent(
        security_mode="mixed",
        sip_oauth_mode="enabled",
        phones=True,
        parameters={REFRESH_LOGIN: "1"},
        sip_oauth_ports={"sip_oauth": 65535},
        expressway_c=[{"host": "c1"}],
        expressway_c_exactly=True,
        edge_roots=(root.sha256,),
        ctl_provider_nodes="all",
        auto_registration="any",
    )


def test_what_the_intent_says_counts() -> None:
    config = wants(security_mode="unchanged", parameters={}, clusters={"hq": {"sip_oauth_mode": "disabled"}})
    found = site.load(site.with_wanted(config, WANTED))
    assert (found.intent.security_mode, found.intent.sip_oauth_mode) == ("unchanged", "enabled")
    assert found.intent.parameters == {}
    assert found.wanted_of("hq").sip_oauth_mode == "disabled"
    assert config["intent"]["security_mode"] == "unchanged" and "sip_oauth_mode" not in config["intent"]


def test_a_key_of_the_intent_without_a_value_says_nothing() -> None:
    found = site.load(site.with_wanted(wants(security_mode=None), WANTED))
    assert found.intent.security_mode == "mixed"


@pytest.mark.parametrize("config", [None, {}, {"intent": None}])
@pytest.mark.parametrize("wanted", [None, {}, dict.fromkeys(site.WANTED), dict.fromkeys(site.WANTED, "")])
def test_what_the_inventory_does_not_say_is_not_said(config: t.Any, wanted: t.Any) -> None:
    assert site.load(site.with_wanted(config, wanted)).intent == Intent()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (True, True),
        ("true", True),
        (" Yes ", True),
        ("1", True),
        ("false", False),
        ("no", False),
        ("0", False),
        (False, False),
    ],
)
def test_truth_in_an_inventory(written: t.Any, read: bool) -> None:
    assert (
        site.load(site.with_wanted({}, {"expressway_c_exactly": written})).intent.expressway_c_exactly is read
    )


def test_mistakes_of_the_inventory_are_told_by_its_variables() -> None:
    with pytest.raises(InputError) as caught:
        site.with_wanted(
            {},
            {
                "security_mod": "mixed",
                "sip_oauth_mode": "on",
                "sip_oauth_ports": {"sip_oauth": 0},
                "sip_oauth_edge_roots": ["x"],
                "expressway_c_exactly": "maybe",
            },
        )
    assert caught.value.code == "compliance_config_invalid"
    assert [each.partition(":")[0] for each in caught.value.details["problems"]] == [
        "security_mod",
        "cucm_sip_oauth_mode",
        "cucm_sip_oauth_ports.sip_oauth",
        "cucm_sip_oauth_edge_roots[0]",
        "cucm_expressway_c_exactly",
    ]
    assert "did you mean security_mode?" in caught.value.message
    assert caught.value.message.startswith("What the inventory wants has 5 problems:")


@pytest.mark.parametrize("wanted", [[], "mixed", 7])
def test_what_the_inventory_wants_is_a_mapping(wanted: t.Any) -> None:
    with pytest.raises(InputError, match="wanted: must be a mapping with security_mode"):
        site.with_wanted({}, wanted)


@pytest.mark.parametrize("config", [[], "x", {"intent": 7}])
def test_a_configuration_that_is_wrong_is_told_with_what_is_wanted_too(config: t.Any) -> None:
    with pytest.raises(InputError, match="The compliance configuration has 1 problem:"):
        site.load(site.with_wanted(config, WANTED))


def test_yaml_as_a_site_writes_it() -> None:
    config = yaml.safe_load(
        """
        controls:
          - {id: tls-minimum, with: {min_version: 1.3}}
          - id: own-hosts
            title: Every node is in our domain
            severity: low
            judge: matches
            with: {path: [nodes, '*', name], pattern: '.*\\.example\\.com'}
        waivers:
          - {control: backup-age, clusters: [lab], reason: r, owner: o, expires: 2026-12-31}
        intent:
          parameters: {SSORedirect: "1"}
        """
    )
    found = site.load(config)
    assert found.controls[-1].reads == ("nodes",)
    assert found.waivers[0].expires == date(2026, 12, 31)


# -- what a reader has to know of it ---------------------------------------------------------------------

HOSTS = ["hq", "branch-1"]
TODAY = datetime(2026, 12, 1, 12)
OF_WAIVER = "The waiver of J. Doe for backup-age at branch-*"


def test_of_the_controls_as_they_come_there_is_nothing_to_note() -> None:
    assert site.notes(None, HOSTS, TODAY) == []
    same = {"id": "backup-age", "enabled": True, "severity": "medium", "with": {"max_age_days": 7}}
    assert site.notes(of(same, OWN), HOSTS, TODAY) == []


def test_what_is_switched_off_or_changed_is_noted() -> None:
    config = of(
        {"id": "disk-space", "enabled": False, "severity": "high"},
        {**OWN, "enabled": False},
        {"id": "backup-age", "severity": "low", "with": {"max_age_days": 30}},
        {"id": "sip-trunks-secure", "with": {"except_profiles": ["IMP", "x" * 100]}},
    )
    assert site.notes(config, HOSTS, TODAY) == [
        "disk-space is switched off by the site",
        "own-release is switched off by the site",
        f"sip-trunks-secure has except_profiles IMP, {'x' * 75}... by the site, in place of none",
        "backup-age has the severity low by the site, in place of medium",
        "backup-age has max_age_days 30 by the site, in place of 7",
    ]


@pytest.mark.parametrize(
    ("expires", "told"),
    [
        ("2026-11-30", [f"{OF_WAIVER} expired on 2026-11-30"]),
        ("2026-12-01", [f"{OF_WAIVER} expires on 2026-12-01"]),
        ("2026-12-31", [f"{OF_WAIVER} expires on 2026-12-31"]),
        ("2027-01-01", []),
        ("2028-11-30", []),
        ("2028-12-01", [f"{OF_WAIVER} holds for more than two years, until 2028-12-01"]),
    ],
)
def test_waivers_that_end_or_do_not_are_noted(expires: str, told: list[str]) -> None:
    assert site.notes(waived(expires=expires), HOSTS, TODAY) == told


def test_the_day_of_a_note_is_of_utc() -> None:
    late = datetime(2026, 11, 30, 23, tzinfo=timezone(timedelta(hours=-5)))
    assert site.notes(waived(expires="2026-11-30"), HOSTS, late) == [f"{OF_WAIVER} expired on 2026-11-30"]


def test_waivers_that_are_about_nothing_are_noted() -> None:
    config = waived(expires="2027-06-01", clusters=["branch-2", "lab*"])
    of_it = "The waiver of J. Doe for backup-age at branch-2, lab*"
    assert site.notes(config, HOSTS, TODAY) == [f"{of_it} fits no cluster"]
    assert site.notes(config, [*HOSTS, "lab-7"], TODAY) == []
    assert site.notes({**config, **of({"id": "backup-age", "enabled": False})}, HOSTS, TODAY) == [
        "backup-age is switched off by the site",
        f"{of_it} is about a control that is switched off",
        f"{of_it} fits no cluster",
    ]


def test_an_intent_of_no_cluster_is_noted() -> None:
    config = wants(clusters={"hq": {}, "brnch-*": {"security_mode": "mixed"}, "branch-?": {}})
    assert site.notes(config, HOSTS, TODAY) == ["The intent of brnch-* (intent.clusters) fits no cluster"]


def test_there_are_no_notes_of_what_is_wrong() -> None:
    with pytest.raises(InputError, match="more: is not known"):
        site.notes({"more": 1}, HOSTS, TODAY)
