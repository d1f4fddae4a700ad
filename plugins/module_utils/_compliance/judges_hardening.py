# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of how the cluster is hardened beyond its modes. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re

from .._facts import model
from .._security.words import counted
from .case import FAIL, PASS, UNKNOWN, Case, Judgement, settle
from .options import Judge

_AUTHENTICATED = "authenticated"
_TLS_1_3 = (1, 3)


def _authenticated_with_tls_1_3(case: Case) -> Judgement:
    """Judge that nothing that is only authenticated meets a node that takes TLS 1.3 alone: it does not register there (CLI15 [V])."""
    phones = {
        f"profile {name} of {counted(state['phones'], 'phone')}"
        for name, state in case.fact(model.PHONE_PROFILES).items()
        if state["phones"] and state["device_security_mode"] == _AUTHENTICATED
    }
    trunks = {
        f"profile {name} of {counted(state['trunks'], 'trunk')}"
        for name, state in case.fact(model.SIP_TRUNK_PROFILES).items()
        if state["trunks"] and state["security_mode"] == _AUTHENTICATED
    }
    found = sorted(phones | trunks)
    if not found:
        return settle("no phone and no trunk is only authenticated", evidence={"authenticated": []})
    told, unread = case.per_node(model.TLS_MINIMUM)
    numbers = {node: re.fullmatch(r"(\d)\.(\d)", version.strip()) for node, version in told.items()}
    strict = [node for node, at in numbers.items() if at and (int(at[1]), int(at[2])) >= _TLS_1_3]
    return settle(
        f"{', '.join(told)} accept TLS 1.2 too, which what is only authenticated needs",
        problems=[
            f"{each} is authenticated, which does not work with TLS 1.3 alone at {', '.join(strict)}"
            for each in found
        ]
        if strict
        else [],
        unread=[
            *unread.values(),
            *(
                f"the TLS minimum version of {node} is not understood ({told[node]})"
                for node, at in numbers.items()
                if not at
            ),
        ],
        evidence={"authenticated": found, "tls_minimum": told},
    )


_PLAIN = (PASS, FAIL, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "authenticated_with_tls_1_3": Judge(
        _authenticated_with_tls_1_3,
        (model.PHONE_PROFILES, model.SIP_TRUNK_PROFILES, model.TLS_MINIMUM),
        _PLAIN,
    ),
}
