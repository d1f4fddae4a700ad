#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/schemas/compliance-site-1.schema.json, by which editors help to write cucm_compliance, from the catalogue.

usage: site_schema.py [--check]

--check changes nothing and ends with 1 when the file differs. The playbook checks more closely and may refuse what the schema accepts;
the schema never refuses a correct file.
"""

from __future__ import annotations

import json
import sys
import typing as t

from generated import ROOT, Files, main

FILE = ROOT / "docs" / "schemas" / "compliance-site-1.schema.json"
Schema = dict[str, t.Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_NAMES: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}}


def _or_nothing(schema: Schema) -> Schema:
    """Return the schema of a key that may have no value."""
    return {"anyOf": [schema, {"type": "null"}]}


def _mapping(properties: t.Mapping[str, Schema], *required: str, **more: t.Any) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
        **more,
    }


def _options(judge: t.Any) -> Schema:
    """Return the schema of C(with) for a judge."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance import judges_generic, options

    kinds: dict[t.Any, Schema] = {
        options.a_number: {"type": "number"},
        options.not_negative: {"type": "number", "minimum": 0},
        options.a_share: {"type": "number", "minimum": 0, "maximum": 100},
        options.at_least_one: {"type": "integer", "minimum": 1},
        options.texts: {**_NAMES, "minItems": 1},
        options.names: _NAMES,
        options.a_list: {"type": "array", "minItems": 1},
        options.a_version: {"enum": ["1.0", "1.1", "1.2", "1.3", 1.0, 1.1, 1.2, 1.3]},
        options.a_pattern: {"type": "string", "format": "regex"},
        options.anything: {},
        judges_generic.check_path: {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}},
            ]
        },
    }
    properties = {
        name: {
            **(
                {"enum": list(option.check.words)}
                if isinstance(option.check, options.OneOf)
                else kinds[option.check]
            ),
            **({"default": option.default} if option.default is not None else {}),
        }
        for name, option in judge.options.items()
    }
    return _mapping(properties, *(name for name, option in judge.options.items() if option.required))


def schema() -> Schema:
    """Return the schema."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES

    control = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"anyOf": [{"enum": list(BUILT_IN)}, {"type": "string"}]}},
        "if": {"properties": {"id": {"enum": list(BUILT_IN)}}},
        "then": {"$ref": "#/$defs/change"},
        "else": {"$ref": "#/$defs/own"},
    }
    wanted = {key: {"$ref": f"#/$defs/intent_{key}"} for key in _intent()}
    of_clusters = _or_nothing({"type": "object", "additionalProperties": _mapping(wanted)})
    whole = _mapping(
        {
            "controls": _or_nothing({"type": "array", "items": control}),
            "waivers": _or_nothing({"type": "array", "items": _waiver(list(BUILT_IN))}),
            "intent": _or_nothing(_mapping({**wanted, "clusters": of_clusters})),
        }
    )
    definitions = {
        "change": _change_of_a_control(),
        "own": _own_control(),
        **{f"with_{name}": _options(judge) for name, judge in JUDGES.items()},
        **{f"intent_{key}": kind for key, kind in _intent().items()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://github.com/ucops/ucops.cucm/blob/main/docs/schemas/compliance-site-1.schema.json",
        "title": "Variables with what a site says about compliance to ucops.cucm, version 1",
        "description": "For a file of variables, such as group_vars/all/compliance.yml, that holds cucm_compliance.",
        "type": "object",
        "properties": {"cucm_compliance": whole},
        "$defs": definitions,
    }


def _with(judge: str) -> Schema:
    """Return the schema of C(with) of the judge of this name."""
    return {"with": {"$ref": f"#/$defs/with_{judge}"}}


def _severity() -> Schema:
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import SEVERITIES

    return {"enum": list(SEVERITIES)}


def _change_of_a_control() -> Schema:
    """Return the schema of an entry that changes a control of the catalogue."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES

    with_options = [control for control in BUILT_IN.values() if JUDGES[control.judge].options]
    without = [control.id for control in BUILT_IN.values() if not JUDGES[control.judge].options]
    return _mapping(
        {"id": {}, "enabled": {"type": "boolean"}, "severity": _severity(), "with": {"type": "object"}},
        allOf=[
            *(
                {
                    "if": {"properties": {"id": {"const": control.id}}},
                    "then": {"properties": _with(control.judge)},
                }
                for control in with_options
            ),
            {
                "if": {"properties": {"id": {"enum": without}}},
                "then": {"properties": {"with": {"type": "object", "maxProperties": 0}}},
            },
        ],
    )


