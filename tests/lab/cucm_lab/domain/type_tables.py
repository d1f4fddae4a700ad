# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of enumeration: words, their numbers and monikers, and which of these are public.

The words are those of the AXL schema ([X] wire-facts 2.5, 2.6, 2.9). A number or moniker that no public source shows is
invented: a topology may give its number, and a statement that compares with one is refused (:meth:`Types.unknown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import published
from .models import MODELS

TRUNK_MODEL = "SIP Trunk"

_OPERATIONS = ("Upgrade", "Delete", "Troubleshoot")
_REASONS = (
    "Invalid LSC",
    "Invalid Authentication String",
    "Invalid MIC",
    "Invalid Credentials",
    "Phone Communication Failure",
    "Key Generation Failed/Timeout",
    "CA Communication Failure",
    "CA Rejected Connection",
    "User Initiated Request Late/Timedout",
)
_CERTIFICATE_SERVICES = (
    "Phone-trust",
    "Phone-VPN-trust",
    "CallManager",
    "CallManager-trust",
    "tomcat",
    "tomcat-trust",
    "ipsec",
    "ipsec-trust",
    "CAPF",
    "CAPF-trust",
    "TVS",
    "TVS-trust",
    "directory-trust",
    "Phone-SAST-trust",
    "Phone-CTL-trust",
    "userlicensing-trust",
    "ITLRecovery",
    "CallManager-ECDSA",
    "tomcat-ECDSA",
    "Phone-CTL-ASA-trust",
    "Phone-Edge-trust",
)

WORDS: dict[str, tuple[str, ...]] = {
    "typemodel": (*MODELS, TRUNK_MODEL),
    "typeclass": (
        "Phone",
        "Gateway",
        "Trunk",
        "Remote Destination Profile",
        "Phone Template",
        "Device Profile",
        "Conference Bridge",
        "Voice Mail",
    ),
    "typedeviceprotocol": ("SCCP", "SIP"),
    "typedevicesecuritymode": ("Non Secure", "Authenticated", "Encrypted"),
    "typetransport": ("TCP", "UDP", "TLS", "TCP+UDP"),
    "typeauthenticationmode": (
        "By Authentication String",
        "By Null String",
        "By Existing Certificate (precedence to LSC)",
        "By Existing Certificate (precedence to MIC)",
    ),
    "typecertificateoperation": ("No Pending Operation", "Install/Upgrade", "Delete", "Troubleshoot"),
    "typecertificatestatus": (
        "None",
        "Operation Pending",
        "Upgrade Success",
        "Delete Success",
        "Troubleshoot Success",
        *(f"{operation} Failed" for operation in _OPERATIONS),
        *(f"{operation} Failed: {reason}" for operation in _OPERATIONS for reason in _REASONS),
        "Upgrade Failed: No Support for EC only in CAPF version 3",
    ),
    "typekeyorder": ("RSA Only", "EC Only", "EC Preferred, RSA Backup"),
    "typekeysize": ("512", "1024", "2048", "3072", "4096"),
    "typeeckeysize": ("256", "384", "521"),
    "typecertificateservice": _CERTIFICATE_SERVICES,
    "typetrustrole": (
        "SAST",
        "CallManager",
        "CallManagerTFTP",
        "TFTP",
        "CAPF",
        "SRST",
        "Firewall",
        "Application Server",
        "Certificate Authority",
        "Authentication and Authorization",
        "Signaling and Call Control",
        "Provisioning Service",
        "Data Service",
        "Network Element",
        "Virtual Private Network",
        "Serviceability",
        "Unknown",
        "CallManager-ECDSA",
    ),
    # The word is invented, and the only one; its number is 1 ([V] a change notification in a TAC document).
    "typecertificatedistribution": ("Distributed",),
    "typessomode": ("Disable", "Agent Flow", "SAML"),
    "typenodeusage": ("Publisher", "Subscriber"),
    "typeprocessnoderole": ("CUCM Voice/Video", "CUCM IM and Presence"),
    "typeparam": ("boolean", "double", "long", "string"),
    "typeappserver": (
        "Cisco Unity Voice Mail 4.x or later",
        "Cisco Unity Connection",
        "Cisco Unified CM IM and Presence (Obsolete)",
        "CUMA Provisioning Server",
        "CER Location Management",
        "Cisco Web Dialer",
        "Remote Syslog Server",
        "Cisco Webex Hybrid Call Service",
    ),
}
"""By table, without typeservice, which is filled from the catalogue of services."""

_FIRST = {
    "typeclass": 1,
    "typecertificateoperation": 1,
    "typecertificatestatus": 1,
    "typecertificateservice": 1,
    "typeprocessnoderole": 1,
    "typeparam": 1,
}
"""The first number of a table where it is not 0; those without a number of their own are numbered from there on in order."""

KNOWN_NUMBERS: dict[str, Mapping[str, int]] = {
    # 431 also in a live row of levensailor's README.
    "typemodel": published.models(),
    # [C] 1 everywhere; 18, 20 and 254 in statements of public clients; 2, 4, 8 and 253 in a capture of the table.
    "typeclass": {
        "Phone": 1,
        "Gateway": 2,
        "Conference Bridge": 4,
        "Voice Mail": 8,
        "Trunk": 18,
        "Remote Destination Profile": 20,
        "Phone Template": 253,
        "Device Profile": 254,
    },
    # [C] live rows of levensailor's README, aletheiauc.
    "typedeviceprotocol": {"SCCP": 0, "SIP": 11},
    # [V] TN210541 has 1 to 16, which are the places in the AXL schema; that this holds for the five behind them is [R].
    "typecertificateservice": {name: number for number, name in enumerate(_CERTIFICATE_SERVICES, start=1)},
    "typecertificatedistribution": {"Distributed": 1},
    # Public captures have 1 for None and No Pending Operation, 2 for what is pending [C].
    "typecertificateoperation": {"No Pending Operation": 1, "Install/Upgrade": 2},
    "typecertificatestatus": {"None": 1, "Operation Pending": 2},
    "typessomode": {"Disable": 0, "Agent Flow": 1, "SAML": 2},  # [V] TN217268
    "typenodeusage": {"Publisher": 0, "Subscriber": 1},  # [C] wire-facts 3.3
    "typeprocessnoderole": {"CUCM Voice/Video": 1, "CUCM IM and Presence": 2},  # [C] wire-facts 3.3
    # [V] 0 CallManager, 1 TFTP, 11 enterprise wide: wire-facts 3.1, TN118893. The others are the catalogue's own.
    "typeservice": {"Cisco CallManager": 0, "Cisco Tftp": 1, "Enterprise Wide": 11},
}
"""The numbers that a public source shows."""

_MONIKERS = {
    "typemodel": "MODEL",
    "typeclass": "CLASS",
    "typecertificateservice": "CERTIFICATE_SERVICE",
    "typessomode": "SSO_MODE",
}
"""What monikers of a table begin with; of the others nobody published one, so it is the name of the table ([R])."""
_KNOWN_MONIKERS = {
    # MODEL_CISCO_7811 and its siblings: [C]; CLASS_PHONE, CERTIFICATE_SERVICE_TOMCAT: [C]; SSO modes: [V] TN217268.
    "typemodel": re.compile(r"Cisco \d{4}(NR)?"),
    "typeclass": re.compile("Phone"),
    "typecertificateservice": re.compile("tomcat"),
    "typessomode": re.compile(".*"),
}
"""The words of which the moniker is public."""


def moniker(table: str, word: str) -> str:
    """The moniker of a word: upper case, with underscores ([C] for those that are public)."""
    prefix = _MONIKERS.get(table, table.removeprefix("type").upper())
    return f"{prefix}_{re.sub(r'[^A-Z0-9]+', '_', word.upper()).strip('_')}"


def tables() -> str:
    """SQL that creates them."""
    more = {"typecertificateservice": ", usestruststore boolean"}
    return "\n".join(
        f"create table {name} (enum integer primary key, name text, moniker text{more.get(name, '')});"
        for name in (*WORDS, "typeservice")
    )


class Types:
    """The tables of one cluster. given: numbers by table and word, from its topology."""

    def __init__(self, given: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self._given = {table: dict(numbers) for table, numbers in (given or {}).items()}
        self._numbers = {table: self._numbered(table) for table in WORDS}
        self._words = {
            table: {number: word for word, number in numbers.items()}
            for table, numbers in self._numbers.items()
        }

    @staticmethod
    def problem(table: str, numbers: Mapping[str, int]) -> str | None:
        """Why a topology cannot give these numbers to a table; None: it can."""
        if table not in WORDS:
            return f"there is no table {table!r} whose numbers can be given"
        known = KNOWN_NUMBERS.get(table, {})
        for word in numbers:
            if word not in WORDS[table] or word in known:
                return f"{word!r} is a public number" if word in known else f"there is no {word!r}"
        every = [*known.values(), *numbers.values()]
        return "two words would have one number" if len(set(every)) < len(every) else None

    def _numbered(self, table: str) -> dict[str, int]:
        known = self.known(table)
        taken, free = set(known.values()), _FIRST.get(table, 0)
        numbers = {}
        for word in WORDS[table]:
            if word not in known:
                while free in taken:
                    free += 1
                taken.add(free)
            numbers[word] = known.get(word, free)
        return numbers

    def known(self, table: str) -> dict[str, int]:
        """The numbers that are public, or given by the topology."""
        return {**KNOWN_NUMBERS.get(table, {}), **self._given.get(table, {})}

    def number(self, table: str, word: str) -> int:
        """The ``enum`` of a word. Raises KeyError."""
        return self._numbers[table][word]

    def word(self, table: str, enum: int) -> str:
        """The word of an ``enum``. Raises KeyError."""
        return self._words[table][enum]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table; of models also those of which nothing else is simulated."""
        every = {**(published.models() if table == "typemodel" else {}), **self._numbers[table]}
        for word, number in every.items():
            row = {"enum": number, "name": word, "moniker": moniker(table, word)}
            if table == "typecertificateservice":
                row["usestruststore"] = "t" if word.endswith("-trust") else "f"
            yield row

    def unknown(self) -> dict[tuple[str, str], frozenset[str]]:
        """Columns (table, column) of which not all values are public, with those that are, as text."""
        answer: dict[tuple[str, str], frozenset[str]] = {}
        for table in (*WORDS, "typeservice"):
            known = self.known(table)
            if set(WORDS.get(table, ("every service",))) - set(known):
                answer[table, "enum"] = frozenset(map(str, known.values()))
            public = _KNOWN_MONIKERS.get(table)
            words = WORDS.get(table, ())
            monikers = {moniker(table, word) for word in words if public and public.fullmatch(word)}
            if len(monikers) < len(words) or not words:
                answer[table, "moniker"] = frozenset(monikers)
        return answer
