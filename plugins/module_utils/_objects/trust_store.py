# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trust stores of the nodes, and the required content of the one phones use. PRIVATE to the collection.

Once phone-edge trust has any certificate, phones under SIP OAuth trust nothing else (wire-facts 6 [D]): everything they
need is uploaded in one request or not at all, and is checked as a whole before.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from .._base.errors import (
    AuthenticationError,
    Contradiction,
    CucmError,
    IdentityError,
    InputError,
    ProductFault,
    ProtocolError,
    Refusal,
    UnknownOutcome,
)
from .._base.release import Release
from .._base.release import parse as parse_release
from .._cluster.cluster import Cluster
from .._cluster.nodes import Node
from .._cluster.parallel import each
from .._facts import records
from .._module.settling import Act, Report, Sent, cluster_seconds, patient, settled
from .._module.task import Task
from .._security.words import MOST_IN_PHONE_EDGE
from .._transport.certificate_api import CertificateApi
from .._x509 import chains
from .._x509.chains import Certificate
from .._x509.own_certificates import TOMCAT_UNITS

PHONE_EDGE = "phone-edge"
# The certificates that SIP OAuth ports present; phones must trust both (wire-facts 6 [D]).
LIMITS = {PHONE_EDGE: MOST_IN_PHONE_EDGE}

_API_SINCE, _PHONE_EDGE_SINCE = Release(14), Release(12, 5)
_DESCRIPTION = "ucops.cucm"


@dataclass(frozen=True)
class NodeCertificates:
    """All certificates of a node at one moment on its own clock.

    Attributes:
        node: The node's name.
        own: Its own certificates by unit, each followed by the rest of its chain, as far as the node showed it.
        stores: The contents of its trust stores, by name in the node's spelling.
        told_at: The node's clock, UTC.
    """

    node: str
    own: t.Mapping[str, t.Sequence[Certificate]]
    stores: t.Mapping[str, t.Sequence[Certificate]]
    told_at: datetime

    def tomcat(self) -> dict[str, Certificate]:
        """Return the node's Tomcat certificates by unit, without the units it lacks."""
        by_name = {unit.casefold(): held for unit, held in self.own.items()}
        return {unit: by_name[unit.casefold()][0] for unit in TOMCAT_UNITS if unit.casefold() in by_name}

    def store(self, wanted: str) -> list[Certificate] | None:
        """Return the contents of a store by its base name, or None if the node does not show it."""
        names = _matching(wanted, self.stores)
        return chains.distinct(each for name in names for each in self.stores[name]) if names else None

    def everything(self) -> list[Certificate]:
        """Return every certificate the node has."""
        return [each for held in (*self.own.values(), *self.stores.values()) for each in held]


@dataclass(frozen=True)
class Store:
    """A trust store of a node and its contents; C(service) is its name in the node's API."""

    service: str
    contents: tuple[Certificate, ...]


@dataclass(frozen=True)
class Wish:
    """The desired contents of a store.

    Attributes:
        store: Its base name, as C(base_name) returns it.
        given: The requested certificates.
        verifies: Certificates of servers, with their intermediates, that must chain to a root in the store.
        tomcat_roots: Whether the roots of all Tomcat certificates are requested too.
    """

    store: str
    given: t.Sequence[Certificate]
    verifies: t.Sequence[Certificate] = ()
    tomcat_roots: bool = False


# -- meanings --------------------------------------------------------------------------------------------


def base_name(store: str) -> str:
    """Return the base name of a store, written with or without C(-trust) and in any case."""
    return store.strip().casefold().removesuffix("-trust")


