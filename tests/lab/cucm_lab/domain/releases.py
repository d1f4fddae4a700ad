# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between releases: one row each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A row of the release table.

    axl_versions: what the SOAPAction may name ([D] wire-facts 1.2). ctl_signer and ctl_sast: who signs the CTL
    file and which SAST records it holds, signer first ([P] SECMODE15 table, cli-facts 2.4).
    trailer: which restart advice follows a change of mode (``tftp_callmanager`` or ``phones_ctimanager``; which
    release prints which is [R]). password_auth: whether SSH offers ``password`` beside keyboard-interactive ([R]).
    ctl_digest: digest of the CTL signature ([R]: SHA-1 until 12.5, SHA-512 from 14).
    """

    name: str
    version: str
    axl_version: str
    axl_versions: tuple[str, ...]
    axl_versions_text: str
    ctl_signer: str
    ctl_sast: tuple[str, ...]
    lists_ctl_provider: bool
    trailer: str
    password_auth: bool
    ctl_digest: str
    ssh_version: str


RELEASES: dict[str, Release] = {
    "12.5": Release(
        name="12.5",
        version="12.5.1.17900-64",
        axl_version="12.5",
        axl_versions=("12.5", "12.0", "11.5", "11.0", "10.5", "10.0"),
        axl_versions_text="10.x, 11.x, 12.0 and 12.5",
        ctl_signer="ITLRecovery",
        ctl_sast=("ITLRecovery", "CallManager"),
        lists_ctl_provider=True,
        trailer="tftp_callmanager",
        password_auth=True,
        ctl_digest="sha1",
        ssh_version="OpenSSH_7.4",
    ),
    "14": Release(
        name="14",
        version="14.0.1.12900-161",
        axl_version="14.0",
        axl_versions=("14.0", "12.5", "12.0", "11.5", "11.0"),
        axl_versions_text="11.x, 12.x and 14.0",
        ctl_signer="ITLRecovery",
        ctl_sast=("ITLRecovery", "CallManager"),
        lists_ctl_provider=True,
        trailer="phones_ctimanager",
        password_auth=False,
        ctl_digest="sha512",
        ssh_version="OpenSSH_7.4",
    ),
}
