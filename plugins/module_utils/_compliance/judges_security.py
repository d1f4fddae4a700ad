# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of the modes, the CTL file, what is still to do, services and the licence. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
import typing as t

from .._base.release import parse as parse_release
from .._facts import model, records
from .._security import ctl, ctl_updates, duties, phone_types
from .._security import licence as licences
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
    SIP_OAUTH_PORTS,
    TFTP,
    TVS,
    UNCHANGED,
)
from .._x509 import own_certificates
from .._x509.own_certificates import TOMCAT_UNITS, plain_serial
from . import options
from .case import (
    CONTRADICTION,
    FAIL,
    GUIDE,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Intent,
    Judgement,
    Undecided,
    not_applicable,
    settle,
)
from .options import Judge, Option

# From this release on ITLRecovery signs the CTL file, before it CallManager did (cli-facts 2.4 [P]).
_ITLRECOVERY_SIGNS_SINCE = 12
ITLRECOVERY, CALLMANAGER_UNIT = "ITLRecovery", "CallManager"
# How the common name of ITLRecovery begins; published nowhere, and only looked at when its serial number was not read [?].
_ITLRECOVERY_NAME = "itlrecovery"
# The enterprise parameters that cluster_info reads (wire-facts 3.2).
_READ_PARAMETERS = re.compile(r"oauth|tokenexpirytimer$", re.IGNORECASE)
# What Control Center is known to say of a service that it knows the state of.
_NO_CTL_NEEDED = "the cluster is not in mixed mode, so phones do not read the CTL file"


def _security_mode(case: Case) -> Judgement:
    mode, wanted, oauth = case.mode(), case.intent.security_mode, case.value(model.SIP_OAUTH_MODE)
    departs = wanted == NON_SECURE and oauth != ENABLED
    if wanted is not None:
        right = mode == wanted
        by = "as intended; the security guide wants mixed" if departs else "as intended"
    elif mode == NON_SECURE and oauth == ENABLED:
        right, by = True, "and SIP OAuth mode is enabled, which the security guide takes as well"
    else:
        right, by = mode == MIXED, "as the security guide wants it"
    problem = f"the cluster security mode is {mode}, not {wanted or MIXED} {by}"
    return settle(
        f"the cluster security mode is {mode}, {by}",
        problems=[] if right else [problem],
        contradictions=case.contradictions("mode"),
        evidence={
            "database": mode,
            "sip_oauth_mode": oauth,
            "wanted": wanted,
            **({GUIDE: MIXED} if departs else {}),
        },
    )


def _mode_left_open(intent: Intent) -> str:
    return "either mode is right (intent.security_mode)" if intent.security_mode == UNCHANGED else ""


def _sip_oauth_mode(case: Case) -> Judgement:
    wanted, mode = case.intent.sip_oauth_mode, case.fact(model.SIP_OAUTH_MODE)
    evidence = {"database": mode, "wanted": wanted}
    if mode == ABSENT:
        problems = [] if wanted == DISABLED else ["the release has no SIP OAuth mode"]
        return settle(
            "the release has no SIP OAuth mode, and it is not wanted", problems=problems, evidence=evidence
        )
    if mode not in (ENABLED, DISABLED):
        raise Undecided("the SIP OAuth mode in the database is not understood")
    return settle(
        f"SIP OAuth mode is {mode}, as intended",
        problems=[] if mode == wanted else [f"SIP OAuth mode is {mode}, not {wanted} as intended"],
        evidence=evidence,
    )


def _no_sip_oauth_said(intent: Intent) -> str:
    if intent.sip_oauth_mode in (ENABLED, DISABLED):
        return ""
    return "nothing is said about SIP OAuth mode in intent.sip_oauth_mode"


# -- the CTL file ----------------------------------------------------------------------------------------


def _tftp_files(case: Case) -> tuple[dict[str, ctl.CtlFile], list[str]]:
    """Return the CTL files of the nodes phones get it from, and why those of others were not read.

    A node that is known to run no TFTP is left out; one of which that is not known counts.
    """
    read, unread = case.per_node(model.CTL_FILES)
    services = case.value(model.SERVICES) or {}
    without = {
        node for node in case.nodes if node in services and not duties.activated(case.facts, node, TFTP)
    }
    if without >= set(case.nodes):
        raise Undecided(
            f"{TFTP} is activated at no node, so it is not known where phones get the CTL file from"
        )
    files = {node: ctl.from_facts(file) for node, file in read.items() if node not in without}
    return files, [why for node, why in unread.items() if node not in without]


