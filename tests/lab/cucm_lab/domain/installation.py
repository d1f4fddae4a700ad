# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that a new cluster has in its database: nodes, services, CallManagers, parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import configuration, integrations, published, roles
from .database import ENTERPRISE_WIDE_NODE, ENTERPRISE_WIDE_PKID, ENTERPRISE_WIDE_SERVICE, Database, new_pkid
from .releases import Release
from .services import AXL, CALLMANAGER, CAPF, CATALOGUE, KINDS, OTHER_SERVICES, TFTP
from .spec import DEFAULT
from .type_tables import moniker

if TYPE_CHECKING:
    from .cluster import LabCluster
    from .node import LabNode
    from .spec import NodeSpec

ENTERPRISE_PARAMETERS: dict[str, tuple[str, int]] = {
    # name: (value, tkparam of typeparam). Names [C] wire-facts 3.2; values are this lab's.
    "ClusterSecurityMode": ("0", 3),
    "ClusterSIPOAuthMode": ("0", 3),
    "RollBackToPreGrayback": ("F", 1),
    "oAuthWithRefreshLoginFlow": ("0", 3),
    "OAuthAccessTokenForDevices": ("0", 3),
    "oauthTokenExpiryTimer": ("60", 3),
    "refreshTokenExpiryTimer": ("60", 3),
    "AutoRegistrationPhoneProtocol": ("SCCP", 4),
    "AutoRegistrationLegacyMode": ("F", 1),
    "ResetPhonesOnCertChange": ("T", 1),
    "CAPFPhonePort": ("3804", 3),
    "CAPFOperationDuration": ("10", 3),
    "TFTPFileSignatureAlgorithm": ("SHA-1", 4),
    "AllowedRisQueriesPerMinute": ("15", 3),
    "AllowedPerfmonQueriesPerMinute": ("80", 3),
    "ClusterID": ("StandAloneCluster", 4),
}

OAUTH_PARAMETERS = (
    "ClusterSIPOAuthMode",
    "oAuthWithRefreshLoginFlow",
    "OAuthAccessTokenForDevices",
    "oauthTokenExpiryTimer",
    "refreshTokenExpiryTimer",
)
"""Those a release without SIP OAuth does not have ([R] for each of them)."""

SERVICE_PARAMETERS = (
    # service, name, value, tkparam. Names [C] wire-facts 3.2; values and types are this lab's.
    (CAPF, "CAPFCertGenMethod", "0", 3),
    (CAPF, "CAPFCertValidityDuration", "1825", 3),
    (TFTP, "BuildCNFType", "0", 3),
)
"""Parameters of a service that hold for the whole cluster."""

MOST_MEMBERS = 3
"""Of a CallManager group ([V] SYS15)."""
PUBLISHER, SUBSCRIBER = 0, 1
"""Values of ``tknodeusage``."""
VOICE, PRESENCE = 1, 2
"""Values of ``tkprocessnoderole``."""
_FIRST_PRESENCE_NUMBER = 100


def fill(cluster: LabCluster) -> None:
    """Fill the empty database of a cluster as its description says."""
    listed = cluster.publisher.services
    known = [kind for kind in CATALOGUE if kind.in_axl and listed[kind.name].listed]
    for number, name in [*((kind.enum, kind.axl_name or kind.name) for kind in known), *OTHER_SERVICES]:
        cluster.database.insert("typeservice", enum=number, name=name, moniker=moniker("typeservice", name))
    _fill_nodes(cluster)
    _fill_parameters(cluster)
    cluster.update_licence_rows()
    configuration.fill(cluster)
    integrations.fill(cluster)
    roles.fill(cluster)


def usual_parameters(release: Release) -> dict[str, str]:
    """The enterprise parameters of a release, with the values they have unless somebody says otherwise."""
    return {
        name: value
        for name, (value, _kind) in ENTERPRISE_PARAMETERS.items()
        if release.oauth or name not in OAUTH_PARAMETERS
    }


def absent_parameters(release: Release, own: Iterable[str]) -> frozenset[str]:
    """The parameters that a real cluster of the release has and the lab has not; ``own``: those that its topology adds."""
    services = {name for _service, name, _value, _kind in SERVICE_PARAMETERS}
    later = () if release.oauth else OAUTH_PARAMETERS
    return published.parameters() - {*usual_parameters(release), *services, *later, *own}


