# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vulnerabilities that a release is judged by: data with sources. PRIVATE to the collection. Pure.

Affected and fixed releases are those of the vendor's CVE records (CVEProject/cvelistV5) and advisories
(sec.cloudapps.cisco.com/security/center/content/CiscoSecurityAdvisory/<advisory>). The builds of service updates are those of the vendor's
compatibility matrices for 12.5, 14 and 15, and otherwise follow their numbering (C(Release.su)).
"""

from __future__ import annotations

from dataclasses import dataclass

from .._base.release import Release
from .._base.release import parse as parse_release

# The date of the newest record: what was published later is not here.
AS_OF = "2026-10-07"
WEBDIALER = "Cisco WebDialer Web Service"


@dataclass(frozen=True)
class Line:
    """What is known of the releases with the same first two numbers.

    Attributes:
        first, last: The first and the last build that are known to be affected; every build between them is. None if none is.
        clear: The first build that is known not to be affected; None if no such build is known. What is between C(last) and it may be a
            fix that has the mend already, so it is not known.
        named: How the vendor calls that build.
    """

    first: str | None = None
    last: str | None = None
    clear: str | None = None
    named: str = ""

    def has(self, release: Release) -> bool | None:
        """Return whether a release of this line is affected; None if that is not known."""
        build = _numbers(release)
        if self.first and build < _numbers(parse_release(self.first)):
            return False
        if self.last and build <= _numbers(parse_release(self.last)):
            return True
        return False if self.clear and build >= _numbers(parse_release(self.clear)) else None


@dataclass(frozen=True)
class Vulnerability:
    """A vulnerability.

    Attributes:
        cve: Its id.
        what: What it lets somebody do.
        advisory: The vendor's advisory, the source of the fixed releases.
        defect: The vendor's id of the defect. The names of its patch files (COP) have it in them.
        lines: By the first two numbers of a release (C(14.0)).
        service: The service that must run on a node to be attacked; empty if there is no such condition.
    """

    cve: str
    what: str
    advisory: str
    defect: str
    lines: dict[str, Line]
    service: str = ""

    def affects(self, release: Release) -> bool | None:
        """Return whether it affects a release; None if that is not known."""
        line = self.line(release)
        return line.has(release) if line else None

    def line(self, release: Release) -> Line | None:
        """Return what is known of the line of a release; None if nothing is."""
        return self.lines.get(f"{release.major}.{release.minor}")


def _numbers(release: Release) -> tuple[int, ...]:
    return release.major, release.minor, release.maintenance, release.build


_NOT_AFFECTED = Line(clear="0.0")

KNOWN: tuple[Vulnerability, ...] = (
    Vulnerability(
        "CVE-2025-20309",
        "login as root with a password that nobody can change",
        "cisco-sa-cucm-ssh-m4UBdpE7",
        "CSCwp27755",
        # Only these builds are vulnerable, no service update is; the advisory says it of 12.5 and 14 in words.
        {
            "12.5": _NOT_AFFECTED,
            "14.0": _NOT_AFFECTED,
            "15.0": Line("15.0.1.13010", "15.0.1.13017", "15.0.1.13018", "15SU3"),
        },
    ),
    Vulnerability(
        "CVE-2026-20045",
        "commands through the web interface without a login, and root by them; exploited",
        "cisco-sa-voice-rce-mORhqY4b",
        "CSCwr21851",
        {
            # 12.5 has no fixed release; 12.5(1)SU9 is the last that the record names.
            "12.5": Line("12.5.1.10000", "12.5.1.19900"),
            "14.0": Line("14.0.1.10000", "14.0.1.14901", "14.0.1.15900", "14SU5"),
            "15.0": Line("15.0.1.10000", "15.0.1.13901", "15.0.1.14900", "15SU4"),
        },
    ),
    Vulnerability(
        "CVE-2026-20230",
        "files written through WebDialer without a login, and root by them; exploited",
        "cisco-sa-cucm-ssrf-cXPnHcW",
        "CSCws67331",
        {
            "14.0": Line("14.0.1.10000", "14.0.1.15900", "14.0.1.16900", "14SU6"),
            # Fixed in 15SU5, whose build no matrix has yet.
            "15.0": Line("15.0.1.10000", "15.0.1.14901", None, "15SU5"),
        },
        service=WEBDIALER,
    ),
)
