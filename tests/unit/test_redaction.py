# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret is masked in each spelling it may travel in."""

from __future__ import annotations

import base64
import json
import shlex
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._redaction import MASK, redact, spellings
from ansible_collections.ucops.cucm.plugins.module_utils._task import (
    SECRET_OPTIONS,
    Result,
    Task,
    failed,
    perform,
    secrets_of,
)

SECRETS = ["simple", "a<b&\"c' %$\\d", "p@ss w\u00f6rd+/=", "tab\there", "'quoted'", '"', "x", "ab"]
WAYS = {
    "plain": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "basic": lambda secret: base64.b64encode(f"axl1:{secret}".encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "XML text": escape,
    "XML attribute": lambda secret: quoteattr(secret)[1:-1],
    "URL path": lambda secret: quote(secret, safe=""),
    "URL form": quote_plus,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "shell": shlex.quote,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_spelling_is_masked(secret: str, way: str) -> None:
    spelled = WAYS[way](secret)
    masked = redact(f"<{spelled}> and {spelled}", spellings(secret, ["axl1"]))
    assert spelled not in masked.replace(MASK, "")
    assert MASK in masked


def test_the_longest_spelling_goes_first() -> None:
    assert redact("login cXE= end", spellings("qq")) == f"login {MASK} end"
    assert redact("login 'a b' end", spellings("a b")) == f"login {MASK} end"


def test_everywhere_in_a_result() -> None:
    value = {
        "key secret1": ["secret1", ("x secret1 y", 3, None, True)],
        "n": {"deep": {"secret1": "secret1"}},
    }
    assert redact(value, spellings("secret1")) == {
        f"key {MASK}": [MASK, [f"x {MASK} y", 3, None, True]],
        "n": {"deep": {MASK: MASK}},
    }


def test_no_secret_masks_nothing() -> None:
    assert spellings("") == set()
    assert redact("text", spellings("")) == "text"


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.text(min_size=4, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="*")), st.text()
)
def test_any_secret(secret: str, around: str) -> None:
    found = spellings(secret, ["u"])
    assert "" not in found
    for way in WAYS.values():
        assert secret not in redact(f"{around}{way(secret)}{around}", found)


def test_both_passwords_of_the_connection() -> None:
    params = {
        "axl_username": "axladmin",
        "axl_password": "one<",
        "cli_username": "admin",
        "cli_password": "two two",
    }
    secrets = secrets_of(params)
    assert {"one&lt;", "two+two", base64.b64encode(b"axladmin:one<").decode()} <= secrets
    assert secrets_of({"axl_username": "a", "axl_password": None}) == set()


def test_every_secret_option_is_masked_with_and_without_white_space_around() -> None:
    for name in SECRET_OPTIONS:
        secrets = secrets_of({name: " b<c \n"})
        assert {" b<c \n", "b<c", "b&lt;c", quote(" b<c \n", safe="")} <= secrets, name


def test_a_module_result_holds_no_secret() -> None:
    task = Task({"axl_username": "axladmin", "axl_password": "geheim&", "state": "x"})
    result = perform(
        task,
        lambda task: Result(
            True, {"a": "geheim&"}, {"b": "geheim&amp;"}, [{"action": "send geheim&"}], {"geheim&": 1}
        ),
    )
    assert result == {
        "changed": True,
        "before": {"a": MASK},
        "after": {"b": MASK},
        "operations": [{"action": f"send {MASK}"}],
        MASK: 1,
    }


def test_a_failure_holds_no_secret_and_says_what_why_and_next() -> None:
    from ansible_collections.ucops.cucm.plugins.module_utils._errors import Refusal

    def run(task: Task) -> Result:
        raise Refusal(
            "said geheim&", code="its_code", remedy="Do it.", details={"text": "geheim%26", "changed": True}
        )

    result = perform(Task({"cli_username": "admin", "cli_password": "geheim&"}), run)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["msg"] == f"said {MASK} Do it."
    assert result["failure"] == {
        "code": "its_code",
        "message": f"said {MASK}",
        "remedy": "Do it.",
        "details": {"text": MASK, "changed": True},
    }
    assert failed(Refusal("x"))["failure"]["code"] == "refused"
    assert failed(Refusal("x"))["changed"] is False
