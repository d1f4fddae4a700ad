# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions and messages of C(utils ctl) and C(utils sipOAuth-mode). PRIVATE to the collection.

Pure. Sources: cli-facts 2.2, transcripts (a) to (g), and 3.1. A question is recognised only if its whole text is known.
"""

from __future__ import annotations

import enum
import re

from .words import CALLMANAGER, CTIMANAGER, DISABLED, ENABLED, MIXED, NON_SECURE, TFTP

_YES_NO = r" ?\(y/n\):"
_AUTO_REGISTRATION = r"(?: Auto-registration is enabled on at least one CM node\.)?"

SET_CLUSTER = {MIXED: "utils ctl set-cluster mixed-mode", NON_SECURE: "utils ctl set-cluster non-secure-mode"}
UPDATE_CTL = "utils ctl update CTLFile"
SIP_OAUTH = {ENABLED: "utils sipOAuth-mode enable", DISABLED: "utils sipOAuth-mode disable"}

# The required privilege level: 1 allows a delegated administrator, 4 is the administrator created at installation (cli-facts 1.7).
PRIVILEGE_LEVEL = {
    **dict.fromkeys((*SET_CLUSTER.values(), UPDATE_CTL), "1 or higher"),
    **dict.fromkeys(SIP_OAUTH.values(), "4 (the administrator made at installation)"),
}

QUESTIONS: dict[str, re.Pattern[str]] = {
    SET_CLUSTER[MIXED]: re.compile(
        r"This operation (?:sets|will set) the cluster to Mixed mode\."
        + _AUTO_REGISTRATION
        + r" Do you want to continue\?"
        + _YES_NO
    ),
    SET_CLUSTER[NON_SECURE]: re.compile(
        r"This operation (?:sets|will set) the cluster to non secure mode\."
        + _AUTO_REGISTRATION
        + r" Do you want to continue\?"
        + _YES_NO,
        re.IGNORECASE,
    ),
    UPDATE_CTL: re.compile(
        r"This operation (?:updates|will update) the CTLFile\. Do you want to continue\?" + _YES_NO
    ),
}

# The text of C(utils ctl) is known; the text of C(utils sipOAuth-mode) in that case is not.
_EXPORT_REFUSAL = re.compile(
    r"not registered\b.{0,80}\bexport[- ]control"
    r"|export[- ]control(?:led)?\b.{0,80}\bnot allowed",
    re.IGNORECASE,
)
_PUBLISHER_ONLY = re.compile(
    r"only.{0,40}publisher|publisher.{0,40}only|disabled on|first node", re.IGNORECASE
)


# The text for a command sent while another runs is not published; a successful command prints none of these words.
_BUSY = re.compile(
    r"\b(?:another|other|an?|previous) (?:\S+ )?(?:operation|command|process|instance|session)\b.{0,40}"
    r"\b(?:in progress|running|at work|active)"
    r"|\balready (?:running|in progress)|\btry again later\b",
    re.IGNORECASE,
)


class Said(enum.Enum):
    """Why the CLI returned without its question."""

    EXPORT_CONTROL = "export_control_not_allowed"
    NOT_PUBLISHER = "not_publisher"
    PRIVILEGE = "privilege_too_low"
    BUSY = "busy"
    SOMETHING_ELSE = "unexpected_response"


def refusal_in(output: str) -> Said:
    """Return why a command ended without the question it should ask."""
    folded = " ".join(output.split())
    if _EXPORT_REFUSAL.search(folded):
        return Said.EXPORT_CONTROL
    if "Incomplete command entered" in folded:
        return Said.PRIVILEGE
    if _BUSY.search(folded):
        return Said.BUSY
    return Said.NOT_PUBLISHER if _PUBLISHER_ONLY.search(folded) else Said.SOMETHING_ELSE


_TRAILER_NAMES = (
    (re.compile(r"\bTFTP\b", re.IGNORECASE), TFTP),
    (re.compile(r"\bCallManager\b"), CALLMANAGER),
    (re.compile(r"\bCTIManager\b"), CTIMANAGER),
)


_ADVICE = re.compile(r"(?:Please|You must) (?:re)?(?:start|set)\b[^.]*", re.IGNORECASE)
_LONGEST_ADVICE = 500


def advice(output: str) -> list[str]:
    """Return the sentences of a transcript about restarts and resets, as printed except for line breaks.

    They neither prove nor decide anything: what is due is derived from the cluster, and sources of other releases name more.
    """
    found = _ADVICE.findall(" ".join(output.split()))
    return [sentence.strip()[:_LONGEST_ADVICE] for sentence in found]


def restarts_named(output: str) -> list[str]:
    """Return the services that the trailer of a transcript asks to restart, for the record."""
    told = " ".join(sentence for sentence in advice(output) if not _RESET.match(sentence))
    return [service for pattern, service in _TRAILER_NAMES if pattern.search(told)]


_RESET = re.compile(r"(?:Please|You must) reset\b", re.IGNORECASE)
