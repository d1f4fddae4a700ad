# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remaining duties and the contradictions, derived from the facts of a cluster. PRIVATE to the collection.

Pure, and without memory between runs: a run that died anywhere is finished by running it again.
C(facts) is the result of the module C(cluster_info).
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._base.device_time import DeviceTime, not_after, surely_not_after, witnessed
from .._facts import model, records
from .._facts.model import Facts
from .._x509 import own_certificates
from .._x509.own_certificates import TOMCAT_UNITS, plain_serial
from . import ctl, membership, rules
from .words import (
    CALLMANAGER,
    CALLMANAGER_PORTS,
    CAPF,
    DISABLED,
    ENABLED,
    MIXED,
    NON_SECURE,
    RESTARTED,
    SIP_OAUTH_PORTS,
    TFTP,
)

# The states of a service that Control Center reports (wire-facts 4.2); any other word is "Unknown".
STATES = ("Started", "Stopped", "Starting", "Stopping")
# Control Center: commanded out of service (wire-facts 4.3).
STOPPED_BY_OPERATOR = frozenset({-1069})


def provider_nodes(facts: Facts, wanted: str | t.Sequence[str]) -> list[str]:
    """Return the nodes that should run the CTL Provider; C(wanted) is C(publisher), C(all), or names of nodes."""
    if wanted == "publisher":
        return [model.publisher_name(facts)]
    nodes = [node["name"] for node in model.callmanager_nodes(facts)]
    return nodes if wanted == "all" else [node for node in nodes if node in wanted]


def service(facts: Facts, node: str, name: str) -> records.Service | None:
    """Return the facts of a service at a node, or None when they were not read or it is absent there."""
    found = (model.under(facts, model.SERVICES, node) or {}).get(name)
    return found if found and found["present"] else None


def activated(facts: Facts, node: str, name: str) -> bool:
    """Return whether a service is known to be activated at a node."""
    found = service(facts, node, name)
    return found is not None and found["activated"]


def started(facts: Facts, node: str, name: str) -> bool:
    """Return whether a service is known to be started at a node."""
    found = service(facts, node, name)
    return found is not None and found["status"] == "Started"


def authenticated(facts: Facts, node: Facts) -> bool | None:
    """Return whether a node is authenticated in the cluster; None if its row does not show it."""
    names = {node["name"].lower(), node["name"].partition(".")[0].lower(), node["address"].lower()}
    told = [state for name, state in (model.value(facts, model.NETWORK) or {}).items() if name in names]
    if True in told:
        return True
    return None if None in told else False


def ctl_file(facts: Facts, node: str) -> ctl.CtlFile | None:
    """Return a node's CTL file, or None when it was not read."""
    found = model.under(facts, model.CTL_FILES, node)
    return ctl.from_facts(found) if found else None


class _Verdict(t.NamedTuple):
    """Whether a restart is due (C(due), C(pending) or C(unknown)), the reason, and the rules."""

    state: str
    why: str
    found: rules.Found


def restart_duties(facts: Facts) -> list[records.RestartDuty]:
    """Return the restarts that are due, in the order to do them.

    A restart is due if a service that applies a change at its start (C(rules)) has been up since before the change. The node's own
    clock dates both the CTL file and the start; in the same second a restart is due, since the service may have read the old file.
    CallManager is also due if it does not listen on its SIP OAuth ports although the mode is enabled, or still listens although it is
    disabled; and so is any service whose certificate was renewed since, as far as the facts show it. C(state) is C(due), C(pending)
    (already starting or stopping) or C(unknown); C(change) is what changed.
    """
    if "services" not in facts:
        return []
    duties: list[records.RestartDuty] = []
    for name in RESTARTED:
        for node in model.callmanager_nodes(facts):
            verdict, since = _restart_verdict(facts, node, name)
            if verdict:
                duties.append(
                    {
                        "node": node["name"],
                        "service": name,
                        "state": verdict.state,
                        "why": " ".join(
                            [verdict.why, *([f"({verdict.found.doubt})"] if verdict.found.doubt else [])]
                        ),
                        "change": verdict.found.change,
                        "started_at": since,
                    }
                )
    return duties


