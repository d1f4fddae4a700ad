# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks before a change of either mode. PRIVATE to the collection.

Pure: facts in, verdicts out. The first 18 are cli-facts 7.1 with its numbers; those of SIP OAuth follow them when it is
wanted. A check is automatic, attested by the operator, or C(unknown) and said so; all of them run, and all are
reported at once.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import datetime

from . import certificates, duties
from . import sip_oauth as oauth
from .duties import Facts
from .words import (
    ABSENT,
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    CTL_PROVIDER,
    CTL_READERS,
    DISABLED,
    ENABLED,
    MIXED,
    TFTP,
    TVS,
)

PASS, PLANNED, ATTESTED, ACCEPTED, NOT_APPLICABLE, FAIL, UNKNOWN = (
    "pass",
    "planned",
    "attested",
    "accepted",
    "not_applicable",
    "fail",
    "unknown",
)
BLOCKING = frozenset({FAIL, UNKNOWN})


@dataclass(frozen=True)
class Intent:
    """What the operator wants and vouches for.

    Attributes:
        security_mode: C(mixed) or C(non_secure); None when it is to be left as it is.
        attestations: Check id to true for what no interface tells.
        accept: Ids of checks whose failure or ignorance is accepted for this run.
        auto_registration: C(any), C(enabled) or C(disabled).
        backup_max_age_days: How old the last good backup may be.
        certificate_min_days: How long certificates must still be valid.
        disk_min_free_percent: Free share each partition needs.
        sip_oauth: What is wanted of SIP OAuth; None when it is to be left as it is.
    """

    security_mode: str | None
    attestations: t.Mapping[str, bool]
    accept: t.Collection[str]
    auto_registration: str = "any"
    backup_max_age_days: float = 7
    certificate_min_days: float = 30
    disk_min_free_percent: float = 5
    sip_oauth: oauth.Desired | None = None

    @property
    def encrypts(self) -> bool:
        """Whether what is wanted needs export-controlled functionality."""
        return self.security_mode == MIXED or (self.sip_oauth is not None and self.sip_oauth.mode == ENABLED)


@dataclass(frozen=True)
class Check:
    """The verdict of one check."""

    number: int
    id: str
    title: str
    verdict: str
    reason: str
    remedy: str = ""


_Verdict = tuple[str, str, str]
_NO_CTL_CHANGE = (NOT_APPLICABLE, "no trust list is changed", "")
# CAPF has its certificate only where it was activated once.
_NEEDED_CERTIFICATES = ("CallManager", "TVS", "ITLRecovery", "tomcat")


def run(facts: Facts, intent: Intent) -> list[dict[str, t.Any]]:
    """Run every check and return the verdicts in order."""
    checks = []
    for number, (name, title, judge) in enumerate(_CHECKS, 1):
        if number > _SECURITY_CHECKS and intent.sip_oauth is None:
            break
        verdict, reason, remedy = judge(facts, intent)
        if verdict in BLOCKING and name in intent.accept:
            verdict, reason = ACCEPTED, f"accepted by the operator ({verdict}: {reason})"
        checks.append(
            asdict(Check(number, name, title, verdict, reason, remedy if verdict in BLOCKING else ""))
        )
    return checks


def names() -> list[str]:
    """Return the ids of all checks in order."""
    return [name for name, _title, _judge in _CHECKS]


