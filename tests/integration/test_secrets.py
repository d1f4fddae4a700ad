# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords appear nowhere: not on the terminal, not in results, not in files, in none of their spellings."""

from __future__ import annotations

import base64
import json
import shlex
import typing as t
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.jump_host import JumpHost
from .harness.modules import Modules
from .harness.names import CAPF
from .harness.playbooks import Plays
from .harness.runs import Run
from .harness.topologies import AXL_PASSWORD, CLI_PASSWORD, SHORT_PASSWORD

TOKEN = """a'b"c<&>$\\ /é+="""
SECRETS = {"axladmin": AXL_PASSWORD, "admin": CLI_PASSWORD, "auditor": SHORT_PASSWORD, "token": TOKEN}


def written(username: str, secret: str) -> dict[str, str]:
    """Return the ways to write a secret, written down here a second time and on purpose."""
    return {
        "plain": secret,
        "base64": base64.b64encode(secret.encode()).decode().rstrip("="),
        "basic": base64.b64encode(f"{username}:{secret}".encode()).decode().rstrip("="),
        "xml": escape(secret, {'"': "&quot;", "'": "&apos;"}),
        "xml text": escape(secret),
        "url": quote(secret, safe=""),
        "form": quote_plus(secret),
        "json": json.dumps(secret)[1:-1],
        "json, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
        "shell": shlex.quote(secret),
        "repr": repr(secret)[1:-1],
    }


def found_in(text: str) -> list[str]:
    """Return which secrets a text has, and how they are written."""
    return [
        f"{username}'s password as {how}"
        for username, secret in SECRETS.items()
        for how, spelling in written(username, secret).items()
        if spelling in text
    ]