def _restart_verdict(facts: Facts, node: records.Node, name: str) -> tuple[_Verdict | None, str | None]:
    """Return whether a service of a node is due for a restart, None if it is not, and the time since when it is up."""
    by_ctl = rules.applying(rules.CTL_FILE, facts)
    if node["name"] not in facts["services"]:
        unread = _Verdict("unknown", "the node's services could not be read", by_ctl)
        return (unread if name in by_ctl.services else None), None
    state = service(facts, node["name"], name)
    if state is None or not state["activated"]:
        return None, None
    told: list[_Verdict] = []
    if name in by_ctl.services:
        verdict, why = _restart_state(state, ctl_file(facts, node["name"]))
        told += [_Verdict(verdict, why, by_ctl)] if verdict else []
    if state["status"] == "Started":
        told += _sip_oauth_restart(facts, node["name"], name)
        told += _renewals(facts, node, name, state)
    decided = [each for each in told if each.state != "unknown"]
    return (decided[0] if decided else told[-1] if told else None), state["started_at"]


def _restart_state(state: Facts, file: ctl.CtlFile | None) -> tuple[str, str]:
    if state["status"] == "Stopped" and state["reason_code"] in STOPPED_BY_OPERATOR:
        return "", ""
    if state["status"] != "Started":
        # In the middle of a restart, a service is stopped without an operator's reason code.
        return "pending", f"it is {state['status']}"
    if file is None:
        return "unknown", "the node's CTL file could not be read"
    if not file.present:
        return "", ""
    modified, told = file.modified, state["started_at"] or state.get("started_at_utc")
    if not told or modified is None:
        return (
            "unknown",
            "the start time of the service or the modification time of the CTL file was not read",
        )
    when = f"up since {told}, CTL file modified {f'{modified.local.isoformat()} {modified.zone}'.strip()}"
    before = _started_before(state, modified)
    if before is None:
        return "unknown", f"the order of two times is not certain: {when}"
    return ("due", when) if before else ("", "")


def _started_before(state: Facts, modified: DeviceTime) -> bool | None:
    """Return whether a service was up when the file was modified; None if the reported times leave it open.

    The start has two witnesses: StartTime, a local time without a zone, and clock minus UpTime, in UTC. Together they give
    the zone, which resolves the repeated hour at a clock change. If they disagree, only what each proves alone counts.
    """
    by_uptime = datetime.fromisoformat(state["started_at_utc"]) if state.get("started_at_utc") else None
    if not state["started_at"]:
        return None if by_uptime is None else surely_not_after(by_uptime, modified)
    started = DeviceTime(datetime.fromisoformat(state["started_at"]), state.get("started_zone") or "")
    if started.zone or by_uptime is None:
        return not_after(started, modified)
    agreed = witnessed(started.local, by_uptime)
    if agreed is not None:
        return not_after(agreed, modified)
    told, sure = not_after(started, modified), surely_not_after(by_uptime, modified)
    return told if sure in (None, told) else None


def _sip_oauth_restart(facts: Facts, node: str, name: str) -> list[_Verdict]:
    """Return why a service that is up must be restarted for SIP OAuth mode; empty when nothing speaks for it."""
    found, mode = rules.applying(rules.SIP_OAUTH_MODE, facts), model.value(facts, model.SIP_OAUTH_MODE)
    if mode not in (ENABLED, DISABLED) or name not in found.services:
        return []
    state, why = _sip_oauth_ports(facts, node, mode)
    return [_Verdict(state, why, found)] if state else []


def _sip_oauth_ports(facts: Facts, node: str, mode: str) -> tuple[str, str]:
    unread = (model.value(facts, model.UNAVAILABLE) or {}).get("callmanagers")
    if unread:
        return "unknown", f"the ports of CallManager could not be read: {unread}"
    if "callmanagers" not in facts:
        return "", ""
    found, listening = facts["callmanagers"].get(node), (model.value(facts, model.LISTENING) or {}).get(node)
    if found is None:
        return "unknown", "the database has no CallManager of the node, so its SIP OAuth ports are not known"
    if listening is None:
        return "unknown", "which ports the node listens on could not be read"
    ports = [found["ports"][name] for name in SIP_OAUTH_PORTS if found["ports"][name]]
    missing = [port for port in ports if port not in listening]
    if mode == ENABLED and missing:
        return "due", f"SIP OAuth mode is enabled and it does not listen on {', '.join(map(str, missing))}"
    still = [port for port in ports if port in listening]
    if mode == DISABLED and still:
        return "due", f"SIP OAuth mode is disabled and it still listens on {', '.join(map(str, still))}"
    return "", ""


