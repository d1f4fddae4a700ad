# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to know of a cluster: every fact once. PRIVATE to the collection. Pure.

Each fact has one typed key, by which readers hand it over and judges ask for it. A value is what the cluster said, or Unread. From the
keys come what C(cluster_info) documents, the JSON Schema of facts, the form that saved facts must have, and who may read what
(C(tools/facts_doc.py) writes the texts). A new fact is one key here and one reader in C(_reading).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import records
from .forms import Form, Misshapen, anything, boolean, list_of, mapping_of, maybe, record, text, whole
from .forms import count as a_count
from .forms import moment as a_moment

# What a reading of a cluster returned, by the name of the fact.
Facts = t.Mapping[str, t.Any]
_T = t.TypeVar("_T")

# Who may read something (cli-facts 1.7 [P], wire-facts 1.3 and 6 [D]). A level may run the commands of those below it.
AXL = "AXL read-only"
CONTROL_CENTER = "Control Center (role Standard SERVICEABILITY Administration)"
REALTIME = "RisPort and PerfMon (role Standard CCM Server Monitoring)"
CLI_0, CLI_1, CLI_4 = "CLI level 0", "CLI level 1", "CLI level 4 (certificate API)"
STATE = "the state directory"

_NOT_UNDERSTOOD = "not_understood"
_ABSENT = "not_in_this_release:"


@dataclass(frozen=True)
class Subset:
    """What is read together: a name of C(gather_subset).

    Attributes:
        name: How tasks call it.
        needs: Who may read it.
        either: Whether the platform CLI has it as well, for clusters without an AXL account.
        named: Whether it is read only where it is named, since it costs what others need too: V(all) leaves it out.
    """

    name: str
    needs: str
    either: bool = False
    named: bool = False


@dataclass(frozen=True)
class Unread:
    """A fact that was not read.

    Attributes:
        fact: What it is called.
        reasons: Why, in the words of the reading and each once; empty when no reason is known.
    """

    fact: str
    reasons: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        """Whether the release has no such thing."""
        return bool(self.reasons) and all(reason.startswith(_ABSENT) for reason in self.reasons)


@dataclass(eq=False)
class Fact(t.Generic[_T]):
    """The key of a fact; two are never equal.

    Attributes:
        name: Where it stands in what C(cluster_info) returns: keys with full stops between them.
        form: The form of its value.
        says: Its description in the documentation.
        subset: What it is read with; None for what is derived, or comes from the controller.
        reason: Where under C(unavailable) it stands why the fact was not read; its subset unless something else is given.
        derived: The facts it follows from.
        sample: An example for the documentation.
    """

    name: str
    form: Form[_T]
    says: str | t.Sequence[str]
    subset: Subset | None = None
    reason: str = ""
    derived: tuple[Fact[t.Any], ...] = ()
    sample: t.Any = None

    def __post_init__(self) -> None:
        self.path = tuple(self.name.split("."))
        self.reason = self.reason or self.subset_name or self.name

    @property
    def called(self) -> str:
        """What a reason calls it; a part of a group by what it was read with."""
        return self.reason if len(self.path) > 1 else self.name

    @property
    def subset_name(self) -> str:
        """The name of the subset it is read with; empty when it is not read of the cluster."""
        return self.subset.name if self.subset else ""

    @property
    def reads(self) -> frozenset[Subset]:
        """The subsets it comes from."""
        own = frozenset({self.subset} if self.subset else ())
        return own.union(*(each.reads for each in self.derived))


class PerNode(Fact[dict[str, _T]]):
    """The key of a fact of every node: a mapping from node names to values. A node that cannot be read costs its own value alone."""

    def __init__(
        self, name: str, each: Form[_T], says: str | t.Sequence[str], subset: Subset, reason: str = ""
    ) -> None:
        super().__init__(name, mapping_of(each), says, subset, reason)
        self.each = each

    def key(self, node: str) -> str:
        """Return the key under C(unavailable) of the reason why a node's value was not read."""
        return f"{self.reason}.{node}"


# -- the cluster -----------------------------------------------------------------------------------------

