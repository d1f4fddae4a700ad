# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control is, and the controls that come with the collection. PRIVATE to the collection.

Pure. The catalogue is in the form in which a site writes its own controls, and goes through the same validation.
References are rules of DISA's EVVM Session Management SRG, V1R2 (cli-facts 8 [V]).
"""

from __future__ import annotations

import difflib
import re
import typing as t
from dataclasses import dataclass, replace

from .._facts.model import AXL, CLI_0, CLI_1, CLI_4, CONTROL_CENTER, STATE, SUBSETS
from . import judges_generic, vulnerabilities
from .judges import JUDGES
from .options import Judge

SEVERITIES = ("high", "medium", "low")
KEYS = ("id", "title", "severity", "references", "reads", "privilege", "judge", "with", "remedy", "intent")
# What a site writes; enabled is taken before a control is built.
_WRITTEN = (*KEYS, "enabled")
_REQUIRED = ("id", "title", "severity", "judge")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CLI = (CLI_0, CLI_1, CLI_4)

# Takes the place in the configuration, and what is wrong there with what to do about it.
Problem = t.Callable[[str, str], None]


@dataclass(frozen=True)
class Control:
    """A control.

    Attributes:
        id: Its name in configurations and reports.
        title: What is true when it passes.
        severity: C(high), C(medium) or C(low).
        references: Ids of rules it answers to.
        reads: The subsets of C(cluster_info) it needs.
        privilege: What an account needs to read them.
        judge: The name of its judge.
        with_: The judge's options, defaults filled in.
        remedy: What to do when it fails.
        intent: What it takes from the site's intent, and what it assumes without one.
        texts: Title and remedy with names of options in braces; None when they have no such names.
    """

    id: str
    title: str
    severity: str
    references: tuple[str, ...]
    reads: tuple[str, ...]
    privilege: str
    judge: str
    with_: t.Mapping[str, t.Any]
    remedy: str
    intent: str
    texts: tuple[str, str] | None = None

    def with_options(self, severity: str, options: t.Mapping[str, t.Any]) -> Control:
        """Return the control with another severity and other options; its title and remedy name them."""
        title, remedy = _filled(self.texts, options) if self.texts else (self.title, self.remedy)
        return replace(self, severity=severity, with_=options, title=title, remedy=remedy)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Every verdict it can come to, but for C(waived)."""
        return JUDGES[self.judge].verdicts

    def as_report(self) -> dict[str, t.Any]:
        """Return its entry in a report."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity,
            "references": list(self.references),
            "reads": list(self.reads),
            "privilege": self.privilege,
            "remedy": self.remedy,
        }


def build(
    entry: t.Mapping[str, t.Any], place: str, problem: Problem, names_options: bool = False
) -> Control | None:
    """Return the control an entry describes, or None if it has problems, each of which is reported.

    Args:
        entry: A mapping with KEYS.
        place: Where it stands, for example C(controls[2]).
        problem: Takes each problem.
        names_options: Whether title and remedy have names of options in braces.
    """
    found: list[str] = []

    def wrong(where: str, what: str) -> None:
        found.append(where)
        problem(where, what)

    _check_keys(entry, place, wrong)
    if f"{place}.severity" not in found:
        check_severity(entry["severity"], f"{place}.severity", wrong)
    _check_optional(entry, place, wrong)
    judge, options = _judge(entry, place, wrong)
    if found or judge is None:
        return None
    reads = _reads(judge, options, entry.get("reads", ()))
    texts = (entry["title"].strip(), entry.get("remedy", "").strip())
    title, remedy = _filled(texts, options) if names_options else texts
    return Control(
        id=entry["id"],
        title=title,
        severity=entry["severity"],
        references=tuple(entry.get("references", ())),
        reads=reads,
        privilege=entry.get("privilege") or _privilege(reads),
        judge=entry["judge"],
        with_=options,
        remedy=remedy,
        intent=entry.get("intent", "").strip(),
        texts=texts if names_options else None,
    )


def _check_keys(entry: t.Mapping[str, t.Any], place: str, wrong: Problem) -> None:
    """Report missing and unknown keys, and an invalid id."""
    for key in _REQUIRED:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            wrong(
                f"{place}.{key}",
                "is missing: give a text" if key not in entry else "must be a text that says something",
            )
    for key in entry:
        if key not in KEYS:
            wrong(
                f"{place}.{key}",
                f"is not known{nearest(str(key), _WRITTEN)}; a control has {', '.join(_WRITTEN)}",
            )
    if isinstance(entry.get("id"), str) and not _ID.fullmatch(entry["id"]):
        wrong(f"{place}.id", "must be lower-case letters, digits and hyphens, 64 at most")


def _check_optional(entry: t.Mapping[str, t.Any], place: str, wrong: Problem) -> None:
    """Report optional texts and lists of texts that are something else, and subsets that cluster_info does not have."""
    for key in ("privilege", "remedy", "intent"):
        if not isinstance(entry.get(key, ""), str):
            wrong(f"{place}.{key}", "must be a text")
    for key in ("references", "reads"):
        value = entry.get(key, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) and each for each in value):
            wrong(f"{place}.{key}", "must be a list of texts")
        elif key == "reads":
            for subset in value:
                if subset not in SUBSETS:
                    wrong(
                        f"{place}.reads",
                        f"{subset!r} is not a subset of cluster_info{nearest(subset, SUBSETS)}",
                    )


def _judge(entry: t.Mapping[str, t.Any], place: str, wrong: Problem) -> tuple[Judge | None, dict[str, t.Any]]:
    """Return the judge that the entry names (None if there is no such judge) and its options."""
    judge = JUDGES.get(str(entry.get("judge")))
    if judge is not None:
        return judge, check_options(judge, entry.get("with", {}), f"{place}.with", wrong)
    if isinstance(entry.get("judge"), str):
        wrong(
            f"{place}.judge",
            f"there is no judge {entry['judge']!r}{nearest(entry['judge'], JUDGES)}; there are {', '.join(JUDGES)}",
        )
    return None, {}


def _filled(texts: tuple[str, str], options: t.Mapping[str, t.Any]) -> tuple[str, str]:
    title, remedy = (text.format(**options) for text in texts)
    return title, remedy


def check_severity(value: t.Any, place: str, problem: Problem) -> None:
    """Report a value that is not a severity."""
    if value not in SEVERITIES:
        problem(place, f"must be {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, not {str(value)[:80]!r}")


def check_options(judge: Judge, given: t.Any, place: str, problem: Problem) -> dict[str, t.Any]:
    """Return a judge's options with defaults filled in; report what is wrong with them."""
    if not isinstance(given, dict):
        problem(place, "must be a mapping of the judge's options")
        return {}
    known = ", ".join(judge.options) or "none"
    for name, value in given.items():
        option = judge.options.get(name)
        if option is None:
            problem(
                f"{place}.{name}", f"is not known{nearest(str(name), judge.options)}; the judge has {known}"
            )
        elif option.check(value):
            problem(f"{place}.{name}", f"{option.check(value)}, not {str(value)[:80]!r}")
    for name, option in judge.options.items():
        if option.required and name not in given:
            problem(f"{place}.{name}", "is missing; the judge needs it")
    return {name: given.get(name, option.default) for name, option in judge.options.items()}


