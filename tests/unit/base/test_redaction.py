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

from ansible_collections.ucops.cucm.plugins.module_utils._base import errors as _errors
from ansible_collections.ucops.cucm.plugins.module_utils._base.redaction import (
    MASK,
    Secrets,
    distinctive,
    redact,
    spellings,
)
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    SECRET_OPTIONS,
    Result,
    Task,
    as_written,
    failed,
    indistinct_secrets,
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
    from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal

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


USUAL = [
    "geheim&",
    "Zq%7<&",
    "Sunshine2024",
    "axlpassword1",
    "correcthorsebattery",
    "LAB-TOKEN-EXPORT-ALLOWED",
]
COMMON = [
    "1",
    "a",
    "yes",
    "cucm",
    "mixed",
    "publisher",
    "REGISTERED",
    "Cisco CallManager",
    "Cisco Certificate Authority Proxy Function",
    "Cisco 8845",
    "non_secure",
    "phone_security_profile",
    "rollback_to_pre_8",
    "14.0.1.12900-161",
    "2026-11-30",
    "12345678",
]


@pytest.mark.parametrize("secret", USUAL)
def test_a_usual_secret_is_masked_in_texts_and_in_facts(secret: str) -> None:
    result = {
        "msg": f"said {secret}",
        "cluster": {f"x{secret}": [f"{secret}."]},
        "failure": {"message": secret},
    }
    shown = Secrets.of({secret}).from_result(result)
    assert secret not in json.dumps(shown, ensure_ascii=False)
    assert indistinct_secrets({"cli_password": secret}) == []


@pytest.mark.parametrize("secret", COMMON)
def test_what_is_written_like_a_fact_stays_in_facts_and_goes_from_texts(secret: str) -> None:
    facts = {"cluster": {secret: [secret]}, "before": secret, "operations": [{"action": secret}]}
    texts = {"failure": {"code": secret, "message": f"<{secret}>", "details": {"said": secret}}}
    shown = Secrets.of({secret}).from_result({**facts, **texts})
    assert {key: shown[key] for key in facts} == facts
    assert shown["failure"]["code"] == secret
    masked = secret if len(secret) < 4 else MASK
    assert shown["failure"]["message"] == f"<{masked}>"
    assert shown["failure"]["details"] == {"said": masked}
    assert indistinct_secrets({"cli_password": secret}) == ["cli_password"]


def test_a_secret_that_is_a_part_of_a_nodes_name_is_not_masked_in_facts() -> None:
    assert distinctive("pub-04!x")
    assert not distinctive("Campus-04", ["Campus-04-pub"])
    params = {"cli_password": "Campus-04", "node_addresses": {"Campus-04-pub": {"address": "10.0.0.1"}}}
    assert indistinct_secrets(params) == ["cli_password"]


def test_options_are_called_as_they_were_written() -> None:
    result = failed(
        _errors.InputError(
            "ca_path /etc/known_hosts is wrong", remedy="See cucm_ca_path, xca_path, ca_path and ssh_port."
        )
    )
    told = as_written(result, {"ca_path": "cucm_ca_path", "known_hosts": "cucm_known_hosts"})
    assert told["failure"]["message"] == "cucm_ca_path /etc/known_hosts is wrong"
    assert told["failure"]["remedy"] == "See cucm_ca_path, xca_path, cucm_ca_path and ssh_port."
    assert told["msg"] == f"{told['failure']['message']} {told['failure']['remedy']}"


def test_every_failure_has_a_remedy() -> None:
    kinds = [
        kind
        for kind in vars(_errors).values()
        if isinstance(kind, type) and issubclass(kind, _errors.CucmError)
    ]
    assert len(kinds) >= 11
    assert [kind for kind in kinds if not failed(kind("x"))["failure"]["remedy"]] == []
    own = [kind.__dict__.get("default_remedy") for kind in kinds]
    assert None not in own
    assert len(set(own)) == len(own)