_VERSION = Subset("version", AXL, either=True)
RELEASE = Fact("release", text, "Full version.", _VERSION, sample="14.0.1.12900-161")
AXL_VERSION = Fact(
    "axl_version", text, "Version of the AXL schema that was used; none without an AXL account.", _VERSION
)
_NODES = Subset("nodes", AXL, either=True)
NODES = Fact("nodes", list_of(record(records.Node)), "The nodes of the cluster.", _NODES)
PUBLISHER = Fact("publisher", text, "Name of the publisher.", _NODES)
IDENTITY = Fact(
    "identity",
    text,
    "The key of the publisher in the cluster's database, the same for the cluster's life.",
    _NODES,
)
_MODES = Subset("modes", AXL, either=True)
SECURITY_MODE = Fact(
    "security_mode", text, "V(mixed), V(non_secure) or V(unknown), as the database has it.", _MODES
)
SIP_OAUTH_MODE = Fact(
    "sip_oauth_mode",
    text,
    "V(enabled), V(disabled), V(absent) where the release has no such mode, or V(unknown), as the database has it.",
    _MODES,
)
ROLLBACK_TO_PRE_8 = Fact(
    "rollback_to_pre_8",
    boolean,
    "Whether the cluster is prepared for a rollback to a release before 8.0, so that phones get an empty ITL file.",
    _MODES,
)
PHONE_INTERACTION = Fact(
    "phone_interaction",
    text,
    [
        "The enterprise parameter Phone Interaction on Certificate Update (V(ResetPhonesOnCertChange)) as the database stores it; null "
        "where the release has none, which is before 14. Which values mean what is not published.",
    ],
    _MODES,
)
SERVICES = PerNode(
    "services",
    mapping_of(record(records.Service)),
    "Node to service to its state; activation as Control Center and as the database have it.",
    Subset("services", CONTROL_CENTER),
)
LICENCE = Fact(
    "licence",
    record(records.Licence),
    [
        "Smart licence; C(registered) (by a token or a reservation) and C(export_allowed) are judged, null where the product's word "
        "for them is not known. The rest is the product's words.",
    ],
    Subset("licence", AXL, either=True),
)
AUTO_REGISTRATION = Fact(
    "auto_registration",
    mapping_of(maybe(boolean)),
    "CallManager to whether phones may register themselves there.",
    Subset("auto_registration", AXL),
)

# -- what the platform CLI shows -------------------------------------------------------------------------

REPLICATION = Fact(
    "replication",
    record(records.Replication),
    "State of the database replication.",
    Subset("replication", CLI_0),
)
_NETWORK = Subset("network", CLI_0)
NETWORK = Fact(
    "network",
    mapping_of(maybe(boolean)),
    "Names and addresses of the nodes, in lower case, to whether the node is authenticated in the cluster.",
    _NETWORK,
)
ADDRESSED_NODE_IS_PUBLISHER = Fact(
    "addressed_node_is_publisher",
    boolean,
    "Whether the node that was given as the publisher says that it is.",
    _NETWORK,
    "addressed_node",
)
CTL_FILES = PerNode(
    "ctl_files",
    record(records.CtlFile),
    [
        "Node to its CTL file; checksums, signer, records, when it was modified (C(modified_at) with C(modified_zone)), and the mode "
        "it belongs to (C(implied_mode)).",
    ],
    Subset("ctl_files", CLI_0),
)
LISTENING = PerNode(
    "listening", list_of(a_count), "Node to the TCP ports it listens on.", Subset("listening", CLI_0)
)
_CERTIFICATES = Subset("certificates", CLI_1)
CERTIFICATES = Fact(
    "certificates",
    mapping_of(maybe(record(records.Certificate))),
    "The publisher's own certificates by their name, null where one cannot be read.",
    _CERTIFICATES,
)
CLI_PRIVILEGE = Fact(
    "cli_privilege",
    whole,
    "Privilege level of the CLI account; where the node does not print it, 0 or 1 by what the account was refused.",
    _CERTIFICATES,
    "cli_privilege",
)
CLI_LEVEL_TOLD = Fact(
    "cli_level_told", boolean, "Whether the node printed that level.", _CERTIFICATES, "cli_privilege"
)
_HEALTH = Subset("health", CLI_0)
HEALTH = PerNode(
    "health.nodes",
    record(records.Health),
    "Node to its clock, whether the clock is synchronised by NTP, and the free space of its partitions.",
    _HEALTH,
)
UPGRADE_RUNNING = Fact(
    "health.upgrade_running",
    boolean,
    "Whether an upgrade runs on the publisher.",
    _HEALTH,
    "health.upgrade",
)
HAS_BACKUP = Fact(
    "health.has_backup",
    boolean,
    "Whether the backup history has a successful backup.",
    _HEALTH,
    "health.backup",
)
LAST_BACKUP = Fact(
    "health.last_backup",
    a_moment,
    "When the last successful backup was completed, in the publisher's local time.",
    _HEALTH,
    "health.backup",
)
LAST_BACKUP_ZONE = Fact(
    "health.last_backup_zone",
    text,
    "The zone of that time as the publisher spells it.",
    _HEALTH,
    "health.backup",
)

