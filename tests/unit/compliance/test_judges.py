# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every control's verdicts, one change of a good cluster at a time."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from datetime import timedelta

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import (
    AXL,
    CLI_0,
    CLI_1,
    CLI_4,
    CONTROL_CENTER,
    SUBSETS,
    bring,
)

from ..data.clusters import (
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    CTL_PROVIDER,
    DESK,
    IMP,
    PHONES,
    PUB,
    REFRESH_LOGIN,
    ROOT_EC,
    ROOT_EDGE,
    ROOT_RSA,
    SUB1,
    SUB2,
    TFTP,
    TRUNKS,
    TVS,
    audited,
    certificate,
    ctl_facts,
    expressway_c,
    phone_profile,
    service,
    trunk_profile,
)
from ..data.verdicts import CLUSTER, GONE, MOMENT, Row, changed, judged

NODES = (PUB, SUB1, SUB2)
OAUTH, BOTH = ("non_secure", "enabled"), ("mixed", "enabled")
PLAIN = ("non_secure", "disabled")
JABBER = "Cisco Unified Client Services Framework"
WANTS_OAUTH = {"sip_oauth_mode": "enabled"}
FIPS = {"fips_mode": "enabled"}
CTL_CHANGE = {"time": "2026-03-10T10:00:00+00:00", "change": "the CTL file", "name": "", "said": []}
PASS, FAIL, UNKNOWN, IDLE, AGAINST = "pass", "fail", "unknown", "not_applicable", "contradiction"


def at(*place: t.Any, to: t.Any = GONE) -> tuple[tuple[t.Any, ...], t.Any]:
    return place, to


def unread(key: str, why: str = "connection_failed: no answer", *facts: tuple[t.Any, ...]) -> list[t.Any]:
    """Return the change after which facts were not read, for a reason."""
    return [at("unavailable", key, to=why), *(at(*place) for place in facts)]


def silent(control: str, fact: str, *also: tuple[tuple[t.Any, ...], t.Any], **more: t.Any) -> list[Row]:
    """Return rows for a fact that was not read at all, nor at one node, nor for want of the level, after other changes."""
    low = "privilege_too_low: the account may not"
    return [
        Row(control, UNKNOWN, f"{fact} was not read", [*also, at(fact)], **more),
        Row(
            control,
            UNKNOWN,
            f"{fact} of {SUB1}: no answer",
            [*also, *unread(f"{fact}.{SUB1}", "connection_failed: no answer", (fact, SUB1))],
            **more,
        ),
        Row(
            control,
            UNKNOWN,
            f"needed: {SUBSETS[fact].needs}",
            [*also, at(fact, to={}), *(at("unavailable", f"{fact}.{node}", to=low) for node in NODES)],
            **more,
        ),
    ]


CTL_CONTROLS = ("ctl-present", "ctl-verified", "ctl-equal")
CERTIFICATE_CONTROLS = (
    "publisher-certificates-expiry",
    "publisher-certificates-expiry-early",
    "publisher-key-size",
)
TOMCAT_CONTROLS = ("tomcat-certificates-expiry", "tomcat-certificates-expiry-early", "tomcat-key-size")
HEALTH_OF_NODES = ("ntp-synchronised", "disk-space")

MODES = [
    Row("cluster-security-mode", PASS, "mixed, as the security guide wants it"),
    Row("cluster-security-mode", PASS, "mixed, as intended", intent={"security_mode": "mixed"}),
    Row(
        "cluster-security-mode",
        PASS,
        "non_secure, as intended; the security guide wants mixed",
        modes=PLAIN,
        intent={"security_mode": "non_secure"},
    ),
    Row("cluster-security-mode", PASS, "SIP OAuth mode is enabled", modes=OAUTH),
    Row("cluster-security-mode", PASS, "", modes=BOTH),
    Row("cluster-security-mode", FAIL, "non_secure, not mixed as the security guide wants it", modes=PLAIN),
    Row(
        "cluster-security-mode",
        FAIL,
        "non_secure, not mixed as intended",
        modes=OAUTH,
        intent={"security_mode": "mixed"},
    ),
    Row(
        "cluster-security-mode",
        FAIL,
        "mixed, not non_secure as intended",
        intent={"security_mode": "non_secure"},
    ),
    Row("cluster-security-mode", IDLE, "either mode", modes=PLAIN, intent={"security_mode": "unchanged"}),
    Row("cluster-security-mode", UNKNOWN, "security_mode was not read", [at("security_mode")]),
    Row("cluster-security-mode", UNKNOWN, "not understood", [at("security_mode", to="unknown")]),
    # The other witness was not asked, and need not be.
    Row("cluster-security-mode", PASS, "", [at("ctl_files")]),
    Row(
        "cluster-security-mode",
        AGAINST,
        f"database says mixed, ctl_file@{SUB1} says no CTL file",
        [at("ctl_files", SUB1, to=ctl_facts("none"))],
    ),
    Row(
        "cluster-security-mode",
        AGAINST,
        f"database says non_secure, ctl_file@{PUB} says mixed",
        [at("security_mode", to="non_secure")],
    ),
    Row("sip-oauth-mode", IDLE, "nothing is said"),
    Row("sip-oauth-mode", IDLE, "nothing is said", intent={"sip_oauth_mode": "unchanged"}),
    Row("sip-oauth-mode", PASS, "enabled, as intended", modes=OAUTH, intent=WANTS_OAUTH),
    Row("sip-oauth-mode", PASS, "disabled, as intended", intent={"sip_oauth_mode": "disabled"}),
    Row("sip-oauth-mode", FAIL, "disabled, not enabled as intended", intent=WANTS_OAUTH),
    Row(
        "sip-oauth-mode",
        FAIL,
        "enabled, not disabled as intended",
        modes=OAUTH,
        intent={"sip_oauth_mode": "disabled"},
    ),
    Row(
        "sip-oauth-mode",
        PASS,
        "has no SIP OAuth mode, and it is not wanted",
        [at("sip_oauth_mode", to="absent")],
        intent={"sip_oauth_mode": "disabled"},
    ),
    Row(
        "sip-oauth-mode",
        FAIL,
        "the release has no SIP OAuth mode",
        [at("sip_oauth_mode", to="absent")],
        intent=WANTS_OAUTH,
    ),
    Row("sip-oauth-mode", UNKNOWN, "was not read", [at("sip_oauth_mode")], intent=WANTS_OAUTH),
    Row(
        "sip-oauth-mode", UNKNOWN, "not understood", [at("sip_oauth_mode", to="unknown")], intent=WANTS_OAUTH
    ),
]

CTL = [
    *(
        row
        for control in CTL_CONTROLS
        for row in (
            Row(control, PASS, f"{PUB}, {SUB1}, {SUB2}"),
            Row(control, IDLE, "not in mixed mode", modes=PLAIN),
            Row(
                control,
                FAIL,
                f"there is no CTL file at {SUB2}",
                [at("ctl_files", SUB2, to=ctl_facts("none"))],
            ),
            # Phones get it from TFTP; whether the others have one does not matter.
            Row(
                control,
                PASS,
                f"{PUB}, {SUB1}",
                [
                    at("ctl_files", SUB2, to=ctl_facts("none")),
                    at("services", SUB2, TFTP, to=service(False)),
                ],
            ),
            Row(
                control,
                PASS,
                f"{PUB}, {SUB1}",
                [at("ctl_files", SUB2, to=ctl_facts("none")), at("services", SUB2, TFTP)],
            ),
            Row(
                control,
                PASS,
                f"{PUB}, {SUB1}",
                [at("ctl_files", SUB2), at("services", SUB2, TFTP, to=service(False))],
            ),
            # An unknown one counts.
            Row(
                control,
                FAIL,
                SUB2,
                [at("ctl_files", SUB2, to=ctl_facts("none")), at("services", SUB2)],
            ),
            Row(
                control,
                UNKNOWN,
                "at no node",
                [at("services", node, TFTP, to=service(False)) for node in NODES],
            ),
            Row(control, UNKNOWN, "security_mode", [at("security_mode")]),
            *silent(control, "ctl_files"),
            Row(
                control,
                FAIL,
                SUB2,
                [at("ctl_files", SUB2, to=ctl_facts("none")), at("ctl_files", SUB1)],
            ),
        )
    ),
    Row(
        "ctl-verified",
        FAIL,
        f"the CTL file of {SUB1} does not verify",
        [at("ctl_files", SUB1, "verified", to=False)],
    ),
    Row("ctl-equal", AGAINST, f"ctl_file@{SUB1} says ffff", [at("ctl_files", SUB1, "sha1", to="ffff")]),
    Row("ctl-equal", AGAINST, f"ctl_file@{PUB} says ffff", [at("ctl_files", PUB, "sha1", to="ffff")]),
    Row("ctl-equal", UNKNOWN, f"of {SUB1} has no checksum", [at("ctl_files", SUB1, "sha1", to="")]),
    Row("ctl-equal", UNKNOWN, f"of {PUB} has no checksum", [at("ctl_files", PUB, "sha1", to="")]),
    Row(
        "ctl-equal",
        PASS,
        f"{PUB}, {SUB1}",
        [at("ctl_files", SUB2, "sha1", to="ffff"), at("services", SUB2, TFTP, to=service(False))],
    ),
    Row("ctl-present", PASS, "", [at("ctl_files", SUB1, "sha1", to="ffff")]),
    Row("ctl-fits-mode", PASS, "one of mixed mode"),
    Row("ctl-fits-mode", PASS, "one of non_secure mode", modes=PLAIN),
    Row(
        "ctl-fits-mode",
        PASS,
        "",
        [at("ctl_files", SUB1, to=ctl_facts("stripped"))],
        modes=PLAIN,
    ),
    Row("ctl-fits-mode", AGAINST, "no CTL file", [at("ctl_files", SUB1, to=ctl_facts("none"))]),
    Row("ctl-fits-mode", AGAINST, "says mixed", [at("ctl_files", SUB1, to=ctl_facts("mixed"))], modes=PLAIN),
    Row(
        "ctl-fits-mode",
        FAIL,
        f"the CTL file of {SUB1} does not verify",
        [at("ctl_files", SUB1, "verified", to=False)],
    ),
    Row(
        "ctl-fits-mode",
        FAIL,
        "only some of its certificates",
        [at("ctl_files", SUB1, "records", 1, "has_certificate", to=False)],
    ),
    Row(
        "ctl-fits-mode",
        AGAINST,
        SUB1,
        [
            at("ctl_files", SUB1, to=ctl_facts("none")),
            at("ctl_files", SUB2, "verified", to=False),
        ],
    ),
    Row("ctl-fits-mode", UNKNOWN, "not understood", [at("security_mode", to="unknown")]),
    *silent("ctl-fits-mode", "ctl_files"),
    Row("ctl-signer", PASS, "signed by ITLRecovery (by its serial number)"),
    Row("ctl-signer", IDLE, "not in mixed mode", modes=PLAIN),
    # With an account of level 0 the certificates are not read, and the name is as good.
    Row(
        "ctl-signer",
        PASS,
        "signed by ITLRecovery (by its name)",
        unread("certificates", "privilege_too_low: no", ("certificates",)),
    ),
    Row("ctl-signer", PASS, "by its name", [at("certificates", "ITLRecovery", to=None)]),
    Row("ctl-signer", PASS, "by its name", [at("ctl_files", PUB, "signer_serial", to="")]),
    Row(
        "ctl-signer",
        FAIL,
        "not by ITLRecovery (by its serial number)",
        [at("certificates", "ITLRecovery", "serial", to="1")],
    ),
    Row(
        "ctl-signer",
        PASS,
        "by its serial number",
        [at("certificates", "ITLRecovery", "serial", to="0070caf64e")],
    ),
    Row(
        "ctl-signer",
        FAIL,
        "not by ITLRecovery (by its name)",
        [at("certificates"), at("ctl_files", PUB, "signer", to=f"CN={PUB}.example.com;O=x")],
    ),
    Row(
        "ctl-signer",
        UNKNOWN,
        "who signed the CTL file is not known: CN=SAST-ADN01",
        [at("certificates"), at("ctl_files", PUB, "signer", to="CN=SAST-ADN01;O=x")],
    ),
    Row(
        "ctl-signer",
        UNKNOWN,
        "show ctl has no signer name",
        [at("ctl_files", PUB, "signer", to=""), at("ctl_files", PUB, "signer_serial", to="")],
    ),
    Row(
        "ctl-signer",
        PASS,
        "signed by CallManager (by its name)",
        [
            at("release", to="11.5.1.21900-40"),
            at("certificates"),
            at("ctl_files", PUB, "signer", to=f"cn = {PUB.upper()};O=x"),
        ],
    ),
    Row(
        "ctl-signer",
        FAIL,
        "not by CallManager",
        [at("release", to="11.5.1.21900-40"), at("certificates")],
    ),
    Row("ctl-signer", FAIL, "not by CallManager", [at("release", to="11.5.1.21900-40")]),
    Row(
        "ctl-signer",
        PASS,
        "by CallManager (by its serial number)",
        [at("release", to="11.9"), at("certificates", "CallManager", "serial", to="70CAF64E")],
    ),
    Row("ctl-signer", PASS, "ITLRecovery", [at("release", to="12.0.1")]),
    Row("ctl-signer", UNKNOWN, "release was not read", [at("release", to="")]),
    Row("ctl-signer", UNKNOWN, "release x is not understood", [at("release", to="x")]),
    Row("ctl-signer", FAIL, "no CTL file at the publisher", [at("ctl_files", PUB, to=ctl_facts("none"))]),
    Row(
        "ctl-signer",
        FAIL,
        "signed by 12:34, not by ITLRecovery (by its serial number)",
        [at("ctl_files", PUB, "signer", to=""), at("ctl_files", PUB, "signer_serial", to="12:34")],
    ),
    # Only the publisher's file shows the signer.
    Row("ctl-signer", PASS, "", [at("ctl_files", SUB1)]),
    Row(
        "ctl-signer",
        UNKNOWN,
        f"ctl_files of {PUB}: x",
        unread(f"ctl_files.{PUB}", "connection_failed: x", ("ctl_files", PUB)),
    ),
    Row("ctl-signer", UNKNOWN, "ctl_files was not read", [at("ctl_files")]),
]

