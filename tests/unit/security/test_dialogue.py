# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only a question whose whole text is known is recognised; any other output is classified, never answered."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import dialogue
from ansible_collections.ucops.cucm.plugins.module_utils._security.dialogue import (
    QUESTIONS,
    SET_CLUSTER,
    UPDATE_CTL,
    Said,
)
from cucm_lab.sentences.cli import CLI

MIXED, NON_SECURE = SET_CLUSTER["mixed"], SET_CLUSTER["non_secure"]
AUTO = " Auto-registration is enabled on at least one CM node."
# Command and question, white space folded as the session folds it: TN118893, TN118892, CVP.
KNOWN = [
    (MIXED, "This operation sets the cluster to Mixed mode. Do you want to continue? (y/n):"),
    (MIXED, "This operation will set the cluster to Mixed mode. Do you want to continue? (y/n):"),
    (MIXED, f"This operation will set the cluster to Mixed mode.{AUTO} Do you want to continue? (y/n):"),
    (MIXED, f"This operation sets the cluster to Mixed mode.{AUTO} Do you want to continue? (y/n):"),
    (NON_SECURE, "This operation will set the cluster to non secure mode. Do you want to continue? (y/n):"),
    (NON_SECURE, "This operation sets the cluster to Non Secure Mode. Do you want to continue? (y/n):"),
    (
        NON_SECURE,
        f"This operation will set the cluster to non secure mode.{AUTO} Do you want to continue? (y/n):",
    ),
    (UPDATE_CTL, "This operation updates the CTLFile. Do you want to continue? (y/n):"),
    (UPDATE_CTL, "This operation will update the CTLFile. Do you want to continue? (y/n):"),
]


def test_commands() -> None:
    assert SET_CLUSTER == {
        "mixed": "utils ctl set-cluster mixed-mode",
        "non_secure": "utils ctl set-cluster non-secure-mode",
    }
    assert UPDATE_CTL == "utils ctl update CTLFile"
    assert dialogue.SIP_OAUTH == {
        "enabled": "utils sipOAuth-mode enable",
        "disabled": "utils sipOAuth-mode disable",
    }
    # Those of SIP OAuth ask nothing; whatever they ask is not answered.
    assert set(QUESTIONS) == {MIXED, NON_SECURE, UPDATE_CTL}


def test_levels() -> None:
    assert {command: level[0] for command, level in dialogue.PRIVILEGE_LEVEL.items()} == {
        **dict.fromkeys((MIXED, NON_SECURE, UPDATE_CTL), "1"),
        **dict.fromkeys(dialogue.SIP_OAUTH.values(), "4"),
    }


@pytest.mark.parametrize(("command", "question"), KNOWN)
def test_known_question_belongs_to_its_command_alone(command: str, question: str) -> None:
    assert {each for each, pattern in QUESTIONS.items() if pattern.fullmatch(question)} == {command}


@pytest.mark.parametrize(("command", "question"), KNOWN)
def test_no_part_of_a_question_is_enough(command: str, question: str) -> None:
    matching = [
        length for length in range(len(question) + 1) if QUESTIONS[command].fullmatch(question[:length])
    ]
    assert matching == [len(question)]
    assert not any(QUESTIONS[command].fullmatch(question[start:]) for start in range(1, len(question)))


@pytest.mark.parametrize(("command", "question"), KNOWN)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Warning: ", ""),
        ("The licence has expired. ", ""),
        ("admin:", ""),
        ("", " y"),
        ("", "y"),
        ("", " Are you sure?"),
        ("", " admin:"),
    ],
)
def test_anything_before_or_behind_makes_it_unknown(
    command: str, question: str, before: str, after: str
) -> None:
    assert not QUESTIONS[command].fullmatch(before + question + after)


@pytest.mark.parametrize(("command", "question"), KNOWN)
def test_a_question_asked_twice_is_unknown(command: str, question: str) -> None:
    assert not QUESTIONS[command].fullmatch(f"{question} {question}")