def certificates_of(option: str, items: t.Iterable[str]) -> list[Certificate]:
    """Return the certificates in the items of a module's option; an item may hold several.

    Raises:
        InputError: An item cannot be read, or has a private key (C(certificate_unreadable)); the message gives its number.
    """
    found: list[Certificate] = []
    for number, item in enumerate(items, 1):
        try:
            found += chains.read(item)
        except chains.Unreadable as error:
            raise InputError(
                f"Item {number} of {option} cannot be used: {error}.",
                code="certificate_unreadable",
                details={"option": option, "item": number},
                remedy="Give certificates in PEM form, from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else.",
            ) from None
    return chains.distinct(found)


def service_of(wanted: str, options: t.Sequence[str], stores: t.Sequence[str]) -> str | None:
    """Return the name of a store in a node's API, or None if the node lists no such store.

    Args:
        wanted: The store's base name.
        options: The words of the node's options; they come first because they list what the node accepts.
        stores: The stores in its snapshot; calls take their base name (wire-facts 6 [C]).

    Raises:
        Refusal: More than one store matches (C(store_ambiguous)).
    """
    for names, is_accepted in ((options, True), (stores, False)):
        found = _matching(wanted, names)
        if len({base_name(name) for name in found}) > 1:
            raise Refusal(
                f"More than one store matches {wanted}: {', '.join(sorted(found))}.",
                code="store_ambiguous",
                details={"stores": sorted(found)},
                remedy="Set store to the store's full name.",
            )
        if found:
            plain = min(found, key=lambda name: name.casefold().endswith("-trust"))
            return plain if is_accepted else re.sub(r"(?i)-trust$", "", plain)
    return None


def _matching(wanted: str, names: t.Iterable[str]) -> list[str]:
    single = [name for name in names if name and not re.search(r"\s", name)]
    same = [name for name in single if base_name(name) == wanted]
    if same or wanted != PHONE_EDGE:
        return same
    # The exact word is not published (wire-facts 6 [?]).
    return [name for name in single if PHONE_EDGE in name.casefold()]


def to_add(
    wish: Wish, present: t.Sequence[Certificate], nodes: t.Sequence[NodeCertificates], now: datetime
) -> list[Certificate]:
    """Return the certificates to add to a store, issuers first; empty if it has all of them.

    Args:
        wish: The desired contents.
        present: The current contents.
        nodes: The certificates of every Unified CM node; they count for phone-edge trust only.
        now: The node's clock, UTC.

    Raises:
        Refusal: The store would be incomplete or invalid afterwards: C(certificate_expired),
            C(certificate_not_yet_valid), C(not_a_ca), C(incomplete_roots), C(too_many_certificates).
    """
    is_phone_edge = wish.store == PHONE_EDGE
    wanted = list(wish.given)
    leads: list[tuple[str, str, chains.Chain]] = []
    own_roots: set[str] = set()
    for node in nodes if is_phone_edge else ():
        for unit, certificate in node.tomcat().items():
            found = chains.chain(certificate, [*node.everything(), *wish.given, *present], now)
            leads.append((node.node, unit, found))
            if certificate.self_signed:
                own_roots.add(certificate.sha256)
            if wish.tomcat_roots and found.roots and not _held(found, [*present, *wanted], now):
                wanted.append(found.roots[0])
    for certificate in wish.verifies:
        found = chains.chain(certificate, [*wish.verifies, *wanted, *present], now)
        leads.append(("", certificate.subject, found))
    for certificate in wanted:
        _require_valid(certificate, now)
        if is_phone_edge and not certificate.ca and certificate.sha256 not in own_roots:
            raise Refusal(
                f"{certificate.subject} is not a CA certificate (basicConstraints), so phones cannot verify a server with it.",
                code="not_a_ca",
                details={"certificate": certificate.as_facts()},
                remedy="Give the root certificate of the CA that issued it instead.",
            )
    _require_roots(leads, chains.distinct([*present, *wanted]), now)
    held = {each.sha256 for each in present}
    added = [each for each in chains.distinct(wanted) if each.sha256 not in held]
    limit = LIMITS.get(wish.store)
    if added and limit is not None and len(held) + len(added) > limit:
        raise Refusal(
            f"{wish.store} trust would have {len(held) + len(added)} certificates; phones accept at most {limit}.",
            code="too_many_certificates",
            details={"present": len(held), "to_add": len(added), "limit": limit},
            remedy="Remove certificates that are no longer needed in OS Administration, or give fewer.",
        )
    return chains.issuers_first(added)


