# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators get wrong: each mistake changes nothing, ends with an error, and says first what it was, in few lines.

A selection by default; every one with C(CUCM_MISTAKES=every), which C(make soak) sets. C(CUCM_MISTAKES_REPORT) names a
file for the table.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest
import yaml

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.names import CALLMANAGER, SUBSCRIBER
from .harness.playbooks import Playbooks
from .harness.runs import Run

EVERY = os.environ.get("CUCM_MISTAKES") == "every"
REPORT = os.environ.get("CUCM_MISTAKES_REPORT")
# With what Ansible prints around a failure: plays, tasks, recap; and the whole plan with its checks where there is one.
MOST_LINES, MOST_LINES_OF_A_PLAN = 45, 100
ABSENT = "(absent)"
# The lab gives the addresses of all nodes; a publisher that is addressed elsewhere would be one too many.
NO_ADDRESSES = {"cucm_node_addresses": ABSENT}


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        what: Its name.
        variables: What the inventory says instead; ABSENT takes a variable away. C({here}) stands for a directory.
        words: What the output must have: the variable, the value, what would be right.
        playbook: The playbook it is made with.
        asked: Whether the cluster has to be asked before the mistake can be seen.
        often: Whether it is tried in every run of the tests.
        planned: Whether the plan is printed, which says what is missing; the playbook plan ends well with it.
    """

    what: str
    variables: dict[str, t.Any]
    words: tuple[str, ...]
    playbook: str = "rollout"
    asked: bool = False
    often: bool = False
    planned: bool = False


def names(playbook: str, wrong: str, right: str, value: t.Any, **options: t.Any) -> Mistake:
    """Return the mistake of a misspelt name."""
    return Mistake(f"{wrong} for {right}", {wrong: value}, (wrong, right), playbook, **options)


MISTAKES = [
    # -- accounts
    Mistake("wrong AXL password", {"cucm_axl_password": "wrong"}, ("password", "axl"), asked=True),
    Mistake(
        "wrong CLI password",
        {"cucm_cli_password": "wrong"},
        ("password", "cucm_cli_password"),
        asked=True,
        often=True,
    ),
    Mistake("wrong AXL user", {"cucm_axl_username": "nobody"}, ("nobody", "cucm_axl_username"), asked=True),
    Mistake("no AXL password", {"cucm_axl_password": ABSENT}, ("cucm_axl_password",), often=True),
    Mistake("no CLI password", {"cucm_cli_password": ABSENT}, ("cucm_cli_password",)),
    Mistake("no AXL user", {"cucm_axl_username": ABSENT}, ("cucm_axl_username",)),
    Mistake("no CLI user", {"cucm_cli_username": ABSENT}, ("cucm_cli_username",)),
    Mistake("empty password", {"cucm_axl_password": ""}, ("cucm_axl_password",)),
    Mistake(
        "no account at all",
        dict.fromkeys(
            ("cucm_axl_username", "cucm_axl_password", "cucm_cli_username", "cucm_cli_password"), ABSENT
        ),
        ("cucm_axl_username",),
    ),
    Mistake(
        "undefined vault variable",
        {"cucm_axl_password": "{{ vault_axl_password }}"},
        ("cucm_axl_password", "vault_axl_password"),
        often=True,
    ),
    # -- who the node is
    Mistake("CA file is absent", {"cucm_ca_path": "{here}/none.pem"}, ("cucm_ca_path", "none.pem")),
    Mistake("CA file is a directory", {"cucm_ca_path": "{here}"}, ("cucm_ca_path",)),
    Mistake("CA file is no PEM", {"cucm_ca_path": "{here}/text"}, ("cucm_ca_path",)),
    Mistake(
        "CA file is another's",
        {"cucm_ca_path": "{here}/other.pem"},
        ("cucm_ca_path",),
        asked=True,
        often=True,
    ),
    Mistake("no CA file", {"cucm_ca_path": ABSENT}, ("cucm_ca_path",), asked=True),
    Mistake(
        "known_hosts is absent", {"cucm_known_hosts": "{here}/none"}, ("cucm_known_hosts", "none"), asked=True
    ),
    Mistake("known_hosts lacks the node", {"cucm_known_hosts": "{here}/empty"}, ("ssh-keyscan",), asked=True),
    Mistake("known_hosts is a directory", {"cucm_known_hosts": "{here}"}, ("cucm_known_hosts",), asked=True),
    Mistake("validate_certs mistyped", {"cucm_validate_certs": "flase"}, ("cucm_validate_certs", "flase")),
    # -- where it is
    Mistake("HTTPS port closed", {"cucm_https_port": 1, **NO_ADDRESSES}, ("cucm_https_port",), asked=True),
    Mistake(
        "SSH port closed",
        {"cucm_ssh_port": 1, **NO_ADDRESSES},
        ("cucm_ssh_port",),
        planned=True,
        asked=True,
        often=True,
    ),
    Mistake("SSH port in words", {"cucm_ssh_port": "eight"}, ("cucm_ssh_port", "eight")),
    Mistake("port out of range", {"cucm_https_port": 99999}, ("cucm_https_port", "99999")),
    Mistake(
        "name that does not resolve",
        {"cucm_publisher": "no-such-node.invalid"},
        ("no-such-node.invalid",),
        asked=True,
    ),
    Mistake("name with an empty label", {"cucm_publisher": "cucm..pub"}, ("cucm..pub",), asked=True),
    Mistake(
        "address of a subscriber",
        {"cucm_publisher": "{subscriber}", "cucm_https_port": "{https}", "cucm_ssh_port": "{ssh}"},
        ("subscriber",),
        asked=True,
    ),
    Mistake("node_addresses as a list", {"cucm_node_addresses": ["cucm-pub"]}, ("cucm_node_addresses",)),
    Mistake("timeout in words", {"cucm_timeout": "long"}, ("cucm_timeout", "long")),
    # -- what is wanted
    Mistake(
        "mixed: true", {"cucm_security_mode": True}, ("cucm_security_mode", "mixed", "non_secure"), often=True
    ),
    Mistake(
        "mixed_mode", {"cucm_security_mode": "mixed_mode"}, ("cucm_security_mode", "mixed_mode", "non_secure")
    ),
    Mistake("nothing wanted", {"cucm_security_mode": ABSENT}, ("cucm_security_mode", "cucm_sip_oauth_mode")),
    Mistake("SIP OAuth: on", {"cucm_sip_oauth_mode": "on"}, ("cucm_sip_oauth_mode", "enabled", "disabled")),
    Mistake("SIP OAuth: true", {"cucm_sip_oauth_mode": True}, ("cucm_sip_oauth_mode", "True")),
    # -- names
    names("rollout", "cucm_securty_mode", "cucm_security_mode", "mixed", often=True),
    names("plan", "cucm_sipoauth_mode", "cucm_sip_oauth_mode", "enabled"),
    names("rollout", "cucm_consent_to_restart", "cucm_consent_to_restarts", True),
    names("plan", "cucm_acept", "cucm_accept", []),
    names("rollout", "cucm_backup_max_age_day", "cucm_backup_max_age_days", 30),
    names("rollout", "cucm_sip_oauth_profile", "cucm_sip_oauth_profiles", []),
    names("compliance", "cucm_failon", "cucm_fail_on", ["fail"], often=True),
    names("compliance", "cucm_complience", "cucm_compliance", {}),
    names("adopt", "cucm_adopt_dir", "cucm_adopt_directory", "x"),
    names("adopt", "cucm_ssh_prt", "cucm_ssh_port", 22),
    # -- consents, attestations
    Mistake("consent: maybe", {"cucm_consent_to_restarts": "maybe"}, ("cucm_consent_to_restarts", "maybe")),
    Mistake(
        "consent not given",
        {"cucm_consent_to_restarts": ABSENT},
        ("cucm_consent_to_restarts",),
        planned=True,
        asked=True,
        often=True,
    ),
    Mistake(
        "consent: no, as text",
        {"cucm_consent_to_restarts": "no"},
        ("cucm_consent_to_restarts",),
        planned=True,
        asked=True,
    ),
    Mistake(
        "attestations as a list",
        {"cucm_attestations": ["maintenance_window"]},
        ("cucm_attestations", "mapping"),
    ),
    Mistake("attestations as a word", {"cucm_attestations": "yes"}, ("cucm_attestations", "mapping")),
    Mistake(
        "attestation mistyped",
        {"cucm_attestations": {"maintainance_window": True}},
        ("cucm_attestations", "maintenance_window"),
    ),
    Mistake(
        "attestation: perhaps",
        {"cucm_attestations": {"maintenance_window": "perhaps"}},
        ("maintenance_window", "perhaps"),
    ),
    Mistake(
        "attestations not given",
        {"cucm_attestations": ABSENT},
        ("maintenance_window",),
        planned=True,
        asked=True,
    ),
    Mistake("accept an unknown check", {"cucm_accept": ["licens"]}, ("cucm_accept", "licence")),
    Mistake("accept as a mapping", {"cucm_accept": {"licence": True}}, ("cucm_accept", "list")),
    # -- numbers
    Mistake("wait in words", {"cucm_wait_timeout": "ten"}, ("cucm_wait_timeout", "ten")),
    Mistake("negative wait", {"cucm_wait_timeout": -1}, ("cucm_wait_timeout", "-1")),
    Mistake("no pause between readings", {"cucm_poll_interval": "0x"}, ("cucm_poll_interval", "0x")),
    Mistake(
        "backup age in words", {"cucm_backup_max_age_days": "a week"}, ("cucm_backup_max_age_days", "a week")
    ),
    # -- this machine
    Mistake(
        "state directory cannot be made",
        {"cucm_state_dir": "/proc/nope"},
        ("cucm_state_dir", "/proc/nope"),
        "plan",
        planned=True,
        asked=True,
        often=True,
    ),
    Mistake(
        "state directory is a file",
        {"cucm_state_dir": "{here}/text"},
        ("cucm_state_dir",),
        planned=True,
        asked=True,
    ),
    Mistake("wrong group", {"cucm_hosts": "cucn"}, ("cucn", "cucm_hosts"), "plan", often=True),
    Mistake("wrong group", {"cucm_hosts": "cucn"}, ("cucn", "cucm_hosts")),
    Mistake("wrong group", {"cucm_hosts": "cucn"}, ("cucn", "cucm_hosts"), "adopt"),
    Mistake("wrong group", {"cucm_hosts": "cucn"}, ("cucn", "cucm_hosts"), "compliance"),
    # -- SIP OAuth
    Mistake(
        "parameter as a number",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_parameters": {"oAuthWithRefreshLoginFlow": 1}},
        ("oAuthWithRefreshLoginFlow", "quot"),
        often=True,
    ),
    Mistake(
        "unknown port",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_ports": {"sip": 5090}},
        ("cucm_sip_oauth_ports", "sip_oauth_mra"),
    ),
    Mistake(
        "ports as a list",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_ports": [5090]},
        ("cucm_sip_oauth_ports", "mapping"),
    ),
    Mistake(
        "unknown client",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_clients": ["jabbr"]},
        ("jabbr", "jabber"),
    ),
    Mistake(
        "Expressway without host",
        {"cucm_sip_oauth_mode": "enabled", "cucm_expressway_c": [{"description": "x"}]},
        ("cucm_expressway_c", "host"),
    ),
    Mistake(
        "profile without name",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_profiles": [{"phone_type": "Cisco 8845"}]},
        ("cucm_sip_oauth_profiles", "name"),
    ),
    Mistake(
        "root is no certificate",
        {"cucm_sip_oauth_mode": "enabled", "cucm_sip_oauth_edge_roots": ["PEM"]},
        ("cucm_sip_oauth_edge_roots",),
    ),
    # -- compliance
    Mistake(
        "unknown verdict", {"cucm_fail_on": ["failed"]}, ("cucm_fail_on", "failed", "fail"), "compliance"
    ),
    Mistake(
        "unknown format",
        {"cucm_compliance_formats": ["pdf"]},
        ("cucm_compliance_formats", "pdf"),
        "compliance",
    ),
    Mistake(
        "unknown control",
        {"cucm_compliance": {"controls": [{"id": "tls-minimun", "enabled": False}]}},
        ("tls-minimum",),
        "compliance",
        often=True,
    ),
    Mistake("site as a list", {"cucm_compliance": ["x"]}, ("cucm_compliance", "mapping"), "compliance"),
    Mistake("report directory", {"cucm_compliance_directory": "/proc/nope"}, ("/proc/nope",), "compliance"),
    Mistake(
        "deadline in words",
        {"cucm_compliance_deadline": "soon"},
        ("cucm_compliance_deadline", "soon"),
        "compliance",
    ),
    Mistake("keep in words", {"cucm_compliance_keep": "all"}, ("cucm_compliance_keep", "all"), "compliance"),
]
CHOSEN = [mistake for mistake in MISTAKES if EVERY or mistake.often]


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own."""
    return cucm_lab_start(topologies.two_nodes(31, subscriber=[CALLMANAGER]))


