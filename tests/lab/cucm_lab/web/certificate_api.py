# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate management REST API of a node (wire-facts 6: [D] what there is, [C] paths and elements).

Invented: the content of ``options``, the form of a refusal, and whatever is a setting.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from cryptography import x509

from ..domain import certificate_rows, trust_stores
from ..domain.certificates import common_name, pem, read_pem, sha256
from ..domain.trust_stores import TrustRefused, TrustStore
from .soap import Answer

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode

BASE = "/platformcom/api/v1/certmgr/config/"
LEVEL = 4
"""The privilege it takes ([R]: the guide says platform administrator)."""
_CREATED = 201


@dataclass(frozen=True)
class ApiSettings:
    """What nobody has published about the API, with this lab's answer.

    phone_edge_service: its name for that store ([?]). max_phone_edge: [D] 16. second_upload: the status when all
    certificates are there already ([?]; 400 and 409 refuse the whole request when one is). trust_answer: an array of
    PEM texts or an object with one ([C]: both were seen). refuses_expired: also what is not valid yet ([R]).
    low_privilege_status: for an account below level 4 ([R]). stores_nothing: a lie for tests.
    """

    phone_edge_service: str = "phone-edge"
    max_phone_edge: int = 16
    second_upload: int = 201
    trust_answer: str = "array"
    refuses_expired: bool = True
    low_privilege_status: int = 403
    stores_nothing: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ApiSettings:
        """Read a cluster's mapping; what it does not name has its default."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})


def _json(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body), "application/json")


class CertificateApi:
    """The API of one node: reads and writes the stores of that node only ([D])."""

    def __init__(self, node: LabNode) -> None:
        self._node = node

    @property
    def settings(self) -> ApiSettings:
        return ApiSettings.of(self._node.cluster.certificate_api)

    async def call(
        self, method: str, path: str, query: Mapping[str, str], body: bytes, account: Account
    ) -> Answer | None:
        """The answer to a request whose account may; None when there is no such resource.

        path: below :data:`BASE`.
        """
        try:
            if (method, path) == ("GET", "snapshot/server"):
                return _json(200, self._snapshot())
            if (method, path) == ("GET", "options"):
                return _json(200, self._options())
            if (method, path) == ("GET", "trust/certificate"):
                texts = [pem(each.certificate) for each in self._store(query.get("service")).entries]
                return _json(200, texts if self.settings.trust_answer == "array" else {"certificates": texts})
            if (method, path) == ("GET", "identity/certificate"):
                return _json(200, self._identity(query.get("service")))
            if (method, path) == ("POST", "trust/certificates"):
                return await self._upload(body, account)
        except TrustRefused as refusal:
            return self._refused(refusal)
        return None

    def _refused(self, refusal: TrustRefused, status: int = 400) -> Answer:
        message = self._node.cluster.texts.say(refusal.key, **refusal.values)
        return _json(status, {"trackingId": str(uuid.uuid4()), "errors": [{"message": message}]})

    # -- reading ----------------------------------------------------------------------------------------

    def _service(self, store: TrustStore) -> str:
        return self.settings.phone_edge_service if store.name == trust_stores.PHONE_EDGE else store.base_name

    def _store(self, service: object) -> TrustStore:
        for store in self._node.trust_stores.values():
            if self._service(store) == service:
                return store
        raise TrustRefused("certificate_api.unknown_service", service=service)

    def _identity(self, service: str | None) -> dict[str, str]:
        certificate = self._node.certificates.get(service or "")
        if certificate is None:
            raise TrustRefused("certificate_api.unknown_service", service=service)
        return {"certificate": certificate.pem}

    def _snapshot(self) -> dict[str, Any]:
        return {
            "trackingId": str(uuid.uuid4()),
            "server": self._node.name,
            "identities": [
                {"service": unit, "certificate": certificate.pem, "csr": None}
                for unit, certificate in sorted(self._node.certificates.items())
            ],
            "trusts": [
                {
                    "service": self._service(store),
                    "certificate_data": [
                        {"filename": each.file_name, "certificate": pem(each.certificate)}
                        for each in store.entries
                    ],
                }
                for store in self._node.trust_stores.values()
            ],
            "revokedCertificates": [],
        }

    def _options(self) -> dict[str, Any]:
        return {
            "identityServices": sorted(self._node.certificates),
            "trustServices": [self._service(store) for store in self._node.trust_stores.values()],
            "distributions": ["this-server", "multi-server"],
            "keyTypes": ["rsa", "ec"],
            "keyLengths": {"rsa": [2048, 3072, 4096], "ec": [256, 384, 521]},
            "hashAlgorithms": ["sha256", "sha384", "sha512"],
        }

    # -- uploading --------------------------------------------------------------------------------------

    async def _upload(self, body: bytes, account: Account) -> Answer:
        stores, certificates, description = self._read(body)
        settings, cluster = self.settings, self._node.cluster
        for store in stores:
            limit = settings.max_phone_edge if store.name == trust_stores.PHONE_EDGE else None
            store.check(certificates, cluster.clock.now(), most=limit, expired=settings.refuses_expired)
        there = [each for each in certificates if all(sha256(each) in store.fingerprints for store in stores)]
        if there and settings.second_upload >= 400:
            refusal = TrustRefused("certificate_api.there_already", name=common_name(there[0].subject))
            return self._refused(refusal, settings.second_upload)
        for store in stores:
            new = [sha256(each) for each in certificates if sha256(each) not in store.fingerprints]
            if new and not settings.stores_nothing:
                detail = {"added": list(dict.fromkeys(new))}
                operation = f"trust_store {store.name} add"
                async with cluster.journal.effect(self._node, account, operation, detail):
                    store.put(certificates, description)
                    certificate_rows.fill(cluster)
        status = settings.second_upload if len(there) == len(certificates) else _CREATED
        return _json(status, {"trackingId": str(uuid.uuid4())})

    def _read(self, body: bytes) -> tuple[list[TrustStore], list[x509.Certificate], str]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise TrustRefused("certificate_api.not_json") from None
        told = told if isinstance(told, dict) else {}
        for name in ("service", "certificates"):
            value = told.get(name)
            if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
                raise TrustRefused("certificate_api.bad_field", name=name)
        description = told.get("description", "")
        if not isinstance(description, str):
            raise TrustRefused("certificate_api.bad_field", name="description")
        stores = [self._store(service) for service in dict.fromkeys(told["service"])]
        certificates = []
        for number, text in enumerate(told["certificates"], 1):
            certificate = read_pem(text)
            if certificate is None:
                raise TrustRefused("certificate_api.not_pem", number=number)
            certificates.append(certificate)
        return stores, certificates, description
