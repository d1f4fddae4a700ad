# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on the way: cut and silent connections, hostile bytes, hostile HTTP. Never a success that is none."""

from __future__ import annotations

import resource
import time
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules, quick_limits
from .harness.names import CAPF, MIXED_COMMAND, NODES, PUBLISHER, SUB1, SUB2, TFTP

CTL_ONLY: dict[str, t.Any] = {"gather_subset": ["ctl_files"]}
BY_CLI: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
READ_MODES = "axl executeSQLQuery"


# -- the platform CLI ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "when"),
    [
        ({"kind": "login", "operation": "ssh"}, "before"),
        ({"kind": "login", "operation": "ssh"}, "after"),
        ({"kind": "command", "operation": "show ctl"}, "before"),
        ({"kind": "command", "operation": "show ctl"}, "after"),
        ({"kind": "command", "operation": MIXED_COMMAND}, "before"),
        ({"kind": "prompt", "operation": MIXED_COMMAND}, "before"),
        ({"kind": "prompt", "operation": MIXED_COMMAND}, "after"),
    ],
)
def test_a_connection_that_is_cut_before_the_answer_changes_nothing(
    modules: Modules, cluster: ClusterHandle, journal: Journal, match: dict[str, str], when: str
) -> None:
    cluster.fault("cut", match=match, when=when)
    result = modules.run("security_mode", state="mixed")
    if result.code is not None:
        # Once the password is out it is not sent again in that run: the cut may have been the refusal.
        unanswered = match["kind"] == "login"
        assert result.code in (
            ("authentication_unanswered",)
            if unanswered
            else ("connection_lost", "connection_failed", "session_refused")
        )
        assert PUBLISHER in result.message
        assert result["changed"] is False
        assert (journal.answers(), journal.effects()) == ([], [])
        result = (modules.fresh() if unanswered else modules).run("security_mode", state="mixed")
    # Run again, it is simply done.
    assert (result["changed"], result["settled"]) == (True, [])
    assert journal.answers() == ["y"]
    assert [login for login in journal.logins() if login[1] == "refused"] == []


@pytest.mark.parametrize("command", ["show ctl", MIXED_COMMAND])
def test_silence_ends_at_the_deadline(
    modules: Modules, cluster: ClusterHandle, journal: Journal, command: str
) -> None:
    with cluster.faulty("silence", node=PUBLISHER, command=command):
        result = modules.run("security_mode", state="mixed", cli_command_timeout=2)
    # A silent command after which the prompt comes back has no output, and that is nothing to conclude from.
    assert result.code in (("timed_out", "unreadable_output") if command == "show ctl" else ("timed_out",))
    assert (result["changed"], journal.answers()) == (False, [])


@pytest.mark.parametrize("text", ["admin:", "\r\nadmin:", "admin:show ctl"])
@pytest.mark.parametrize("command", ["show ctl", "run sql *", "show status"])
def test_a_line_like_the_prompt_and_a_pause_do_not_end_the_output(
    modules: Modules, cluster: ClusterHandle, text: str, command: str
) -> None:
    """Nothing is concluded from half an output: it is read whole, or it is an error."""
    subsets = {"show ctl": ["ctl_files"], "show status": ["health"], "run sql *": ["modes"]}[command]
    honest = modules.run("cluster_info", gather_subset=subsets, **BY_CLI)["cluster"]
    with cluster.faulty("false_prompt", command=command, text=text, pause_s=120):
        result = modules.run("cluster_info", gather_subset=subsets, **BY_CLI)
    if "cluster" not in result:
        assert result.code in ("output_end_not_proven", "timed_out", "unreadable_output", "input_garbled")
        return
    facts = result["cluster"]
    assert (
        facts["security_mode" if subsets == ["modes"] else "nodes"]
        == honest["security_mode" if subsets == ["modes"] else "nodes"]
    )
    for node, file in facts.get("ctl_files", {}).items():
        assert file["sha1"] == honest["ctl_files"][node]["sha1"]
        assert file["implied_mode"] in (None, honest["ctl_files"][node]["implied_mode"])
    for node, health in facts.get("health", {}).get("nodes", {}).items():
        assert {key for key, value in health.items() if value is None} == {
            key for key, value in honest["health"]["nodes"][node].items() if value is None
        }


