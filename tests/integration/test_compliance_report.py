# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the report: what is on the disk afterwards, whatever was there before and whoever else writes."""

from __future__ import annotations

import fcntl
import functools
import json
import multiprocessing
import os
import resource
import tempfile
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report
from ansible_collections.ucops.cucm.plugins.modules import compliance_report as module
from ansible_collections.ucops.cucm.plugins.plugin_utils._page.frame import frame

from .harness.journal import Journal
from .harness.jump_host import JumpHost
from .harness.outcome import Outcome
from .harness.playbooks import Plays
from .harness.runs import Run

FORMATS = ("json", "junit", "markdown", "prometheus", "html")
NAMES = {
    "json": "compliance.json",
    "junit": "compliance.xml",
    "markdown": "compliance.md",
    "prometheus": "compliance.prom",
    "html": "compliance.html",
}
CONTROLS = [
    {"id": "mode", "title": "The mode is as intended", "severity": "high", "remedy": "Change it."},
    {"id": "backup", "title": "There is a backup", "severity": "low"},
]
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "=cmd|'/C calc'!A0",
    "a\nb\x00\u202ec",
    "x'\"\\y",
    "👩 漢字",
]


def cluster(name: str, mode: str = "pass", backup: str = "pass", **known: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "results": [
            {"control": "mode", "verdict": mode, "reason": f"the mode of {name}."},
            {"control": "backup", "verdict": backup, "reason": "the backup."},
        ],
        **known,
    }


@dataclass
class Writer:
    """Runs the module in this process as the action plugin would, with no option but its own; every run is a night later."""

    directory: Path
    nights: int = 0
    clock: Clock = field(default_factory=Clock)
    warnings: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        self.nights += 1
        return NIGHT + timedelta(days=self.nights - 1)

    def run(
        self, *clusters: dict[str, t.Any], check: bool = False, diff: bool = False, **options: t.Any
    ) -> Outcome:
        given = {
            "clusters": list(clusters),
            "controls": CONTROLS,
            "directory": str(self.directory),
            "page": frame(),
            **options,
        }
        validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(given)
        assert not validation.error_messages, validation.error_messages
        task = _task.Task(
            params=validation.validated_parameters,
            check_mode=check,
            diff_mode=diff,
            warn=self.warnings.append,
            clock=self.clock,
        )
        return Outcome(_task.perform(task, module.run))

    def path(self, format_: str) -> Path:
        return self.directory / NAMES[format_]

    def read(self) -> report.Json:
        return json.loads(self.path("json").read_text("utf-8"))

    def files(self) -> set[str]:
        """Return the names of what is in the directory, but for the lock."""
        return (
            {path.name for path in self.directory.iterdir()} - {".compliance.lock"}
            if self.directory.exists()
            else set()
        )

    def snapshot(self) -> dict[str, tuple[bytes, int]]:
        """Return the content and the inode of every file."""
        return {
            path.name: (path.read_bytes(), path.stat().st_ino)
            for path in (self.directory.iterdir() if self.directory.exists() else ())
            if path.is_file()
        }


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A writer to a directory that is not made yet."""
    made = Writer(tmp_path / "reports" / "cucm")
    monkeypatch.setattr(module, "_now", made.now)
    return made


def _plain(path: Path) -> str:
    """Return a file's text without the signs that Markdown escapes, and those of a time."""
    return path.read_text("utf-8").replace("\\", "").replace(":", "")


def operations(writer: Writer, action: str, formats_: t.Iterable[str] = FORMATS) -> list[dict[str, str]]:
    order = ["html", "junit", "markdown", "prometheus", "json"]
    return [{"action": action, "path": str(writer.path(each))} for each in sorted(formats_, key=order.index)]


# -- writing ---------------------------------------------------------------------------------------------