def _own_control() -> Schema:
    """Return the schema of an entry that is a control of the site's own."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES
    from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import SUBSETS

    return _mapping(
        {
            "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
            "enabled": {"type": "boolean"},
            "title": _TEXT,
            "severity": _severity(),
            "references": _NAMES,
            "reads": {"type": "array", "items": {"enum": list(SUBSETS)}},
            "privilege": {"type": "string"},
            "judge": {"enum": list(JUDGES)},
            "with": {"type": "object"},
            "remedy": {"type": "string"},
            "intent": {"type": "string"},
        },
        *("id", "title", "severity", "judge"),
        allOf=[
            {
                "if": {"properties": {"judge": {"const": name}}, "required": ["judge"]},
                "then": {
                    "properties": _with(name),
                    **(
                        {"required": ["with"]}
                        if any(option.required for option in judge.options.values())
                        else {}
                    ),
                },
            }
            for name, judge in JUDGES.items()
        ],
    )


def _waiver(controls: list[str]) -> Schema:
    pattern = {"type": "string", "minLength": 1, "maxLength": 200}
    return _mapping(
        {
            "control": {**_TEXT, "examples": controls},
            "clusters": {"anyOf": [pattern, {"type": "array", "minItems": 1, "items": pattern}]},
            "reason": _TEXT,
            "owner": _TEXT,
            "expires": {
                "description": "The last day it holds, UTC, as 2027-01-31.",
                "type": "string",
                "pattern": r"^\s*\d{4}-\d{2}-\d{2}([T ].*)?\s*$",
            },
        },
        *("control", "clusters", "reason", "owner", "expires"),
    )


def _intent() -> dict[str, Schema]:
    port = {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", "pattern": "^[1-9][0-9]*$"},
        ]
    }
    entry = _mapping(
        {
            "host": _TEXT,
            "description": _or_nothing({"type": "string"}),
            "subject_names": _or_nothing({"type": "array", "items": {"type": "string"}}),
        },
        "host",
    )
    kinds: dict[str, Schema] = {
        "security_mode": {"enum": ["mixed", "non_secure", "unchanged"]},
        "sip_oauth_mode": {"enum": ["enabled", "disabled", "unchanged"]},
        "sip_oauth_clients": {"type": "array", "items": {"enum": ["jabber", "phones"]}},
        "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
        "sip_oauth_ports": _mapping({"sip_oauth": port, "sip_oauth_mra": port}),
        "expressway_c": {"type": "array", "items": entry},
        "expressway_c_exactly": {"type": "boolean", "default": False},
        "edge_roots": {"type": "array", "items": {"type": "string"}},
        "ctl_provider_nodes": {"anyOf": [{"enum": ["publisher", "all"]}, _NAMES]},
        "auto_registration": {"enum": ["enabled", "disabled", "any"]},
        "fips_mode": {"enum": ["enabled", "any"]},
        "ctl_restarts": {"enum": ["all", "named"]},
        "directory_logins": {"enum": ["required", "any"]},
    }
    return {key: _or_nothing(kind) for key, kind in kinds.items()}


def files() -> Files:
    """Return the file as it has to be."""
    return {FILE: json.dumps(schema(), indent=1, ensure_ascii=True) + "\n"}


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the catalogue"))
