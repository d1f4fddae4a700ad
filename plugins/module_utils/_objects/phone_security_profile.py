# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phone security profiles of a cluster. PRIVATE to the collection.

Elements, their order, words and defaults: wire-facts 2.5 [X]. What SIP OAuth requires: the same [D].
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._base.errors import InputError, Refusal
from .._base.numbers import whole
from .._cluster.cluster import Cluster
from .._cluster.database import Part, Row, flag, joined, number, split
from .._facts import records
from .._security.phone_types import has_sip_oauth, sip_oauth_types
from .._security.words import counted
from .._transport.axl import boolean
from .configuration import Objects, Request

KIND = "phone_security_profile"

State = dict[str, t.Any]

# The words of options and states, and the cluster's words for them.
DEVICE_SECURITY_MODES = {
    "non_secure": "Non Secure",
    "authenticated": "Authenticated",
    "encrypted": "Encrypted",
}
AUTHENTICATION_MODES = {
    "authentication_string": "By Authentication String",
    "null_string": "By Null String",
    "existing_certificate_lsc": "By Existing Certificate (precedence to LSC)",
    "existing_certificate_mic": "By Existing Certificate (precedence to MIC)",
}
KEY_ORDERS = {
    "rsa_only": "RSA Only",
    "ec_only": "EC Only",
    "ec_preferred_rsa_backup": "EC Preferred, RSA Backup",
}
TRANSPORTS = {"tcp": "TCP", "udp": "UDP", "tls": "TLS", "tcp+udp": "TCP+UDP"}
KEY_SIZES = (512, 1024, 2048, 3072, 4096)
EC_KEY_SIZES = (256, 384, 521)
_RSA_ONLY = "rsa_only"
# The default of the schema 11.5 [X]; later ones have none.
_USUAL_EC_KEY_SIZE = 384


@dataclass(frozen=True)
class _Field:
    """An element of the schema: its kind, its words, and its default in a new profile."""

    element: str
    kind: str = "text"
    words: t.Mapping[str, str] = field(default_factory=dict)
    default: t.Any = None

    def from_text(self, text: str) -> t.Any:
        """Return the value in a state; an unknown word stays as the cluster wrote it."""
        if self.kind == "text":
            return text
        if self.kind == "boolean":
            return boolean(text)
        if self.kind == "number":
            number = whole(text)
            return (text or None) if number is None else number
        return {said: word for word, said in self.words.items()}.get(text, text or None)

    def to_text(self, value: t.Any) -> str:
        """Return the text to write; empty for None."""
        if value is None:
            return ""
        if self.kind == "boolean":
            return "true" if value else "false"
        return self.words.get(value, str(value))


# In the order of the schema. No default is documented for the security mode [R].
_FIELDS: dict[str, _Field] = {
    "phone_type": _Field("phoneType"),
    "protocol": _Field("protocol", default="SIP"),
    "description": _Field("description", default=""),
    "device_security_mode": _Field("deviceSecurityMode", "word", DEVICE_SECURITY_MODES, "non_secure"),
    "authentication_mode": _Field("authenticationMode", "word", AUTHENTICATION_MODES, "null_string"),
    "key_size": _Field("keySize", "number", default=2048),
    "key_order": _Field("keyOrder", "word", KEY_ORDERS, _RSA_ONLY),
    "ec_key_size": _Field("ecKeySize", "number"),
    "tftp_encrypted_config": _Field("tftpEncryptedConfig", "boolean", default=False),
    # The odd capital is the schema's.
    "sip_oauth": _Field("EnableOAuthAuthentication", "boolean", default=False),
    "nonce_validity_time": _Field("nonceValidityTime", "number", default=600),
    "transport": _Field("transportType", "word", TRANSPORTS, "tcp+udp"),
    "sip_phone_port": _Field("sipPhonePort", "number", default=5060),
    "digest_authentication": _Field("enableDigestAuthentication", "boolean", default=False),
    "exclude_digest_credentials": _Field("excludeDigestCredentials", "boolean", default=False),
}
SETTINGS = tuple(_FIELDS)
_FIXED = ("phone_type", "protocol")
# What SIP OAuth requires, and what it excludes.
_NEEDED = {"device_security_mode": "encrypted", "transport": "tls"}
_UNSUPPORTED = {
    "digest_authentication": "digest authentication",
    "tftp_encrypted_config": "an encrypted TFTP configuration",
}