# -- configuration ---------------------------------------------------------------------------------------

PARAMETERS = Fact(
    "parameters",
    mapping_of(text),
    "Enterprise parameters about OAuth, with the value the cluster stores.",
    Subset("parameters", AXL, either=True),
)
CALLMANAGERS = Fact(
    "callmanagers",
    mapping_of(record(records.CallManager)),
    "Node to its CallManager (C(callmanager)) and C(ports), null where the release has none.",
    Subset("callmanagers", AXL),
)
CALLMANAGER_GROUPS = Fact(
    "callmanager_groups",
    mapping_of(record(records.CallManagerGroup)),
    "CallManager group to its C(members), the node that phones prefer first, and how many C(phones) have it.",
    Subset("callmanager_groups", AXL),
)
EXPRESSWAY_C = Fact(
    "expressway_c",
    mapping_of(record(records.ExpresswayC)),
    "Expressway-C entries by host.",
    Subset("expressway_c", AXL),
)
_SECURITY_PROFILES = Subset("security_profiles", AXL)
SECURITY_PROFILES = Fact(
    "security_profiles",
    mapping_of(mapping_of(anything)),
    "All phone security profiles with every setting, in the words of the module M(ucops.cucm.phone_security_profile).",
    _SECURITY_PROFILES,
)
SECURITY_PROFILE_USAGE = Fact(
    "security_profile_usage",
    mapping_of(record(records.ProfileUsage)),
    "Phone security profile to how many C(phones) have it, and whether it came with the product (C(built_in)).",
    _SECURITY_PROFILES,
    "security_profiles.usage",
)
PHONE_PROFILES = Fact(
    "phone_profiles",
    mapping_of(record(records.PhoneProfile)),
    [
        "The phone security profiles that phones use or somebody made; settings, how many C(phones) have one, and how many of those "
        "have a certificate installed, failed or pending; C(models) has the first two by the model of the phones. "
        "V(security_profiles) is all of them, with every setting.",
    ],
    Subset("phone_profiles", AXL),
)
_SIP_TRUNKS = Subset("sip_trunks", AXL)
SIP_TRUNK_PROFILES = Fact(
    "sip_trunk_profiles",
    mapping_of(record(records.SipTrunkProfile)),
    "The security profiles of SIP trunks, each with how many C(trunks) use it.",
    _SIP_TRUNKS,
)
SIP_TRUNK_MEDIA = Fact(
    "sip_trunk_media",
    mapping_of(record(records.SipTrunkMedia)),
    "SIP trunk security profile to how many C(trunks) have it, how many of them have C(srtp_allowed), and whether it has the X.509 "
    "subject of the peer (C(peer_named)).",
    _SIP_TRUNKS,
    "sip_trunks.media",
)
_LOGINS = Subset("logins", AXL)
SSO_MODES = Fact(
    "sso_modes",
    mapping_of(maybe(text)),
    "Node to its mode of single sign-on, V(saml), V(agent_flow) or V(disabled), null for one that is not known.",
    _LOGINS,
    "logins.sso",
)
LDAP_HOSTS = Fact(
    "ldap_hosts",
    list_of(record(records.LdapHost)),
    "The directory servers that check passwords of users; empty if the cluster asks none.",
    _LOGINS,
    "logins.ldap",
)
AXL_ROLES = Fact(
    "axl_roles",
    list_of(text),
    [
        "Names of the roles that the AXL account has by its access control groups, as the database lists them; empty where it lists "
        "none.",
        "V(Standard AXL API Access) may write by AXL, V(Standard AXL Read Only API Access) may not.",
    ],
    Subset("axl_roles", AXL),
)
_INTEGRATIONS = Subset("integrations", AXL)
VOICEMAIL_PILOTS = Fact(
    "integrations.voicemail_pilots",
    a_count,
    "How many voice mail pilots have a number.",
    _INTEGRATIONS,
    "integrations.voicemail_pilots",
)
VOICEMAIL_PORTS = Fact(
    "integrations.voicemail_ports",
    a_count,
    "How many voice mail ports there are.",
    _INTEGRATIONS,
    "integrations.voicemail_ports",
)
CONFERENCE_BRIDGES = Fact(
    "integrations.conference_bridges",
    mapping_of(a_count),
    "Security profile to how many conference bridges have it; an empty name is for those without one.",
    _INTEGRATIONS,
    "integrations.conference_bridges",
)
GATEWAYS = Fact(
    "integrations.gateways",
    a_count,
    "How many devices of gateways (H.323, MGCP, SCCP) there are.",
    _INTEGRATIONS,
    "integrations.gateways",
)
SECURE_CTI_USERS = Fact(
    "integrations.secure_cti_users",
    a_count,
    "How many users are in the access control group V(Standard CTI Secure Connection), whose applications use TLS.",
    _INTEGRATIONS,
    "integrations.secure_cti_users",
)
_NODE_CERTIFICATES = Subset("node_certificates", AXL)
NODE_CERTIFICATES = PerNode(
    "node_certificates",
    mapping_of(maybe(record(records.Certificate))),
    [
        "Node to its own certificates by the name of their service, as the database has them; null where one cannot be read, or the "
        "database has several different ones.",
        "A certificate of several servers is at each node that it names. The file system's answer is in C(certificates) and C(tomcat); "
        "where that was read, it counts.",
    ],
    _NODE_CERTIFICATES,
)
TRUST_CERTIFICATES = Fact(
    "trust_certificates",
    list_of(record(records.CertificateInTrust)),
    [
        "Certificates in the trust stores of the cluster, each once, as the database has them.",
        "Of a database with more than 500 certificates only those of V(Phone-Edge-trust) and V(Phone-SAST-trust) are read, so that AXL "
        "does not refuse the answer.",
    ],
    _NODE_CERTIFICATES,
    "trust_certificates",
)
TRUST_STORES = Fact(
    "trust_stores",
    record(records.TrustStores),
    "What phones and CallManager trust and show in SIP OAuth mode.",
    Subset("trust_stores", CLI_4),
)

