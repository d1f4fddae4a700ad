# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of variables is what playbooks use and documents say, and every value is read as what it is."""

from __future__ import annotations

import importlib.util
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import site
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import CONNECTION_SPEC
from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.modules.cluster_info import FROM_INVENTORY
from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as variables
from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import (
    ADOPT,
    COMPLIANCE,
    PLAYBOOKS,
    ROLLOUT,
    TABLE,
    of,
    read,
    rules,
    settings,
    too_wide,
    unknown,
)

from ..data import authorities
from ..data.tools import load, wrong

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "ansible_collections.ucops.cucm.plugins"
NAME = re.compile(r"\bcucm_[a-z0-9_]+\b")
# Not variables: what a report's metrics are called.
METRICS = re.compile(r"cucm_compliance_(timestamp|result|results|cluster|notes|info|seen)\w*")
CHECK = "export_restricted_image"


def told(name: str, value: t.Any) -> list[str]:
    return read(name, value)[1]


def said(name: str, value: t.Any) -> t.Any:
    value, problems = read(name, value)
    assert problems == []
    return value


# -- the table, and those who use it ---------------------------------------------------------------------


def used(*files: str) -> set[str]:
    """Return the variables that files use by their names or take from the settings."""
    texts = [
        path.read_text("utf-8") for pattern in files for path in sorted(ROOT.glob(pattern)) if path.is_file()
    ]
    assert texts
    return {name for text in texts for name in NAME.findall(text) if not METRICS.fullmatch(name)}


def test_playbooks_and_roles_use_only_what_is_in_the_table() -> None:
    written = used("playbooks/**/*.yml", "roles/**/*.yml")
    # The pattern of a site's own in an example.
    assert written - set(TABLE) - {"cucm_site_"} == set()


def test_every_variable_is_used_by_somebody() -> None:
    # Not where they are documented.
    written = used("playbooks/*.yml", "roles/*/tasks/**/*.yml", "plugins/plugin_utils/_settings.py")
    written |= set(variables.SIP_OAUTH.values())
    by_modules = {f"cucm_{option}" for option in CONNECTION_SPEC} | {FROM_INVENTORY["judge"]["saved"]}
    by_modules |= set(FROM_INVENTORY["judge"]["wanted"].values())
    by_the_check = {variables.EXTRA}
    assert set(TABLE) - written - by_modules - by_the_check == set()


def test_what_a_playbook_takes_is_marked_as_its_own() -> None:
    for playbook, files in {
        ROLLOUT: sorted(ROOT.glob("roles/rollout/tasks/**/*.yml")),
        COMPLIANCE: sorted(ROOT.glob("roles/compliance/tasks/**/*.yml")),
        ADOPT: [ROOT / "playbooks" / "adopt.yml"],
    }.items():
        taken = {
            name
            for file in files
            for name in re.findall(rf"\b{playbook}_settings\.(cucm_\w+)", file.read_text("utf-8"))
        }
        assert taken and taken <= {each.name for each in of(playbook)}, playbook
    assert {f"cucm_{name}" for name in site.WANTED} <= {each.name for each in of(COMPLIANCE)}


def test_an_operators_value_has_one_name_on_its_way() -> None:
    """The role takes it from the settings where it is used: nothing of it has defaults, or hands it on under another name."""
    assert list(ROOT.glob("roles/*/defaults")) == []
    handed_on = re.compile(r"^\s*(\w+): [\"']?\{\{ *(?:\w+_settings\.)?cucm_\w+ *\}\}", re.MULTILINE)
    options = {
        option
        for path in (ROOT / "plugins" / "modules").glob("*.py")
        if path.stem != "__init__"
        for option in importlib.import_module(f"{PACKAGE}.modules.{path.stem}").ARGUMENT_SPEC
    }
    files = [
        *ROOT.glob("playbooks/**/*.yml"),
        *ROOT.glob("roles/*/tasks/**/*.yml"),
        *ROOT.glob("roles/*/vars/*.yml"),
    ]
    names = {name for path in files for name in handed_on.findall(path.read_text("utf-8"))}
    # It has to be the same for all clusters, so one task keeps it.
    assert "stable_for" in names and names - options - {"__compliance_deadline"} == set()


def test_how_a_cluster_is_reached_comes_from_the_options_of_modules() -> None:
    for option, spec in CONNECTION_SPEC.items():
        variable = TABLE[f"cucm_{option}"]
        assert (variable.default, variable.secret, variable.playbooks) == (
            spec.get("default"),
            bool(spec.get("no_log")),
            PLAYBOOKS,
        )
    assert {name for name, each in TABLE.items() if each.secret} == {"cucm_axl_password", "cucm_cli_password"}


