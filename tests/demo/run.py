# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a simulated three-node cluster goes to mixed mode and SIP OAuth mode, a second run changes nothing, and compliance is clean.

Writes build/demo/summary.json. Exits 0 only when the second run changed nothing, the cluster is in both modes, and no control
fails, contradicts or is unknown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "build" / "demo"
LAB = DEMO / "lab"
TOPOLOGY = ROOT / "tests" / "lab" / "topologies" / "three-nodes.yml"
CLUSTER = "lab"
REPORT = DEMO / "compliance" / "compliance.html"
NOT_CLEAN = ["fail", "contradiction", "unknown"]


class Lab:
    """The lab's control API, as far as the demo asks it."""

    def __init__(self) -> None:
        self.url = json.loads((LAB / "lab.json").read_text())["control_url"] + f"/clusters/{CLUSTER}"

    def journal(self, since: int = 0) -> list[dict[str, t.Any]]:
        """Return the journal's entries after ``since``."""
        answer = requests.get(f"{self.url}/journal", params={"since": since}, timeout=30).json()
        return answer["entries"] if isinstance(answer, dict) else answer

    def last(self) -> int:
        """Return the number of the latest entry, 0 when there is none."""
        return max((entry["seq"] for entry in self.journal()), default=0)

    def state(self) -> dict[str, t.Any]:
        """Return the cluster's whole state."""
        return requests.get(self.url, timeout=30).json()


def run(title: str, playbook: str, *extra: str) -> dict[str, int]:
    """Run a playbook, printing what it prints, and return the recap's integers of the cluster."""
    print(f"\n==> {title}", flush=True)
    command = [
        "ansible-playbook",
        "-i",
        str(LAB / "inventory.yml"),
        f"ucops.cucm.{playbook}",
        "-e",
        f"cucm_state_dir={DEMO / 'state'}",
        *extra,
    ]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "1"} if sys.stdout.isatty() else dict(os.environ)
    recap: dict[str, int] = {}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as playbook:
        for line in playbook.stdout or ():
            print(line, end="", flush=True)
            plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
            if plain.startswith(CLUSTER) and "unreachable=" in plain:
                recap = {
                    key: int(value)
                    for key, value in re.findall(r"(ok|changed|failed|unreachable)=(\d+)", plain)
                }
    return recap or {"ok": 0, "changed": 0, "failed": 1, "unreachable": 0}


def main() -> int:
    """Run the demo and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--and-back", action="store_true", help="take both modes back afterwards")
    arguments = parser.parse_args()
    subprocess.run(["cucm-lab", "down", "--run-dir", str(LAB)], check=True)
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(parents=True)
    print(f"==> Starting a simulated cluster of three nodes ({TOPOLOGY.relative_to(ROOT)})", flush=True)
    subprocess.run(["cucm-lab", "up", str(TOPOLOGY), "--run-dir", str(LAB), "--detach"], check=True)
    try:
        return demonstrate(arguments.and_back)
    finally:
        subprocess.run(["cucm-lab", "down", "--run-dir", str(LAB)], check=True)


def demonstrate(and_back: bool) -> int:
    """Run the playbooks against the running lab, write the summary, and return the exit status."""
    lab = Lab()
    first = run("First run: from non-secure to mixed mode and SIP OAuth", "rollout")
    before_second = lab.last()
    second = run("Second run: nothing is left to do", "rollout")
    entries = lab.journal(before_second)
    state = lab.state()
    verdict = run(
        "Compliance: is it so, control by control?",
        "compliance",
        "-e",
        json.dumps({"cucm_compliance_directory": str(REPORT.parent), "cucm_fail_on": NOT_CLEAN}),
    )
    summary = {
        "first_run": first,
        "second_run": second,
        "cluster_security_mode": state["cluster_security_mode"],
        "sip_oauth_mode": state["sip_oauth_mode"],
        "phones_before": None,
        "phones_after": None,
        "report": str(REPORT.relative_to(ROOT)) if REPORT.exists() else None,
        "changing_requests_second_run": sum(entry["changing"] for entry in entries),
        "cli_logins_second_run": sum(
            entry["kind"] == "login" and entry["operation"] == "ssh" for entry in entries
        ),
    }
    (DEMO / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(f"\n==> build/demo/summary.json\n{json.dumps(summary, indent=2)}", flush=True)
    good = (
        first["failed"] == first["unreachable"] == 0
        and second["failed"] == second["unreachable"] == second["changed"] == 0
        and summary["changing_requests_second_run"] == 0
        and (summary["cluster_security_mode"], summary["sip_oauth_mode"]) == ("mixed", "enabled")
        and verdict["failed"] == 0
    )
    if and_back:
        back = run(
            "And back: to non-secure mode, without SIP OAuth",
            "rollout",
            "-e",
            "cucm_security_mode=non_secure",
            "-e",
            "cucm_sip_oauth_mode=disabled",
        )
        state = lab.state()
        modes = (state["cluster_security_mode"], state["sip_oauth_mode"])
        good = good and back["failed"] == 0 and modes == ("non_secure", "disabled")
    print(
        "\n==> " + ("The demo went as it should." if good else "The demo did NOT go as it should."),
        flush=True,
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
