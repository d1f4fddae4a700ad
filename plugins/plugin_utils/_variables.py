# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of all variables that an operator writes. Pure; runs in the controller only.

What is checked, what "did you mean" knows, the defaults of the playbooks and the table in the README come from here. How the
cluster is reached comes from the options of the modules.
"""

from __future__ import annotations

import difflib
import fnmatch
import functools
import typing as t
from dataclasses import dataclass

import yaml

from ansible_collections.ucops.cucm.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import SHORTEST_CHANGE
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import CONNECTION_SPEC
from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight, rules, words
from ansible_collections.ucops.cucm.plugins.module_utils._x509 import chains
from ansible_collections.ucops.cucm.plugins.modules import compliance_report, phone_security_profile
from ansible_collections.ucops.cucm.plugins.plugin_utils._kinds import (
    ANYTHING,
    FLAG,
    PORT,
    TEXT,
    Kind,
    Problem,
    either,
    is_said,
    list_of,
    mapping_of,
    number,
    of_option,
    record,
    whole,
    word,
)

PREFIX = "cucm_"
EXTRA = "cucm_extra_variables"
HOSTS, SAVED = "cucm_hosts", "cucm_saved"
SECURITY_MODE, SIP_OAUTH_MODE = "cucm_security_mode", "cucm_sip_oauth_mode"
# By the key that C(wanted.sip_oauth) has for it; in the order in which the playbook adopt writes them.
SIP_OAUTH = {
    "mode": SIP_OAUTH_MODE,
    "clients": "cucm_sip_oauth_clients",
    "parameters": "cucm_sip_oauth_parameters",
    "ports": "cucm_sip_oauth_ports",
    "edge_roots": "cucm_sip_oauth_edge_roots",
    "expressway_c": "cucm_expressway_c",
    "expressway_c_exactly": "cucm_expressway_c_exactly",
    "profiles": "cucm_sip_oauth_profiles",
}
# The playbook plan is a rollout that ends before its first change.
ROLLOUT, COMPLIANCE, ADOPT = PLAYBOOKS = ("rollout", "compliance", "adopt")


@dataclass(frozen=True)
class Variable:
    """One variable.

    Attributes:
        name: With C(cucm_).
        kind: What its value may be.
        default: What is taken when it is not written; None when nothing is.
        meaning: For the documentation, in Markdown.
        playbooks: Those of PLAYBOOKS that use it.
        shown_default: The default in words, where the value says little.
        once: Whether it is one value for the whole run, and not one for each cluster.
        connects: Whether it says how a cluster is reached; the modules take it from the inventory themselves.
    """

    name: str
    kind: Kind
    default: t.Any
    meaning: str
    playbooks: tuple[str, ...]
    shown_default: str = ""
    once: bool = False
    connects: bool = False

    @property
    def secret(self) -> bool:
        """Whether its value is shown nowhere."""
        return bool(self.connects and CONNECTION_SPEC.get(self.name.removeprefix(PREFIX), {}).get("no_log"))


def _connection() -> t.Iterator[Variable]:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    for option, spec in CONNECTION_SPEC.items():
        described = documented[option]["description"]
        yield Variable(
            PREFIX + option,
            _STRUCTURED[option] if option in _STRUCTURED else of_option(option, spec),
            spec.get("default"),
            " ".join(described) if isinstance(described, list) else described,
            PLAYBOOKS,
            shown_default="`ansible_host`" if option == "publisher" else "",
            connects=True,
        )


_ADDRESS = record(
    "a mapping with address, https_port, ssh_port", {"address": TEXT, "https_port": PORT, "ssh_port": PORT}
)
_STRUCTURED = {
    "node_addresses": mapping_of(_ADDRESS, "a mapping of node names to address, https_port, ssh_port"),
    "ssh_host_key": mapping_of(TEXT, "a mapping of node names to keys or fingerprints"),
}
_NAMES = list_of(TEXT, "a list of names")
_EXPRESSWAY_C = record(
    "a mapping with host, description, subject_names",
    {"host": TEXT, "description": TEXT, "subject_names": _NAMES},
    required=("host",),
)
_PROFILE = record(
    "a mapping with name and settings",
    {option: of_option(option, spec) for option, spec in phone_security_profile.PROFILE_SPEC.items()},
    required=("name",),
)
_REPORT = compliance_report.ARGUMENT_SPEC


def _reported(option: str, what: str) -> Kind:
    return list_of(word(*_REPORT[option]["choices"]), f"a list of {what}")


def _certificates(value: t.Any, place: str, problem: Problem) -> t.Any:
    text = TEXT.read(value, place, problem)
    try:
        chains.read(str(text))
    except chains.Unreadable as error:
        problem(place, f"must be certificates in PEM form: {error}")
    return text


_PEM = Kind("a PEM text", _certificates)
_ROLLOUT_ONLY, _COMPLIANCE_ONLY, _ADOPT_ONLY = (ROLLOUT,), (COMPLIANCE,), (ADOPT,)
_INTENT = (ROLLOUT, COMPLIANCE)
_SECONDS, _POSITIVE_SECONDS = number(0, unit="seconds"), number(0, above=True, unit="seconds")
_DAYS = number(0, unit="days")

_VARIABLES: tuple[Variable, ...] = (
    Variable(
        SECURITY_MODE,
        word(words.MIXED, words.NON_SECURE, words.UNCHANGED),
        words.UNCHANGED,
        "Cluster security mode.",
        _INTENT,
    ),
    Variable(
        SIP_OAUTH_MODE,
        word(words.ENABLED, words.DISABLED, words.UNCHANGED),
        words.UNCHANGED,
        "SIP OAuth mode. A rollout needs at least one of the two modes.",
        _INTENT,
    ),
    Variable(
        "cucm_sip_oauth_clients",
        list_of(word("jabber", "phones"), "a list of jabber, phones"),
        [],
        "Who is to be served.",
        _INTENT,
        shown_default="what the release can",
    ),
    Variable(
        "cucm_sip_oauth_parameters",
        mapping_of(TEXT, "a mapping of enterprise parameters to texts"),
        {},
        "Enterprise parameters as the cluster stores them, in quotes.",
        _INTENT,
    ),
    Variable(
        "cucm_sip_oauth_ports",
        record("a mapping with sip_oauth, sip_oauth_mra", dict.fromkeys(words.SIP_OAUTH_PORTS, PORT)),
        {},
        "`sip_oauth` and `sip_oauth_mra`, on every node.",
        _INTENT,
        shown_default="stay as they are",
    ),
    Variable(
        "cucm_sip_oauth_edge_roots",
        list_of(_PEM, "a list of PEM texts", commas=False),
        None,
        "PEM texts of the CAs of Expressway-E; `[]` says there are none.",
        _INTENT,
        shown_default="not said",
    ),
    Variable(
        "cucm_expressway_c",
        list_of(_EXPRESSWAY_C, "a list of entries with host, description, subject_names"),
        [],
        "Entries with `host`, `description`, `subject_names`.",
        _INTENT,
    ),
    Variable(
        "cucm_expressway_c_exactly",
        FLAG,
        False,
        "Remove all other entries? An Expressway-C writes entries itself: name those too.",
        _INTENT,
    ),
    Variable(
        "cucm_sip_oauth_profiles",
        list_of(_PROFILE, "a list of profiles, each with name and settings"),
        [],
        "Phone security profiles to make ready, with the options of `ucops.cucm.phone_security_profile`.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_ctl_provider_nodes",
        either("publisher", "all", kind=_NAMES),
        "publisher",
        "Where the CTL Provider runs; `[]`: nowhere. Cisco's guides differ.",
        _INTENT,
    ),
    Variable(
        "cucm_ctl_restarts",
        word(rules.ALL, rules.NAMED),
        rules.ALL,
        "Services to restart after the CTL file changed: `all` that any source names, or only those `named` by the device's own text.",
        _INTENT,
    ),
    Variable(
        "cucm_auto_registration",
        word("any", words.ENABLED, words.DISABLED),
        "any",
        "What auto-registration is meant to be.",
        _INTENT,
    ),
    Variable(
        "cucm_attestations",
        mapping_of(FLAG, "a mapping of check ids to true or false", preflight.names),
        {},
        "Check id to true, for what no interface reports.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_accept",
        list_of(word(*preflight.names()), "a list of check ids"),
        [],
        "Ids of checks whose failure you accept.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_repeat_ctl_update",
        FLAG,
        False,
        "Update the CTL file again although its last update left the reasons for it? Give it with `-e`, for one run.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_consent_to_restarts",
        FLAG,
        False,
        "May services be restarted, one node at a time?",
        _ROLLOUT_ONLY,
    ),
    Variable("cucm_consent_to_outage", FLAG, False, "Even if only one node runs CallManager?", _ROLLOUT_ONLY),
    Variable(
        "cucm_backup_max_age_days", _DAYS, 7, "Oldest good backup that the preflight takes.", _ROLLOUT_ONLY
    ),
    Variable(
        "cucm_certificate_min_days",
        _DAYS,
        30,
        "How long certificates must still be valid for the preflight.",
        _ROLLOUT_ONLY,
    ),
    Variable("cucm_wait_timeout", _POSITIVE_SECONDS, 600, "For a service to come.", _ROLLOUT_ONLY),
    Variable(
        "cucm_poll_interval", _POSITIVE_SECONDS, 5, "Between two readings while waiting.", _ROLLOUT_ONLY
    ),
    Variable("cucm_stable_for", _SECONDS, 10, "A restarted service must stay up this long.", _ROLLOUT_ONLY),
    Variable(
        "cucm_change_timeout",
        number(SHORTEST_CHANGE, unit="seconds"),
        900,
        "How long a changing command may take; until then it is under way, and neither sent again nor given up. "
        "Never less than it can take: a shorter time lets it be sent again while it runs.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_settle_interval",
        _POSITIVE_SECONDS,
        30,
        "Between the two readings that settle an unconfirmed command (device time).",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_plan_only",
        FLAG,
        False,
        "Has a rollout end after its plan, as the playbook plan always does.",
        _ROLLOUT_ONLY,
    ),
    Variable(
        "cucm_compliance",
        mapping_of(ANYTHING, "a mapping with controls, waivers and intent"),
        {},
        "What the site says: `controls`, `waivers`, `intent`.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_fail_on",
        _reported("fail_on", "verdicts"),
        _REPORT["fail_on"]["default"],
        "Verdicts that end the run non-zero.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_compliance_directory",
        TEXT,
        "cucm-compliance",
        "Where the report is written.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_compliance_deadline",
        _POSITIVE_SECONDS,
        300,
        "How long the reading of one cluster may take.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_compliance_formats",
        _reported("formats", "formats"),
        _REPORT["formats"]["default"],
        "What is written.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_compliance_keep",
        whole(0),
        _REPORT["keep"]["default"],
        "How many earlier reports the trend goes back.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        "cucm_compliance_retired",
        _NAMES,
        [],
        "Names of clusters that are gone, so that the report keeps nothing of them.",
        _COMPLIANCE_ONLY,
        once=True,
    ),
    Variable(
        SAVED,
        TEXT,
        None,
        "A directory of answers or a file of facts that `compliance` judges in place of this cluster. The others refuse it.",
        PLAYBOOKS,
        shown_default="ask the cluster",
    ),
    Variable(
        "cucm_adopt_directory",
        TEXT,
        None,
        "Where the directories of hosts are.",
        _ADOPT_ONLY,
        shown_default="`host_vars` beside the inventory",
    ),
    Variable(
        "cucm_adopt_overwrite",
        FLAG,
        False,
        "Write over a file that was edited, or that somebody else wrote?",
        _ADOPT_ONLY,
    ),
    Variable(
        HOSTS,
        list_of(TEXT, "a pattern of hosts, or a list of them"),
        ["cucm"],
        "Which inventory hosts are clusters. It is read before any host is known: give it with `-e`.",
        PLAYBOOKS,
        once=True,
    ),
    Variable(
        EXTRA,
        _NAMES,
        [],
        "Names, or patterns such as `cucm_site_*`, of your own variables that begin with `cucm_`.",
        PLAYBOOKS,
    ),
)

TABLE: dict[str, Variable] = {each.name: each for each in (*_VARIABLES, *_connection())}


def read(name: str, value: t.Any) -> tuple[t.Any, list[str]]:
    """Return what a value of a variable says, its default when it says nothing, and what is wrong with it, one line each."""
    variable = TABLE[name]
    if not is_said(value):
        return variable.default, []
    found: list[str] = []
    kept = variable.kind.read(value, name, lambda place, what: found.append(f"{place}: {what}."))
    return kept, found


def settings(given: t.Mapping[str, t.Any], playbook: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return the value of every variable of a playbook that says nothing of how a cluster is reached, and what is wrong.

    Args:
        given: Variable to value, as Ansible renders it.
        playbook: One of PLAYBOOKS.
    """
    values: dict[str, t.Any] = {}
    found: list[str] = []
    for variable in of(playbook):
        if not variable.connects:
            values[variable.name], problems = read(variable.name, given.get(variable.name))
            found += problems
    return values, found + rules(given, playbook)


