#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Read everything about a CUCM cluster's security state
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Reads a Cisco Unified Communications Manager cluster in one task.
  - Asks AXL, the Control Center of every node, and the platform command line of every node.
  - Changes nothing. What could not be read is listed with the reason, and never taken for a good or a bad state.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  gather_subset:
    description:
      - What to read. V(all) is everything but V(registrations); a name with V(!) before it leaves that out.
      - V(registrations) is read only where it is named. It costs one request to RisPort for each 900 phones (450 when they have been at two
        nodes in the last days), of the O(risport_rate) a minute, one to PerfMon for each node that runs CallManager, and two to AXL.
      # subsets: written by tools/facts_doc.py
      - Nodes are always read. V(version), V(modes), V(licence), V(parameters) need one account, whichever.
      - The AXL account is needed for V(services), V(auto_registration), V(callmanagers), V(callmanager_groups), V(expressway_c),
        V(security_profiles), V(phone_profiles), V(sip_trunks), V(logins), V(axl_roles), V(integrations), V(node_certificates);
        with the role Standard CCM Server Monitoring or Standard RealtimeAndTraceCollection for V(registrations).
      - The CLI account is needed for V(replication), V(network), V(ctl_files), V(listening), V(health), V(account_locking),
        V(session_limit), V(fips), V(remote_account), V(software_options); of level 1 for V(certificates), V(tomcat), V(tls_minimum);
        of level 4 for V(trust_stores).
      # end of subsets
    type: list
    elements: str
    default: [all]
  judge:
    description:
      - Judge the cluster by controls in the same task, and return C(results) and only what identifies the cluster of the facts. Made for
        fleets, whose facts together are large; see the role C(compliance).
      - What the controls need is read, and O(gather_subset) is not used.
    type: dict
    suboptions:
      cluster:
        description: What waivers and intent of the site call the cluster. Default is the name of the inventory host.
        type: str
      saved:
        description: Judge what was saved there, as O(saved), in place of the cluster. Default is what the inventory says in C(cucm_saved).
        type: path
      site:
        description: C(controls), C(waivers) and C(intent) of the site; empty for the controls as they come.
        type: dict
        default: {}
      wanted:
        description:
          - What is wanted of the cluster where C(intent) says nothing; C(security_mode), C(sip_oauth_mode) and the others that the
            playbook C(rollout) knows as variables, without C(cucm_). Default is what the inventory says in those variables.
        type: dict
  saved:
    description:
      - File with the facts of an earlier reading as JSON, which are returned as they are, or judged by the time they were read.
      - Or a directory with answers of a cluster that cannot be reached, saved by those who reach it. They are read in place of the cluster;
        nothing is connected to, and neither an account nor O(publisher) is used. What is in the directory, and a script that makes
        it, are in C(docs/offline) of the collection.
      - An answer that is not there costs the facts that come from it, and is named in C(unavailable).
        V(trust_stores) and V(axl_roles) are never there.
      - O(node_addresses) may tell what addresses the nodes have; it is not needed.
      - It is on the machine the module runs on.
    type: path
  deadline:
    description:
      - Seconds the whole reading may take. What was not read by then is listed as not available; when not even the nodes were,
        the task fails with C(deadline_exceeded).
      - With a deadline, nodes that answer that they are busy (HTTP 503) are asked again for 20 seconds in all, and then cost what they
        would have told. Without one each is asked again for a minute, since a change may depend on it.
    type: float
"""

EXAMPLES = r"""
- name: Read the whole cluster
  ucops.cucm.cluster_info:
    axl_username: axladmin
    axl_password: "{{ vault_axl_password }}"
    cli_username: auditor
    cli_password: "{{ vault_cli_password }}"
  register: read

- name: Read only what AXL tells
  ucops.cucm.cluster_info:
    gather_subset: [version, modes, licence]
    axl_username: axlread
    axl_password: "{{ vault_axl_password }}"

- name: Read the answers that the other site sent
  ucops.cucm.cluster_info:
    saved: "{{ inventory_dir }}/saved/{{ inventory_hostname }}"
