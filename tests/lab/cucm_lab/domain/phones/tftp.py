# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a node's TFTP service serves to phones (phone-facts 4.1, 4.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ..ctl_file import signed
from .site import AUTHENTICATED, ENCRYPTED, NON_SECURE, Configuration, Device, effective

if TYPE_CHECKING:
    from ..cluster import LabCluster
    from ..node import LabNode
    from .servers import CallManager
    from .surroundings import ClusterSite

_NAME = re.compile(r"(CTL|ITL)(?:File|SEP[0-9A-F]{12})\.tlv|([A-Za-z0-9_.-]+?)\.cnf\.xml(\.sgn)?")
_MODES = {NON_SECURE: "1", AUTHENTICATED: "2", ENCRYPTED: "3"}
_TLS, _TCP = "3", "1"
"""Numbers of ``deviceSecurityMode`` and ``transportLayerProtocol`` ([C] published configuration files)."""


def file(cluster: LabCluster, site: ClusterSite, node: CallManager, name: str) -> bytes | None:
    """Return a file by its name, as the service has it now; None where it has none of this name.

    A configuration is signed with the CallManager key of the node itself ([V] CVD14). Encrypted ones are not simulated.
    """
    found = _NAME.fullmatch(name)
    if found is None or node.tftp is None:
        return None
    host = cluster.nodes[node.name]
    if found[1] == "CTL":
        return host.ctl_file.content if host.ctl_file else None
    if found[1] == "ITL":
        return cluster.build_itl(host).content
    device = site.device(found[2])
    if device is None:
        return None
    wanted = effective(device.configuration, mixed=node.tftp.mixed, oauth=node.tftp.oauth)
    content = _configuration(cluster, device, wanted)
    return _signed(cluster, host, content, name) if found[3] else content


def _signed(cluster: LabCluster, host: LabNode, content: bytes, name: str) -> bytes:
    algorithm = cluster.database.process_config("TFTPFileSignatureAlgorithm")
    digest = "sha512" if algorithm == "SHA-512" else "sha1"
    # The file is made when it is asked for; its date says when the node started, so that it is the same one until then.
    return signed(content, host.certificates["CallManager"], host.started_at, digest=digest, filename=name)


def _configuration(cluster: LabCluster, device: Device, wanted: Configuration) -> bytes:
    """The elements of a phone's configuration that matter here, as published files have them ([C])."""
    root = ElementTree.Element("device")
    ElementTree.SubElement(root, "deviceProtocol").text = wanted.protocol
    pool = ElementTree.SubElement(root, "devicePool")
    members = ElementTree.SubElement(ElementTree.SubElement(pool, "callManagerGroup"), "members")
    for priority, server in enumerate(wanted.servers):
        _member(cluster, members, priority, server)
    profile = ElementTree.SubElement(root, "sipProfile")
    lines = ElementTree.SubElement(profile, "sipLines")
    for place, number in enumerate(device.lines, start=1):
        line = ElementTree.SubElement(lines, "line", button=str(place))
        ElementTree.SubElement(line, "name").text = number
    ElementTree.SubElement(root, "deviceSecurityMode").text = _MODES[wanted.mode]
    transport = _TCP if wanted.mode == NON_SECURE else _TLS
    ElementTree.SubElement(root, "transportLayerProtocol").text = transport
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _member(cluster: LabCluster, members: ElementTree.Element, priority: int, server: str) -> None:
    (ports,) = cluster.database.execute(
        "select c.ethernetphoneport, c.sipphoneport, c.sipphonesecureport from callmanager c "
        "join processnode n on n.pkid = c.fkprocessnode where n.name = ?",
        (server,),
    )
    member = ElementTree.SubElement(members, "member", priority=str(priority))
    manager = ElementTree.SubElement(member, "callManager")
    ElementTree.SubElement(manager, "name").text = server
    listed = ElementTree.SubElement(manager, "ports")
    for element, port in zip(("ethernetPhonePort", "sipPort", "securedSipPort"), ports, strict=True):
        ElementTree.SubElement(listed, element).text = str(port)
    ElementTree.SubElement(manager, "processNodeName").text = server
