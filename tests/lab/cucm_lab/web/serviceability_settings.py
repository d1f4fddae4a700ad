# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster's RisPort70 and PerfMon behave where our knowledge ends or a test needs small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ServiceabilitySettings:
    """One cluster's settings; ``topology.schema.json`` checks them.

    max_devices: how many devices one answer of RIS has at most, whatever a request asks for ([C] phone-facts 1.3). total: what
    ``TotalDevicesFound`` counts in an answer that leaves some out ([?]). ext_wildcards: whether ``selectCmDeviceExt`` takes ``*`` too
    ([C] wire-facts 5: it does not). commas: what several names in one item, with commas between, stand for: nothing ([C] phone-facts
    1.3), or a list. ext_response: the element around the answer of ``selectCmDeviceExt`` ([X]; [C] for the other). children:
    whether what is inside an answer has the prefix of the namespace ([C] both, phone-facts 1.1). empty_node: the return code of a node
    without a device that fits, beside nodes that have some ([R]). rate_per: whether the limits per minute are for all nodes together
    ([D] wire-facts 5, and so the default) or for each. counts_refused: whether a refused query counts ([R]). cstatus:
    ``CStatus`` of a good value ([C] 0 and 1); bad_cstatus: of one that is not there (invented).
    """

    max_devices: int = 1000
    total: Literal["matched", "returned"] = "matched"
    ext_wildcards: bool = False
    commas: Literal["nothing", "list"] = "nothing"
    ext_response: Literal["selectCmDeviceResponse", "selectCmDeviceExtResponse"] = "selectCmDeviceResponse"
    children: Literal["prefixed", "bare"] = "prefixed"
    empty_node: Literal["NotFound", "Ok"] = "NotFound"
    rate_per: Literal["cluster", "node"] = "cluster"
    counts_refused: bool = False
    cstatus: int = 1
    bad_cstatus: int = 2
