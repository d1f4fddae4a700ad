# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is called how in the labs of these tests."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]

# Of the lab with three nodes; the subscriber of those with two.
PUBLISHER, SUB1, SUB2 = NODES = ("cucm-pub", "cucm-sub1", "cucm-sub2")
CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
CAPF, CTL_PROVIDER = "Cisco Certificate Authority Proxy Function", "Cisco CTL Provider"
MIXED_COMMAND = "utils ctl set-cluster mixed-mode"
NON_SECURE_COMMAND = "utils ctl set-cluster non-secure-mode"
UPDATE_COMMAND = "utils ctl update CTLFile"
SUBSCRIBER = "cucm-sub"
