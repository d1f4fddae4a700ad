# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that cannot be reached: what collect.sh and a terminal save of it is read as the cluster itself would be."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paramiko
import pytest
import requests

from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from cucm_lab import hostile
from cucm_lab.fixture import ClusterHandle, RunningLab

from .conftest import publish_ctl
from .harness.journal import Journal
from .harness.jump_host import JumpHost
from .harness.modules import Modules, node_addresses
from .harness.names import CALLMANAGER, CAPF, NODES, PUBLISHER, ROOT, SUB1, SUB2
from .harness.outcome import Outcome
from .harness.playbooks import Plays

SCRIPT = ROOT / "docs" / "offline" / "collect.sh"
CURL = shutil.which("curl")
PAGER = b"or <q> to quit"

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed; collect.sh needs it")


# -- saving ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Collected:
    """A run of collect.sh: how it ended, what it said, and the command lines of every curl it started."""

    returncode: int
    said: str
    started: str


def collect(
    cluster: ClusterHandle,
    directory: Path,
    *arguments: str,
    account: dict[str, t.Any] | None = None,
    ca: Path | None = None,
    nodes: t.Sequence[str] = NODES,
) -> Collected:
    """Run collect.sh as somebody with a shell and curl would, with the password on its standard input."""
    shim = directory.parent / "bin" / "curl"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{shim}.log"\nexec {CURL} "$@"\n', "utf-8")
    shim.chmod(0o755)
    given = account or cluster.account("axl", 0)
    who = [] if "-n" in arguments else ["-u", given["username"]]
    addresses = {name: f"{name}={_address(cluster, name)}" for name in nodes}
    command = ["sh", str(SCRIPT), *who, "-c", str(ca or cluster.lab.ca_path), "-o", str(directory)]
    process = subprocess.run(
        [*command, *arguments, _address(cluster, cluster.info["publisher"]), *addresses.values()],
        input=given["password"] + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        # What the environment says about proxies and certificates of others is not theirs.
        env={
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "HOME": str(directory.parent),
            "LANG": "C.UTF-8",
            "HTTPS_PROXY": "http://127.0.0.1:1",
        },
    )
    log = Path(f"{shim}.log")
    return Collected(process.returncode, process.stderr, log.read_text("utf-8") if log.exists() else "")


def _address(cluster: ClusterHandle, name: str) -> str:
    node = cluster.node(name)
    return f"{node['address']}:{node['https_port']}"


def commands(directory: Path, *headings: str) -> list[str]:
    """Return the commands that COMMANDS.txt asks for below these headings."""
    found: list[str] = []
    parts = re.split(r"\n\n", (directory / "COMMANDS.txt").read_text("utf-8"))
    for heading in headings:
        (part,) = [part for part in parts if part.startswith(heading)]
        found += [line.strip() for line in part.splitlines()[1:]]
    return found


def log_of(cluster: ClusterHandle, name: str, typed: t.Sequence[str], *, columns: int = 80) -> bytes:
    """Return every byte that a terminal of one node shows to a person who gives these commands and pages with the space bar."""
    node, account = cluster.node(name), cluster.account("cli")
    client = paramiko.SSHClient()
    client.load_host_keys(str(cluster.lab.known_hosts))
    client.connect(
        node["address"],
        node["ssh_port"],
        account["username"],
        account["password"],
        allow_agent=False,
        look_for_keys=False,
    )
    with client:
        channel = client.invoke_shell("vt100", columns, 24)
        channel.settimeout(20)
        seen = _until_prompt(channel)
        for command in typed:
            channel.sendall(f"{command}\r".encode())
            seen += _until_prompt(channel)
        return seen


def _until_prompt(channel: paramiko.Channel) -> bytes:
    seen = b""
    pages = 0
    while not re.search(rb"[\r\n]admin:$", seen):
        data = channel.recv(65536)
        assert data, seen
        seen += data
        if seen.count(PAGER) > pages:
            pages = seen.count(PAGER)
            channel.sendall(b" ")
    return seen


