# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labs that several files of tests use."""

from __future__ import annotations

import typing as t

from .names import CALLMANAGER, CTIMANAGER, PUBLISHER, SUB1, SUB2, SUBSCRIBER, TFTP

# Characters that mean something to XML, URLs, JSON, shells and templates; and one so short that it hides easily.
AXL_PASSWORD = "x<&\"' %$\\9Ab"
CLI_PASSWORD = "Zq%7<&\"' $é"
SHORT_PASSWORD = "Zq%7"

TOPOLOGY: dict[str, t.Any] = {
    # A device minute is half a second: settling (30 s of device time) takes a quarter of one.
    "time_scale": 120,
    "clusters": [
        {
            "name": "lab",
            "release": "14",
            "nodes": [
                {"name": PUBLISHER, "role": "publisher", "services": [CALLMANAGER, TFTP, CTIMANAGER]},
                {"name": SUB1, "services": [CALLMANAGER, TFTP, CTIMANAGER]},
                {"name": SUB2, "services": [CALLMANAGER, CTIMANAGER]},
            ],
            "accounts": [
                {"kind": "axl", "username": "axladmin", "privilege": 4, "password": AXL_PASSWORD},
                {"kind": "axl", "username": "axlread", "privilege": 0, "password": AXL_PASSWORD},
                {"kind": "cli", "username": "admin", "privilege": 4, "password": CLI_PASSWORD},
                {"kind": "cli", "username": "auditor", "privilege": 0, "password": SHORT_PASSWORD},
            ],
        }
    ],
}


def two_nodes(block: int, subscriber: t.Sequence[str]) -> dict[str, t.Any]:
    """Return two nodes at 127.60.``block``.*, and what an operator would write in the inventory, with short waits.

    A device minute is 0.3 s: settling (30 s of device time) takes a seventh of a second. ``subscriber`` is what
    runs on the second node.
    """
    return {
        "time_scale": 200,
        "clusters": [
            {
                "name": "lab",
                "release": "14",
                "nodes": [
                    {
                        "name": PUBLISHER,
                        "role": "publisher",
                        "address": f"127.60.{block}.1",
                        "services": [CALLMANAGER, TFTP],
                    },
                    {
                        "name": SUBSCRIBER,
                        "address": f"127.60.{block}.2",
                        "services": [*subscriber],
                    },
                ],
                "inventory_vars": {
                    "cucm_security_mode": "mixed",
                    "cucm_consent_to_restarts": True,
                    "cucm_attestations": {
                        "export_restricted_image": True,
                        "itlrecovery_backup": True,
                        "registration_baseline": True,
                        "maintenance_window": True,
                    },
                    "cucm_poll_interval": 0.1,
                    "cucm_stable_for": 0.2,
                    "cucm_wait_timeout": 30,
                    "cucm_change_timeout": 600,
                },
            }
        ],
    }
