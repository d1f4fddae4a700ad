# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster is put together from ways to its nodes and a database, and knows nothing of which they are."""

from __future__ import annotations

import ast
import inspect
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.access import Access, Database
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.accounts import Account
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live import LiveAccess, LiveSettings
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live_database import LiveDatabase
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Places
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.saved import SavedAccess, SavedDatabase
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import CliLimits

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
ROOM = sorted((PLUGINS / "module_utils" / "_cluster").glob("*.py"))
IMPLEMENTATIONS = {"LiveAccess", "LiveDatabase", "SavedAccess", "SavedDatabase"}
PUBLISHER = Address("10.0.0.1", 8443, 22)


def parsed(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def test_no_way_inherits_from_another() -> None:
    classes = [node for path in ROOM for node in parsed(path) if isinstance(node, ast.ClassDef)]
    names = {node.name for node in classes}
    bases = {node.name: {ast.unparse(base) for base in node.bases} for node in classes}
    assert {name: own & names for name, own in bases.items() if own & names} == {}


def test_only_a_task_chooses_the_ways() -> None:
    files = [path for path in PLUGINS.rglob("*.py") if not path.is_symlink()]
    users = {
        path.name
        for path in files
        for node in parsed(path)
        if isinstance(node, ast.ImportFrom) and IMPLEMENTATIONS & {name.name for name in node.names}
    }
    assert users == {"task.py"}


def members(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (Access, LiveAccess),
        (Access, SavedAccess),
        (Database, LiveDatabase),
        (Database, SavedDatabase),
    ],
)
def test_an_implementation_has_what_is_asked_of_it_and_no_more(wanted: type, kind: type) -> None:
    held = set(t.get_type_hints(wanted)) | {"axl"}
    assert members(kind) - held == members(wanted) - held
    for name in members(wanted) - held:
        asked, given = getattr(wanted, name), getattr(kind, name)
        if callable(asked):
            assert list(inspect.signature(asked).parameters) == list(inspect.signature(given).parameters)


# -- accounts --------------------------------------------------------------------------------------------


def live(**accounts: Account) -> Cluster:
    settings = LiveSettings(
        publisher=PUBLISHER,
        axl=accounts.get("axl"),
        cli=accounts.get("cli"),
        verify=False,
        known_hosts=None,
        host_keys={},
        timeout=1,
        cli_limits=CliLimits(),
    )
    access = LiveAccess(settings, Clock(), ProcessGate())
    return Cluster(access, LiveDatabase(access, Places(8443, 22, {}, PUBLISHER)))


BOTH = {"axl": Account("reader", "x"), "cli": Account("admin", "y")}


@pytest.mark.parametrize(("missing", "left"), [("axl", "cli"), ("cli", "axl")])
def test_without_an_account_the_other_is_asked(missing: str, left: str) -> None:
    cluster = live(**BOTH)
    without = cluster.without_account(missing)
    assert (without.has_account(missing), without.has_account(left)) == (False, True)
    assert cluster.has_account(missing)
    assert without.either(lambda: "axl", lambda: "cli") == left
    with pytest.raises(InputError) as refused:
        without.require_account(missing)
    assert (refused.value.code, refused.value.details) == ("account_missing", {"interface": missing})
    with pytest.raises(InputError):
        without.username(missing)
    assert without.username(left) == BOTH[left].username


def test_connections_are_shared_with_the_cluster_without_an_account() -> None:
    access = LiveAccess(
        LiveSettings(PUBLISHER, BOTH["axl"], BOTH["cli"], False, None, {}, 1, CliLimits()),
        Clock(),
        ProcessGate(),
    )
    node = Places(8443, 22, {}, PUBLISHER).unlisted_publisher()
    assert node is not None
    connection = access.control_center(node)._endpoint.connection
    assert access.without_account("cli").control_center(node)._endpoint.connection is connection