def _held(found: chains.Chain, store: t.Iterable[Certificate], now: datetime) -> bool:
    """Return whether a chain ends in a valid certificate of the store."""
    held = {each.sha256 for each in store}
    return any(root.sha256 in held and root.valid_at(now) for root in found.roots)


def _require_valid(certificate: Certificate, now: datetime) -> None:
    if certificate.valid_at(now):
        return
    early = certificate.not_before is not None and now < certificate.not_before
    facts = certificate.as_facts()
    words = f"is valid from {facts['not_before']}" if early else f"was valid until {facts['not_after']}"
    raise Refusal(
        f"{certificate.subject} {words} UTC; the node's clock shows {now.replace(tzinfo=None).isoformat()} UTC.",
        code="certificate_not_yet_valid" if early else "certificate_expired",
        details={"certificate": facts},
        remedy="Give a certificate that is valid now, or correct the node's clock (utils ntp status).",
    )


def _require_roots(
    leads: t.Iterable[tuple[str, str, chains.Chain]], store: t.Sequence[Certificate], now: datetime
) -> None:
    incomplete = [
        (f"{unit} at {node}" if node else unit, node, unit, _missing(found, now))
        for node, unit, found in leads
        if not _held(found, store, now)
    ]
    if incomplete:
        raise Refusal(
            "Phones could not verify every server: "
            + "; ".join(f"{where} needs {', '.join(missing)}" for where, _node, _unit, missing in incomplete)
            + ".",
            code="incomplete_roots",
            details={
                "incomplete": [
                    {"node": node or None, "certificate": unit, "missing": missing}
                    for _where, node, unit, missing in incomplete
                ]
            },
            remedy="Add the named root certificates to certificates, and the intermediates to verifies.",
        )


def _missing(found: chains.Chain, now: datetime) -> list[str]:
    roots = [
        f"{root.subject} (sha256 {root.sha256})" + ("" if root.valid_at(now) else ", which is not valid now")
        for root in found.roots
    ]
    return roots or list(found.missing) or ["a root: its issuers sign each other"]


def summary(certificates: t.Iterable[Certificate]) -> list[dict[str, str]]:
    """Return fingerprints with subjects, sorted by fingerprint."""
    distinct = {each.sha256: each.subject for each in certificates}
    return [{"sha256": sha256, "subject": distinct[sha256]} for sha256 in sorted(distinct)]


def described(certificates: t.Iterable[Certificate]) -> list[dict[str, t.Any]]:
    """Return facts of certificates, sorted by fingerprint."""
    return [each.as_facts() for each in sorted(chains.distinct(certificates), key=lambda each: each.sha256)]


def _version(release: str) -> Release:
    found = parse_release(release)
    if not found.read:
        raise ProtocolError(
            f"The cluster's release cannot be read: {release[:80]!r}.",
            code="unreadable_output",
            remedy="Nothing was concluded from it. Run the task again.",
        )
    return found


# -- reading ---------------------------------------------------------------------------------------------


def has_api(release: str) -> bool:
    """Return whether a release has the certificate API (wire-facts 6 [D]).

    Raises:
        ProtocolError: ``release`` is not a version.
    """
    return _version(release) >= _API_SINCE


