# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the injected faults mean for one session of the platform CLI.

All take ``node`` (which nodes), ``times`` and ``skip``; a ``command`` is the whole line, exact or a glob.

- ``drop_input``: ``probability`` (1.0) that a key which comes within ``within_ms`` (5, real milliseconds) of
  the one before is lost.
- ``false_prompt``: ``command``; after the first line of its output comes ``text`` (``admin:``) and nothing for
  ``pause_s`` (1) device seconds.
- ``output_bytes``: ``command``, ``bytes`` of filler before its real output.
- ``drip``: ``seconds_per_byte`` (device seconds) for everything, echo included; ``command`` limits it.
- ``pager``: pages every 20 lines, whatever the session's setting and window.
- ``question``: ``command``, ``text`` asked before its usual question, or ``instead`` (true) of it.
- ``silence``: nothing more is sent, the connection stays; ``command`` limits it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cucm_lab.platform_cli.settings import CliSettings
from cucm_lab.platform_cli.terminal import InputLoss, OutputFaults

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode
    from cucm_lab.faults import Fault

FAULT_PAGE = 20
"""Lines per page when the fault ``pager`` pages whatever the session's setting and window are."""


class SessionFaults:
    """The faults of the cluster, asked for one node."""

    def __init__(self, node: LabNode) -> None:
        self._node = node
        self._faults = node.cluster.faults

    def input_loss(self) -> InputLoss:
        """``drop_input``: everywhere and with its probability; else what the settings say."""
        fault = self._faults.active("drop_input", node=self._node.name)
        if fault is not None:
            return InputLoss(
                "everywhere", float(fault.get("probability", 1.0)), float(fault.get("within_ms", 5.0))
            )
        settings = CliSettings.of(self._node.cli)
        return InputLoss(settings.input_loss, settings.input_loss_probability, settings.input_loss_within_ms)

    def output(self, command: str) -> OutputFaults:
        """``drip`` and ``silence``."""
        drip = self._faults.active("drip", node=self._node.name, command=command)
        silence = self._faults.active("silence", node=self._node.name, command=command)
        if silence is not None:
            silence.hit = True
        return OutputFaults(
            seconds_per_byte=float(drip.get("seconds_per_byte", 0)) if drip else 0.0,
            silent=silence is not None,
        )

    def pages(self) -> bool:
        """``pager``: page whatever the session says."""
        return self._faults.active("pager", node=self._node.name) is not None

    def false_prompt(self, command: str) -> tuple[str, float] | None:
        """``false_prompt``: what to print in the middle of the output, and how long to pause then."""
        fault = self._faults.take("false_prompt", node=self._node.name, command=command)
        if fault is None:
            return None
        return str(fault.get("text", "admin:")), float(fault.get("pause_s", 1.0))

    def extra_bytes(self, command: str) -> int:
        """``output_bytes``: how much to print before the real output."""
        fault = self._faults.take("output_bytes", node=self._node.name, command=command)
        return int(fault.get("bytes", 0)) if fault else 0

    def question(self, command: str) -> Fault | None:
        """``question``: what to ask before the usual question, or instead of it (``instead: true``)."""
        return self._faults.take("question", node=self._node.name, command=command)
