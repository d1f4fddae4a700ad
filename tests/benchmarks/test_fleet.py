# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook compliance over a fleet, beside the same playbook with a task that does nothing, and beside a serial script.

Writes build/bench/fleet.json. Environment: C(CUCM_BENCH_CLUSTERS) (200), C(CUCM_BENCH_FORKS) (10), C(CUCM_BENCH_RUNS) (3). The
lab runs on the same machine, so its work is in every wall time. Its devices answer AXL at once; a session of the CLI takes
2 s to start, and a command 0.05 s.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import SUBSETS
from cucm_lab import fleet

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "build" / "bench"
WORK = BENCH / "fleet"
CLUSTERS = int(os.environ.get("CUCM_BENCH_CLUSTERS", "200"))
FORKS = int(os.environ.get("CUCM_BENCH_FORKS", "10"))
RUNS = int(os.environ.get("CUCM_BENCH_RUNS", "3"))
# How many clusters the serial script is measured on.
SAMPLE = min(5, CLUSTERS)
DEVICES = {"cli_startup_s": 2, "command_s": 0.05, "show_version_s": 0.05}
BY_CLI = [
    control.id
    for control in BUILT_IN.values()
    if any("CLI" in SUBSETS[subset].needs for subset in control.reads)
]
READ = "ucops.cucm.cluster_info"


class Measured(t.NamedTuple):
    """A run: seconds, and the processors' milliseconds of it and all its children, for each cluster."""

    wall_s: float
    cpu_ms: float


@pytest.fixture(scope="module")
def lab() -> Iterator[Path]:
    """A lab in a process of its own."""
    WORK.mkdir(parents=True, exist_ok=True)
    topology = WORK / "topology.yml"
    more = {"state": {"security_mode": "mixed"}, "timings": DEVICES}
    topology.write_text(yaml.safe_dump(fleet.topology(CLUSTERS, more=more)))
    run_dir = WORK / "lab"
    subprocess.run(["cucm-lab", "down", "--run-dir", str(run_dir)], check=True)
    subprocess.run(["cucm-lab", "up", str(topology), "--run-dir", str(run_dir), "--detach"], check=True)
    yield run_dir
    subprocess.run(["cucm-lab", "down", "--run-dir", str(run_dir)], check=True)


def playbook(
    name: str, lab: Path, *, tasks: t.Any = None, controls: bool = True, cli: bool = False
) -> list[str]:
    """Return the command that runs the playbook compliance, or its play with other tasks."""
    *before, play = yaml.safe_load((ROOT / "playbooks" / "compliance.yml").read_text())
    if tasks is not None:
        play["tasks"] = tasks
    path = WORK / f"{name}.yml"
    path.write_text(yaml.safe_dump([*before, play], sort_keys=False))
    site = {} if cli else {"controls": [{"id": control, "enabled": False} for control in BY_CLI]}
    variables = {
        "cucm_compliance": site if controls else {},
        "cucm_compliance_directory": str(WORK / f"report-{name}"),
        "cucm_state_dir": str(WORK / "state"),
    }
    return [
        "ansible-playbook",
        "-i",
        str(lab / "inventory.yml"),
        str(path),
        "-f",
        str(FORKS),
        "-e",
        json.dumps(variables),
    ]


def nothing_instead_of_reading() -> list[dict[str, t.Any]]:
    """The same role, beside the playbooks, with a task that does nothing in place of the one that reads a cluster."""
    role = WORK / "roles" / "reading_nothing"
    shutil.rmtree(role, ignore_errors=True)
    shutil.copytree(ROOT / "roles" / "compliance", role)
    path = role / "tasks" / "main.yml"
    tasks = yaml.safe_load(path.read_text())
    (reading,) = (task for task in tasks if READ in task)
    del reading[READ]
    reading["nothing"] = None
    path.write_text(yaml.safe_dump(tasks, sort_keys=False))
    use = {"name": role.name, "rolespec_validate": False}
    return [{"name": "Read nothing, judge and report", "ansible.builtin.import_role": use}]


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_ACTION_PLUGINS": str(Path(__file__).parent / "action_plugins"),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
    }