def test_documents_name_no_variable_that_is_not_there() -> None:
    pages = used("README.md", "docs/*.md", "docs/offline/*.md", "docs/schedules/**/*")
    # Examples of a site's own, the pattern of them, and the lab's names.
    own = {
        "cucm_site_",
        "cucm_known_hosts",
        "cucm_state",
        "cucm_lab",
        "cucm_cluster",
        "cucm_lab_start",
        "cucm_lab_topology",
    }
    assert pages - set(TABLE) - own == set()


def test_the_readme_has_every_variable_once() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in TABLE:
        assert readme.count(f"\n| `{name}` |") == 1, name


def test_the_tables_of_the_readme_are_those_of_the_table() -> None:
    assert not wrong(load("variables_table")), "run tools/variables_table.py"


def test_defaults_are_values_of_their_variables() -> None:
    for name, variable in TABLE.items():
        if variable.default is not None:
            assert said(name, variable.default) == variable.default, name


def test_examples_of_the_readme_are_right() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"(?s)```yaml\n(.*?)```", readme)]
    written = [
        block["cucm"]["vars"] if "cucm" in block else block for block in blocks if isinstance(block, dict)
    ]
    names = {name for block in written for name in block if name.startswith("cucm_")}
    assert {"cucm_security_mode", "cucm_attestations", "cucm_expressway_c"} <= names
    for block in written:
        for name, value in block.items():
            if name.startswith("cucm_"):
                said(name, value)


# -- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cucm_securty_mode", "cucm_security_mode"),
        ("cucm_sipoauth_mode", "cucm_sip_oauth_mode"),
        ("cucm_failon", "cucm_fail_on"),
        ("cucm_complience", "cucm_compliance"),
        ("cucm_consent_to_restart", "cucm_consent_to_restarts"),
        ("cucm_acept", "cucm_accept"),
        ("cucm_sip_oauth_profile", "cucm_sip_oauth_profiles"),
        ("cucm_backup_max_age_day", "cucm_backup_max_age_days"),
        ("cucm_state_directory", "cucm_adopt_directory"),
        ("CUCM_SECURITY_MODE", "cucm_security_mode"),
        ("Cucm_accept", "cucm_accept"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_one_that_was_meant(name: str, meant: str) -> None:
    (line,) = unknown([name, "cucm_security_mode", "ansible_host", "vault_cucm_axl_password"])
    assert line.startswith(f"{name}: there is no such variable (did you mean {meant}?)")
    assert "cucm_extra_variables" in line


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    (line,) = unknown(["cucm_x_y_z"])
    assert "did you mean" not in line


def test_a_sites_own_variables_are_left_alone() -> None:
    names = ["cucm_site_owner", "cucm_tier", "cucm_tiers"]
    assert unknown(names, ["cucm_site_*", "cucm_tier"]) == unknown(["cucm_tiers"])


@pytest.mark.parametrize("pattern", ["*", "cucm_*", "cucm_s*", "cucm_security_mod?", "cucm_accept"])
def test_a_pattern_that_would_hide_mistakes_is_refused(pattern: str) -> None:
    (line,) = too_wide([pattern, "cucm_site_*"])
    assert line.startswith(f"cucm_extra_variables: {pattern} fits cucm_")


# -- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TABLE))
def test_nothing_is_said_by_a_variable_without_a_value(name: str) -> None:
    for nothing in (None, "", "  "):
        assert read(name, nothing) == (TABLE[name].default, [])


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"cucm_compliance"}))
def test_no_variable_takes_everything(name: str) -> None:
    taken = [
        value
        for value in (True, 7, -1.5, "{", ["{"], {"a": {"b": 1}}, [[[]]], object)
        if not told(name, value)
    ]
    assert len(taken) < 5, (name, taken)


@pytest.mark.parametrize("yes", [True, "true", "True", "yes", "on", 1, "1"])
@pytest.mark.parametrize("no", [False, "false", "False", "no", "off", 0, "0"])
def test_consents(yes: t.Any, no: t.Any) -> None:
    for name in ("cucm_consent_to_restarts", "cucm_consent_to_outage", "cucm_expressway_c_exactly"):
        assert (said(name, yes), said(name, no)) == (True, False)