def test_a_pager_although_pagination_is_off(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    honest = modules.run("cluster_info", **CTL_ONLY)["cluster"]["ctl_files"]
    with mixed_cluster.faulty("pager"):
        paged = modules.run("cluster_info", **CTL_ONLY)["cluster"]
    assert paged["unavailable"] == {}
    assert paged["ctl_files"] == honest


def test_output_byte_by_byte_is_the_same(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    honest = modules.run("cluster_info", **CTL_ONLY)["cluster"]["ctl_files"]
    with mixed_cluster.faulty("drip", node=SUB1, seconds_per_byte=0.01):
        dripped = modules.run("cluster_info", cli_command_timeout=60, **CTL_ONLY)["cluster"]
    assert (dripped["unavailable"], dripped["ctl_files"]) == ({}, honest)


def test_a_slow_drip_does_not_outlast_the_deadline(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    # 120 times as fast as told: ten bytes a second, so that the whole output takes minutes.
    with mixed_cluster.faulty("drip", node=SUB1, command="show ctl", seconds_per_byte=12):
        facts = modules.run("cluster_info", cli_command_timeout=3, **CTL_ONLY)["cluster"]
    assert "timed_out" in facts["unavailable"][f"ctl_files.{SUB1}"]
    assert set(facts["ctl_files"]) == set(NODES) - {SUB1}


def test_dropped_input_is_typed_again_slowly(
    modules: Modules, cluster: ClusterHandle, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_task, "CliLimits", quick_limits(echo=2.0))
    with cluster.faulty("drop_input", node=PUBLISHER, probability=1.0):
        result = modules.run("ctl_file", state="gathered")
    assert set(result["before"]["nodes"]) == set(NODES)
    assert all(entry["detail"].get("understood", True) for entry in journal.entries(kind="command")), (
        "something garbled was entered"
    )


def test_a_garbled_command_never_runs(
    modules: Modules, cluster: ClusterHandle, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_task, "CliLimits", quick_limits())
    with cluster.faulty("drop_input", node=PUBLISHER, probability=0.5):
        result = modules.run("security_mode", state="mixed")
    known = {MIXED_COMMAND, "show ctl", "set cli pagination off", "utils service list", "show cli pagination"}
    known |= {"show open ports regexp LISTEN"}
    assert {command for command in journal.commands() if not command.startswith("run sql")} <= known
    assert result.get("changed") is (journal.effects() != [])


def test_giant_output_is_bounded_in_memory(modules: Modules, cluster: ClusterHandle) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with cluster.faulty("output_bytes", node=SUB1, command="show ctl", bytes=40_000_000):
        facts = modules.run("cluster_info", cli_command_timeout=60, **CTL_ONLY)["cluster"]
    assert "output_too_large" in facts["unavailable"][f"ctl_files.{SUB1}"]
    assert set(facts["ctl_files"]) == set(NODES) - {SUB1}
    # The lab lives in this process too.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_node_at_its_session_limit(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(cli={"max_sessions": 0})
    result = modules.run("ctl_file", state="gathered")
    result.refused("ctl_unreadable", PUBLISHER, "session_refused")
    assert [journal.logins("ssh").count((node, "closed")) for node in NODES] == [1, 1, 1]
    result = modules.run("security_mode", state="mixed")
    result.refused("session_refused", PUBLISHER, "first prompt")


@pytest.mark.parametrize(
    "settings",
    [
        {"needs_nudge": True},
        {"double_prompt": False},
        {"banner": "admin:\nContinue (y/n)?\nPassword: \n"},
        {"dns_warning": True},
        {"password_auth": True},
        {"pagination": False},
        {"pages": "everything"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_start_up_as_different_nodes_do_it(
    modules: Modules, cluster: ClusterHandle, settings: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_task, "CliLimits", quick_limits(nudge_after=0.5))
    cluster.set(cli=settings)
    assert set(modules.run("ctl_file", state="gathered")["before"]["nodes"]) == set(NODES)


def test_a_node_that_starts_up_slowly_has_a_deadline_of_its_own(
    modules: Modules, cluster: ClusterHandle
) -> None:
    cluster.set(timings={"cli_startup_s": 360})
    assert modules.run("ctl_file", state="gathered", cli_command_timeout=2)["changed"] is False
    result = modules.run("ctl_file", state="gathered", cli_startup_timeout=1)
    result.refused("ctl_unreadable", PUBLISHER, "timed_out", "first prompt")


# -- HTTP ----------------------------------------------------------------------------------------------


@dataclass
class QuickClock:
    """Sleeps a hundredth of what it is told and remembers it."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)
        time.sleep(seconds / 100)


def test_503_is_backed_off_and_then_answered(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    quick = QuickClock()
    modules.clock = Clock(sleep=quick.sleep)
    cluster.fault("http", match={"operation": "axl getSmartLicenseStatus"}, status=503, times=3)
    assert modules.run("smart_license")["licence"]["registered"]
    assert quick.slept == [2, 4, 8]
    asked = [entry for entry in journal.entries(kind="http") if entry["operation"].endswith("LicenseStatus")]
    assert [entry["detail"]["status"] for entry in asked] == [503, 503, 503, 200]


def test_503_for_ever_ends(modules: Modules, cluster: ClusterHandle) -> None:
    quick = QuickClock()
    modules.clock = Clock(sleep=quick.sleep)
    with cluster.faulty("http", match={"operation": "axl getSmartLicenseStatus"}, status=503):
        result = modules.run("smart_license")
    result.refused("throttled", modules.address, "getSmartLicenseStatus")
    assert quick.slept == [2, 4, 8, 16, 32]


@pytest.mark.parametrize(
    ("deadline", "slept"), [(300.0, [2, 4, 8]), (None, [2, 4, 8, 16, 32]), (10.0, [2, 4])]
)
def test_a_busy_node_is_waited_for_longer_where_a_change_may_depend_on_it(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    deadline: float | None,
    slept: list[float],
) -> None:
    done: list[float] = []
    modules.clock = Clock(monotonic=lambda: sum(done), sleep=done.append)
    operation = "control-center soapGetServiceStatus"
    with cluster.faulty("http", match={"operation": operation, "node": SUB1}, status=503):
        # Time jumps for the requests that are under way too.
        patient = {"deadline": deadline, "timeout": 300}
        read = modules.run("cluster_info", gather_subset=["services"], **patient)["cluster"]
    assert set(read["services"]) == {PUBLISHER, SUB2}
    assert read["unavailable_causes"][f"services.{SUB1}"]["code"] == "throttled"
    assert done == slept
    asked = [entry["node"] for entry in journal.entries(kind="http") if entry["operation"] == operation]
    assert {node: asked.count(node) for node in asked} == {PUBLISHER: 1, SUB2: 1, SUB1: len(slept) + 1}


FAULT = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
    "<faultcode>soapenv:Server</faultcode><faultstring>The <![CDATA[<b>moon</b> {{ 7*7 }}]]> is full</faultstring>"
    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
EMPTY = '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body/></soapenv:Envelope>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + EMPTY
DEEP = EMPTY.replace("<soapenv:Body/>", "<a>" * 5000 + "</a>" * 5000)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        pytest.param(200, FAULT, "soap_fault", id="fault with 200"),
        pytest.param(500, FAULT, "soap_fault", id="fault with 500"),
        pytest.param(200, "<html><body>Welcome</body></html>", "not_soap", id="HTML"),
        pytest.param(200, "", "not_soap", id="nothing"),
        pytest.param(200, EMPTY, "not_soap", id="empty body"),
        pytest.param(200, EMPTY[:-30], "xml_malformed", id="cut XML"),
        pytest.param(200, BOMB, "xml_refused", id="DOCTYPE"),
        pytest.param(200, DEEP, "xml_refused", id="depth"),
        pytest.param(302, "<html/>", "not_soap", id="redirect"),
        pytest.param(404, "<html/>", "not_soap", id="not found"),
    ],
)
@pytest.mark.parametrize("module", ["smart_license", "service_activation"])
def test_an_answer_that_is_none_is_never_a_result(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    module: str,
    status: int,
    body: str,
    code: str,
) -> None:
    options = {"service": CAPF} if module == "service_activation" else {}
    operation = "control-center soapGetServiceStatus" if options else "axl getSmartLicenseStatus"
    with cluster.faulty(
        "http", match={"operation": operation}, status=status, body=body, content_type="text/xml"
    ):
        result = modules.run(module, **options)
    result.refused(code, modules.address) if code != "soap_fault" else None
    assert result.code == code
    assert (result["changed"], journal.changing()) == (False, [])


@pytest.mark.parametrize("fault", ["http_truncate", "cut"])
def test_an_answer_that_ends_in_the_middle(modules: Modules, cluster: ClusterHandle, fault: str) -> None:
    match = {"operation": "axl getSmartLicenseStatus"}
    spec = {"match": {**match, "kind": "http"}, "when": "after"} if fault == "cut" else {"match": match}
    cluster.fault(fault, **spec)
    modules.run("smart_license").refused("connection_failed", modules.address)


@pytest.mark.parametrize("fault", ["http_truncate", "cut"])
def test_a_change_whose_answer_is_lost_is_settled_by_reading(
    modules: Modules, cluster: ClusterHandle, journal: Journal, fault: str
) -> None:
    """The effect is there, so it counts as changed; or it is told that it is not known, and the next run sees."""
    match = {"operation": "control-center soapDoServiceDeployment"}
    spec = {"match": {**match, "kind": "http"}, "when": "after"} if fault == "cut" else {"match": match}
    cluster.fault(fault, **spec)
    result = modules.run("service_activation", service=CAPF)
    assert result.code in (None, "outcome_unknown")
    if result.code is None:
        assert result["changed"]
    cluster.wait(lambda: cluster.state()["nodes"][PUBLISHER]["services"][CAPF]["status"] == "Started")
    assert modules.run("service_activation", service=CAPF)["changed"] is False
    assert journal.effects() == [f"service activate {CAPF}"]


def test_silence_of_a_web_service_ends_at_the_timeout(modules: Modules, cluster: ClusterHandle) -> None:
    with cluster.faulty("hold", match={"operation": "axl getSmartLicenseStatus"}):
        result = modules.run("smart_license", timeout=1)
    result.refused("connection_failed", modules.address)


def test_an_expired_session_cookie_costs_one_login(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(timings={"http_session_idle_s": 0})
    assert modules.run("smart_license")["licence"]["registered"]
    assert {result for _node, result in journal.logins()} == {"accepted"}


def test_a_service_that_takes_long_to_answer_is_not_asked_twice(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault(
        "hold", match={"kind": "http", "operation": "control-center soapDoControlServices"}, when="before"
    )
    result = modules.run(
        "service_control", service=TFTP, node=SUB1, state="restarted", timeout=1, stable_for=2.0
    )
    cluster.release(held)
    # The node did nothing for long enough to be asked once more; what was held comes on top of it.
    assert result["changed"]
    requests = [
        entry for entry in journal.entries(kind="http") if entry["operation"].endswith("ControlServices")
    ]
    assert len(requests) == 2