def run(command: list[str]) -> Measured:
    """Run a command to its end and measure it."""
    started = time.monotonic()
    with (WORK / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environment(), cwd=WORK, stdout=output, stderr=output)
        _pid, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (WORK / "output").read_text()[-3000:]
    return Measured(wall, (used.ru_utime + used.ru_stime) * 1000 / CLUSTERS)


def peak_pss_mb(command: list[str]) -> float:
    """Return the most memory (proportional set size, MB) that a command and all below it held at once; not timed."""
    process = subprocess.Popen(
        command, env=environment(), cwd=WORK, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, sum(map(_pss, _family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    done.set()
    watcher.join()
    return peak / 1024


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


def unread(name: str) -> int:
    """Return how many clusters of a report were not read."""
    report = json.loads((WORK / f"report-{name}" / "compliance.json").read_text())
    return sum(cluster["unreachable"] is not None for cluster in report["clusters"])


def test_fleet(lab: Path) -> None:
    """Pairs in turn, so that a machine that gets slower or faster meets both."""
    soap = playbook("soap", lab)
    same = playbook("same", lab, tasks=nothing_instead_of_reading())
    bare = playbook("bare", lab, tasks=[{"name": "Nothing", "nothing": None}])
    with_cli = playbook("cli", lab, cli=True)
    names = [f"c{number:0{max(3, len(str(CLUSTERS)))}}" for number in range(1, SAMPLE + 1)]
    script = [
        sys.executable,
        str(Path(__file__).parent / "serial_script.py"),
        str(lab / "lab.json"),
        str(lab / "ca.pem"),
        *names,
    ]
    run(soap)
    pairs = [(run(same), run(soap)) for _each in range(RUNS)]
    assert unread("soap") == 0
    bares = [run(bare) for _each in range(RUNS)]
    cli = run(with_cli)
    assert unread("cli") == 0
    serial_s = run(script).wall_s / SAMPLE
    noop, read = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    wall = median([each.wall_s for each in read])
    figures = {
        "clusters": CLUSTERS,
        "nodes_per_cluster": 1,
        "forks": FORKS,
        "runs": RUNS,
        "controls": len(BUILT_IN) - len(BY_CLI),
        "wall_s": wall,
        "noop_wall_s": median([each.wall_s for each in noop]),
        "wall_ratio": median([read.wall_s / noop.wall_s for noop, read in pairs]),
        "cpu_ms_per_cluster": median([each.cpu_ms for each in read]),
        "noop_cpu_ms_per_cluster": median([each.cpu_ms for each in noop]),
        "cpu_ms_allowed": round(1.5 * statistics.median(each.cpu_ms for each in noop) + 15, 1),
        # A play with nothing but the empty task: no controls, no report.
        "bare_wall_s": median([each.wall_s for each in bares]),
        "bare_cpu_ms_per_cluster": median([each.cpu_ms for each in bares]),
        "peak_pss_mb": round(peak_pss_mb(soap), 1),
        "serial_script_s_per_cluster": round(serial_s, 3),
        "serial_script_measured_on": SAMPLE,
        "times_faster_than_serial_script": round(serial_s * CLUSTERS / wall, 1),
        "with_cli": {
            "controls": len(BUILT_IN),
            "wall_s": round(cli.wall_s, 3),
            "cpu_ms_per_cluster": round(cli.cpu_ms, 1),
            "peak_pss_mb": round(peak_pss_mb(with_cli), 1),
            "times_faster_than_serial_script": round(serial_s * CLUSTERS / cli.wall_s, 1),
        },
        "devices": DEVICES,
    }
    (BENCH / "fleet.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
