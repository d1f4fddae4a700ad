# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of host_vars comes back as the very same data, whatever a cluster called its things, and is known again."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.filter.adopt import FilterModule
from ansible_collections.ucops.cucm.plugins.plugin_utils import _host_vars as host_vars
from ansible_collections.ucops.cucm.plugins.plugin_utils._adoption import ORDER, Adopted, adopt

from ..data import authorities
from ..data.clusters import PUB, SUB1, TFTP, ctl_facts, profile, sip_oauth_cluster, spoiled

FILTERS = FilterModule().filters()
FACTS = sip_oauth_cluster("enabled", "mixed")
HOSTILE = (
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# gone #}",
    "#jinja2: trim_blocks: False",
    "a {{ lookup('pipe', 'id') }} b",
    "!!python/object/apply:os.system [id]",
    "!unsafe x",
    "!vault |",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "? a",
    "---",
    "...",
    "%YAML 1.1",
    "&a",
    "*a",
    "| a",
    "> a",
    "@a",
    "`a`",
    "[a, b]",
    "{a: b}",
    '"',
    "'",
    "\\",
    "\\n",
    "",
    " ",
    " a ",
    "\ta",
    "a\nb: c",
    "\n",
    "a\r\nb",
    "a\x00b\x1b[31m\x7f\x85",
    "\u2028\u2029\ufeff\ufffe",
    "abc\u202edef",
    "\xe4\xf6\xfc \u65e5\u672c \U0001f600",
    "y",
    "n",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "null",
    "~",
    "1",
    "0x1F",
    "0o17",
    "1_000",
    "1e3",
    ".inf",
    ".nan",
    "2026-01-01",
    "12:30:45",
    "=",
    "<<",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "-----BEGIN CERTIFICATE-----\n{{ x }}\n-----END CERTIFICATE-----\n",
    "x" * 3000,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE)


class Loader(yaml.SafeLoader):
    """Reads YAML as Ansible does, and notes what was marked as no template."""

    unsafe: t.ClassVar[list[str]] = []


def _unsafe(loader: Loader, node: yaml.ScalarNode) -> str:
    Loader.unsafe.append(node.value)
    return str(node.value)


Loader.add_constructor("!unsafe", _unsafe)


