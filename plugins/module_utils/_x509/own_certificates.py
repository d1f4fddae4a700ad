# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The own certificates of nodes, by the database and by the nodes themselves. PRIVATE to the collection. Pure.

A node serves what is in its file system; the database is a copy of it (TN210541: the file system takes precedence). So what C(show cert)
printed counts where it was read, and a copy that differs is a contradiction.
"""

from __future__ import annotations

import itertools
import typing as t

from .._facts import model, records
from .._facts.model import Facts

CALLMANAGER, CALLMANAGER_ECDSA = "CallManager", "CallManager-ECDSA"
TVS, CAPF, ITLRECOVERY, IPSEC = "TVS", "CAPF", "ITLRecovery", "ipsec"
# What a node presents on its SIP OAuth ports as well (cli-facts 3.4).
TOMCAT_UNITS = TOMCAT, TOMCAT_ECDSA = "tomcat", "tomcat-ECDSA"
# The services of a Unified CM node whose certificates it shows or signs with (wire-facts 2.9); CAPF and ITLRecovery are the publisher's.
UNITS = (
    CALLMANAGER,
    CALLMANAGER_ECDSA,
    TVS,
    CAPF,
    ITLRECOVERY,
    IPSEC,
    TOMCAT,
    TOMCAT_ECDSA,
)
# Trust stores are called as the service that uses them, with this at the end.
TRUST = "-trust"
# An ITL file with more certificates is over 64 kB: phones do not load it and fail to register (phone-facts 4.4).
MOST_IN_ITL = 39
# Certificates that were imported here stand in the ITL file as further signers (phone-facts 4.2; that all of them do is reasoned).
SIGNERS_OF_OTHERS = "Phone-SAST-trust"


def shown(facts: Facts, node: str, unit: str) -> records.Certificate | None:
    """Return a certificate as C(show cert) of the node printed it; None when that was not read."""
    by_unit = model.under(facts, model.TOMCAT, node) or {}
    if by_unit.get(unit) is None and node == model.publisher_name(facts):
        by_unit = model.value(facts, model.CERTIFICATES) or {}
    return by_unit.get(unit)


def stored(facts: Facts, node: str, unit: str) -> records.Certificate | None:
    """Return a certificate as the database has it; None when that was not read."""
    return (model.under(facts, model.NODE_CERTIFICATES, node) or {}).get(unit)


def current(facts: Facts, node: str, unit: str) -> records.Certificate | None:
    """Return a node's certificate: as the node printed it, else as the database has it; None when neither was read."""
    return shown(facts, node, unit) or stored(facts, node, unit)


def units(facts: Facts, node: str) -> list[str]:
    """Return the units of UNITS that were listed for a node, even where the certificate itself could not be read."""
    known = {*(model.under(facts, model.NODE_CERTIFICATES, node) or {})}
    known |= {*(model.under(facts, model.TOMCAT, node) or {})}
    if node == model.publisher_name(facts):
        known |= {*(model.value(facts, model.CERTIFICATES) or {})}
    return [unit for unit in UNITS if unit in known]


def serial(certificate: records.Certificate | None) -> str:
    """Return a certificate's serial number, to be compared; empty when it is not known."""
    return plain_serial(certificate.get("serial") or "") if certificate else ""


def plain_serial(text: str) -> str:
    """Return a serial number without the colons, zeros in front and case in which sources differ."""
    return text.replace(":", "").strip().upper().lstrip("0")


def names(certificate: records.Certificate | None) -> list[str]:
    """Return the server names in a certificate, as far as it was read."""
    return (certificate.get("names") or []) if certificate else []


def is_shared(facts: Facts, node: str) -> bool:
    """Return whether CallManager and Tomcat of a node have one certificate: with Tomcat reuse (14 and later) they are renewed as one."""
    numbers = {serial(current(facts, node, unit)) for unit in (CALLMANAGER, TOMCAT)}
    return len(numbers) == 1 and "" not in numbers