def _fill_nodes(cluster: LabCluster) -> None:
    database = cluster.database
    _insert_node(
        database,
        ENTERPRISE_WIDE_PKID,
        ENTERPRISE_WIDE_NODE,
        1,
        SUBSCRIBER,
        VOICE,
        systemnode="t",
        description="",
    )
    for index, spec in enumerate(cluster.spec.nodes):
        node = cluster.nodes[spec.name]
        usage = PUBLISHER if node.is_publisher else SUBSCRIBER
        _insert_node(database, node.pkid, node.name, index + 2, usage, VOICE, ipv6name=node.ipv6)
        _fill_services(cluster, node, spec)
        _fill_callmanager(cluster, node, spec, index)
    _fill_groups(cluster)
    # Public clients ask for usage and role to find the publisher, so there is one of IM and Presence too ([C]).
    for index, name in enumerate(cluster.spec.imp_nodes):
        pkid = new_pkid(cluster.key, "processnode", name)
        usage = SUBSCRIBER if index else PUBLISHER
        _insert_node(database, pkid, name, _FIRST_PRESENCE_NUMBER + index, usage, PRESENCE)


def _insert_node(
    database: Database, pkid: str, name: str, number: int, usage: int, role: int, **other: str
) -> None:
    database.insert(
        "processnode",
        **{
            "pkid": pkid,
            "name": name,
            "systemnode": "f",
            "description": name,
            "isactive": "t",
            "nodeid": number,
            "tknodeusage": usage,
            "tkprocessnoderole": role,
            "mac": "",
            "ipv6name": "",
            "tkssomode": 0,
            **other,
        },
    )


def _fill_services(cluster: LabCluster, node: LabNode, spec: NodeSpec) -> None:
    active = {KINDS[name].enum for name in spec.services}
    if node.is_publisher:
        active.add(KINDS[AXL].enum)
    for kind in CATALOGUE:
        if not kind.in_axl or not node.services[kind.name].listed:
            continue
        cluster.database.insert(
            "processnodeservice",
            pkid=new_pkid(cluster.key, "processnodeservice", node.name, kind.name),
            fkprocessnode=node.pkid,
            tkservice=kind.enum,
            servername=node.name,
            isactive="t" if not kind.feature or kind.enum in active else "f",
            enable="f",
            tracelevel=127,
            numfiles=250,
            maxfilesize=1,
        )


def _fill_groups(cluster: LabCluster) -> None:
    """CallManager groups: those of the topology, and Default, whose members are the first nodes with a CallManager."""
    running = [spec.name for spec in cluster.spec.nodes if CALLMANAGER in spec.services]
    groups = {DEFAULT: running[:MOST_MEMBERS], **cluster.spec.callmanager_groups}
    for name, members in groups.items():
        group = new_pkid(cluster.key, "callmanagergroup", name)
        default = "t" if name == DEFAULT else "f"
        cluster.database.insert("callmanagergroup", pkid=group, name=name, tftpdefault=default)
        configuration.set_callmanager_group(cluster, name, members)


def _fill_callmanager(cluster: LabCluster, node: LabNode, spec: NodeSpec, index: int) -> None:
    callmanager = new_pkid(cluster.key, "callmanager", node.name)
    cluster.database.insert(
        "callmanager",
        pkid=callmanager,
        name=f"CM_{node.name}",
        description=node.name,
        fkprocessnode=node.pkid,
        ctiid=index + 1,
        ethernetphoneport=2000,
        mgcplistenport=2427,
        mgcpkeepaliveport=2428,
        sipphoneport=5060,
        sipphonesecureport=5061,
        **({"sipoauthport": 5090, "sipoauthmraport": 5091} if cluster.release_row.oauth else {}),
        autoregistrationenabled="t" if spec.auto_registration else "f",
        autoregstartdn="1000",
        autoregenddn="1999" if spec.auto_registration else "1000",
        autoregnextdn="1000",
    )


def _fill_parameters(cluster: LabCluster) -> None:
    """The parameters that hold for the whole cluster, of the enterprise and of services."""
    enterprise = {**usual_parameters(cluster.release_row), **cluster.spec.enterprise_parameters}
    for name, value in enterprise.items():
        kind = ENTERPRISE_PARAMETERS.get(name, ("", 4))[1]
        pkid = new_pkid(cluster.key, "processconfig", name)
        _insert_parameter(cluster.database, pkid, ENTERPRISE_WIDE_SERVICE, name, value, kind)
    for service, name, value, kind in SERVICE_PARAMETERS:
        pkid = new_pkid(cluster.key, "processconfig", service, name)
        _insert_parameter(cluster.database, pkid, KINDS[service].enum, name, value, kind)


def _insert_parameter(database: Database, pkid: str, service: int, name: str, value: str, kind: int) -> None:
    database.insert(
        "processconfig",
        pkid=pkid,
        fkprocessnode=ENTERPRISE_WIDE_PKID,
        tkservice=service,
        paramname=name,
        paramvalue=value,
        tkparam=kind,
    )
