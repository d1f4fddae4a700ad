#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_certificate
short_description: Add certificates to a trust store of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Adds CA certificates to a trust store by the certificate API, in one request, and proves it by reading the store again.
  - The default is phone-edge trust on the publisher, which defines whom 7800 and 8800 series phones trust under SIP OAuth mode.
    Once it has any certificate, these phones trust nothing else. So the task fails before it changes anything if a Tomcat
    certificate of any node, or a certificate in C(verifies), would not chain to a root in the store.
  - Does not remove certificates or restart services. Certificates are identified by the SHA-256 of their DER form.
  - The API needs release 14 or later and the account of the platform command line, with privilege level 4. On an older release
    the task fails with the code C(by_hand) and lists the certificates to add and where.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.connection.change
  - ucops.cucm.judgement
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  state:
    description:
      - V(gathered) only reads.
      - V(present) adds the missing certificates.
    type: str
    choices: [gathered, present]
    default: present
  store:
    description:
      - The trust store, for example V(phone-edge), V(tomcat) or V(callmanager), in any case, with or without C(-trust).
      - A store that the node does not list is refused; the message names the stores it lists.
    type: str
    default: phone-edge
  node:
    description:
      - The node of the store, as the cluster lists it; default is the publisher.
      - Phone-edge trust exists only on the publisher.
    type: str
  certificates:
    description:
      - The desired certificates in PEM form; one item may hold several.
      - Only certificates are sent. An item with a private key is refused.
      - For phone-edge trust each must be a CA, or a node's own self-signed Tomcat certificate.
    type: list
    elements: str
    default: []
  tomcat_roots:
    description:
      - Whether to add the roots of the Tomcat and Tomcat-ECDSA certificates of every Unified CM node too. They are searched
        in each node's own trust stores and in C(certificates), by signature.
      - Applies only to phone-edge trust.
    type: bool
    default: true
  verifies:
    description:
      - Certificates in PEM form of other servers that phones connect to, for example Expressway-E, with their intermediates.
      - They are not added. Each must chain to a root in the store or in C(certificates).
    type: list
    elements: str
    default: []
notes:
  - The store must be complete before phones are reset, and again when Tomcat certificates move to another CA.
seealso:
  - module: ucops.cucm.cluster_info
"""

EXAMPLES = r"""
- name: Let phones trust the cluster's Tomcat certificates and Expressway-E
  ucops.cucm.trust_certificate:
    certificates:
      - "{{ lookup('ansible.builtin.file', 'expressway-root.pem') }}"
    verifies:
      - "{{ lookup('ansible.builtin.file', 'expressway-e-chain.pem') }}"

- name: Let the publisher's Tomcat trust the CA of Expressway-C
  ucops.cucm.trust_certificate:
    store: tomcat
    certificates:
      - "{{ lookup('ansible.builtin.file', 'expressway-root.pem') }}"

- name: Only read the certificates that phones trust
  ucops.cucm.trust_certificate:
    state: gathered
  register: phone_edge
"""

RETURN = r"""
certificates:
  description: The certificates in the store; in check mode, those after a run. Times are in UTC.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: The subject in RFC 4514 form. Empty for a certificate that cannot be read.
      type: str
    issuer:
      description: The issuer.
      type: str
    sha256:
      description: The SHA-256 of the DER form, hexadecimal.
      type: str
    not_before:
      description: Valid from.
      type: str
    not_after:
      description: Valid until.
      type: str
    ca:
      description: Whether it is a CA by its basic constraints.
      type: bool
service:
  description: The store's name in the node's API.
  returned: success
  type: str
before:
  description: Fingerprints and subjects before, sorted by fingerprint.
  returned: success
  type: list
  elements: dict
after:
  description: Fingerprints and subjects after; in check mode, those after a run.
  returned: success
  type: list
  elements: dict
operations:
  description: The operations done, or in check mode the operations a run would do; each with C(node), C(action) and C(certificates).
  returned: success
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

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError, Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._changes.command import CHANGE_SPEC
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Node
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import trust_store

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    "state": {"type": "str", "choices": ["gathered", "present"], "default": "present"},
    "store": {"type": "str", "default": trust_store.PHONE_EDGE},
    "node": {"type": "str"},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "tomcat_roots": {"type": "bool", "default": True},
    "verifies": {"type": "list", "elements": "str", "default": []},
    **CHANGE_SPEC,
}


def _wish(task: Task) -> trust_store.Wish:
    params = task.params
    items = {option: params[option] for option in ("certificates", "verifies")}
    for option, texts in items.items():
        # Ansible returns a task's options with its result, so they must not contain a private key.
        params[option] = ["(a private key was here)" if "PRIVATE KEY" in text else text for text in texts]
    store = trust_store.base_name(params["store"])
    wish = trust_store.Wish(
        store=store,
        given=trust_store.certificates_of("certificates", items["certificates"]),
        verifies=trust_store.certificates_of("verifies", items["verifies"]),
        tomcat_roots=params["tomcat_roots"] and store == trust_store.PHONE_EDGE,
    )
    if params["state"] == "present" and not (wish.given or wish.tomcat_roots):
        raise InputError(
            f"There is nothing to add to {store} trust: certificates is empty.",
            remedy="Set certificates, or read the store with state gathered.",
        )
    return wish


def _node(task: Task, store: str) -> Node:
    cluster, name = task.cluster, task.params["node"]
    node = cluster.node(name) if name else cluster.publisher
    if store == trust_store.PHONE_EDGE and node != cluster.publisher:
        raise Refusal(
            f"node is {node.name}, but phone-edge trust exists only on the publisher {cluster.publisher.name}.",
            code="publisher_only",
            remedy="Remove node.",
        )
    if not cluster.has_account("axl"):
        # Without AXL nothing has proven yet that the publisher's address is right.
        cluster.require_publisher()
    return node


def run(task: Task) -> Result:
    """Add the certificates to the store."""
    cluster, wish = task.cluster, _wish(task)
    cluster.require_account("cli")
    if not task.params["validate_certs"] and not cluster.has_account("axl"):
        task.warn(
            "validate_certs is false: the platform password is sent to any server that answers at the address."
        )
    node = _node(task, wish.store)
    release = cluster.release()
    if not trust_store.has_api(release):
        if task.params["state"] == "gathered":
            raise trust_store.not_readable(release)
        raise trust_store.by_hand(cluster, wish, node, release)
    is_phone_edge = wish.store == trust_store.PHONE_EDGE
    everywhere = is_phone_edge and task.params["state"] == "present"
    nodes = trust_store.read_nodes(cluster, cluster.callmanager_nodes if everywhere else [node])
    store = trust_store.find(cluster, node, nodes[0], wish.store)
    before = trust_store.summary(store.contents)
    added = (
        trust_store.to_add(wish, store.contents, nodes, nodes[0].told_at)
        if task.params["state"] == "present"
        else []
    )
    held = [*store.contents, *added]
    operations = (
        [
            {
                "node": node.name,
                "action": f"put certificates into {wish.store} trust",
                "certificates": trust_store.summary(added),
            }
        ]
        if added
        else []
    )
    if added and not task.check_mode:
        held = trust_store.upload(task, node, wish.store, store, added)
    return Result(
        changed=bool(added),
        before=before,
        after=trust_store.summary(held),
        operations=operations,
        facts={"certificates": trust_store.described(held), "service": store.service},
    )


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
