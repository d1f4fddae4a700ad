# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of the nodes' health, settings and membership. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re

from .._facts import model
from .._security import checks, duties
from .._security.words import DISABLED, ENABLED, counted
from . import options
from .case import (
    FAIL,
    GUIDE,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Intent,
    Judgement,
    Undecided,
    settle,
)
from .options import Judge, Option

# -- the cluster -----------------------------------------------------------------------------------------


def _rollback(case: Case) -> Judgement:
    flag = case.fact(model.ROLLBACK_TO_PRE_8)
    return settle(
        "Prepare Cluster for Rollback to pre 8.0 is False",
        problems=["Prepare Cluster for Rollback to pre 8.0 is True, so phones get an empty ITL file"]
        if flag
        else [],
        evidence={"rollback_to_pre_8": flag},
    )


def _registration_left_open(intent: Intent) -> str:
    if intent.auto_registration in (ENABLED, DISABLED):
        return ""
    return "auto-registration may be on or off (intent.auto_registration)"


def _auto_registration(case: Case) -> Judgement:
    wanted = case.intent.auto_registration
    told = case.fact(model.AUTO_REGISTRATION)
    on = sorted(name for name, enabled in told.items() if enabled)
    unread = [
        f"{name} does not tell whether auto-registration is on"
        for name, enabled in told.items()
        if enabled is None
    ]
    if not told:
        unread.append("no CallManager was read")
    if wanted == DISABLED:
        problems = [f"auto-registration is on at {name}" for name in on]
        return settle(
            "auto-registration is off everywhere", problems=problems, unread=unread, evidence={"on": on}
        )
    evidence = {"on": on, "wanted": wanted, GUIDE: DISABLED}
    if on:
        return settle(
            f"auto-registration is on at {', '.join(on)}, as intended; the security guide wants it disabled",
            evidence=evidence,
        )
    problems = [] if unread else ["auto-registration is on nowhere"]
    return settle("", problems=problems, unread=unread, evidence=evidence)


def _replication(case: Case) -> Judgement:
    state = case.fact(model.REPLICATION)
    rows = {name: f"({row['state']}) {row['flags']}" for name, row in state["servers"].items()}
    case.fact(model.NODES)
    if state["good"] and not (rows or state["single_node"]):
        raise Undecided("the state of replication names no server")
    problems, unread = [], []
    told = ", ".join(f"{name} {row}" for name, row in list(rows.items())[:5]) or "no node is listed"
    said = f"{told} {state['sync_status']}".rstrip()
    if state["single_node"] and len(case.nodes) > 1:
        problems.append("the publisher sees no other active node")
    elif state["good"] is None:
        unread.append(f"whether database replication is good is not known: {said}")
    elif not state["good"]:
        problems.append(f"database replication is not good: {said}")
    return settle(
        "database replication is good (2) at every node",
        problems=problems,
        unread=unread,
        evidence={"servers": rows, "sync_status": state["sync_status"]},
    )


def _node_authentication(case: Case) -> Judgement:
    members = case.fact(model.NETWORK)
    case.fact(model.NODES)
    if not members:
        raise Undecided("show network cluster listed no node")
    states = {
        node["name"]: duties.authenticated(case.facts, node) for node in model.callmanager_nodes(case.facts)
    }
    return settle(
        "every node is authenticated in the cluster",
        problems=[
            f"{name} is not authenticated in the cluster" for name, good in states.items() if good is False
        ],
        unread=[
            f"whether {name} is authenticated in the cluster is not known"
            for name, good in states.items()
            if good is None
        ],
        evidence={"members": members},
    )


# -- health ----------------------------------------------------------------------------------------------


def _backup(case: Case) -> Judgement:
    if case.value(model.HAS_BACKUP) is False:
        return settle("", problems=["the backup history has no successful backup"])
    newest = case.fact(model.LAST_BACKUP)
    # The backup history is in the publisher's local time, so its own clock tells how old one is.
    age = checks.backup_age(case.facts)
    if age is None:
        raise Undecided("the publisher's time could not be read")
    (least, longest), most = age, case.options["max_age_days"]
    said = f"the last good backup is {longest:.1f} days old"
    if longest < 0:
        raise Undecided(f"the last good backup is dated {newest}, after the publisher's clock")
    if least <= most < longest:
        raise Undecided(f"the last good backup is dated {newest}, in a zone that is not known")
    return settle(
        said,
        problems=[f"{said}, more than {most:g}"] if least > most else [],
        evidence={"last_backup": newest, "age_days": round(longest, 1)},
    )


def _upgrade(case: Case) -> Judgement:
    running = case.fact(model.UPGRADE_RUNNING)
    return settle(
        "no upgrade is running",
        problems=["a system upgrade is running"] if running else [],
        evidence={"upgrade_running": running},
    )


def _ntp(case: Case) -> Judgement:
    read, unread = case.per_node(model.HEALTH)
    states = {node: health.get("ntp_synchronised") for node, health in read.items()}
    said = {
        node: f" ({health['ntp_said']})" if health.get("ntp_said") else "" for node, health in read.items()
    }
    return settle(
        f"the clock is synchronised by NTP on {counted(len(states), 'node')}",
        problems=[
            f"the clock of {node} is not synchronised by NTP{said[node]}"
            for node, good in states.items()
            if good is False
        ],
        unread=[
            *unread.values(),
            *(
                f"the NTP state of {node} is not known{said[node]}"
                for node, good in states.items()
                if good is None
            ),
        ],
        evidence={"synchronised": states},
    )