def test_the_first_report(writer: Writer) -> None:
    done = writer.run(
        cluster("berlin", "fail", read_at="2026-11-24T01:59:00Z", accounts={"axl": "reader"}), cluster("oslo")
    )
    assert "failure" not in done
    assert done["changed"] is True
    assert writer.files() == set(NAMES.values())
    assert done["operations"] == operations(writer, "write")
    assert done["files"] == {each: str(writer.path(each)) for each in FORMATS}
    counts = {"fail": 1, "contradiction": 0, "unknown": 0, "waived": 0, "pass": 3, "not_applicable": 0}
    assert done["counts"] == counts
    made = writer.read()
    assert done["digest"] == made["digest"]
    assert done["before"] is None
    assert done["after"] == {"digest": made["digest"], "counts": counts}
    assert done["findings"] == [
        {
            "cluster": "berlin",
            "control": "mode",
            "severity": "high",
            "verdict": "fail",
            "reason": "the mode of berlin.",
        }
    ]
    assert done["summary"] == [
        "1 of 2 clusters needs attention.",
        "1 fail, 3 pass",
        "berlin: 1 open: mode (high)",
        f"Report: {writer.path('html')}",
    ]
    # Every file is the same report.
    assert made["generated_at"] == "2026-11-24T02:00:00Z"
    texts = {"junit": formats.as_junit, "markdown": formats.as_markdown, "prometheus": formats.as_prometheus}
    for each, render in {
        **texts,
        "json": formats.as_json,
        "html": functools.partial(page.as_html, frame=frame()),
    }.items():
        assert writer.path(each).read_text("utf-8") == render(made), each


def test_the_same_again_changes_nothing_but_the_times(writer: Writer) -> None:
    def state(night: int) -> list[dict[str, t.Any]]:
        return [
            cluster("berlin", "fail", read_at=f"2026-11-{24 + night}T01:59:00Z"),
            cluster("lost", unreachable="no"),
        ]

    first = writer.run(*state(0))
    for night in (1, 2, 3):
        done = writer.run(*state(night), diff=True)
        assert done["changed"] is False
        assert done["operations"] == []
        assert done["before"] == done["after"] == first["after"]
        assert "diff" not in done
        made = writer.read()
        assert made["generated_at"] == f"2026-11-{24 + night}T02:00:00Z"
        assert [point["generated_at"][8:10] for point in made["history"]] == [
            str(24 + each) for each in range(night + 1)
        ]
        for each in ("junit", "html", "markdown"):
            assert made["generated_at"].replace(":", "") in _plain(writer.path(each)), each
        assert str(int((NIGHT + timedelta(days=night)).timestamp())) in writer.path("prometheus").read_text(
            "utf-8"
        )


def test_another_verdict_is_a_change(writer: Writer) -> None:
    before = writer.run(cluster("berlin", "fail"))
    done = writer.run(cluster("berlin", "pass"), diff=True)
    assert done["changed"] is True
    assert done["operations"] == operations(writer, "replace")
    assert done["before"] == before["after"] != done["after"]
    assert done["diff"] == {"before": done["before"], "after": done["after"]}
    assert [point["counts"]["fail"] for point in writer.read()["history"]] == [1, 0]


def test_a_file_that_is_gone_or_another_one_is_written_and_told(writer: Writer) -> None:
    writer.run(cluster("berlin"))
    writer.path("markdown").unlink()
    writer.path("junit").write_bytes(b"\xff not text")
    done = writer.run(cluster("berlin"))
    assert done["operations"] == [
        {"action": "replace", "path": str(writer.path("junit"))},
        {"action": "write", "path": str(writer.path("markdown"))},
    ]
    assert done["changed"] is True
    assert writer.run(cluster("berlin"))["changed"] is False


@pytest.mark.parametrize("wanted", [["prometheus"], ["html", "json"], []])
def test_only_the_formats_that_are_wanted(writer: Writer, wanted: list[str]) -> None:
    done = writer.run(cluster("berlin", "fail"), formats=wanted)
    assert writer.files() == {NAMES[each] for each in wanted}
    assert done["operations"] == operations(writer, "write", wanted)
    assert done["changed"] is bool(wanted)
    where = [line for line in done["summary"] if line.startswith("Report: ")]
    assert len(where) == bool(wanted)


def test_no_cluster_and_no_control_is_a_report_too(writer: Writer) -> None:
    done = writer.run(controls=[])
    assert done["summary"][0] == "No cluster was judged."
    assert writer.files() == set(NAMES.values())