"""

RETURN = r"""
cluster:
  description: The facts.
  returned: success
  type: dict
  contains:
    # facts: written by tools/facts_doc.py
    release:
      description: Full version.
      type: str
      sample: 14.0.1.12900-161
    axl_version:
      description: Version of the AXL schema that was used; none without an AXL account.
      type: str
    nodes:
      description: The nodes of the cluster.
      type: list
      elements: dict
      contains:
        name:
          description: As the cluster's database has it.
          type: str
        role:
          description: V(publisher) or V(subscriber).
          type: str
        type:
          description: V(callmanager), V(im_presence), or what else the database says.
          type: str
        address:
          description: Where it is reached.
          type: str
        https_port:
          description: Port of AXL and Control Center.
          type: int
        ssh_port:
          description: Port of the platform CLI.
          type: int
    publisher:
      description: Name of the publisher.
      type: str
    identity:
      description: The key of the publisher in the cluster's database, the same for the cluster's life.
      type: str
    security_mode:
      description: V(mixed), V(non_secure) or V(unknown), as the database has it.
      type: str
    sip_oauth_mode:
      description: V(enabled), V(disabled), V(absent) where the release has no such mode, or V(unknown), as the database has
        it.
      type: str
    rollback_to_pre_8:
      description: Whether the cluster is prepared for a rollback to a release before 8.0, so that phones get an empty ITL
        file.
      type: bool
    phone_interaction:
      description: The enterprise parameter Phone Interaction on Certificate Update (V(ResetPhonesOnCertChange)) as the database
        stores it; null where the release has none, which is before 14. Which values mean what is not published.
      type: str
    services:
      description: Node to service to its state; activation as Control Center and as the database have it.
      type: dict
    licence:
      description: Smart licence; C(registered) (by a token or a reservation) and C(export_allowed) are judged, null where
        the product's word for them is not known. The rest is the product's words.
      type: dict
      contains:
        registration:
          description: Status of the registration.
          type: str
        registered:
          description: Whether the cluster is registered.
          type: bool
        authorization:
          description: Status of the authorization.
          type: str
        export_control:
          description: Status of export-controlled functionality; empty when there is none.
          type: str
        export_allowed:
          description: Whether export-controlled functionality is allowed.
          type: bool
        enabled:
          description: Whether Smart Licensing is on.
          type: str
        smart_account:
          description: The smart account.
          type: str
        virtual_account:
          description: The virtual account.
          type: str
        source:
          description: 'V(axl) or V(cli): where it was read.'
          type: str
        last_renewal_attempt:
          description: When the registration was last renewed.
          type: str
        last_renewal_status:
          description: How that ended.
          type: str
        last_communication_attempt:
          description: When the authorization was last asked for.
          type: str
        last_communication_status:
          description: How that ended.
          type: str
        registration_expires:
          description: When the registration ends unless it is renewed.
          type: str
        registration_failed_reason:
          description: Why the registration failed.
          type: str
        authorization_failed_reason:
          description: Why the authorization failed.
          type: str
    auto_registration:
      description: CallManager to whether phones may register themselves there.
      type: dict
    replication:
      description: State of the database replication.
      type: dict
      contains:
        servers:
          description: Server to its row of the table.
          type: dict
        sync_status:
          description: How the last synchronisation ended, in the node's words.
          type: str
        single_node:
          description: Whether the publisher sees no other active node.
          type: bool
        good:
          description: Whether replication is good; null when that is not known.
          type: bool
    network:
      description: Names and addresses of the nodes, in lower case, to whether the node is authenticated in the cluster.
      type: dict
    addressed_node_is_publisher:
      description: Whether the node that was given as the publisher says that it is.
      type: bool
    ctl_files:
      description: Node to its CTL file; checksums, signer, records, when it was modified (C(modified_at) with C(modified_zone)),
        and the mode it belongs to (C(implied_mode)).
      type: dict
    listening:
      description: Node to the TCP ports it listens on.
      type: dict
    certificates:
      description: The publisher's own certificates by their name, null where one cannot be read.
      type: dict
    cli_privilege:
      description: Privilege level of the CLI account; where the node does not print it, 0 or 1 by what the account was refused.
      type: int
    cli_level_told:
      description: Whether the node printed that level.
      type: bool
    health:
      description: Clocks and disks of the nodes, backup and upgrade of the publisher.
      type: dict
      contains:
        nodes:
          description: Node to its clock, whether the clock is synchronised by NTP, and the free space of its partitions.
          type: dict
        upgrade_running:
          description: Whether an upgrade runs on the publisher.
          type: bool
        has_backup:
          description: Whether the backup history has a successful backup.
          type: bool
        last_backup:
          description: When the last successful backup was completed, in the publisher's local time.
          type: str
        last_backup_zone:
          description: The zone of that time as the publisher spells it.
          type: str
    parameters:
      description: Enterprise parameters about OAuth, with the value the cluster stores.
      type: dict
    callmanagers:
      description: Node to its CallManager (C(callmanager)) and C(ports), null where the release has none.
      type: dict
    callmanager_groups:
      description: CallManager group to its C(members), the node that phones prefer first, and how many C(phones) have it.
      type: dict
    expressway_c:
      description: Expressway-C entries by host.
      type: dict
    security_profiles:
      description: All phone security profiles with every setting, in the words of the module M(ucops.cucm.phone_security_profile).
      type: dict
    security_profile_usage:
      description: Phone security profile to how many C(phones) have it, and whether it came with the product (C(built_in)).
      type: dict
    phone_profiles:
      description: The phone security profiles that phones use or somebody made; settings, how many C(phones) have one, and
        how many of those have a certificate installed, failed or pending; C(models) has the first two by the model of the
        phones. V(security_profiles) is all of them, with every setting.
      type: dict
    sip_trunk_profiles:
      description: The security profiles of SIP trunks, each with how many C(trunks) use it.
      type: dict
    sip_trunk_media:
      description: SIP trunk security profile to how many C(trunks) have it, how many of them have C(srtp_allowed), and whether
        it has the X.509 subject of the peer (C(peer_named)).
      type: dict
    sso_modes:
      description: Node to its mode of single sign-on, V(saml), V(agent_flow) or V(disabled), null for one that is not known.
      type: dict
    ldap_hosts:
      description: The directory servers that check passwords of users; empty if the cluster asks none.
      type: list
      elements: dict
      contains:
        host:
          description: Its name or address.
          type: str
        port:
          description: The port it is asked at.
          type: int
        encrypted:
          description: Whether it is asked by TLS.
          type: bool
    axl_roles:
      description:
        - Names of the roles that the AXL account has by its access control groups, as the database lists them; empty where
          it lists none.
        - V(Standard AXL API Access) may write by AXL, V(Standard AXL Read Only API Access) may not.
      type: list
      elements: str
    integrations:
      description: What depends on the modes of the cluster beside its phones.
      type: dict
      contains:
        voicemail_pilots:
          description: How many voice mail pilots have a number.
          type: int
        voicemail_ports:
          description: How many voice mail ports there are.
          type: int
        conference_bridges:
          description: Security profile to how many conference bridges have it; an empty name is for those without one.
          type: dict
        gateways:
          description: How many devices of gateways (H.323, MGCP, SCCP) there are.
          type: int
        secure_cti_users:
          description: How many users are in the access control group V(Standard CTI Secure Connection), whose applications
            use TLS.
          type: int
    node_certificates:
      description:
        - Node to its own certificates by the name of their service, as the database has them; null where one cannot be read,
          or the database has several different ones.
        - A certificate of several servers is at each node that it names. The file system's answer is in C(certificates) and
          C(tomcat); where that was read, it counts.
      type: dict
    trust_certificates:
      description:
        - Certificates in the trust stores of the cluster, each once, as the database has them.
        - Of a database with more than 500 certificates only those of V(Phone-Edge-trust) and V(Phone-SAST-trust) are read,
          so that AXL does not refuse the answer.
      type: list
      elements: dict
      contains:
        services:
          description: The trust stores it is in.
          type: list
          elements: str
    trust_stores:
      description: What phones and CallManager trust and show in SIP OAuth mode.
      type: dict
      contains:
        phone_edge:
          description: Certificates in the publisher's phone-edge trust; null when it has no such store.
          type: list
          elements: dict
        tomcat:
          description: Node to its Tomcat certificates by their name; C(root) is the fingerprint of the root that the chain
            ends in.
          type: dict
    registrations:
      description:
        - Phone to its registration, of all phones that the database has.
        - A phone with rows of several nodes is in service if any of them has it so, and is otherwise what the newest row says;
          it is V(unread) where a node that might have it in service did not answer.
      type: dict
    registration_counts:
      description: Node that runs CallManager to its counters of registrations, by the names that PerfMon has for them. A
        counter that has no value at the moment is not there.
      type: dict
    tomcat:
      description: Node to the certificates of its Tomcat by their name, null where one cannot be read.
      type: dict
    tls_minimum:
      description: Node to the lowest TLS version it takes.
      type: dict
    account_locking:
      description: Node to whether platform accounts are locked (C(enabled)), after how many C(attempts), for how many C(unlock_seconds).
      type: dict
    session_limit:
      description: Node to how many management sessions it allows at once.
      type: dict
    fips:
      description: Node to whether it operates in FIPS mode.
      type: dict
    remote_account:
      description: Node to whether the remote account for the vendor's support is enabled.
      type: dict
    software_options:
      description: Node to the names of the software options that are installed in its active version, patch files (COP) among
        them.
      type: dict
    contradictions:
      description: Where witnesses disagree, and what each says.
      type: list
      elements: dict
      contains:
        about:
          description: What they disagree about.
          type: str
        witnesses:
          description: Witness to what it says.
          type: dict
    duties:
      description: What is still to do; C(restarts) of services up since before the CTL file was modified, and reasons for
        a C(ctl_update).
      type: dict
      contains:
        restarts:
          description: Restarts in the order to do them.
          type: list
          elements: dict
        ctl_update:
          description: Why the CTL file must be updated.
          type: list
          elements: str
    unsettled:
      description: Answers that were sent and whose outcome is not confirmed, from the state directory.
      type: list
      elements: dict
    recorded:
      description: The states of objects before the changes that are recorded in the state directory and not undone.
      type: list
      elements: dict
    ctl_update_without_effect:
      description: The last update of the CTL file that left reasons for it, from the state directory; absent if there is
        none.
      type: dict
      contains:
        time:
          description: When that was read, by the controller's clock.
          type: str
        reasons:
          description: The reasons that it did not remove.
          type: list
          elements: str
        files:
          description: Node to a digest of what its CTL file had at that time.
          type: dict
    restarts_named:
      description: The services to restart that the device named after it last wrote the CTL file, from the state directory;
        absent if it never did.
      type: dict
      contains:
        time:
          description: When that was read, by the controller's clock.
          type: str
        services:
          description: The services to restart.
          type: list
          elements: str
        files:
          description: Node to a digest of what its CTL file had at that time.
          type: dict
    phone_changes:
      description: What was changed since all phones were last reset, from the state directory; absent if it has no record
        of the cluster.
      type: list
      elements: dict
      contains:
        time:
          description: When it was done, by the controller's clock.
          type: str
        change:
          description: What was changed.
          type: str
        name:
          description: The phone security profile, if it was one; empty otherwise.
          type: str
        said:
          description: The device's own sentences about restarts and resets.
          type: list
          elements: str
    state_dir:
      description:
        - The state directory.
        - Not there when O(judge) is given.
      type: dict
      contains:
        path:
          description: Where it is.
          type: str
        unwritable:
          description: Why no record could be written there; null when one could.
          type: str
    seal:
      description: Proves to the roles of this collection that this run read these facts of this host, and where. They judge
        by no facts that have none, or were changed since. There is none with C(judge) or C(saved).
      type: str
    saved:
      description: With O(saved), when the answers were given, in UTC; null where the answers do not show it.
      type: dict
      contains:
        first:
          description: The first of them.
          type: str
        last:
          description: The last of them.
          type: str
    read_at:
      description:
        - When the reading ended, by the clock of the machine that read; ISO 8601.
        - With O(saved), when the last of the answers was given, by the clock of the node that gave it, where the answers show
          it.
      type: str
    accounts:
      description: Names of the accounts it was read with.
      type: dict
      contains:
        axl:
          description: The AXL account.
          type: str
        cli:
          description: The CLI account.
          type: str
    unavailable:
      description: What could not be read, and why.
      type: dict
    unavailable_causes:
      description: What could not be read, to the C(code), C(message) and C(remedy) of the failure. Where a way to a node
        failed, also its C(interface) (V(cli), V(axl) or V(https)), C(node) and C(port), and the C(reason) that the system
        gave. Where a text was in a form that is not known, the end of it as C(output).
      type: dict
    # end of facts
