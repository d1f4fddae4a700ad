# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate management API of one node, from release 14 on. PRIVATE to the collection.

JSON over HTTPS with the platform account; acts on the node it is called on (wire-facts 6: paths, element names and the
base names of stores [C], the rest [D]). A node's answer is checked by type: no part of it is assumed to exist.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from .._base.clock import Clock
from .._base.errors import ProductFault, ProtocolError, Refusal, TransportError, UnknownOutcome
from .http import Answer, HttpConnection

_BASE = "/platformcom/api/v1/certmgr/config/"
_BACK_OFF = (2.0, 4.0, 8.0)
_MOST_SAID = 300
_MOST_READ = 16384
# A node has some hundreds of certificates; each of these characters begins at most one value.
_MOST_VALUES = 100_000


@dataclass(frozen=True)
class Snapshot:
    """All certificates of a node as PEM texts.

    Attributes:
        identities: The node's own certificate by service, for example C(tomcat); services without one are left out.
        trusts: The contents of the trust stores by service, in the node's spelling.
    """

    identities: t.Mapping[str, str]
    trusts: t.Mapping[str, t.Sequence[str]]


class CertificateApi:
    """The API of one node."""

    def __init__(self, connection: HttpConnection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    @property
    def device_time(self) -> datetime:
        """The node's clock (UTC) at its latest answer.

        Raises:
            ProtocolError: The answer had no Date.
        """
        told = self._connection.device_time
        if told is None or told.tzinfo is None:
            raise ProtocolError(
                f"The answer of {self._connection.where} had no date.",
                code="unreadable_output",
                remedy="The validity of certificates is checked against the node's clock. Run the task again.",
            )
        return told

    def snapshot(self) -> Snapshot:
        """Return all certificates of the node.

        Raises:
            Refusal: The account is not allowed to (C(privilege_too_low)), or the node lacks the API (C(certificate_api_absent)).
            TransportError: Not reached, or still not ready (C(throttled)). ProtocolError: The answer has another form.
        """
        told = self._get("snapshot/server")
        if not isinstance(told, dict):
            raise self._unreadable("snapshot/server", "it is not an object")
        identities, trusts = told.get("identities"), told.get("trusts")
        if not isinstance(identities, list) or not isinstance(trusts, list):
            raise self._unreadable("snapshot/server", "it lists no identities or no trusts")
        stores: dict[str, list[str]] = {}
        for entry in trusts:
            if not _has_text(entry, "service"):
                raise self._unreadable("snapshot/server", "a trust store has no name")
            stores.setdefault(entry["service"], []).extend(
                self._pem_texts("snapshot/server", entry.get("certificate_data"))
            )
        return Snapshot(
            identities={
                entry["service"]: entry["certificate"]
                for entry in identities
                if _has_text(entry, "service") and _has_text(entry, "certificate")
            },
            trusts=stores,
        )

    def words(self) -> list[str]:
        """Return every text in the node's C(options), which include the names of its services.

        The layout of the options is not published, so the caller looks for the one name it needs.
        Raises the errors of C(snapshot).
        """
        return list(dict.fromkeys(_texts(self._get("options"))))

    def trust(self, service: str) -> list[str] | None:
        """Return the PEM texts in a trust store; an empty list if the node answers that it is empty (404 [?]).

        None if the node does not know the store (400 [?]). Raises the errors of C(snapshot).
        """
        path = f"trust/certificate?service={quote(service, safe='')}"
        answer = self._ask(path)
        if answer.status in (400, 404):
            return [] if answer.status == 404 else None
        told = self._content(path, answer)
        # An array, or an object with one (wire-facts 6 [C]).
        return self._pem_texts(
            "trust/certificate", told.get("certificates") if isinstance(told, dict) else told
        )

    def upload_trust(self, service: str, certificates: t.Sequence[str], description: str) -> None:
        """Upload certificates to a trust store in one request. The caller reads the outcome.

        Args:
            service: The store in the spelling of the node's options.
            certificates: One PEM text each.
            description: Shown beside them in the node's administration pages.

        Raises:
            ProductFault: The node refused (C(certificate_refused)), with its text.
            UnknownOutcome: No answer came, or one that does not show whether it happened.
            Refusal, TransportError: As for C(snapshot); nothing was changed.
        """
        body = json.dumps(
            {"service": [service], "certificates": list(certificates), "description": description}
        )
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            answer = self._connection.post(_BASE + "trust/certificates", body, headers, changing=True)
        except ProtocolError as error:
            raise _unknown(error.message) from error
        if 200 <= answer.status < 300:
            return
        if not 400 <= answer.status < 500:
            raise _unknown(f"{self._connection.where} answered trust/certificates with HTTP {answer.status}.")
        self._refuse(answer)
        raise ProductFault(
            f"{self._connection.where} refused the certificates (HTTP {answer.status}): {_said(answer)}",
            code="certificate_refused",
            details={"node": self._connection.target.node, "status": answer.status, "said": _said(answer)},
            remedy="Read the node's reason; a node refuses a certificate whose issuer is not in the store.",
        )

    def _get(self, path: str) -> t.Any:
        return self._content(path, self._ask(path))

    def _ask(self, path: str) -> Answer:
        for pause in (*_BACK_OFF, None):
            answer = self._connection.get(_BASE + path, {"Accept": "application/json"})
            if answer.status != 503:
                return answer
            if pause is None or not self._clock.may_wait(pause):
                break
            self._clock.sleep(pause)
        raise TransportError(
            f"{self._connection.where} is not ready: it answered {_name(path)} with 503.",
            code="throttled",
            details={"node": self._connection.target.node},
            remedy="Wait until the node has finished its work, then run the task again.",
        )

    def _content(self, path: str, answer: Answer) -> t.Any:
        self._refuse(answer)
        if answer.status != 200:
            raise self._unreadable(path, f"HTTP {answer.status}: {_said(answer)}")
        if sum(answer.body.count(sign) for sign in (b"[", b"{", b",")) > _MOST_VALUES:
            raise self._unreadable(path, f"it has more than {_MOST_VALUES} values")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(
                path, f"it is not JSON but {answer.content_type or 'of no type'}"
            ) from error

    def _refuse(self, answer: Answer) -> None:
        node = self._connection.target.node
        if answer.status == 403:
            raise Refusal(
                f"{self._connection.where} does not allow the account {self._connection.target.username} to "
                "manage certificates (403).",
                code="privilege_too_low",
                details={"node": node},
                remedy="Set cli_username to a platform account with privilege level 4.",
            )
        if answer.status == 404:
            raise Refusal(
                f"{self._connection.where} has no certificate API (404).",
                code="certificate_api_absent",
                details={"node": node},
                remedy="The API needs release 14 or later. Check the release, and that the port is the node's Tomcat.",
            )

    def _pem_texts(self, path: str, value: t.Any) -> list[str]:
        """Return the texts of a list whose items are texts or objects with C(certificate); null is an empty list."""
        if value is not None and not isinstance(value, list):
            raise self._unreadable(path, "its certificates are not a list")
        items = [item["certificate"] if _has_text(item, "certificate") else item for item in value or []]
        if not all(isinstance(item, str) for item in items):
            raise self._unreadable(path, "one of its certificates is not a text")
        return items

    def _unreadable(self, path: str, why: str) -> ProtocolError:
        return ProtocolError(
            f"{self._connection.where} answered {_name(path)} in an unknown form: {why}.",
            code="not_json",
            details={"node": self._connection.target.node},
            remedy="Nothing was concluded from it. Run the task again; if it persists, check the node's Tomcat.",
        )


def _unknown(why: str) -> UnknownOutcome:
    return UnknownOutcome(
        f"Certificates were sent, but it is not known whether they were stored: {why}",
        remedy="Run the task again; it reads the state first.",
    )


def _name(path: str) -> str:
    return path.partition("?")[0]


def _said(answer: Answer) -> str:
    """Return the readable text of an answer, shortened."""
    text = answer.body[:_MOST_READ].decode("utf-8", "replace")
    text = " ".join(
        _texts_of_json(text) or [re.sub(r"(?s)<(style|script)\b.*?(?:</\1>|$)|<[^<>]*>", " ", text)]
    )
    return " ".join(text.split())[:_MOST_SAID] or "nothing"


def _texts_of_json(text: str) -> list[str]:
    try:
        told = json.loads(text)
        return list(_texts(told)) if isinstance(told, (dict, list)) else []
    except (ValueError, RecursionError):
        return []


def _texts(value: t.Any) -> t.Iterator[str]:
    """Yield every text in a JSON value, without member names."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left += reversed(item.values())
        elif isinstance(item, list):
            left += reversed(item)


def _has_text(entry: t.Any, name: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(name), str) and bool(entry[name].strip())