def _in_mixed_mode(judge: t.Callable[[Case], Judgement]) -> t.Callable[[Case], Judgement]:
    """Return a judge that has nothing to judge unless the cluster is in mixed mode."""
    return lambda case: judge(case) if case.mode() == MIXED else not_applicable(_NO_CTL_NEEDED)


def _absent(files: t.Mapping[str, ctl.CtlFile]) -> list[str]:
    return [f"there is no CTL file at {node}" for node, file in files.items() if not file.present]


def _ctl_present(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    return settle(
        f"there is a CTL file at {', '.join(files)}",
        problems=_absent(files),
        unread=unread,
        evidence={"bytes": {node: file.length for node, file in files.items()}},
    )


def _ctl_verified(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    return settle(
        f"the CTL file verifies at {', '.join(files)}",
        problems=_absent(files)
        + [
            f"the CTL file of {node} does not verify"
            for node, file in files.items()
            if file.present and not file.verified
        ],
        unread=unread,
        evidence={"verified": {node: file.verified for node, file in files.items()}},
    )


def _ctl_equal(case: Case) -> Judgement:
    files, unread = _tftp_files(case)
    return settle(
        f"the CTL file is the same at {', '.join(files)}",
        problems=_absent(files),
        unread=unread
        + [
            f"the CTL file of {node} has no checksum"
            for node, file in files.items()
            if file.present and not file.sha1
        ],
        contradictions=_differing_files({node: file for node, file in files.items() if file.sha1}),
        evidence={"sha1": {node: file.sha1 for node, file in files.items()}},
    )


def _differing_files(files: t.Mapping[str, ctl.CtlFile]) -> list[records.Contradiction]:
    """Return the contradictions between the files of the nodes that were looked at, each with the first one."""
    first = next(iter(files), "")
    return [
        {
            "about": f"CTL file at {node}",
            "witnesses": {f"ctl_file@{first}": files[first].sha1, f"ctl_file@{node}": file.sha1},
        }
        for node, file in files.items()
        if file.sha1 != files[first].sha1
    ]


def _ctl_mode(case: Case) -> Judgement:
    mode = case.mode()
    read, unread = case.per_node(model.CTL_FILES)
    implied = {node: ctl.from_facts(file).implied_mode for node, file in read.items()}
    # A file that is of no mode says nothing; one that is of the other mode says the contrary.
    neither = {f"ctl_file@{node}" for node, word in implied.items() if word is None}
    contradicting = [item for item in case.contradictions("mode") if not neither & set(item["witnesses"])]
    return settle(
        f"the CTL file of every node is one of {mode} mode",
        problems=[
            f"the CTL file of {node} does not verify, or has only some of its certificates"
            for node, word in implied.items()
            if word is None
        ],
        unread=list(unread.values()),
        contradictions=contradicting,
        evidence={"database": mode, "implied": implied},
    )


def _ctl_signer(case: Case) -> Judgement:
    read, unread = case.per_node(model.CTL_FILES)
    if case.publisher not in read:
        raise Undecided(unread.get(case.publisher) or "which node is the publisher is not known")
    file = ctl.from_facts(read[case.publisher])
    if not file.present:
        return settle("", problems=["there is no CTL file at the publisher"])
    major = case.release.partition(".")[0]
    if not (major.isascii() and major.isdigit()):
        raise Undecided(f"release {case.release} is not understood")
    wanted = ITLRECOVERY if int(major) >= _ITLRECOVERY_SIGNS_SINCE else CALLMANAGER_UNIT
    certificates = case.value(model.CERTIFICATES) or {}
    serials = {
        unit: plain_serial(serial)
        for unit in (ITLRECOVERY, CALLMANAGER_UNIT)
        for certificate in [certificates.get(unit)]
        if certificate and (serial := certificate.get("serial"))
    }
    signer, by = _signer(file, serials.get(wanted), wanted, case.publisher)
    evidence = {"signer": file.signer, "serial": file.signer_serial, "wanted": wanted, "serials": serials}
    if signer is None:
        raise Undecided(
            f"who signed the CTL file is not known: {file.signer or 'show ctl has no signer name'} ({by})"
        )
    wrong = f"the CTL file is signed by {file.signer or file.signer_serial}, not by {wanted} ({by})"
    return settle(
        f"the CTL file is signed by {wanted} ({by})", problems=[] if signer else [wrong], evidence=evidence
    )


def _signer(
    file: ctl.CtlFile, wanted_serial: str | None, wanted: str, publisher: str
) -> tuple[bool | None, str]:
    """Return whether the file's signer is the expected one (None when that is not known), and what it was compared by."""
    if wanted_serial and file.signer_serial:
        return plain_serial(file.signer_serial) == wanted_serial, "by its serial number"
    name = re.match(r"\s*cn\s*=\s*([^;,]+)", file.signer, re.IGNORECASE)
    common = name[1].strip().lower() if name else ""
    if common.startswith(_ITLRECOVERY_NAME):
        return wanted == ITLRECOVERY, "by its name"
    # The certificate of CallManager is called as its host, with or without domain, unless a CA was asked for another name.
    if common and common.partition(".")[0] == publisher.lower().partition(".")[0]:
        return wanted == CALLMANAGER_UNIT, "by its name"
    return None, "by its name"


# -- what is still to do ---------------------------------------------------------------------------------


def _restarts(case: Case) -> Judgement:
    case.per_node(model.SERVICES)
    found = case.fact(model.DUTIES)["restarts"]
    return settle(
        "no restart is due",
        problems=[
            f"a restart is due of {duty['service']} at {duty['node']}: {duty['why']}"
            for duty in found
            if duty["state"] == "due"
        ],
        unread=[_undecided(case, duty) for duty in found if duty["state"] != "due"]
        + _unread_of_sip_oauth(case),
        evidence={"duties": found},
    )


def _undecided(case: Case, duty: records.RestartDuty) -> str:
    """Return why it is not known whether a restart is due, with what could not be read of the node."""
    unread = [
        case.unread_nodes(model.SERVICES).get(duty["node"]),
        case.unread_nodes(model.CTL_FILES).get(duty["node"]),
        case.unread_nodes(model.LISTENING).get(duty["node"]),
    ]
    reasons = [duty["why"], *(why for why in unread if why)] if duty["state"] == "unknown" else [duty["why"]]
    return f"{duty['service']} at {duty['node']}: {': '.join(reasons)}"


def _unread_of_sip_oauth(case: Case) -> list[str]:
    """Return why it is not known whether CallManager must be restarted for SIP OAuth."""
    try:
        mode = case.fact(model.SIP_OAUTH_MODE)
        if mode == ABSENT:
            return []
        if mode not in (ENABLED, DISABLED):
            return ["the SIP OAuth mode in the database is not understood"]
        case.fact(model.CALLMANAGERS)
    except Undecided as error:
        return [error.reason]
    shown = all(
        any(own_certificates.current(case.facts, node, unit) for unit in TOMCAT_UNITS) for node in case.nodes
    )
    return case.silent(model.TOMCAT) if mode == ENABLED and not shown else []


def _ctl_updates(case: Case) -> Judgement:
    files, unread = case.per_node(model.CTL_FILES)
    if case.publisher in unread:
        raise Undecided(unread[case.publisher])
    problems = [] if files[case.publisher]["present"] else ["there is no CTL file at the publisher"]
    # Whether the file is wrong or the rule, is not known: an update did not help.
    without_effect = ctl_updates.not_repeated(case.facts)
    return settle(
        "the CTL file matches the nodes and certificates of the cluster",
        problems=problems + ctl_updates.due(case.facts),
        unread=[
            *unread.values(),
            *case.silent(model.SERVICES),
            *([without_effect] if without_effect else []),
        ],
    )


def _unsettled(case: Case) -> Judgement:
    return settle(
        "no command's outcome is open",
        problems=[
            f"the outcome of {each.get('command') or 'a command'} is not known"
            for each in case.fact(model.UNSETTLED)
        ],
    )


# -- services --------------------------------------------------------------------------------------------


def _activation(node: str, name: str, state: records.Service) -> list[records.Contradiction]:
    """Return the contradiction between the database and Control Center about a service's activation."""
    words = {True: "activated", False: "not activated"}
    stored = state.get("in_database")
    if stored is None or stored == state["activated"]:
        return []
    witnesses = {
        "database": words[stored],
        f"control_center@{node}": words[state["activated"]],
    }
    return [{"about": f"activation of {name} at {node}", "witnesses": witnesses}]


def _untold(node: str, name: str, state: records.Service) -> list[str]:
    return [f"Control Center does not tell whether {name} runs at {node}"] if _is_untold(state) else []


def _is_untold(state: records.Service) -> bool:
    return bool(state["activated"]) and state["status"] not in duties.STATES


def _must_run(case: Case, name: str, nodes: t.Sequence[str], where_listed: bool = False) -> Judgement:
    """Judge whether a service is activated and started at nodes; C(where_listed) allows nodes without it."""
    read, unread = case.per_node(model.SERVICES)
    problems, contradicting, states = [], [], {}
    missing = [why for node, why in unread.items() if node in nodes]
    for node in nodes:
        state = duties.service(case.facts, node, name)
        if node not in read or (state is None and where_listed):
            continue
        if state is None:
            problems.append(f"{name} is absent at {node}")
            continue
        states[node] = "not activated" if not state["activated"] else state["status"]
        contradicting += _activation(node, name, state)
        missing += _untold(node, name, state)
        if states[node] != "Started" and not _is_untold(state):
            problems.append(f"{name} at {node} is {states[node]}")
    if where_listed and not (states or missing):
        return not_applicable(f"no node has {name}")
    return settle(
        f"{name} is activated and started at {', '.join(states)}",
        problems=problems,
        unread=missing,
        contradictions=contradicting,
        evidence={"states": states},
    )


def _needs_mixed_mode(judge: t.Callable[[Case], Judgement]) -> t.Callable[[Case], Judgement]:
    """Return a judge that has nothing to judge where mixed mode is neither on nor wanted."""

    def judged(case: Case) -> Judgement:
        mode = case.mode()
        if case.mixes():
            return judge(case)
        return not_applicable(f"the cluster security mode is {mode}, and mixed mode is not wanted")

    return judged


def _capf(case: Case) -> Judgement:
    return _must_run(case, CAPF, _the_publisher(case))


def _the_publisher(case: Case) -> list[str]:
    """Return the publisher alone. Raises Undecided when it is not known which node it is."""
    case.fact(model.NODES)
    if not case.publisher:
        raise Undecided("which node is the publisher is not known")
    return [case.publisher]


def _ctl_provider(case: Case) -> Judgement:
    wanted, publisher = case.intent.ctl_provider_nodes, _the_publisher(case)
    if wanted == "publisher":
        nodes = publisher
    else:
        nodes = case.nodes if wanted == "all" else list(wanted)
    strangers = [node for node in nodes if node not in case.nodes]
    if strangers:
        return settle(
            "",
            problems=[f"intent.ctl_provider_nodes names {node}, which is not a node" for node in strangers],
        )
    return _must_run(case, CTL_PROVIDER, nodes, where_listed=True)


def _tvs(case: Case) -> Judgement:
    return _must_run(case, TVS, case.nodes)


def _services_up(case: Case) -> Judgement:
    read, unread = case.per_node(model.SERVICES)
    problems, missing, count = [], list(unread.values()), 0
    for node in read:
        for name in case.options["services"]:
            state = duties.service(case.facts, node, name)
            if state is None or not state["activated"]:
                continue
            count += 1
            missing += _untold(node, name, state)
            if state["status"] != "Started" and not _is_untold(state):
                problems.append(f"{name} at {node} is activated and {state['status']}")
    return settle(
        f"{count} activated services are started",
        problems=problems,
        unread=missing,
        # Of any service: of one that two witnesses tell different things, nobody knows whether it is to run.
        contradictions=case.contradictions("activation"),
        evidence={"activated": count},
    )


def _callmanager_reachable(case: Case) -> Judgement:
    services, silent = case.per_node(model.SERVICES)
    found = {node: duties.service(case.facts, node, CALLMANAGER) for node in services}
    states = {node: state for node, state in found.items() if state is not None and state["activated"]}
    if not (states or silent):
        return not_applicable(f"{CALLMANAGER} is activated at no node")
    unread = case.unread_nodes(model.LISTENING)
    return settle(
        f"CallManager listens at {', '.join(states)}",
        problems=[
            f"{CALLMANAGER} at {node} is activated and {state['status']}"
            for node, state in states.items()
            if state["status"] != "Started" and not _is_untold(state)
        ],
        unread=[
            *silent.values(),
            *(unread[node] for node in states if node in unread),
            *(why for node, state in states.items() for why in _untold(node, CALLMANAGER, state)),
        ],
        contradictions=case.contradictions("listening"),
        evidence={"states": {node: state["status"] for node, state in states.items()}},
    )


# -- licence ---------------------------------------------------------------------------------------------


def _licence(judge: t.Callable[[Case, records.Licence], Judgement]) -> t.Callable[[Case], Judgement]:
    """Return a judge of the smart licence; releases before 12 have none (cli-facts 4.2 [P])."""

    def judged(case: Case) -> Judgement:
        if (case.value(model.RELEASE) or "").startswith("11."):
            return not_applicable("release 11.5 has no smart licence; its licence manager is not read")
        return judge(case, case.fact(model.LICENCE))

    return judged


def _registered(case: Case, licence: records.Licence) -> Judgement:
    said = licence["registration"] or "no status"
    problem = f"the cluster is not registered with Smart Licensing ({said})"
    return settle(
        "the cluster is registered with Smart Licensing",
        problems=[problem] if licence["registered"] is False else [],
        unread=[f"the status of the registration is not known ({said})"]
        if licence["registered"] is None
        else [],
        evidence={"registration": said},
    )


def _authorized(case: Case, licence: records.Licence) -> Judgement:
    said, right = licence["authorization"] or "no status", licences.is_authorized(licence["authorization"])
    return settle(
        "the licence is authorized",
        problems=[f"the licence is not authorized ({said})"] if right is False else [],
        unread=[f"whether the licence is authorized is not known ({said})"] if right is None else [],
        evidence={"authorization": said},
    )


def _export_control(case: Case, licence: records.Licence) -> Judgement:
    case.fact(model.SECURITY_MODE)
    if not case.encrypts():
        return not_applicable("neither mode is on or wanted, so nothing is encrypted")
    said = licence["export_control"] or "not told"
    problem = f"export-controlled functionality is not allowed ({said})"
    return settle(
        "export-controlled functionality is allowed",
        problems=[problem] if licence["export_allowed"] is False else [],
        unread=[f"whether export-controlled functionality is allowed is not known ({said})"]
        if licence["export_allowed"] is None
        else [],
        evidence={"export_control": said},
    )


# -- SIP OAuth -------------------------------------------------------------------------------------------


def _oauth_parameters(case: Case) -> Judgement:
    wanted, release = case.intent.parameters, case.value(model.RELEASE) or ""
    if parse_release(release).read and not phone_types.has_sip_oauth(release):
        return not_applicable(f"release {release} has no SIP OAuth")
    stored = case.fact(model.PARAMETERS)
    problems, unread = [], []
    for name, value in wanted.items():
        if name in stored:
            if stored[name] != value:
                problems.append(f"{name} is {stored[name]}, not {value}")
        elif _READ_PARAMETERS.search(name):
            problems.append(f"there is no enterprise parameter {name}")
        else:
            unread.append(f"{name} is not among the parameters that are read, those about OAuth")
    return settle(
        f"{', '.join(wanted)} as intended",
        problems=problems,
        unread=unread,
        evidence={"stored": {name: stored.get(name) for name in wanted}},
    )


def _no_parameters_said(intent: Intent) -> str:
    return "" if intent.parameters else "nothing is said about parameters in intent.parameters"


def _sip_oauth_ports(case: Case) -> Judgement:
    mode = case.fact(model.SIP_OAUTH_MODE)
    if mode in (ABSENT, DISABLED):
        return not_applicable("SIP OAuth mode is not enabled")
    if mode != ENABLED:
        raise Undecided("the SIP OAuth mode in the database is not understood")
    callmanagers, wanted = case.fact(model.CALLMANAGERS), case.intent.sip_oauth_ports
    listening = case.value(model.LISTENING) or {}
    unread = [
        why for node, why in case.unread_nodes(model.LISTENING, listening).items() if not _is_off(case, node)
    ]
    problems, ports = [], {}
    for node in case.nodes:
        if _is_off(case, node):
            continue
        if node not in callmanagers:
            unread.append(f"the database has no CallManager of {node}, so its ports are not known")
            continue
        ports[node] = {name: callmanagers[node]["ports"][name] for name in SIP_OAUTH_PORTS}
        for name, port in ports[node].items():
            if name in wanted and port != wanted[name]:
                problems.append(f"{name} of {node} is {port}, not {wanted[name]} as intended")
            if port is None:
                problems.append(f"CallManager of {node} has no port {name}")
            elif node in listening and port not in listening[node]:
                problems.append(f"{node} does not listen on {port} ({name})")
    if not (ports or unread):
        raise Undecided("no CallManager that is activated is known")
    return settle(
        f"the SIP OAuth ports are listened on at {', '.join(ports)}",
        problems=problems,
        unread=unread,
        evidence={"ports": ports},
    )


def _is_off(case: Case, node: str) -> bool:
    """Return whether CallManager is known not to be activated at a node."""
    if node not in (case.value(model.SERVICES) or {}):
        return False
    return not duties.activated(case.facts, node, CALLMANAGER)


_SERVICES = [CALLMANAGER, TFTP, CTIMANAGER, CAPF, CTL_PROVIDER, TVS]
_ALL = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN, CONTRADICTION)
_PLAIN = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)
_OF_CTL = (model.SECURITY_MODE, model.SERVICES, model.CTL_FILES)

