# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``cucm-lab``: starts and stops labs, prints topologies of many clusters, lists what the lab prints."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from . import __version__, topology
from . import fleet as fleets
from .domain.releases import RELEASES
from .lab import Lab, LabError, RunDirectory
from .texts import Texts

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="cucm-lab", description="Simulated CUCM clusters on loopback addresses."
    )
    parser.add_argument("--version", action="version", version=f"cucm-lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the clusters of a topology")
    up.add_argument("topology", metavar="TOPOLOGY.yml")
    up.add_argument("--run-dir", required=True, help="where inventory.yml, ca.pem, known_hosts, lab.json go")
    up.add_argument(
        "--detach", action="store_true", help="return when ready; the log is lab.log in the run directory"
    )
    up.add_argument(
        "--time-scale", type=float, help="device seconds per real second, instead of the topology's"
    )
    up.add_argument(
        "--control-port", type=int, default=0, help="port of the control API (default: a free one)"
    )
    up.add_argument("--release", choices=RELEASES, help="of all clusters, instead of the topology's")
    up.add_argument("--free-ports", action="store_true", help="free ports instead of the topology's")
    down = commands.add_parser("down", help="stop a lab; quiet if it is not running")
    down.add_argument("--run-dir", required=True)
    fleet = commands.add_parser("fleet", help="print a topology of many clusters that are alike")
    fleet.add_argument("--clusters", type=int, required=True)
    fleet.add_argument("--nodes", type=int, default=1, help="of each cluster (default: 1)")
    fleet.add_argument(
        "--release", action="append", help="of the clusters; several are taken in turn (default: 14)"
    )
    fleet.add_argument("--first-address", default=fleets.FIRST_ADDRESS, help="default: %(default)s")
    fleet.add_argument(
        "--with", dest="more", metavar="FILE.yml", help="other keys of a cluster, the same for all"
    )
    texts = commands.add_parser("texts", help="what the lab says, whether that is known, and from where")
    texts.add_argument("--invented", action="store_true", help="only what no public source shows")
    texts.add_argument("--json", action="store_true", help="a list of objects, with the whole texts")
    options = parser.parse_args(arguments)
    try:
        if options.command == "texts":
            return _texts(options)
        if options.command == "fleet":
            return _fleet(options)
        if options.command == "down":
            return _down(Path(options.run_dir))
        if options.time_scale is not None and options.time_scale <= 0:
            raise LabError("--time-scale: must be a number above 0.")
        return _detach(options) if options.detach else asyncio.run(_up(options))
    except (LabError, topology.TopologyError) as error:
        print(f"cucm-lab: {error}", file=sys.stderr)
        return 1


async def _up(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    description = topology.load(options.topology, options.release)
    directory = RunDirectory(options.run_dir)
    lab = Lab(
        description,
        directory,
        time_scale=options.time_scale,
        control_port=options.control_port,
        free_ports=options.free_ports,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await lab.start()
    except BaseException:
        directory.release()
        raise
    try:
        _print_summary(lab)
        await stop.wait()
    finally:
        await lab.stop()
    print("stopped", flush=True)
    return 0


def _fleet(options: argparse.Namespace) -> int:
    """Print a topology, after it has been checked."""
    more: Any = {}
    if options.more is not None:
        try:
            more = yaml.safe_load(Path(options.more).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise LabError(f"{options.more}: cannot be read: {error}.") from None
        if not isinstance(more, dict):
            raise LabError(f"{options.more}: is not a mapping. Give keys of a cluster, such as 'timings'.")
    try:
        described = fleets.topology(
            options.clusters,
            options.nodes,
            releases=options.release or ("14",),
            first_address=options.first_address,
            more=more,
        )
    except ValueError as error:
        raise LabError(f"{error}.") from None
    topology.parse(copy.deepcopy(described), "fleet")
    print(yaml.safe_dump(described, sort_keys=False), end="")
    return 0


def _texts(options: argparse.Namespace) -> int:
    """Print the texts: key, provenance, source and the first words; or all of it as JSON."""
    listed = [
        {"key": key, **described}
        for key, described in Texts().described().items()
        if not options.invented or described["provenance"] == "invented"
    ]
    if options.json:
        print(json.dumps(listed, indent=2))
        return 0
    width = max(len(each["key"]) for each in listed)
    for each in listed:
        words = " ".join(each["text"].split())
        shown = words if len(words) <= 60 else words[:57] + "..."
        print(
            f"{each['key']:<{width}}  {each['provenance']:<8}  {shown}\n{'':<{width}}  {'':<8}  [{each['source']}]"
        )
    known = sum(each["provenance"] == "known" for each in listed)
    print(f"{known} known, {len(listed) - known} invented")
    return 0


def _print_summary(lab: Lab) -> None:
    for cluster in lab.clusters.values():
        mode = "mixed" if cluster.security_mode else "non-secure"
        print(f"Cluster {cluster.name}: release {cluster.release} ({cluster.version}), {mode}")
        for node in cluster.nodes.values():
            print(
                f"  {node.name:<16} {node.role:<10} https://{node.address}:{node.https_port}/axl/"
                f"   ssh -p {node.ssh_port} {node.address}"
            )
        names = ", ".join(f"{a.username} ({a.kind}, level {a.privilege})" for a in cluster.accounts)
        print(f"  accounts: {names}")
    print(f"Control API: {lab.control.url}   one real second is {lab.clock.time_scale:g} device seconds")
    print(f"Files, with the passwords: {lab.run_directory.path}")
    print("Ctrl-C stops.", flush=True)


def _detach(options: argparse.Namespace) -> int:
    """Start the foreground command in a session of its own and wait until it is ready or has ended."""
    topology.load(options.topology)
    directory = Path(options.run_dir).resolve()
    RunDirectory(directory).release()
    log_path = directory / "lab.log"
    command = [
        sys.executable,
        "-m",
        "cucm_lab",
        "up",
        str(options.topology),
        "--run-dir",
        str(directory),
    ]
    command += ["--control-port", str(options.control_port)]
    if options.time_scale is not None:
        command += ["--time-scale", str(options.time_scale)]
    if options.release is not None:
        command += ["--release", options.release]
    if options.free_ports:
        command.append("--free-ports")
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            reason = log_path.read_text("utf-8").strip().splitlines() or ["no reason given"]
            print("\n".join(reason[-5:]), file=sys.stderr)
            return 1
        if (directory / "lab.json").exists():
            url = json.loads((directory / "lab.json").read_text("utf-8"))["control_url"]
            print(
                f"running, process {child.pid}; control API {url}; stop: cucm-lab down --run-dir {directory}"
            )
            return 0
        time.sleep(0.02)
    child.terminate()
    print(f"cucm-lab: not ready after {READY_TIMEOUT_S} s; see {log_path}", file=sys.stderr)
    return 1


def _locked(directory: Path) -> bool:
    """Whether a live lab holds the run directory."""
    try:
        descriptor = os.open(directory / "lab.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _down(directory: Path) -> int:
    if not _locked(directory):
        return 0
    deadline = time.monotonic() + STOP_TIMEOUT_S
    asked = False
    while _locked(directory):
        if time.monotonic() > deadline:
            raise LabError(f"{directory}: the lab does not stop; see lab.log there.")
        with contextlib.suppress(OSError, ValueError, KeyError):
            if not asked:
                # The lock proves that the process in lab.json is alive and is the lab.
                os.kill(json.loads((directory / "lab.json").read_text("utf-8"))["pid"], signal.SIGTERM)
                asked = True
        time.sleep(0.02)
    return 0
