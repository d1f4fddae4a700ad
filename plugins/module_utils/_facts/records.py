# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is inside the facts of a cluster. PRIVATE to the collection.

The annotation of a key is its form (C(forms.record)) and its type at once; a text in it is its documentation. C(NotRequired) is what
facts of an earlier release of this collection do not have, or what nobody judges by.
"""

from __future__ import annotations

import typing as t
from typing import NotRequired

from .forms import Count, Moment, Name


class Node(t.TypedDict):
    """A member of the cluster."""

    name: t.Annotated[Name, "As the cluster's database has it."]
    role: t.Annotated[str, "V(publisher) or V(subscriber)."]
    type: t.Annotated[str, "V(callmanager), V(im_presence), or what else the database says."]
    address: t.Annotated[str, "Where it is reached."]
    https_port: NotRequired[t.Annotated[Count, "Port of AXL and Control Center."]]
    ssh_port: NotRequired[t.Annotated[Count, "Port of the platform CLI."]]


class Service(t.TypedDict):
    """A service of a node."""

    present: bool
    activated: bool
    status: str
    reason_code: int
    started_at: Moment | None
    in_database: NotRequired[bool | None]
    started_at_utc: NotRequired[Moment | None]
    started_zone: NotRequired[str]
    uptime: NotRequired[Count | None]


class Licence(t.TypedDict):
    """The smart licence."""

    registration: t.Annotated[str, "Status of the registration."]
    registered: t.Annotated[bool | None, "Whether the cluster is registered."]
    authorization: t.Annotated[str, "Status of the authorization."]
    export_control: t.Annotated[str, "Status of export-controlled functionality; empty when there is none."]
    export_allowed: t.Annotated[bool | None, "Whether export-controlled functionality is allowed."]
    enabled: NotRequired[t.Annotated[str, "Whether Smart Licensing is on."]]
    smart_account: NotRequired[t.Annotated[str, "The smart account."]]
    virtual_account: NotRequired[t.Annotated[str, "The virtual account."]]
    source: NotRequired[t.Annotated[str, "V(axl) or V(cli): where it was read."]]
    last_renewal_attempt: NotRequired[t.Annotated[str, "When the registration was last renewed."]]
    last_renewal_status: NotRequired[t.Annotated[str, "How that ended."]]
    last_communication_attempt: NotRequired[t.Annotated[str, "When the authorization was last asked for."]]
    last_communication_status: NotRequired[t.Annotated[str, "How that ended."]]
    registration_expires: NotRequired[t.Annotated[str, "When the registration ends unless it is renewed."]]
    registration_failed_reason: NotRequired[t.Annotated[str, "Why the registration failed."]]
    authorization_failed_reason: NotRequired[t.Annotated[str, "Why the authorization failed."]]


class ReplicatedServer(t.TypedDict):
    """A row of the replication table."""

    state: str
    flags: str
    text: NotRequired[str]
    queue: NotRequired[str]


class Replication(t.TypedDict):
    """Database replication."""

    servers: t.Annotated[dict[str, ReplicatedServer], "Server to its row of the table."]
    sync_status: t.Annotated[str, "How the last synchronisation ended, in the node's words."]
    single_node: t.Annotated[bool, "Whether the publisher sees no other active node."]
    good: t.Annotated[bool | None, "Whether replication is good; null when that is not known."]


class CtlRecord(t.TypedDict):
    """A record of a CTL file."""

    name: str
    function: str
    serial: str
    has_certificate: bool
    signed_the_file: bool
    subject: NotRequired[str]


class CtlFile(t.TypedDict):
    """The CTL file of a node."""

    present: bool
    verified: bool
    length: Count
    md5: str
    sha1: str
    modified_at: Moment | None
    signer: str
    signer_serial: str
    records: list[CtlRecord]
    modified_zone: NotRequired[str]
    implied_mode: NotRequired[str | None]


class Certificate(t.TypedDict):
    """A certificate of a node; times are UTC."""

    not_after: Moment
    key_type: str
    key_bits: Count
    not_before: NotRequired[Moment]
    subject: NotRequired[str]
    issuer: NotRequired[str]
    serial: NotRequired[str]
    names: NotRequired[list[str]]
    extended_key_usage: NotRequired[list[str] | None]
    self_signed: NotRequired[bool]


class CertificateInTrust(Certificate):
    """A certificate that the database has in trust stores."""

    services: t.Annotated[list[str], "The trust stores it is in."]


class Status(t.TypedDict):
    """What C(show status) prints; C(local_time) is in the node's zone, the disks are by the name of their partition.

    The free share is None where a partition is listed and its sizes could not be read.
    """

    disk_free_percent: dict[str, float | None]
    local_time: Moment | None
    time_zone: NotRequired[str]
    host_name: NotRequired[str]


class Ntp(t.TypedDict):
    """What C(utils ntp status) prints; C(ntp_said) is the sentences that C(ntp_synchronised) is from."""

    ntp_synchronised: bool | None
    ntp_said: NotRequired[str]


class Health(Status, Ntp):
    """Clock and disks of a node."""


class Ports(t.TypedDict):
    """The ports of a CallManager."""

    sip_oauth: Count | None
    sip_oauth_mra: Count | None
    ethernet_phone: NotRequired[Count | None]
    sip_phone: NotRequired[Count | None]
    sip_phone_secure: NotRequired[Count | None]


class CallManager(t.TypedDict):
    """A CallManager."""

    ports: Ports
    callmanager: NotRequired[str]


class CallManagerGroup(t.TypedDict):
    """A CallManager group."""

    members: t.Annotated[list[str], "Its nodes, the one that phones prefer first."]
    phones: t.Annotated[Count, "How many phones have it by their device pool."]


class ExpresswayC(t.TypedDict):
    """An Expressway-C entry."""

    description: str
    subject_names: list[str]
    host: NotRequired[str]


class ProfileUsage(t.TypedDict):
    """Who uses a phone security profile."""

    phones: Count
    built_in: NotRequired[bool]


class PhonesOfModel(t.TypedDict):
    """The phones of one model that have a profile."""

    phones: Count
    certificates_installed: Count


class PhoneProfile(t.TypedDict):
    """A phone security profile and the phones that have it."""

    device_security_mode: str | None
    authentication_mode: str | None
    transport: str | None
    key_size: t.Any
    key_order: str | None
    tftp_encrypted_config: bool | None
    sip_oauth: bool | None
    digest_authentication: bool | None
    phones: Count
    certificates_installed: Count
    certificates_failed: Count
    certificates_pending: Count
    models: NotRequired[dict[str, PhonesOfModel]]
    built_in: NotRequired[bool | None]


class Registration(t.TypedDict):
    """The registration of one phone."""

    status: t.Annotated[
        str,
        "V(registered), V(partially_registered) with some of its lines, V(unregistered), V(rejected), V(absent) when every node answered "
        "and none has a row of it, or V(unread).",
    ]
    node: t.Annotated[str, "The node that has it so; empty if there is none."]
    reason: t.Annotated[
        int | None, "The number that the node gives for the status; its list depends on the status."
    ]
    stamp: t.Annotated[
        int | None, "When the status began, by the node's clock, in seconds since 1970-01-01 UTC."
    ]
    model: t.Annotated[str, "The model."]
    pool: t.Annotated[str, "The device pool."]
    group: t.Annotated[str, "The CallManager group of the device pool."]
    why: NotRequired[t.Annotated[str, "Why it is unread, or the unknown word of the cluster."]]


class SipTrunkProfile(t.TypedDict):
    """A SIP trunk security profile and how many trunks have it."""

    security_mode: str | None
    incoming_transport: str | None
    outgoing_transport: str | None
    trunks: Count
    digest_authentication: NotRequired[bool | None]


class SipTrunkMedia(t.TypedDict):
    """The SIP trunks with a security profile, and what they need beyond it."""

    trunks: t.Annotated[Count, "How many have the profile."]
    srtp_allowed: t.Annotated[Count, "How many of them allow SRTP."]
    peer_named: t.Annotated[bool | None, "Whether the profile has the X.509 subject of the peer."]


class LdapHost(t.TypedDict):
    """A directory server that checks passwords of users."""

    host: t.Annotated[str, "Its name or address."]
    port: t.Annotated[Count, "The port it is asked at."]
    encrypted: t.Annotated[bool | None, "Whether it is asked by TLS."]


class TrustedCertificate(t.TypedDict):
    """A certificate in a trust store."""

    sha256: str


class ShownCertificate(t.TypedDict):
    """A certificate that a node shows, and the root its chain ends in."""

    root: str | None


class TrustStores(t.TypedDict):
    """Trust stores of the cluster."""

    phone_edge: t.Annotated[
        list[TrustedCertificate] | None,
        "Certificates in the publisher's phone-edge trust; null when it has no such store.",
    ]
    tomcat: t.Annotated[
        dict[str, dict[str, ShownCertificate | None]],
        "Node to its Tomcat certificates by their name; C(root) is the fingerprint of the root that the chain ends in.",
    ]


class AccountLocking(t.TypedDict):
    """What a node does after failed logins."""

    enabled: bool
    attempts: Count | None
    unlock_seconds: Count | None


class Contradiction(t.TypedDict):
    """What witnesses disagree about."""

    about: t.Annotated[str, "What they disagree about."]
    witnesses: t.Annotated[dict[str, t.Any], "Witness to what it says."]


class RestartDuty(t.TypedDict):
    """A restart that is due, or may be."""

    node: str
    service: str
    state: str
    why: str
    change: str
    started_at: Moment | None


class Duties(t.TypedDict):
    """What is still to do."""

    restarts: t.Annotated[list[RestartDuty], "Restarts in the order to do them."]
    ctl_update: t.Annotated[list[str], "Why the CTL file must be updated."]


class UpdateWithoutEffect(t.TypedDict):
    """An update of the CTL file that left reasons for it."""

    time: t.Annotated[str, "When that was read, by the controller's clock."]
    reasons: t.Annotated[list[str], "The reasons that it did not remove."]
    files: t.Annotated[dict[str, str], "Node to a digest of what its CTL file had at that time."]


class RestartsNamed(t.TypedDict):
    """What the device named after it wrote the CTL file."""

    time: t.Annotated[str, "When that was read, by the controller's clock."]
    services: t.Annotated[list[str], "The services to restart."]
    files: t.Annotated[dict[str, str], "Node to a digest of what its CTL file had at that time."]


class PhoneChange(t.TypedDict):
    """A change that phones apply when they are reset."""

    time: t.Annotated[str, "When it was done, by the controller's clock."]
    change: t.Annotated[str, "What was changed."]
    name: t.Annotated[str, "The phone security profile, if it was one; empty otherwise."]
    said: t.Annotated[list[str], "The device's own sentences about restarts and resets."]


class StateDirectory(t.TypedDict):
    """The state directory."""

    path: t.Annotated[str, "Where it is."]
    unwritable: t.Annotated[str | None, "Why no record could be written there; null when one could."]


class SavedTimes(t.TypedDict):
    """When saved answers were given."""

    first: t.Annotated[str | None, "The first of them."]
    last: t.Annotated[str | None, "The last of them."]


class Accounts(t.TypedDict):
    """Names of accounts."""

    axl: t.Annotated[str | None, "The AXL account."]
    cli: t.Annotated[str | None, "The CLI account."]