# -- registrations ---------------------------------------------------------------------------------------

_REGISTRATIONS = Subset("registrations", REALTIME, named=True)
REGISTRATIONS = Fact(
    "registrations",
    mapping_of(record(records.Registration)),
    [
        "Phone to its registration, of all phones that the database has.",
        "A phone with rows of several nodes is in service if any of them has it so, and is otherwise what the newest row says; it is "
        "V(unread) where a node that might have it in service did not answer.",
    ],
    _REGISTRATIONS,
)
REGISTRATION_COUNTS = PerNode(
    "registration_counts",
    mapping_of(a_count),
    [
        "Node that runs CallManager to its counters of registrations, by the names that PerfMon has for them. A counter that has no "
        "value at the moment is not there.",
    ],
    _REGISTRATIONS,
    "registration_counts",
)

# -- what every node is set to ---------------------------------------------------------------------------

TOMCAT = PerNode(
    "tomcat",
    mapping_of(maybe(record(records.Certificate, "not_before"))),
    "Node to the certificates of its Tomcat by their name, null where one cannot be read.",
    Subset("tomcat", CLI_1),
)
TLS_MINIMUM = PerNode(
    "tls_minimum", text, "Node to the lowest TLS version it takes.", Subset("tls_minimum", CLI_1)
)
ACCOUNT_LOCKING = PerNode(
    "account_locking",
    record(records.AccountLocking),
    "Node to whether platform accounts are locked (C(enabled)), after how many C(attempts), for how many C(unlock_seconds).",
    Subset("account_locking", CLI_0),
)
SESSION_LIMIT = PerNode(
    "session_limit",
    a_count,
    "Node to how many management sessions it allows at once.",
    Subset("session_limit", CLI_0),
)
FIPS = PerNode("fips", boolean, "Node to whether it operates in FIPS mode.", Subset("fips", CLI_0))
REMOTE_ACCOUNT = PerNode(
    "remote_account",
    boolean,
    "Node to whether the remote account for the vendor's support is enabled.",
    Subset("remote_account", CLI_0),
)
SOFTWARE_OPTIONS = PerNode(
    "software_options",
    list_of(text),
    "Node to the names of the software options that are installed in its active version, patch files (COP) among them.",
    Subset("software_options", CLI_0),
)

# -- what follows from facts, or comes from the controller -----------------------------------------------