def _renewals(facts: Facts, node: records.Node, name: str, state: Facts) -> list[_Verdict]:
    """Return the certificates renewed since the start of a service that reads them only at its start.

    No interface reports when a certificate was installed; it is certain only that this was not before its validity began.
    """
    started = state.get("started_at_utc")
    if not started:
        return []
    up_since = datetime.fromisoformat(started)
    return [
        _Verdict("due", f"{whose} was renewed {not_before} UTC, up since {started} UTC", found)
        for change, whose, not_before in _dated_certificates(facts, node)
        for found in [rules.applying(change, facts)]
        if name in found.services and datetime.fromisoformat(not_before) > up_since
    ]


def _dated_certificates(facts: Facts, node: records.Node) -> t.Iterator[tuple[str, str, str]]:
    """Yield the certificates that services of a node show or trust: what a change of each is, its name, since when it is valid."""
    sip_oauth = model.value(facts, model.SIP_OAUTH_MODE) == ENABLED
    found = []
    if sip_oauth:
        found += [
            (rules.TOMCAT, f"its {unit} certificate", own_certificates.current(facts, node["name"], unit))
            for unit in TOMCAT_UNITS
        ]
    found += [
        (change, f"its {unit} certificate", _of_callmanager(facts, node, unit))
        for unit, change in _OF_CALLMANAGER.items()
    ]
    if sip_oauth:
        capf = own_certificates.current(facts, model.publisher_name(facts), own_certificates.CAPF)
        found.append((rules.CAPF_CERTIFICATE, "the publisher's CAPF certificate", capf))
    for change, whose, held in found:
        if held and held.get("not_before"):
            yield change, whose, held["not_before"]


_OF_CALLMANAGER = {
    own_certificates.CALLMANAGER: rules.CALLMANAGER_RSA,
    own_certificates.CALLMANAGER_ECDSA: rules.CALLMANAGER_EC,
}


def _of_callmanager(facts: Facts, node: records.Node, unit: str) -> records.Certificate | None:
    """Return a CallManager certificate of a node; where its own was not read, the publisher's if that names the node."""
    own = own_certificates.current(facts, node["name"], unit)
    published = own_certificates.shown(facts, model.publisher_name(facts), unit)
    named = any(_is_called(facts, node, name) for name in own_certificates.names(published))
    return own or (published if named else None)


def ctl_update_duties(facts: Facts) -> list[str]:
    """Return the reasons why the CTL file no longer matches the cluster; empty if it matches or has no effect.

    Phones read the records of the file only in mixed mode.
    """
    file = ctl_file(facts, model.publisher_name(facts))
    if model.value(facts, model.SECURITY_MODE) != MIXED or file is None or not file.present:
        return []
    reasons = []
    capf = service(facts, model.publisher_name(facts), CAPF)
    if capf is not None and capf["activated"] and not file.has_capf:
        reasons.append("CAPF is activated on the publisher and has no record in the CTL file")
    reasons += _renewed_capf(facts, file)
    nodes = model.callmanager_nodes(facts)
    uncovered = {node["name"]: _uncovered(facts, node, file) for node in nodes}
    reasons += [why for why in uncovered.values() if why]
    reasons += _strangers(facts, file, nodes)
    reasons += _renewed_records(facts, file, [node for node in nodes if not uncovered[node["name"]]])
    for node in nodes:
        other = ctl_file(facts, node["name"])
        if other is not None and other.sha1 != file.sha1:
            reasons.append(f"the CTL file of node {node['name']} differs from the publisher's")
    return reasons


def _renewed_capf(facts: Facts, file: ctl.CtlFile) -> list[str]:
    """Return why the CAPF record does not match: the CAPF certificate was renewed since (cli-facts 7, point 9)."""
    held = own_certificates.current(facts, model.publisher_name(facts), own_certificates.CAPF)
    number = own_certificates.serial(held)
    if not number or not file.capf_serials or number in file.capf_serials:
        return []
    return [f"the CAPF certificate of the publisher (serial number {number}) is not in the CTL file"]