@pytest.mark.parametrize("value", ["perhaps", 2, [], {}, ["true"], "truee"])
def test_a_consent_is_never_guessed(value: t.Any) -> None:
    value, (line,) = read("cucm_consent_to_restarts", value)
    assert not value and line.startswith("cucm_consent_to_restarts: must be true or false, and is ")


@pytest.mark.parametrize(
    "value",
    [
        {CHECK: True, "backup": False},
        {CHECK: "yes", "backup": "no"},
        '{"export_restricted_image": true, "backup": false}',
        "{export_restricted_image: true, backup: false}",
        "{'export_restricted_image': True, 'backup': False}",
    ],
)
def test_attestations(value: t.Any) -> None:
    assert said("cucm_attestations", value) == {CHECK: True, "backup": False}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (["x"], "cucm_attestations: must be a mapping of check ids to true or false, and is the list ['x']."),
        ("x", "cucm_attestations: must be a mapping of check ids to true or false, and is the text 'x'."),
        (
            "{export_restricted_image:",
            "cucm_attestations: must be a mapping of check ids to true or false, and is the text '{export_restricted_image:'.",
        ),
        (
            {"export_restricted_imag": True},
            "cucm_attestations.export_restricted_imag: is not known (did you mean export_restricted_image?).",
        ),
        ({CHECK: "maybe"}, f"cucm_attestations.{CHECK}: must be true or false, and is the text 'maybe'."),
        ({CHECK: None}, f"cucm_attestations.{CHECK}: must be true or false, and is nothing."),
        ({True: True}, "cucm_attestations: has the name true: put names in quotes."),
    ],
)
def test_attestations_that_cannot_be(value: t.Any, line: str) -> None:
    assert told("cucm_attestations", value) == [line]


def test_quotes_that_an_ini_inventory_took_away_are_noticed() -> None:
    """C(host cucm_attestations={"backup":true}) arrives without them, and YAML reads one long name."""
    (line,) = told("cucm_attestations", "{backup:true}")
    assert line.startswith("cucm_attestations.backup:true: is not known")


@pytest.mark.parametrize(
    "value", [["backup", "licence"], "backup,licence", "backup, licence", '["backup", "licence"]']
)
def test_accepted_checks(value: t.Any) -> None:
    assert said("cucm_accept", value) == ["backup", "licence"]
    assert said("cucm_accept", "backup") == ["backup"]


def test_a_check_that_does_not_exist_is_named_and_never_its_letters() -> None:
    (line,) = told("cucm_accept", "export_restricted_imag")
    assert f"'export_restricted_imag' (did you mean {CHECK}?)" in line
    (line,) = told("cucm_accept", ["zzz"])
    assert all(name in line for name in preflight.names())


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (True, "and is true."),
        ("mixed_mode", "and is the text 'mixed_mode' (did you mean mixed?)."),
        ("Mixed", "and is the text 'Mixed' (did you mean mixed?)."),
        (1, "and is the number 1."),
        (["mixed"], "and is the list ['mixed']."),
    ],
)
def test_a_mode_is_one_of_its_words(value: t.Any, end: str) -> None:
    assert told("cucm_security_mode", value) == [
        f"cucm_security_mode: must be mixed, non_secure or unchanged, {end}"
    ]


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("cucm_https_port", "8443", 8443),
        ("cucm_ssh_port", 2222, 2222),
        ("cucm_timeout", " 60 ", 60),
        ("cucm_poll_interval", "0.5", 0.5),
        ("cucm_backup_max_age_days", "7", 7.0),
        ("cucm_stable_for", 0, 0.0),
        ("cucm_compliance_keep", "0", 0),
    ],
)
def test_numbers(name: str, value: t.Any, read_as: float) -> None:
    assert said(name, value) == read_as


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cucm_https_port", 0),
        ("cucm_https_port", 65536),
        ("cucm_https_port", "84_43"),
        ("cucm_https_port", True),
        ("cucm_https_port", 8443.5),
        ("cucm_timeout", 0),
        ("cucm_timeout", "1e3"),
        ("cucm_poll_interval", 0),
        ("cucm_poll_interval", "-1"),
        ("cucm_wait_timeout", "nan"),
        ("cucm_wait_timeout", float("inf")),
        ("cucm_wait_timeout", "9" * 400),
        ("cucm_backup_max_age_days", "a week"),
        ("cucm_compliance_keep", -1),
    ],
)
def test_numbers_out_of_bounds(name: str, value: t.Any) -> None:
    (line,) = told(name, value)
    assert line.startswith(f"{name}: must be a ") and " and is " in line