RENEWED_CALLMANAGER = [at("node_certificates", SUB1, "CallManager", "serial", to="99")]
RENEWED = [at("tomcat", SUB1, "tomcat", "not_before", to="2026-03-19T00:00:00")]
DUTIES = [
    Row("no-restart-due", PASS),
    Row("no-restart-due", PASS, "", modes=PLAIN),
    Row("no-restart-due", PASS, "", modes=BOTH),
    Row(
        "no-restart-due",
        FAIL,
        f"a restart is due of {TFTP} at {SUB1}",
        [at("services", SUB1, TFTP, "started_at", to="2026-03-10T10:00:00")],
    ),
    Row(
        "no-restart-due",
        FAIL,
        "does not listen on 5090",
        [at("listening", SUB1, to=[2000, 5060, 5091])],
        modes=OAUTH,
    ),
    Row(
        "no-restart-due",
        FAIL,
        "still listens on 5091",
        [at("listening", SUB1, to=[2000, 5060, 5091])],
    ),
    Row(
        "no-restart-due",
        UNKNOWN,
        f"{CTIMANAGER} at {SUB1}: it is Starting",
        [at("services", SUB1, CTIMANAGER, "status", to="Starting")],
    ),
    Row(
        "no-restart-due",
        UNKNOWN,
        f"ctl_files of {SUB1}: x (needed: {CLI_0}",
        unread(f"ctl_files.{SUB1}", "privilege_too_low: x", ("ctl_files", SUB1)),
    ),
    Row(
        "no-restart-due",
        UNKNOWN,
        f"services of {SUB1}: x",
        unread(f"services.{SUB1}", "connection_failed: x", ("services", SUB1)),
    ),
    Row("no-restart-due", UNKNOWN, "services was not read", [at("services")]),
    Row("no-restart-due", UNKNOWN, "sip_oauth_mode was not read", [at("sip_oauth_mode")]),
    Row("no-restart-due", UNKNOWN, "not understood", [at("sip_oauth_mode", to="unknown")]),
    Row("no-restart-due", UNKNOWN, "callmanagers was not read", [at("callmanagers")]),
    Row(
        "no-restart-due",
        PASS,
        "",
        [at("callmanagers"), at("sip_oauth_mode", to="absent"), at("release", to="11.5.1")],
    ),
    Row("no-restart-due", UNKNOWN, "which ports the node listens on", [at("listening", SUB1)]),
    # The Tomcat certificate matters in SIP OAuth mode only.
    Row("no-restart-due", PASS, "", [at("tomcat")]),
    Row(
        "no-restart-due",
        UNKNOWN,
        f"needed: {CLI_1}",
        [
            at("node_certificates"),
            at("tomcat", to={}),
            *(at("unavailable", f"tomcat.{node}", to="privilege_too_low: x") for node in NODES),
        ],
        modes=OAUTH,
    ),
    Row(
        "no-restart-due",
        FAIL,
        "tomcat certificate was renewed",
        [
            *RENEWED,
            at("release", to="12.5.1.17900-64"),
        ],
        modes=OAUTH,
    ),
    # From 14 on CallManager takes it without a restart; where the release was not read, either may be so.
    Row(
        "no-restart-due",
        PASS,
        "",
        RENEWED,
        modes=OAUTH,
    ),
    Row(
        "no-restart-due",
        FAIL,
        "The release was not read",
        [*RENEWED, at("release")],
        modes=OAUTH,
    ),
    Row(
        "no-restart-due",
        FAIL,
        "its CallManager certificate was renewed",
        [
            at("certificates", "CallManager", "not_before", to="2026-03-19T00:00:00"),
            at("services", PUB, "Cisco HAProxy", to={**service(), "started_at_utc": "2026-03-10T10:00:01"}),
        ],
    ),
    # What is due for sure comes before what is not known.
    Row(
        "no-restart-due",
        FAIL,
        TFTP,
        [at("services", SUB1, TFTP, "started_at", to="2026-03-10T10:00:00"), at("callmanagers")],
    ),
    Row("no-ctl-update-due", PASS),
    Row("no-ctl-update-due", IDLE, "not in mixed mode", modes=PLAIN),
    Row(
        "no-ctl-update-due",
        FAIL,
        "CAPF is activated on the publisher and has no record",
        [at("ctl_files", node, to=ctl_facts("mixed", capf=False)) for node in NODES],
    ),
    Row(
        "no-ctl-update-due",
        FAIL,
        f"the CallManager certificate of node {SUB2}",
        [at("ctl_files", node, to=ctl_facts("mixed", names=(PUB, SUB1))) for node in NODES],
    ),
    Row(
        "no-ctl-update-due",
        FAIL,
        f"node {SUB2} has no record",
        [
            *(at("ctl_files", node, to=ctl_facts("mixed", names=(PUB, SUB1))) for node in NODES),
            at("node_certificates"),
        ],
    ),
    Row("no-ctl-update-due", FAIL, f"the CallManager certificate of node {SUB1}", RENEWED_CALLMANAGER),
    Row("no-ctl-update-due", PASS, "", [*RENEWED_CALLMANAGER, at("node_certificates")]),
    Row(
        "no-ctl-update-due",
        FAIL,
        f"the CTL file of node {SUB1} differs",
        [at("ctl_files", SUB1, "sha1", to="ffff")],
    ),
    Row(
        "no-ctl-update-due",
        FAIL,
        "there is no CTL file at the publisher",
        [at("ctl_files", PUB, to=ctl_facts("none"))],
    ),
    Row(
        "no-ctl-update-due",
        UNKNOWN,
        f"ctl_files of {PUB}",
        unread(f"ctl_files.{PUB}", "connection_failed: x", ("ctl_files", PUB)),
    ),
    Row("no-ctl-update-due", UNKNOWN, f"ctl_files of {SUB1}", [at("ctl_files", SUB1)]),
    Row("no-ctl-update-due", UNKNOWN, "ctl_files was not read", [at("ctl_files")]),
    Row("no-ctl-update-due", UNKNOWN, "services was not read", [at("services")]),
    Row("no-ctl-update-due", UNKNOWN, f"services of {SUB1}", [at("services", SUB1)]),
    Row("no-ctl-update-due", UNKNOWN, "security_mode", [at("security_mode")]),
    Row("no-unsettled-command", PASS),
    Row("phone-resets-done", IDLE, "no record of the cluster", [at("phone_changes", to=None)]),
    Row("phone-resets-done", PASS, "no recorded change", [at("phone_changes", to=[])]),
    Row(
        "phone-resets-done",
        FAIL,
        "have not been reset since the change of the CTL file",
        [at("phone_changes", to=[CTL_CHANGE])],
    ),
    Row(
        "phone-resets-done",
        UNKNOWN,
        "how many could not be read",
        [at("phone_changes", to=[CTL_CHANGE]), at("phone_profiles", to=None)],
    ),
    Row(
        "phone-resets-done",
        UNKNOWN,
        "phone_changes was not read: x",
        unread("unsettled", "state_unreadable: x", ("phone_changes",)),
    ),
    Row(
        "no-unsettled-command",
        FAIL,
        "the outcome of utils ctl update CTLFile is not known",
        [at("unsettled", to=[{"command": "utils ctl update CTLFile"}])],
    ),
    Row("no-unsettled-command", FAIL, "the outcome of a command", [at("unsettled", to=[{}])]),
    Row(
        "no-unsettled-command",
        UNKNOWN,
        "unsettled was not read: x",
        unread("unsettled", "state_unreadable: x", ("unsettled",)),
    ),
]


def of_service(control: str, name: str, node: str) -> list[Row]:
    """Return the rows of a control of one service at a node."""
    place = ("services", node, name)
    return [
        Row(control, PASS, f"{name} is activated and started at"),
        Row(control, FAIL, f"{name} at {node} is not activated", [at(*place, to=service(False))]),
        Row(control, FAIL, f"{name} at {node} is Stopped", [at(*place, "status", to="Stopped")]),
        Row(control, FAIL, f"{name} at {node} is Starting", [at(*place, "status", to="Starting")]),
        Row(control, UNKNOWN, "does not tell whether", [at(*place, "status", to="Unknown")]),
        Row(
            control,
            AGAINST,
            f"database says activated, control_center@{node} says not activated",
            [at(*place, to=service(False, in_database=True))],
        ),
        Row(
            control,
            AGAINST,
            f"database says not activated, control_center@{node} says activated",
            [at(*place, "in_database", to=False)],
        ),
        Row(control, PASS, "", [at(*place, "in_database", to=None)]),
        Row(control, UNKNOWN, "services was not read", [at("services")]),
        Row(
            control,
            UNKNOWN,
            f"services of {node}: HTTP 403 and no SOAP (needed: {CONTROL_CENTER}",
            unread(f"services.{node}", "not_soap: HTTP 403 and no SOAP.", ("services", node)),
        ),
        Row(control, UNKNOWN, "nodes", [at("nodes")]),
    ]


def of_mixed_mode(control: str) -> list[Row]:
    """Return the rows of a control that has nothing to judge where mixed mode is neither on nor wanted."""
    return [
        Row(control, IDLE, "mixed mode is not wanted", modes=PLAIN, intent={"security_mode": "non_secure"}),
        Row(control, IDLE, "mixed mode is not wanted", modes=PLAIN, intent={"security_mode": "unchanged"}),
        Row(control, IDLE, "mixed mode is not wanted", modes=PLAIN, intent=WANTS_OAUTH),
        Row(control, IDLE, "mixed mode is not wanted", modes=OAUTH),
        Row(control, FAIL, "is not activated", modes=OAUTH, intent={"security_mode": "mixed"}),
        Row(control, FAIL, "is not activated", modes=PLAIN),
        Row(control, PASS, "", intent={"security_mode": "non_secure"}),
        Row(control, UNKNOWN, "security_mode", [at("security_mode")]),
        Row(control, UNKNOWN, "which node is the publisher is not known", [at("nodes", 2, "role", to="x")]),
    ]