def read(cluster: Cluster) -> dict[str, State]:
    """Return all phone security profiles by name.

    A state has every one of SETTINGS. C(sip_oauth) is None where the release has no SIP OAuth, C(ec_key_size) where keys are
    RSA only. Any other setting that a profile lacks is None; a missing description is empty.
    """
    known = has_sip_oauth(cluster.axl.release())
    told = {key: item for key, item in _FIELDS.items() if known or key != "sip_oauth"}
    tags = [(item.element, "") for item in told.values()]
    # The name is the third element of the schema.
    tags.insert(2, ("name", ""))
    listed = cluster.axl.call(
        "listPhoneSecurityProfile", [("searchCriteria", [("name", "%")]), ("returnedTags", tags)]
    ).child("return")
    return {
        row.value("name"): _with_its_keys(
            {
                key: item.from_text(row.value(item.element)) if key in told else None
                for key, item in _FIELDS.items()
            }
        )
        for row in (listed.all("phoneSecurityProfile") if listed is not None else [])
    }


def _with_its_keys(state: State) -> State:
    """Return a state without an EC key size where there are no EC keys.

    The value stored there then has no meaning, and differs: the schema of 11.5 fills in 384, later ones nothing [X].
    """
    return {**state, "ec_key_size": None} if state["key_order"] == _RSA_ONLY else state


# Profiles of phones; profiles of trunks are in the same table, with the policies 1 and 8.
USAGE = Part(
    "security_profiles.usage",
    {
        "name": "securityprofile.name",
        "isstandard": flag("securityprofile.isstandard"),
        "phones": number("count(device.pkid)"),
    },
    "from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid "
    "where securityprofile.tksecuritypolicy not in (1,8)",
    grouped=2,
)


def usage(cluster: Cluster) -> dict[str, records.ProfileUsage]:
    """Return by profile whether it is C(built_in), and how many C(phones) use it."""
    return usage_of(cluster.query(USAGE.alone()))


def usage_of(rows: t.Iterable[Row]) -> dict[str, records.ProfileUsage]:
    """Return what C(usage) does, from the answer to USAGE."""
    return {
        row["name"]: {"built_in": bool(boolean(row["isstandard"])), "phones": int(row["phones"])}
        for row in rows
    }


# Words come from the type tables, which have the names of the schema's enumerations [R]. Certificates: captures of the table
# show these columns, and SQL published by administrators treats a public key as an installed certificate [C].
_TABLES = {
    "device_security_mode": ("typedevicesecuritymode", "tkdevicesecuritymode"),
    "transport": ("typetransport", "tktransport"),
    "authentication_mode": ("typeauthenticationmode", "tkauthenticationmode"),
    "key_order": ("typekeyorder", "tkkeyorder"),
    "key_size": ("typekeysize", "tkkeysize"),
    "status": ("typecertificatestatus", ""),
    "model": ("typemodel", ""),
}
_FLAGS = {
    "built_in": "isstandard",
    "tftp_encrypted_config": "tftpencryptedflag",
    "digest_authentication": "digestauthall",
    "sip_oauth": "sipoauthflag",
}


def with_phones(sip_oauth: bool) -> Part:
    """Return the query for profiles that phones use or that an administrator created, by certificate status and model of their phones.

    Args:
        sip_oauth: Whether the release has SIP OAuth, and so its column.
    """
    flags = {key: column for key, column in _FLAGS.items() if sip_oauth or key != "sip_oauth"}
    joins = " ".join(
        f"left outer join {table} on securityprofile.{column}={table}.enum"
        for table, column in _TABLES.values()
        if column
    )
    return Part(
        "phone_profiles",
        {
            "name": "securityprofile.name",
            "flags": joined(flag(f"securityprofile.{column}") for column in flags.values()),
            "words": joined(f"{table}.name" for table, _column in _TABLES.values()),
            "phones": number("count(device.pkid)"),
            "installed": number("count(device.publickey)"),
        },
        # Phone templates are devices of another class; a phone has class 1 (captures of the table [C]).
        "from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid and device.tkclass=1 "
        f"{joins} left outer join typecertificatestatus on device.tkcertificatestatus=typecertificatestatus.enum "
        "left outer join typemodel on device.tkmodel=typemodel.enum "
        "where securityprofile.tksecuritypolicy not in (1,8) "
        "and (securityprofile.isstandard='f' or device.pkid is not null)",
        grouped=3,
    )


_NO_PHONES = {"phones": 0, "certificates_installed": 0, "certificates_failed": 0, "certificates_pending": 0}