def read(cluster: Cluster) -> records.TrustStores:
    """Return what phones and CallManager trust and show, by one snapshot a node.

    Returns:
        C(phone_edge): the described certificates in the publisher's phone-edge trust, each with C(pem); None if it has no
        such store.
        C(tomcat): node to unit to the described certificate; C(root) is the fingerprint of the root at the end of its chain
        on that node, None if it does not chain to a root.

    Raises:
        Refusal: The release has no certificate API (C(not_in_this_release)). Also the errors of C(CertificateApi).
    """
    release = cluster.release()
    if not has_api(release):
        raise not_readable(release)
    nodes = read_nodes(cluster, cluster.callmanager_nodes)
    return {
        "phone_edge": _phone_edge_facts(cluster, nodes[0]),
        "tomcat": {node.node: _tomcat_facts(node) for node in nodes},
    }


def _phone_edge_facts(
    cluster: Cluster, publisher: NodeCertificates
) -> list[records.TrustedCertificate] | None:
    shown = publisher.store(PHONE_EDGE)
    if shown is None:
        try:
            shown = list(find(cluster, cluster.publisher, publisher, PHONE_EDGE).contents)
        except Refusal as error:
            if error.code != "store_unknown":
                raise
            return None
    pems = {each.sha256: each.pem for each in shown}
    certificates = [{**facts, "pem": pems[facts["sha256"]]} for facts in described(shown)]
    return t.cast("list[records.TrustedCertificate]", certificates)


def _tomcat_facts(node: NodeCertificates) -> dict[str, records.ShownCertificate | None]:
    facts: dict[str, t.Any] = {}
    for unit, certificate in node.tomcat().items():
        roots = chains.chain(certificate, node.everything(), node.told_at).roots
        facts[unit] = {**certificate.as_facts(), "root": roots[0].sha256 if roots else None}
    return facts


def read_nodes(cluster: Cluster, nodes: t.Sequence[Node]) -> list[NodeCertificates]:
    """Return the certificates of nodes in their order; the first is read alone, since its answer to a password counts for the others."""
    first = [read_node(cluster, node) for node in nodes[:1]]
    return first + list(each(nodes[1:], lambda node: read_node(cluster, node)).values())


def read_node(cluster: Cluster, node: Node) -> NodeCertificates:
    """Return the certificates of a node. Raises the errors of C(CertificateApi.snapshot)."""
    api = cluster.certificate_api(node)
    told = api.snapshot()
    own = {unit: chains.read_all(text) for unit, text in told.identities.items()}
    found = NodeCertificates(
        node=node.name,
        own={unit: held for unit, held in own.items() if held},
        stores={
            store: chains.distinct(each for text in texts for each in chains.read_all(text))
            for store, texts in told.trusts.items()
        },
        told_at=api.device_time,
    )
    if "tomcat" not in found.tomcat():
        raise ProtocolError(
            f"{node.name} shows no Tomcat certificate of its own in its snapshot.",
            code="unreadable_output",
            details={"node": node.name, "units": sorted(told.identities)},
            remedy="Nothing was concluded from it. Run the task again; if it persists, check the node's certificates.",
        )
    return found


def find(cluster: Cluster, node: Node, held: NodeCertificates, wanted: str) -> Store:
    """Return a store of a node by its base name.

    Raises:
        Refusal: The node lists no such store (C(store_unknown)); the message names the stores it lists.
    """
    api = cluster.certificate_api(node)
    service = service_of(wanted, api.words(), list(held.stores))
    contents = None if service is None else _contents(api, held, wanted, service)
    if service is None or contents is None:
        raise Refusal(
            f"{node.name} has no trust store {wanted}; it lists {', '.join(sorted(held.stores)) or 'none'}.",
            code="store_unknown",
            details={"node": node.name, "stores": sorted(held.stores)},
            remedy="Set store to one that the node lists. Phone-edge trust exists on the publisher only, from release 12.5 on.",
        )
    return Store(service, tuple(contents))


def _contents(
    api: CertificateApi, held: NodeCertificates, wanted: str, service: str
) -> list[Certificate] | None:
    shown = held.store(wanted)
    if shown is not None:
        return shown
    # A store missing from the snapshot is not proven to be empty.
    texts = api.trust(service)
    if texts is None:
        return None
    return chains.distinct(each for text in texts for each in chains.read_all(text))


