#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write into docs/offline what to save of a cluster that cannot be reached, from the collection's own code.

usage: offline_requests.py [--check]

The requests of collect.sh, the commands of README.md and those whose output anonymise.py keeps are those that a complete reading of
saved answers looks for: each stands between two marks, and is never edited by hand. --check changes nothing and ends with 1 when they
differ.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock
from xml.sax.saxutils import unescape

from generated import ROOT, Files, between, main

OFFLINE = ROOT / "docs" / "offline"
# Shell patterns of releases, with an example of each; later releases are treated as the last.
RELEASES = {"11.*": "11.5.1", "12.0.*": "12.0.1", "12.5.*": "12.5.1", "14.*": "14.0.1", "15.*": "15.0.1"}
NEWEST = RELEASES["15.*"]
NODE, CALLMANAGER, VERSION = "NODE", "@NAME@", "@VERSION@"


@dataclass
class Asked:
    """The requests of one reading: each file with the request that it answers, and the commands of both kinds of node."""

    requests: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    publisher: list[str] = field(default_factory=list)
    subscriber: list[str] = field(default_factory=list)


def asked(release: str) -> Asked:
    """Return the requests of a complete reading of a cluster with two nodes, one of them a CallManager.

    Without a release it is that of a cluster without AXL, which is asked for as much as is possible by its command line.
    """
    from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
    from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
    from ansible_collections.ucops.cucm.plugins.module_utils._reading import readers
    from ansible_collections.ucops.cucm.plugins.module_utils._transport.saved import (
        SavedConnection,
        SavedSession,
    )
    from ansible_collections.ucops.cucm.plugins.module_utils._x509.certificates import PUBLISHER_UNITS
    from ansible_collections.ucops.cucm.plugins.module_utils._x509.own_certificates import TOMCAT_UNITS
    from ansible_collections.ucops.cucm.plugins.modules.cluster_info import ARGUMENT_SPEC

    found = Asked()
    units = "\n".join(f"{unit}/{unit}.pem: x" for unit in dict.fromkeys((*PUBLISHER_UNITS, *TOMCAT_UNITS)))
    answer = SavedConnection.post

    def post(self: SavedConnection, path: str, body: str, headers: dict[str, str], **options: bool) -> object:
        found.requests[self.file] = (path, headers["SOAPAction"].strip('"'), body)
        return answer(self, path, body, headers, **options)

    def run(self: SavedSession, command: str, **options: object) -> str:
        commands = found.publisher if self.node == NODE else found.subscriber
        if command not in commands:
            commands.append(command)
        return units if command == "show cert list own" else ""

    with tempfile.TemporaryDirectory() as directory:
        _save(Path(directory), release)
        params = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
        with mock.patch.object(SavedConnection, "post", post), mock.patch.object(SavedSession, "run", run):
            cluster = _task.Task(params={**params, "saved": directory}).cluster
            readers.gather(cluster, [each.name for each in model.SUBSETS.values() if not each.named])
    return found


def _save(directory: Path, release: str) -> None:
    """Save the answers that lead to all other requests."""

    def soap(operation: str, content: str) -> str:
        return f"<Envelope><Body><{operation}Response><return>{content}</return></{operation}Response></Body></Envelope>"

    def rows(*rows: dict[str, str]) -> str:
        return soap(
            "executeSQLQuery",
            "".join(f"<row>{''.join(f'<{k}>{v}</{k}>' for k, v in row.items())}</row>" for row in rows),
        )

    answers = {}
    if release:
        version = f"<componentVersion><version>{release}</version></componentVersion>"
        answers["axl/getCCMVersion.xml"] = soap("getCCMVersion", version)
        answers["axl/getSmartLicenseStatus.xml"] = soap("getSmartLicenseStatus", "")
    nodes = [
        {"pkid": str(number), "name": name, "tknodeusage": str(number), "tkprocessnoderole": "1"}
        for number, name in enumerate((NODE, "SUBSCRIBER"))
    ]
    answers["sql/nodes.xml"] = rows(*nodes)
    answers["sql/callmanagers.xml"] = rows({"name": CALLMANAGER, "node": NODE})
    for file, text in answers.items():
        (directory / file).parent.mkdir(exist_ok=True)
        (directory / file).write_text(text, "utf-8")


# -- collect.sh ------------------------------------------------------------------------------------------


