# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and texts are checked before they are taken, and every text tells where it comes from."""

from __future__ import annotations

import string

import pytest

from cucm_lab.platform_cli.settings import BadSetting, CliSettings, check
from cucm_lab.texts import TEXTS, BadText, Texts, UnknownText


def test_the_defaults_are_allowed():
    defaults = CliSettings()
    check({name: getattr(defaults, name) for name in CliSettings.__dataclass_fields__})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_such_setting", 1),
        ("on_disconnect", "explode"),
        ("double_prompt", "yes"),
        ("max_sessions", -1),
        ("max_sessions", True),
        ("max_sessions", 1.5),
        ("banner", None),
        ("trailer", "unknown"),
    ],
)
def test_what_is_not_allowed_is_named(name, value):
    with pytest.raises(BadSetting) as refused:
        check({name: value})
    assert refused.value.name == name
    assert name in str(refused.value)


def test_none_means_as_the_release_does():
    check({"trailer": None, "password_auth": None})


def test_every_text_has_a_source_and_is_a_template():
    for key, text in TEXTS.items():
        assert text.source, key
        list(string.Formatter().parse(text.template))


def test_a_replaced_text_counts_as_invented():
    texts = Texts({"tls.min_version": "TLS {version}\n"})
    assert texts.say("tls.min_version", version="1.2") == "TLS 1.2\n"
    described = texts.described()
    assert described["tls.min_version"]["provenance"] == "invented"
    assert described["session.prompt"]["provenance"] == "known"
    texts.reset()
    assert texts.say("tls.min_version", version="1.2") == "Configured TLS minimum version: 1.2\n"


@pytest.mark.parametrize(
    ("key", "template", "error"),
    [
        ("nothing", "x", UnknownText),
        ("tls.min_version", "{other}", BadText),
        ("tls.min_version", "{", BadText),
    ],
)
def test_a_text_that_cannot_be_is_refused(key, template, error):
    with pytest.raises(error):
        Texts({key: template})