def load(text: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return the data of a text, and what in it is marked as no template."""
    Loader.unsafe.clear()
    return yaml.load(text, Loader), list(Loader.unsafe)


def texts_of(value: t.Any) -> list[str]:
    """Return every text in some data, keys too."""
    if isinstance(value, dict):
        return [each for pair in value.items() for part in pair for each in texts_of(part)]
    if isinstance(value, list):
        return [each for part in value for each in texts_of(part)]
    return [value] if isinstance(value, str) else []


def comes_back(variables: dict[str, t.Any], remarks: dict[str, list[str]] | None = None) -> str:
    """Assert that variables come back from their text, and return it."""
    adopted = Adopted(variables, remarks or {}, ["x\ny: z"], [])
    text = host_vars.text(adopted, FACTS, "lab")
    data, unsafe = load(text)
    assert data == variables
    assert {each for each in texts_of(variables) if re.search("{[{%#]|^#jinja2:", each)} <= set(unsafe)
    assert host_vars.is_own(text)
    return text


@settings(deadline=None)
@given(
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.lists(TEXTS | st.booleans() | st.integers(), max_size=2), max_size=2),
)
@example(list(HOSTILE), dict.fromkeys(HOSTILE, "x"), {each: [each, True, 1] for each in HOSTILE})
def test_texts_come_back(items: list[str], pairs: dict[str, str], deep: dict[str, t.Any]) -> None:
    text = comes_back(
        {
            "cucm_sip_oauth_edge_roots": items,
            "cucm_sip_oauth_parameters": pairs,
            "cucm_sip_oauth_profiles": [{"name": each, **deep} for each in items],
        },
        {"cucm_sip_oauth_profiles": items, "cucm_security_mode": items},
    )
    # Every character can be seen, and every line is one.
    assert all(line.isprintable() for line in text.split("\n"))


def test_words_of_the_collection_are_plain_and_those_of_a_cluster_are_quoted() -> None:
    text = comes_back(
        {
            "cucm_security_mode": "mixed",
            "cucm_ctl_provider_nodes": ["off", "pub"],
            "cucm_sip_oauth_parameters": {"oAuth": "1", "no": "yes", "a b": "tcp+udp"},
            "cucm_sip_oauth_ports": {},
            "cucm_expressway_c": [],
            "cucm_expressway_c_exactly": False,
        }
    )
    assert "\ncucm_security_mode: mixed\n" in text
    assert '\n  - "off"\n  - pub\n' in text
    assert '\n  oAuth: "1"\n  "no": "yes"\n  "a b": tcp+udp\n' in text
    assert "\ncucm_sip_oauth_ports: {}\n" in text and "\ncucm_expressway_c: []\n" in text
    assert "\ncucm_expressway_c_exactly: false\n" in text


def test_certificates_can_be_read_by_people() -> None:
    pem = authorities.root().pem
    text = comes_back({"cucm_sip_oauth_edge_roots": [pem, pem]})
    assert "\n  - |\n    -----BEGIN CERTIFICATE-----\n    " in text


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="None"):
        host_vars.text(Adopted({"cucm_security_mode": None}), FACTS)


def test_the_order_is_that_of_the_documentation_and_the_same_facts_make_the_same_text() -> None:
    text = FILTERS["host_vars"](FACTS, "lab")
    assert text == FILTERS["host_vars"](FACTS, "lab")
    data = list(load(text)[0])
    assert data == [name for name in ORDER if name in data]
    assert data == [line.partition(":")[0] for line in text.splitlines() if re.match("cucm_", line)]
    backwards = {
        **FACTS,
        "parameters": dict(reversed(FACTS["parameters"].items())),
        "security_profiles": dict(reversed(FACTS["security_profiles"].items())),
    }
    assert FILTERS["host_vars"](backwards, "lab") == text


def test_the_state_of_the_cluster_is_at_the_top() -> None:
    calm = FILTERS["host_vars"](FACTS, "lab")
    assert calm.splitlines()[2].startswith("# What the cluster lab has")
    assert f"publisher {PUB}" in calm
    assert "Due in the cluster" not in calm and "Why a rollout" not in calm
    torn = FILTERS["host_vars"](spoiled(FACTS, "ctl_files", SUB1, to=ctl_facts("none")))
    top, _colon, rest = torn.partition("cucm_security_mode:")
    assert "Due in the cluster as it is" in top and f"restart {TFTP}" in top
    assert "contradiction about" in top.split("Why a rollout would not")[1]
    assert rest.startswith(" mixed\n")


def test_what_is_left_out_is_said_where_it_would_stand_and_on_the_screen() -> None:
    facts = {**FACTS, "release": "11.5.1", "sip_oauth_mode": "absent"}
    assert "\n# cucm_sip_oauth_mode: Left out: release 11.5.1 has no SIP OAuth.\n" in FILTERS["host_vars"](
        facts
    )
    assert FILTERS["host_vars_remarks"](facts) == [
        "cucm_sip_oauth_mode: Left out: release 11.5.1 has no SIP OAuth."
    ]
    torn = spoiled(FACTS, "ctl_files", SUB1, to=ctl_facts("none"))
    lines = FILTERS["host_vars_remarks"](torn)
    adopted = adopt(torn)
    assert len(lines) == len(adopted.due) + len(adopted.unproven) + sum(map(len, adopted.remarks.values()))
    hostile = {**FACTS, "security_profiles": {"a\x1b": profile(transport="tcp")}}
    (line,) = [line for line in FILTERS["host_vars_remarks"](hostile) if "transport" in line]
    assert line.isprintable() and "a\\x1B is left out" in line


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "\n",
        lambda text: text.replace("mixed", "non_secure"),
        lambda text: "# mine\n" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("# sha256", "# sha255"),
        lambda text: text[:-1],
        lambda text: "",
        lambda text: "---\n",
        lambda text: text.split("\n", 2)[2],
    ],
)
def test_an_edited_file_is_known_for_one(edit: t.Callable[[str], str], tmp_path: Path) -> None:
    text, file = FILTERS["host_vars"](FACTS, "lab"), tmp_path / "cucm.yml"
    file.write_text(text, "utf-8", newline="")
    assert FILTERS["own_host_vars"](str(file))
    file.write_text(edit(text), "utf-8", newline="")
    assert not FILTERS["own_host_vars"](str(file))