def _disk(case: Case) -> Judgement:
    read, silent = case.per_node(model.HEALTH)
    least, problems, unread = case.options["min_free_percent"], [], list(silent.values())
    for node, health in read.items():
        partitions = {name: free for name, free in health["disk_free_percent"].items() if name != "inactive"}
        if not partitions:
            unread.append(f"the free space of {node} is not known")
        unread += [
            f"the free space of partition {name} of {node} is not known"
            for name, free in partitions.items()
            if free is None
        ]
        # The inactive partition is filled by the version that is kept there.
        problems += [
            f"partition {name} of {node} has {free:g} % free, less than {least:g} %"
            for name, free in partitions.items()
            if free is not None and free < least
        ]
    return settle(
        f"partitions have {least:g} % free or more",
        problems=problems,
        unread=unread,
        evidence={"free_percent": {node: health["disk_free_percent"] for node, health in read.items()}},
    )


# -- what every node is set to ---------------------------------------------------------------------------


def _tls_minimum(case: Case) -> Judgement:
    told, unread = case.per_node(model.TLS_MINIMUM)
    least = str(case.options["min_version"])
    problems, missing = [], list(unread.values())
    for node, version in told.items():
        found = re.fullmatch(r"(\d)\.(\d)", version.strip())
        if found is None:
            missing.append(f"the TLS minimum version of {node} is not understood ({version})")
        elif (int(found[1]), int(found[2])) < (int(least[0]), int(least[2])):
            problems.append(f"{node} accepts TLS {found[0]}, less than {least}")
    return settle(
        f"{', '.join(told)} accept TLS {least} and later only",
        problems=problems,
        unread=missing,
        evidence={"tls_minimum": told},
    )


def _account_lockout(case: Case) -> Judgement:
    told, unread = case.per_node(model.ACCOUNT_LOCKING)
    most = case.options["max_attempts"]
    problems, missing = [], list(unread.values())
    for node, locking in told.items():
        attempts = locking["attempts"]
        if not locking["enabled"]:
            problems.append(f"{node} locks no account after failed logons")
        elif not attempts:
            missing.append(f"{node} does not tell after how many failed logons it locks an account")
        elif attempts > most:
            problems.append(f"{node} locks an account after {attempts} failed logons, more than {most}")
    # Their unlock time is 30 to 3600 seconds, never without end (CLI15, set accountlocking unlocktime [V]).
    return settle(
        f"{', '.join(told)} lock a platform account after {most} failed logons or fewer, and unlock it by themselves, "
        "which V-260035 does not allow and no setting changes",
        problems=problems,
        unread=missing,
        evidence={"account_locking": told},
    )


def _session_limit(case: Case) -> Judgement:
    told, unread = case.per_node(model.SESSION_LIMIT)
    most = case.options["max_sessions"]
    return settle(
        f"{', '.join(told)} allow {most} sessions at a time or fewer",
        problems=[
            f"{node} allows {limit} sessions at a time, more than {most}"
            for node, limit in told.items()
            if limit > most
        ],
        unread=[
            *unread.values(),
            *(f"{node} reports no session limit" for node, limit in told.items() if limit < 1),
        ],
        evidence={"session_limit": told},
    )


def _fips_left_open(intent: Intent) -> str:
    return "" if intent.fips_mode == ENABLED else "FIPS mode is not wanted in intent.fips_mode"


def _fips_mode(case: Case) -> Judgement:
    told, unread = case.per_node(model.FIPS)
    return settle(
        f"{', '.join(told)} operate in FIPS mode",
        problems=[f"{node} does not operate in FIPS mode" for node, on in told.items() if not on],
        unread=list(unread.values()),
        evidence={"fips": told},
    )


_PLAIN = (PASS, FAIL, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "rollback_flag": Judge(_rollback, (model.ROLLBACK_TO_PRE_8,), _PLAIN),
    "auto_registration": Judge(
        _auto_registration,
        (model.AUTO_REGISTRATION,),
        (PASS, FAIL, NOT_APPLICABLE, UNKNOWN),
        idle=_registration_left_open,
    ),
    "replication": Judge(_replication, (model.REPLICATION,), _PLAIN),
    "node_authentication": Judge(_node_authentication, (model.NETWORK,), _PLAIN),
    "backup_age": Judge(
        _backup,
        (model.LAST_BACKUP, model.HEALTH),
        _PLAIN,
        {"max_age_days": Option(options.not_negative, default=7)},
    ),
    "no_upgrade": Judge(_upgrade, (model.UPGRADE_RUNNING,), _PLAIN),
    "ntp": Judge(_ntp, (model.HEALTH,), _PLAIN),
    "tls_minimum": Judge(
        _tls_minimum,
        (model.TLS_MINIMUM,),
        _PLAIN,
        {"min_version": Option(options.a_version, default="1.2")},
    ),
    "account_lockout": Judge(
        _account_lockout,
        (model.ACCOUNT_LOCKING,),
        _PLAIN,
        {"max_attempts": Option(options.at_least_one, default=3)},
    ),
    "session_limit": Judge(
        _session_limit,
        (model.SESSION_LIMIT,),
        _PLAIN,
        {"max_sessions": Option(options.at_least_one, default=10)},
    ),
    "fips_mode": Judge(
        _fips_mode, (model.FIPS,), (PASS, FAIL, NOT_APPLICABLE, UNKNOWN), idle=_fips_left_open
    ),
    "disk": Judge(_disk, (model.HEALTH,), _PLAIN, {"min_free_percent": Option(options.a_share, default=5)}),
}