results:
  description: With O(judge), the result of every control; C(control), C(verdict), C(reason), C(evidence) and C(waiver).
  returned: success, with O(judge)
  type: list
  elements: dict
failure:
  description: Why the task failed, for playbooks to branch on.
  returned: on failure
  type: dict
  contains:
    code:
      description: Stable word for the reason.
      type: str
    message:
      description: What went wrong and where.
      type: str
    details:
      description: Evidence.
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import os
import typing as t
from datetime import UTC, datetime

from ansible_collections.ucops.cucm.plugins.module_utils._base import record
from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Patience
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    AuthenticationError,
    InputError,
    Refusal,
)
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.saved import saved_facts
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import SUBSETS
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading.readers import gather
from ansible_collections.ucops.cucm.plugins.module_utils._security import phone_resets

# The return value whose facts the action seals, and the options with which they are not read of the cluster.
SEALED = "cluster"
UNSEALED_WITH = ("judge", "saved")

# What tells one cluster from another, and one reading from another.
_IDENTIFYING = ("release", "identity", "publisher", "read_at", "saved", "accounts", "unavailable")

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    "gather_subset": {"type": "list", "elements": "str", "default": ["all"]},
    "judge": {
        "type": "dict",
        "options": {
            "cluster": {"type": "str"},
            "saved": {"type": "path"},
            "site": {"type": "dict", "default": {}},
            "wanted": {"type": "dict"},
        },
    },
    "saved": {"type": "path"},
    "deadline": {"type": "float"},
}