def nearest(word: str, words: t.Iterable[str]) -> str:
    """Return a "did you mean" for a word; empty when no known word is like it."""
    like = difflib.get_close_matches(word, list(words), n=1)
    return f" (did you mean {like[0]}?)" if like else ""


def _reads(judge: Judge, options: t.Mapping[str, t.Any], given: t.Iterable[str]) -> tuple[str, ...]:
    path = judges_generic.reads(options["path"]) if "path" in options else ()
    needed = {*judge.subsets, *path, *given}
    return tuple(subset for subset in SUBSETS if subset in needed)


def _privilege(reads: t.Sequence[str]) -> str:
    needed = {SUBSETS[subset].needs for subset in reads}
    # Who may run a command of a level may run those below.
    highest = next((level for level in reversed(_CLI) if level in needed), "")
    other = [who for who in (AXL, CONTROL_CENTER) if who in needed]
    return ", ".join([*other, *([highest] if highest else [])]) or STATE


_MIXED = (
    "security_mode; without it mixed mode is wanted, unless the cluster has or is to have SIP OAuth mode, as the guide takes either. "
    "unchanged: either is right."
)
_MIXES = "security_mode and sip_oauth_mode; nothing is judged where mixed mode is neither on nor wanted."
_NO_MODE = "None; it has nothing to judge unless the cluster is in mixed mode."
_ACTIVATED = (
    "When witnesses contradict, find out by hand whether the service is activated before anything is changed."
)
_RENEW = (
    "Renew it, one certificate at a time and never CallManager and TVS together, each when the phones were reset after the one before; "
    "then update the CTL file, restart what is due, and reset the phones in batches."
)
_RENEW_TOMCAT = (
    "Renew it. In SIP OAuth mode, restart CallManager of the node afterwards before release 14; from 14 on, reset the phones "
    "that use SIP OAuth instead. Where Tomcat's certificate is reused for CallManager, this renews both: update the CTL file, and reset "
    "the phones."
)
_BY_DATABASE = f"{AXL}; with {CLI_1} it is compared with what the nodes print, which counts"
_UPDATE_CTL = "Run utils ctl update CTLFile (ucops.cucm.ctl_file), restart what is due, then reset the phones in batches."

