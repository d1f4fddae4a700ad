# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused: with a code, in words that name what, where and what next, and with nothing changed."""

from __future__ import annotations

import json
import shutil
import threading
import typing as t
import warnings
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules, connection
from .harness.names import CAPF, NODES, PUBLISHER, SUB1, SUB2, TFTP
from .harness.outcome import Outcome

NO_AXL: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
NO_CLI: dict[str, t.Any] = {"cli_username": None, "cli_password": None}
ONLY_MODES: dict[str, t.Any] = {"gather_subset": ["modes"]}


def address_of(cluster: ClusterHandle, node: str) -> dict[str, t.Any]:
    """Return the options that address another node than the publisher."""
    options = connection(cluster, node)
    return {name: options[name] for name in ("publisher", "https_port", "ssh_port")}


# -- the wrong node ------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="both accounts, node addresses"),
        pytest.param({"node_addresses": None}, id="both accounts"),
        pytest.param(NO_AXL, id="CLI, node addresses"),
        pytest.param({**NO_AXL, "node_addresses": None}, id="CLI"),
    ],
)
def test_a_subscriber_is_not_taken_for_the_publisher(
    modules: Modules, cluster: ClusterHandle, journal: Journal, options: dict[str, t.Any], check: bool
) -> None:
    addressed = address_of(cluster, SUB1)
    result = modules.run("security_mode", state="mixed", check=check, **addressed, **options)
    result.refused("not_publisher", "subscriber")
    named = SUB1 in result.message or addressed["publisher"] in result.message
    assert named, result.message
    assert journal.changing() == []