_KINDS = frozenset({"axl", "cli"})
# Seconds, for three more requests to each node that is busy: what is not read tonight is read tomorrow.
_PATIENCE = 20.0

# What the inventory says of suboptions that a task does not give: their names, to variables. Only whoever judges may take what was
# saved for the cluster: a rollout must not.
FROM_INVENTORY: dict[str, t.Any] = {
    "judge": {
        "cluster": "inventory_hostname",
        "saved": "cucm_saved",
        "wanted": {name: f"cucm_{name}" for name in site.WANTED},
    },
}


def subsets(asked: list[str]) -> set[str]:
    """Return the subsets that are asked for.

    Raises:
        InputError: A name is not known.
    """
    unknown = {name.lstrip("!") for name in asked} - {*SUBSETS, "all"}
    if unknown:
        raise InputError(
            f"gather_subset does not know {', '.join(sorted(unknown))}; it knows all, {', '.join(SUBSETS)}.",
            code="subset_unknown",
        )
    left_out = {name[1:] for name in asked if name.startswith("!")}
    wanted = {name for name in asked if not name.startswith("!")}
    every = {name for name, subset in SUBSETS.items() if not subset.named}
    return (wanted - {"all"} | every if "all" in wanted or not wanted else wanted) - left_out


def run(task: Task) -> Result:
    """Read the cluster, and judge it when that is asked for."""
    judge = task.params["judge"]
    if judge is None:
        facts = _read(task, subsets(task.params["gather_subset"]))
        facts["state_dir"] = {
            "path": task.params["state_dir"],
            "unwritable": record.unwritable(task.params["state_dir"]),
        }
        return Result(changed=False, before=None, after=None, facts={"cluster": facts})
    # Mistakes in the site's configuration are reported before the cluster is read.
    wanted, name = site.with_wanted(judge["site"], judge["wanted"]), judge["cluster"] or ""
    if judge["saved"]:
        task.params["saved"] = judge["saved"]
    facts = _read(task, results.subsets(wanted, name), _gather_by_what_is_accepted)
    # Facts that were saved are judged by the time they were read, not by today's.
    judged = results.judge_cluster(facts, wanted, name, datetime.fromisoformat(facts["read_at"]))
    return Result(
        changed=False,
        before=None,
        after=None,
        facts={"cluster": {key: facts.get(key) for key in _IDENTIFYING}, "results": judged},
    )


