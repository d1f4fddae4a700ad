# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helpers shared by the collection's filters."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError

_Value = t.TypeVar("_Value")


def said(make: t.Callable[[], _Value]) -> _Value:
    """Return what C(make) returns; raise its errors as filter errors."""
    try:
        return make()
    except CucmError as error:
        raise AnsibleFilterError(f"{error.message} {error.remedy}".strip()) from error
