#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: phone_security_profile
short_description: Create, change and remove phone security profiles of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Brings phone security profiles to the desired settings by AXL, and reads them again. Omitted settings stay unchanged.
  - Checks the requirements of SIP OAuth, and refuses a profile that phones could not use before anything is changed.
  - A profile that came with the product is neither changed nor removed; a profile that phones use is not removed.
  - Does not reset phones. Phones that use a profile apply its change when they are reset.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.configuration
  - ucops.cucm.judgement
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  name:
    description:
      - Name of the profile, case-sensitive.
      - Required with C(state=present), unless C(profiles) is set, and with C(state=absent). C(state=gathered) without it returns every
        profile.
    type: str
  state:
    description:
      - V(present) creates or changes the profile, V(absent) removes it.
      - V(restored) undoes the changes recorded under C(record). A profile that phones use is kept.
      - V(gathered) only reads.
    type: str
    choices: [present, absent, restored, gathered]
    default: present
  copy_from: &copy_from
    description:
      - Name of the profile to copy if C(name) does not exist yet.
      - Ignored if it exists.
    type: str
  phone_type: &phone_type
    description:
      - Phone type in the cluster's spelling, for example C(Cisco 8845) or C(Universal Device Template).
      - Required for a new profile without C(copy_from). Fixed once the profile is created.
    type: str
  protocol: &protocol
    description: Protocol of the phones. A new profile without C(copy_from) has V(SIP). Fixed once the profile is created.
    type: str
    choices: [SIP, SCCP]
  description: &description
    description: Description of the profile.
    type: str
  device_security_mode: &device_security_mode
    description: How signalling and media are protected.
    type: str
    choices: [non_secure, authenticated, encrypted]
  transport: &transport
    description: Transport of SIP signalling.
    type: str
    choices: [tcp, udp, tls, tcp+udp]
  sip_oauth: &sip_oauth
    description:
      - Whether phones authenticate with OAuth tokens. V(true) also sets encrypted signalling and TLS, unless they are given.
      - Needs release 12.5 for Jabber, 14 for phones.
    type: bool
  tftp_encrypted_config: &tftp_encrypted_config
    description: Whether the configuration file of phones is encrypted. Not possible with SIP OAuth.
    type: bool
  digest_authentication: &digest_authentication
    description: Whether phones authenticate with digest credentials. Not possible with SIP OAuth.
    type: bool
  exclude_digest_credentials: &exclude_digest_credentials
    description: Whether digest credentials are left out of the phones' configuration file.
    type: bool
  authentication_mode: &authentication_mode
    description: How a phone authenticates with CAPF.
    type: str
    choices: [authentication_string, null_string, existing_certificate_lsc, existing_certificate_mic]
  key_order: &key_order
    description: The kind of key that CAPF has phones generate.
    type: str
    choices: [rsa_only, ec_only, ec_preferred_rsa_backup]
  key_size: &key_size
    description: Size of RSA keys in bits.
    type: int
    choices: [512, 1024, 2048, 3072, 4096]
  ec_key_size: &ec_key_size
    description: Size of EC keys in bits. Not accepted with RSA keys only; if EC keys are newly used and it is omitted, it is V(384).
    type: int
    choices: [256, 384, 521]
  nonce_validity_time: &nonce_validity_time
    description: Seconds for which a nonce of digest authentication is valid.
    type: int
  sip_phone_port: &sip_phone_port
    description: Port on which phones that register by UDP listen for SIP.
    type: int
  profiles:
    description:
      - Several profiles that C(state=present) has, each with its C(name) and the settings that are options of the module.
      - All of them are checked before the first is written. They are written in this order, and the first that is refused is the last
        that is tried.
      - Not together with C(name) or settings beside the list.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the profile, case-sensitive.
        type: str
        required: true
      copy_from: *copy_from
      phone_type: *phone_type
      protocol: *protocol
      description: *description
      device_security_mode: *device_security_mode
      transport: *transport
      sip_oauth: *sip_oauth
      tftp_encrypted_config: *tftp_encrypted_config
      digest_authentication: *digest_authentication
      exclude_digest_credentials: *exclude_digest_credentials
      authentication_mode: *authentication_mode
      key_order: *key_order
      key_size: *key_size
      ec_key_size: *ec_key_size
      nonce_validity_time: *nonce_validity_time
      sip_phone_port: *sip_phone_port
seealso:
  - module: ucops.cucm.sip_oauth_mode
"""

EXAMPLES = r"""
- name: Create a profile with SIP OAuth beside the one that came with the product
  ucops.cucm.phone_security_profile:
    name: Cisco 8845 - SIP OAuth
    copy_from: Cisco 8845 - Standard SIP Non-Secure Profile
    description: SIP OAuth
    sip_oauth: true
    record: sip_oauth

- name: Create several profiles
  ucops.cucm.phone_security_profile:
    profiles:
      - name: Cisco 8845 - SIP OAuth
        copy_from: Cisco 8845 - Standard SIP Non-Secure Profile
        sip_oauth: true
      - name: Jabber desktop - SIP OAuth
        phone_type: Cisco Unified Client Services Framework
        sip_oauth: true
    record: sip_oauth

- name: Undo the changes recorded under that name
  ucops.cucm.phone_security_profile:
    state: restored
    record: sip_oauth

- name: Read every profile and the number of phones that use it
  ucops.cucm.phone_security_profile:
    state: gathered
  register: profiles