def _reread(cluster: Cluster, node: Node, wanted: str, service: str) -> tuple[Store, datetime]:
    """Return the current contents of a store, and the node's clock."""
    held = read_node(cluster, node)
    contents = _contents(cluster.certificate_api(node), held, wanted, service)
    return Store(service, tuple(sorted(contents or (), key=lambda each: each.sha256))), held.told_at


# -- without the API -------------------------------------------------------------------------------------


def not_readable(release: str) -> Refusal:
    """Return the error for reading a store on a release without the API."""
    return Refusal(
        f"Release {release} has no certificate API, so its trust stores cannot be read.",
        code="not_in_this_release",
        details={"release": release},
        remedy="Check OS Administration > Security > Certificate Management > Find.",
    )


def by_hand(cluster: Cluster, wish: Wish, node: Node, release: str) -> Refusal:
    """Return the error for a release without the API, with the steps to do by hand."""
    if wish.store == PHONE_EDGE and _version(release) < _PHONE_EDGE_SINCE:
        return Refusal(
            f"Release {release} has no phone-edge trust.",
            code="not_in_this_release",
            details={"release": release},
            remedy="SIP OAuth mode needs release 12.5 or later.",
        )
    needed = list(wish.given)
    unnamed: list[str] = []
    if wish.store == PHONE_EDGE and wish.tomcat_roots:
        for each in cluster.callmanager_nodes:
            roots, unknown = _roots_by_cli(cluster, each, wish.given)
            needed += roots
            unnamed += unknown
    needed = chains.issuers_first(needed)
    names = [f"{each.subject} (sha256 {each.sha256})" for each in needed] + unnamed
    purpose = "Phone-Edge-Trust" if wish.store == PHONE_EDGE else f"{wish.store}-trust"
    return Refusal(
        f"Release {release} has no certificate API; add to {wish.store} trust on {node.name} by hand. "
        f"Needed: {'; '.join(names)}.",
        code="by_hand",
        details={
            "release": release,
            "needed": [{**each.as_facts(), "pem": each.pem} for each in needed],
            "needed_by_issuer": unnamed,
        },
        remedy=f"On {node.name}: OS Administration > Security > Certificate Management > "
        f"Upload Certificate/Certificate chain, purpose {purpose}, once for each; or on its command line 'set cert import "
        f"trust <unit>' with the unit of {purpose}, and paste each. Put all of them in before any phone is reset.",
    )


def _roots_by_cli(
    cluster: Cluster, node: Node, given: t.Sequence[Certificate]
) -> tuple[list[Certificate], list[str]]:
    """Return the known roots of a node's Tomcat certificates, and a description of each unknown one."""
    roots: list[Certificate] = []
    unnamed: list[str] = []
    # The CLI prints local time without a zone; it only decides which of two roots is named.
    now = cluster.device_time().replace(tzinfo=UTC)
    for unit in TOMCAT_UNITS:
        try:
            shown = chains.read_all(cluster.run(node, f"show cert own {unit}"))
        except (AuthenticationError, IdentityError):
            raise
        except CucmError as error:
            unnamed.append(f"the root of {unit} at {node.name}, which could not be read ({error.code})")
            continue
        if not shown:
            continue
        found = chains.chain(shown[0], [*shown, *given], now)
        roots += found.roots[:1]
        if not found.roots:
            unnamed.append(f"the root above {', '.join(found.missing)}, which issued {unit} at {node.name}")
    return roots, unnamed


# -- changing --------------------------------------------------------------------------------------------