SERVICES = [
    *of_service("capf-running", CAPF, PUB),
    *of_mixed_mode("capf-running"),
    Row("capf-running", FAIL, f"{CAPF} is absent at {PUB}", [at("services", PUB, CAPF)]),
    Row("capf-running", FAIL, f"{CAPF} is absent at {PUB}", [at("services", PUB, CAPF, "present", to=False)]),
    Row("capf-running", PASS, f"at {PUB}.", [at("services", SUB1)]),
    *of_service("ctl-provider-running", CTL_PROVIDER, PUB),
    *of_mixed_mode("ctl-provider-running"),
    Row("ctl-provider-running", IDLE, f"no node has {CTL_PROVIDER}", [at("services", PUB, CTL_PROVIDER)]),
    Row(
        "ctl-provider-running",
        FAIL,
        f"{CTL_PROVIDER} at {SUB1} is not activated",
        intent={"ctl_provider_nodes": "all"},
    ),
    Row(
        "ctl-provider-running",
        PASS,
        f"at {SUB1}.",
        [at("services", SUB1, CTL_PROVIDER, to=service())],
        intent={"ctl_provider_nodes": [SUB1]},
    ),
    Row("ctl-provider-running", PASS, f"at {PUB}.", intent={"ctl_provider_nodes": "publisher"}),
    Row(
        "ctl-provider-running",
        FAIL,
        "names nobody, which is not a node",
        intent={"ctl_provider_nodes": ["nobody"]},
    ),
    Row("ctl-provider-running", FAIL, f"names {IMP}", intent={"ctl_provider_nodes": [IMP]}),
    Row(
        "ctl-provider-running",
        UNKNOWN,
        f"services of {SUB1}",
        [at("services", SUB1), at("services", SUB2, CTL_PROVIDER)],
        intent={"ctl_provider_nodes": [SUB1, SUB2]},
    ),
    *of_service("tvs-up", TVS, SUB1),
    *of_service("tvs-up", TVS, PUB)[1:3],
    Row("tvs-up", FAIL, f"{TVS} is absent at {SUB2}", [at("services", SUB2, TVS)]),
    Row("services-up", PASS, "14 activated services are started"),
    *(
        Row(
            "services-up",
            FAIL,
            f"{name} at {PUB} is activated and Stopped",
            [at("services", PUB, name, "status", to="Stopped")],
        )
        for name in (CALLMANAGER, TFTP, CTIMANAGER, CAPF, CTL_PROVIDER, TVS)
    ),
    Row("services-up", PASS, "13 activated", [at("services", SUB2, TFTP, to=service(False))]),
    Row("services-up", PASS, "13 activated", [at("services", SUB2, TFTP)]),
    Row("services-up", UNKNOWN, "does not tell", [at("services", SUB2, TFTP, "status", to="Unknown")]),
    # Not one of those that are judged by default.
    Row("services-up", PASS, "14", [at("services", SUB2, "Other", to=service(status="Stopped"))]),
    Row(
        "services-up",
        FAIL,
        f"Other at {SUB2}",
        [at("services", SUB2, "Other", to=service(status="Stopped"))],
        options={"services": ["Other"]},
    ),
    # Two witnesses that disagree do so about any service.
    Row("services-up", AGAINST, "Other", [at("services", SUB2, "Other", to=service(in_database=False))]),
    Row("services-up", AGAINST, TFTP, [at("services", SUB2, TFTP, "in_database", to=False)]),
    Row(
        "services-up",
        AGAINST,
        TFTP,
        [at("services", SUB2, TFTP, to=service(False, in_database=True))],
    ),
    *silent("services-up", "services"),
    Row("callmanager-reachable", PASS, f"at {PUB}, {SUB1}, {SUB2}"),
    Row(
        "callmanager-reachable",
        AGAINST,
        f"control_center@{SUB1} says Started, open_ports@{SUB1} says listens on none of 2000, 5060",
        [at("listening", SUB1, to=[22, 8443])],
    ),
    Row("callmanager-reachable", PASS, "", [at("listening", SUB1, to=[5060])]),
    Row(
        "callmanager-reachable",
        FAIL,
        f"{CALLMANAGER} at {SUB1} is activated and Stopped",
        [at("services", SUB1, CALLMANAGER, "status", to="Stopped")],
    ),
    Row(
        "callmanager-reachable",
        UNKNOWN,
        "does not tell",
        [at("services", SUB1, CALLMANAGER, "status", to="Unknown")],
    ),
    Row("callmanager-reachable", UNKNOWN, f"listening of {SUB1}", [at("listening", SUB1)]),
    Row("callmanager-reachable", UNKNOWN, f"listening of {SUB1}", [at("listening")]),
    Row(
        "callmanager-reachable",
        PASS,
        f"at {PUB}, {SUB2}.",
        [at("listening", SUB1), at("services", SUB1, CALLMANAGER, to=service(False))],
    ),
    Row(
        "callmanager-reachable",
        IDLE,
        "activated at no node",
        [at("services", node, CALLMANAGER, to=service(False)) for node in NODES],
    ),
    Row("callmanager-reachable", UNKNOWN, f"services of {SUB1}", [at("services", SUB1)]),
    Row("callmanager-reachable", UNKNOWN, "services was not read", [at("services")]),
]


def licence(**changed_: t.Any) -> list[t.Any]:
    return [at("licence", key, to=value) for key, value in changed_.items()]


LICENCE = [
    *(
        row
        for control in ("licence-registered", "licence-authorized", "licence-export-control")
        for row in (
            Row(control, PASS),
            Row(control, UNKNOWN, "licence was not read", [at("licence")]),
            Row(
                control,
                UNKNOWN,
                f"needed: {AXL}",
                unread("licence", "This needs axl_username and axl_password.", ("licence",)),
            ),
            Row(control, IDLE, "11.5", [at("release", to="11.5.1"), at("licence")]),
            Row(control, PASS, "", [at("release")]),
            Row(
                control,
                IDLE,
                "licence was not read: none",
                [*unread("licence", "not_in_this_release: none", ("licence",)), at("release")],
            ),
        )
    ),
    Row(
        "licence-registered",
        FAIL,
        "not registered with Smart Licensing (UNREGISTERED)",
        licence(registered=False, registration="UNREGISTERED"),
    ),
    Row("licence-registered", FAIL, "(no status)", licence(registered=False, registration="")),
    Row("licence-authorized", FAIL, "(OUT OF COMPLIANCE)", licence(authorization="OUT OF COMPLIANCE")),
    Row("licence-authorized", FAIL, "(NOT AUTHORIZED)", licence(authorization="NOT AUTHORIZED")),
    Row("licence-authorized", UNKNOWN, "(no status)", licence(authorization="")),
    Row("licence-authorized", UNKNOWN, "RESERVED", licence(authorization="NOT AUTHORIZED - RESERVED")),
    Row("licence-authorized", UNKNOWN, "(WAITING)", licence(authorization="WAITING")),
    Row("licence-authorized", PASS, "", licence(authorization=" Authorized ")),
    Row("licence-authorized", PASS, "", licence(authorization="AUTHORIZED - RESERVED")),
    Row("licence-authorized", PASS, "", licence(authorization="No Licenses in Use")),
    Row("licence-registered", UNKNOWN, "(SOMETHING)", licence(registration="SOMETHING", registered=None)),
    Row("licence-export-control", UNKNOWN, "not told", licence(export_control="", export_allowed=None)),
    Row(
        "licence-export-control",
        FAIL,
        "(Not Allowed)",
        licence(export_allowed=False, export_control="Not Allowed"),
    ),
    Row("licence-export-control", FAIL, "(not told)", licence(export_allowed=False, export_control="")),
    Row("licence-export-control", FAIL, "", licence(export_allowed=False), modes=PLAIN),
    Row("licence-export-control", FAIL, "", licence(export_allowed=False), modes=OAUTH),
    Row(
        "licence-export-control",
        FAIL,
        "",
        licence(export_allowed=False),
        modes=PLAIN,
        intent={"security_mode": "non_secure", **WANTS_OAUTH},
    ),
    Row(
        "licence-export-control",
        FAIL,
        "",
        licence(export_allowed=False),
        modes=OAUTH,
        intent={"security_mode": "non_secure"},
    ),
    Row(
        "licence-export-control",
        IDLE,
        "nothing is encrypted",
        licence(export_allowed=False),
        modes=PLAIN,
        intent={"security_mode": "non_secure"},
    ),
    Row("licence-export-control", UNKNOWN, "security_mode was not read", [at("security_mode")]),
]

PARAMETERS = {"parameters": {REFRESH_LOGIN: "1"}}
EDGE = {**WANTS_OAUTH, "edge_roots": [ROOT_EDGE]}
ENTRY = {"expressway_c": [{"host": "EXP-c1"}]}

SIP_OAUTH = [
    Row("oauth-parameters", PASS, REFRESH_LOGIN, intent=PARAMETERS),
    Row("oauth-parameters", IDLE, "nothing is said"),
    Row("oauth-parameters", IDLE, "nothing is said", intent={"parameters": {}}),
    Row(
        "oauth-parameters",
        FAIL,
        f"{REFRESH_LOGIN} is 0, not 1",
        [at("parameters", REFRESH_LOGIN, to="0")],
        intent=PARAMETERS,
    ),
    Row(
        "oauth-parameters",
        FAIL,
        f"there is no enterprise parameter {REFRESH_LOGIN}",
        [at("parameters", REFRESH_LOGIN)],
        intent=PARAMETERS,
    ),
    Row(
        "oauth-parameters",
        FAIL,
        "there is no enterprise parameter RefreshTokenExpiryTimer",
        intent={"parameters": {"RefreshTokenExpiryTimer": "60"}},
    ),
    # Readings leave other parameters out, so nothing is known of them.
    Row(
        "oauth-parameters",
        UNKNOWN,
        "AutoRegPhoneProtocol is not among the parameters that are read",
        intent={"parameters": {"AutoRegPhoneProtocol": "SIP"}},
    ),
    Row("oauth-parameters", UNKNOWN, "parameters was not read", [at("parameters")], intent=PARAMETERS),
    Row("oauth-parameters", IDLE, "11.5", [at("release", to="11.5.1")], intent=PARAMETERS),
    Row("oauth-parameters", PASS, "", [at("release")], intent=PARAMETERS),
    Row("sip-oauth-ports", PASS, f"{PUB}, {SUB1}, {SUB2}", modes=OAUTH),
    Row("sip-oauth-ports", IDLE, "not enabled"),
    Row("sip-oauth-ports", IDLE, "not enabled", [at("sip_oauth_mode", to="absent")]),
    Row("sip-oauth-ports", UNKNOWN, "not understood", [at("sip_oauth_mode", to="unknown")]),
    Row("sip-oauth-ports", UNKNOWN, "was not read", [at("sip_oauth_mode")]),
    Row(
        "sip-oauth-ports",
        FAIL,
        f"{SUB1} does not listen on 5090 (sip_oauth)",
        [at("listening", SUB1, to=[5060, 5091])],
        modes=OAUTH,
    ),
    Row(
        "sip-oauth-ports",
        FAIL,
        "5091 (sip_oauth_mra)",
        [at("listening", SUB1, to=[5060, 5090])],
        modes=OAUTH,
    ),
    Row(
        "sip-oauth-ports",
        FAIL,
        f"sip_oauth of {SUB1} is 5090, not 5190 as intended",
        [at("callmanagers", PUB, "ports", "sip_oauth", to=5190)],
        modes=OAUTH,
        intent={"sip_oauth_ports": {"sip_oauth": 5190}},
    ),
    Row(
        "sip-oauth-ports",
        PASS,
        "",
        modes=OAUTH,
        intent={"sip_oauth_ports": {"sip_oauth": 5090, "sip_oauth_mra": "5091"}},
    ),
    Row(
        "sip-oauth-ports",
        FAIL,
        f"CallManager of {SUB1} has no port sip_oauth_mra",
        [at("callmanagers", SUB1, "ports", "sip_oauth_mra", to=None)],
        modes=OAUTH,
    ),
    # Where CallManager does not run no port is listened on.
    Row(
        "sip-oauth-ports",
        PASS,
        f"at {PUB}, {SUB2}.",
        [
            at("services", SUB1, CALLMANAGER, to=service(False)),
            at("listening", SUB1, to=[22]),
            at("callmanagers", SUB1),
        ],
        modes=OAUTH,
    ),
    Row(
        "sip-oauth-ports",
        PASS,
        f"at {PUB}, {SUB2}.",
        [at("services", SUB1, CALLMANAGER, to=service(False)), at("listening", SUB1)],
        modes=OAUTH,
    ),
    Row(
        "sip-oauth-ports",
        FAIL,
        SUB1,
        [at("services", SUB1), at("listening", SUB1, to=[22])],
        modes=OAUTH,
    ),
    Row("sip-oauth-ports", UNKNOWN, f"no CallManager of {SUB1}", [at("callmanagers", SUB1)], modes=OAUTH),
    Row("sip-oauth-ports", UNKNOWN, "callmanagers was not read", [at("callmanagers")], modes=OAUTH),
    Row("sip-oauth-ports", UNKNOWN, f"listening of {SUB1}", [at("listening", SUB1)], modes=OAUTH),
    Row(
        "sip-oauth-ports",
        UNKNOWN,
        f"needed: {CLI_0}",
        [
            at("listening"),
            *(at("unavailable", f"listening.{node}", to="privilege_too_low:") for node in NODES),
        ],
        modes=OAUTH,
    ),
    Row(
        "sip-oauth-ports",
        UNKNOWN,
        "no CallManager that is activated",
        [at("services", node, CALLMANAGER, to=service(False)) for node in NODES],
        modes=OAUTH,
    ),
    Row("phone-edge-trust", PASS, "Expressway-E aside", modes=OAUTH, intent=WANTS_OAUTH),
    Row("phone-edge-trust", PASS, "every root that phones need.", modes=OAUTH, intent=EDGE),
    Row("phone-edge-trust", IDLE, "not wanted", modes=OAUTH),
    Row("phone-edge-trust", IDLE, "not wanted", modes=OAUTH, intent={"sip_oauth_mode": "disabled"}),
    # It must be so before the mode is turned on.
    Row("phone-edge-trust", PASS, "", intent=WANTS_OAUTH),
    Row(
        "phone-edge-trust",
        FAIL,
        f"lacks {ROOT_EC}",
        [at("trust_stores", "phone_edge", to=[{"sha256": ROOT_RSA}])],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        FAIL,
        f"lacks {ROOT_EDGE}",
        [at("trust_stores", "phone_edge", 2)],
        intent=EDGE,
    ),
    Row(
        "phone-edge-trust",
        FAIL,
        f"no root is known for tomcat of {SUB1}",
        [at("trust_stores", "tomcat", SUB1, "tomcat", "root", to=None)],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        FAIL,
        "has 17 certificates; phones take 16",
        [
            at(
                "trust_stores",
                "phone_edge",
                to=[{"sha256": root} for root in (ROOT_RSA, ROOT_EC, *map(str, range(15)))],
            )
        ],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        PASS,
        "",
        [
            at(
                "trust_stores",
                "phone_edge",
                to=[{"sha256": root} for root in (ROOT_RSA, ROOT_EC, *map(str, range(14)))],
            )
        ],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        UNKNOWN,
        "shows no phone-edge trust store",
        [at("trust_stores", "phone_edge", to=None)],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        UNKNOWN,
        f"{SUB1} reported no Tomcat certificate",
        [at("trust_stores", "tomcat", SUB1)],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        UNKNOWN,
        f"{SUB1} reported no Tomcat certificate",
        [at("trust_stores", "tomcat", SUB1, to={"tomcat": None})],
        intent=WANTS_OAUTH,
    ),
    Row(
        "phone-edge-trust",
        UNKNOWN,
        f"needed: {CLI_4}",
        unread("trust_stores", "privilege_too_low: x", ("trust_stores",)),
        intent=WANTS_OAUTH,
    ),
    Row("phone-edge-trust", UNKNOWN, "sip_oauth_mode", [at("sip_oauth_mode")], intent=WANTS_OAUTH),
    Row("phone-edge-trust", UNKNOWN, "release was not read", [at("release")], intent=WANTS_OAUTH),
    Row("phone-edge-trust", UNKNOWN, "nodes", [at("nodes")], intent=WANTS_OAUTH),
    Row("phone-edge-trust", IDLE, "no phone is served", [at("release", to="12.5.1")], intent=WANTS_OAUTH),
    Row(
        "phone-edge-trust",
        IDLE,
        "no phone is served",
        intent={**WANTS_OAUTH, "sip_oauth_clients": ["jabber"]},
    ),
    Row(
        "phone-edge-trust",
        PASS,
        "",
        [at("release", to="12.5.1")],
        intent={**WANTS_OAUTH, "sip_oauth_clients": ["phones"]},
    ),
    Row(
        "phone-edge-trust",
        IDLE,
        "no SIP OAuth mode",
        [at("sip_oauth_mode", to="absent")],
        intent=WANTS_OAUTH,
    ),
    Row("expressway-c-entries", IDLE, "no Expressway-C entry is wanted"),
    Row("expressway-c-entries", IDLE, "no Expressway-C entry is wanted", intent={"expressway_c": []}),
    Row("expressway-c-entries", IDLE, "is wanted", intent={"expressway_c_exactly": True}),
    Row("expressway-c-entries", PASS, "1 Expressway-C entries", intent=ENTRY),
    Row(
        "expressway-c-entries",
        FAIL,
        "there is no Expressway-C EXP-c1",
        [at("expressway_c", to={"other": expressway_c("other")})],
        intent=ENTRY,
    ),
    Row(
        "expressway-c-entries",
        FAIL,
        "there is no Expressway-C c9",
        intent={"expressway_c": [{"host": "c9", "description": "x", "subject_names": ["y"]}]},
    ),
    Row("expressway-c-entries", PASS, "", [at("expressway_c", "x", to=expressway_c("x"))], intent=ENTRY),
    Row(
        "expressway-c-entries",
        FAIL,
        "Expressway-C x is not intended",
        [at("expressway_c", "x", to=expressway_c("x"))],
        intent={**ENTRY, "expressway_c_exactly": True},
    ),
    Row(
        "expressway-c-entries",
        FAIL,
        "Expressway-C exp-c1 is not intended",
        intent={"expressway_c": [], "expressway_c_exactly": True},
    ),
    Row("expressway-c-entries", PASS, "", intent={**ENTRY, "expressway_c_exactly": True}),
    Row(
        "expressway-c-entries",
        FAIL,
        "the description of Expressway-C exp-c1",
        intent={"expressway_c": [{"host": "exp-c1", "description": "x"}]},
    ),
    Row(
        "expressway-c-entries",
        PASS,
        "",
        [at("expressway_c", "exp-c1", "description", to="x")],
        intent={"expressway_c": [{"host": "exp-c1", "description": " x "}]},
    ),
    Row(
        "expressway-c-entries",
        FAIL,
        "the subject names of Expressway-C exp-c1",
        [at("expressway_c", "exp-c1", "subject_names", to=["a", "b"])],
        intent={"expressway_c": [{"host": "exp-c1", "subject_names": ["a"]}]},
    ),
    Row(
        "expressway-c-entries",
        PASS,
        "",
        [at("expressway_c", "exp-c1", "subject_names", to=["a", "b"])],
        intent={"expressway_c": [{"host": "exp-c1", "subject_names": ["b", "a "]}]},
    ),
    Row("expressway-c-entries", UNKNOWN, "expressway_c was not read", [at("expressway_c")], intent=ENTRY),
]