def test_hostile_texts_are_written_whole(writer: Writer) -> None:
    done = writer.run(*(cluster(name, "fail", "pass", release=name) for name in HOSTILE))
    assert done["counts"]["fail"] == len(HOSTILE)
    assert sorted(each["name"] for each in writer.read()["clusters"]) == sorted(HOSTILE)
    again = writer.run(*(cluster(name, "fail", "pass", release=name) for name in reversed(HOSTILE)))
    assert again["changed"] is False


@pytest.mark.parametrize(
    ("clusters", "options", "code", "words"),
    [
        ([{"name": ""}], {}, "report_invalid", "clusters[0].name"),
        ([cluster("a"), cluster("a")], {}, "report_invalid", "clusters[1].name"),
        ([cluster("a", "good")], {}, "report_invalid", "clusters[0].results[0].verdict"),
        ([], {"controls": [{"id": "a"}]}, "report_invalid", "controls[0].title"),
        ([], {"keep": -1}, "invalid_input", "keep"),
    ],
)
def test_what_cannot_be_right_is_refused_and_no_file_is_touched(
    writer: Writer, clusters: list[dict[str, t.Any]], options: dict[str, t.Any], code: str, words: str
) -> None:
    writer.run(cluster("berlin"))
    before = writer.snapshot()
    writer.run(*clusters, **options).refused(code, words)
    assert writer.snapshot() == before


# -- notes and saved answers -----------------------------------------------------------------------------


def test_notes_and_saved_answers_are_in_every_file(writer: Writer) -> None:
    saved = {"first": "2026-01-05T08:00:00Z", "last": "2026-01-05T09:00:00Z"}
    fleet = [cluster("hamburg", saved=saved, identity="pub/7"), cluster("hq", identity="pub/7")]
    notes = ["mode is <off>", "the waiver of backup for c99* fits no cluster"]
    done = writer.run(*fleet, notes=notes)
    same = "hamburg and hq are the same cluster (identity pub/7)"
    assert done["summary"][2:-1] == [
        "hamburg was judged by what was saved on 2026-01-05",
        *(f"Note: {note}" for note in (*notes, same)),
    ]
    made = writer.read()
    assert made["notes"] == [*notes, same]
    assert [each["saved"] for each in made["clusters"]] == [saved, None]
    for each in ("html", "junit", "markdown"):
        assert "fits no cluster" in _plain(writer.path(each)), each
        assert "2026-01-05" in _plain(writer.path(each)), each
    assert "\ncucm_compliance_notes 3\n" in writer.path("prometheus").read_text("utf-8")
    assert writer.run(*fleet, notes=notes)["changed"] is False
    assert writer.run(*fleet, notes=notes[1:])["changed"] is True
    assert writer.run(cluster("hamburg", identity="pub/7"), fleet[1], notes=notes[1:])["changed"] is True


# -- check mode ------------------------------------------------------------------------------------------


def test_check_mode_writes_nothing_and_tells_the_same(writer: Writer) -> None:
    def both(*clusters: dict[str, t.Any], **options: t.Any) -> Outcome:
        before = writer.snapshot()
        planned = writer.run(*clusters, check=True, diff=True, **options)
        assert writer.snapshot() == before
        done = writer.run(*clusters, diff=True, **options)
        assert alike(planned) == alike(done)
        return done

    assert both(cluster("berlin"))["changed"] is True
    assert both(cluster("berlin"))["changed"] is False
    assert both(cluster("berlin", "fail"))["changed"] is True
    assert both(cluster("berlin", "fail"), fail_on=["fail"]).code == "not_compliant"
    assert both(cluster("berlin", "fail"), formats=["json"])["changed"] is False
    writer.path("html").unlink()
    writer.path("html").mkdir()
    assert both(cluster("berlin", "fail")).code == "report_incomplete"


def alike(done: Outcome) -> dict[str, t.Any]:
    """Return what a run says but for whether, and so where, anything was written."""
    failure = done.get("failure") or {}
    told = failure["details"] if failure else done
    return {
        **done,
        **told,
        "failure": failure.get("code"),
        "msg": None,
        "summary": [
            line for line in told["summary"] if not line.startswith(("Report: ", "Nothing was written"))
        ],
    }