def script() -> str:
    """Return the part of collect.sh with the requests."""
    from ansible_collections.ucops.cucm.plugins.module_utils._transport.axl import (
        FIRST_VERSION,
        KNOWN_VERSIONS,
    )

    readings = {pattern: asked(release) for pattern, release in RELEASES.items()}
    newest = asked(NEWEST).requests
    versions = [FIRST_VERSION, *(version for version in KNOWN_VERSIONS if version != FIRST_VERSION)]
    files = [
        file
        for file, request in newest.items()
        if request[0] == "/axl/" and not file.startswith(("axl/getCCMVersion", "axl/getCallManager-"))
    ]
    _path, version_action, version_body = newest["axl/getCCMVersion.xml"]
    (callmanager,) = [request for file, request in newest.items() if file.startswith("axl/getCallManager-")]
    services_path, services_action, services_body = newest[f"nodes/{NODE}/services.xml"]
    calls = [
        _by_release({pattern: _call(file, reading) for pattern, reading in readings.items()})
        for file in sorted(files, key=lambda file: file != "sql/nodes.xml")
    ]
    return "\n".join(
        [
            f"versions='{' '.join(versions)}'",
            "",
            "ask_version() {",
            f'    ask axl/getCCMVersion.xml "$publisher" /axl/ "{_with_version(version_action)}" <<\'BODY\'',
            f"{_placeholder(version_body)}\nBODY",
            "}",
            "",
            "ask_publisher() {",
            *calls,
            "}",
            "",
            "# ask_callmanager NAME FILE: the name as XML has it.",
            "ask_callmanager() {",
            "    body=$(",
            "        cat <<'BODY'",
            f"{_placeholder(callmanager[2])}\nBODY",
            "    )",
            f'    axl "$2" {_operation(callmanager[1])} <<EOF',
            "${body%%@NAME@*}$1${body#*@NAME@}\nEOF",
            "}",
            "",
            "# ask_node ADDRESS FILE",
            "ask_node() {",
            f'    ask "$2" "$1" {services_path} {services_action} <<\'BODY\' || not_saved "$2"',
            f"{services_body}\nBODY",
            "}",
            "",
            "commands() {",
            "    cat <<'EOF'",
            *_commands(),
            "EOF",
            "}",
        ]
    )


def _by_release(calls: dict[str, str]) -> str:
    """Return the shell lines for one file, by the pattern of releases; empty where it is not requested."""
    newest = calls[next(reversed(calls))]
    others: dict[str, list[str]] = {}
    for pattern, call in calls.items():
        if call != newest:
            others.setdefault(call, []).append(pattern)
    if not others:
        return newest
    lines = ["    case $release in"]
    for call, patterns in others.items():
        lines += [f"    {' | '.join(patterns)})", *([call] if call else []), "    ;;"]
    return "\n".join([*lines, "    *)", newest, "    ;;", "    esac"])


def _call(file: str, reading: Asked) -> str:
    if file not in reading.requests:
        return ""
    _path, action, body = reading.requests[file]
    return f"    axl {file} {_operation(action)} <<'BODY'\n{_placeholder(body)}\nBODY"


def _operation(action: str) -> str:
    return action.rpartition(" ")[2]


def _with_version(action: str) -> str:
    return re.sub(r"ver=\S+", "ver=$version", action)


def _placeholder(body: str) -> str:
    return re.sub(r"/AXL/API/[\d.]+", f"/AXL/API/{VERSION}", body)


def _commands() -> list[str]:
    with_axl, without = asked(NEWEST), asked("")
    both = [command for command in with_axl.publisher if command in with_axl.subscriber]
    return [
        "Save what these commands print: the log of a node's terminal as nodes/NODE/session.txt, or what one command printed as",
        "nodes/NODE/COMMAND.txt with _ for the command's blanks, for example nodes/NODE/show_ctl.txt.",
        "NODE is the name the cluster lists the node by; the directories are there.",
        "",
        "At every node, the first one first, so that no output stops at a page:",
        "    set cli pagination off",
        *(f"    {command}" for command in both),
        "",
        "At the publisher as well:",
        *(f"    {command}" for command in with_axl.publisher if command not in both),
        "",
        "At the publisher of a cluster without AXL as well:",
        *(f"    {command}" for command in without.publisher if command not in with_axl.publisher),
    ]


# -- README.md -------------------------------------------------------------------------------------------


def readme() -> str:
    """Return the part of README.md with the manual steps."""
    lines = [
        "```text",
        *_commands(),
        "```",
        "",
        "The database queries, for a cluster without AXL:",
        "",
    ]
    from ansible_collections.ucops.cucm.plugins.module_utils._reading import node_certificates

    questions = {
        file: body
        for file, (_path, _action, body) in asked(NEWEST).requests.items()
        # The lines of a certificate break the columns of a printed table.
        if file.startswith("sql/") and file != f"sql/{node_certificates.QUESTION.name}.xml"
    }
    for file in sorted(questions, key=lambda file: file != "sql/nodes.xml"):
        _before, found, rest = questions[file].partition("<sql>")
        if not found:
            raise ValueError(f"{file} does not answer a statement")
        statement = unescape(rest.partition("</sql>")[0])
        lines += [f"`{file.removesuffix('.xml')}.txt`:", "", "```text", f"run sql {statement}", "```", ""]
    return "\n".join(lines).rstrip()


# -- anonymise.py ----------------------------------------------------------------------------------------


def kept() -> str:
    """Return the part of anonymise.py with the commands whose output it keeps."""
    commands = [line.strip() for line in _commands() if line.startswith("    ")]
    return "\n".join(["COMMANDS = {", *(f'    "{command}",' for command in commands), "}"])


# -- all of them -----------------------------------------------------------------------------------------------

PARTS = {
    "collect.sh": (re.compile(r"(?s)(# --- what is asked: [^\n]*\n).*?(# --- the end mark)"), script),
    "anonymise.py": (re.compile(r"(?s)(# -- commands: [^\n]*\n).*?(# -- the end mark)"), kept),
    "README.md": (re.compile(r"(?s)(<!-- by hand: [^\n]*-->\n).*?(<!-- the end mark -->)"), readme),
}


def files() -> Files:
    """Return the files of docs/offline as they have to be."""
    found = {}
    for name, (marks, part) in PARTS.items():
        path = OFFLINE / name
        found[path] = between(marks, path.read_text("utf-8"), f"\n{part()}\n\n", str(path))
    return found


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "what a complete reading asks for"))
