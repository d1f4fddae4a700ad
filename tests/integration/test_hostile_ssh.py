# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH servers that go wrong at every step: each costs its node alone, with a code and its name, and nothing raw comes out.

C(CUCM_HOSTILE=every) tries every step with every module (C(make soak)), and C(CUCM_HOSTILE_REPORT) names the directory of
what was counted.
"""

from __future__ import annotations

import json
import logging
import os
import typing as t
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import PUBLISHER as PUBLISHERS_DOOR
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import (
    REFUSED_BEFORE,
    TRIED,
    Credential,
    ProcessGate,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    UNANSWERED,
    CucmError,
    TransportError,
)
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._transport import ssh

from .harness.hostile import ssh as hostile
from .harness.modules import Modules, node_addresses, quick_limits
from .harness.names import PUBLISHER, SUB1, SUB2

BY_CLI: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
# Every module that uses the command line, and what it takes to get there.
MODULES: dict[str, tuple[str, dict[str, t.Any]]] = {
    "security_mode": ("security_mode", {"state": "mixed"}),
    "ctl_file": ("ctl_file", {}),
    "sip_oauth_mode": ("sip_oauth_mode", {"state": "enabled"}),
    "smart_license by the CLI": ("smart_license", BY_CLI),
    "cluster_info by the CLI": ("cluster_info", {"gather_subset": ["version", "ctl_files"], **BY_CLI}),
}
EVERY = os.environ.get("CUCM_HOSTILE") == "every"
# One of each kind of step.
SOME = [
    *(
        "silence",
        "reset",
        "banner drips",
        "banner line, silence",
        "banner noise",
        "banner endless",
        "kexinit noise",
    ),
    *(
        "20 silence",
        "31 garbage",
        "21 cut",
        "6 silence",
        "51 garbage",
        "51 reset",
        "60 short",
        "52 reset",
        "91 garbage",
    ),
    *(
        "99 silence",
        "94 garbage",
        "output stops",
        "output lost",
        "output is one endless line",
        "shell asks for a password",
    ),
]
STEPS = hostile.STEPS if EVERY else SOME
FEW = ("silence", "banner drips", "51 garbage", "99 silence", "output lost")
COUNTED: Counter[str] = Counter()
# Seconds to wait for an answer. A healthy node of a busy machine may take longer than what a hostile one is worth waiting for.
PATIENCE = (1, 10, 60)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits for what never comes."""
    monkeypatch.setattr(ssh, "LOGIN_SECONDS", 1)
    monkeypatch.setattr(_task, "CliLimits", quick_limits())
    # What the servers here cannot send goes to this log.
    monkeypatch.setattr(logging.getLogger("paramiko.transport"), "disabled", True)


@pytest.fixture(scope="module", autouse=True)
def _report() -> t.Iterator[None]:
    """Write what was counted, when the run asks for it."""
    yield
    if directory := os.environ.get("CUCM_HOSTILE_REPORT"):
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        own = path / f"sockets_ssh-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}.json"
        own.write_text(json.dumps({"cases": COUNTED.total(), "codes": COUNTED}, indent=2), "utf-8")
        parts = [json.loads(part.read_text("utf-8"))["codes"] for part in path.glob("sockets_ssh-*.json")]
        codes = sum(map(Counter, parts), Counter())
        whole = {
            "cases": codes.total(),
            "raw": codes.get("raw", 0),
            "unexpected": codes.get("unexpected", 0),
            "codes": codes,
        }
        (path / "sockets_ssh.json").write_text(json.dumps(whole, indent=2, sort_keys=True), "utf-8")


def play(modules: Modules, node: str, step: str, module: str, **options: t.Any) -> dict[str, t.Any]:
    """Run a module while a node's SSH server goes wrong at a step."""
    addresses = node_addresses(modules.cluster)
    with hostile.serving(addresses[node]["address"], step) as (port, fingerprint):
        addresses[node]["ssh_port"] = port
        if node == PUBLISHER:
            options["ssh_port"] = port
        try:
            return modules.fresh().run(
                module,
                node_addresses=addresses,
                ssh_host_key={node: fingerprint},
                **{"timeout": 1, "cli_startup_timeout": 2, "cli_command_timeout": 2, **options},
            )
        except BaseException:
            COUNTED["raw"] += 1
            raise