def _uncovered(facts: Facts, node: records.Node, file: ctl.CtlFile) -> str:
    """Return why the CTL file does not cover a node that serves phones; empty if it does.

    A file covers the node whose CallManager certificate it has, by the serial number: that is so for one certificate of each node, for one
    of several nodes, and for one that is Tomcat's as well. Where the certificate or the serial numbers were not read, names are compared.
    """
    if not _serves_phones(facts, node["name"]):
        return ""
    number = own_certificates.serial(
        own_certificates.current(facts, node["name"], own_certificates.CALLMANAGER)
    )
    if number and file.call_control_serials:
        if number in file.call_control_serials:
            return ""
        return f"the CallManager certificate of node {node['name']} (serial number {number}) is not in the CTL file"
    if any(_is_called(facts, node, name) for name in file.servers):
        return ""
    if _has_the_publishers_certificate(facts, node, file):
        return ""
    return f"node {node['name']} has no record in the CTL file"


def _strangers(facts: Facts, file: ctl.CtlFile, nodes: t.Sequence[records.Node]) -> list[str]:
    """Return the records of the CTL file that no node has, neither by name nor by its certificate."""
    held = _serials_of_nodes(facts, nodes)
    return [
        f"the CTL file has a record of {name}, which is not a node"
        for name in sorted(file.servers)
        if not any(_is_called(facts, node, name) for node in nodes)
        and not any(
            plain_serial(record.serial) in held for record in file.call_control if record.name == name
        )
    ]


def _renewed_records(facts: Facts, file: ctl.CtlFile, covered: t.Sequence[records.Node]) -> list[str]:
    """Return the records of covered nodes whose certificate no node has any more: phones would go on trusting it.

    Which certificates there are is known only if the CallManager certificates of every node were read.
    """
    nodes = model.callmanager_nodes(facts)
    if not all(
        own_certificates.serial(own_certificates.current(facts, node["name"], unit))
        for node in nodes
        for unit in _units_of_callmanager(facts, node["name"])
    ):
        return []
    held = _serials_of_nodes(facts, nodes)
    return [
        f"the CTL file has a certificate of {record.name} (serial number {number}) that no node has now"
        for record in file.call_control
        for number in [plain_serial(record.serial)]
        if number and record.has_certificate and number not in held
        if any(_is_called(facts, node, record.name) for node in covered)
    ]


def _units_of_callmanager(facts: Facts, node: str) -> list[str]:
    """Return the CallManager certificates that a node must have, and those it has besides."""
    known = own_certificates.units(facts, node)
    return [
        own_certificates.CALLMANAGER,
        *(unit for unit in known if unit == own_certificates.CALLMANAGER_ECDSA),
    ]


def _serials_of_nodes(facts: Facts, nodes: t.Iterable[records.Node]) -> set[str]:
    numbers = {
        own_certificates.serial(own_certificates.current(facts, node["name"], unit))
        for node in nodes
        for unit in own_certificates.units(facts, node["name"])
    }
    return numbers - {""}


def _has_the_publishers_certificate(facts: Facts, node: records.Node, file: ctl.CtlFile) -> bool:
    """Return whether the publisher's record also covers a node.

    Security Guides 11.5 to 15: with a multi-server CallManager certificate, the file has the publisher's certificate. A certificate is
    multi-server by its name, or by the server names in it, as far as it was read.
    """
    publisher = next((each for each in model.callmanager_nodes(facts) if each["role"] == "publisher"), None)
    if publisher is None or not all(_is_called(facts, publisher, name) for name in file.servers):
        return False
    shown = own_certificates.current(facts, publisher["name"], own_certificates.CALLMANAGER)
    names = own_certificates.names(shown)
    if any(_is_called(facts, node, name) for name in names):
        return True
    comparable = names and not (membership.is_address(node["name"]) and not _host_name(facts, node))
    return bool(file.of_many_servers) and not comparable