CONTRADICTIONS = Fact(
    "contradictions",
    list_of(record(records.Contradiction)),
    "Where witnesses disagree, and what each says.",
    derived=(SECURITY_MODE, SERVICES, CTL_FILES, LISTENING),
)
DUTIES = Fact(
    "duties",
    record(records.Duties),
    "What is still to do; C(restarts) of services up since before the CTL file was modified, and reasons for a C(ctl_update).",
    derived=(SECURITY_MODE, SERVICES, CTL_FILES, CALLMANAGERS, LISTENING, TOMCAT),
)
UNSETTLED = Fact(
    "unsettled",
    list_of(mapping_of(anything)),
    "Answers that were sent and whose outcome is not confirmed, from the state directory.",
)
RECORDED = Fact(
    "recorded",
    list_of(mapping_of(anything)),
    "The states of objects before the changes that are recorded in the state directory and not undone.",
)
CTL_UPDATE_WITHOUT_EFFECT = Fact(
    "ctl_update_without_effect",
    record(records.UpdateWithoutEffect),
    "The last update of the CTL file that left reasons for it, from the state directory; absent if there is none.",
)
RESTARTS_NAMED = Fact(
    "restarts_named",
    record(records.RestartsNamed),
    "The services to restart that the device named after it last wrote the CTL file, from the state directory; absent if it never did.",
)
PHONE_CHANGES = Fact(
    "phone_changes",
    list_of(record(records.PhoneChange)),
    "What was changed since all phones were last reset, from the state directory; absent if it has no record of the cluster.",
    reason="unsettled",
)
STATE_DIR = Fact(
    "state_dir",
    record(records.StateDirectory),
    ["The state directory.", "Not there when O(judge) is given."],
)
SEAL = Fact(
    "seal",
    text,
    [
        "Proves to the roles of this collection that this run read these facts of this host, and where. They judge by no facts that "
        "have none, or were changed since. There is none with C(judge) or C(saved).",
    ],
)
SAVED = Fact(
    "saved",
    record(records.SavedTimes),
    "With O(saved), when the answers were given, in UTC; null where the answers do not show it.",
)
READ_AT = Fact(
    "read_at",
    text,
    [
        "When the reading ended, by the clock of the machine that read; ISO 8601.",
        "With O(saved), when the last of the answers was given, by the clock of the node that gave it, where the answers show it.",
    ],
)
ACCOUNTS = Fact("accounts", record(records.Accounts), "Names of the accounts it was read with.")
UNAVAILABLE = Fact("unavailable", mapping_of(text), "What could not be read, and why.")
UNAVAILABLE_CAUSES = Fact(
    "unavailable_causes",
    mapping_of(mapping_of(anything)),
    [
        "What could not be read, to the C(code), C(message) and C(remedy) of the failure. Where a way to a node failed, also its "
        "C(interface) (V(cli), V(axl) or V(https)), C(node) and C(port), and the C(reason) that the system gave. Where a text was in "
        "a form that is not known, the end of it as C(output).",
    ],
)

# Every fact in the order above, and the descriptions of those that have parts.
FACTS: tuple[Fact[t.Any], ...] = tuple(each for each in list(globals().values()) if isinstance(each, Fact))
GROUPS: t.Mapping[str, str] = {
    "health": "Clocks and disks of the nodes, backup and upgrade of the publisher.",
    "integrations": "What depends on the modes of the cluster beside its phones.",
}
SUBSETS: t.Mapping[str, Subset] = {each.subset.name: each.subset for each in FACTS if each.subset is not None}
# By the first key of their path: what a path into facts begins with.
ROOTS: t.Mapping[str, tuple[Fact[t.Any], ...]] = {
    root: tuple(each for each in FACTS if each.path[0] == root)
    for root in dict.fromkeys(each.path[0] for each in FACTS)
}


def in_order(subsets: t.Iterable[Subset]) -> tuple[str, ...]:
    """Return the names of subsets, each once, in their order."""
    wanted = {each.name for each in subsets}
    return tuple(name for name in SUBSETS if name in wanted)


def bring(subset: str) -> tuple[str, ...]:
    """Return the first keys of what a subset brings."""
    return tuple(dict.fromkeys(each.path[0] for each in FACTS if each.subset_name == subset))


# -- asking for a fact -----------------------------------------------------------------------------------


def get(facts: Facts, fact: Fact[_T]) -> _T | Unread:
    """Return a fact, or that it was not read and why."""
    found = value(facts, fact)
    return unread(facts, fact) if found is None else found


def value(facts: Facts, fact: Fact[_T]) -> _T | None:
    """Return a fact; None when it was not read. For callers that do not need the reason."""
    found = facts.get(fact.name) if len(fact.path) == 1 else _look(facts, fact.path)
    return None if found == "" else t.cast("_T | None", found)


