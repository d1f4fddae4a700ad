# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks before a change of either mode. PRIVATE to the collection.

Pure: facts in, verdicts out. The first 18 are those of cli-facts 7.1 with its numbers; the checks of the AXL account, of the
witnesses and of all nodes' certificates follow, and those of SIP OAuth if a desired state of it is set. A check is automatic, attested by
the operator, or C(unknown) with the reason; all checks run, and all are reported at once.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from .._base.release import parse as parse_release
from .._facts import model, records
from .._facts.model import Facts
from .._x509 import certificates, own_certificates
from . import (
    ctl_updates,
    duties,
    phone_resets,
    preflight_axl,
    preflight_certificates,
    preflight_sip_oauth,
    preflight_way_back,
    preflight_witnesses,
    rules,
    unread,
)
from .checks import (
    ACCEPTED,
    BLOCKING,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    PLANNED,
    UNKNOWN,
    Intent,
    Judged,
    Verdict,
    attested,
    backup_age,
    local_now,
)
from .licence import is_authorized
from .words import CALLMANAGER, CAPF, CTIMANAGER, CTL_PROVIDER, CTL_READERS, MIXED, TFTP, TVS


@dataclass(frozen=True)
class Check:
    """The verdict of one check.

    Attributes:
        number, id, title: The check.
        verdict, reason: The result, and why.
        remedy: What to do if it blocks.
        causes: Why the facts it needs were not read, where other checks may lack facts for the same cause; worded for all of them.
    """

    number: int
    id: str
    title: str
    verdict: str
    reason: str
    remedy: str = ""
    causes: tuple[str, ...] = ()


_OF_NODES = ("ctl_files.", "services.")
# These checks need the modes, the services and the CTL files.
_BEFORE_RESTARTS = frozenset({"modes", "ctl", "services"})
_NO_CTL_CHANGE = (NOT_APPLICABLE, "no trust list is changed", "")
_NO_CHANGE = (NOT_APPLICABLE, "no mode is changed", "")
# A node has a CAPF certificate only once CAPF has been activated there.
_TOMCAT_REUSE_SINCE = 14
_NEEDED_CERTIFICATES = ("CallManager", "TVS", "ITLRecovery", "tomcat")


def run(facts: Facts, intent: Intent) -> list[dict[str, t.Any]]:
    """Run every check and return the verdicts in order."""
    wanted = _CHECKS if intent.sip_oauth is None else _CHECKS + preflight_sip_oauth.CHECKS
    checks = []
    for number, (name, title, judge) in enumerate(wanted, 1):
        verdict, reason, remedy, causes = _judged(judge, facts, intent)
        if verdict in BLOCKING and name in intent.accept:
            verdict, reason = ACCEPTED, f"accepted by the operator ({verdict}: {reason})"
        if verdict not in BLOCKING:
            remedy, causes = "", ()
        check = asdict(Check(number, name, title, verdict, reason, remedy))
        checks.append({**check, "causes": list(causes)})
    return checks


def _judged(
    judge: t.Callable[[Facts, Intent], Verdict], facts: Facts, intent: Intent
) -> tuple[str, str, str, tuple[str, ...]]:
    """Return verdict, reason, remedy, and the causes that other checks may share."""
    try:
        return *judge(facts, intent), ()
    except unread.FactsUnread as error:
        remedies = "; ".join(dict.fromkeys(cause.remedy for cause in error.causes if cause.remedy))
        common = all(cause.common for cause in error.causes)
        causes = tuple(cause.line for cause in error.causes) if common else ()
        verdict = FAIL if error.fails else UNKNOWN
        return verdict, str(error), f"{remedies[:1].upper()}{remedies[1:]}.", causes