def test_check_mode_says_that_nothing_was_written(writer: Writer) -> None:
    planned = writer.run(cluster("berlin", "fail"), check=True)
    assert planned["summary"][-1] == "Nothing was written: this was check mode."
    assert str(writer.directory) not in "".join(planned["summary"])
    assert planned["files"]["html"] == str(writer.path("html"))
    failed = writer.run(cluster("berlin", "fail"), check=True, fail_on=["fail"])
    assert failed["failure"]["details"]["summary"] == planned["summary"]
    assert "check mode" in failed["failure"]["remedy"]
    writer.directory.mkdir(parents=True)
    writer.path("html").mkdir()
    writer.run(cluster("berlin"), check=True).refused(
        "report_incomplete", "could not be written; nothing was."
    )


def test_check_mode_makes_no_directory(writer: Writer, tmp_path: Path) -> None:
    done = writer.run(cluster("berlin"), check=True)
    assert done["changed"] is True
    assert not (tmp_path / "reports").exists()


# -- failing on purpose ----------------------------------------------------------------------------------


def test_drift_fails_after_everything_was_written(writer: Writer) -> None:
    fleet = [cluster("berlin", "fail", "contradiction"), cluster("oslo", "pass", "unknown"), cluster("rome")]
    done = writer.run(*fleet, fail_on=["fail", "contradiction"])
    done.refused("not_compliant", "1 of 3 clusters: berlin (mode: fail, backup: contradiction)")
    assert str(writer.path("html")) in done["failure"]["remedy"]
    assert done["changed"] is True
    details = done["failure"]["details"]
    assert [(each["control"], each["verdict"]) for each in details["findings"]] == [
        ("mode", "fail"),
        ("backup", "contradiction"),
    ]
    assert details["files"] == {each: str(writer.path(each)) for each in FORMATS}
    assert details["summary"][0] == "1 of 3 clusters needs attention."
    assert details["digest"] == writer.read()["digest"]
    assert writer.files() == set(NAMES.values())
    again = writer.run(*fleet, fail_on=["unknown"])
    again.refused("not_compliant", "oslo (backup: unknown)")
    assert again["changed"] is False
    assert "failure" not in writer.run(*fleet, fail_on=["waived"])


@pytest.mark.parametrize("others", [[], ["fail"], ["unknown"]])
def test_a_cluster_that_could_not_be_read_fails_when_asked_for(writer: Writer, others: list[str]) -> None:
    fleet = [cluster("berlin"), {"name": "lost", "unreachable": "no answer", "results": []}]
    told = {"fail": "", "unknown": "; mode: unknown, backup: unknown"}
    done = writer.run(*fleet, fail_on=["unreachable", *others])
    done.refused(
        "not_compliant", f"1 of 2 clusters: lost (could not be read{''.join(map(told.get, others))})."
    )
    details = done["failure"]["details"]
    assert details["unreachable"] == [{"cluster": "lost", "reason": "no answer"}]
    assert details["findings_total"] == len(details["findings"]) == (2 if others == ["unknown"] else 0)
    assert writer.files() == set(NAMES.values())
    # One that was read and could tell nothing is another matter.
    assert "failure" not in writer.run(cluster("berlin", "unknown", "unknown"), fail_on=["unreachable"])
    assert "failure" not in writer.run(*fleet, fail_on=["fail"])


def test_what_could_not_be_read_is_named_before_what_fails(writer: Writer) -> None:
    fleet = [cluster("a", "fail"), {"name": "z", "unreachable": "no", "results": []}]
    writer.run(*fleet, fail_on=["fail", "unreachable"]).refused(
        "not_compliant", "2 of 2 clusters: z (could not be read), a (mode: fail)."
    )


