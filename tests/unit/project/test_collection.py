# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection is consistent: every module is routed, grouped, documented accurately, and tested."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import inspect
import re
import typing as t
from collections import Counter
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.action.cluster_info import ActionModule
from ansible_collections.ucops.cucm.plugins.module_utils._base.version import COLLECTION_VERSION
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import SECRET_OPTIONS, Task
from ansible_collections.ucops.cucm.plugins.plugin_utils._in_process import InProcessAction

ROOT = Path(__file__).resolve().parents[3]
COLLECTION, PACKAGE = "ucops.cucm", "ansible_collections.ucops.cucm.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
CONNECTION = {
    "publisher",
    "axl_username",
    "axl_password",
    "cli_username",
    "cli_password",
    "validate_certs",
    "timeout",
}


def load(name: str) -> t.Any:
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def documentation(name: str) -> dict[str, t.Any]:
    """Return a module's documentation with its fragments put in, as ansible-doc does it."""
    document = yaml.safe_load(load(name).DOCUMENTATION)
    for fragment in document.get("extends_documentation_fragment", []):
        file, _dot, section = fragment.removeprefix(f"{COLLECTION}.").partition(".")
        source = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        content = yaml.safe_load(getattr(source, (section or "documentation").upper()))
        for part in ("options", "attributes"):
            for key, value in content.get(part, {}).items():
                document.setdefault(part, {})[key] = {**value, **document.get(part, {}).get(key, {})}
    return document


def test_the_action_group_is_the_modules() -> None:
    assert sorted(RUNTIME["action_groups"]["cluster"]) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_the_one_action(name: str) -> None:
    """By a link (or file) of its name; a redirect would do as well, but nothing else."""
    redirect = RUNTIME.get("plugin_routing", {}).get("action", {}).get(name, {}).get("redirect")
    if redirect is not None:
        assert redirect == f"{COLLECTION}.cluster_info"
        return
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    assert issubclass(action, InProcessAction)
    assert inspect.getsource(action) == inspect.getsource(ActionModule)


def test_there_is_no_action_without_its_module() -> None:
    actions = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")} - {"__init__"}
    assert actions | set(RUNTIME.get("plugin_routing", {}).get("action", {})) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_spec_and_run_and_one_line_of_main(name: str) -> None:
    module = load(name)
    assert set(module.ARGUMENT_SPEC) >= CONNECTION
    assert list(inspect.signature(module.run).parameters) == ["task"]
    assert inspect.getsource(module.main).splitlines()[1:] == ["    run_module(ARGUMENT_SPEC, run)"]
    assert Task({}).check_mode is False


@pytest.mark.parametrize("name", MODULES)
def test_documentation_is_the_spec(name: str) -> None:
    options, spec = documentation(name)["options"], load(name).ARGUMENT_SPEC
    assert set(options) == set(spec)
    for option, wanted in spec.items():
        documented = options[option]
        for key in ("type", "default", "choices", "elements"):
            assert documented.get(key) == wanted.get(key), (option, key)
        assert bool(documented.get("required")) == bool(wanted.get("required")), option
        assert documented["description"], option
        # What a name says to be secret is hidden, and nothing else by accident.
        assert bool(wanted.get("no_log")) == (option.endswith("_password") or option == "token"), option
        assert bool(wanted.get("no_log")) == (option in SECRET_OPTIONS), "it is masked in all its spellings"
        variables = (
            [variable for _fallback, names in [wanted["fallback"]] for variable in names]
            if "fallback" in wanted
            else []
        )
        assert variables in ([], [f"CUCM_{option.upper()}"]), option
        assert re.findall(r"\bE\((\w+)\)", str(documented["description"])) == variables, option


@pytest.mark.parametrize("name", MODULES)
def test_documentation_says_what_it_is(name: str) -> None:
    document = documentation(name)
    assert document["module"] == name
    assert document["version_added"]
    assert set(document["attributes"]) >= {"check_mode", "diff_mode", "action_group"}
    assert document["attributes"]["check_mode"]["support"] == "full"
    assert document["attributes"]["action_group"]["membership"] == [f"{COLLECTION}.cluster"]