def under(facts: Facts, fact: Fact[dict[str, _T]], key: str) -> _T | None:
    """Return what a fact has under a key, as under the name of a node; None when there is nothing, or it was not read."""
    return (value(facts, fact) or {}).get(key)


def unread(facts: Facts, fact: Fact[t.Any]) -> Unread:
    """Return why a fact was not read, each reason once."""
    reasons = facts.get(UNAVAILABLE.name) or {}
    keys = [fact.called, fact.reason, fact.subset_name, fact.path[0]]
    if isinstance(fact, PerNode):
        keys += [fact.key(node["name"]) for node in callmanager_nodes(facts)]
    return Unread(fact.called, tuple(dict.fromkeys(str(reasons[key]) for key in keys if reasons.get(key))))


def put(facts: dict[str, t.Any], fact: Fact[_T], found: _T | None) -> None:
    """Write a fact to its place; None for one that was not read."""
    *parents, last = fact.path
    at_place = facts
    for key in parents:
        at_place = at_place.setdefault(key, {})
    at_place[last] = found


def node_reason(facts: Facts, fact: PerNode[t.Any], node: str) -> str:
    """Return why a node's value was not read; empty when no reason is known."""
    reasons = facts.get(UNAVAILABLE.name) or {}
    return str(reasons.get(fact.key(node)) or reasons.get(fact.reason) or "")


def callmanager_nodes(facts: Facts) -> list[records.Node]:
    """Return the nodes that are Unified CM (IM and Presence nodes are never touched), publisher first."""
    nodes = [node for node in facts.get(NODES.name) or () if node["type"] == "callmanager"]
    return sorted(nodes, key=lambda node: node["role"] != "publisher")


def publisher_name(facts: Facts) -> str:
    """Return the name of the publisher's node; empty when it is not known."""
    return next((node["name"] for node in callmanager_nodes(facts) if node["role"] == "publisher"), "")


def _look(facts: t.Any, path: t.Iterable[str]) -> t.Any:
    for key in path:
        facts = facts.get(key) if isinstance(facts, dict) else None
    return facts


# -- the form of facts -----------------------------------------------------------------------------------


def clean(facts: t.Any) -> dict[str, t.Any]:
    """Return the facts of a cluster that have their form; why others are left out is under C(unavailable).

    Facts may have been saved, edited and handed on before they are judged. What does not have the form C(cluster_info) gives it is taken
    out and listed like what could not be read, so no judge meets it: none can break down on it, and none can take it for good. What
    follows from facts is left out as well; it follows anew from those that are left.
    """
    found = {key: value for key, value in _named(facts).items() if value is not None}
    reasons = {
        key: why if isinstance(why, str) else f"{_NOT_UNDERSTOOD}: the reason is not text"
        for key, why in _named(found.pop(UNAVAILABLE.name, None)).items()
    }
    for group in GROUPS.keys() & found.keys():
        if isinstance(found[group], dict):
            found[group] = {key: value for key, value in found[group].items() if value is not None}
        else:
            del found[group]
            reasons[group] = f"{_NOT_UNDERSTOOD}: {group} is not a mapping"
    for fact in FACTS:
        if fact.derived:
            found.pop(fact.name, None)
        elif _look(found, fact.path) is not None:
            _keep(found, fact, reasons)
    found[UNAVAILABLE.name] = reasons
    return found


def _named(value: t.Any) -> dict[str, t.Any]:
    """Return what a mapping has under texts, nothing when it is not one."""
    return (
        {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}
    )


def _keep(found: dict[str, t.Any], fact: Fact[t.Any], reasons: dict[str, str]) -> None:
    """Keep of a fact what has its form, and say of the rest why it is left out."""
    *parents, last = fact.path
    holder = _look(found, parents)
    try:
        if not isinstance(fact, PerNode):
            holder[last] = fact.form.shaped(holder[last])
            return
        if not isinstance(holder[last], dict):
            raise Misshapen(" is not a mapping")
    except Misshapen as error:
        del holder[last]
        reasons[fact.called] = f"{_NOT_UNDERSTOOD}: {fact.name}{error}"
        return
    kept = {}
    for node, value in holder[last].items():
        if not isinstance(node, str) or value is None:
            continue
        try:
            kept[node] = fact.each.shaped(value)
        except Misshapen as error:
            reasons[fact.key(node)] = f"{_NOT_UNDERSTOOD}: {fact.name}.{node}{error}"
    holder[last] = kept