def phones(**profiles: t.Any) -> list[t.Any]:
    return [at("phone_profiles", to=profiles)]


NON_SECURE = {"device_security_mode": "non_secure", "transport": "tcp+udp", "tftp_encrypted_config": False}
OAUTH_PROFILE = {"sip_oauth": True, "tftp_encrypted_config": False}
PROFILE_CONTROLS = (
    "phones-secure",
    "phones-encrypted",
    "phone-certificates",
    "tftp-encrypted-config",
    "profile-key-size",
)

PHONES_ROWS = [
    *(
        row
        for control in PROFILE_CONTROLS
        for row in (
            Row(control, PASS),
            Row(control, UNKNOWN, "phone_profiles was not read", [at("phone_profiles")]),
            Row(
                control,
                UNKNOWN,
                f"needed: {AXL}",
                unread("phone_profiles", "account_missing: x", ("phone_profiles",)),
            ),
            Row(control, IDLE, "no phone", phones(P=phone_profile(phones=0))),
            Row(control, IDLE, "no phone", phones()),
            Row(
                control,
                UNKNOWN,
                "how profile P protects its 10 phones is not known",
                phones(P=phone_profile(device_security_mode="Very Secure")),
            ),
            Row(
                control,
                UNKNOWN,
                "how profile P protects its 10 phones is not known",
                phones(P=phone_profile(device_security_mode=None), Q=phone_profile()),
            ),
        )
    ),
    *(
        row
        for control in ("phones-secure", "phones-encrypted")
        for row in (
            # In mixed mode with every phone non-secure nothing is secure.
            Row(
                control,
                FAIL,
                "10 of 10 phones (100 %) are not",
                phones(P=phone_profile(**NON_SECURE)),
            ),
            Row(
                control,
                FAIL,
                "1 of 1000 phones (0.1 %) are not",
                phones(P=phone_profile(999), Q=phone_profile(1, **NON_SECURE)),
            ),
            # A secure profile protects nobody in a cluster that is not in mixed mode.
            Row(control, FAIL, f"10 with {DESK}, which needs mixed mode", modes=OAUTH),
            # Nor without a certificate.
            Row(
                control,
                FAIL,
                "3 of 10 phones (30 %)",
                phones(P=phone_profile(model=JABBER, certificates_installed=7)),
            ),
            Row(
                control,
                FAIL,
                "3 with P and no certificate",
                phones(P=phone_profile(model=JABBER, certificates_installed=7)),
            ),
            # A desk phone has its manufacturer's, whatever its profile says of how it proves itself to CAPF.
            *(
                Row(
                    control,
                    PASS,
                    "0 of 10 phones (0 %) are not",
                    phones(P=phone_profile(certificates_installed=7, authentication_mode=mode)),
                )
                for mode in (
                    "null_string",
                    "existing_certificate_lsc",
                    "existing_certificate_mic",
                    "By Magic",
                    None,
                )
            ),
            Row(
                control,
                PASS,
                "; 3 phones by the manufacturer's certificate (MIC)",
                phones(P=phone_profile(certificates_installed=7)),
            ),
            # A client has none, nor has a third-party phone; a video endpoint needs another.
            *(
                Row(
                    control,
                    FAIL,
                    "10 with P and no certificate",
                    phones(
                        P=phone_profile(
                            model=model,
                            certificates_installed=0,
                            authentication_mode="existing_certificate_mic",
                        )
                    ),
                )
                for model in (
                    JABBER,
                    "Cisco Webex Room Kit",
                    "Cisco TelePresence SX20",
                    "Third-party SIP Device (Basic)",
                )
            ),
            *(
                Row(
                    control,
                    UNKNOWN,
                    f"1 phone {model or 'of no model'} with profile P and no certificate is not known",
                    phones(P=phone_profile(model=model, certificates_installed=9)),
                )
                for model in ("Cisco 7942", "Acme Phone", "")
            ),
            *(
                Row(
                    control,
                    UNKNOWN,
                    "the models of 3 phones with profile P and no certificate are not known",
                    phones(P=phone_profile(certificates_installed=7, models=models)),
                )
                for models in ({}, {"Cisco 8841": {"phones": 9, "certificates_installed": 7}})
            ),
            Row(
                control,
                PASS,
                "",
                phones(P=phone_profile(authentication_mode=None)),
            ),
            Row(
                control,
                UNKNOWN,
                "more certificates than phones",
                phones(P=phone_profile(certificates_installed=11)),
            ),
            # With SIP OAuth a phone needs the mode, and no certificate.
            Row(
                control,
                PASS,
                "",
                phones(P=phone_profile(certificates_installed=0, **OAUTH_PROFILE)),
                modes=OAUTH,
            ),
            Row(
                control,
                FAIL,
                "10 with P, which needs SIP OAuth mode",
                phones(P=phone_profile(certificates_installed=0, **OAUTH_PROFILE)),
            ),
            Row(
                control,
                PASS,
                "5 of 100 phones (5 %) are not",
                phones(P=phone_profile(95), Q=phone_profile(5, **NON_SECURE)),
                options={"max_share_percent": 5},
            ),
            Row(
                control,
                FAIL,
                "6 of 100 phones (6 %) are not",
                phones(P=phone_profile(94), Q=phone_profile(6, **NON_SECURE)),
                options={"max_share_percent": 5},
            ),
            # What is too much for sure comes before what is not known.
            Row(
                control,
                FAIL,
                "",
                phones(P=phone_profile(5, **NON_SECURE), Q=phone_profile(5, device_security_mode=None)),
            ),
            Row(control, UNKNOWN, "security_mode", [at("security_mode")]),
        )
    ),
    Row("phones-secure", PASS, "", phones(P=phone_profile(device_security_mode="authenticated"))),
    Row(
        "phones-encrypted",
        FAIL,
        "10 with P (authenticated)",
        phones(P=phone_profile(device_security_mode="authenticated")),
    ),
    Row(
        "phones-secure",
        FAIL,
        "are not encrypted",
        phones(P=phone_profile(device_security_mode="authenticated")),
        options={"level": "encrypted"},
    ),
    Row("phone-certificates", PASS, "0 of 10 phones (0 %) on secure profiles have no certificate"),
    # Whatever the mode: they are to be ready for it.
    Row(
        "phone-certificates",
        FAIL,
        "1 of 10 phones (10 %) on secure profiles have no certificate: 1 with P",
        phones(P=phone_profile(model=JABBER, certificates_installed=9), Q=phone_profile(90, **NON_SECURE)),
        modes=PLAIN,
    ),
    Row(
        "phone-certificates",
        FAIL,
        "2 of 10 phones (20 %) on secure profiles had an operation of CAPF that failed: 2 with P",
        phones(P=phone_profile(certificates_failed=2)),
    ),
    Row(
        "phone-certificates",
        FAIL,
        "CAPF that failed",
        phones(P=phone_profile(certificates_failed=1, authentication_mode="existing_certificate_mic")),
    ),
    Row(
        "phone-certificates",
        PASS,
        "; 10 phones by the manufacturer's certificate (MIC)",
        phones(P=phone_profile(certificates_installed=0)),
    ),
    # A site may want one of its own on every phone.
    Row(
        "phone-certificates",
        FAIL,
        "10 of 10 phones (100 %) on secure profiles have no certificate",
        phones(P=phone_profile(certificates_installed=0, authentication_mode="existing_certificate_mic")),
        options={"mic": "does_not_count"},
    ),
    Row("phone-certificates", PASS, "", phones(P=phone_profile(certificates_pending=3))),
    Row(
        "phone-certificates",
        UNKNOWN,
        "what proves the identity of 1 phone Cisco 7942 with profile P",
        phones(P=phone_profile(model="Cisco 7942", certificates_installed=9)),
    ),
    Row(
        "phone-certificates",
        IDLE,
        "no phone has a secure profile",
        phones(P=phone_profile(certificates_installed=0, certificates_failed=1, **OAUTH_PROFILE)),
    ),
    Row(
        "phone-certificates",
        IDLE,
        "no phone has a secure profile",
        phones(P=phone_profile(certificates_installed=0, certificates_failed=1, **NON_SECURE)),
    ),
    Row(
        "phone-certificates",
        FAIL,
        "",
        phones(P=phone_profile(model=JABBER, certificates_installed=9, device_security_mode="authenticated")),
    ),
    *(
        Row(
            "phone-certificates",
            verdict,
            "",
            phones(P=phone_profile(model=JABBER, **state)),
            options={"max_share_percent": 20},
        )
        for state, verdict in (
            ({"certificates_installed": 8}, PASS),
            ({"certificates_installed": 7}, FAIL),
            ({"certificates_failed": 2}, PASS),
            ({"certificates_failed": 3}, FAIL),
            # Each of both shares, because the same phone may be in both.
            ({"certificates_installed": 8, "certificates_failed": 2}, PASS),
        )
    ),
    Row(
        "tftp-encrypted-config",
        FAIL,
        "profile P sends its configuration by TFTP without encryption",
        phones(P=phone_profile(tftp_encrypted_config=False)),
    ),
    Row(
        "tftp-encrypted-config",
        UNKNOWN,
        "profile P does not tell",
        phones(P=phone_profile(tftp_encrypted_config=None)),
    ),
    *(
        Row(
            "tftp-encrypted-config",
            IDLE,
            "",
            phones(P=phone_profile(**{"tftp_encrypted_config": False, **state})),
        )
        for state in (NON_SECURE, OAUTH_PROFILE, {"device_security_mode": "authenticated"}, {"phones": 0})
    ),
    # No setting encrypts the file of a client with SIP OAuth: it is told, and a site may have it judged.
    *(
        Row(
            "tftp-encrypted-config",
            verdict,
            "the configuration of 4 clients with SIP OAuth is not encrypted",
            phones(P=phone_profile(), Q=phone_profile(4, JABBER, **OAUTH_PROFILE)),
            options=options,
        )
        for verdict, options in ((PASS, {}), (FAIL, {"clients": "judged"}))
    ),
    Row(
        "tftp-encrypted-config",
        PASS,
        "the configuration of 4 clients",
        phones(Q=phone_profile(4, JABBER, **OAUTH_PROFILE)),
    ),
    Row(
        "profile-key-size",
        FAIL,
        "profile P asks for keys of 1024 bits, less than 2048",
        phones(P=phone_profile(key_size=1024)),
    ),
    Row("profile-key-size", FAIL, "2048 bits, less than 3072", options={"min_bits": 3072}),
    Row("profile-key-size", UNKNOWN, "does not tell", phones(P=phone_profile(key_size="2048"))),
    Row("profile-key-size", UNKNOWN, "does not tell", phones(P=phone_profile(key_size=None))),
    Row("profile-key-size", UNKNOWN, "does not tell", phones(P=phone_profile(key_size=True))),
    Row(
        "profile-key-size",
        FAIL,
        "",
        phones(P=phone_profile(key_size=512, device_security_mode="authenticated")),
    ),
    *(
        Row("profile-key-size", IDLE, "", phones(P=phone_profile(key_size=512, **state)))
        for state in (NON_SECURE, {"key_order": "ec_only"}, {"phones": 0})
    ),
    Row(
        "profile-key-size",
        FAIL,
        "",
        phones(P=phone_profile(key_size=512, key_order="ec_preferred_rsa_backup")),
    ),
    Row("sip-oauth-profiles", PASS, "in 1 profile with"),
    # Those that no phone uses are judged too.
    Row(
        "sip-oauth-profiles",
        FAIL,
        f"profile {PHONES} has SIP OAuth and digest authentication.",
        [at("phone_profiles", PHONES, "digest_authentication", to=True)],
    ),
    Row(
        "sip-oauth-profiles",
        FAIL,
        "an encrypted TFTP configuration",
        [at("phone_profiles", PHONES, "tftp_encrypted_config", to=True)],
    ),
    Row(
        "sip-oauth-profiles",
        FAIL,
        "the mode authenticated and the transport tcp",
        [
            at("phone_profiles", PHONES, "device_security_mode", to="authenticated"),
            at("phone_profiles", PHONES, "transport", to="tcp"),
        ],
    ),
    *(
        Row(
            "sip-oauth-profiles",
            UNKNOWN,
            f"does not show its {key}",
            [at("phone_profiles", PHONES, key, to=None)],
        )
        for key in ("device_security_mode", "transport", "digest_authentication", "tftp_encrypted_config")
    ),
    Row("sip-oauth-profiles", IDLE, "no phone security profile", [at("phone_profiles", PHONES)]),
    Row("sip-oauth-profiles", IDLE, "", [at("phone_profiles", PHONES, "sip_oauth", to=None)]),
    Row("sip-oauth-profiles", UNKNOWN, "phone_profiles was not read", [at("phone_profiles")]),
]