def inventory(cluster: ClusterHandle, directory: Path, variables: t.Mapping[str, t.Any]) -> Path:
    """Write the lab's inventory with the mistake in it, and return its path."""
    content = yaml.safe_load(cluster.lab.inventory.read_text("utf-8"))
    host = content["all"]["children"]["cucm"]["hosts"]["lab"]
    subscriber = cluster.node(SUBSCRIBER)
    places = {
        "{here}": str(directory),
        "{subscriber}": subscriber["address"],
        "{https}": str(subscriber["https_port"]),
        "{ssh}": str(subscriber["ssh_port"]),
    }
    for name, value in variables.items():
        host.pop(name, None)
        if value != ABSENT:
            host[name] = value
            for mark, place in places.items() if isinstance(value, str) else ():
                host[name] = host[name].replace(mark, place)
    path = directory / "inventory.yml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


@pytest.mark.parametrize("mistake", CHOSEN, ids=[f"{each.playbook}: {each.what}" for each in CHOSEN])
def test_a_mistake_is_told_first_and_changes_nothing(
    mistake: Mistake, cluster: ClusterHandle, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("no certificate\n", "utf-8")
    (tmp_path / "empty").touch()
    (tmp_path / "other.pem").write_bytes(Path(certifi.where()).read_bytes())
    hosts = mistake.variables.get("cucm_hosts")
    given = {} if hosts is None else {"cucm_hosts": hosts}
    run = Playbooks(cluster, tmp_path).run(
        mistake.playbook,
        inventory=inventory(cluster, tmp_path, mistake.variables),
        state_dir="cucm_state_dir" not in mistake.variables,
        **given,
    )
    report(mistake, run)
    assert run.returncode != 0 or (mistake.playbook == "plan" and mistake.planned), f"silent:\n{run.output}"
    missing = [word for word in mistake.words if word.lower() not in run.output.lower()]
    assert not missing, f"{missing} not in:\n{run.output}"
    assert run.changing() == []
    assert mistake.asked or run.entries == [], f"the cluster was asked first:\n{run.output}"
    lines = len(run.output.splitlines())
    assert lines <= (MOST_LINES_OF_A_PLAN if mistake.planned else MOST_LINES), run.output
    assert "Traceback" not in run.output


def report(mistake: Mistake, run: Run) -> None:
    """Add a row to the table of all mistakes."""
    if REPORT:
        row = {
            "mistake": f"{mistake.playbook}: {mistake.what}",
            "exit": run.returncode,
            "lines": len(run.output.splitlines()),
            "changing": len(run.changing()),
            "requests": len(run.entries),
        }
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