def test_a_message_about_a_large_fleet_stays_short(writer: Writer) -> None:
    controls = [{"id": f"c{number}", "title": "t", "severity": "low"} for number in range(9)]
    fleet = [
        {
            "name": f"cluster-{number}",
            "results": [{"control": each["id"], "verdict": "fail", "reason": "r"} for each in controls],
        }
        for number in range(8)
    ]
    done = writer.run(*fleet, controls=controls, fail_on=["fail"])
    done.refused("not_compliant", "8 of 8 clusters", "c4: fail and 4 more)", "cluster-4", "and 3 more")
    assert "cluster-5" not in done.message
    details = done["failure"]["details"]
    assert (len(details["findings"]), details["findings_total"]) == (20, 72)
    assert {each["cluster"] for each in details["findings"][:9]} == {"cluster-0"}
    lost = [{"name": f"c{number}", "unreachable": "x" * 5000} for number in range(30)]
    done = writer.run(*lost, fail_on=["unreachable", "unknown"])
    done.refused("not_compliant", "30 of 30 clusters", "and 25 more")
    assert len(done["failure"]["details"]["unreachable"]) == 20
    assert len(done.message) < 1000
    assert "failure" not in writer.run(*lost)


def test_a_message_is_clean_on_a_terminal(writer: Writer) -> None:
    done = writer.run(cluster("a\x1b[2J\nb", "fail"), fail_on=["fail"])
    done.refused("not_compliant", "a[U+001B][2J[U+000A]b")


# -- history ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keep", "points"), [(0, 1), (1, 2), (3, 4), (90, 6)])
def test_as_many_earlier_reports_are_kept_as_asked_for(writer: Writer, keep: int, points: int) -> None:
    for _night in range(6):
        writer.run(cluster("berlin"), keep=keep)
    history = writer.read()["history"]
    assert [point["generated_at"][8:10] for point in history] == [
        str(30 - points + each) for each in range(points)
    ]


def test_fewer_are_kept_when_asked_for_and_that_is_a_change(writer: Writer) -> None:
    for _night in range(5):
        writer.run(cluster("berlin"))
    done = writer.run(cluster("berlin"), keep=2)
    # The others tell no history.
    assert done["operations"] == operations(writer, "replace", ["html", "json"])
    assert len(writer.read()["history"]) == 3


def test_without_the_json_the_history_is_shown_and_not_gone_on_with(writer: Writer) -> None:
    for _night in range(3):
        writer.run(cluster("berlin"))
    before = writer.path("json").read_bytes()
    writer.run(cluster("berlin", "fail"), formats=["html"])
    assert writer.path("json").read_bytes() == before
    assert "2026-11-26T02:00:00Z" in writer.path("html").read_text("utf-8")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"schema": "ucops.cucm/compliance-report/9"}', b"null"],
    ids=["empty", "half", "no text", "deep", "newer", "null"],
)
def test_a_report_that_is_not_understood_is_put_aside(writer: Writer, content: bytes) -> None:
    writer.directory.mkdir(parents=True)
    writer.path("json").write_bytes(content)
    planned = writer.run(cluster("berlin"), check=True)
    assert writer.path("json").read_bytes() == content
    assert writer.files() == {"compliance.json"}
    (warning,) = writer.warnings
    assert str(writer.path("json")) in warning
    done = writer.run(cluster("berlin"))
    others = [each for each in FORMATS if each != "json"]
    assert done["operations"] == planned["operations"]
    assert done["operations"] == [
        *operations(writer, "write", others),
        *operations(writer, "replace", ["json"]),
    ]
    assert done["before"] is planned["before"] is None
    (aside,) = writer.files() - set(NAMES.values())
    assert (writer.directory / aside).read_bytes() == content
    assert aside in writer.warnings[-1]
    assert len(writer.read()["history"]) == 1
    assert writer.run(cluster("berlin"))["changed"] is False
    assert len(writer.warnings) == 2


def test_a_report_that_is_not_understood_stays_when_no_json_is_written(writer: Writer) -> None:
    writer.directory.mkdir(parents=True)
    writer.path("json").write_text("{", "utf-8")
    done = writer.run(cluster("berlin"), formats=["html"])
    assert done["changed"] is True
    assert writer.path("json").read_text("utf-8") == "{"
    assert writer.warnings == []