def upload(
    task: Task, node: Node, wanted: str, before: Store, added: t.Sequence[Certificate]
) -> list[Certificate]:
    """Upload certificates to a store in one request, prove it by reading, and return the new contents.

    If the answer was lost, or the store does not confirm it, the outcome is read as in C(_settling). Nothing is sent twice.

    Raises:
        Refusal: Someone else changed the store in between (C(state_changed)).
        ProductFault: The node refused. UnknownOutcome: The answer was lost, and the certificates are not there.
        Contradiction: The node accepted the certificates but holds none or only some of them.
    """
    cluster = task.cluster
    with task.exclusive():
        now, told_at = _reread(cluster, node, wanted, before.service)
        if summary(now.contents) != summary(before.contents):
            raise Refusal(
                f"Someone else changed {wanted} trust on {node.name} between reading and writing it. Nothing was sent.",
                code="state_changed",
                details={"before": summary(before.contents), "now": summary(now.contents)},
                remedy="Find out who else works on the cluster, then run the task again; it reads the cluster first.",
            )
        task.progress(f"{node.name}: {len(added)} certificate(s) to {before.service} trust")
        lost: UnknownOutcome | None = None
        sent = Sent(task.params["change_timeout"], cluster_seconds(task.clock), told_at)
        try:
            cluster.certificate_api(node).upload_trust(
                before.service, [each.pem for each in added], _DESCRIPTION
            )
        except UnknownOutcome as error:
            task.progress(f"the answer was lost ({error.message}); reading the outcome")
            lost = error
        except ProductFault as error:
            error.details["changed"] = _differs(cluster, node, wanted, before)
            raise
        if lost is None:
            # An answer ends the request.
            sent.limit = 0
        after = _settled(task, node, wanted, before, sent, added, accepted=lost is None)
    _require_stored(node, wanted, before, added, after, lost)
    return list(after.contents)


def _differs(cluster: Cluster, node: Node, wanted: str, before: Store) -> bool:
    """Return whether a refused request still changed something, as far as that can be read."""
    try:
        return summary(_reread(cluster, node, wanted, before.service)[0].contents) != summary(before.contents)
    except CucmError:
        return False


def _settled(
    task: Task,
    node: Node,
    wanted: str,
    before: Store,
    sent: Sent,
    added: t.Sequence[Certificate],
    *,
    accepted: bool,
) -> Store:
    act = Act(
        f"the certificates sent to {wanted} trust on {node.name}",
        node.name,
        "OS Administration > Security > Certificate Management",
    )

    def read() -> tuple[Store, datetime]:
        return _reread(task.cluster, node, wanted, before.service)

    def whole(store: Store) -> bool:
        held = {each.sha256 for each in store.contents}
        return all(each.sha256 in held for each in added)

    report = Report(task, act, sent)
    if accepted and whole(store := patient(task, report, read)[0]):
        return store
    return settled(
        task,
        sent,
        report,
        read,
        whole,
        lambda store: f"{sum(each in store.contents for each in added)} of {len(added)} are there",
        lambda store: {"before": summary(before.contents), "last": summary(store.contents)},
    )[0]


def _require_stored(
    node: Node,
    wanted: str,
    before: Store,
    added: t.Sequence[Certificate],
    after: Store,
    lost: UnknownOutcome | None,
) -> None:
    held = {each.sha256 for each in after.contents}
    absent = [each for each in chains.distinct([*before.contents, *added]) if each.sha256 not in held]
    if not absent:
        return
    details = {
        "before": summary(before.contents),
        "after": summary(after.contents),
        "absent": summary(absent),
    }
    names = ", ".join(each.subject for each in absent)
    if lost is not None and summary(after.contents) == summary(before.contents):
        raise UnknownOutcome(
            f"The answer to the upload was lost, and two readings of {wanted} trust on {node.name} show no effect.",
            code="change_not_effective",
            details=details,
            remedy="Run the task again; it reads the store first.",
        )
    raise Contradiction(
        f"{node.name} accepted the certificates, but {wanted} trust lacks some of them: {names}.",
        details={**details, "changed": summary(after.contents) != summary(before.contents)},
        remedy="Check OS Administration > Security > Certificate Management before you reset phones: "
        "they trust only what is in this store.",
    )