JUDGES: dict[str, Judge] = {
    "cluster_security_mode": Judge(
        _security_mode, (model.SECURITY_MODE,), _ALL, also=(model.CTL_FILES,), idle=_mode_left_open
    ),
    "sip_oauth_mode": Judge(_sip_oauth_mode, (model.SIP_OAUTH_MODE,), _PLAIN, idle=_no_sip_oauth_said),
    "ctl_present": Judge(_in_mixed_mode(_ctl_present), _OF_CTL, _PLAIN),
    "ctl_verified": Judge(_in_mixed_mode(_ctl_verified), _OF_CTL, _PLAIN),
    "ctl_equal": Judge(_in_mixed_mode(_ctl_equal), _OF_CTL, _ALL),
    "ctl_mode": Judge(
        _ctl_mode, (model.SECURITY_MODE, model.CTL_FILES), (PASS, FAIL, UNKNOWN, CONTRADICTION)
    ),
    "ctl_signer": Judge(
        _in_mixed_mode(_ctl_signer),
        (model.RELEASE, model.SECURITY_MODE, model.CTL_FILES),
        _PLAIN,
        also=(model.CERTIFICATES,),
    ),
    "restart_duties": Judge(
        _restarts,
        (model.RELEASE, model.DUTIES),
        (PASS, FAIL, UNKNOWN),
        also=(model.CERTIFICATES, model.NODE_CERTIFICATES),
    ),
    "ctl_update_duties": Judge(
        _in_mixed_mode(_ctl_updates),
        (*_OF_CTL, model.NODE_CERTIFICATES),
        _PLAIN,
        also=(model.CERTIFICATES, model.TOMCAT),
    ),
    "unsettled_commands": Judge(_unsettled, (), (PASS, FAIL, UNKNOWN)),
    "capf": Judge(_needs_mixed_mode(_capf), (model.SECURITY_MODE, model.SERVICES), _ALL),
    "ctl_provider": Judge(_needs_mixed_mode(_ctl_provider), (model.SECURITY_MODE, model.SERVICES), _ALL),
    "tvs": Judge(_tvs, (model.SERVICES,), (PASS, FAIL, UNKNOWN, CONTRADICTION)),
    "services_up": Judge(
        _services_up,
        (model.SERVICES,),
        (PASS, FAIL, UNKNOWN, CONTRADICTION),
        {"services": Option(options.texts, default=_SERVICES)},
    ),
    "callmanager_reachable": Judge(_callmanager_reachable, (model.SERVICES, model.LISTENING), _ALL),
    "licence_registered": Judge(_licence(_registered), (model.RELEASE, model.LICENCE), _PLAIN),
    "licence_authorized": Judge(_licence(_authorized), (model.RELEASE, model.LICENCE), _PLAIN),
    "licence_export_control": Judge(
        _licence(_export_control), (model.RELEASE, model.SECURITY_MODE, model.LICENCE), _PLAIN
    ),
    "oauth_parameters": Judge(
        _oauth_parameters, (model.RELEASE, model.PARAMETERS), _PLAIN, idle=_no_parameters_said
    ),
    "sip_oauth_ports": Judge(
        _sip_oauth_ports, (model.SIP_OAUTH_MODE, model.SERVICES, model.CALLMANAGERS, model.LISTENING), _PLAIN
    ),
}
