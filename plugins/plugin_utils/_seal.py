# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that only this run can make.

Variables come from many places: extra variables win over facts, those of an include over both, and a fact cache outlives
the run. So what later steps rely on carries a seal by the key of the run over itself and what it is bound to.
"""

from __future__ import annotations

import hmac
import json
import typing as t

from ansible_collections.ucops.cucm.plugins.plugin_utils._run_key import RUN_KEY


def sealed(content: t.Mapping[str, t.Any], *bound: str) -> str:
    """Return JSON-like content as a text that is sealed together with what it is bound to."""
    text = written(content)
    return f"{_seal(text, bound)} {text}"


def opened(text: t.Any, *bound: str) -> dict[str, t.Any] | None:
    """Return the content that C(sealed) was given, or None when this run did not seal it so."""
    if not isinstance(text, str):
        return None
    seal, _blank, content = text.partition(" ")
    if not hmac.compare_digest(seal.encode(), _seal(content, bound).encode()):
        return None
    return dict(json.loads(content))


def written(value: t.Any) -> str:
    """Return a value of a play, whose containers may be of Ansible's own kinds, as JSON: equal values as equal texts."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, t.Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _seal(text: str, bound: t.Sequence[str]) -> str:
    return hmac.new(RUN_KEY, json.dumps([text, *map(str, bound)]).encode(), "sha256").hexdigest()