@pytest.mark.parametrize("command", QUESTIONS)
@pytest.mark.parametrize(
    "question",
    [
        "",
        "admin:",
        "Do you want to continue? (y/n):",
        "Do you want to continue (yes/no) ?",
        "Continue (y/n)?",
        "Proceed with regeneration (yes|no)?",
        'Delete the File CTLFile.tlv? Enter "y" followed by return to continue:',
        "Do you really want to restart ? Enter (yes/no)?",
        "(current) UNIX password:",
        "This operation will set the cluster to Mixed mode. All phones will be reset. Do you want to continue? (y/n):",
        "This operation will set the cluster to Mixed mode. Do you want to continue? (yes/no):",
        "This operation will set the cluster to Mixed mode. Do you want to cancel? (y/n):",
        "This operation will not set the cluster to Mixed mode. Do you want to continue? (y/n):",
        "This operation will set the cluster to Mixed modeX Do you want to continue? (y/n):",
        "This operation will reset the CTLFile. Do you want to continue? (y/n):",
    ],
)
def test_other_questions_are_unknown(command: str, question: str) -> None:
    assert not QUESTIONS[command].fullmatch(question)


EXPORT_REFUSAL = (
    "Command cannot be executed because the Unified Communications Manager cluster is not registered to a "
    "Smart/Virtual Account with Allow export-controlled functionality. Please ensure Product Token received from the "
    "Smart/Virtual Account has Allow export-controlled functionality checked when registering the UCM Cluster ."
)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (EXPORT_REFUSAL, Said.EXPORT_CONTROL),
        (EXPORT_REFUSAL.replace(" ", "\n", 12) + "\nExecuted command unsuccessfully", Said.EXPORT_CONTROL),
        (
            "This command can only be executed on the publisher node.\nExecuted command unsuccessfully",
            Said.NOT_PUBLISHER,
        ),
        ("Only on the\nPublisher", Said.NOT_PUBLISHER),
        ("This command must be run at the first node", Said.NOT_PUBLISHER),
        ("Export-controlled functionality is not\nallowed for this cluster", Said.EXPORT_CONTROL),
        ("SIP OAuth needs export control, which is Not Allowed", Said.EXPORT_CONTROL),
        ("export control is used. " + "x" * 81 + " not allowed", Said.SOMETHING_ELSE),
        ("Incomplete command\nentered\nutils sipOAuth-mode enable", Said.PRIVILEGE),
        ("SIP OAuth mode is enabled", Said.SOMETHING_ELSE),
        ("Executed command unsuccessfully", Said.SOMETHING_ELSE),
        ("Cisco DB is not running", Said.SOMETHING_ELSE),
        ("Smart Licensing is registered, export-controlled functionality: Allowed", Said.SOMETHING_ELSE),
        ("", Said.SOMETHING_ELSE),
    ],
)
def test_why_it_did_not_ask(output: str, said: Said) -> None:
    assert dialogue.refusal_in(output) is said


TFTP, CALLMANAGER, CTIMANAGER = "Cisco Tftp", "Cisco CallManager", "Cisco CTIManager"


@pytest.mark.parametrize(
    ("trailer", "services"),
    [
        (
            "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster that run these services",
            [TFTP, CALLMANAGER],
        ),
        (
            "You must reset all phones to ensure they received the updated CTL file. \n"
            "You must restart Cisco CTIManager services on all the nodes in the cluster that have the service activated.",
            [CTIMANAGER],
        ),
        (
            "You must restart Cisco CallManager and Cisco CTIManager services on all the nodes\nin the cluster that "
            "have these services activated.",
            [CALLMANAGER, CTIMANAGER],
        ),
        ("The services Cisco CallManager and TFTP were restarted.", []),
        ("", []),
    ],
)
def test_trailers(trailer: str, services: list[str]) -> None:
    said = f"Moving Cluster to Mixed Mode\nCluster set to Mixed Mode\n{trailer}\n"
    assert dialogue.restarts_named(said) == services


def test_of_all_that_these_commands_print_one_text_is_of_another_command() -> None:
    busy = [
        key
        for key, text in CLI.items()
        if key.startswith(("ctl.", "sip_oauth.")) and dialogue.refusal_in(text.template) is Said.BUSY
    ]
    assert busy == ["ctl.busy"]


@pytest.mark.parametrize(
    "text",
    [
        "Another operation is in progress. Please try again later.",
        "Another CTL command is already running",
        "The operation is already in progress.",
        "A previous utils process is still running, wait for it.",
    ],
)
def test_another_command_at_work(text: str) -> None:
    assert dialogue.refusal_in(text) is Said.BUSY