def trunks(**state: t.Any) -> list[t.Any]:
    return [at("sip_trunk_profiles", TRUNKS, to=trunk_profile(**state))]


TRUNK_ROWS = [
    Row("sip-trunks-secure", PASS, "the profiles of 2 trunks are encrypted"),
    Row(
        "sip-trunks-secure",
        FAIL,
        f"profile {TRUNKS} of 2 trunks is non_secure, not encrypted",
        trunks(security_mode="non_secure", incoming_transport="tcp+udp", outgoing_transport="tcp"),
    ),
    Row(
        "sip-trunks-secure",
        FAIL,
        "is authenticated, not encrypted",
        trunks(security_mode="authenticated"),
    ),
    Row(
        "sip-trunks-secure",
        PASS,
        "",
        trunks(security_mode="authenticated"),
        options={"level": "authenticated"},
    ),
    Row("sip-trunks-secure", PASS, "", options={"level": "authenticated"}),
    Row(
        "sip-trunks-secure",
        FAIL,
        "",
        trunks(security_mode="non_secure"),
        options={"level": "authenticated"},
    ),
    Row("sip-trunks-secure", FAIL, "uses tcp and tls, not TLS alone", trunks(incoming_transport="tcp")),
    Row("sip-trunks-secure", FAIL, "uses tls and udp, not TLS alone", trunks(outgoing_transport="udp")),
    Row("sip-trunks-secure", UNKNOWN, "which transport", trunks(incoming_transport=None)),
    Row("sip-trunks-secure", UNKNOWN, "which transport", trunks(outgoing_transport=None)),
    Row("sip-trunks-secure", UNKNOWN, "which transport", trunks(outgoing_transport="tls_1.3")),
    Row("sip-trunks-secure", UNKNOWN, "protects its 2 trunks is not known", trunks(security_mode=None)),
    Row("sip-trunks-secure", UNKNOWN, "is not known", trunks(security_mode="Very Secure")),
    Row("sip-trunks-secure", IDLE, "no SIP trunk", trunks(trunks=0, security_mode="non_secure")),
    Row("sip-trunks-secure", IDLE, "no SIP trunk", [at("sip_trunk_profiles", to={})]),
    Row(
        "sip-trunks-secure",
        PASS,
        "",
        [at("sip_trunk_profiles", "Presence", to=trunk_profile(security_mode="non_secure"))],
        options={"except_profiles": ["Presence"]},
    ),
    Row("sip-trunks-secure", UNKNOWN, "sip_trunk_profiles was not read", [at("sip_trunk_profiles")]),
    Row(
        "sip-trunks-secure",
        UNKNOWN,
        f"needed: {AXL}",
        unread("sip_trunks", "This needs axl_username and axl_password.", ("sip_trunk_profiles",)),
    ),
]


def days(number: float) -> str:
    """Return the time that many days after the one to judge by."""
    return (MOMENT + timedelta(days=number)).isoformat()


def signed(unit: str, purposes: list[str] | None) -> list[t.Any]:
    """Return the change after which a CA has signed a certificate for some purposes; a node shows none of them itself."""
    by_ca = certificate("CA", issuer="CN=CA", self_signed=False, extended_key_usage=purposes)
    return [at("node_certificates", SUB1, unit, to=by_ca), at("tomcat")]


def imported(number: int) -> list[t.Any]:
    """Return the change after which the ITL files have certificates of other clusters beside their own seven."""
    more = [certificate(f"{n:X}", services=["Phone-SAST-trust"]) for n in range(1, number + 1)]
    return [at("trust_certificates", to=more)]


REUSED = [
    at("tomcat"),
    *(at("node_certificates", SUB1, unit, to=certificate("77")) for unit in ("tomcat", "CallManager")),
]
# Without an AXL account the nodes alone tell their certificates.
NO_DATABASE = at("node_certificates")
OTHER_CONTROLS = ("node-certificates-expiry", "node-certificates-expiry-early", "node-key-size")

CERTIFICATES = [
    *(
        row
        for control in CERTIFICATE_CONTROLS
        for row in (
            Row(control, PASS, "5 "),
            Row(control, PASS, "4 ", [NO_DATABASE, at("certificates", "CAPF")]),
            Row(
                control,
                UNKNOWN,
                "certificate CAPF of the publisher",
                [NO_DATABASE, at("certificates", "CAPF", to=None)],
            ),
            *(
                Row(
                    control,
                    UNKNOWN,
                    f"certificate {unit} of the publisher",
                    [NO_DATABASE, at("tomcat"), at("certificates", unit)],
                )
                for unit in ("CallManager", "TVS", "ITLRecovery", "tomcat")
            ),
            Row(control, UNKNOWN, "certificates was not read", [NO_DATABASE, at("certificates")]),
            Row(
                control,
                UNKNOWN,
                f"needed: {CLI_1}",
                [NO_DATABASE, *unread("certificates", "privilege_too_low: x", ("certificates",))],
            ),
            # The database is enough, and tells what the node does not print.
            Row(control, PASS, "5 ", unread("certificates", "privilege_too_low: x", ("certificates",))),
            Row(control, PASS, "5 ", [at("certificates", "CallManager")]),
            Row(control, PASS, "5 ", [at("certificates", "TVS", to=None)]),
        )
    ),
    *(
        row
        for control in TOMCAT_CONTROLS
        for row in (
            Row(control, PASS, "6 "),
            Row(control, PASS, "5 ", [NO_DATABASE, at("tomcat", SUB1, "tomcat-ECDSA")]),
            Row(
                control,
                UNKNOWN,
                f"tomcat-ECDSA of {SUB1}",
                [NO_DATABASE, at("tomcat", SUB1, "tomcat-ECDSA", to=None)],
            ),
            Row(
                control,
                UNKNOWN,
                f"{SUB1} reported no such certificate",
                [NO_DATABASE, at("tomcat", SUB1, to={})],
            ),
            *silent(control, "tomcat", NO_DATABASE),
            Row(control, PASS, "6 ", [at("tomcat")]),
            Row(control, PASS, "6 ", [at("tomcat", SUB1)]),
        )
    ),
    *(
        row
        for control in OTHER_CONTROLS
        for row in (
            # Four of each subscriber, and two that the publisher is not asked for.
            Row(control, PASS, "10 "),
            Row(control, PASS, "9 ", [at("node_certificates", SUB1, "ipsec")]),
            Row(control, PASS, "11 ", [at("node_certificates", SUB1, "CAPF", to=certificate("C"))]),
            *(
                Row(control, UNKNOWN, f"{unit} of {SUB2}", [at("node_certificates", SUB2, unit, to=None)])
                for unit in ("CallManager", "CallManager-ECDSA", "TVS", "ipsec")
            ),
            Row(control, UNKNOWN, f"CallManager of {SUB2}", [at("node_certificates", SUB2, "CallManager")]),
            *silent(control, "node_certificates"),
        )
    ),
    # Tomcat's certificate is reused for CallManager: it is judged once.
    *(
        Row(
            control,
            verdict,
            words,
            [*REUSED, at("node_certificates", SUB1, "tomcat", "not_after", to=days(left))],
        )
        for control, verdict, words, left in (
            ("tomcat-certificates-expiry", PASS, "6 ", 30),
            ("tomcat-certificates-expiry", FAIL, f"tomcat of {SUB1} (CallManager's too) expires on", 29),
            ("node-certificates-expiry", PASS, "9 ", 29),
        )
    ),
    *(
        Row(
            f"node-certificates-expiry{early}",
            verdict,
            f"{unit} of {SUB2} " if verdict == FAIL else "",
            [at("node_certificates", SUB2, unit, "not_after", to=days(left))],
        )
        for unit in ("CallManager", "CallManager-ECDSA", "TVS", "ipsec")
        for least, early in ((30, ""), (90, "-early"))
        for left, verdict in ((least, PASS), (least - 0.01, FAIL), (-1, FAIL))
    ),
    *(
        Row("node-key-size", verdict, words, [at("node_certificates", SUB1, unit, "key_bits", to=bits)])
        for unit, bits, verdict, words in (
            ("TVS", 2047, FAIL, f"the RSA key of TVS of {SUB1} has 2047 bits, less than 2048"),
            ("TVS", 2048, PASS, ""),
            ("CallManager-ECDSA", 255, FAIL, "the EC key"),
            ("CallManager-ECDSA", 256, PASS, ""),
        )
    ),
    Row("trust-certificates-expiry", PASS, "1 certificate valid"),
    Row(
        "trust-certificates-expiry",
        FAIL,
        "in tomcat-trust (serial number 9) expired on",
        [at("trust_certificates", 0, "not_after", to=days(-1))],
    ),
    Row(
        "trust-certificates-expiry",
        FAIL,
        "in 40 days",
        [at("trust_certificates", 0, "not_after", to=days(40))],
        options={"min_days": 41},
    ),
    Row("trust-certificates-expiry", UNKNOWN, "trust_certificates was not read", [at("trust_certificates")]),
    Row(
        "trust-certificates-expiry",
        UNKNOWN,
        "more than 500",
        unread("trust_certificates.others", "unreadable_output: The database holds 900, more than 500."),
    ),
    Row("certificates-agree", PASS, "10 certificates the same"),
    Row("certificates-agree", AGAINST, "70CAF6022", [at("certificates", "TVS", "serial", to="77")]),
    Row(
        "certificates-agree", AGAINST, f"tomcat at {SUB1}", [at("tomcat", SUB1, "tomcat", "serial", to="77")]
    ),
    Row("certificates-agree", AGAINST, "77", [at("node_certificates", SUB2, "tomcat", "serial", to="77")]),
    Row("certificates-agree", UNKNOWN, "certificates was not read", [at("certificates")]),
    *silent("certificates-agree", "tomcat"),
    *silent("certificates-agree", "node_certificates"),
    Row(
        "certificates-agree",
        UNKNOWN,
        "no certificate was read both ways",
        [at("certificates", to={}), *(at("tomcat", node, to={}) for node in NODES)],
    ),
    Row("certificate-purposes", IDLE, "no certificate is signed by a CA"),
    *(
        Row("certificate-purposes", verdict, words, signed(unit, purposes))
        for unit, purposes, verdict, words in (
            ("CallManager", ["server_auth", "client_auth"], PASS, "1 certificate of a CA"),
            ("CallManager", None, PASS, ""),
            ("CallManager", ["any"], PASS, ""),
            ("CallManager", ["server_auth"], FAIL, f"CallManager of {SUB1} is not for client authentication"),
            ("CallManager-ECDSA", ["client_auth"], FAIL, "not for server authentication"),
            ("tomcat", ["server_auth"], FAIL, f"tomcat of {SUB1} is not for client authentication"),
            ("TVS", [], FAIL, "server authentication and client authentication"),
            ("ipsec", ["server_auth", "ipsec_end_system"], FAIL, "client authentication"),
            ("CAPF", ["server_auth"], PASS, ""),
            ("CAPF", ["client_auth"], FAIL, "server authentication"),
        )
    ),
    Row(
        "certificate-purposes",
        UNKNOWN,
        f"what TVS of {SUB1} may be used for",
        [at("node_certificates", SUB1, "TVS", "self_signed")],
    ),
    *silent("certificate-purposes", "node_certificates"),
    Row("itl-size", PASS, "39 certificates or fewer"),
    Row("itl-size", FAIL, f"ITL file of {PUB} has 40 certificates", imported(33)),
    Row("itl-size", PASS, "", imported(32)),
    Row("itl-size", UNKNOWN, "without Phone-SAST-trust", [at("trust_certificates")]),
    Row("itl-size", UNKNOWN, "node_certificates was not read", [at("node_certificates")]),
    Row(
        "itl-size",
        UNKNOWN,
        f"without TVS of {SUB1}",
        [
            *imported(34),
            at("node_certificates", SUB1, "TVS", to=None),
            at("node_certificates", SUB2, "TVS", to=None),
        ],
    ),
    *(
        Row(f"{kind}-certificates-expiry{early}", verdict, words, [at(*place, "not_after", to=days(left))])
        for kind, place, name in (
            ("publisher", ("certificates", "TVS"), "TVS"),
            ("tomcat", ("tomcat", SUB1, "tomcat-ECDSA"), f"tomcat-ECDSA of {SUB1}"),
        )
        for least, early in ((30, ""), (90, "-early"))
        for left, verdict, words in (
            (least, PASS, ""),
            (least - 0.01, FAIL, f"{name} expires on"),
            (0, FAIL, f"{name} expires on 2026-03-20, in 0 days"),
            (-0.01, FAIL, f"{name} expired on 2026-03-20"),
        )
    ),
    Row(
        "publisher-certificates-expiry",
        FAIL,
        "TVS is not valid before 2026-03-21",
        [at("certificates", "TVS", "not_before", to="2026-03-21T00:00:00")],
    ),
    Row(
        "publisher-certificates-expiry",
        PASS,
        "",
        [at("certificates", "TVS", "not_before", to=days(0))],
    ),
    Row("publisher-certificates-expiry", PASS, "", [at("certificates", "TVS", "not_before")]),
    Row(
        "publisher-certificates-expiry",
        FAIL,
        "in 40 days",
        [at("certificates", "TVS", "not_after", to=days(40))],
        options={"min_days": 41},
    ),
    *(
        Row(f"{kind}-key-size", verdict, words, [at(*place, key, to=value)], options=options)
        for kind, place in (("publisher", ("certificates", "TVS")), ("tomcat", ("tomcat", SUB1, "tomcat")))
        for key, value, verdict, words, options in (
            ("key_bits", 2047, FAIL, "has 2047 bits, less than 2048", {}),
            ("key_bits", 2048, PASS, "", {}),
            ("key_bits", 3071, FAIL, "less than 3072", {"min_rsa_bits": 3072}),
            ("key_type", "other", UNKNOWN, "kind of", {}),
        )
    ),
    *(
        Row(
            "tomcat-key-size",
            verdict,
            "",
            [at("tomcat", SUB1, "tomcat-ECDSA", "key_bits", to=bits)],
            options=o,
        )
        for bits, verdict, o in ((255, FAIL, {}), (256, PASS, {}), (256, FAIL, {"min_ec_bits": 384}))
    ),
    Row("itlrecovery-key-size", PASS, "2048 bits"),
    Row(
        "itlrecovery-key-size",
        FAIL,
        "1024 bits, less than 2048",
        [at("certificates", "ITLRecovery", "key_bits", to=1024)],
    ),
    Row("itlrecovery-key-size", FAIL, "less than 2049", options={"min_bits": 2049}),
    Row("itlrecovery-key-size", PASS, "", options={"min_bits": 2048}),
    Row(
        "itlrecovery-key-size",
        IDLE,
        "not an RSA key",
        [at("certificates", "ITLRecovery", "key_type", to="ec")],
    ),
    Row("itlrecovery-key-size", UNKNOWN, "kind", [at("certificates", "ITLRecovery", "key_type", to="other")]),
    Row(
        "itlrecovery-key-size",
        UNKNOWN,
        "cannot be read",
        [at("node_certificates", PUB, "ITLRecovery"), at("certificates", "ITLRecovery")],
    ),
    Row("itlrecovery-key-size", PASS, "2048 bits", [at("certificates")]),
    Row(
        "itlrecovery-key-size",
        UNKNOWN,
        "cannot be read",
        [NO_DATABASE, at("certificates", "ITLRecovery", to=None)],
    ),
    Row(
        "itlrecovery-key-size",
        UNKNOWN,
        f"needed: {CLI_1}",
        [NO_DATABASE, *unread("certificates", "privilege_too_low: x", ("certificates",))],
    ),
]