def blocking(checks: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the blocking verdicts as lines that say what, why and what to do."""
    return [
        f"{check['id']} ({check['verdict']}): {check['reason']}. {check['remedy']}".rstrip()
        for check in checks
        if check["verdict"] in BLOCKING
    ]


def _missing(facts: Facts, *subsets: str) -> str | None:
    """Return why the facts a check needs were not read, or None when they were."""
    unavailable = facts.get("unavailable") or {}
    for subset in subsets:
        reasons = [
            f"{key}: {why}"
            for key, why in unavailable.items()
            if key == subset or key.startswith(subset + ".")
        ]
        if reasons:
            return "; ".join(reasons)
        if subset not in facts:
            return f"{subset} was not read"
    return None


def _attested(intent: Intent, name: str, what: str) -> _Verdict:
    if str(intent.attestations.get(name)).lower() in ("true", "yes", "1"):
        return ATTESTED, f"the operator vouches: {what}", ""
    return (
        UNKNOWN,
        f"no interface tells whether {what}",
        f"Make sure of it, then set cucm_attestations: {{{name}: true}}.",
    )


def _publisher(facts: Facts, intent: Intent) -> _Verdict:
    addressed = facts.get("addressed_node_is_publisher")
    if addressed is True:
        return PASS, f"the addressed node is the publisher {duties.publisher_name(facts)}", ""
    if addressed is False:
        return (
            FAIL,
            "the addressed node is a subscriber",
            "Address the publisher: the mode is changed there only.",
        )
    return (
        UNKNOWN,
        "the CLI did not say whether the node is the publisher",
        "Give cli_username and cli_password.",
    )


def _account(facts: Facts, intent: Intent) -> _Verdict:
    level = facts.get("cli_privilege")
    if level is None:
        return UNKNOWN, "no CLI account was used", "Give cli_username and cli_password of level 1 or higher."
    if level == 0:
        return (
            FAIL,
            "the CLI account has privilege level 0, which can only read",
            "Use an account of level 1 or higher.",
        )
    return PASS, "the CLI account has privilege level 1 or higher", ""


def _release(facts: Facts, intent: Intent) -> _Verdict:
    release = facts.get("release") or ""
    train = release.partition(".")[0]
    if train not in ("11", "12", "14", "15") or release.startswith("11.0"):
        return (
            FAIL,
            f"release {release or '(not told)'} is not one of 11.5 to 15",
            "Use a collection release that knows it.",
        )
    running = (facts.get("health") or {}).get("upgrade_running")
    if running:
        return (
            FAIL,
            "a system upgrade is running",
            "Wait until it is done; services cannot be changed meanwhile.",
        )
    if running is None:
        verdict, reason, remedy = _attested(intent, "release", "no upgrade is running")
        return verdict, f"release {release}; {reason}", remedy
    return PASS, f"release {release}, no upgrade running", ""


def _modes(facts: Facts, intent: Intent) -> _Verdict:
    if facts.get("security_mode") not in (MIXED, "non_secure"):
        return (
            FAIL,
            "the cluster security mode cannot be read",
            "Check that the account may read the database.",
        )
    return (
        PASS,
        f"cluster security mode {facts['security_mode']}, SIP OAuth mode {facts.get('sip_oauth_mode')}",
        "",
    )


def _ctl(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "ctl_files")
    if missing:
        return (
            UNKNOWN,
            missing,
            "Every node's CTL file must be read: give the CLI account and reach every node by SSH.",
        )
    unread = (facts.get("unavailable") or {}).get("unsettled")
    if unread:
        return FAIL, unread, "Without the record an answer that is still open cannot be told from none."
    if facts.get("unsettled"):
        return (
            PLANNED,
            "an earlier answer was sent and its outcome not confirmed; it is settled before anything else",
            "",
        )
    at_publisher = duties.mode_contradictions(facts)
    if at_publisher:
        return (
            FAIL,
            "contradiction about the " + duties.describe_contradictions(at_publisher).rstrip("."),
            "Find out by hand which is true before anything is changed (show ctl, Enterprise Parameters).",
        )
    differing = duties.ctl_update_duties(facts)
    if differing:
        return PLANNED, "a CTL update is due: " + "; ".join(differing), ""
    return PASS, "the CTL file fits the mode on every node", ""


def _licence(facts: Facts, intent: Intent) -> _Verdict:
    if not intent.encrypts:
        return NOT_APPLICABLE, "going back needs no licence", ""
    if (facts.get("release") or "").startswith("11."):
        return _attested(intent, "licence", "the licence manager has an encryption licence for this release")
    missing = _missing(facts, "licence")
    if missing:
        return UNKNOWN, missing, "Read it by AXL or by the CLI (show license all)."
    licence = facts["licence"]
    if not licence["registered"]:
        return (
            FAIL,
            f"the cluster is not registered with Smart Licensing ({licence['registration'] or 'no status'})",
            "Register it with a token that allows export-controlled functionality.",
        )
    if not licence["export_allowed"]:
        return (
            FAIL,
            f"export-controlled functionality is not allowed ({licence['export_control'] or 'not told'})",
            "Register again with a token that has 'Allow export-controlled functionality' checked.",
        )
    if licence["authorization"].strip().lower() != "authorized":
        return (
            FAIL,
            f"the licence is not authorized ({licence['authorization'] or 'not told'})",
            "Settle the licence usage first.",
        )
    return PASS, "registered, authorized, export-controlled functionality allowed", ""


def _image(facts: Facts, intent: Intent) -> _Verdict:
    if not intent.encrypts:
        return NOT_APPLICABLE, "going back needs no encryption", ""
    return _attested(intent, "export_restricted_image", "the installed image is export-restricted (not XU)")


def _replication(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "replication")
    if missing:
        return (
            UNKNOWN,
            missing,
            "Give the CLI account; the publisher tells it (utils dbreplication runtimestate).",
        )
    state = facts["replication"]
    if state["single_node"] and len(duties.callmanager_nodes(facts)) > 1:
        return FAIL, "the publisher sees no other active node", "Bring the other nodes up first."
    if state["good"]:
        return PASS, "replication is good (2) on every node", ""
    rows = (
        ", ".join(f"{name} ({row['state']}) {row['flags']}" for name, row in state["servers"].items())
        or "no node rows"
    )
    return (
        FAIL,
        f"database replication is not good: {rows} {state['sync_status']}".rstrip(),
        "Repair it first (utils dbreplication status).",
    )


def _members(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "network")
    if missing:
        return UNKNOWN, missing, "Give the CLI account; the publisher tells it (show network cluster)."
    unavailable = facts.get("unavailable") or {}
    down = sorted(
        {key.partition(".")[2] for key in unavailable if key.startswith(("ctl_files.", "services."))}
    )
    if down:
        return (
            FAIL,
            f"not reached: {', '.join(down)}",
            "Every node gets a copy of the CTL file; bring the node up first.",
        )
    lost = [
        node["name"]
        for node in duties.callmanager_nodes(facts)
        if not any(
            facts["network"].get(name.lower())
            for name in (node["name"], node["name"].partition(".")[0], node["address"])
        )
    ]
    if lost:
        return (
            FAIL,
            f"not authenticated in the cluster: {', '.join(lost)}",
            "See show network cluster on the publisher.",
        )
    return PASS, "every node is authenticated and was reached", ""


def _services(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "services")
    if missing:
        return UNKNOWN, missing, "Give the AXL account; Control Center of each node tells it."
    wrong = [
        item
        for item in duties.contradictions(facts)
        if any(witness.startswith("control_center@") for witness in item["witnesses"])
    ]
    if wrong:
        said = duties.describe_contradictions(wrong).rstrip(".")
        return FAIL, f"contradiction: {said}", "Look at Cisco Unified Serviceability and the node by hand."
    publisher, planned, stopped = duties.publisher_name(facts), [], []
    for node in (item["name"] for item in duties.callmanager_nodes(facts)):
        for name in (CALLMANAGER, TFTP, CTIMANAGER, CAPF, TVS, CTL_PROVIDER):
            state = duties.service(facts, node, name)
            if state is None or not state["activated"] or state["status"] != "Stopped":
                continue
            # In the middle of a restart a service is stopped too; the plan waits for those that read the CTL file.
            if name not in CTL_READERS or state["reason_code"] in duties.STOPPED_BY_OPERATOR:
                stopped.append(f"{name} at {node}")
    for name in (CAPF, CTL_PROVIDER):
        state = duties.service(facts, publisher, name)
        if intent.security_mode == MIXED and state is not None and not state["activated"]:
            planned.append(name)
    if intent.security_mode == MIXED and duties.service(facts, publisher, CAPF) is None:
        return (
            FAIL,
            f"{CAPF} is absent on the publisher",
            "Without it no phone can get a certificate; is this a Unified CM publisher?",
        )
    if stopped:
        return (
            FAIL,
            f"activated but stopped: {', '.join(stopped)}",
            "Start them, or deactivate what is not wanted.",
        )
    if planned:
        return PLANNED, f"to be activated on the publisher: {', '.join(planned)}", ""
    return PASS, "services are as intended", ""


def _certificates(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "certificates")
    if missing:
        return UNKNOWN, missing, "Give a CLI account of level 1 or higher (show cert own)."
    now = _now(facts)
    if now is None:
        return UNKNOWN, "the node did not tell its time", "Check show status."
    problems = [f"there is no {unit}" for unit in _NEEDED_CERTIFICATES if unit not in facts["certificates"]]
    for unit, certificate in facts["certificates"].items():
        if certificate is None:
            problems.append(f"{unit} cannot be read")
            continue
        days = (datetime.fromisoformat(certificate["not_after"]) - now).total_seconds() / 86400
        if days < intent.certificate_min_days:
            problems.append(f"{unit} expires {certificate['not_after'][:10]}")
        if unit == "ITLRecovery" and certificate["key_type"] == "rsa" and certificate["key_bits"] < 2048:
            problems.append(f"ITLRecovery has only {certificate['key_bits']} bits")
        if (
            unit in ("CallManager", "CAPF")
            and max(len(certificate["subject"]), len(certificate["issuer"])) > certificates.LONGEST_NAME
        ):
            problems.append(
                f"{unit} has a subject or issuer longer than {certificates.LONGEST_NAME} characters"
            )
    if problems:
        return FAIL, "; ".join(problems), "Renew it first, one at a time, never CallManager and TVS together."
    return (
        PASS,
        f"{', '.join(facts['certificates'])} valid for {intent.certificate_min_days:g} days or more",
        "",
    )


def _rollback(facts: Facts, intent: Intent) -> _Verdict:
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    flag = facts.get("rollback_to_pre_8")
    if flag is None:
        return (
            UNKNOWN,
            "the parameter was not found",
            "Look at Enterprise Parameters: Prepare Cluster for Rollback to pre 8.0.",
        )
    if flag:
        return (
            FAIL,
            "Prepare Cluster for Rollback to pre 8.0 is True",
            "Set it to False and wait ten minutes.",
        )
    return PASS, "Prepare Cluster for Rollback to pre 8.0 is False", ""


def _backup(facts: Facts, intent: Intent) -> _Verdict:
    # A subscriber whose health is unknown says nothing about the publisher's backup history.
    missing = (
        _missing(facts, "health") if "health" not in facts else facts["unavailable"].get("health.backup")
    )
    newest, now = (facts.get("health") or {}).get("last_backup"), _now(facts)
    if missing or not newest or now is None:
        verdict, reason, remedy = _attested(intent, "backup", "a recent backup succeeded")
        return (
            verdict,
            reason + (f" ({missing})" if missing else " (the backup history could not be read)"),
            remedy,
        )
    age = (now - datetime.fromisoformat(newest)).total_seconds() / 86400
    if age > intent.backup_max_age_days:
        return (
            FAIL,
            f"the last good backup is {age:.1f} days old",
            "Take one now; take another one after the change.",
        )
    return PASS, f"the last good backup is {age:.1f} days old", ""


def _recovery_key(facts: Facts, intent: Intent) -> _Verdict:
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    return _attested(
        intent, "itlrecovery_backup", "ITLRecovery.p12 was exported and kept (file get tftp ITLRecovery.p12)"
    )


def _auto_registration(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "auto_registration")
    if missing:
        return UNKNOWN, missing, "Give the AXL account (listCallManager)."
    enabled = sorted(name for name, on in facts["auto_registration"].items() if on)
    said = f"enabled on {', '.join(enabled)}" if enabled else "disabled everywhere"
    if (intent.auto_registration == "disabled" and enabled) or (
        intent.auto_registration == "enabled" and not enabled
    ):
        return (
            FAIL,
            f"auto-registration is {said}, wanted is {intent.auto_registration}",
            "Change it at the CallManager's page.",
        )
    if enabled and intent.security_mode == MIXED and (facts.get("release") or "").startswith(("10.", "11.0")):
        return (
            FAIL,
            f"auto-registration is {said}, which mixed mode does not allow before 11.5",
            "Disable it first.",
        )
    return PASS, f"auto-registration is {said}", ""


def _baseline(facts: Facts, intent: Intent) -> _Verdict:
    return _attested(
        intent, "registration_baseline", "the registered phones were counted, to compare with afterwards"
    )


def _clock_and_disk(facts: Facts, intent: Intent) -> _Verdict:
    missing = _missing(facts, "health")
    if missing:
        return UNKNOWN, missing, "Give the CLI account (utils ntp status, show status)."
    problems, unknown = [], []
    for node, health in facts["health"]["nodes"].items():
        if health["ntp_synchronised"] is False:
            problems.append(f"{node} is not synchronised by NTP")
        elif health["ntp_synchronised"] is None:
            unknown.append(f"{node} does not tell its NTP state")
        full = [
            name
            for name, free in health["disk_free_percent"].items()
            if free < intent.disk_min_free_percent and name != "inactive"
        ]
        problems += [
            f"{node}: partition {name} has less than {intent.disk_min_free_percent:g} % free" for name in full
        ]
    if problems:
        return (
            FAIL,
            "; ".join(problems),
            "Certificates and tokens need right clocks; the CTL file needs space.",
        )
    if unknown:
        return UNKNOWN, "; ".join(unknown), "Look at utils ntp status; accept the check if it is right."
    return PASS, "clocks synchronised, space on disk", ""


def _window(facts: Facts, intent: Intent) -> _Verdict:
    return _attested(
        intent, "maintenance_window", "a maintenance window is agreed and the owners of CTI applications know"
    )


def _wanted(intent: Intent) -> oauth.Desired:
    if intent.sip_oauth is None:
        raise ValueError("these checks run only when something is wanted of SIP OAuth")
    return intent.sip_oauth


_DISABLING: _Verdict = (NOT_APPLICABLE, "SIP OAuth is to be disabled", "")


def _sip_oauth_release(facts: Facts, intent: Intent) -> _Verdict:
    desired, release = _wanted(intent), facts.get("release") or ""
    if not oauth.major(facts):
        return (
            UNKNOWN,
            _missing(facts, "version") or f"release {release!r} is not understood",
            "Check the account.",
        )
    if desired.mode == DISABLED:
        return _DISABLING
    if facts.get("sip_oauth_mode") == ABSENT or oauth.major(facts) < 12:
        return (
            FAIL,
            f"release {release} has no SIP OAuth mode",
            "SIP OAuth needs release 12.5 for Jabber and release 14 for phones: upgrade, or leave cucm_sip_oauth_mode out.",
        )
    if desired.phones and oauth.major(facts) < 14:
        return (
            FAIL,
            f"release {release} serves Jabber by SIP OAuth, not phones",
            "Phones need release 14. Set cucm_sip_oauth_clients: [jabber], or upgrade.",
        )
    served = "Jabber and phones" if desired.serves_phones(facts) else "Jabber only"
    return PASS, f"release {release} serves {served}", ""


def _sip_oauth_account(facts: Facts, intent: Intent) -> _Verdict:
    if facts.get("sip_oauth_mode") in (_wanted(intent).mode, ABSENT):
        return NOT_APPLICABLE, "the mode is as wanted, no command is needed", ""
    level = facts.get("cli_privilege")
    if facts.get("cli_level_told") and level is not None:
        if level >= 4:
            return PASS, f"the CLI account has level {level}", ""
        return (
            FAIL,
            f"the CLI account has level {level}, and utils sipOAuth-mode needs level 4",
            "Use the administrator account that was made at installation; no other can have level 4.",
        )
    return _attested(intent, "sip_oauth_account", "the CLI account has level 4")


def _sip_oauth_parameters(facts: Facts, intent: Intent) -> _Verdict:
    desired, stored = _wanted(intent), facts.get("parameters")
    if desired.mode == DISABLED or facts.get("sip_oauth_mode") == ABSENT:
        return NOT_APPLICABLE, "no parameter is needed", ""
    if stored is None:
        return UNKNOWN, _missing(facts, "parameters") or "not read", "Give the AXL account."
    missing = sorted(set(desired.parameters) - set(stored))
    if missing:
        return (
            FAIL,
            f"the cluster has no enterprise parameter {', '.join(missing)}; of OAuth it has {', '.join(sorted(stored))}",
            "Correct cucm_sip_oauth_parameters; spelling and case are the cluster's.",
        )
    if oauth.REFRESH_LOGIN not in desired.parameters:
        told = ", ".join(f"{name} = {value}" for name, value in sorted(stored.items()))
        return (
            UNKNOWN,
            f"what the cluster stores for 'enabled' is published nowhere, and no value is given for {oauth.REFRESH_LOGIN} ({told})",
            "Give the values as the cluster stores them in cucm_sip_oauth_parameters: set them once in the web page, read them with "
            "ucops.cucm.enterprise_parameter (state: gathered), and write them down.",
        )
    differing = [name for name, value in desired.parameters.items() if stored[name] != value]
    if differing:
        return PLANNED, f"to be set: {', '.join(differing)}", ""
    return PASS, "the parameters are as wanted", ""


def _sip_oauth_ports(facts: Facts, intent: Intent) -> _Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or facts.get("sip_oauth_mode") == ABSENT:
        return NOT_APPLICABLE, "no port is opened", ""
    missing = _missing(facts, "callmanagers")
    if missing:
        return UNKNOWN, missing, "Give the AXL account (getCallManager)."
    problems, planned = [], []
    for node, found in facts["callmanagers"].items():
        wanted = {**found["ports"], **desired.ports}
        used = [port for port in wanted.values() if port]
        twice = sorted({port for port in used if used.count(port) > 1})
        if twice:
            problems.append(f"{node} would use port {', '.join(map(str, twice))} for two things")
        for name, port in desired.ports.items():
            if not 1024 <= port <= 49151:
                problems.append(f"{name} port {port} is outside 1024 to 49151")
            if found["ports"].get(name) != port:
                planned.append(f"{name} {port} at {node}")
                if port in ((facts.get("listening") or {}).get(node) or []):
                    problems.append(f"something listens on port {port} at {node} already")
    if problems:
        return FAIL, "; ".join(dict.fromkeys(problems)), "Choose other ports in cucm_sip_oauth_ports."
    return (
        (PLANNED, f"to be set: {', '.join(planned)}", "")
        if planned
        else (PASS, "the ports are as wanted", "")
    )


def _tomcat(facts: Facts, intent: Intent) -> _Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or facts.get("sip_oauth_mode") == ABSENT:
        return NOT_APPLICABLE, "no port shows the Tomcat certificate", ""
    missing = _missing(facts, "tomcat")
    if missing:
        return UNKNOWN, missing, "Give a CLI account of level 1 or higher (show cert own tomcat)."
    now = _now(facts)
    if now is None:
        return UNKNOWN, "the node did not tell its time", "Check show status."
    problems = []
    for node, units in facts["tomcat"].items():
        for unit, certificate in units.items():
            if certificate is None:
                problems.append(f"{unit} of {node} cannot be read")
                continue
            days = (datetime.fromisoformat(certificate["not_after"]) - now).total_seconds() / 86400
            if days < intent.certificate_min_days:
                problems.append(f"{unit} of {node} expires {certificate['not_after'][:10]}")
    if problems:
        return FAIL, "; ".join(problems), "Renew it first: clients are shown it on both SIP OAuth ports."
    return PASS, f"valid for {intent.certificate_min_days:g} days or more on every node", ""


def _phone_edge_trust(facts: Facts, intent: Intent) -> _Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or not desired.serves_phones(facts) or facts.get("sip_oauth_mode") == ABSENT:
        return NOT_APPLICABLE, "no phone is to be served", ""
    missing = _missing(facts, "trust_stores")
    if missing:
        return (
            UNKNOWN,
            missing,
            "Give a CLI account of level 4; it is the one of the certificate API as well.",
        )
    without = [
        f"{unit} of {node} (issuer {certificate['issuer']})"
        for node, units in facts["trust_stores"]["tomcat"].items()
        for unit, certificate in units.items()
        if certificate and not certificate.get("root")
    ]
    if without:
        return (
            FAIL,
            f"no root certificate is known for {', '.join(without)}",
            "Upload the chain to tomcat-trust of that node (ucops.cucm.trust_certificate with store tomcat).",
        )
    roots = oauth.missing_roots(facts, desired)
    if not roots:
        return PASS, "the phone-edge trust store has every root that is needed", ""
    if desired.edge_roots is None:
        return (
            UNKNOWN,
            "with any certificate in phone-edge trust phones no longer trust their built-in public CAs, "
            "and nothing was said about the roots of Expressway-E",
            "Give them as cucm_sip_oauth_edge_roots (a list of PEM texts), or an empty list when no phone comes through Expressway.",
        )
    return PLANNED, f"to be uploaded: {', '.join(roots)}", ""


def _expressway_c(facts: Facts, intent: Intent) -> _Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or not desired.expressway_c:
        return NOT_APPLICABLE, "no Expressway-C is named", ""
    missing = _missing(facts, "expressway_c")
    if missing:
        return UNKNOWN, missing, "Give the AXL account."
    return _attested(
        intent,
        "expressway_c_trusted",
        "each Expressway-C's CA is in tomcat-trust and its CUCM servers are refreshed after the change",
    )


def _sip_oauth_profiles(facts: Facts, intent: Intent) -> _Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED:
        return _DISABLING
    if desired.profile_problems:
        return FAIL, "; ".join(desired.profile_problems.values()), "Correct cucm_sip_oauth_profiles."
    if not desired.profiles:
        return NOT_APPLICABLE, "no profile is named", ""
    missing = _missing(facts, "security_profiles")
    if missing:
        return UNKNOWN, missing, "Give the AXL account."
    planned = [
        name for name, state in desired.profiles.items() if facts["security_profiles"].get(name) != state
    ]
    return (
        (PLANNED, f"to be made: {', '.join(planned)}", "")
        if planned
        else (PASS, "the profiles are as wanted", "")
    )


def _sip_oauth_phones(facts: Facts, intent: Intent) -> _Verdict:
    if _wanted(intent).mode == ENABLED or facts.get("sip_oauth_mode") == ABSENT:
        return NOT_APPLICABLE, "nothing is taken away", ""
    missing = _missing(facts, "security_profiles")
    if missing:
        return UNKNOWN, missing, "Give the AXL account."
    phones = oauth.phones_on_sip_oauth(facts)
    if phones:
        told = ", ".join(f"{count} with {name}" for name, count in sorted(phones.items()))
        return (
            FAIL,
            f"phones have profiles with SIP OAuth and could not register any more: {told}",
            "Give them other profiles first, or accept the check sip_oauth_phones.",
        )
    return PASS, "no phone has a profile with SIP OAuth", ""


def _now(facts: Facts) -> datetime | None:
    """Return the publisher's local time as it was read."""
    text = (
        ((facts.get("health") or {}).get("nodes") or {})
        .get(duties.publisher_name(facts), {})
        .get("local_time")
    )
    return datetime.fromisoformat(text) if text else None


_CHECKS: tuple[tuple[str, str, t.Callable[[Facts, Intent], _Verdict]], ...] = (
    ("publisher", "The addressed node is the publisher", _publisher),
    ("account", "The CLI account may change the mode", _account),
    ("release", "Release known, no upgrade running", _release),
    ("modes", "Current modes can be read", _modes),
    ("ctl", "CTL file consistent on every node", _ctl),
    ("licence", "Smart Licensing with export control", _licence),
    ("export_restricted_image", "Image is export-restricted", _image),
    ("replication", "Database replication", _replication),
    ("members", "Every node authenticated and reached", _members),
    ("services", "Services as intended", _services),
    ("certificates", "Certificates valid", _certificates),
    ("rollback_flag", "Not prepared for rollback to pre 8.0", _rollback),
    ("backup", "Recent backup", _backup),
    ("itlrecovery_backup", "ITLRecovery key kept", _recovery_key),
    ("auto_registration", "Auto-registration as intended", _auto_registration),
    ("registration_baseline", "Registration baseline", _baseline),
    ("clock_and_disk", "NTP and disk", _clock_and_disk),
    ("maintenance_window", "Maintenance window", _window),
)
_SECURITY_CHECKS = len(_CHECKS)
_CHECKS += (
    ("sip_oauth_release", "The release serves the clients by SIP OAuth", _sip_oauth_release),
    ("sip_oauth_account", "The CLI account may change SIP OAuth mode", _sip_oauth_account),
    ("sip_oauth_parameters", "OAuth parameters", _sip_oauth_parameters),
    ("sip_oauth_ports", "SIP OAuth ports", _sip_oauth_ports),
    ("tomcat", "Tomcat certificates and their chains", _tomcat),
    ("phone_edge_trust", "Phones trust what they will meet", _phone_edge_trust),
    ("expressway_c_trusted", "Expressway-C trusted and refreshed", _expressway_c),
    ("sip_oauth_profiles", "Phone security profiles", _sip_oauth_profiles),
    ("sip_oauth_phones", "No phone is left without service", _sip_oauth_phones),
)
