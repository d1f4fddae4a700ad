# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a phone boots: trust lists, then its configuration, each if it believes whoever signed it (phone-facts 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import trust
from .phone import Phone, State
from .servers import CallManager
from .site import Files, TrustList, effective

if TYPE_CHECKING:
    from .simulation import Simulation


class Booting:
    """Brings phones from power or a restart to the point where they look for a server."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation

    def restart_itself(self, phone: Phone) -> None:
        """A phone that nobody took boots again."""
        phone.tried = self._sim.world
        self.boot(phone)

    def boot(self, phone: Phone) -> None:
        """Ask TFTP for files. Overloaded or not there, the phone goes on with what it has ([P] TN222878)."""
        sim = self._sim
        phone.state, phone.node, phone.lost = State.DOWN, None, None
        sim.account(phone)
        tftp = self.tftp() if phone.connected else None
        if tftp is None:
            sim.registering.seek(phone)
            return
        tftp.tftp_requests += 1
        if tftp.tftp_queue.length(sim.now) >= sim.behaviour.tftp_queue:
            tftp.tftp_overflows += 1
            sim.registering.seek(phone)
            return
        phone.node = tftp
        sim.plan(phone, tftp.tftp_queue.enter(sim.now), self._read)

    def _read(self, phone: Phone) -> None:
        tftp = phone.node
        phone.node = None
        if tftp is not None and tftp.up and tftp.tftp is not None:
            self.read_files(phone, tftp)
        self._sim.registering.seek(phone)

    def tftp(self) -> CallManager | None:
        """Return the first node whose TFTP serves; which one a phone asks is its DHCP server's to say (invented: in order)."""
        return next(
            (node for node in self._sim.nodes.values() if node.up and node.tftp is not None),
            None,
        )

    def read_files(self, phone: Phone, tftp: CallManager) -> None:
        """Take over what the phone believes; after a file it refuses it keeps everything it has ([V] ITL10)."""
        files = self._sim.site.files(tftp.name)
        phone.refused = not self._take_lists(phone, files) or not self._takes(phone, files.signer)
        device = self._sim.site.device(phone.name)
        if phone.refused or device is None or tftp.tftp is None:
            return
        phone.device = device
        phone.configuration = effective(device.configuration, mixed=tftp.tftp.mixed, oauth=tftp.tftp.oauth)

    def _take_lists(self, phone: Phone, files: Files) -> bool:
        """Take the CTL file where there is one, and the ITL file; False as soon as one is refused."""
        if files.ctl is not None and phone.ctl is not files.ctl:
            if not self._accepts(phone, files.ctl):
                return False
            phone.ctl = files.ctl
        if phone.itl is not files.itl and not phone.device.soft:
            if not self._accepts(phone, files.itl):
                return False
            phone.itl = files.itl
        return True

    def _accepts(self, phone: Phone, new: TrustList) -> bool:
        return trust.accepts_list(
            new,
            known=trust.knows(phone.ctl, phone.itl, new.signer),
            vouched=self.vouched(phone, new.signer),
            blind=not trust.holds_lists(phone.ctl, phone.itl),
            longest=self._sim.behaviour.itl_bytes,
        )

    def _takes(self, phone: Phone, signer: str) -> bool:
        """Whether a phone takes a configuration of this signer; one without lists takes an unsigned one."""
        if not trust.holds_lists(phone.ctl, phone.itl):
            return True
        return trust.knows(phone.ctl, phone.itl, signer) or self.vouched(phone, signer)

    def vouched(self, phone: Phone, certificate: str) -> bool:
        """Whether TVS vouches for a certificate, or has done so lately ([C] 4.3).

        The phone asks the TVS of its group, of its old configuration, and believes it only by its ITL file.
        """
        sim = self._sim
        if phone.vouched and phone.vouched.get(certificate, 0) > sim.now:
            return True
        if phone.itl is None or not phone.itl.tvs or certificate not in sim.site.known_certificates():
            return False
        for name in phone.configuration.servers:
            node = sim.nodes.get(name)
            if node and node.up and node.tvs and sim.site.tvs_certificate(name) in phone.itl.tvs:
                phone.vouched = {**(phone.vouched or {}), certificate: sim.now + sim.behaviour.tvs_cache_s}
                return True
        return False
