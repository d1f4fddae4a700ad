# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of the certificate management API: no refusal of it is on record, only that there are some."""

from __future__ import annotations

from .model import Text, invented

_WHY = "the words of the API's refusals are not public"

CERTIFICATE_API: dict[str, Text] = {
    "certificate_api.not_json": invented("The request body is not valid JSON", _WHY),
    "certificate_api.bad_field": invented("The field {name} is missing or invalid", _WHY),
    "certificate_api.unknown_service": invented("The service {service} is not supported", _WHY),
    "certificate_api.not_pem": invented("Certificate {number} is not a valid PEM certificate", _WHY),
    "certificate_api.no_issuer": invented(
        "The issuer {issuer} of the certificate {name} is not in the trust store",
        "that the upload is refused with 400 is [C] wire-facts 6; its words are not public",
    ),
    "certificate_api.not_valid_now": invented(
        "The certificate {name} is expired or not yet valid", "whether these are refused is not public ([R])"
    ),
    "certificate_api.too_many": invented(
        "The trust store cannot hold more than {most} certificates",
        "[D] wire-facts 6: phones accept up to 16; that the server refuses more is not public",
    ),
    "certificate_api.there_already": invented(
        "The certificate {name} exists already", "what a second upload answers is not public (wire-facts 9.3)"
    ),
}