# -- what is in the way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_is_no_directory(writer: Writer, below: str, check: bool) -> None:
    writer.directory.parent.mkdir(parents=True)
    writer.directory.write_text("a file", "utf-8")
    writer.run(cluster("berlin"), directory=str(writer.directory / below), check=check).refused(
        "directory_not_writable", str(writer.directory), "Nothing was written"
    )


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Path]:
    """A directory that the account of the test may read, and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if os.geteuid() == 0:
            directory.chmod(0o755)
            os.setresuid(65534, 65534, 0)
        else:
            directory.chmod(0o555)
        try:
            yield directory
        finally:
            if os.getresuid()[2] == 0:
                os.setresuid(0, 0, 0)
            else:
                directory.chmod(0o755)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("below", ["", "below/deeper"])
def test_a_directory_one_may_not_write_to(writer: Writer, closed: Path, below: str, check: bool) -> None:
    writer.run(cluster("berlin"), directory=str(closed / below), check=check).refused(
        "directory_not_writable", str(closed), "Nothing was written"
    )
    assert list(closed.iterdir()) == []


def test_a_last_report_one_may_not_read_stops_before_the_history_is_lost(writer: Writer) -> None:
    writer.directory.mkdir(parents=True)
    writer.path("json").mkdir()
    writer.run(cluster("berlin")).refused(
        "history_unreadable", str(writer.path("json")), "Nothing was written"
    )
    assert writer.files() == {"compliance.json"}


@pytest.mark.parametrize("format_", [each for each in FORMATS if each != "json"])
def test_a_file_that_cannot_be_written_costs_no_other_one(writer: Writer, format_: str) -> None:
    writer.path(format_).mkdir(parents=True)
    done = writer.run(cluster("berlin", "fail"), fail_on=["fail"])
    done.refused("report_incomplete", NAMES[format_], "could not be written")
    others = [each for each in FORMATS if each != format_]
    assert all(NAMES[each] in done.message for each in others)
    assert set(done["failure"]["details"]["failed"]) == {format_}
    assert set(done["failure"]["details"]["files"]) == set(others)
    assert done["changed"] is True
    assert all(writer.path(each).is_file() for each in others)
    assert writer.files() == set(NAMES.values())
    writer.path(format_).rmdir()
    writer.run(cluster("berlin", "fail"), fail_on=["fail"]).refused("not_compliant")
    assert writer.path(format_).is_file()


def test_a_format_that_breaks_costs_no_other_one(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(made: report.Json) -> str:
        raise ZeroDivisionError("by design")

    monkeypatch.setitem(module.FILES, "junit", (NAMES["junit"], broken))
    writer.run(cluster("berlin")).refused(
        "report_incomplete", "compliance.xml (ZeroDivisionError: by design (at "
    )
    assert writer.files() == set(NAMES.values()) - {"compliance.xml"}


def test_a_file_is_replaced_as_a_whole_or_not_at_all(writer: Writer) -> None:
    """A disk that is full in the middle of a file: the old one stays, and nothing half of the new one."""
    writer.run(cluster("berlin"))
    before = writer.snapshot()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        done = writer.run(cluster("berlin", "fail"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    done.refused("report_incomplete", "compliance.html (File too large)")
    after = writer.snapshot()
    assert after["compliance.html"] == before["compliance.html"]
    assert after["compliance.json"] != before["compliance.json"]
    assert set(after) == set(before)


def test_who_reads_a_file_reads_one_report_to_the_end(writer: Writer) -> None:
    writer.run(cluster("berlin"))
    old = writer.path("html").read_bytes()
    with writer.path("html").open("rb") as reader:
        begin = reader.read(100)
        writer.run(cluster("berlin", "fail"))
        assert begin + reader.read() == old
    assert writer.path("html").read_bytes() != old


def test_files_keep_their_permissions_and_new_ones_have_the_umask(writer: Writer) -> None:
    old = os.umask(0o027)
    try:
        writer.run(cluster("berlin"))
        assert {path.stat().st_mode & 0o777 for path in map(writer.path, FORMATS)} == {0o640}
        assert writer.directory.stat().st_mode & 0o777 == 0o750
        writer.path("html").chmod(0o604)
        writer.path("prometheus").chmod(0o644)
        writer.run(cluster("berlin", "fail"))
    finally:
        os.umask(old)
    modes = {each: writer.path(each).stat().st_mode & 0o777 for each in FORMATS}
    assert modes == {"json": 0o640, "junit": 0o640, "markdown": 0o640, "html": 0o604, "prometheus": 0o644}


def test_clusters_of_another_run_stay_and_fail_nothing(writer: Writer) -> None:
    writer.run(cluster("berlin", "fail"), cluster("lost", unreachable="no answer"))
    done = writer.run(cluster("paris"), fail_on=["fail", "unreachable"])
    assert done["findings"] == []
    assert done["counts"]["fail"] == 1
    assert any("berlin" in line and "1 day ago" in line for line in done["summary"])
    stale = {each["name"]: (each["stale"], each["seen_at"]) for each in writer.read()["clusters"]}
    assert stale == {
        "berlin": (True, "2026-11-24T02:00:00Z"),
        "lost": (True, "2026-11-24T02:00:00Z"),
        "paris": (False, "2026-11-25T02:00:00Z"),
    }
    # Only the age of what was not seen is another.
    again = writer.run(cluster("paris"))
    assert again["before"] == again["after"]
    writer.run(cluster("paris"), retired=["berlin", "lost"])
    assert [each["name"] for each in writer.read()["clusters"]] == ["paris"]


@pytest.mark.parametrize("place", ["compliance.json", ".compliance.lock"])
def test_a_pipe_is_not_waited_for(writer: Writer, place: str) -> None:
    writer.directory.mkdir(parents=True)
    os.mkfifo(writer.directory / place)
    code = "directory_not_writable" if place.endswith("lock") else "history_unreadable"
    writer.run(cluster("berlin")).refused(code, place, "it is not a regular file", "Nothing was written")


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(writer: Writer, tmp_path: Path) -> None:
    writer.directory.mkdir(parents=True)
    (writer.directory / ".compliance.lock").symlink_to(tmp_path / "elsewhere")
    writer.run(cluster("berlin")).refused("directory_not_writable", "it is a symbolic link")
    assert not (tmp_path / "elsewhere").exists()


# -- two at a time ---------------------------------------------------------------------------------------


def _write_one(directory: str, number: int, begin: t.Any) -> None:
    begin.wait()
    outcome = Writer(Path(directory)).run(cluster("berlin", "fail"), cluster(f"own-{number}"))
    os._exit(0 if "failure" not in outcome else 1)


def test_tasks_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "shared")
    context = multiprocessing.get_context("fork")
    begin = context.Barrier(6)
    tasks = [
        context.Process(target=_write_one, args=(str(writer.directory), each, begin)) for each in range(6)
    ]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join(60)
    assert [task.exitcode for task in tasks] == [0] * 6
    made = writer.read()
    assert [each["name"] for each in made["clusters"]] == ["berlin", *(f"own-{each}" for each in range(6))]
    assert [len(point["clusters"]) for point in made["history"]] == list(range(2, 8))
    # The one that wrote last saw its own and what all have.
    assert sum(not each["stale"] for each in made["clusters"]) == 2
    assert writer.files() == set(NAMES.values())
    # All files are of the last one.
    texts = {"junit": formats.as_junit, "markdown": formats.as_markdown, "prometheus": formats.as_prometheus}
    for each, render in {**texts, "html": functools.partial(page.as_html, frame=frame())}.items():
        assert writer.path(each).read_text("utf-8") == render(made), each


def test_a_task_that_never_ends_is_not_waited_for_forever(writer: Writer) -> None:
    writer.run(cluster("berlin"))
    before = writer.snapshot()
    seconds = [0.0]

    def sleep(long: float) -> None:
        seconds[0] += long

    writer.clock = Clock(lambda: seconds[0], sleep)
    with (writer.directory / ".compliance.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer.run(cluster("berlin", "fail")).refused(
            "directory_in_use", str(writer.directory), "Nothing was written"
        )
        assert seconds[0] == pytest.approx(60, abs=1)
        assert writer.snapshot() == before
        # Who only looks waits for nobody.
        assert writer.run(cluster("berlin", "fail"), check=True)["changed"] is True
    assert writer.run(cluster("berlin", "fail"))["changed"] is True


def test_without_a_page_to_put_it_into_nothing_is_written(writer: Writer) -> None:
    writer.run(cluster("berlin"), page=None).refused("invalid_input", "html")
    assert writer.files() == set()
    assert writer.run(cluster("berlin"), page=None, formats=["json", "junit"])["changed"] is True


# -- in a playbook ---------------------------------------------------------------------------------------


def played(plays: Plays, tmp_path: Path, *, delegate: JumpHost | None = None, **options: t.Any) -> Run:
    """Run the module in a play, over clusters with hostile names that it reads from a file."""
    fleet = [cluster(name, "fail", evidence={"mode": name}, release=name) for name in HOSTILE]
    (tmp_path / "fleet.json").write_text(json.dumps(fleet), "utf-8")
    given = {
        "clusters": f"{{{{ lookup('ansible.builtin.file', '{tmp_path / 'fleet.json'}') | from_json }}}}",
        "controls": CONTROLS,
        **options,
    }
    if delegate is None:
        return plays.run(plays.task("compliance_report", _run_once=True, **given))
    inventory = plays.inventory()
    inventory["all"]["hosts"] = {"jump": delegate.host()}
    return plays.run(
        plays.task("compliance_report", _run_once=True, _delegate_to="jump", **given), inventory=inventory
    )


def test_a_play_writes_a_report_and_asks_no_cluster(plays: Plays, journal: Journal, tmp_path: Path) -> None:
    directory = tmp_path / "report"
    result = played(plays, tmp_path, directory=str(directory)).ok().result("compliance_report")
    assert result["changed"] is True
    assert result["counts"]["fail"] == len(HOSTILE)
    assert journal.entries() == []
    names = [
        each["name"] for each in json.loads((directory / "compliance.json").read_text("utf-8"))["clusters"]
    ]
    assert sorted(names) == sorted(HOSTILE)


def test_no_connection_need_be_set(plays: Plays, tmp_path: Path) -> None:
    task = plays.task("compliance_report", clusters=[], controls=[], directory=str(tmp_path / "report"))
    inventory = {"all": {"children": {"cucm": {"hosts": {"controller": {"ansible_connection": "local"}}}}}}
    done = plays.run(task, inventory=inventory, defaults={}).ok()
    assert done.result("compliance_report")["summary"][0] == "No cluster was judged."


def test_a_shipped_module_writes_the_same_report(
    plays: Plays, jump_host: JumpHost, journal: Journal, tmp_path: Path
) -> None:
    here = played(plays, tmp_path, directory=str(tmp_path / "report")).ok().result("compliance_report")
    before = len(jump_host.ran)
    there = (
        played(plays, tmp_path, delegate=jump_host, directory="~/report", fail_on=["unknown"])
        .ok()
        .result("compliance_report")
    )
    assert len(jump_host.ran) > before
    assert there["files"]["html"] == str(jump_host.home / "report" / "compliance.html")
    assert (there["digest"], there["counts"]) == (here["digest"], here["counts"])
    again = played(plays, tmp_path, delegate=jump_host, directory="~/report").ok().result("compliance_report")
    assert again["changed"] is False
    # The page's own files do not travel with a module: its frame was handed over, and no result carries it.
    before_data, after_data = frame().split('id="data">')
    html = (jump_host.home / "report" / "compliance.html").read_text("utf-8")
    assert html.startswith(before_data)
    assert html.endswith(after_data)
    for result in (here, there):
        assert len(str(result["invocation"]["module_args"]["page"])) < 100
    assert (jump_host.home / "report" / "compliance.md").read_text("utf-8").count(
        "6 of 6 clusters need attention"
    ) == 1
    assert journal.entries() == []


def test_drift_is_a_failed_play(plays: Plays, tmp_path: Path) -> None:
    done = played(plays, tmp_path, directory=str(tmp_path / "report"), fail_on=["fail"])
    assert done.returncode != 0
    assert done.result("compliance_report").code == "not_compliant"
    assert (tmp_path / "report" / "compliance.html").is_file()