def _is_called(facts: Facts, node: records.Node, name: str) -> bool:
    """Return whether a name in a record or a certificate is a node's; where it is listed by its address, also by what it calls itself."""
    if membership.is_called(node, name):
        return True
    host = _host_name(facts, node) if membership.is_address(node["name"]) else ""
    return bool(host) and membership.is_called({**node, "name": host}, name)


def _host_name(facts: Facts, node: records.Node) -> str:
    health = model.under(facts, model.HEALTH, node["name"])
    return health.get("host_name", "") if health else ""


def _serves_phones(facts: Facts, node: str) -> bool:
    return any(activated(facts, node, name) for name in (CALLMANAGER, TFTP))


def contradictions(facts: Facts) -> list[records.Contradiction]:
    """Return where witnesses disagree: each with what about, and what each witness says."""
    found: list[records.Contradiction] = []
    mode, publisher = model.value(facts, model.SECURITY_MODE), model.publisher_name(facts)
    original = ctl_file(facts, publisher)
    for node in model.callmanager_nodes(facts):
        file = ctl_file(facts, node["name"])
        if mode in (MIXED, NON_SECURE) and file is not None and file.implied_mode != mode:
            found.append(
                {
                    "about": f"cluster security mode at {node['name']}",
                    "witnesses": {"database": mode, f"ctl_file@{node['name']}": _ctl_says(file)},
                }
            )
        if mode == MIXED and file is not None and original is not None and _differ(file, original):
            witnesses = {f"ctl_file@{publisher}": original.sha1, f"ctl_file@{node['name']}": file.sha1}
            found.append({"about": f"CTL file at {node['name']}", "witnesses": witnesses})
        for name, state in (model.value(facts, model.SERVICES) or {}).get(node["name"], {}).items():
            if (
                state.get("in_database") is not None
                and state["present"]
                and state["in_database"] != state["activated"]
            ):
                found.append(
                    {
                        "about": f"activation of {name} at {node['name']}",
                        "witnesses": {
                            "database": "activated" if state["in_database"] else "not activated",
                            f"control_center@{node['name']}": "activated"
                            if state["activated"]
                            else "not activated",
                        },
                    }
                )
        found += _not_listening(facts, node["name"])
    return found + own_certificates.contradictions(facts)


def _differ(file: ctl.CtlFile, original: ctl.CtlFile) -> bool:
    return file.present and original.present and file.sha1 != original.sha1


def _not_listening(facts: Facts, node: str) -> list[records.Contradiction]:
    """Return the contradiction of a CallManager that is reported up and that no phone can reach."""
    state, ports = service(facts, node, CALLMANAGER), (model.value(facts, model.LISTENING) or {}).get(node)
    if state is None or state["status"] != "Started" or ports is None or CALLMANAGER_PORTS & set(ports):
        return []
    return [
        {
            "about": f"{CALLMANAGER} at {node}",
            "witnesses": {
                f"control_center@{node}": "Started",
                f"open_ports@{node}": f"listens on none of {', '.join(map(str, sorted(CALLMANAGER_PORTS)))}",
            },
        }
    ]


def _ctl_says(file: ctl.CtlFile) -> str:
    if not file.present:
        return "no CTL file"
    if not file.verified:
        return "a CTL file that did not verify"
    return file.implied_mode or "a CTL file with only some certificates"


def derived(facts: Facts) -> dict[str, t.Any]:
    """Return the derived facts: C(contradictions), and C(duties) with C(restarts) and C(ctl_update)."""
    return {
        "contradictions": contradictions(facts),
        "duties": {"restarts": restart_duties(facts), "ctl_update": ctl_update_duties(facts)},
    }


def mode_contradictions(facts: Facts) -> list[records.Contradiction]:
    """Return the contradictions between the database and the publisher's CTL file: the mode itself is in doubt."""
    witnesses = {"database", f"ctl_file@{model.publisher_name(facts)}"}
    return [item for item in contradictions(facts) if witnesses == set(item["witnesses"])]


def describe_contradictions(found: t.Iterable[records.Contradiction]) -> str:
    """Return contradictions as one readable sentence each."""
    return " ".join(
        f"{item['about']}: "
        + ", ".join(f"{witness} says {value}" for witness, value in item["witnesses"].items())
        + "."
        for item in found
    )