@dataclass(frozen=True)
class Site:
    """A cluster, the facts it told, and the directory that was saved of it at the same time."""

    cluster: ClusterHandle
    modules: Modules
    directory: Path
    collected: Collected
    live: dict[str, t.Any]
    moment: datetime
    changing: list[str]

    def saved(self, *wanted: str, **options: t.Any) -> Outcome:
        """Return what is read of the directory."""
        return read(self.modules, self.directory, *wanted, **options)

    def copy(self, directory: Path) -> Path:
        """Return a directory of one's own with the same answers."""
        return Path(shutil.copytree(self.directory, directory))


def read(modules: Modules, directory: Path, *wanted: str, **options: t.Any) -> Outcome:
    nobody = dict.fromkeys(("axl_username", "axl_password", "cli_username", "cli_password", "publisher"))
    given = {**nobody, "gather_subset": list(wanted) or ["all"], **options}
    return modules.run("cluster_info", saved=str(directory), **given)


def prepare(cluster: ClusterHandle) -> None:
    """Have a cluster in mixed mode with one node that lacks the CTL file, and services that do not know theirs."""
    cluster.reset()
    # Logs with pages in them have to be read too.
    cluster.set(cli={"pages": "everything"})
    cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    publish_ctl(cluster)
    cluster.set(ctl={SUB2: None})


