# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of the modes, the CTL file, what is still to do, services and the licence. PRIVATE to the collection. Pure."""

from __future__ import annotations

import typing as t

from .._security import ctl, duties, phone_types
from .._security.duties import Facts
from .._security.words import (
    ABSENT,
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    CTL_PROVIDER,
    DISABLED,
    ENABLED,
    MIXED,
    NON_SECURE,
    TFTP,
    TVS,
)
from . import options
from .case import (
    CONTRADICTION,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Judgement,
    Unread,
    not_applicable,
    settle,
)
from .options import Judge, Option

# From this release on ITLRecovery signs the CTL file, before it CallManager did (cli-facts 2.4 [P]).
_ITLRECOVERY_SIGNS_SINCE = 12
# How the subject of ITLRecovery begins; published nowhere, and only looked at when its serial number was not read [?].
_ITLRECOVERY_SUBJECT = "cn=itlrecovery"
_NO_CTL_NEEDED = "the cluster is not in mixed mode, so phones do not read the CTL file"


def _security_mode(case: Case) -> Judgement:
    mode, wanted = case.mode(), case.intent.security_mode or MIXED
    by = "as intended" if case.intent.security_mode else "as the security guide wants it"
    return settle(
        f"the cluster security mode is {mode}, {by}",
        problems=[] if mode == wanted else [f"the cluster security mode is {mode}, not {wanted}, {by}"],
        contradictions=case.contradictions("mode"),
        evidence={"database": mode, "wanted": wanted},
    )


def _sip_oauth_mode(case: Case) -> Judgement:
    wanted = case.intent.sip_oauth_mode
    if wanted is None:
        return not_applicable("nothing is said about SIP OAuth mode in intent.sip_oauth_mode")
    mode = case.fact("sip_oauth_mode")
    if mode == ABSENT:
        problems = ["the release has no SIP OAuth mode"] if wanted == ENABLED else []
        return settle("the release has no SIP OAuth mode, and it is not wanted", problems=problems)
    if mode not in (ENABLED, DISABLED):
        raise Unread("the SIP OAuth mode in the database is not understood")
    return settle(
        f"SIP OAuth mode is {mode}, as intended",
        problems=[] if mode == wanted else [f"SIP OAuth mode is {mode}, not {wanted} as intended"],
        evidence={"database": mode, "wanted": wanted},
    )


# -- the CTL file ----------------------------------------------------------------------------------------


def _tftp_files(case: Case) -> tuple[dict[str, ctl.CtlFile], list[str]]:
    """Return the CTL files of the nodes phones get it from, and why those of others were not read.

    A node that is known to run no TFTP is left out; one of which that is not known counts.
    """
    read, unread = case.per_node("ctl_files")
    without = {
        node
        for node in case.nodes
        if node in (case.facts.get("services") or {})
        and not (duties.service(case.facts, node, TFTP) or {}).get("activated")
    }
    files = {node: ctl.from_facts(file) for node, file in read.items() if node not in without}
    return files, [why for node, why in unread.items() if node not in without]


def _in_mixed_mode(judge: t.Callable[[Case], Judgement]) -> t.Callable[[Case], Judgement]:
    """Return a judge that has nothing to judge unless the cluster is in mixed mode."""
    return lambda case: judge(case) if case.mode() == MIXED else not_applicable(_NO_CTL_NEEDED)