CATALOGUE: tuple[dict[str, t.Any], ...] = (
    {
        "id": "cluster-security-mode",
        "title": "Cluster security mode is as intended",
        "severity": "high",
        "references": ["V-260034", "V-260027"],
        "judge": "cluster_security_mode",
        "remedy": "When witnesses contradict, compare show ctl of each node with Enterprise Parameters by hand before anything is "
        "changed. Otherwise run the playbook rollout with cucm_security_mode.",
        "intent": _MIXED,
    },
    {
        "id": "sip-oauth-mode",
        "title": "SIP OAuth mode is as intended",
        "severity": "high",
        "references": ["V-260034"],
        "judge": "sip_oauth_mode",
        "remedy": "Run the playbook rollout with cucm_sip_oauth_mode.",
        "intent": "sip_oauth_mode; without it, or unchanged, nothing is judged.",
    },
    {
        "id": "phones-secure",
        "title": "Phones are authenticated: by their profile, the mode it needs, and a certificate",
        "severity": "medium",
        "references": ["V-260027"],
        "judge": "phone_security",
        "with": {"level": "authenticated", "max_share_percent": 0},
        "remedy": "Give the phones secure profiles, turn on the mode the profiles need, and let CAPF install certificates (LSC) on "
        "those that have none of their manufacturer (MIC). In mixed mode with non-secure phones nothing is secure.",
    },
    {
        "id": "phones-encrypted",
        "title": "Phones encrypt: by their profile, the mode it needs, and a certificate",
        "severity": "high",
        "references": ["V-260034"],
        "judge": "phone_security",
        "with": {"level": "encrypted", "max_share_percent": 0},
        "remedy": "Give the phones profiles with the device security mode encrypted, by mixed mode or by SIP OAuth, and let CAPF install "
        "certificates (LSC) where the profile is not for SIP OAuth and the phones have none of their manufacturer (MIC).",
    },
    {
        "id": "phone-certificates",
        "title": "Phones on secure profiles have a certificate, and no operation of CAPF failed",
        "severity": "medium",
        "references": ["V-260027"],
        "judge": "phone_certificates",
        "with": {"max_share_percent": 0, "mic": "counts"},
        "remedy": "Let CAPF install certificates (LSC), and look at the phones whose operation failed. A phone without an LSC uses the "
        "certificate of its manufacturer (MIC) if it has one, as long as CallManager trusts the manufacturer's CA. If your site wants "
        "an LSC on every phone, set mic to does_not_count.",
    },
    {
        "id": "sip-trunks-secure",
        "title": "SIP trunks in use encrypt by TLS",
        "severity": "medium",
        "references": ["V-260028"],
        "judge": "sip_trunks",
        "with": {"level": "encrypted", "except_profiles": []},
        "remedy": "Give the trunks a SIP trunk security profile with Encrypted and TLS both ways. A trunk to IM and Presence stays as it "
        "is: name its profile in except_profiles.",
    },
    {
        "id": "sip-trunks-media",
        "title": "SIP trunks that encrypt their signalling allow SRTP",
        "severity": "high",
        "references": ["V-260034"],
        "judge": "sip_trunks_media",
        "with": {"except_profiles": []},
        "remedy": "Turn on SRTP Allowed on the trunks. Without it their media is not encrypted; with it and without encrypted signalling "
        "the keys can be read.",
    },
    {
        "id": "sip-trunks-peer",
        "title": "SIP trunks with TLS name the certificate of their peer",
        "severity": "medium",
        "references": ["V-260028"],
        "judge": "sip_trunks_peer",
        "with": {"except_profiles": []},
        "remedy": "Enter the X.509 subject name of the peer's certificate in the SIP trunk security profile.",
    },
    {
        "id": "tftp-encrypted-config",
        "title": "Configuration files of encrypted phones are encrypted",
        "severity": "high",
        "references": ["V-260034"],
        "judge": "tftp_encryption",
        "with": {"clients": "told"},
        "remedy": "Turn the encrypted TFTP configuration on in the profile, or give desk phones a profile with SIP OAuth. The "
        "configuration of a client (Jabber) is encrypted only without SIP OAuth and with a certificate (LSC); if your site wants that, "
        "set clients to judged.",
    },
    {
        "id": "profile-key-size",
        "title": "Secure profiles ask for keys of sufficient size",
        "severity": "low",
        "judge": "profile_key_size",
        "with": {"min_bits": 2048},
        "remedy": "Raise the key size in the profile; a phone gets it with its next certificate.",
    },
    {
        "id": "sip-oauth-profiles",
        "title": "Profiles with SIP OAuth have nothing that does not go with it",
        "severity": "medium",
        "judge": "sip_oauth_profiles",
        "remedy": "Set the profile to encrypted and TLS, without digest authentication and without an encrypted TFTP configuration.",
    },
    {
        "id": "phone-edge-trust",
        "title": "Phones trust what they meet in SIP OAuth mode",
        "severity": "high",
        "judge": "phone_edge_trust",
        "remedy": "Upload the missing roots together with ucops.cucm.trust_certificate.",
        "intent": "sip_oauth_mode, sip_oauth_clients and edge_roots; nothing is judged unless SIP OAuth mode is wanted. Without the others "
        "what the release can serve, and the roots of the cluster's own Tomcat certificates.",
    },
    {
        "id": "oauth-parameters",
        "title": "OAuth parameters are as intended",
        "severity": "medium",
        "judge": "oauth_parameters",
        "remedy": "Set them with ucops.cucm.enterprise_parameter.",
        "intent": "parameters; without it nothing is judged.",
    },
    {
        "id": "sip-oauth-ports",
        "title": "CallManager listens on its SIP OAuth ports",
        "severity": "high",
        "judge": "sip_oauth_ports",
        "remedy": "Restart CallManager of the node (role rollout, tasks_from restart), or set the ports with ucops.cucm.callmanager_ports.",
        "intent": "sip_oauth_ports; without it the ports the cluster has. Nothing is judged unless the mode is enabled.",
    },
    {
        "id": "expressway-c-entries",
        "title": "Expressway-C entries are as intended",
        "severity": "medium",
        "judge": "expressway_c",
        "remedy": "Set them with ucops.cucm.expressway_c.",
        "intent": "expressway_c and expressway_c_exactly; without entries nothing is judged.",
    },
    {
        "id": "capf-running",
        "title": "CAPF is activated and started on the publisher",
        "severity": "medium",
        "judge": "capf",
        "remedy": f"{_ACTIVATED} Otherwise activate it (ucops.cucm.service_activation) and update the CTL file afterwards.",
        "intent": _MIXES,
    },
    {
        "id": "ctl-provider-running",
        "title": "CTL Provider is activated and started where it is wanted",
        "severity": "low",
        "judge": "ctl_provider",
        "remedy": f"{_ACTIVATED} Otherwise activate it with ucops.cucm.service_activation.",
        "intent": "ctl_provider_nodes; without it the publisher. And " + _MIXES,
    },
    {
        "id": "ctl-present",
        "title": "Every TFTP node has a CTL file",
        "severity": "high",
        "judge": "ctl_present",
        "remedy": _UPDATE_CTL,
        "intent": _NO_MODE,
    },
    {
        "id": "ctl-verified",
        "title": "The CTL file verifies on every TFTP node",
        "severity": "high",
        "judge": "ctl_verified",
        "remedy": _UPDATE_CTL,
        "intent": _NO_MODE,
    },
    {
        "id": "ctl-equal",
        "title": "The CTL file is the same on every TFTP node",
        "severity": "high",
        "judge": "ctl_equal",
        "remedy": "When witnesses contradict, compare show ctl of the nodes by hand. Bring every node up before "
        "utils ctl update CTLFile (ucops.cucm.ctl_file) is run.",
        "intent": _NO_MODE,
    },
    {
        "id": "ctl-fits-mode",
        "title": "The CTL file of every node is one of the cluster's mode",
        "severity": "high",
        "judge": "ctl_mode",
        "remedy": "When witnesses contradict, compare show ctl with Enterprise Parameters by hand before anything is changed. A file that "
        "does not verify is made anew by utils ctl update CTLFile (ucops.cucm.ctl_file).",
    },
    {
        "id": "ctl-signer",
        "title": "The CTL file is signed by whom the release expects",
        "severity": "medium",
        "judge": "ctl_signer",
        "privilege": f"{AXL}, {CLI_0}; with {CLI_1} the signer is compared by its serial number, else by its name",
        "remedy": "Run utils ctl update CTLFile (ucops.cucm.ctl_file) and look whether the signer changed after an upgrade.",
        "intent": _NO_MODE,
    },
    {
        "id": "no-restart-due",
        "title": "No restart is due",
        "severity": "medium",
        "judge": "restart_duties",
        "privilege": f"{AXL}, {CONTROL_CENTER}, {CLI_0}; with {CLI_1} it goes by the certificates that the nodes print",
        "remedy": "Run the playbook rollout again, or the role rollout with tasks_from restart; then reset the phones in batches.",
        "intent": "ctl_restarts; where it is named, only the services that the device named after a change of the CTL file are judged.",
    },
    {
        "id": "no-ctl-update-due",
        "title": "The CTL file matches the nodes and certificates of the cluster",
        "severity": "medium",
        "judge": "ctl_update_duties",
        "remedy": f"{_UPDATE_CTL} If the last update left the reasons for it, compare show ctl with the nodes by hand first.",
        "intent": _NO_MODE,
    },
    {
        "id": "no-unsettled-command",
        "title": "No command was sent whose outcome is not known",
        "severity": "medium",
        "judge": "unsettled_commands",
        "remedy": "Run the playbook rollout again; it settles the outcome before it does anything else.",
    },
    {
        "id": "phone-resets-done",
        "title": "Phones were reset after the last change that they apply at a reset",
        "severity": "high",
        "judge": "phone_resets",
        "remedy": "Reset the phones in batches, and do not renew certificates before they are back. Then record it with the module "
        "ucops.cucm.phone_reset and reset_at.",
    },
    {
        "id": "services-up",
        "title": "Activated services are started",
        "severity": "high",
        "judge": "services_up",
        "remedy": "When witnesses contradict, find out by hand whether the service is to run. Otherwise start it with "
        "ucops.cucm.service_control, or deactivate what is not wanted.",
    },
    {
        "id": "tvs-up",
        "title": "The Trust Verification Service is up on every node",
        "severity": "high",
        "judge": "tvs",
        "remedy": f"{_ACTIVATED} Otherwise start it with ucops.cucm.service_control; phones ask it whom to trust.",
    },
    {
        "id": "callmanager-reachable",
        "title": "Every CallManager that is activated is up and listens for phones",
        "severity": "high",
        "judge": "callmanager_reachable",
        "remedy": "When witnesses contradict, look at the node by hand: it is reported up and does not listen. Otherwise start it. A port "
        "that was moved on purpose (2000 and 5060) is a reason to switch this control off.",
    },
    {
        "id": "licence-registered",
        "title": "The cluster is registered with Smart Licensing",
        "severity": "medium",
        "judge": "licence_registered",
        "remedy": "Register it with ucops.cucm.smart_license.",
    },
    {
        "id": "licence-authorized",
        "title": "The licence is authorized",
        "severity": "medium",
        "judge": "licence_authorized",
        "remedy": "Settle the licence usage, then renew the authorization with ucops.cucm.smart_license.",
    },
    {
        "id": "licence-export-control",
        "title": "Export-controlled functionality is allowed",
        "severity": "high",
        "judge": "licence_export_control",
        "remedy": "Register again with a token that allows it; without it a CTL update is refused.",
        "intent": "security_mode and sip_oauth_mode; nothing is judged where neither mode is on or wanted.",
    },
    {
        "id": "publisher-certificates-expiry",
        "title": "Certificates of the publisher are valid for {min_days} days",
        "severity": "high",
        "privilege": _BY_DATABASE,
        "judge": "publisher_certificate_validity",
        "with": {"min_days": 30},
        "remedy": _RENEW,
    },
    {
        "id": "publisher-certificates-expiry-early",
        "title": "Certificates of the publisher are valid for {min_days} days",
        "severity": "low",
        "privilege": _BY_DATABASE,
        "judge": "publisher_certificate_validity",
        "with": {"min_days": 90},
        "remedy": _RENEW,
    },
    {
        "id": "tomcat-certificates-expiry",
        "title": "Tomcat certificates of every node are valid for {min_days} days",
        "severity": "high",
        "privilege": _BY_DATABASE,
        "judge": "tomcat_certificate_validity",
        "with": {"min_days": 30},
        "remedy": _RENEW_TOMCAT,
    },
    {
        "id": "tomcat-certificates-expiry-early",
        "title": "Tomcat certificates of every node are valid for {min_days} days",
        "severity": "low",
        "privilege": _BY_DATABASE,
        "judge": "tomcat_certificate_validity",
        "with": {"min_days": 90},
        "remedy": _RENEW_TOMCAT,
    },
    {
        "id": "node-certificates-expiry",
        "title": "The other certificates of every node are valid for {min_days} days",
        "severity": "high",
        "privilege": _BY_DATABASE,
        "judge": "node_certificate_validity",
        "with": {"min_days": 30},
        "remedy": _RENEW,
    },
    {
        "id": "node-certificates-expiry-early",
        "title": "The other certificates of every node are valid for {min_days} days",
        "severity": "low",
        "privilege": _BY_DATABASE,
        "judge": "node_certificate_validity",
        "with": {"min_days": 90},
        "remedy": _RENEW,
    },
    {
        "id": "trust-certificates-expiry",
        "title": "Certificates in trust stores have not expired",
        "severity": "low",
        "judge": "trust_certificate_validity",
        "with": {"min_days": 0},
        "remedy": "Delete those that are not needed from the trust stores, and upload the new ones of what still is: a CA is needed whose "
        "certificates phones or trunks show.",
    },
    {
        "id": "certificates-agree",
        "title": "The database has the certificates that the nodes show",
        "severity": "medium",
        "judge": "certificate_agreement",
        "remedy": "When witnesses contradict, compare show cert own of the node with the certificates in its web page by hand: the node "
        "serves what it prints. Look at database replication and at Cisco Certificate Change Notification first.",
    },
    {
        "id": "certificate-purposes",
        "title": "Certificates signed by a CA may be used for server and client authentication",
        "severity": "medium",
        "privilege": _BY_DATABASE,
        "judge": "certificate_purposes",
        "remedy": "Have it signed again with the extended key usage that its signing request asks for. Public CAs stop client "
        "authentication (field notice 74345): use a CA that still has it, such as one of your own.",
    },
    {
        "id": "itl-size",
        "title": "Phones can load the ITL file of every node",
        "severity": "high",
        "privilege": _BY_DATABASE,
        "judge": "itl_size",
        "remedy": "Delete from Phone-SAST-trust what was imported from other clusters and is not needed. Phones do not load an ITL file "
        "over 64 kB, and fail to register.",
    },
    {
        "id": "publisher-key-size",
        "title": "Keys of the publisher's certificates are of sufficient size",
        "severity": "medium",
        "privilege": _BY_DATABASE,
        "judge": "publisher_key_size",
        "with": {"min_rsa_bits": 2048, "min_ec_bits": 256},
        "remedy": _RENEW,
    },
    {
        "id": "tomcat-key-size",
        "title": "Keys of the nodes' Tomcat certificates are of sufficient size",
        "severity": "medium",
        "privilege": _BY_DATABASE,
        "judge": "tomcat_key_size",
        "with": {"min_rsa_bits": 2048, "min_ec_bits": 256},
        "remedy": "Renew it with a longer key.",
    },
    {
        "id": "node-key-size",
        "title": "Keys of the nodes' other certificates are of sufficient size",
        "severity": "medium",
        "privilege": _BY_DATABASE,
        "judge": "node_key_size",
        "with": {"min_rsa_bits": 2048, "min_ec_bits": 256},
        "remedy": _RENEW,
    },
    {
        "id": "itlrecovery-key-size",
        "title": "The key of ITLRecovery is of sufficient size",
        "severity": "high",
        "privilege": _BY_DATABASE,
        "judge": "itlrecovery_key_size",
        "with": {"min_bits": 2048},
        "remedy": "Regenerate ITLRecovery, update the CTL file, and restart phones before any other certificate is renewed.",
    },
    {
        "id": "not-prepared-for-rollback",
        "title": "The cluster is not prepared for rollback to pre 8.0",
        "severity": "high",
        "judge": "rollback_flag",
        "remedy": "Set Prepare Cluster for Rollback to pre 8.0 to False; phones restart.",
    },
    {
        "id": "auto-registration",
        "title": "Auto-registration is as intended",
        "severity": "high",
        "references": ["V-259988"],
        "judge": "auto_registration",
        "remedy": "Change it at System > Cisco Unified CM.",
        "intent": "auto_registration; without it it is to be disabled, as the guide wants it. any: nothing is judged.",
    },
    {
        "id": "tls-minimum",
        "title": "Every node accepts TLS {min_version} and later only",
        "severity": "high",
        "references": ["V-260046", "V-259995"],
        "judge": "tls_minimum",
        "with": {"min_version": "1.2"},
        "remedy": "Run set tls min-version on the node, in a maintenance window: it restarts, or the whole cluster must be. With 1.3 "
        "phones and trunks whose mode is authenticated do not work any more.",
    },
    {
        "id": "release-vulnerabilities",
        "title": "No node has a critical vulnerability that is known of its release",
        "severity": "high",
        "references": [each.cve for each in vulnerabilities.KNOWN],
        "judge": "vulnerabilities",
        "remedy": "Upgrade to the fixed release, or install the patch file (COP) of the advisory on every node. For CVE-2026-20230 the "
        f"service {vulnerabilities.WEBDIALER} may be deactivated until then. The collection knows what was published by "
        f"{vulnerabilities.AS_OF}: watch the vendor's advisories for later ones.",
    },
    {
        "id": "authenticated-with-tls-1-3",
        "title": "Nothing that is only authenticated meets a node that takes TLS 1.3 alone",
        "severity": "high",
        "judge": "authenticated_with_tls_1_3",
        "remedy": "Give the phones and trunks profiles with the mode encrypted before you set the TLS minimum to 1.3, or run set tls "
        "min-version 1.2 on the nodes.",
    },
    {
        "id": "account-lockout",
        "title": "Every node locks a platform account after {max_attempts} failed logons at most",
        "severity": "medium",
        "judge": "account_lockout",
        "with": {"max_attempts": 3},
        "remedy": "Run set accountlocking enable and set accountlocking count {max_attempts} on the node. The node unlocks the account by "
        "itself after an hour at most: no setting of platform accounts meets V-260035, which wants it locked until an administrator "
        "releases it.",
    },
    {
        "id": "session-limit",
        "title": "Every node allows {max_sessions} SSH sessions at a time at most",
        "severity": "medium",
        "references": ["V-259994"],
        "judge": "session_limit",
        "with": {"max_sessions": 10},
        "remedy": "Run set session maxlimit {max_sessions} on the node. The guide leaves the number to the organisation, and the product "
        "comes with 10: write your own as max_sessions. These are the sessions by SSH. Those of the web interfaces have a limit of their "
        "own (set webapp session maxlimit) that no documented command shows.",
    },
    {
        "id": "no-remote-account",
        "title": "No node has a remote account of the vendor's support that works",
        "severity": "medium",
        "judge": "remote_account",
        "remedy": "Run utils remote_account disable on the node when the support case is closed.",
    },
    {
        "id": "ldap-encrypted",
        "title": "Directory servers that check passwords are asked by TLS",
        "severity": "high",
        "judge": "ldap_encrypted",
        "remedy": "Turn on Use TLS for the servers at System > LDAP > LDAP Authentication, with a port that has it, and upload the "
        "certificate of the directory to tomcat-trust first.",
    },
    {
        "id": "directory-logins",
        "title": "Users log in by single sign-on or by the organisation's directory",
        "severity": "high",
        "references": ["V-260010"],
        "judge": "directory_logins",
        "remedy": "Turn on SAML single sign-on, or LDAP authentication, with the vendor's guide.",
        "intent": "directory_logins; the security guide wants it, but nothing is judged unless it is required here.",
    },
    {
        "id": "fips-mode",
        "title": "Every node operates in FIPS mode",
        "severity": "high",
        "references": ["V-260016", "V-260039"],
        "judge": "fips_mode",
        "remedy": "Plan it with the vendor's guide: utils fips enable makes new certificates and restarts the node, the CTL file must be "
        "updated afterwards, and phones and peers need algorithms that FIPS allows.",
        "intent": "fips_mode; the security guide wants it, but nothing is judged unless it is enabled here.",
    },
    {
        "id": "backup-age",
        "title": "There is a backup of the last {max_age_days} days",
        "severity": "medium",
        "judge": "backup_age",
        "with": {"max_age_days": 7},
        "remedy": "Take a backup, and look at the schedule of the Disaster Recovery System.",
    },
    {
        "id": "database-replication",
        "title": "Database replication is good",
        "severity": "high",
        "judge": "replication",
        "remedy": "Repair it (utils dbreplication status, then repair) before any change.",
    },
    {
        "id": "nodes-authenticated",
        "title": "Every node is authenticated in the cluster",
        "severity": "high",
        "judge": "node_authentication",
        "remedy": "See show network cluster on the publisher.",
    },
    {
        "id": "ntp-synchronised",
        "title": "Clocks are synchronised by NTP",
        "severity": "medium",
        "references": ["V-260040"],
        "judge": "ntp",
        "remedy": "Look at utils ntp status; certificates and tokens need right clocks.",
    },
    {
        "id": "disk-space",
        "title": "Every partition has {min_free_percent} % of its space free",
        "severity": "low",
        "judge": "disk",
        "with": {"min_free_percent": 5},
        "remedy": "Free space on the node; logs are the usual reason.",
    },
    {
        "id": "no-upgrade-running",
        "title": "No system upgrade is running",
        "severity": "low",
        "judge": "no_upgrade",
        "remedy": "Wait until it is done; services cannot be changed meanwhile.",
    },
)


def _catalogue() -> dict[str, Control]:
    problems: list[str] = []
    built = [
        build(entry, f"catalogue[{number}]", lambda place, what: problems.append(f"{place}: {what}"), True)
        for number, entry in enumerate(CATALOGUE)
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return {control.id: control for control in built if control is not None}


BUILT_IN: t.Mapping[str, Control] = _catalogue()