def contradictions(facts: Facts) -> list[records.Contradiction]:
    """Return the certificates whose serial numbers differ between a node and the database."""
    found: list[records.Contradiction] = []
    for node in model.callmanager_nodes(facts):
        for unit in units(facts, node["name"]):
            printed = serial(shown(facts, node["name"], unit))
            copied = serial(stored(facts, node["name"], unit))
            if printed and copied and printed != copied:
                found.append(
                    {
                        "about": f"certificate {unit} at {node['name']}",
                        "witnesses": {
                            "database": f"serial number {copied}",
                            f"show_cert@{node['name']}": f"serial number {printed}",
                        },
                    }
                )
    return found


class InItl(t.NamedTuple):
    """The certificates in the ITL file of a TFTP node.

    Attributes:
        names: What is known to be in it, each certificate once.
        unread: What may be in it besides, each one certificate, and was not read.
        all_stores: Whether it is known what was imported from other clusters.
    """

    names: tuple[str, ...]
    unread: tuple[str, ...]
    all_stores: bool

    @property
    def fits(self) -> bool | None:
        """Whether phones can load the file; None when that depends on what was not read."""
        if len(self.names) > MOST_IN_ITL:
            return False
        most = len(self.names) + len(self.unread)
        return True if self.all_stores and most <= MOST_IN_ITL else None


def in_itl(facts: Facts, node: str) -> InItl:
    """Return the certificates in the ITL file of a TFTP node.

    They are the node's own of CallManager, ITLRecovery, TVS of every node, and CAPF where it runs (phone-facts 4.2), besides what was
    imported from other clusters. That the one of CallManager-ECDSA is among them is reasoned.
    """
    nodes = model.callmanager_nodes(facts)
    publisher = model.publisher_name(facts)
    members = [(node, CALLMANAGER), (publisher, ITLRECOVERY), *((each["name"], TVS) for each in nodes)]
    more = [(node, CALLMANAGER_ECDSA), (publisher, CAPF)]
    members += [(holder, unit) for holder, unit in more if unit in units(facts, holder)]
    found: dict[str, str] = {}
    unread = []
    for holder, unit in members:
        number = serial(current(facts, holder, unit))
        if number:
            found.setdefault(f"{unit} {number}", f"{unit} of {holder}")
        else:
            unread.append(f"{unit} of {holder}")
    imported = model.value(facts, model.TRUST_CERTIFICATES)
    for place, certificate in enumerate(imported or ()):
        if SIGNERS_OF_OTHERS in certificate["services"]:
            key = f"{serial(certificate) or place} {certificate.get('issuer', '')}"
            found.setdefault(
                f"{SIGNERS_OF_OTHERS} {key}", f"{certificate.get('subject') or key} in {SIGNERS_OF_OTHERS}"
            )
    return InItl(tuple(found.values()), tuple(unread), imported is not None)


def sort(
    rows: t.Iterable[tuple[t.Sequence[str], str, records.Certificate | None]],
) -> tuple[dict[str, dict[str, records.Certificate | None]], dict[str, dict[str, str]]]:
    """Return the certificates by node and service, and why some are not known.

    Args:
        rows: Of each certificate the nodes that own it, its service, and itself (None when it cannot be read).
    """
    held: dict[tuple[str, str], list[records.Certificate | None]] = {}
    for owners, service, certificate in rows:
        for node in owners:
            held.setdefault((node, service), []).append(certificate)
    found: dict[str, dict[str, records.Certificate | None]] = {}
    wrong: dict[str, dict[str, str]] = {}
    for (node, service), each in held.items():
        one, why = _only(each)
        found.setdefault(node, {})[service] = one
        if why:
            wrong.setdefault(node, {})[service] = why
    return found, wrong


def _only(held: t.Sequence[records.Certificate | None]) -> tuple[records.Certificate | None, str]:
    """Return the one certificate of several rows; none with the reason when they differ or one cannot be read."""
    if None in held:
        return None, "it cannot be read as a certificate"
    different = [one for one, _rows in itertools.groupby(sorted(held, key=repr))]
    if len(different) > 1:
        return None, f"the database has {len(different)} different ones, and not which of them is used"
    return different[0], ""