def files_below(*directories: Path) -> dict[str, str]:
    """Return what is in every file that a run left."""
    return {
        str(path): path.read_bytes().decode("utf-8", "replace")
        for directory in directories
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def plays(cluster: ClusterHandle, state_dir: Path, tmp_path: Path) -> Plays:
    """Runs of ansible-playbook that leave all they leave in one directory."""
    directory = tmp_path / "plays"
    own = {"ANSIBLE_HOME": str(directory), "ANSIBLE_LOCAL_TEMP": str(directory / "local")}
    return Plays(cluster, directory, state_dir, environment=own)


def leaks(run: Run, *directories: Path) -> dict[str, list[str]]:
    """Return where secrets are: the terminal, the results, and files but for the inventory the test wrote."""
    places = {
        "output": run.output,
        "results": json.dumps(run.results, ensure_ascii=False),
    }
    places |= {f"plain {key}": json.dumps(value) for key, value in {"results": run.results}.items()}
    places |= {
        name: text
        for name, text in files_below(*directories).items()
        if not name.endswith(("inventory.yml", "results.jsonl"))
    }
    return {place: found for place, text in places.items() if (found := found_in(text))}


def test_the_search_itself_finds_every_spelling() -> None:
    for username, secret in SECRETS.items():
        for how, spelling in written(username, secret).items():
            assert f"{username}'s password as {how}" in found_in(f"x{spelling}y")


def test_a_good_run_at_the_highest_verbosity(
    plays: Plays, state_dir: Path, cluster: ClusterHandle, tmp_path: Path
) -> None:
    run = plays.run(
        plays.task("cluster_info"),
        plays.task("service_activation", service=CAPF, _diff=True),
        plays.task("security_mode", state="mixed", _diff=True),
        plays.task("ctl_file"),
        arguments=["-vvvv"],
    ).ok()
    assert leaks(run, plays.directory, state_dir) == {}
    assert any(path.name.endswith(".jsonl") for path in state_dir.iterdir())


def test_runs_that_fail_in_every_way(
    plays: Plays, state_dir: Path, cluster: ClusterHandle, tmp_path: Path
) -> None:
    """The device says the password back, the password is wrong, options are wrong, nobody is there."""
    spellings = " ".join(
        spelling for name in ("axladmin", "admin") for spelling in written(name, SECRETS[name]).values()
    )
    cluster.fault(
        "http", match={"operation": "axl getSmartLicenseStatus"}, status=200, body=f"<html>{spellings}"
    )
    soap = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        f"<faultstring>no: {escape(spellings)}</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    cluster.fault("http", match={"operation": "control-center soapGetServiceStatus"}, status=500, body=soap)
    cluster.fault("question", command="utils ctl*", text=f"Is {CLI_PASSWORD} right (y/n)?")
    ignore: dict[str, t.Any] = {"_ignore_errors": True}
    run = plays.run(
        plays.task("smart_license", **ignore),
        plays.task("service_activation", service=CAPF, **ignore),
        plays.task("security_mode", state="mixed", **ignore),
        plays.task("security_mode", "wrong option", state="no", **ignore),
        plays.task("cluster_info", publisher="127.20.250.250", **ignore),
        arguments=["-vvvv"],
        environment={"ANSIBLE_LOG_PATH": str(tmp_path / "log")},
    ).ok()
    assert "********" in run.result("service_activation").message
    assert leaks(run, plays.directory, state_dir, tmp_path / "log") == {}
    assert found_in((tmp_path / "log").read_text("utf-8")) == []


def test_a_short_password_and_a_wrong_one(plays: Plays, state_dir: Path) -> None:
    inventory = plays.inventory()
    host = inventory["all"]["children"]["cucm"]["hosts"]["lab"]
    host |= {"cucm_cli_username": "auditor", "cucm_cli_password": SHORT_PASSWORD}
    right = plays.run(plays.task("cluster_info"), inventory=inventory, arguments=["-vvvv"]).ok()
    host["cucm_axl_password"] = CLI_PASSWORD
    wrong = plays.run(plays.task("cluster_info"), inventory=inventory, arguments=["-vvvv"])
    assert wrong.result("cluster_info").code == "authentication_refused"
    for run in (right, wrong):
        assert leaks(run, plays.directory, state_dir) == {}


def test_shipped_to_a_delegated_host(plays: Plays, jump_host: JumpHost, state_dir: Path) -> None:
    inventory = plays.inventory()
    inventory["all"]["hosts"] = {"jump": jump_host.host()}
    since = len(jump_host.ran)
    run = plays.run(
        plays.task("service_activation", service=CAPF, _delegate_to="jump"),
        inventory=inventory,
        arguments=["-vvvv"],
    ).ok()
    assert leaks(run, plays.directory, state_dir, jump_host.home) == {}
    assert found_in(" ".join(jump_host.ran[since:])) == []


@pytest.mark.parametrize("module", ["cluster_info", "security_mode"])
def test_through_the_python_api(modules: Modules, cluster: ClusterHandle, module: str) -> None:
    cluster.set(cli={"banner": f"{CLI_PASSWORD}\n{AXL_PASSWORD}\n"})
    cluster.set(
        texts={
            "trust_list.none": f"CTL File not found. {CLI_PASSWORD} {AXL_PASSWORD}\nError parsing the CTL File.\n"
        }
    )
    options = {"state": "mixed"} if module == "security_mode" else {}
    result = modules.run(module, **options)
    assert (
        found_in(json.dumps(result, ensure_ascii=False) + json.dumps(result) + repr(modules.progress)) == []
    )
    assert found_in("".join(files_below(modules.state_dir).values())) == []
    task_repr = repr(modules.gate)
    assert found_in(task_repr) == []


# -- the token of a smart licence -----------------------------------------------------------------------------------


def licensing(plays: Plays, **inventory: t.Any) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return an inventory that has the token, and the options of a task that registers with it."""
    content = plays.inventory()
    content["all"]["children"]["cucm"]["hosts"]["lab"]["cucm_token"] = TOKEN
    content["all"].update(inventory)
    return content, {"state": "registered", "token": "{{ cucm_token }}", "force": True, "_diff": True}


@pytest.fixture
def token_known(cluster: ClusterHandle) -> ClusterHandle:
    """The cluster, at a licence server that knows the token."""
    cluster.set(licence={"tokens": {TOKEN: {"export_control": "Allowed"}}})
    return cluster


def test_a_registration_at_the_highest_verbosity(
    plays: Plays, state_dir: Path, token_known: ClusterHandle, tmp_path: Path
) -> None:
    since = token_known.last_seq
    inventory, options = licensing(plays)
    run = plays.run(
        plays.task("smart_license", "planned", **options, _check_mode=True),
        plays.task("smart_license", "done", **options),
        inventory=inventory,
        arguments=["-vvvv"],
        environment={"ANSIBLE_LOG_PATH": str(tmp_path / "log")},
    ).ok()
    assert run.result("done")["after"]["export_allowed"], "the token arrived as it is"
    assert leaks(run, plays.directory, state_dir) == {}
    assert found_in((tmp_path / "log").read_text("utf-8")) == []
    journal = json.dumps(token_known.journal(since), ensure_ascii=False)
    assert "licence registered" in journal
    assert found_in(journal) == []


def test_registrations_that_fail_and_say_the_token_back(
    plays: Plays, state_dir: Path, cluster: ClusterHandle
) -> None:
    """By a fault, by the reason of the agent, by an answer that is none, by a wrong option beside it."""
    back = " ".join(written("token", TOKEN).values())
    cluster.set(texts={"axl.licence.invalid_token": f"no: {back}"})
    requests = {"operation": "axl doSmartLicenseRegister"}
    cluster.fault("axl_fault", match=requests, message=back, times=1)
    cluster.fault("http", match=requests, status=500, body=f"<html>{back}", content_type=back, times=1)
    inventory, options = licensing(plays)
    options |= {"_ignore_errors": True, "wait_timeout": 1}
    run = plays.run(
        *(plays.task("smart_license", name, **options) for name in ("first", "second", "third")),
        plays.task("smart_license", "wrong option", **options | {"renew": "no"}),
        plays.task("smart_license", "too long", **options | {"token": "{{ cucm_token * 30 }}"}),
        inventory=inventory,
        arguments=["-vvvv"],
    ).ok()
    codes = [run.result(name).code for name in ("first", "second", "third", "too long")]
    failed = "licence_registration_failed"
    assert sorted(map(str, codes[:2])) == [failed, "outcome_unknown"]
    assert codes[2:] == [failed, "token_invalid"]
    assert "********" in run.result("third").message
    assert leaks(run, plays.directory, state_dir) == {}


@pytest.mark.parametrize("pipelining", ["1", "0"], ids=["", "copied"])
def test_a_registration_shipped_to_a_delegated_host(
    plays: Plays,
    jump_host: JumpHost,
    state_dir: Path,
    token_known: ClusterHandle,
    pipelining: str,
) -> None:
    since = len(jump_host.ran)
    inventory, options = licensing(plays, hosts={"jump": jump_host.host()})
    run = plays.run(
        plays.task("smart_license", "done", **options, _delegate_to="jump"),
        plays.task(
            "smart_license",
            "refused",
            **options | {"token": "{{ cucm_token }}x", "_ignore_errors": True},
            _delegate_to="jump",
        ),
        inventory=inventory,
        arguments=["-vvvv"],
        environment={"ANSIBLE_PIPELINING": pipelining},
    ).ok()
    assert run.result("done")["after"]["export_allowed"]
    assert run.result("refused").code == "licence_registration_failed"
    assert leaks(run, plays.directory, state_dir, jump_host.home) == {}
    assert found_in(" ".join(jump_host.ran[since:])) == []


@pytest.mark.parametrize("delegated", [False, True], ids=["", "delegated"])
def test_warnings_are_masked_too(
    modules: Modules, plays: Plays, jump_host: JumpHost, cluster: ClusterHandle, delegated: bool
) -> None:
    """A warning has what a device said; here the name of a profile that somebody called like the password."""
    name = f"profile {CLI_PASSWORD}"
    cluster.set(phone_security_profiles={name: {"phoneType": "Cisco 8845"}})
    assert modules.run("phone_security_profile", name=name, description="x", record="r")["changed"]
    cluster.set(phone_security_profiles={name: {"description": "theirs"}})
    inventory = plays.inventory()
    inventory["all"]["hosts"] = {"jump": jump_host.host()}
    where = {"_delegate_to": "jump"} if delegated else {}
    task = plays.task("phone_security_profile", state="restored", record="r", **where)
    run = plays.run(task, inventory=inventory).ok()
    (warning,) = run.result("phone_security_profile")["warnings"]
    assert "profile ********" in warning
    assert leaks(run) == {}