AUTHENTICATED = phones(P=phone_profile(device_security_mode="authenticated"))
TRUNK_AUTHENTICATED = [at("sip_trunk_profiles", TRUNKS, "security_mode", to="authenticated")]
STRICT = [at("tls_minimum", SUB1, to="1.3")]
TLS_1_3 = [
    Row("authenticated-with-tls-1-3", PASS, "no phone and no trunk is only authenticated", STRICT),
    Row("authenticated-with-tls-1-3", PASS, "accept TLS 1.2 too", AUTHENTICATED),
    Row(
        "authenticated-with-tls-1-3",
        FAIL,
        f"profile P of 10 phones is authenticated, which does not work with TLS 1.3 alone at {SUB1}",
        [*AUTHENTICATED, *STRICT],
    ),
    Row("authenticated-with-tls-1-3", FAIL, f"profile {TRUNKS} of 2 trunks", [*TRUNK_AUTHENTICATED, *STRICT]),
    # Profiles that nobody uses disturb nobody.
    Row(
        "authenticated-with-tls-1-3",
        PASS,
        "",
        [*phones(P=phone_profile(0, device_security_mode="authenticated")), *STRICT],
    ),
    Row(
        "authenticated-with-tls-1-3",
        UNKNOWN,
        "is not understood (TLSv9)",
        [*AUTHENTICATED, at("tls_minimum", SUB1, to="TLSv9")],
    ),
    Row(
        "authenticated-with-tls-1-3", UNKNOWN, "tls_minimum was not read", [*AUTHENTICATED, at("tls_minimum")]
    ),
    # What no phone and no trunk needs is not missed.
    Row("authenticated-with-tls-1-3", PASS, "", [at("tls_minimum")]),
    Row("authenticated-with-tls-1-3", UNKNOWN, "phone_profiles was not read", [at("phone_profiles")]),
    Row("authenticated-with-tls-1-3", UNKNOWN, "sip_trunk_profiles was not read", [at("sip_trunk_profiles")]),
]

DIRECTORY = {"directory_logins": "required"}
NO_LDAP = [at("ldap_hosts", to=[])]
TRUNKS_PLAIN = [at("sip_trunk_profiles", TRUNKS, "security_mode", to="non_secure")]
LOCAL = [*NO_LDAP, at("sso_modes", SUB1, to="disabled")]
LOGINS = [
    Row("no-remote-account", PASS, f"{SUB2} have no remote account"),
    Row(
        "no-remote-account",
        FAIL,
        f"the remote account of {SUB1} is enabled",
        [at("remote_account", SUB1, to=True)],
    ),
    *silent("no-remote-account", "remote_account"),
    Row("ldap-encrypted", PASS, "1 directory server asked by TLS"),
    Row(
        "ldap-encrypted",
        FAIL,
        "dc1:389 is asked without TLS",
        [at("ldap_hosts", to=[{"host": "dc1", "port": 389, "encrypted": False}])],
    ),
    Row(
        "ldap-encrypted",
        UNKNOWN,
        "whether dc1:389 is asked by TLS is not known",
        [at("ldap_hosts", to=[{"host": "dc1", "port": 389, "encrypted": None}])],
    ),
    Row("ldap-encrypted", IDLE, "no directory server", NO_LDAP),
    Row("ldap-encrypted", UNKNOWN, "ldap_hosts was not read: x", unread("logins.ldap", "x", ("ldap_hosts",))),
    Row("directory-logins", IDLE, "not required in intent.directory_logins", LOCAL),
    Row("directory-logins", IDLE, "not required", LOCAL, intent={"directory_logins": "any"}),
    Row("directory-logins", PASS, "1 directory server check passwords", intent=DIRECTORY),
    Row("directory-logins", PASS, "single sign-on is on at", NO_LDAP, intent=DIRECTORY),
    # Either is enough, so the other one is not missed.
    Row("directory-logins", PASS, "", [at("sso_modes")], intent=DIRECTORY),
    Row("directory-logins", PASS, "", [at("ldap_hosts")], intent=DIRECTORY),
    Row(
        "directory-logins",
        FAIL,
        f"{SUB1} have neither single sign-on nor a directory",
        LOCAL,
        intent=DIRECTORY,
    ),
    Row(
        "directory-logins",
        UNKNOWN,
        "ldap_hosts was not read",
        [at("ldap_hosts"), at("sso_modes", SUB1, to="disabled")],
        intent=DIRECTORY,
    ),
    Row(
        "directory-logins",
        UNKNOWN,
        f"the single sign-on mode of {SUB1} is not known",
        [*NO_LDAP, at("sso_modes", SUB1, to=None)],
        intent=DIRECTORY,
    ),
    Row("directory-logins", UNKNOWN, "sso_modes was not read", [*NO_LDAP, at("sso_modes")], intent=DIRECTORY),
]
TRUNK_MEDIA = [
    Row("sip-trunks-media", PASS, "2 trunks with encrypted signalling allow SRTP"),
    Row(
        "sip-trunks-media",
        FAIL,
        f"1 trunk with profile {TRUNKS} do not allow SRTP",
        [at("sip_trunk_media", TRUNKS, "srtp_allowed", to=1)],
    ),
    Row(
        "sip-trunks-media",
        UNKNOWN,
        "more trunks with SRTP",
        [at("sip_trunk_media", TRUNKS, "srtp_allowed", to=3)],
    ),
    # Whose signalling is not encrypted is told by another control.
    Row("sip-trunks-media", IDLE, "no SIP trunk encrypts", TRUNKS_PLAIN),
    Row("sip-trunks-media", IDLE, "", TRUNK_AUTHENTICATED),
    Row("sip-trunks-media", IDLE, "", options={"except_profiles": [TRUNKS]}),
    Row("sip-trunks-peer", PASS, "1 profile with TLS"),
    Row("sip-trunks-peer", PASS, "", TRUNK_AUTHENTICATED),
    Row(
        "sip-trunks-peer",
        FAIL,
        f"profile {TRUNKS} has no X.509 subject of the peer",
        [at("sip_trunk_media", TRUNKS, "peer_named", to=False)],
    ),
    Row("sip-trunks-peer", UNKNOWN, "does not show", [at("sip_trunk_media", TRUNKS, "peer_named", to=None)]),
    Row("sip-trunks-peer", IDLE, "no SIP trunk has TLS", TRUNKS_PLAIN),
    *(
        row
        for control in ("sip-trunks-media", "sip-trunks-peer")
        for row in (
            Row(
                control,
                UNKNOWN,
                "sip_trunk_media was not read: x",
                unread("sip_trunks.media", "x", ("sip_trunk_media",)),
            ),
            Row(
                control,
                UNKNOWN,
                f"the trunks of profile {TRUNKS} were not read",
                [at("sip_trunk_media", TRUNKS)],
            ),
            Row(control, UNKNOWN, "sip_trunk_profiles was not read", [at("sip_trunk_profiles")]),
            Row(control, IDLE, "", [*TRUNKS_PLAIN, at("sip_trunk_media")]),
            Row(
                control,
                UNKNOWN,
                "how profile",
                [at("sip_trunk_profiles", TRUNKS, "security_mode", to=None)],
            ),
        )
    ),
]