def with_phones_of(rows: t.Iterable[Row]) -> dict[str, records.PhoneProfile]:
    """Return the profiles that phones use or somebody made, by name, with how many phones have which certificate state.

    Words are those of the module C(phone_security_profile); an unknown word stays as the cluster wrote it. C(sip_oauth) is
    None where the release has no SIP OAuth. Every failed CAPF operation has a failure status (wire-facts 2.6 [X]).
    """
    found: dict[str, dict[str, t.Any]] = {}
    for row in rows:
        words = split(_TABLES, row["words"])
        status, model = words.pop("status").lower(), words.pop("model")
        profile = found.setdefault(
            row["name"],
            {
                **{key: _FIELDS[key].from_text(word) for key, word in words.items()},
                **{key: boolean(text) for key, text in split(_FLAGS, row["flags"]).items()},
                **_NO_PHONES,
                "models": {},
            },
        )
        phones, installed = int(row["phones"]), int(row["installed"])
        profile["phones"] += phones
        profile["certificates_installed"] += installed
        profile["certificates_failed"] += phones if " failed" in status else 0
        profile["certificates_pending"] += phones if status.startswith("operation pending") else 0
        if phones:
            of_model = profile["models"].setdefault(model, {"phones": 0, "certificates_installed": 0})
            of_model["phones"] += phones
            of_model["certificates_installed"] += installed
    return t.cast("dict[str, records.PhoneProfile]", found)


def require_distinct(specs: t.Iterable[t.Mapping[str, t.Any]]) -> None:
    """Raise InputError (C(profile_twice)) when two of several profiles have one name, since each would undo the other."""
    names = [str(spec["name"]) for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{', '.join(twice)} is among the phone security profiles twice.",
            code="profile_twice",
            details={"profiles": twice},
            remedy="Make one entry of them.",
        )


def wanted(
    spec: t.Mapping[str, t.Any],
    existing: t.Mapping[str, State],
    release: str,
    built_in: t.Collection[str] = (),
) -> State:
    """Return the desired state of a profile. Pure.

    Args:
        spec: C(name), C(copy_from) and the desired SETTINGS; a setting that is absent or None stays unchanged.
        existing: The profiles as C(read) returned them.
        release: The cluster's release.
        built_in: Names of the profiles that came with the product.

    Raises:
        InputError: A new profile has neither a phone type nor a profile to copy (C(phone_type_missing)).
        Refusal: C(profile_unknown), C(phone_type_fixed), C(profile_conflict), C(phone_type_without_sip_oauth),
        C(not_in_this_release), C(profile_built_in).
    """
    name = spec["name"]
    asked = {key: spec[key] for key in SETTINGS if spec.get(key) is not None}
    if "description" in asked:
        # Readings have no surrounding white space.
        asked["description"] = asked["description"].strip()
    before = existing.get(name)
    start = _start(spec, existing) if before is None else before
    if before is not None:
        _require_unchanged(name, before, asked)
    if not has_sip_oauth(release):
        if asked.pop("sip_oauth", False):
            raise Refusal(
                f"Phone security profiles of release {release} have no SIP OAuth.",
                code="not_in_this_release",
                details={"profile": name, "release": release},
                remedy="SIP OAuth needs release 12.5 or later.",
            )
        start = {**start, "sip_oauth": None}
    implied = {key: value for key, value in _NEEDED.items() if asked.get("sip_oauth") and key not in asked}
    state = _with_keys_asked_for(name, {**start, **implied, **asked}, asked)
    if state["sip_oauth"] and not asked.keys().isdisjoint(("sip_oauth", "protocol", *_NEEDED, *_UNSUPPORTED)):
        _require_sip_oauth(name, state, asked, release)
    if name in built_in and state != before:
        raise built_in_refusal(name)
    return state


def built_in_refusal(name: str) -> Refusal:
    """Return the error for changing or removing a profile that came with the product (wire-facts 2.5 [?])."""
    return Refusal(
        f"The profile {name} came with the product and cannot be changed or removed.",
        code="profile_built_in",
        details={"profile": name},
        remedy=f"Create a profile with another name and copy_from: {name}, and assign it to the phones.",
    )


def objects(cluster: Cluster, used: t.Callable[[], t.Mapping[str, t.Mapping[str, t.Any]]]) -> Objects:
    """Return the profiles by name; C(used) returns the result of C(usage). A profile that phones use is not restored."""

    def keep(name: str, state: State | None) -> str | None:
        phones = used().get(name, {}).get("phones", 0)
        return f"it is used by {counted(phones, 'phone')}" if phones else None

    return Objects(kind=KIND, read=lambda: read(cluster), request=_request, keep=keep)