def folded(
    checks: t.Iterable[t.Mapping[str, t.Any]], also: t.Mapping[str, str] = MappingProxyType({})
) -> tuple[list[str], list[t.Mapping[str, t.Any]]]:
    """Return a line for each cause of several blocking checks that lists them, and the checks without a shared cause.

    C(also) maps a cause's line to a sentence about other facts that the cause keeps unknown; it is added to the line.
    """
    by_cause: dict[str, list[str]] = {}
    for check in checks:
        for cause in check.get("causes") or ():
            by_cause.setdefault(cause, []).append(check["id"])
    shared = {cause: ids for cause, ids in by_cause.items() if len(ids) > 1 or cause in also}
    lines = [
        " ".join([f"{cause}. Checks that need it: {', '.join(ids)}.", *filter(None, [also.get(cause)])])
        for cause, ids in shared.items()
    ] + [f"{cause}. {sentence}" for cause, sentence in also.items() if cause not in shared]
    alone = [
        check
        for check in checks
        if not (check.get("causes") and all(cause in shared for cause in check["causes"]))
    ]
    return lines, alone


def judged_again(
    checks: t.Iterable[t.Mapping[str, t.Any]], facts: Facts, accept: t.Collection[str]
) -> list[dict[str, t.Any]]:
    """Return earlier verdicts, with the checks that need only what is read before restarts judged again by current facts."""
    now = {
        check["id"]: check
        for check in run(facts, Intent(None, {}, accept))
        if check["id"] in _BEFORE_RESTARTS
    }
    return [dict(now.get(check["id"], check)) for check in checks]


def names() -> list[str]:
    """Return the IDs of all checks in order."""
    return [name for name, _title, _judge in _CHECKS + preflight_sip_oauth.CHECKS]