WEBDIALER = "Cisco WebDialer Web Service"
WEB = [at("services", SUB1, WEBDIALER, to=service())]
OLD = [at("release", to="14.0.1.13900-155")]
PATCHED = [
    at("software_options", node, to=["ciscocm.V14SU4a_CSCwr21851_remote_code_v1.cop.sha512"])
    for node in NODES
]
DATA = "3 known vulnerabilities as of 2026-10-07 is open in"
VULNERABILITIES = [
    Row("release-vulnerabilities", PASS, f"none of the {DATA} 14.0.1.16900-4"),
    Row("release-vulnerabilities", FAIL, f"{PUB}, {SUB1}, {SUB2} have CVE-2026-20045", OLD),
    Row("release-vulnerabilities", FAIL, "fixed in 14SU5; cisco-sa-voice-rce-mORhqY4b", OLD),
    Row("release-vulnerabilities", PASS, "; patched: CVE-2026-20045", [*OLD, *PATCHED]),
    # A patch of one node is none of the others.
    Row("release-vulnerabilities", FAIL, f"{SUB1}, {SUB2} have CVE-2026-20045", [*OLD, PATCHED[0]]),
    # Where WebDialer runs, its own one counts; a service that is only there is not open to anybody.
    Row("release-vulnerabilities", FAIL, f"{SUB1} have CVE-2026-20230", [*OLD, *PATCHED, *WEB]),
    Row("release-vulnerabilities", FAIL, "fixed in 14SU6", [at("release", to="14.0.1.15900-24"), *WEB]),
    Row("release-vulnerabilities", PASS, "", [at("release", to="14.0.1.15900-24")]),
    Row(
        "release-vulnerabilities",
        PASS,
        "",
        [at("release", to="14.0.1.15900-24"), at("services", SUB1, WEBDIALER, to=service(False, "Stopped"))],
    ),
    Row("release-vulnerabilities", PASS, "", WEB),
    # Only these engineering builds of 15 have it, and no service update.
    *(
        Row("release-vulnerabilities", FAIL, "CVE-2025-20309", [at("release", to=f"15.0.1.{build}")])
        for build in ("13010-1", "13013-7", "13017-1")
    ),
    *(
        Row("release-vulnerabilities", verdict, "", [at("release", to=release)])
        for release, verdict in (
            ("15.0.1.12900-234", FAIL),
            ("15.0.1.13901-2", FAIL),
            ("15.0.1.14900-8", PASS),
            ("15.0.1.14901-2", PASS),
            ("12.5.1.10000-22", FAIL),
            ("12.5.1.19900-146", FAIL),
            # A fix that came after the last affected update and before the first that is not may have the mend.
            ("15.0.1.14026-1", UNKNOWN),
            ("14.0.1.15072-1", UNKNOWN),
            ("12.5.1.19910-1", UNKNOWN),
            # Nobody says of these.
            ("11.5.1.18900-97", UNKNOWN),
            ("16.0.1.10000-1", UNKNOWN),
            ("12.0.1.10000-10", UNKNOWN),
        )
    ),
    # The build of 15SU5, which is fixed, is not published.
    Row(
        "release-vulnerabilities",
        UNKNOWN,
        "CVE-2026-20230: whether 15.0.1.15900-1 has CVE-2026-20230 is not known",
        [at("release", to="15.0.1.15900-1"), *WEB],
    ),
    Row("release-vulnerabilities", PASS, "", [at("release", to="15.0.1.15900-1")]),
    Row("release-vulnerabilities", UNKNOWN, "release 14.0.1 is not understood", [at("release", to="14.0.1")]),
    Row("release-vulnerabilities", UNKNOWN, "is not understood", [at("release", to="x")]),
    Row("release-vulnerabilities", UNKNOWN, "release was not read", [at("release", to="")]),
    Row(
        "release-vulnerabilities",
        UNKNOWN,
        f"CVE-2026-20045: whether {PUB}, {SUB1}, {SUB2} have its patch is not known",
        [*OLD, at("software_options")],
    ),
    Row(
        "release-vulnerabilities",
        FAIL,
        f"{PUB}, {SUB2} have CVE-2026-20045",
        [*OLD, *unread(f"software_options.{SUB1}", "x: y", ("software_options", SUB1))],
    ),
    Row(
        "release-vulnerabilities",
        UNKNOWN,
        f"CVE-2026-20230: services of {SUB1}",
        [at("release", to="14.0.1.15900-24"), *unread(f"services.{SUB1}", "x: y", ("services", SUB1))],
    ),
    Row(
        "release-vulnerabilities",
        UNKNOWN,
        "services was not read",
        [at("release", to="14.0.1.15900-24"), at("services")],
    ),
]

HARDENING = [
    Row("not-prepared-for-rollback", PASS),
    Row("not-prepared-for-rollback", FAIL, "is True", [at("rollback_to_pre_8", to=True)]),
    Row("not-prepared-for-rollback", UNKNOWN, "was not read", [at("rollback_to_pre_8", to=None)]),
    Row("auto-registration", PASS, "off everywhere"),
    Row("auto-registration", FAIL, "is on at CM_2", [at("auto_registration", "CM_2", to=True)]),
    Row("auto-registration", UNKNOWN, "CM_2 does not tell", [at("auto_registration", "CM_2", to=None)]),
    Row(
        "auto-registration",
        FAIL,
        "is on at CM_1",
        [at("auto_registration", to={"CM_1": True, "CM_2": None})],
    ),
    Row("auto-registration", UNKNOWN, "no CallManager was read", [at("auto_registration", to={})]),
    Row("auto-registration", UNKNOWN, "was not read", [at("auto_registration")]),
    Row(
        "auto-registration",
        UNKNOWN,
        f"needed: {AXL}",
        unread("auto_registration", "not_soap: HTTP 403", ("auto_registration",)),
    ),
    Row("auto-registration", IDLE, "on or off", intent={"auto_registration": "any"}),
    Row("auto-registration", FAIL, "on nowhere", intent={"auto_registration": "enabled"}),
    Row(
        "auto-registration",
        PASS,
        "is on at CM_2",
        [at("auto_registration", to={"CM_1": None, "CM_2": True})],
        intent={"auto_registration": "enabled"},
    ),
    Row(
        "auto-registration",
        UNKNOWN,
        "does not tell",
        [at("auto_registration", "CM_2", to=None)],
        intent={"auto_registration": "enabled"},
    ),
    Row("tls-minimum", PASS, "TLS 1.2 and later only"),
    Row("tls-minimum", FAIL, f"{SUB1} accepts TLS 1.0, less than 1.2", [at("tls_minimum", SUB1, to="1.0")]),
    Row("tls-minimum", FAIL, f"{SUB2} accepts TLS 1.1", [at("tls_minimum", SUB2, to="1.1")]),
    Row("tls-minimum", PASS, "", [at("tls_minimum", SUB1, to="1.3")]),
    Row("tls-minimum", FAIL, "less than 1.3", options={"min_version": 1.3}),
    Row("tls-minimum", FAIL, "less than 1.3", options={"min_version": "1.3"}),
    Row("tls-minimum", PASS, "", [at("tls_minimum", SUB1, to="1.0")], options={"min_version": "1.0"}),
    Row("tls-minimum", UNKNOWN, "not understood", [at("tls_minimum", SUB1, to="SSLv3")]),
    Row("tls-minimum", FAIL, "", [at("tls_minimum", SUB1, to="SSLv3"), at("tls_minimum", SUB2, to="1.0")]),
    *silent("tls-minimum", "tls_minimum"),
    Row("account-lockout", PASS, "after 3 failed logons or fewer, and unlock it by themselves"),
    # It does not pass for the rule, which wants an administrator to release them.
    Row("account-lockout", PASS, "V-260035 does not allow"),
    Row("account-lockout", PASS, "", [at("account_locking", SUB1, "attempts", to=2)]),
    Row(
        "account-lockout",
        FAIL,
        f"{SUB1} locks no account",
        [at("account_locking", SUB1, "enabled", to=False)],
    ),
    Row(
        "account-lockout",
        FAIL,
        f"{SUB1} locks an account after 4 failed logons, more than 3",
        [at("account_locking", SUB1, "attempts", to=4)],
    ),
    Row(
        "account-lockout",
        PASS,
        "",
        [at("account_locking", SUB1, "attempts", to=5)],
        options={"max_attempts": 5},
    ),
    Row("account-lockout", UNKNOWN, "after how many", [at("account_locking", SUB1, "attempts", to=None)]),
    Row("account-lockout", UNKNOWN, "after how many", [at("account_locking", SUB1, "attempts", to=0)]),
    *silent("account-lockout", "account_locking"),
    # As the product comes, until the site says otherwise.
    Row("session-limit", PASS, "10 sessions at a time or fewer"),
    Row("session-limit", PASS, "", [at("session_limit", SUB1, to=1)]),
    Row("session-limit", FAIL, f"{SUB1} allows 11 sessions", [at("session_limit", SUB1, to=11)]),
    Row("session-limit", PASS, "", [at("session_limit", SUB1, to=10)]),
    Row("session-limit", FAIL, "allows 3 sessions at a time, more than 2", options={"max_sessions": 2}),
    Row("session-limit", UNKNOWN, "reports no session limit", [at("session_limit", SUB1, to=0)]),
    *silent("session-limit", "session_limit"),
    Row("fips-mode", IDLE, "not wanted in intent.fips_mode", [at("fips", SUB1, to=False)]),
    Row("fips-mode", IDLE, "not wanted", intent={"fips_mode": "any"}),
    Row("fips-mode", PASS, f"{SUB2} operate in FIPS mode", intent=FIPS),
    Row("fips-mode", FAIL, f"{SUB1} does not operate", [at("fips", SUB1, to=False)], intent=FIPS),
    *silent("fips-mode", "fips", intent=FIPS),
]


def backup(when: str) -> list[t.Any]:
    return [at("health", "last_backup", to=when)]


HEALTH = [
    Row("backup-age", PASS, "1.0 days old"),
    Row("backup-age", PASS, "7.0 days old", backup("2026-03-13T12:00:00")),
    Row("backup-age", FAIL, "7.0 days old, more than 7", backup("2026-03-13T11:59:00")),
    Row("backup-age", FAIL, "more than 0.5", options={"max_age_days": 0.5}),
    Row("backup-age", PASS, "0.0 days old", backup("2026-03-20T12:00:00")),
    Row("backup-age", UNKNOWN, "after the publisher's clock", backup("2026-03-20T12:00:01")),
    Row("backup-age", UNKNOWN, "health.backup was not read", [at("health", "last_backup", to=None)]),
    # The node's own clock, because the history has its local time.
    Row("backup-age", FAIL, "", [at("health", "nodes", PUB, "local_time", to="2026-04-20T12:00:00")]),
    Row("backup-age", UNKNOWN, "time could not be read", [at("health", "nodes", PUB, "local_time", to=None)]),
    Row("backup-age", UNKNOWN, "time could not be read", [at("health", "nodes", PUB)]),
    Row("backup-age", PASS, "", [at("health", "nodes", SUB1)]),
    Row("backup-age", UNKNOWN, "health.backup was not read", [at("health")]),
    Row(
        "backup-age",
        UNKNOWN,
        f"health.backup was not read: x (needed: {CLI_0}",
        unread("health.backup", "privilege_too_low: x", ("health", "last_backup")),
    ),
    Row("no-upgrade-running", PASS),
    Row("no-upgrade-running", FAIL, "is running", [at("health", "upgrade_running", to=True)]),
    Row(
        "no-upgrade-running",
        UNKNOWN,
        "health.upgrade was not read",
        [at("health", "upgrade_running", to=None)],
    ),
    Row(
        "no-upgrade-running",
        UNKNOWN,
        "health.upgrade was not read: x",
        unread("health.upgrade", "timed_out: x", ("health", "upgrade_running")),
    ),
    Row("no-upgrade-running", UNKNOWN, "health.upgrade was not read", [at("health")]),
    Row("ntp-synchronised", PASS, "3 nodes"),
    Row(
        "ntp-synchronised",
        FAIL,
        f"clock of {SUB1} is not",
        [at("health", "nodes", SUB1, "ntp_synchronised", to=False)],
    ),
    Row(
        "ntp-synchronised",
        UNKNOWN,
        f"the NTP state of {SUB1} is not known",
        [at("health", "nodes", SUB1, "ntp_synchronised", to=None)],
    ),
    Row("disk-space", PASS, "5 % free or more"),
    Row(
        "disk-space",
        FAIL,
        f"partition active of {SUB1} has 4.9 % free, less than 5 %",
        [at("health", "nodes", SUB1, "disk_free_percent", "active", to=4.9)],
    ),
    Row("disk-space", PASS, "", [at("health", "nodes", SUB1, "disk_free_percent", "active", to=5)]),
    Row("disk-space", FAIL, "40 % free, less than 41 %", options={"min_free_percent": 41}),
    Row("disk-space", UNKNOWN, "free space", [at("health", "nodes", SUB1, "disk_free_percent", to={})]),
    Row(
        "disk-space",
        UNKNOWN,
        f"the free space of partition active of {SUB1} is not known",
        [at("health", "nodes", SUB1, "disk_free_percent", "active", to=None)],
    ),
    Row("disk-space", PASS, "", [at("health", "nodes", SUB1, "disk_free_percent", "inactive", to=None)]),
    *(
        row
        for control in HEALTH_OF_NODES
        for row in (
            Row(control, UNKNOWN, "health was not read", [at("health")]),
            Row(control, UNKNOWN, f"health of {SUB1}: not read", [at("health", "nodes", SUB1)]),
            Row(
                control,
                UNKNOWN,
                f"health of {SUB1}: x",
                unread(f"health.{SUB1}", "timed_out: x", ("health", "nodes", SUB1)),
            ),
            Row(
                control,
                UNKNOWN,
                f"needed: {CLI_0}",
                unread(f"health.{SUB1}", "This needs cli_username", ("health", "nodes", SUB1)),
            ),
            Row(control, UNKNOWN, "health was not read", [at("health", "nodes")]),
            Row(control, UNKNOWN, "nodes was not read", [at("nodes")]),
        )
    ),
    Row("database-replication", PASS, "(2) at every node"),
    Row(
        "database-replication",
        FAIL,
        f"{SUB1} (3) Y/Y/Y",
        [at("replication", "good", to=False), at("replication", "servers", SUB1, "state", to="3")],
    ),
    Row(
        "database-replication",
        FAIL,
        "sees no other active node",
        [at("replication", "single_node", to=True), at("replication", "servers", to={})],
    ),
    Row(
        "database-replication",
        PASS,
        "",
        [
            at("replication", "single_node", to=True),
            at("replication", "servers", to={}),
            at(
                "nodes", to=[{"name": PUB, "role": "publisher", "type": "callmanager", "address": "10.0.0.1"}]
            ),
        ],
    ),
    Row(
        "database-replication",
        FAIL,
        "no node is listed",
        [at("replication", "servers", to={}), at("replication", "good", to=False)],
    ),
    Row("database-replication", UNKNOWN, "names no server", [at("replication", "servers", to={})]),
    Row("database-replication", UNKNOWN, "replication was not read", [at("replication")]),
    Row("database-replication", UNKNOWN, "nodes was not read", [at("nodes")]),
    Row(
        "database-replication",
        UNKNOWN,
        f"needed: {CLI_0}",
        unread("replication", "privilege_too_low: x", ("replication",)),
    ),
    Row("nodes-authenticated", PASS),
    Row("nodes-authenticated", FAIL, f"{SUB1} is not authenticated", [at("network", SUB1, to=False)]),
    Row("nodes-authenticated", FAIL, f"{SUB2} is not authenticated", [at("network", "10.0.0.3")]),
    Row("nodes-authenticated", PASS, "", [at("network", IMP, to=False)]),
    Row("nodes-authenticated", PASS, "", [at("network", SUB1), at("network", "10.0.0.2", to=True)]),
    Row("nodes-authenticated", UNKNOWN, "listed no node", [at("network", to={})]),
    Row("nodes-authenticated", UNKNOWN, "network was not read", [at("network")]),
    Row("nodes-authenticated", UNKNOWN, "nodes was not read", [at("nodes")]),
    Row(
        "nodes-authenticated",
        UNKNOWN,
        f"needed: {CLI_0}",
        unread("network", "privilege_too_low: x", ("network",)),
    ),
]