def test_an_enterprise_parameter_is_a_text() -> None:
    assert said("cucm_sip_oauth_parameters", {"oAuthWithRefreshLoginFlow": "1"}) == {
        "oAuthWithRefreshLoginFlow": "1"
    }
    assert told("cucm_sip_oauth_parameters", {"oAuthWithRefreshLoginFlow": 1}) == [
        "cucm_sip_oauth_parameters.oAuthWithRefreshLoginFlow: must be a text, and is the number 1: put it in quotes."
    ]


def test_entries_and_profiles_with_all_their_mistakes_at_once() -> None:
    assert said("cucm_expressway_c", {"host": "a", "subject_names": "x, y"}) == [
        {"host": "a", "subject_names": ["x", "y"]}
    ]
    assert told("cucm_expressway_c", [{"hots": "a"}, "b"]) == [
        "cucm_expressway_c[0].hots: is not known (did you mean host?); there are host, description, subject_names.",
        "cucm_expressway_c[0]: has no host.",
        "cucm_expressway_c[1]: must be a mapping with host, description, subject_names, and is the text 'b'.",
    ]
    assert said("cucm_sip_oauth_profiles", [{"name": "a", "sip_oauth": "yes", "key_size": "2048"}]) == [
        {"name": "a", "sip_oauth": True, "key_size": 2048}
    ]
    lines = told("cucm_sip_oauth_profiles", [{"name": "a", "sip_oaut": True, "transport": "TSL"}])
    assert [line.partition(":")[0] for line in lines] == [
        "cucm_sip_oauth_profiles[0].sip_oaut",
        "cucm_sip_oauth_profiles[0].transport",
    ]


def test_a_pem_text_is_one_edge_root_whatever_is_in_it() -> None:
    pem = "Subject: CN=a, O=b\n" + authorities.root("A CA").pem
    assert said("cucm_sip_oauth_edge_roots", pem) == [pem]
    assert said("cucm_sip_oauth_edge_roots", []) == []
    assert said("cucm_sip_oauth_edge_roots", None) is None
    assert "PEM" in told("cucm_sip_oauth_edge_roots", ["no certificate"])[0]


@pytest.mark.parametrize(
    ("value", "read_as"),
    [("publisher", "publisher"), ("all", "all"), ([], []), ("[]", []), ("[SUB1]", ["SUB1"])],
)
def test_where_the_ctl_provider_goes(value: t.Any, read_as: t.Any) -> None:
    assert said("cucm_ctl_provider_nodes", value) == read_as
    assert "did you mean publisher?" in told("cucm_ctl_provider_nodes", "publsher")[0]


def test_where_nodes_are() -> None:
    assert said("cucm_node_addresses", "{SUB1: {address: 10.1.2.3, ssh_port: '2222'}}") == {
        "SUB1": {"address": "10.1.2.3", "ssh_port": 2222}
    }
    assert told("cucm_node_addresses", {"SUB1": {"adress": "x"}})[0].startswith(
        "cucm_node_addresses.SUB1.adress: is not"
    )


@pytest.mark.parametrize("value", [12345678, 1e5, True, ["s3cret"], {"s3cret": 1}])
def test_a_password_is_never_shown(value: t.Any) -> None:
    (line,) = told("cucm_axl_password", value)
    assert line == "cucm_axl_password: must be a text, and is something else: put it in quotes."


# -- together --------------------------------------------------------------------------------------------


def test_settings_are_typed_and_have_their_defaults() -> None:
    values, found = settings({"cucm_security_mode": "mixed", "cucm_wait_timeout": "30"}, ROLLOUT)
    assert found == []
    assert (values["cucm_wait_timeout"], values["cucm_poll_interval"]) == (30.0, 5)
    assert not any(TABLE[name].connects for name in values)


def test_a_rollout_needs_a_mode() -> None:
    for given in ({}, {"cucm_security_mode": None}, {"cucm_sip_oauth_mode": "unchanged"}):
        assert any("cucm_security_mode: neither" in line for line in rules(given, ROLLOUT))
        assert rules(given, COMPLIANCE) == rules(given, ADOPT) == []
    assert rules({"cucm_sip_oauth_mode": "enabled"}, ROLLOUT) == []


def test_saved_answers_are_only_judged() -> None:
    given = {"cucm_saved": "/x", "cucm_security_mode": "mixed"}
    for playbook in (ROLLOUT, ADOPT):
        assert [line.partition(":")[0] for line in rules(given, playbook)] == ["cucm_saved"]
    assert rules(given, COMPLIANCE) == []
