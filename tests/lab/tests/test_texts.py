# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provenance: every text the lab says is in the list, and the list has no text that nobody says."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import cucm_lab
from cucm_lab.texts import TEXTS

PACKAGE = Path(cucm_lab.__file__).parent
SPEAKING = ("platform_cli", "web")
"""Whoever talks to clients; the rest of the package talks to nobody but the control API's users."""
NAMES_ONLY = ("settings.py", "axl_schema.py", "axl_objects.py", "axl_devices.py", "not_simulated.py")
"""Settings' errors go to who makes topologies; the others hold names and values of the AXL schema, SQL, and names of commands."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[.:,]? +[A-Za-z]{2,}|</?\w+>|[A-Za-z]\n")
NO_SENTENCES = re.compile(
    r"^(select |.*\bfrom \w+ |.*\bjoin |.*order by|c\.|null, null$)|%[abdHMSYZ]|"
    # Names, words of a state, pieces of XML the platform builds itself.
    r"^(Cisco|A Cisco) [A-Z]|^System Administrator Security Token$|^CUCM:DB|^EVAL MODE$|"
    r"^<\?xml|^<(soapenv|ns1?):|^<(StateInfo|Node|faultcode) |^\*+<detail>|^</|^<detail>|^<return|^<row>|^<\* |^ns:\*Response|"
    r"^a CLI session on |^\* has no TLS certificate$",
    re.DOTALL,
)
"""What looks like a sentence and is none: SQL, date formats, names, envelopes; a message of the lab's own log."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "sentences" not in path.parts:
            yield path, ast.parse(path.read_text("utf-8"))


def words_of(node: ast.AST) -> str | None:
    """A string literal, an f-string with ``*`` for what is filled in; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
    return None


def asked_for(tree: ast.Module) -> Iterator[str]:
    """Keys (globs) in ``say("key")`` and ``texts["key"]``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say":
            yield from filter(None, [words_of(node.args[0])] if node.args else [])
        if isinstance(node, ast.Subscript) and "texts" in ast.unparse(node.value).rpartition(".")[2].lower():
            yield from filter(None, [words_of(node.slice)])


def test_every_text_that_is_said_is_in_the_list():
    said = {(path.name, key) for path, tree in modules() for key in asked_for(tree)}
    assert len(said) > 100
    assert [each for each in sorted(said) if not any(fnmatchcase(key, each[1]) for key in TEXTS)] == []


def test_every_text_in_the_list_is_used():
    saying = [
        (path, words)
        for path, tree in modules()
        if path.relative_to(PACKAGE).parts[0] in (*SPEAKING, "domain")
        for node in ast.walk(tree)
        if (words := words_of(node))
    ]
    literals = {each[1] for each in saying}
    globs = [each for each in literals if "*" in each and re.fullmatch(r"[\w*]+\.(\w+\.)?[\w*]+", each)]
    assert "*.*" not in globs
    unused = [
        key for key in TEXTS if key not in literals and not any(fnmatchcase(key, each) for each in globs)
    ]
    assert unused == []


def literals_of(tree: ast.Module) -> Iterator[ast.AST]:
    """String literals but for docstrings and parts of f-strings."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if words_of(node) and id(node) not in inside | documentation:
            yield node


def test_nobody_who_speaks_to_clients_has_sentences_of_his_own():
    found = [
        (path.name, node.lineno, words)
        for path, tree in modules()
        if path.relative_to(PACKAGE).parts[0] in SPEAKING and path.name not in NAMES_ONLY
        for node in literals_of(tree)
        if (words := words_of(node)) and SENTENCE.search(words) and not NO_SENTENCES.search(words)
    ]
    assert found == []


def test_every_text_says_where_it_comes_from():
    assert {text.provenance for text in TEXTS.values()} == {"known", "invented"}
    assert [key for key, text in TEXTS.items() if len(text.source) < 3] == []


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "cucm_lab", "texts", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


def test_the_command_lists_them():
    listed = json.loads(run("--json"))
    assert [each["key"] for each in listed] == list(TEXTS)
    assert set(listed[0]) == {"key", "text", "provenance", "source"}
    invented = json.loads(run("--json", "--invented"))
    assert {each["provenance"] for each in invented} == {"invented"}
    assert [each["key"] for each in invented] == [
        key for key, text in TEXTS.items() if text.provenance == "invented"
    ]
    last = run().splitlines()[-1]
    assert last == f"{len(TEXTS) - len(invented)} known, {len(invented)} invented"