def _gather(task: Task, wanted: t.Collection[str]) -> dict[str, t.Any]:
    return gather(task.cluster, wanted, subscribers_may_be_unproven=True)


def _gather_by_what_is_accepted(task: Task, wanted: t.Collection[str]) -> dict[str, t.Any]:
    """Return the facts, where one of two accounts is refused by the other one: its refusal costs what only it would have told."""
    try:
        return gather(task.cluster, wanted, subscribers_may_be_unproven=True)
    except AuthenticationError as error:
        refused = error.details["account_kind"]
        if not task.cluster.has_account(*_KINDS - {refused}):
            raise
        task.go_without_account(refused)
        facts = gather(task.cluster, wanted, subscribers_may_be_unproven=True)
        for key, cause in facts["unavailable_causes"].items():
            if cause["code"] == "account_missing" and cause.get("interface") == refused:
                cause.update(code=error.code, message=error.message, remedy=error.remedy)
                facts["unavailable"][key] = f"{error.code}: {error.message}"
        return facts


def _read(
    task: Task,
    wanted: t.Collection[str],
    gather: t.Callable[[Task, t.Collection[str]], dict[str, t.Any]] = _gather,
) -> dict[str, t.Any]:
    if task.params["saved"] is not None and os.path.isfile(task.params["saved"]):
        return saved_facts(task.params["saved"])
    if task.params["deadline"] is not None:
        task.clock = task.clock.within(task.params["deadline"], Patience(_PATIENCE))
    facts = gather(task, wanted)
    try:
        journal = task.journal()
        facts["unsettled"], facts["recorded"] = journal.unsettled(), journal.former()
        facts.update(_recorded(journal))
    except Refusal as error:
        facts["unavailable"]["unsettled"] = f"{error.code}: {error.message} {error.remedy}".rstrip()
    read_at = datetime.now(UTC)
    facts["accounts"] = {service: task.params[f"{service}_username"] for service in ("axl", "cli")}
    if task.params["saved"] is not None:
        told = task.saved_answers.span
        facts["accounts"] = dict.fromkeys(facts["accounts"])
        facts["saved"] = dict(zip(("first", "last"), map(_written, told or (None, None)), strict=True))
        if told is None:
            task.warn("None of the saved answers tells when it was given; they are taken for answers of now.")
        else:
            # A clock that goes ahead makes nothing newer than it can be.
            read_at = min(read_at, told[1])
    facts["read_at"] = _written(read_at)
    return facts


def _recorded(journal: record.StateJournal) -> dict[str, t.Any]:
    """Return the facts that the record of the cluster has, without those it has not."""
    found = {
        model.CTL_UPDATE_WITHOUT_EFFECT.name: journal.ctl_update_without_effect(),
        model.RESTARTS_NAMED.name: journal.restarts_named(),
        model.PHONE_CHANGES.name: phone_resets.changes(journal.awaiting_phones()),
    }
    return {name: value for name, value in found.items() if value is not None}


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