def _ctl_present(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    return settle(
        f"there is a CTL file at {len(files)} nodes",
        problems=[f"there is no CTL file at {node}" for node, file in files.items() if not file.present],
        unread=unread,
        evidence={"bytes": {node: file.length for node, file in files.items()}},
    )


def _ctl_verified(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    return settle(
        f"the CTL file verifies at {len(files)} nodes",
        problems=[
            f"the CTL file of {node} does not verify" for node, file in files.items() if not file.verified
        ],
        unread=unread,
        evidence={"verified": {node: file.verified for node, file in files.items()}},
    )


def _ctl_equal(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    present = {node: file for node, file in files.items() if file.present}
    return settle(
        f"the CTL file is the same at {len(files)} nodes",
        problems=[f"there is no CTL file at {node}" for node in files if node not in present],
        unread=unread
        + [f"the CTL file of {node} has no checksum" for node in present if not files[node].sha1],
        contradictions=_differing_files(present),
        evidence={"sha1": {node: file.sha1 for node, file in present.items()}},
    )


def _differing_files(files: t.Mapping[str, ctl.CtlFile]) -> list[Facts]:
    """Return the contradictions between the files of the nodes that were looked at, each with the first one."""
    first = next(iter(files), "")
    return [
        {
            "about": f"CTL file at {node}",
            "witnesses": {f"ctl_file@{first}": files[first].sha1, f"ctl_file@{node}": file.sha1},
        }
        for node, file in files.items()
        if file.sha1 and files[first].sha1 and file.sha1 != files[first].sha1
    ]


def _ctl_mode(case: Case) -> Judgement:
    mode = case.mode()
    _read, unread = case.per_node("ctl_files")
    return settle(
        f"the CTL file of every node is one of {mode} mode",
        unread=list(unread.values()),
        contradictions=case.contradictions("mode"),
        evidence={"database": mode},
    )


def _ctl_signer(case: Case) -> Judgement:
    read, unread = case.per_node("ctl_files")
    file = ctl.from_facts(read[case.publisher]) if case.publisher in read else None
    if file is None:
        raise Unread(unread.get(case.publisher) or "the publisher's CTL file was not read")
    if not file.present:
        return settle("", problems=["there is no CTL file at the publisher"])
    release = case.release
    major = release.partition(".")[0]
    if not major.isdigit():
        raise Unread(f"release {release!r} is not understood")
    wanted = "ITLRecovery" if int(major) >= _ITLRECOVERY_SIGNS_SINCE else "CallManager"
    expected = ((case.facts.get("certificates") or {}).get(wanted) or {}).get("serial")
    evidence = {
        "signer": file.signer,
        "serial": file.signer_serial,
        "wanted": wanted,
        "wanted_serial": expected,
    }
    if expected and file.signer_serial:
        right, by = _serial(file.signer_serial) == _serial(expected), "by its serial number"
    elif file.signer:
        is_recovery = file.signer.strip().lower().startswith(_ITLRECOVERY_SUBJECT)
        right, by = is_recovery == (wanted == "ITLRecovery"), "by its name"
    else:
        raise Unread("show ctl did not tell who signed the CTL file")
    wrong = f"the CTL file is signed by {file.signer or file.signer_serial}, not by {wanted} ({by})"
    return settle(
        f"the CTL file is signed by {wanted} ({by})", problems=[] if right else [wrong], evidence=evidence
    )


def _serial(text: str) -> str:
    return text.replace(":", "").upper().lstrip("0")


# -- what is still to do ---------------------------------------------------------------------------------


def _restarts(case: Case) -> Judgement:
    case.per_node("services")
    found = (case.facts.get("duties") or {}).get("restarts")
    if found is None:
        found = duties.restart_duties(case.facts)
    lines: dict[str, list[str]] = {"due": [], "other": []}
    for duty in found:
        state = "due" if duty["state"] == "due" else "other"
        lines[state].append(f"{duty['service']} at {duty['node']}: {duty['why']}")
    return settle(
        "no restart is due",
        problems=[f"a restart is due of {line}" for line in lines["due"]],
        unread=lines["other"] + _unread_of_sip_oauth(case),
    )


def _unread_of_sip_oauth(case: Case) -> list[str]:
    """Return why it is not known whether CallManager must be restarted for SIP OAuth."""
    mode = case.fact("sip_oauth_mode")
    if mode == ABSENT:
        return []
    if mode not in (ENABLED, DISABLED):
        return ["the SIP OAuth mode in the database is not understood"]
    case.fact("callmanagers")
    return case.silent("tomcat") if mode == ENABLED else []


def _ctl_updates(case: Case) -> Judgement:
    _files, unread = case.per_node("ctl_files")
    if case.publisher in unread:
        raise Unread(unread[case.publisher])
    _services, silent = case.per_node("services")
    found = (case.facts.get("duties") or {}).get("ctl_update")
    return settle(
        "the CTL file matches the nodes and certificates of the cluster",
        problems=duties.ctl_update_duties(case.facts) if found is None else found,
        unread=[*unread.values(), *silent.values()],
    )


def _unsettled(case: Case) -> Judgement:
    reason = (case.facts.get("unavailable") or {}).get("unsettled")
    if reason:
        raise Unread(f"unsettled: {reason}")
    found = case.fact("unsettled")
    return settle(
        "no command's outcome is open",
        problems=[f"the outcome of {each.get('command') or 'a command'} is not known" for each in found],
    )


def _no_contradictions(case: Case) -> Judgement:
    try:
        case.mode()
        unread = []
    except Unread as error:
        unread = [error.reason]
    unread += case.silent("services", "ctl_files", "listening")
    return settle("all witnesses agree", unread=unread, contradictions=case.contradictions())


# -- services --------------------------------------------------------------------------------------------


def _activation(node: str, name: str, state: Facts) -> list[Facts]:
    """Return the contradiction between the database and Control Center about a service's activation."""
    words = {True: "activated", False: "not activated"}
    if state.get("in_database") is None or bool(state["in_database"]) == bool(state["activated"]):
        return []
    witnesses = {
        "database": words[bool(state["in_database"])],
        f"control_center@{node}": words[bool(state["activated"])],
    }
    return [{"about": f"activation of {name} at {node}", "witnesses": witnesses}]


def _must_run(case: Case, name: str, nodes: t.Iterable[str], where_listed: bool = False) -> Judgement:
    """Judge that a service is activated and started at nodes; C(where_listed) when it need not be there."""
    read, unread = case.per_node("services")
    problems, contradicting, states = [], [], {}
    for node in nodes:
        state = duties.service(case.facts, node, name)
        if node not in read or (state is None and where_listed):
            continue
        if state is None:
            problems.append(f"{name} is absent at {node}")
            continue
        states[node] = "not activated" if not state["activated"] else state["status"]
        contradicting += _activation(node, name, state)
        if states[node] != "Started":
            problems.append(f"{name} at {node} is {states[node]}")
    missing = [why for node, why in unread.items() if node in nodes]
    if where_listed and not (states or missing):
        return not_applicable(f"no node has {name}")
    return settle(
        f"{name} is activated and started at {', '.join(states)}",
        problems=problems,
        unread=missing,
        contradictions=contradicting,
        evidence={"states": states},
    )


def _capf(case: Case) -> Judgement:
    if case.intent.security_mode == NON_SECURE and case.mode() == NON_SECURE:
        return not_applicable("non-secure mode is intended, which needs no CAPF")
    return _must_run(case, CAPF, [case.publisher])


def _ctl_provider(case: Case) -> Judgement:
    if case.intent.security_mode == NON_SECURE and case.mode() == NON_SECURE:
        return not_applicable("non-secure mode is intended, which needs no CTL Provider")
    wanted = case.intent.ctl_provider_nodes
    if wanted == "publisher":
        nodes = [case.publisher]
    else:
        nodes = case.nodes if wanted == "all" else list(wanted)
    strangers = [node for node in nodes if node not in case.nodes]
    if strangers:
        return settle(
            "", problems=[f"intent.ctl_provider_nodes names {node}, which is no node" for node in strangers]
        )
    return _must_run(case, CTL_PROVIDER, nodes, where_listed=True)


def _tvs(case: Case) -> Judgement:
    return _must_run(case, TVS, case.nodes)


def _services_up(case: Case) -> Judgement:
    read, unread = case.per_node("services")
    problems, contradicting, count = [], [], 0
    for node in read:
        for name in case.options["services"]:
            state = duties.service(case.facts, node, name)
            if state is None:
                continue
            contradicting += _activation(node, name, state)
            if state["activated"]:
                count += 1
                if state["status"] != "Started":
                    problems.append(f"{name} at {node} is activated and {state['status']}")
    return settle(
        f"{count} activated services are started",
        problems=problems,
        unread=list(unread.values()),
        contradictions=contradicting,
        evidence={"activated": count},
    )


def _callmanager_reachable(case: Case) -> Judgement:
    services, silent = case.per_node("services")
    _ports, unread = case.per_node("listening")
    up = [
        node
        for node in services
        if (duties.service(case.facts, node, CALLMANAGER) or {}).get("status") == "Started"
    ]
    return settle(
        f"CallManager listens at {len(up)} nodes" if up else "no CallManager is reported up",
        unread=[*silent.values(), *(why for node, why in unread.items() if node in up)],
        contradictions=case.contradictions("listening"),
        evidence={"up": up},
    )


# -- licence ---------------------------------------------------------------------------------------------


def _licence(judge: t.Callable[[Case, Facts], Judgement]) -> t.Callable[[Case], Judgement]:
    """Return a judge of the smart licence; releases before 12 have none (cli-facts 4.2 [P])."""

    def judged(case: Case) -> Judgement:
        if str(case.facts.get("release") or "").startswith("11."):
            return not_applicable("release 11.5 has no smart licence; its licence manager is not read")
        return judge(case, case.fact("licence"))

    return judged


def _registered(case: Case, licence: Facts) -> Judgement:
    said = licence["registration"] or "no status"
    return settle(
        "the cluster is registered with Smart Licensing",
        problems=[]
        if licence["registered"]
        else [f"the cluster is not registered with Smart Licensing ({said})"],
        evidence={"registration": said},
    )


def _authorized(case: Case, licence: Facts) -> Judgement:
    said = licence["authorization"] or "no status"
    right = said.strip().lower() == "authorized"
    return settle(
        "the licence is authorized",
        problems=[] if right else [f"the licence is not authorized ({said})"],
        evidence={"authorization": said},
    )


def _export_control(case: Case, licence: Facts) -> Judgement:
    if not case.wants_encryption():
        return not_applicable("neither mode is on or intended, so nothing is encrypted")
    said = licence["export_control"] or "not told"
    return settle(
        "export-controlled functionality is allowed",
        problems=[]
        if licence["export_allowed"]
        else [f"export-controlled functionality is not allowed ({said})"],
        evidence={"export_control": said},
    )


# -- SIP OAuth -------------------------------------------------------------------------------------------


def _oauth_parameters(case: Case) -> Judgement:
    wanted = case.intent.parameters
    if not wanted:
        return not_applicable("nothing is said about parameters in intent.parameters")
    release = str(case.facts.get("release") or "")
    if release and not phone_types.has_sip_oauth(release):
        return not_applicable(f"release {release} has no SIP OAuth")
    stored = case.fact("parameters")
    problems = [
        f"there is no enterprise parameter {name}"
        if name not in stored
        else f"{name} is {stored[name]}, not {value}"
        for name, value in wanted.items()
        if stored.get(name) != value
    ]
    return settle(
        f"{len(wanted)} parameters are as intended",
        problems=problems,
        evidence={"stored": {name: stored.get(name) for name in wanted}},
    )


def _sip_oauth_ports(case: Case) -> Judgement:
    mode = case.fact("sip_oauth_mode")
    if mode in (ABSENT, DISABLED):
        return not_applicable("SIP OAuth mode is not enabled")
    if mode != ENABLED:
        raise Unread("the SIP OAuth mode in the database is not understood")
    callmanagers, wanted = case.fact("callmanagers"), case.intent.sip_oauth_ports
    listening, unread = case.per_node("listening")
    problems, ports = [], {}
    for node in case.nodes:
        found = callmanagers.get(node)
        if found is None or _is_off(case, node):
            continue
        ports[node] = {name: found["ports"].get(name) for name in ("sip_oauth", "sip_oauth_mra")}
        for name, port in ports[node].items():
            if name in wanted and port != wanted[name]:
                problems.append(f"{name} of {node} is {port}, not {wanted[name]} as intended")
            if port is None:
                problems.append(f"CallManager of {node} has no port {name}")
            elif node in listening and port not in listening[node]:
                problems.append(f"{node} does not listen on {port} ({name})")
    if not ports:
        raise Unread("no CallManager that is activated was told of")
    return settle(
        f"the SIP OAuth ports are listened on at {', '.join(ports)}",
        problems=problems,
        unread=[why for node, why in unread.items() if node in ports],
        evidence={"ports": ports},
    )


def _is_off(case: Case, node: str) -> bool:
    """Return whether CallManager is known not to be activated at a node."""
    if node not in (case.facts.get("services") or {}):
        return False
    return not (duties.service(case.facts, node, CALLMANAGER) or {}).get("activated")


_SERVICES = [CALLMANAGER, TFTP, CTIMANAGER, CAPF, CTL_PROVIDER, TVS]
_ALL = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN, CONTRADICTION)
_PLAIN = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)
_OF_CTL = ("modes", "services", "ctl_files")

JUDGES: dict[str, Judge] = {
    "cluster_security_mode": Judge(_security_mode, ("modes",), (PASS, FAIL, UNKNOWN, CONTRADICTION)),
    "sip_oauth_mode": Judge(_sip_oauth_mode, ("modes",), _PLAIN),
    "ctl_present": Judge(_in_mixed_mode(_ctl_present), _OF_CTL, _PLAIN),
    "ctl_verified": Judge(_in_mixed_mode(_ctl_verified), _OF_CTL, _PLAIN),
    "ctl_equal": Judge(_in_mixed_mode(_ctl_equal), _OF_CTL, _ALL),
    "ctl_mode": Judge(_ctl_mode, ("modes", "ctl_files"), (PASS, UNKNOWN, CONTRADICTION)),
    "ctl_signer": Judge(
        _in_mixed_mode(_ctl_signer), ("version", "modes", "ctl_files", "certificates"), _PLAIN
    ),
    "restart_duties": Judge(
        _restarts,
        ("modes", "services", "ctl_files", "callmanagers", "listening", "tomcat"),
        (PASS, FAIL, UNKNOWN),
    ),
    "ctl_update_duties": Judge(_in_mixed_mode(_ctl_updates), _OF_CTL, _PLAIN),
    "unsettled_commands": Judge(_unsettled, (), (PASS, FAIL, UNKNOWN)),
    "no_contradictions": Judge(
        _no_contradictions, ("modes", "services", "ctl_files", "listening"), (PASS, UNKNOWN, CONTRADICTION)
    ),
    "capf": Judge(_capf, ("modes", "services"), _ALL),
    "ctl_provider": Judge(_ctl_provider, ("modes", "services"), _ALL),
    "tvs": Judge(_tvs, ("services",), (PASS, FAIL, UNKNOWN, CONTRADICTION)),
    "services_up": Judge(
        _services_up,
        ("services",),
        (PASS, FAIL, UNKNOWN, CONTRADICTION),
        {"services": Option(options.texts, default=_SERVICES)},
    ),
    "callmanager_reachable": Judge(
        _callmanager_reachable, ("services", "listening"), (PASS, UNKNOWN, CONTRADICTION)
    ),
    "licence_registered": Judge(_licence(_registered), ("version", "licence"), _PLAIN),
    "licence_authorized": Judge(_licence(_authorized), ("version", "licence"), _PLAIN),
    "licence_export_control": Judge(_licence(_export_control), ("version", "modes", "licence"), _PLAIN),
    "oauth_parameters": Judge(_oauth_parameters, ("version", "parameters"), _PLAIN),
    "sip_oauth_ports": Judge(_sip_oauth_ports, ("modes", "services", "callmanagers", "listening"), _PLAIN),
}
