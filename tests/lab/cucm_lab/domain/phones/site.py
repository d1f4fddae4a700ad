# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What phones find around them: what the database says of them, the files of TFTP, what a node has loaded."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NON_SECURE, AUTHENTICATED, ENCRYPTED = "Non Secure", "Authenticated", "Encrypted"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file tells a phone; phones with the same one share it.

    servers: nodes of its CallManager group, by priority. mode: device security mode. oauth: whether its profile has SIP OAuth.
    """

    servers: tuple[str, ...]
    protocol: str = "SIP"
    mode: str = NON_SECURE
    oauth: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """A phone as the database has it now.

    soft: a program, not a machine: it has no ITL file. lsc: the name of the issuer of its LSC, "" without one.
    mic (whether it left the factory with a certificate), powered, flaps_s and lists are of the machine itself, as the topology
    describes it: lists is current or none.
    """

    name: str
    model: int
    model_name: str
    description: str
    address: str
    lines: tuple[str, ...]
    configuration: Configuration
    soft: bool = False
    mic: bool = True
    lsc: str = ""
    powered: bool = True
    flaps_s: float = 0.0
    lists: str = "current"


@dataclass(frozen=True, slots=True)
class TrustList:
    """A CTL or ITL file as a phone understands it; certificates by their SHA-256.

    signer: of the file; certificates: all it holds; tvs: those of TVS among them. verified: whether its signature fits.
    """

    digest: str
    signer: str
    certificates: frozenset[str]
    tvs: frozenset[str] = frozenset()
    size: int = 0
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Files:
    """What the TFTP service of a node serves: ctl is None where there is none; signer: who signs configurations."""

    ctl: TrustList | None
    itl: TrustList
    signer: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a CallManager took over when it started.

    mixed: the security mode of the cluster. oauth: whether its SIP OAuth ports are open. issuers: common names in CallManager-trust.
    certificate: SHA-256 of its own. key_bits: of that one's key.
    """

    mixed: bool = False
    oauth: bool = False
    issuers: frozenset[str] = frozenset()
    certificate: str = ""
    key_bits: int = 2048


@dataclass(frozen=True, slots=True)
class TftpLoaded:
    """What a TFTP service took over when it started."""

    mixed: bool = False
    oauth: bool = False


class Site(Protocol):
    """The surroundings, always as they are now; the simulation asks when something happens and keeps what is kept there."""

    def nodes(self) -> Sequence[str]:
        """Return all nodes, in the order of the cluster."""

    def devices(self) -> Mapping[str, Device]:
        """Return all phones of the database by name."""

    def device(self, name: str) -> Device | None:
        """Return one of them."""

    def generation(self) -> Hashable:
        """Return something that differs whenever something has changed that phones read."""

    def time_of_day(self, at: float) -> float:
        """Return the seconds since midnight of a moment (in seconds since 1970), where the cluster is."""

    def load(self, node: str) -> Loaded:
        """Return what a CallManager takes over that starts now."""

    def load_tftp(self, node: str) -> TftpLoaded:
        """Return what a TFTP service takes over that starts now."""

    def files(self, node: str) -> Files:
        """Return what the TFTP service of a node serves."""

    def tvs_certificate(self, node: str) -> str:
        """Return the SHA-256 of a node's TVS certificate."""

    def known_certificates(self) -> frozenset[str]:
        """Return the SHA-256 of all certificates that TVS vouches for."""


def effective(wanted: Configuration, *, mixed: bool, oauth: bool) -> Configuration:
    """Return a configuration as a cluster in this mode carries it out.

    Without mixed mode every phone is non-secure, whatever its profile says ([P] PHSEC15), but for those with SIP OAuth.
    """
    uses_oauth = wanted.oauth and oauth
    mode = wanted.mode if mixed or uses_oauth else NON_SECURE
    if (mode, uses_oauth) == (wanted.mode, wanted.oauth):
        return wanted
    return Configuration(wanted.servers, wanted.protocol, mode, uses_oauth)