@pytest.mark.parametrize("name", MODULES)
def test_what_is_returned_is_documented(name: str) -> None:
    returned = yaml.safe_load(load(name).RETURN)
    assert set(returned["failure"]["contains"]) == {"code", "message", "details", "remedy"}
    if name != "cluster_info":
        assert set(returned) >= {"before", "after", "operations"}
    for key, value in returned.items():
        assert {"description", "returned", "type"} <= set(value), key


def templated(options: dict[str, t.Any], spec: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return options with an empty list or mapping where a template gives one."""
    empty: dict[str, t.Any] = {"list": [], "dict": {}}
    return {
        name: empty.get(spec.get(name, {}).get("type", "str"), value)
        if str(value).startswith("{{")
        else value
        for name, value in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_valid_tasks(name: str) -> None:
    examples = yaml.safe_load(load(name).EXAMPLES)
    assert examples
    action = f"{COLLECTION}.{name}"
    assert any(action in task for task in examples)
    for task in examples:
        assert task["name"]
        modules = [key for key in task if "." in key]
        assert len(modules) == 1
        if modules[0].startswith(COLLECTION):
            spec = load(modules[0].rpartition(".")[2]).ARGUMENT_SPEC
            validated = ArgumentSpecValidator(spec).validate(templated(task[modules[0]], spec))
            assert validated.error_messages == []


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_file_of_tests(name: str) -> None:
    assert (ROOT / "tests" / "integration" / f"test_{name}.py").is_file()


def test_every_filter_is_documented_with_its_arguments() -> None:
    files = [path.stem for path in (ROOT / "plugins" / "filter").glob("*.py") if path.stem != "__init__"]
    filters: dict[str, t.Callable[..., t.Any]] = {}
    for file in files:
        own = importlib.import_module(f"{PACKAGE}.filter.{file}").FilterModule().filters()
        assert not set(own) & set(filters), f"{file} has a filter that another file has"
        filters.update(own)
    assert {"rollout", "compliance"} <= set(files)
    documents = {path.stem: path for path in (ROOT / "plugins" / "filter").glob("*.yml")}
    assert set(filters) == set(documents)
    for name, function in filters.items():
        document = yaml.safe_load(documents[name].read_text("utf-8"))["DOCUMENTATION"]
        assert document["name"] == name
        parameters = inspect.signature(function).parameters.values()
        named = [each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD]
        free = len(named) < len(parameters)
        # The first parameter is what is before the bar.
        assert set(named[1:]) <= set(document["options"]) - {"_input"}, name
        assert free or set(document["options"]) - {"_input"} == set(named[1:]), name


# The rooms of module_utils, from the lowest; rooms on one line do not know each other.
FLOORS = (
    ("_base",),
    ("_facts",),
    ("_printed", "_transport", "_x509"),
    ("_security",),
    ("_phones",),
    ("_cluster",),
    ("_module",),
    ("_objects",),
    ("_reading",),
    ("_changes", "_compliance", "_report"),
)
ROOMS = ROOT / "plugins" / "module_utils"


def test_every_file_is_in_a_room() -> None:
    assert [path.name for path in ROOMS.glob("*.py")] == []
    assert {path.name for path in ROOMS.iterdir() if path.name != "__pycache__"} == {
        room for floor in FLOORS for room in floor
    }


def test_each_room_has_its_folder_of_tests() -> None:
    rooms = {path.parent.name.removeprefix("_") for path in ROOMS.glob("*/*.py")}
    folders = {path.parent.name for path in (ROOT / "tests" / "unit").glob("*/test_*.py")}
    assert folders - {"plugin_utils", "project"} == rooms


def test_no_room_is_over_a_fifth_of_the_code() -> None:
    lines = Counter({path: len(path.read_text("utf-8").splitlines()) for path in ROOMS.rglob("*.py")})
    rooms = Counter[str]()
    for path, count in lines.items():
        rooms[path.relative_to(ROOMS).parts[0]] += count
    assert {room: count for room, count in rooms.items() if count > lines.total() / 5} == {}


@pytest.mark.parametrize(
    "path", sorted(ROOMS.rglob("*.py")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_room_knows_only_those_below_it(path: Path) -> None:
    room = path.relative_to(ROOMS).parts[0]
    floor = next(number for number, rooms in enumerate(FLOORS) if room in rooms)
    below = {each for rooms in FLOORS[:floor] for each in rooms}
    source = path.read_text("utf-8")
    known = set(re.findall(r"(?m)^\s*from \.\.(_\w+)", source)) | set(
        re.findall(r"(?m)^\s*from \.\. import (\w+)", source)
    )
    assert known <= below, known - below


@pytest.mark.parametrize(
    "path", sorted(ROOMS.rglob("*.py")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_layers_know_nothing_above_them(path: Path) -> None:
    """Meanings are pure; nothing below the module edge ends a module."""
    source = path.read_text("utf-8")
    imports = re.findall(r"(?m)^\s*(?:from|import) (\S+)", source)
    room = path.relative_to(ROOMS).parts[0]
    assert not any(
        "plugin_utils" in name or name.startswith(("ansible.plugins", "ansible.utils")) for name in imports
    )
    if path.relative_to(ROOMS).parts != ("_module", "task.py"):
        assert "exit_json(" not in source
        assert ".fail_json(" not in source
    if room in ("_facts", "_phones", "_security", "_x509", "_compliance", "_report"):
        forbidden = ("ssh", "socket", "requests", "paramiko", "os", "time")
        assert not any(name.lstrip(".").rpartition(".")[2] in forbidden for name in imports)


def test_a_shipped_module_knows_the_version_of_the_collection() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["version"] == COLLECTION_VERSION


def test_the_schema_of_the_report_is_in_the_artifact() -> None:
    """What the documentation names is given away with it: nothing of docs is left out."""
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["build_ignore"]
    for path in (ROOT / "docs" / "schemas").rglob("*"):
        parts = path.relative_to(ROOT).parts
        for pattern in ignored:
            assert not any(
                fnmatch.fnmatch("/".join(parts[:depth]), pattern)
                or fnmatch.fnmatch(parts[depth - 1], pattern)
                for depth in range(1, len(parts) + 1)
            ), f"{pattern} leaves {path.name} out"


def test_what_is_needed_to_run_is_the_same_wherever_it_is_written() -> None:
    """In requirements.txt, from which execution environments are built, in every module, and where an installation is shown."""
    fragment = importlib.import_module(f"{PACKAGE}.doc_fragments.connection").ModuleDocFragment.DOCUMENTATION
    documented = yaml.safe_load(fragment)["requirements"]
    oldest = yaml.safe_load((ROOT / "tests" / "config.yml").read_text("utf-8"))["modules"]["python_requires"]
    assert f"Python {oldest.replace('>=', '>= ')}" in documented
    assert f"Python {oldest.removeprefix('>=')} or later" in (ROOT / "README.md").read_text("utf-8")
    needed = re.findall(r"(?m)^([a-z]+)>=([\d.]+)(\S*)$", (ROOT / "requirements.txt").read_text("utf-8"))
    assert {name for name, _floor, _below in needed} == {"cryptography", "paramiko", "requests"}
    for name, floor, below in needed:
        assert [each for each in documented if each.split(" (")[0] == f"{name} >= {floor}"], name
        for page in ("README.md", "docs/schedules/README.md"):
            assert f"'{name}>={floor}{below}'" in (ROOT / page).read_text("utf-8"), (name, page)


def test_the_two_copies_of_the_licence_are_one() -> None:
    """REUSE wants it below LICENSES, and everybody else looks for LICENSE."""
    licence = ROOT / "LICENSES" / "GPL-3.0-or-later.txt"
    assert licence.read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


def test_what_is_private_has_a_name_that_says_so() -> None:
    for room in ("plugin_utils", "module_utils"):
        names = [path.name for path in (ROOT / "plugins" / room).iterdir() if path.name != "__pycache__"]
        assert names
        assert [name for name in names if not name.startswith("_")] == [], room


# Beside the collection's own: what its tests trust must be as easy to read.
CODE = ("plugins", "tools", "tests/lab/cucm_lab")
LONGEST_FUNCTION = 60


def test_no_function_is_longer_than_a_page() -> None:
    functions = {
        f"{path.relative_to(ROOT)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert len(functions) > 1000
    assert {name: lines for name, lines in functions.items() if lines > LONGEST_FUNCTION} == {}