def sip_oauth_of(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what variables say of SIP OAuth, as C(wanted.sip_oauth) takes it; empty when it is to stay as it is."""
    if values.get(SIP_OAUTH_MODE, words.UNCHANGED) == words.UNCHANGED:
        return {}
    return {key: values[name] for key, name in SIP_OAUTH.items() if name in values}


def of(playbook: str) -> list[Variable]:
    """Return the variables that a playbook uses."""
    return [each for each in TABLE.values() if playbook in each.playbooks]


def rules(given: t.Mapping[str, t.Any], playbook: str) -> list[str]:
    """Return the problems that variables have together, one line each; C(given) as for C(settings)."""
    found = []
    modes = [given.get(name) for name in (SECURITY_MODE, SIP_OAUTH_MODE)]
    if playbook == ROLLOUT and not any(is_said(mode) and mode != words.UNCHANGED for mode in modes):
        found.append(
            f"{SECURITY_MODE}: neither it nor {SIP_OAUTH_MODE} says what is wanted; set {SECURITY_MODE} to mixed or non_secure, "
            f"{SIP_OAUTH_MODE} to enabled or disabled, or both."
        )
    if playbook != COMPLIANCE and is_said(given.get(SAVED)):
        found.append(
            f"{SAVED}: only the playbook compliance takes saved answers for a cluster, and this one would ask the cluster itself; "
            "remove it, or leave the host out with --limit."
        )
    return found


def unknown(names: t.Iterable[str], extra: t.Sequence[str] = ()) -> list[str]:
    """Return a line for each name that looks like a variable of the table but is not in it.

    Args:
        names: Of all variables there are, others too.
        extra: Names and patterns of a site's own variables.
    """
    return [
        f"{name}: there is no such variable{_nearest(name)}. Correct it, or name your own in {EXTRA}."
        for name in sorted(name for name in names if name.lower().startswith(PREFIX) and name not in TABLE)
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in extra)
    ]


def too_wide(extra: t.Sequence[str]) -> list[str]:
    """Return a line for each pattern of C(cucm_extra_variables) that would hide a mistyped name, because it fits a known one."""
    return [
        f"{EXTRA}: {pattern} fits {fits[0]} too; name your own variables more closely."
        for pattern in extra
        for fits in [fnmatch.filter(TABLE, pattern)]
        if fits
    ]


@functools.cache
def _nearest(name: str) -> str:
    # What all names begin with makes none of them alike.
    like = difflib.get_close_matches(
        name.lower().removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in TABLE], n=1
    )
    return f" (did you mean {PREFIX}{like[0]}?)" if like else ""