ROWS = [
    *MODES,
    *CTL,
    *DUTIES,
    *SERVICES,
    *LICENCE,
    *SIP_OAUTH,
    *PHONES_ROWS,
    *TRUNK_ROWS,
    *CERTIFICATES,
    *HARDENING,
    *TLS_1_3,
    *VULNERABILITIES,
    *LOGINS,
    *TRUNK_MEDIA,
    *HEALTH,
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_verdict(row: Row) -> None:
    result = row.result()
    assert (result["verdict"], row.words in result["reason"]) == (row.verdict, True), result["reason"]
    assert "could not be judged" not in result["reason"]


def test_evidence_has_what_was_looked_at() -> None:
    facts = changed(
        audited(),
        phones(P=phone_profile(90), Q=phone_profile(9, **NON_SECURE), R=phone_profile(1, **NON_SECURE)),
    )
    assert judged("phones-secure", facts)["evidence"] == {
        "phones": 100,
        "share_percent": 10.0,
        "wrong": {"with Q (non_secure)": 9, "with R (non_secure)": 1},
        "problems": [
            "10 of 100 phones (10 %) are not authenticated: 9 with Q (non_secure); 1 with R (non_secure)"
        ],
    }
    assert judged("phone-certificates", facts)["evidence"] == {
        "phones": 90,
        "no_certificate": {},
        "failed": {},
    }
    gone = changed(audited(), [NO_DATABASE, at("certificates", "TVS")])
    assert judged("publisher-key-size", gone)["reason"] == (
        "the certificate TVS of the publisher cannot be read."
    )


def test_evidence_says_what_kind_of_trouble_there_is() -> None:
    facts = changed(
        audited(),
        [
            at("ctl_files", SUB1, "sha1", to="ffff"),
            at("ctl_files", SUB2, to=ctl_facts("none")),
            at("services", SUB2),
        ],
    )
    evidence = judged("ctl-equal", facts)["evidence"]
    assert set(evidence) == {"sha1", "contradictions", "problems"}
    assert set(judged("ctl-equal", audited())["evidence"]) == {"sha1"}
    less = changed(facts, [at("ctl_files", SUB1)])
    assert set(judged("ctl-equal", less)["evidence"]) == {"sha1", "problems", "not_read"}


def test_a_restart_that_is_due_is_not_told_as_unknown_too() -> None:
    facts = changed(audited(), [at("services", SUB1, TFTP, "started_at", to="2026-03-10T10:00:00")])
    evidence = judged("no-restart-due", facts)["evidence"]
    assert "not_read" not in evidence
    assert [duty["node"] for duty in evidence["duties"]] == [SUB1]


def test_of_a_restart_only_what_was_not_read_is_told() -> None:
    facts = changed(audited(), unread(f"ctl_files.{SUB1}", "timed_out: x", ("ctl_files", SUB1)))
    why = f"at {SUB1}: the node's CTL file could not be read: ctl_files of {SUB1}: x"
    assert judged("no-restart-due", facts)["reason"] == (
        f"{TFTP} {why}; {CALLMANAGER} {why}; {CTIMANAGER} {why}."
    )


def test_a_good_cluster_is_good() -> None:
    """So that what a row sees is what its one change makes."""
    for modes in (("mixed", "disabled"), BOTH, OAUTH):
        found = {
            each["control"]: each["verdict"]
            for each in results.judge_cluster(audited(*modes), {}, CLUSTER, MOMENT)
        }
        left = {control: verdict for control, verdict in found.items() if verdict not in (PASS, IDLE)}
        # A desk phone's profile needs mixed mode.
        expected = {"phones-secure": FAIL, "phones-encrypted": FAIL} if modes == OAUTH else {}
        assert left == expected


def test_the_table_has_every_verdict_of_every_control() -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        told[row.control].add(row.verdict)
    for control in BUILT_IN.values():
        assert told[control.id] == set(control.verdicts), control.id
        assert {PASS, UNKNOWN} <= set(control.verdicts), control.id
        assert {FAIL, AGAINST} & set(control.verdicts), control.id
    assert set(told) == set(BUILT_IN)


@pytest.mark.parametrize("kind", ["database", "ctl_file", "control_center", "open_ports", "show_cert"])
def test_no_contradiction_is_passed_over(kind: str) -> None:
    """Whatever witnesses disagree about, a control says so."""
    changes = {
        "database": [at("security_mode", to="non_secure")],
        "ctl_file": [at("ctl_files", SUB1, "sha1", to="ffff")],
        "control_center": [at("services", SUB2, "Other", to=service(in_database=False))],
        "open_ports": [at("listening", SUB1, to=[22])],
        "show_cert": [at("tomcat", SUB1, "tomcat", "serial", to="77")],
    }
    facts = changed(audited(), changes[kind])
    found = [each for each in results.judge_cluster(facts, {}, CLUSTER, MOMENT) if each["verdict"] == AGAINST]
    assert found
    assert all(each["evidence"]["contradictions"] for each in found)


@pytest.mark.parametrize("subset", list(SUBSETS))
def test_what_a_control_does_not_read_it_does_not_need(subset: str) -> None:
    """Without a subset a control is unknown exactly when it says that it reads it; else its verdict stays."""
    brings = bring(subset)
    for modes, intent in (
        (("mixed", "disabled"), {}),
        (BOTH, {**EDGE, **ENTRY, **PARAMETERS, **FIPS, **DIRECTORY}),
    ):
        whole = audited(*modes)
        less = {name: value for name, value in whole.items() if name not in brings}
        before = results.judge_cluster(whole, {"intent": intent}, CLUSTER, MOMENT)
        after = results.judge_cluster(less, {"intent": intent}, CLUSTER, MOMENT)
        for one, other in zip(before, after, strict=True):
            control = BUILT_IN[one["control"]]
            if subset in control.reads or subset == "nodes":
                continue
            assert one["verdict"] == other["verdict"], (control.id, subset)


# A node without TFTP and CallManager, where neither a CTL file nor a port is missed.
BARE = [
    at("services", SUB2, TFTP, to=service(False)),
    at("services", SUB2, CALLMANAGER, to=service(False)),
    at("ctl_files", SUB2, to=ctl_facts("none")),
    at("listening", SUB2, to=[22]),
]


# Certificates are told by the nodes alone, or by the database alone.
ONE_WAY = ([NO_DATABASE], [at("tomcat"), at("certificates")])


@pytest.mark.parametrize("control", list(BUILT_IN.values()), ids=lambda control: control.id)
def test_what_a_control_reads_it_needs(control: t.Any) -> None:
    """In some state of a cluster: nothing is read for nothing."""
    clusters = [
        changed(audited(*modes), more)
        for modes in (("mixed", "disabled"), BOTH, OAUTH, PLAIN)
        for more in (
            [],
            BARE,
            [at("release", to="11.5.1")],
            RENEWED,
            RENEWED_CALLMANAGER,
            *ONE_WAY,
            AUTHENTICATED,
            OLD,
            [*OLD, *PATCHED],
            NO_LDAP,
        )
    ]
    intents: list[dict[str, t.Any]] = [{}, {**EDGE, **ENTRY, **PARAMETERS, **FIPS, **DIRECTORY}]
    for subset in control.reads:
        assert any(
            judged(control.id, whole, intent=intent)["verdict"]
            != judged(
                control.id,
                {name: value for name, value in whole.items() if name not in bring(subset)},
                intent=intent,
            )["verdict"]
            for whole in clusters
            for intent in intents
        ), f"{control.id} does without {subset}"


def test_with_the_least_accounts_each_unknown_names_what_is_missing() -> None:
    """AXL read-only and CLI level 0: facts of levels 1 and 4 are unknown, with the level they need."""
    facts = audited(*BOTH)
    for name in ("certificates", "trust_stores"):
        del facts[name]
        facts["unavailable"][name] = "privilege_too_low: the account may not."
    for name in ("tomcat", "tls_minimum"):
        facts[name] = {}
        facts["unavailable"].update({f"{name}.{node}": "privilege_too_low: may not." for node in NODES})
    found = results.judge_cluster(facts, {"intent": EDGE}, CLUSTER, MOMENT)
    unknown = {each["control"]: each["reason"] for each in found if each["verdict"] == UNKNOWN}
    needs = {**dict.fromkeys(unknown, CLI_1), "phone-edge-trust": CLI_4}
    # The database tells the certificates; whether the nodes show the same takes the level.
    assert set(unknown) == {"certificates-agree", "tls-minimum", "phone-edge-trust"}
    assert all(f"needed: {needs[control]}" in reason for control, reason in unknown.items()), unknown


def test_judges_are_named_by_controls() -> None:
    """A judge that no control of the catalogue names is for the controls of sites: the generic ones."""
    named = {control.judge for control in BUILT_IN.values()}
    assert set(JUDGES) - named == {"equals", "one_of", "at_least", "at_most", "matches", "absent"}


@pytest.mark.parametrize(
    ("intent", "modes", "wanted", "guide"),
    [
        ({"security_mode": "non_secure"}, ("non_secure", "disabled"), "non_secure", "mixed"),
        ({"security_mode": "non_secure"}, ("mixed", "disabled"), "non_secure", "mixed"),
        # The guide takes SIP OAuth as well.
        ({"security_mode": "non_secure"}, ("non_secure", "enabled"), "non_secure", None),
        ({"security_mode": "mixed"}, ("mixed", "disabled"), "mixed", None),
        ({}, ("mixed", "disabled"), None, None),
    ],
)
def test_an_intent_that_departs_from_the_guide_is_told(
    intent: dict[str, t.Any], modes: tuple[str, str], wanted: str | None, guide: str | None
) -> None:
    evidence = judged("cluster-security-mode", audited(*modes), intent=intent)["evidence"]
    assert (evidence["wanted"], evidence.get("guide")) == (wanted, guide)


@pytest.mark.parametrize(("on", "verdict"), [(True, PASS), (False, FAIL)])
def test_auto_registration_that_is_intended_departs_from_the_guide(on: bool, verdict: str) -> None:
    facts = changed(audited(), [at("auto_registration", to={"CM_1": on})])
    result = judged("auto-registration", facts, intent={"auto_registration": "enabled"})
    assert result["verdict"] == verdict
    assert (result["evidence"]["wanted"], result["evidence"]["guide"]) == ("enabled", "disabled")
    assert ("the security guide wants it disabled" in result["reason"]) is on
    assert "guide" not in judged("auto-registration", facts)["evidence"]


def test_a_remedy_begins_with_the_contradiction() -> None:
    """A person has to check before anything is changed, and the remedy must not read like an order to run something."""
    found = {
        control.id: control.remedy for control in BUILT_IN.values() if "contradiction" in control.verdicts
    }
    assert "cluster-security-mode" in found
    assert [
        name for name, remedy in found.items() if not remedy.startswith("When witnesses contradict, ")
    ] == []
