# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking several nodes at once. PRIVATE to the collection."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from .nodes import Node

_AT_ONCE = 8
_T = t.TypeVar("_T")


def each(nodes: t.Sequence[Node], read: t.Callable[[Node], _T]) -> dict[Node, _T]:
    """Read every node, several at once, and return what each read returned, in the order of the nodes.

    How many of them may be sent a password that they have not accepted yet is for the credential gate to say.
    """
    if len(nodes) == 1:
        return {nodes[0]: read(nodes[0])}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return dict(zip(nodes, pool.map(read, nodes), strict=True))