@pytest.mark.parametrize("step", STEPS)
def test_a_subscriber_that_goes_wrong_costs_its_own_facts(modules: Modules, step: str) -> None:
    for limit in PATIENCE:
        result = play(
            modules,
            SUB1,
            step,
            "cluster_info",
            gather_subset=["ctl_files", "modes", "services"],
            timeout=limit,
            cli_startup_timeout=2 * limit,
            cli_command_timeout=2 * limit,
        )
        if set(result.get("cluster", {}).get("unavailable", ())) == {f"ctl_files.{SUB1}"}:
            break
    assert "failure" not in result, result
    cluster = result["cluster"]
    assert list(cluster["unavailable"]) == [f"ctl_files.{SUB1}"]
    code, _colon, message = cluster["unavailable"][f"ctl_files.{SUB1}"].partition(": ")
    COUNTED[code] += 1
    assert code.isidentifier() and code != "unexpected", message
    assert SUB1 in message
    assert set(cluster["ctl_files"]) == {PUBLISHER, SUB2} and set(cluster["services"]) == {
        PUBLISHER,
        SUB1,
        SUB2,
    }


@pytest.mark.parametrize("step", STEPS if EVERY else FEW)
@pytest.mark.parametrize("name", MODULES)
def test_a_publisher_that_goes_wrong_is_a_failure_in_words(modules: Modules, step: str, name: str) -> None:
    module, options = MODULES[name]
    result = play(modules, PUBLISHER, step, module, **options)
    assert "failure" in result, result
    failure = result["failure"]
    COUNTED[failure["code"]] += 1
    assert failure["code"] != "unexpected", result
    assert PUBLISHER in result["msg"] or modules.address in result["msg"], result
    assert failure["remedy"], result
    assert result["changed"] is False


@pytest.mark.parametrize("step", ["silence", "after banner silence", "banner drips", "20 silence"])
def test_a_node_that_hangs_is_told_as_one(modules: Modules, step: str) -> None:
    result = play(modules, SUB1, step, "cluster_info", gather_subset=["ctl_files"])
    told = result["cluster"]["unavailable"][f"ctl_files.{SUB1}"]
    assert told.startswith("no_answer: ") and "accepted the connection" in told and "in 1 s" in told


def log_in(address: str, step: str, gate: ProcessGate) -> CucmError:
    """Log in where the server goes wrong at a step, and return the failure."""
    with hostile.serving(address, step) as (port, fingerprint):
        target = ssh.SshTarget(PUBLISHER, address, port, "admin", "secret", ssh.HostKeys(pinned=fingerprint))
        credential = Credential("cluster", "cli", "admin", "secret")
        with pytest.raises(CucmError) as failed, gate.use(credential) as attempt:
            ssh.connect(target, 1, Clock(), attempt)
    return failed.value


@pytest.mark.parametrize("step", ["60 reset", "60 silence", "60 garbage"])
def test_a_login_that_breaks_before_the_password_says_nothing_of_it(modules: Modules, step: str) -> None:
    gate = ProcessGate()
    for _each in range(2):
        failure = log_in(modules.address, step, gate)
        assert isinstance(failure, TransportError) and "before the password was sent" in failure.message
    assert gate.told() == {"cli": []}


@pytest.mark.parametrize("step", ["52 reset", "52 silence", "52 disconnect"])
def test_a_password_that_left_and_was_not_answered_is_not_told_as_refused(
    modules: Modules, step: str
) -> None:
    gate = ProcessGate()
    codes = [log_in(modules.address, step, gate).code for _each in range(2)]
    assert codes == [UNANSWERED, REFUSED_BEFORE]
    assert gate.told() == {"cli": [[TRIED, PUBLISHERS_DOOR]]}
