# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between releases: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A row of the release table.

    version: the default of a topology. 15's is [V] (PCCE 15 guide); builds of the others are [R].
    axl_versions: what the SOAPAction may name, newest first ([D] wire-facts 1.2; 11.5's are [R]).
    ctl_signer and ctl_sast: who signs the CTL file and which SAST records it holds, signer first ([P] SECMODE15
    table, cli-facts 2.4).
    trailer: which restart advice follows a change of mode (``tftp_callmanager``, ``phones_ctimanager`` or
    ``callmanager_ctimanager``). 11.5 is [V] TN118893, 15 is [V] CVP (PCCE 15 guide); the others are [R].
    wording: which form the questions of ``utils ctl`` have, by the first words of their texts' keys ([V] TN118893
    for 11.5, CVP for later ones).
    smart_licensing: from 12.0 ([P] TN118893); before it a licence manager outside the cluster (PLM) counts, and
    what the lab's 11.5 says about it is invented.
    oauth: SIP OAuth ports, OAuth parameters and Expressway-C rows, which the AXL schema has from 12.5 ([X]).
    certificate_api: the REST API for certificates ([D] wire-facts 6: 14 and later).
    lists_ctl_provider: [X] the AXL 15.0 schema has dropped the service, yet guides of 15 name it ([D]), so a
    topology may say otherwise.
    ssh_auth: the SSH methods on offer ([V] COPINST for ``password`` on 11.5; [P] CTMCP for keyboard-interactive
    only on 15; where between them that begins is [R]).
    ssh_version: [V] COPINST for 11.5; [R] from the operating system for the others.
    certificate_list: layout of ``show cert list own``, ``lines`` or ``blocks`` ([C] wire-facts 8, doubted there).
    reloads_tomcat: whether CallManager takes a renewed Tomcat certificate without a restart ([D] RN14: none is needed from 14 on;
    [P] TN215572: it is before).
    tomcat_reuse: whether CallManager can use the multi-server certificate of Tomcat, and the system signs a multi-server certificate
    itself ([D] TN221070: both came with 14).
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
    wording: Mapping[str, str]
    smart_licensing: bool
    oauth: bool
    certificate_api: bool
    ssh_auth: str
    ssh_version: str
    certificate_list: str
    reloads_tomcat: bool
    tomcat_reuse: bool
    ctl_digest: str


_SETS = {"ctl.mixed": "sets", "ctl.non_secure": "will_set", "ctl.update": "sets"}
_WILL_SET = {"ctl.mixed": "will_set", "ctl.non_secure": "will_set", "ctl.update": "will_set"}

RELEASES: dict[str, Release] = {
    "11.5": Release(
        name="11.5",
        version="11.5.1.18900-97",
        axl_version="11.5",
        axl_versions=("11.5", "11.0", "10.5", "10.0"),
        axl_versions_text="10.x, 11.0 and 11.5",
        ctl_signer="CallManager",
        ctl_sast=("CallManager", "ITLRecovery"),
        lists_ctl_provider=True,
        trailer="tftp_callmanager",
        wording=_SETS,
        smart_licensing=False,
        oauth=False,
        certificate_api=False,
        ssh_auth="both",
        ssh_version="OpenSSH_5.3",
        certificate_list="blocks",
        reloads_tomcat=False,
        tomcat_reuse=False,
        ctl_digest="sha1",
    ),
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
        wording=_WILL_SET,
        smart_licensing=True,
        oauth=True,
        certificate_api=False,
        ssh_auth="both",
        ssh_version="OpenSSH_7.4",
        certificate_list="lines",
        reloads_tomcat=False,
        tomcat_reuse=False,
        ctl_digest="sha1",
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
        wording=_WILL_SET,
        smart_licensing=True,
        oauth=True,
        certificate_api=True,
        ssh_auth="keyboard-interactive",
        ssh_version="OpenSSH_7.4",
        certificate_list="lines",
        reloads_tomcat=True,
        tomcat_reuse=True,
        ctl_digest="sha512",
    ),
    "15": Release(
        name="15",
        version="15.0.1.10100-41",
        axl_version="15.0",
        axl_versions=("15.0", "14.0", "12.5", "12.0"),
        axl_versions_text="12.x, 14.0 and 15.0",
        ctl_signer="ITLRecovery",
        ctl_sast=("ITLRecovery", "CallManager"),
        lists_ctl_provider=False,
        trailer="phones_ctimanager",
        wording=_WILL_SET,
        smart_licensing=True,
        oauth=True,
        certificate_api=True,
        ssh_auth="keyboard-interactive",
        ssh_version="OpenSSH_8.0",
        certificate_list="lines",
        reloads_tomcat=True,
        tomcat_reuse=True,
        ctl_digest="sha512",
    ),
}