"""

RETURN = r"""
profiles:
  description:
    - The profiles by name, with settings named like the options, C(built_in), and the number of C(phones) that use it.
    - C(sip_oauth) is null if the release does not have it, C(ec_key_size) if there are RSA keys only.
  returned: when C(state=gathered)
  type: dict
kept:
  description: Objects that were not restored, by name, with the reason.
  returned: when C(state=restored)
  type: dict
before:
  description: The state before, by name of the profile; null if the profile did not exist.
  returned: success
  type: dict
after:
  description: The state after; in check mode, the state a run would reach.
  returned: success
  type: dict
operations:
  description: The operations done, or in check mode the operations a run would do; each with C(node), C(action), C(before), C(after).
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

import functools
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError, Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import configuration
from ansible_collections.ucops.cucm.plugins.module_utils._objects import phone_security_profile as profiles
from ansible_collections.ucops.cucm.plugins.module_utils._security.words import counted

SETTINGS_SPEC: dict[str, dict[str, t.Any]] = {
    "copy_from": {"type": "str"},
    "phone_type": {"type": "str"},
    "protocol": {"type": "str", "choices": ["SIP", "SCCP"]},
    "description": {"type": "str"},
    "device_security_mode": {"type": "str", "choices": list(profiles.DEVICE_SECURITY_MODES)},
    "transport": {"type": "str", "choices": list(profiles.TRANSPORTS)},
    "sip_oauth": {"type": "bool"},
    "tftp_encrypted_config": {"type": "bool"},
    "digest_authentication": {"type": "bool"},
    "exclude_digest_credentials": {"type": "bool", "no_log": False},
    "authentication_mode": {"type": "str", "choices": list(profiles.AUTHENTICATION_MODES)},
    "key_order": {"type": "str", "choices": list(profiles.KEY_ORDERS), "no_log": False},
    "key_size": {"type": "int", "choices": list(profiles.KEY_SIZES), "no_log": False},
    "ec_key_size": {"type": "int", "choices": list(profiles.EC_KEY_SIZES), "no_log": False},
    "nonce_validity_time": {"type": "int"},
    "sip_phone_port": {"type": "int"},
}
PROFILE_SPEC = {"name": {"type": "str", "required": True}, **SETTINGS_SPEC}
ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **configuration.WRITE_SPEC,
    "name": {"type": "str"},
    "profiles": {"type": "list", "elements": "dict", "options": PROFILE_SPEC},
    "state": {
        "type": "str",
        "choices": ["present", "absent", "restored", "gathered"],
        "default": "present",
    },
    **SETTINGS_SPEC,
}

Usage = t.Mapping[str, t.Mapping[str, t.Any]]


def _gathered(task: Task, existing: t.Mapping[str, profiles.State], usage: Usage) -> Result:
    name = task.params["name"]
    chosen = existing if name is None else {name: existing[name]} if name in existing else {}
    told = {
        name: {**state, **{key: usage.get(name, {}).get(key) for key in ("built_in", "phones")}}
        for name, state in chosen.items()
    }
    states = dict(chosen)
    return Result(changed=False, before=states, after=states, facts={"profiles": told})


def _require_removable(name: str, usage: Usage) -> None:
    used = usage.get(name, {})
    if used.get("built_in"):
        raise profiles.built_in_refusal(name)
    if used.get("phones"):
        raise Refusal(
            f"{name} is used by {counted(used['phones'], 'phone')}, so it was not removed.",
            code="profile_in_use",
            details={"profile": name, "phones": used["phones"]},
            remedy="Assign another profile to these phones first.",
        )


def _require_one_way(params: t.Mapping[str, t.Any]) -> None:
    """Raise InputError unless a task names its profiles either by C(profiles) or by its own options."""
    state, several = params["state"], params["profiles"]
    if several is None:
        if state in ("present", "absent") and not params["name"]:
            raise InputError(
                f"name is required when state is {state}.",
                code="name_missing",
                remedy="Set name to a profile; state gathered lists them.",
            )
        return
    beside = [option for option in ("name", *SETTINGS_SPEC) if params[option] is not None]
    if state != "present" or beside:
        raise InputError(
            f"profiles cannot be combined with {', '.join(beside) or f'state {state}'}.",
            remedy="With profiles, remove name and the settings outside the list, and set state to present.",
        )
    profiles.require_distinct(several)


def run(task: Task) -> Result:
    """Bring profiles to the desired state."""
    _require_one_way(task.params)
    state, name, cluster = task.params["state"], task.params["name"], task.cluster
    usage = functools.cache(lambda: profiles.usage(cluster))
    objects = profiles.objects(cluster, usage)
    if state == "restored":
        return configuration.restore(task, objects)
    if state == "gathered":
        return _gathered(task, objects.read(), usage())
    existing = objects.read()
    if state == "absent":
        if name in existing:
            _require_removable(name, usage())
        return configuration.bring(task, objects, {name: None})
    asked = [task.params] if task.params["profiles"] is None else task.params["profiles"]
    # Usage is read only for existing profiles: a new one is neither built in nor used.
    known = [profile["name"] for profile in asked if profile["name"] in existing]
    built_in = {each for each, used in usage().items() if used["built_in"]} if known else set()
    release = cluster.axl.release()
    wanted = {profile["name"]: profiles.wanted(profile, existing, release, built_in) for profile in asked}
    result = configuration.bring(task, objects, wanted)
    for each in known:
        phones = usage().get(each, {}).get("phones", 0) if result.before[each] != wanted[each] else 0
        if phones:
            task.warn(
                f"{each} is used by {counted(phones, 'phone')}, which apply the change when they are reset."
            )
    return result


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
