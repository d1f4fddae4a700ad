# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exceptions of the collection. PRIVATE to the collection.

Code below the module edge raises one of these and never calls C(fail_json). Each carries what a playbook
branches on (``code``), what a person reads (``message``), what a machine may keep (``details``) and what to
do next (``remedy``). Libraries' own exceptions are translated where the library is called; what escaped that is made one of
these by C(unexpected), where facts come together and at the module's edge.

With the code each has unless it is given another; C(docs/failure-codes.md) has all codes and what they mean.

    CucmError                 (error)
        InputError            (invalid_input)
        TransportError        (connection_failed)
            IdentityError     (identity_not_proven)
        AuthenticationError   (authentication_refused)
        ProtocolError         (protocol_violation)
        ProductFault          (product_fault)
        DeadlineExceeded      (timed_out)
        Refusal               (refused)
        Contradiction         (contradiction)
        UnknownOutcome        (outcome_unknown)
        RecordNotWritten      (record_not_written)
"""

from __future__ import annotations

import contextlib
import traceback
import typing as t


class CucmError(Exception):
    """A failure with a stable code.

    Args:
        message: What went wrong and where, one or two sentences.
        code: Stable word for playbooks, unique to the reason.
        remedy: What the reader can do next; if empty, the default of the class.
        details: JSON-like evidence (no secrets).
    """

    default_code = "error"
    default_remedy = "Run the task again with -vvv, and check the node by hand."

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
        self.remedy = remedy or self.default_remedy
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
    """The user's input is invalid; nothing was sent anywhere."""

    default_code = "invalid_input"
    default_remedy = "Correct the value and run the task again. Nothing was sent."


class TransportError(CucmError):
    """The connection could not be made or was lost."""

    default_code = "connection_failed"
    default_remedy = "Check the address, the port and any firewall in between, then run the task again."


class IdentityError(TransportError):
    """The peer did not prove who it is; no credential was sent to it.

    C(of_publisher) says whether it is the one by which the cluster is addressed; of another node it is about that node alone.
    """

    default_code = "identity_not_proven"
    default_remedy = "Find out whether this is the intended node. No password was sent."
    of_publisher = True


# A credential was sent and it is unknown whether it was accepted: it is not tried again, although it may be right.
UNANSWERED = "authentication_unanswered"


class AuthenticationError(CucmError):
    """The device refused a credential, or gave no answer to it. Never tried again in the same run."""

    default_code = "authentication_refused"
    default_remedy = "Log in by hand once to see what the node asks for."


class ProtocolError(CucmError):
    """The peer's answer does not follow the protocol."""

    default_code = "protocol_violation"
    default_remedy = "Nothing was concluded from the answer. Check the node by hand, then run the task again."


class ProductFault(CucmError):
    """The product understood the request and answered with a fault."""

    default_code = "product_fault"
    default_remedy = "Check the node by hand: the text comes from the node."


class DeadlineExceeded(CucmError):
    """Something did not happen within its time limit."""

    default_code = "timed_out"
    default_remedy = "Check whether the node is busy, then run the task again."


class Refusal(CucmError):
    """The collection or the cluster refuses the request; this request changed nothing."""

    default_code = "refused"
    default_remedy = (
        "Resolve the problem in the message, then run the task again. This request changed nothing."
    )


class Contradiction(CucmError):
    """Two witnesses of one fact disagree."""

    default_code = "contradiction"
    default_remedy = "Find out by hand which is true before you change anything."


class UnknownOutcome(CucmError):
    """A change was sent and its outcome could not be determined."""

    default_code = "outcome_unknown"
    default_remedy = "Run the task again; it reads the state first."


class RecordNotWritten(CucmError):
    """Something was sent and its outcome could not be recorded; C(details.changed) holds what is known."""

    default_code = "record_not_written"
    default_remedy = (
        "Free space in the state directory or repair it, then run the task again; it reads the state first."
    )


# An unforeseen failure: an error in this collection or in a library it calls.
UNEXPECTED = "unexpected"
_OWN = "ansible_collections.ucops.cucm."
_MOST_SAID = 300


@contextlib.contextmanager
def after_change() -> t.Iterator[None]:
    """Say of whatever fails in here that the cluster was changed before."""
    try:
        yield
    except CucmError as error:
        error.details["changed"] = True
        raise


def said(text: str) -> str:
    """Return foreign text on one line, without control characters, and short enough for a message."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _MOST_SAID]).split())[
        :_MOST_SAID
    ]


def unexpected(error: Exception) -> CucmError:
    """Return the failure for any other exception: its type, text and place, without the value of any variable."""
    where = _place(error)
    return CucmError(
        f"{type(error).__name__}: {said(str(error)) or 'no text'} (at {where}).",
        code=UNEXPECTED,
        details={"exception": type(error).__name__, "where": where},
        remedy="This is an error in the collection: report it to this project, with the versions of the node and of ansible-core.",
    )


def _place(error: Exception) -> str:
    """Return C(module:line) of where an exception was raised, and of the line of this collection that led there."""
    places = [
        (frame.f_globals.get("__name__") or "?", line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if not places:
        return "unknown"
    own = [place for place in places if place[0].startswith(_OWN)] or places
    told = [own[-1], *places[-1:]] if own[-1] != places[-1] else own[-1:]
    return ", in ".join(f"{module.removeprefix(_OWN)}:{line}" for module, line in told)
