# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exceptions of the collection. PRIVATE to the collection.

Code below the module edge raises one of these and never calls C(fail_json). Each carries what a playbook
branches on (``code``), what a person reads (``message``), what a machine may keep (``details``) and what to
do next (``remedy``).
"""

from __future__ import annotations

import typing as t


class CucmError(Exception):
    """A failure with a stable code.

    Args:
        message: What went wrong and where, one or two sentences.
        code: Stable word for playbooks, unique to the reason.
        remedy: What the reader can do next.
        details: JSON-like evidence (no secrets).
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        remedy: str = "",
        details: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.remedy = remedy
        self.details: dict[str, t.Any] = dict(details or {})

    def as_failure(self) -> dict[str, t.Any]:
        """Return the ``failure`` object of a module result."""
        return {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "remedy": self.remedy,
        }


class InputError(CucmError):
    """The user's input cannot be right; nothing was sent anywhere."""

    default_code = "invalid_input"


class TransportError(CucmError):
    """The connection could not be made or was lost."""

    default_code = "connection_failed"


class IdentityError(TransportError):
    """The peer did not prove who it is; no credential was sent to it."""

    default_code = "identity_not_proven"


# A credential was sent, and whether it was accepted is not known: not tried again, but nobody said that it is wrong.
UNANSWERED = "authentication_unanswered"


class AuthenticationError(CucmError):
    """The device refused a credential, or did not answer it. Never tried again in the same run."""

    default_code = "authentication_refused"


class ProtocolError(CucmError):
    """The peer answered with something that is not the protocol."""

    default_code = "protocol_violation"


class ProductFault(CucmError):
    """The product understood the request and answered with a fault."""

    default_code = "product_fault"


class DeadlineExceeded(CucmError):
    """Something did not happen in the time it was given."""

    default_code = "timed_out"


class Refusal(CucmError):
    """The collection, or the cluster, will not do what was asked; nothing was changed by this request."""

    default_code = "refused"


class Contradiction(CucmError):
    """Two witnesses of one fact disagree."""

    default_code = "contradiction"


class UnknownOutcome(CucmError):
    """A change was sent and it could not be learned whether it happened."""

    default_code = "outcome_unknown"