def blocking(
    checks: t.Iterable[t.Mapping[str, t.Any]], also: t.Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Return the blocking checks as lines with what, why and what to do; a cause shared by several checks comes first, once.

    C(also): see C(folded).
    """
    lines, alone = folded([check for check in checks if check["verdict"] in BLOCKING], also)
    return lines + [
        f"{check['id']} ({check['verdict']}): {check['reason'].removesuffix('.')}. {check['remedy']}".rstrip()
        for check in alone
    ]


def report(checks: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return every check as a line for a person; checks made unknown by one cause share a line, before all others."""
    lines, alone = folded(list(checks))
    return lines + [
        f"{check['number']:2}. {check['verdict']:14} {check['title']}: {check['reason']}" for check in alone
    ]


def _publisher(facts: Facts, intent: Intent) -> Verdict:
    addressed = model.value(facts, model.ADDRESSED_NODE_IS_PUBLISHER)
    if addressed is True:
        return PASS, f"the addressed node is the publisher {model.publisher_name(facts)}", ""
    if addressed is False:
        return (
            FAIL,
            "the addressed node is a subscriber",
            "Address the publisher: the mode can be changed only there.",
        )
    unread.blame(facts, "addressed_node")
    return (
        UNKNOWN,
        "the CLI did not show whether the node is the publisher",
        "Check the output of utils service list on the node.",
    )


def _account(facts: Facts, intent: Intent) -> Verdict:
    if not intent.changes:
        return _NO_CHANGE
    level = model.value(facts, model.CLI_PRIVILEGE)
    if level is None:
        unread.blame(facts, "cli_privilege")
        return (
            UNKNOWN,
            "the CLI did not show the privilege level of the account",
            "Log in by hand and check the output of show myself.",
        )
    if level == 0:
        refused = unread.common(facts, "certificates")
        if refused:
            raise unread.FactsUnread(refused, fails=True)
        return (
            FAIL,
            "the CLI account has privilege level 0, which can only read",
            "Use an account of level 1 or higher.",
        )
    return PASS, "the CLI account has privilege level 1 or higher", ""


def _release(facts: Facts, intent: Intent) -> Verdict:
    release = model.value(facts, model.RELEASE) or ""
    if not release:
        unread.blame(facts, "version")
    if not rules.covers(parse_release(release)):
        return (
            FAIL,
            f"release {release or '(not read)'} is not one of 11.5 to 15",
            "Use a release of this collection that supports it.",
        )
    running = model.value(facts, model.UPGRADE_RUNNING)
    if running:
        return (
            FAIL,
            "a system upgrade is running",
            "Wait until it has finished; services cannot be changed meanwhile.",
        )
    if running is None:
        verdict, reason, remedy = attested(
            intent, "release", "no upgrade is running", facts, "health.upgrade"
        )
        return verdict, f"release {release}; {reason}", remedy
    return PASS, f"release {release}, no upgrade running", ""


def _modes(facts: Facts, intent: Intent) -> Verdict:
    mode = model.value(facts, model.SECURITY_MODE)
    if mode not in (MIXED, "non_secure"):
        unread.blame(facts, "modes")
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


def _ctl(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "ctl_files")
    no_record = (model.value(facts, model.UNAVAILABLE) or {}).get("unsettled")
    if no_record:
        return FAIL, no_record, "Without the record an answer that is still open cannot be told from none."
    if model.value(facts, model.UNSETTLED):
        return (
            PLANNED,
            "an earlier answer was sent and its outcome is not confirmed; it will be settled first",
            "",
        )
    at_publisher = duties.mode_contradictions(facts)
    if at_publisher:
        return (
            FAIL,
            "contradiction about the " + duties.describe_contradictions(at_publisher).rstrip("."),
            "Find out by hand which is true before you change anything (show ctl, Enterprise Parameters).",
        )
    differing = ctl_updates.due(facts, intent.repeat_ctl_update)
    if differing:
        return PLANNED, "a CTL update is due: " + "; ".join(differing), ""
    stays = intent.security_mode == MIXED == model.value(facts, model.SECURITY_MODE)
    elsewhere = _ctl_contradictions(facts) if stays else []
    if elsewhere:
        return (
            FAIL,
            "contradiction about the " + duties.describe_contradictions(elsewhere).rstrip("."),
            "Compare show ctl of the nodes by hand. utils ctl update CTLFile (ucops.cucm.ctl_file, state: updated) writes the files anew; "
            "restarts and phone resets follow.",
        )
    return PASS, "the CTL file fits the mode on every node", ""


def _ctl_contradictions(facts: Facts) -> list[records.Contradiction]:
    """Return the contradictions of nodes' CTL files, which only a new file would end."""
    return [
        item
        for item in duties.contradictions(facts)
        if any(witness.startswith("ctl_file@") for witness in item["witnesses"])
    ]


def _licence(facts: Facts, intent: Intent) -> Verdict:
    if not intent.encrypts:
        return NOT_APPLICABLE, "going back needs no licence", ""
    if (model.value(facts, model.RELEASE) or "").startswith("11."):
        return attested(intent, "licence", "the licence manager has an encryption licence for this release")
    unread.require(facts, "licence")
    licence = facts["licence"]
    if licence["registered"] is None:
        return (
            UNKNOWN,
            f"it is not known whether the cluster is registered with Smart Licensing ({licence['registration'] or 'no status'})",
            "Check System > Licensing > License Management; accept the check if the cluster is registered there.",
        )
    if not licence["registered"]:
        return (
            FAIL,
            f"the cluster is not registered with Smart Licensing ({licence['registration'] or 'no status'})",
            "Register it with a token that allows export-controlled functionality.",
        )
    if licence["export_allowed"] is None:
        return (
            UNKNOWN,
            f"it is not known whether export-controlled functionality is allowed ({licence['export_control'] or 'not reported'})",
            "Check System > Licensing > License Management; accept the check if it is allowed there.",
        )
    if not licence["export_allowed"]:
        return (
            FAIL,
            f"export-controlled functionality is not allowed ({licence['export_control'] or 'not reported'})",
            "Register again with a token that has 'Allow export-controlled functionality' checked.",
        )
    # The command checks only the registration and export control (cli-facts 2.2 g); exceeding the licences blocks new users and
    # devices, not encryption (guide of 15, License Compliance).
    said = licence["authorization"] or "not reported"
    warning = (
        "authorized"
        if is_authorized(licence["authorization"])
        else f"warning: not known to be authorized ({said})"
    )
    return PASS, f"registered, export-controlled functionality allowed, {warning}", ""


def _image(facts: Facts, intent: Intent) -> Verdict:
    if not intent.encrypts:
        return NOT_APPLICABLE, "non-secure mode needs no encryption", ""
    return attested(intent, "export_restricted_image", "the installed image is export-restricted (not XU)")


def _replication(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "replication")
    state = facts["replication"]
    if state["single_node"] and len(model.callmanager_nodes(facts)) > 1:
        return FAIL, "the publisher sees no other active node", "Bring the other nodes up first."
    if state["good"]:
        return PASS, "replication is good (2) on every node", ""
    rows = (
        ", ".join(f"{name} ({row['state']}) {row['flags']}" for name, row in state["servers"].items())
        or "no node rows"
    )
    if state["good"] is None:
        return (
            UNKNOWN,
            f"the state of database replication is not known: {rows} {state['sync_status']}".rstrip(),
            "Run utils dbreplication status, and check utils dbreplication runtimestate when it has ended.",
        )
    return (
        FAIL,
        f"database replication is not good: {rows} {state['sync_status']}".rstrip(),
        "Repair it first (utils dbreplication status).",
    )


def _members(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "network")
    gone = unread.why(facts, "ctl_files", "services")
    down = sorted(
        {key.partition(".")[2] for cause in gone for key in cause.keys if key.startswith(_OF_NODES)}
    )
    if any(cause.common for cause in gone):
        # The node is unreachable only from here: no node of the cluster reports it as down.
        raise unread.FactsUnread([cause for cause in gone if cause.common])
    if down:
        return (
            FAIL,
            f"not reached: {', '.join(down)}",
            "Every node gets a copy of the CTL file; bring the node up first.",
        )
    states = {node["name"]: duties.authenticated(facts, node) for node in model.callmanager_nodes(facts)}
    lost = [name for name, good in states.items() if good is False]
    untold = [name for name, good in states.items() if good is None]
    remedy = "Check show network cluster on the publisher."
    if lost:
        return FAIL, f"not authenticated in the cluster: {', '.join(lost)}", remedy
    if untold:
        return UNKNOWN, f"not known whether authenticated in the cluster: {', '.join(untold)}", remedy
    return PASS, "every node is authenticated and was reached", ""


def _services(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "services")
    wrong = [
        item
        for item in duties.contradictions(facts)
        if any(witness.startswith("control_center@") for witness in item["witnesses"])
    ]
    if wrong:
        said = duties.describe_contradictions(wrong).rstrip(".")
        return FAIL, f"contradiction: {said}", "Check Cisco Unified Serviceability and the node by hand."
    publisher, planned, stopped, unknown = model.publisher_name(facts), [], [], []
    for node in (item["name"] for item in model.callmanager_nodes(facts)):
        for name in (CALLMANAGER, TFTP, CTIMANAGER, CAPF, TVS, CTL_PROVIDER):
            state = duties.service(facts, node, name)
            if state is None or not state["activated"]:
                continue
            if state["status"] not in duties.STATES:
                unknown.append(f"{name} at {node}")
            if state["status"] != "Stopped":
                continue
            # A restarting service is stopped too; the plan waits for those that read the CTL file.
            if name not in CTL_READERS or state["reason_code"] in duties.STOPPED_BY_OPERATOR:
                stopped.append(f"{name} at {node}")
    providers = duties.provider_nodes(facts, intent.ctl_provider_nodes)
    for node, name in [(publisher, CAPF), *((node, CTL_PROVIDER) for node in providers)]:
        state = duties.service(facts, node, name)
        if intent.security_mode == MIXED and state is not None and not state["activated"]:
            planned.append(f"{name} at {node}")
    if intent.security_mode == MIXED and duties.service(facts, publisher, CAPF) is None:
        return (
            FAIL,
            f"{CAPF} is absent on the publisher",
            "Check that the node is a Unified CM publisher: without CAPF, phones cannot get a certificate.",
        )
    if stopped:
        return (
            FAIL,
            f"activated but stopped: {', '.join(stopped)}",
            "Start them, or deactivate those that are not needed.",
        )
    if unknown:
        return (
            UNKNOWN,
            f"it is not known whether these run: {', '.join(unknown)}",
            "Check Control Center in Cisco Unified Serviceability: the run would wait for them after the change.",
        )
    if planned:
        return PLANNED, f"to be activated: {', '.join(planned)}", ""
    return PASS, "services are as intended", ""


def _certificates(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "certificates")
    now = local_now(facts)
    if now is None:
        unread.blame(facts, f"health.{model.publisher_name(facts)}")
        return UNKNOWN, "the node's time was not read", "Check show status."
    shown = _with_hidden(facts, facts["certificates"])
    problems = [f"there is no {unit}" for unit in _NEEDED_CERTIFICATES if unit not in shown]
    unknown = [unit for unit, certificate in shown.items() if certificate is None]
    for unit, certificate in shown.items():
        if certificate is None:
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
    if problems == [f"there is no {own_certificates.CALLMANAGER}"] and _may_hide_callmanager(facts):
        return (
            UNKNOWN,
            f"{own_certificates.CALLMANAGER} is not listed, as when Tomcat's certificate is reused for it",
            "Check in the web page of certificates that CallManager reuses Tomcat's; then set cucm_accept: [certificates].",
        )
    if problems:
        return FAIL, "; ".join(problems), "Renew it first, one at a time, never CallManager and TVS together."
    if unknown:
        return (
            UNKNOWN,
            f"cannot be read: {', '.join(unknown)}",
            "Check show cert own of these on the publisher. If they are valid, set cucm_accept: [certificates].",
        )
    return PASS, f"{', '.join(shown)} valid for {intent.certificate_min_days:g} days or more", ""


def _with_hidden(
    facts: Facts, shown: dict[str, records.Certificate | None]
) -> dict[str, records.Certificate | None]:
    """Return the publisher's certificates with that of CallManager from the database where the node does not list it.

    From 14 on Tomcat's certificate can be reused for CallManager, whose own is hidden then (TN221070).
    """
    unit = own_certificates.CALLMANAGER
    hidden = own_certificates.stored(facts, model.publisher_name(facts), unit)
    if unit in shown or hidden is None or not _reuses_tomcat(facts):
        return shown
    return {**shown, unit: hidden}


def _may_hide_callmanager(facts: Facts) -> bool:
    """Return whether CallManager may have a certificate that is not listed, and the database was not asked for it."""
    return _reuses_tomcat(facts) and model.value(facts, model.NODE_CERTIFICATES) is None


def _reuses_tomcat(facts: Facts) -> bool:
    """Return whether the release can reuse Tomcat's certificate for CallManager; one that was not read may."""
    release = parse_release(model.value(facts, model.RELEASE) or "")
    return not release.read or release.major >= _TOMCAT_REUSE_SINCE


def _rollback(facts: Facts, intent: Intent) -> Verdict:
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    flag = model.value(facts, model.ROLLBACK_TO_PRE_8)
    if flag is None:
        unread.blame(facts, "modes")
        return (
            UNKNOWN,
            "the parameter was not found",
            "Check Enterprise Parameters: Prepare Cluster for Rollback to pre 8.0.",
        )
    if flag:
        return (
            FAIL,
            "Prepare Cluster for Rollback to pre 8.0 is True",
            "Set it to False and wait ten minutes.",
        )
    return PASS, "Prepare Cluster for Rollback to pre 8.0 is False", ""


def _backup(facts: Facts, intent: Intent) -> Verdict:
    if not intent.changes:
        return _NO_CHANGE
    age = backup_age(facts)
    # A subscriber with unknown health does not affect the publisher's backup history.
    needed = ("health.backup", f"health.{model.publisher_name(facts)}")
    if model.value(facts, model.HAS_BACKUP) is False:
        return (
            FAIL,
            "the backup history has no successful backup",
            "Take one now; take another one after the change.",
        )
    if age is None or unread.keys(facts, "health.backup"):
        verdict, reason, remedy = attested(intent, "backup", "a recent backup succeeded", facts, *needed)
        silent = verdict == UNKNOWN and not unread.why(facts, *needed)
        return verdict, reason + (" (the backup history could not be read)" if silent else ""), remedy
    # If the zones leave the age open, the greatest possible age counts.
    if age[1] > intent.backup_max_age_days:
        return (
            FAIL,
            f"the last good backup is {age[1]:.1f} days old",
            "Take one now; take another one after the change.",
        )
    return PASS, f"the last good backup is {age[1]:.1f} days old", ""


def _recovery_key(facts: Facts, intent: Intent) -> Verdict:
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    return attested(
        intent, "itlrecovery_backup", "ITLRecovery.p12 was exported and kept (file get tftp ITLRecovery.p12)"
    )


def _auto_registration(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "auto_registration")
    enabled = sorted(name for name, on in facts["auto_registration"].items() if on)
    said = f"enabled on {', '.join(enabled)}" if enabled else "disabled everywhere"
    if (intent.auto_registration == "disabled" and enabled) or (
        intent.auto_registration == "enabled" and not enabled
    ):
        return (
            FAIL,
            f"auto-registration is {said}, but cucm_auto_registration is {intent.auto_registration}",
            "Change it on the page of the CallManager (System > Cisco Unified CM).",
        )
    if (
        enabled
        and intent.security_mode == MIXED
        and (model.value(facts, model.RELEASE) or "").startswith(("10.", "11.0"))
    ):
        return (
            FAIL,
            f"auto-registration is {said}, which mixed mode does not allow before 11.5",
            "Disable it first.",
        )
    return PASS, f"auto-registration is {said}", ""


def _baseline(facts: Facts, intent: Intent) -> Verdict:
    return attested(
        intent, "registration_baseline", "the registered phones were counted, to compare with afterwards"
    )


# Nodes let it fill up to 95 % and then remove the oldest logs (TN200581 [V]); nothing that a rollout writes is there.
_LOGS = "logging"


def _clock_and_disk(facts: Facts, intent: Intent) -> Verdict:
    unread.require(facts, "health")
    problems, unknown, logs = [], [], []
    for node, health in facts["health"]["nodes"].items():
        if health["ntp_synchronised"] is False:
            problems.append(f"{node} is not synchronised with NTP{_said(health)}")
        elif health["ntp_synchronised"] is None:
            unknown.append(f"the NTP state of {node} is not known{_said(health)}")
        partitions = {name: free for name, free in health["disk_free_percent"].items() if name != "inactive"}
        if not partitions:
            unknown.append(f"the free space of {node} is not known")
        for name, free in partitions.items():
            if free is not None and free >= intent.disk_min_free_percent:
                continue
            said = f"{node}: partition {name} has less than {intent.disk_min_free_percent:g} % free"
            if free is None:
                said = f"{node}: the free space of partition {name} is not known"
            if name == _LOGS:
                logs.append(f"warning: {said}")
            else:
                (unknown if free is None else problems).append(said)
    if problems:
        return (
            FAIL,
            "; ".join(problems),
            "Correct the clock or free space: certificates and tokens need correct clocks, and the CTL file needs space.",
        )
    if unknown:
        return (
            UNKNOWN,
            "; ".join(unknown),
            "Check utils ntp status and show status; accept the check if clocks are synchronised and there is space.",
        )
    return PASS, "; ".join(["clocks synchronised, space on disk", *logs]), ""


def _said(health: Facts) -> str:
    return f" ({health['ntp_said']})" if health.get("ntp_said") else ""


def _window(facts: Facts, intent: Intent) -> Verdict:
    return attested(
        intent, "maintenance_window", "a maintenance window is agreed and the owners of CTI applications know"
    )


_CHECKS: tuple[Judged, ...] = (
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
    preflight_axl.CHECK,
    preflight_witnesses.CHECK,
    *preflight_certificates.CHECKS,
    ctl_updates.CHECK,
    *preflight_way_back.CHECKS,
    phone_resets.CHECK,
)