def test_axl_at_a_subscriber_says_what_may_be_wrong(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("security_mode", state="mixed", **address_of(cluster, SUB1), **NO_CLI)
    result.refused("not_soap", "404", address_of(cluster, SUB1)["publisher"])
    assert "activated on this node" in result["failure"]["remedy"]
    assert set(journal.logins()) == {(SUB1, "accepted")}
    assert journal.changing() == []


def test_node_addresses_that_cannot_be_right(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    addresses = connection(cluster)["node_addresses"]
    result = modules.run(
        "security_mode", state="mixed", node_addresses={**addresses, "ghost": {"address": "x"}}
    )
    result.refused("invalid_input", "ghost", *NODES)
    twice = modules.run("security_mode", state="mixed", node_addresses={**addresses, SUB2: addresses[SUB1]})
    twice.refused("invalid_input", SUB1, SUB2, addresses[SUB1]["address"])
    swapped = {**addresses, PUBLISHER: addresses[SUB1], SUB1: addresses[PUBLISHER]}
    assert modules.run("security_mode", state="mixed", node_addresses=swapped).code == "not_publisher"
    assert journal.changing() == []


# -- licence and questions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "licence",
    [{"export_control": "Not Allowed"}, {"registration": "UNREGISTERED"}],
    ids=["export", "registration"],
)
def test_the_clusters_own_export_refusal(
    modules: Modules, cluster: ClusterHandle, journal: Journal, licence: dict[str, str]
) -> None:
    cluster.set(licence=licence)
    result = modules.run("security_mode", state="mixed")
    result.refused("export_control_not_allowed", "export-controlled", "utils ctl set-cluster mixed-mode")
    assert (result["changed"], journal.answers(), journal.effects()) == (False, [], [])


def test_an_unrestricted_image(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(image="unrestricted")
    modules.run("security_mode", state="mixed").refused("unexpected_response", "export unrestricted")
    assert (journal.answers(), journal.effects()) == ([], [])


@pytest.mark.parametrize("instead", [True, False], ids=["instead", "before the usual one"])
@pytest.mark.parametrize(
    "text",
    [
        "Continue (y/n)?",
        "Enter the password of the account:",
        "This operation will set the cluster to Mixed mode. All phones will be reset. Do you want to continue? (y/n):",
        "Really? This operation will set the cluster to Mixed mode. Do you want to continue? (y/n):",
        "This operation will set the cluster to non secure mode. Do you want to continue? (y/n):",
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_question_that_is_not_known_in_full_is_not_answered(
    modules: Modules, cluster: ClusterHandle, journal: Journal, text: str, instead: bool
) -> None:
    with cluster.faulty("question", command="utils ctl set-cluster*", text=text, instead=instead):
        result = modules.run("security_mode", state="mixed")
    result.refused("unexpected_question", PUBLISHER, text)
    assert (result["changed"], journal.answers(), journal.effects()) == (False, [], [])
    cluster.wait(lambda: not cluster.state()["nodes"][PUBLISHER]["cli_sessions"])


@pytest.mark.usefixtures("impatient")
def test_a_question_that_is_asked_again_is_answered_once(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    question = "This operation will set the cluster to Mixed mode. Do you want to continue? (y/n):"
    with cluster.faulty("question", command="utils ctl set-cluster*", text=question):
        result = modules.run("security_mode", state="mixed", change_timeout=960)
    result.refused("asked_twice", PUBLISHER, question)
    assert (result["changed"], journal.answers(), journal.effects()) == (False, ["y"], [])


# -- who the node is -----------------------------------------------------------------------------------


def test_an_unknown_host_key(modules: Modules, tmp_path: Path, journal: Journal) -> None:
    empty = tmp_path / "known_hosts"
    empty.write_text("", "utf-8")
    result = modules.run("security_mode", state="mixed", known_hosts=str(empty))
    result.refused("host_key_unknown", PUBLISHER, "SHA256:")
    assert "ssh-keyscan" in result["failure"]["remedy"]
    assert journal.logins("ssh") == []
    assert empty.read_text("utf-8") == "", "a key is never added by itself"
    modules.run("security_mode", state="mixed", known_hosts=str(tmp_path / "none")).refused(
        "invalid_input", "none", "does not exist"
    )
    assert journal.changing() == []


def test_a_changed_host_key(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(nodes={PUBLISHER: {"ssh_host_key": "new"}})
    result = modules.run("security_mode", state="mixed")
    result.refused("host_key_changed", PUBLISHER, "CHANGED", "SHA256:")
    assert result["failure"]["details"]["known"]
    assert (journal.logins("ssh"), journal.changing()) == ([], [])


def test_a_changed_host_key_of_a_subscriber_ends_the_reading(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(nodes={SUB1: {"ssh_host_key": "new"}})
    modules.run("ctl_file").refused("host_key_changed", SUB1)
    assert (SUB1, "accepted") not in journal.logins("ssh")


def test_a_pinned_host_key_is_the_only_one(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    node = cluster.publisher
    name = f"[{node['address']}]:{node['ssh_port']} "
    keys = [
        line.removeprefix(name)
        for line in cluster.lab.known_hosts.read_text("utf-8").splitlines()
        if line.startswith(name)
    ]
    options: dict[str, t.Any] = {"state": "non_secure", "known_hosts": None}
    assert modules.run("security_mode", ssh_host_key={PUBLISHER: keys[0]}, **options)["changed"] is False
    wrong = "SHA256:" + "A" * 43
    before = len(journal.logins("ssh"))
    result = modules.run("security_mode", ssh_host_key={PUBLISHER: wrong}, **options)
    result.refused("host_key_changed", PUBLISHER, wrong)
    modules.run("security_mode", ssh_host_key={PUBLISHER: "rubbish"}, **options).refused(
        "invalid_input", PUBLISHER
    )
    assert len(journal.logins("ssh")) == before


@pytest.mark.parametrize("accounts", [{}, {"axl_username": None, "axl_password": None}], ids=["both", "CLI"])
def test_a_pinned_key_of_the_publisher_counts_without_node_addresses(
    modules: Modules, journal: Journal, accounts: dict[str, t.Any]
) -> None:
    """The README's own inventory: the lab's known_hosts knows the key, the pinned one is another."""
    pinned = {PUBLISHER: "SHA256:" + "A" * 43}
    options = {"state": "non_secure", "node_addresses": None, "ssh_host_key": pinned, **accounts}
    code = modules.run("security_mode", **options).code
    assert code == ("host_key_ambiguous" if accounts else "host_key_changed")
    assert journal.logins("ssh") == []


@pytest.mark.parametrize("certificate", ["other-ca", "expired", "wrong-name"])
def test_a_certificate_that_does_not_verify(
    modules: Modules, cluster: ClusterHandle, journal: Journal, certificate: str
) -> None:
    cluster.set(nodes={PUBLISHER: {"tls_certificate": certificate}})
    result = modules.run("security_mode", state="mixed")
    result.refused("certificate_not_trusted", modules.address, "No password was sent")
    assert "ca_path" in result["failure"]["remedy"]
    assert journal.entries() == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unverified = modules.run("security_mode", state="non_secure", validate_certs=False)
    assert unverified["changed"] is False
    assert any("validate_certs is off" in warning for warning in modules.warnings)


def test_the_wrong_ca(
    modules: Modules,
    tmp_path: Path,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    cluster: ClusterHandle,
) -> None:
    """What the environment says about CAs does not make it right."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cluster.lab.ca_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(cluster.lab.ca_path))
    modules.run("security_mode", state="mixed", ca_path=None).refused(
        "certificate_not_trusted", modules.address
    )
    modules.run("security_mode", state="mixed", ca_path=str(tmp_path / "none.pem")).refused(
        "invalid_input", "CA file"
    )
    assert journal.entries() == []


# -- accounts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["cluster_info", "security_mode", "smart_license"])
def test_a_wrong_axl_password_is_sent_once(modules: Modules, journal: Journal, module: str) -> None:
    options = {"state": "mixed"} if module == "security_mode" else {}
    result = modules.run(module, axl_password="wrong", **options)
    result.refused("authentication_refused", "axladmin", modules.address, "not be tried again")
    again = modules.run("service_activation", service=CAPF, axl_password="wrong")
    again.refused("credential_refused_before", "axladmin", "not sent again")
    assert journal.logins() == [(PUBLISHER, "refused")]
    assert modules.run("smart_license")["licence"]["registered"], "the right password is another credential"


@pytest.mark.parametrize("module", ["cluster_info", "ctl_file", "security_mode"])
def test_a_wrong_cli_password_is_sent_once(modules: Modules, journal: Journal, module: str) -> None:
    options = {"state": "mixed"} if module == "security_mode" else {}
    result = modules.run(module, cli_password="wrong", **options)
    result.refused("authentication_refused", "admin", PUBLISHER, "lock")
    modules.run("ctl_file", cli_password="wrong").refused(
        "credential_refused_before", "admin", "not sent again"
    )
    assert journal.logins("ssh") == [(PUBLISHER, "refused")]
    assert journal.changing() == []


def test_a_password_that_is_changed_in_the_middle_of_a_run(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    assert not modules.run("ctl_file", state="gathered")["changed"]
    cluster.set(accounts={"admin": {"password": "another"}})
    modules.run("ctl_file", state="gathered").refused("authentication_refused", "admin")
    modules.run("ctl_file", state="gathered").refused("credential_refused_before", "admin")
    assert [login for login in journal.logins("ssh") if login[1] == "refused"] == [(PUBLISHER, "refused")]


@pytest.mark.parametrize(
    ("state", "code"), [("locked", "authentication_refused"), ("expired", "password_change_required")]
)
def test_a_cli_account_that_cannot_log_in(
    modules: Modules, cluster: ClusterHandle, journal: Journal, state: str, code: str
) -> None:
    cluster.set(accounts={"admin": {"state": state}})
    modules.run("security_mode", state="mixed").refused(code, PUBLISHER, "admin")
    modules.run("security_mode", state="mixed").refused("credential_refused_before", "admin")
    assert len(journal.logins("ssh")) == 1
    assert journal.changing() == []


def test_a_locked_axl_account_and_one_without_the_role(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(accounts={"axladmin": {"has_role": False}})
    result = modules.run("smart_license")
    result.refused("not_soap", "403", modules.address)
    assert "role" in result["failure"]["remedy"]
    cluster.set(accounts={"axladmin": {"has_role": True, "state": "locked"}})
    modules.fresh().run("smart_license").refused("authentication_refused", "axladmin")
    assert journal.logins("https-basic").count((PUBLISHER, "refused")) == 1


def test_a_reading_account_cannot_change_a_service(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    reader = cluster.account("axl", 0)
    account = {"axl_username": reader["username"], "axl_password": reader["password"]}
    result = modules.run("service_control", service=TFTP, state="restarted", **account)
    assert result.code is not None
    assert (result["changed"], journal.effects()) == (False, [])


@pytest.mark.parametrize(
    "options",
    [
        {"axl_password": None},
        {"cli_username": None},
        {"publisher": None},
        {**NO_AXL, **NO_CLI},
    ],
    ids=["no AXL password", "no CLI user", "no publisher", "no account"],
)
def test_options_that_cannot_be_right(modules: Modules, journal: Journal, options: dict[str, t.Any]) -> None:
    result = modules.run("smart_license", **options)
    assert result.code in ("account_missing", "publisher_missing")
    assert journal.entries() == []


# -- AXL versions --------------------------------------------------------------------------------------


def test_an_axl_that_speaks_no_known_version(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty("axl_versions", supported=["8.0", "8.5"]):
        result = modules.run("security_mode", state="mixed")
    result.refused("axl_version_unsupported", modules.address, "8.0, 8.5")
    assert result["failure"]["details"]["known"]
    assert journal.changing() == []


@pytest.mark.parametrize("served", [["14.0", "12.0"], ["14.0"]])
def test_an_axl_that_speaks_another_known_version(
    modules: Modules, cluster: ClusterHandle, served: list[str]
) -> None:
    with cluster.faulty("axl_versions", supported=served):
        assert modules.run("smart_license")["licence"]["registered"]


# -- the state directory -------------------------------------------------------------------------------


def test_a_state_directory_that_cannot_be_written(modules: Modules, tmp_path: Path, journal: Journal) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    options = {"state": "mixed", "state_dir": str(blocked / "state")}
    modules.run("security_mode", **options).refused(
        "state_dir_not_writable", str(blocked), "Nothing was changed"
    )
    assert (journal.answers(), journal.effects()) == ([], [])
    # Reading, and learning what would be done, needs none.
    assert modules.run("security_mode", check=True, **options)["changed"]
    assert (
        modules.run("cluster_info", state_dir=options["state_dir"], **ONLY_MODES)["cluster"]["unsettled"]
        == []
    )


@pytest.fixture
def recorded(modules: Modules) -> Path:
    """A state file with a change in it."""
    assert modules.run("security_mode", state="mixed")["changed"]
    (path,) = modules.state_dir.glob("*.jsonl")
    return path


def _spoil_letter(path: Path) -> None:
    text = path.read_text("utf-8")
    path.write_text(text.replace('"done"', '"dono"', 1), "utf-8")


def _drop_line(path: Path) -> None:
    path.write_text("".join(path.read_text("utf-8").splitlines(True)[1:]), "utf-8")


def _other_cluster(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.unlink()
    journal = StateJournal(str(path.parent), "another-identity")
    for line in lines:
        journal.append(line["event"])
    (other,) = path.parent.glob("*.jsonl")
    shutil.move(other, path)


@pytest.mark.parametrize("spoil", [_spoil_letter, _drop_line, _other_cluster])
def test_a_state_file_that_is_not_ours(
    modules: Modules, recorded: Path, cluster: ClusterHandle, spoil: t.Callable[[Path], None]
) -> None:
    spoil(recorded)
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run("security_mode", state="non_secure")
    result.refused("state_corrupt", str(recorded), "Nothing was changed")
    assert journal.changing() == []


def test_a_torn_last_line_is_what_a_power_cut_leaves(
    modules: Modules, recorded: Path, cluster: ClusterHandle
) -> None:
    with recorded.open("a", encoding="utf-8") as file:
        file.write('{"event": "answ')
    assert modules.run("security_mode", state="non_secure")["changed"]
    assert all(json.loads(line) for line in recorded.read_text("utf-8").splitlines())


def test_a_second_run_at_the_same_time_is_refused_and_told_whose_turn_it_is(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault("hold", match={"kind": "effect", "operation": "security_mode mixed"}, when="before")
    first: list[Outcome] = []
    runner = threading.Thread(target=lambda: first.append(modules.run("security_mode", state="mixed")))
    runner.start()
    try:
        cluster.wait_hit(held)
        second = modules.fresh().run("security_mode", state="mixed")
        second.refused("cluster_locked", "test of security_mode")
        assert modules.fresh().run("ctl_file", state="updated").code in ("cluster_locked", "not_mixed")
        (record,) = modules.state_dir.glob("*.jsonl")
        assert '"settled"' not in record.read_text("utf-8"), (
            "the answer of a living run is not settled by another"
        )
    finally:
        cluster.release(held)
        runner.join(60)
    assert first[0]["changed"]
    assert journal.answers() == ["y"]


def test_a_change_by_hand_after_the_reading_stops_it(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault("hold", match={"kind": "command", "operation": "utils service list"}, when="before")
    results: list[Outcome] = []
    runner = threading.Thread(target=lambda: results.append(modules.run("security_mode", state="mixed")))
    runner.start()
    try:
        cluster.wait_hit(held)
        cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
        cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    finally:
        cluster.release(held)
        runner.join(60)
    results[0].refused("state_changed")
    assert (results[0]["changed"], journal.answers()) == (False, [])
    assert modules.run("security_mode", state="mixed")["changed"] is False