def _start(spec: t.Mapping[str, t.Any], existing: t.Mapping[str, State]) -> State:
    """Return the initial state of a profile that does not exist yet."""
    source = spec.get("copy_from")
    if source is None:
        if spec.get("phone_type") is None:
            raise InputError(
                f"The phone security profile {spec['name']} does not exist, and a new one needs a phone type.",
                code="phone_type_missing",
                details={"profile": spec["name"]},
                remedy="Set phone_type, or copy_from to the profile to start from.",
            )
        return {key: item.default for key, item in _FIELDS.items()}
    if source not in existing:
        raise Refusal(
            f"copy_from names the phone security profile {source}, which does not exist.",
            code="profile_unknown",
            details={"profile": spec["name"], "copy_from": source},
            remedy="List the profiles with state gathered; names are case-sensitive.",
        )
    return dict(existing[source])


def _require_unchanged(name: str, before: State, asked: t.Mapping[str, t.Any]) -> None:
    for key in _FIXED:
        if key in asked and asked[key] != before[key]:
            raise Refusal(
                f"The {key} of {name} is {before[key]} and cannot become {asked[key]}: it is fixed when a profile is created.",
                code="phone_type_fixed",
                details={"profile": name, "setting": key, "now": before[key], "wanted": asked[key]},
                remedy="Create a profile with another name.",
            )


def _with_keys_asked_for(name: str, state: State, asked: t.Mapping[str, t.Any]) -> State:
    if state["key_order"] != _RSA_ONLY:
        return {**state, "ec_key_size": state["ec_key_size"] or _USUAL_EC_KEY_SIZE}
    if "ec_key_size" in asked:
        raise Refusal(
            f"{name} has RSA keys only, so ec_key_size does not apply.",
            code="profile_conflict",
            details={
                "profile": name,
                "conflicts": {"key_order": {"value": _RSA_ONLY, "asked": "key_order" in asked}},
            },
            remedy="Remove ec_key_size, or set a key_order with EC keys.",
        )
    return _with_its_keys(state)


def _require_sip_oauth(name: str, state: State, asked: t.Mapping[str, t.Any], release: str) -> None:
    """Raise Refusal unless the phone type can use SIP OAuth and the profile's settings allow it."""
    wrong: dict[str, tuple[t.Any, t.Any]] = {
        key: (state[key], needed) for key, needed in _NEEDED.items() if state[key] != needed
    }
    wrong.update({key: (True, False) for key in _UNSUPPORTED if state[key]})
    if state["protocol"] != "SIP":
        wrong["protocol"] = (state["protocol"], "SIP")
    if wrong:
        reasons = [
            f"it has {_UNSUPPORTED[key]}" if key in _UNSUPPORTED else f"its {key} is {now}, not {needed}"
            for key, (now, needed) in wrong.items()
        ]
        turn = ", ".join(f"{key}: {_yaml(needed)}" for key, (now, needed) in wrong.items())
        raise Refusal(
            f"{name} cannot have SIP OAuth: {'; '.join(reasons)}.",
            code="profile_conflict",
            details={
                "profile": name,
                "conflicts": {
                    key: {"value": now, "needed": needed, "asked": key in asked}
                    for key, (now, needed) in wrong.items()
                },
            },
            remedy=f"Set {turn}, or sip_oauth: false.",
        )
    types = sip_oauth_types(release)
    if state["phone_type"] not in types:
        raise Refusal(
            f"Release {release} cannot serve {state['phone_type']} by SIP OAuth.",
            code="phone_type_without_sip_oauth",
            details={"profile": name, "phone_type": state["phone_type"], "release": release},
            remedy="Jabber can use it from release 12.5 on; phones of the series 7800, 8800 (except 8821) and 9800 from 14 on.",
        )


def _yaml(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _request(name: str, before: State | None, wanted: State | None) -> Request:
    if wanted is None:
        return Request(
            "removePhoneSecurityProfile", [("name", name)], f"remove the phone security profile {name}"
        )
    if before is None:
        content = _elements(wanted, [key for key in SETTINGS if wanted[key] is not None])
        content.insert(len(_FIXED), ("name", name))
        return Request(
            "addPhoneSecurityProfile",
            [("phoneSecurityProfile", content)],
            f"add the phone security profile {name}",
        )
    # The schema has defaults here: every element that is sent is written.
    differing = [
        key
        for key in SETTINGS
        # AXL cannot express an empty value here.
        if key not in _FIXED and wanted[key] is not None and before[key] != wanted[key]
    ]
    return Request(
        "updatePhoneSecurityProfile",
        [("name", name), *_elements(wanted, differing)],
        f"change {', '.join(differing)} of the phone security profile {name}",
    )


def _elements(state: State, keys: t.Iterable[str]) -> list[tuple[str, str]]:
    return [(_FIELDS[key].element, _FIELDS[key].to_text(state[key])) for key in keys]
