# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has a form and what does not, and that the texts made from a form say the same."""

from __future__ import annotations

import json
import typing as t

import jsonschema
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._facts import forms


class Example(t.TypedDict):
    """A record of every kind of key."""

    a: t.Annotated[str, "First."]
    b: t.NotRequired[int]
    d: t.NotRequired[forms.Count | None]
    inner: t.NotRequired[dict[str, list[float]]]


LARGEST = 10**12


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (forms.text, ["", "x"], [None, 1, True, b"x", ["x"]]),
        (forms.boolean, [True, False], [None, 0, 1, "true", []]),
        (forms.count, [0, 1, LARGEST - 1], [-1, LARGEST, 1.0, True, False, "1", None]),
        (forms.whole, [-1, 0, LARGEST - 1, 1 - LARGEST], [LARGEST, -LARGEST, 1.0, True, "1", None]),
        (
            forms.number,
            [-0.5, 0, 2, LARGEST - 1, 1 - LARGEST],
            [LARGEST, -LARGEST, True, "1", None, float("nan"), float("inf"), 10**400],
        ),
        (
            forms.moment,
            ["2026-03-20T12:00:00", "2026-03-20"],
            ["", "now", "2026-03-20T12:00:00Z", "2026-03-20T12:00:00+01:00", 20260320, None],
        ),
        (forms.maybe(forms.text), [None, "x"], [1]),
        (forms.list_of(forms.text), [[], ["x"]], [None, "x", {}, [1], ["x", None]]),
        (forms.mapping_of(forms.count), [{}, {"a": 1}], [None, [], {"a": "1"}, {1: 1}, "x"]),
        (forms.name, ["x"], ["", 1]),
        (forms.anything, [None, 1, "x"], []),
        (
            forms.record(Example),
            [{"a": "x"}, {"a": "x", "b": 1}, {"a": "x", "c": 1}, {"a": "x", "d": None}],
            [{}, {"a": 1}, {"a": "x", "b": "y"}, {"a": "x", "d": -1}, [], {"a": "x", 1: 2}],
        ),
        (forms.record(Example, "b"), [{"a": "x", "b": 1}], [{"a": "x"}, {"a": "x", "b": "y"}]),
    ],
)
def test_forms(form: forms.Form[t.Any], right: list[t.Any], wrong: list[t.Any]) -> None:
    """The form and its JSON Schema agree on what is right."""
    schema = jsonschema.Draft202012Validator(form.schema)
    for value in right:
        assert form.shaped(value) == value
        assert schema.is_valid(value), value
    for value in wrong:
        with pytest.raises(forms.Misshapen):
            form.shaped(value)
        assert not schema.is_valid(value) or not _is_json(value), value


def _is_json(value: t.Any) -> bool:
    """Whether JSON has such a value: no bytes, keys that are not texts, infinite numbers, or 1.0 beside 1."""
    if isinstance(value, float) and value.is_integer():
        return False
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def test_a_copy_is_shaped_and_not_what_was_given() -> None:
    given = {"a": "x", "inner": {"k": [1]}}
    shaped = forms.record(Example).shaped(given)
    assert shaped == given and shaped is not given


@pytest.mark.parametrize(
    ("form", "returned"),
    [
        (forms.text, {"type": "str"}),
        (forms.maybe(forms.count), {"type": "int"}),
        (forms.list_of(forms.moment), {"type": "list", "elements": "str"}),
        (forms.mapping_of(forms.boolean), {"type": "dict"}),
        (
            forms.record(Example),
            {"type": "dict", "contains": {"a": {"description": "First.", "type": "str"}}},
        ),
        (
            forms.list_of(forms.record(Example)),
            {
                "type": "list",
                "elements": "dict",
                "contains": {"a": {"description": "First.", "type": "str"}},
            },
        ),
    ],
)
def test_a_form_says_how_a_module_documents_it(form: forms.Form[t.Any], returned: dict[str, t.Any]) -> None:
    assert form.returned == returned