@pytest.fixture(scope="module")
def site(three_nodes: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A cluster in mixed mode in which something is due and something contradicts, read and saved once for all tests."""
    here = tmp_path_factory.mktemp("site")
    cluster = three_nodes.clusters["lab"]
    prepare(cluster)
    modules = Modules(cluster, here / "state")
    journal = Journal(cluster, cluster.last_seq)
    live = modules.run("cluster_info")["cluster"]
    moment = datetime.now(UTC)
    collected = collect(cluster, here / "saved")
    everywhere = commands(here / "saved", "At every node")
    publisher = commands(here / "saved", "At the publisher as well")
    with ThreadPoolExecutor() as pool:
        typed = {name: [*everywhere, *(publisher if name == PUBLISHER else [])] for name in NODES}
        # The first of them switches pages off; one of the people forgets it.
        typed[SUB1] = typed[SUB1][1:]
        logs = pool.map(lambda name: log_of(cluster, name, typed[name]), NODES)
        for name, log in zip(NODES, logs, strict=True):
            (here / "saved" / "nodes" / name / "session.txt").write_bytes(log)
    return Site(cluster, modules, here / "saved", collected, live, moment, journal.changing())


# -- the same facts --------------------------------------------------------------------------------------

# What the page about it says that saved answers cannot tell, or tell of another moment.
# Neither is among what can be saved.
NEVER_SAVED = ("trust_stores", "axl_roles")
OTHERWISE = ("read_at", "accounts", "saved", "state_dir", "unavailable_causes", *NEVER_SAVED)


PER_NODE = [fact.name for fact in model.FACTS if isinstance(fact, model.PerNode) and len(fact.path) == 1]


def comparable(facts: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return facts without what differs because one was read after the other."""
    facts = {key: copy.deepcopy(value) for key, value in facts.items() if key not in OTHERWISE}
    facts["unavailable"] = {key: why for key, why in facts["unavailable"].items() if key not in NEVER_SAVED}
    for services in facts.get("services", {}).values():
        for state in services.values():
            state["uptime"] = state["uptime"] is not None
            state["started_at_utc"] = state["started_at_utc"] is not None
    health = facts.get("health", {})
    for node in health.get("nodes", {}).values():
        node["local_time"] = node["local_time"] is not None
    if "last_backup" in health:
        # The lab's was always a month ago.
        health["last_backup"] = health["last_backup"] is not None
    return facts


def test_saved_answers_are_read_as_the_cluster_itself(site: Site) -> None:
    outcome = site.saved()
    facts = outcome["cluster"]
    assert comparable(facts) == comparable(site.live)
    assert facts["contradictions"] and facts["duties"]["restarts"], "there is nothing to agree about"
    assert all(facts["unavailable"][subset].startswith("not_saved: ") for subset in NEVER_SAVED)
    assert outcome["changed"] is False
    assert site.modules.warnings == []


def test_what_is_about_time_is_of_the_time_of_saving(site: Site) -> None:
    facts = site.saved("services", "health")["cluster"]
    (device,) = {datetime.fromisoformat(facts["read_at"])}
    assert facts["saved"]["first"] <= facts["saved"]["last"] == facts["read_at"]
    for name in NODES:
        for service, state in facts["services"][name].items():
            live = site.live["services"][name][service]
            assert state["started_at"] == live["started_at"]
            if live["uptime"] is not None:
                assert live["uptime"] <= state["uptime"]
                started = [datetime.fromisoformat(each["started_at_utc"]) for each in (state, live)]
                # Read at two moments of a busy machine; a wrong zone is a quarter of an hour off, or more.
                assert abs(started[0] - started[1]) < timedelta(minutes=15)
    assert facts["accounts"] == {"axl": None, "cli": None}
    # The lab's clock is behind this machine's, so what it says is what is believed.
    assert device < datetime.now(UTC)


def test_reading_saved_answers_asks_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(site.cluster, site.cluster.last_seq)
    monkeypatch.setattr(requests, "Session", lambda: pytest.fail("a connection was made"))
    monkeypatch.setattr(paramiko, "Transport", lambda *wanted: pytest.fail("a connection was made"))
    assert site.saved()["cluster"]["security_mode"] == "mixed"
    monkeypatch.undo()
    assert journal.entries() == []


def test_controls_are_judged_by_saved_answers(site: Site) -> None:
    """The same task judges it, by the time the answers are of."""
    judge = {"cluster": "lab", "site": {}, "wanted": {}}
    saved, live = (
        {result["control"]: result["verdict"] for result in outcome["results"]}
        for outcome in (site.saved(judge=judge), site.modules.run("cluster_info", judge=judge))
    )
    assert saved.keys() == live.keys()
    differing = {control for control in saved if saved[control] != live[control]}
    assert all(saved[control] == "unknown" for control in differing), (saved, live)
    assert len(differing) <= 1, differing


# -- what was saved, and how -----------------------------------------------------------------------------


def test_the_script_saves_every_answer_and_tells_nobody_the_password(site: Site) -> None:
    assert site.collected.returncode == 0, site.collected.said
    files = {str(path.relative_to(site.directory)) for path in site.directory.rglob("*") if path.is_file()}
    assert files == {
        "COMMANDS.txt",
        *(f"axl/{name}.xml" for name in ("getCCMVersion", "getSmartLicenseStatus")),
        *(f"axl/{name}.xml" for name in ("listExpresswayCConfiguration", "listPhoneSecurityProfile")),
        *(f"axl/getCallManager-CM_{name}.xml" for name in NODES),
        *(f"sql/{name}.xml" for name in ("nodes", "modes", "parameters", "services", "callmanagers")),
        *(f"sql/{name}.xml" for name in ("callmanager_groups", "callmanager_groups.phones")),
        *(
            f"sql/{name}.xml"
            for name in ("security_profiles.usage", "sip_trunks", "phone_profiles", "node_certificates")
        ),
        *(
            f"sql/integrations.{name}.xml"
            for name in ("voicemail_pilots", "voicemail_ports", "conference_bridges", "gateways")
        ),
        *(f"sql/integrations.secure_cti_users.{name}.xml" for name in ("applicationuser", "enduser")),
        *(f"sql/{name}.xml" for name in ("sip_trunks.media", "logins.sso", "logins.ldap")),
        *(f"nodes/{name}/{file}" for name in NODES for file in ("services.xml", "session.txt")),
    }
    assert "NOT SAVED" not in site.collected.said
    # It speaks the version that is the release's own, once it knows it.
    assert "/AXL/API/14.0" in (site.directory / "sql" / "nodes.xml").read_text("utf-8")
    secret = site.cluster.account("axl", 0)["password"]
    saved = b"".join(path.read_bytes() for path in site.directory.rglob("*") if path.is_file())
    for text in (site.collected.said, site.collected.started, saved.decode("utf-8", "replace")):
        assert secret not in text
    assert b"JSESSION" not in saved and b"set-cookie" not in saved.lower()
    assert site.collected.started.count("\n") == len(files) - 1 - len(NODES)
    assert (site.directory.stat().st_mode & 0o077) == 0
    assert site.changing == []


def test_a_refused_password_ends_the_script_at_once(site: Site, tmp_path: Path) -> None:
    journal = Journal(site.cluster, site.cluster.last_seq)
    account = {**site.cluster.account("axl", 0), "password": "wrong"}
    run = collect(site.cluster, tmp_path / "saved", account=account)
    assert (run.returncode, "refused the password" in run.said) == (3, True)
    assert journal.logins() == [(PUBLISHER, "refused")]
    assert run.started.count("\n") == 1
    # The next login is accepted, so it is not counted with later mistakes.
    assert collect(site.cluster, tmp_path / "again", nodes=[PUBLISHER]).returncode == 0


def test_a_certificate_that_does_not_verify_gets_no_password(site: Site, tmp_path: Path) -> None:
    journal = Journal(site.cluster, site.cluster.last_seq)
    run = collect(site.cluster, tmp_path / "saved", ca=Path(requests.certs.where()))
    assert run.returncode == 1
    assert "did not answer" in run.said and "certificate" in run.said
    assert journal.entries() == []
    assert [path for path in (tmp_path / "saved").rglob("*") if path.is_file()] == []


def test_the_password_may_come_from_a_file(site: Site, tmp_path: Path) -> None:
    account = site.cluster.account("axl", 0)
    secret = re.sub(r'(["\\])', r"\\\1", account["password"])
    netrc = tmp_path / "netrc"
    netrc.write_text(f'default login {account["username"]} password "{secret}"\n', "utf-8")
    run = collect(site.cluster, tmp_path / "saved", "-n", str(netrc), nodes=[SUB1])
    assert run.returncode == 0, run.said
    assert account["password"] not in run.started
    assert (tmp_path / "saved" / "nodes" / SUB1 / "services.xml").exists()


def test_what_cannot_be_saved_is_told_and_an_old_answer_does_not_stand_for_it(
    site: Site, tmp_path: Path
) -> None:
    directory = site.copy(tmp_path / "saved")
    busy = {"match": {"operation": "control-center soapGetServiceStatus"}, "status": 503}
    with site.cluster.faulty("http", node=SUB1, **busy):
        run = collect(site.cluster, directory)
    assert run.returncode == 1
    assert f"nodes/{SUB1}/services.xml: NOT SAVED (HTTP 503)" in run.said
    facts = read(site.modules, directory, "services")["cluster"]
    assert set(facts["services"]) == {PUBLISHER, SUB2}
    assert facts["unavailable"][f"services.{SUB1}"].startswith("not_saved: ")


def test_nodes_are_those_the_cluster_lists(site: Site, tmp_path: Path) -> None:
    """Their names do not resolve here, which is told of each of them."""
    run = collect(site.cluster, tmp_path / "saved", nodes=[])
    assert run.returncode == 1
    for name in NODES:
        assert f"nodes/{name}/services.xml: NOT SAVED" in run.said
    assert "EnterpriseWideData" not in run.said


@pytest.mark.parametrize(
    "arguments",
    [[], ["-o", "x"], ["-o", "x", "pub"], ["-u", "a", "-n", "b", "-o", "x", "pub"], ["-x"]],
)
def test_the_script_tells_how_it_is_called(tmp_path: Path, arguments: list[str]) -> None:
    run = subprocess.run(
        ["sh", str(SCRIPT), *arguments], capture_output=True, text=True, cwd=tmp_path, input="", check=False
    )
    assert run.returncode == 2
    assert "usage: collect.sh" in run.stderr
    assert list(tmp_path.iterdir()) == []


# -- other sites -----------------------------------------------------------------------------------------


def test_a_cluster_without_axl_is_saved_by_its_command_line(site: Site, tmp_path: Path) -> None:
    """The page says what to give; a terminal of eighty columns breaks the long statements."""
    page = (ROOT / "docs" / "offline" / "README.md").read_text("utf-8")
    statements = dict(re.findall(r"`sql/(\S+)\.txt`:\n\n```text\n(run sql .*)\n```", page))
    assert {"nodes", "modes", "services", "phone_profiles"} <= set(statements)
    directory = tmp_path / "saved"
    (directory / "sql").mkdir(parents=True)
    with ThreadPoolExecutor(4) as pool:
        logs = pool.map(lambda statement: log_of(site.cluster, PUBLISHER, [statement]), statements.values())
        for name, log in zip(statements, logs, strict=True):
            (directory / "sql" / f"{name}.txt").write_bytes(log)
    shutil.copytree(site.directory / "nodes", directory / "nodes")
    more = commands(site.directory, "At the publisher of a cluster without AXL as well")
    with (directory / "nodes" / PUBLISHER / "session.txt").open("ab") as file:
        file.write(b"\r\n" + log_of(site.cluster, PUBLISHER, ["set cli pagination off", *more]))
    facts = read(site.modules, directory)["cluster"]
    wanted = comparable(site.live)
    same = (
        "security_mode",
        "nodes",
        "identity",
        "services",
        "phone_profiles",
        "sip_trunk_profiles",
        "parameters",
    )
    assert {name: comparable(facts)[name] for name in same} == {name: wanted[name] for name in same}
    assert facts["licence"]["source"] == "cli"
    assert facts["licence"]["export_allowed"] == site.live["licence"]["export_allowed"]
    # The command line writes the build with a dash.
    assert facts["release"] == site.live["release"].replace("(", "-").rstrip(")")
    assert facts["axl_version"] is None


def test_hostile_texts_change_nothing_that_is_read(site: Site, tmp_path: Path) -> None:
    """Whatever somebody called things, a fact is what the cluster itself tells, or it is unknown."""
    try:
        site.cluster.set(free_texts=hostile.ALL)
        live = site.modules.run("cluster_info", gather_subset=["all", "!trust_stores"])["cluster"]
        directory = tmp_path / "saved"
        run = collect(site.cluster, directory)
        assert run.returncode in (0, 1)
        typed = commands(directory, "At every node")
        typed += commands(directory, "At the publisher as well")
        for name in NODES:
            (directory / "nodes" / name / "session.txt").write_bytes(log_of(site.cluster, name, typed))
    finally:
        prepare(site.cluster)
    here = {path.name for path in tmp_path.iterdir()}
    assert here <= {"saved", "bin"}, "a name has left the directory"
    saved = comparable(read(site.modules, directory, "all", "!trust_stores")["cluster"])
    wanted = comparable(live)
    reasons = saved.pop("unavailable")
    assert {why.partition(":")[0] for why in reasons.values()} <= {
        "not_saved",
        "saved_incomplete",
        "saved_other",
    }
    untold = {name.partition(".")[0] for name in reasons}
    for fact, value in saved.items():
        if fact in PER_NODE:
            assert {name: wanted[fact][name] for name in value} == value, fact
        elif fact not in ("duties", "contradictions", *untold):
            assert wanted[fact] == value, fact
    assert {"security_mode", "services", "phone_profiles", "licence", "expressway_c"} <= saved.keys()


def test_the_oldest_release_speaks_an_older_version(
    old_lab: RunningLab, old_modules: Modules, tmp_path: Path
) -> None:
    cluster = old_lab.clusters["lab"]
    run = collect(cluster, tmp_path / "saved", nodes=[PUBLISHER])
    assert run.returncode == 0, run.said
    wanted = ["all", "!trust_stores", "!health", "!ctl_files", "!certificates", "!tomcat", "!network"]
    wanted += ["!replication", "!listening", "!tls_minimum", "!account_locking", "!session_limit", "!fips"]
    wanted += ["!remote_account", "!software_options"]
    saved = read(old_modules, tmp_path / "saved", *wanted)["cluster"]
    live = old_modules.run("cluster_info", gather_subset=wanted)["cluster"]
    assert saved["release"].startswith("11.5")
    assert comparable(saved) == comparable(live)


def test_saved_answers_are_read_at_the_host_they_are_on(
    site: Site, plays: Plays, jump_host: JumpHost
) -> None:
    """The module is shipped there, and finds the directory there only."""
    shutil.copytree(site.directory, jump_host.home / "saved")
    inventory = plays.inventory()
    inventory["all"]["hosts"] = {"jump": jump_host.host()}
    addresses = {"node_addresses": node_addresses(site.cluster)}
    run = plays.run(
        plays.task("cluster_info", "there", saved="~/saved", _delegate_to="jump", **addresses),
        plays.task("cluster_info", "here", saved="~/saved", _ignore_errors=True, **addresses),
        inventory=inventory,
        defaults={},
    ).ok()
    assert run.result("here").code == "not_saved"
    there = run.result("there")["cluster"]
    assert comparable(there) == comparable(site.saved()["cluster"])
    assert there["services"][PUBLISHER][CALLMANAGER]["activated"] is True
