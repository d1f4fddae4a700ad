# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML of a device is hostile input; XML to a device carries any text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._transport import xml


def parse(text: str | bytes) -> xml.Element:
    return xml.parse(text if isinstance(text, bytes) else text.encode(), "node1")


def test_elements_are_known_by_local_name() -> None:
    root = parse('<a:x xmlns:a="u" a:k="v"><b:y xmlns:b="w"> one </b:y><y>two</y><z><y>three</y></z></a:x>')
    assert (root.name, root.attributes["k"]) == ("x", "v")
    assert root.value("y") == "one"
    assert [each.text for each in root.all("y")] == [" one ", "two"]
    assert root.value("z", "y") == "three"
    assert root.value("z", "none", "y") == ""
    assert root.find("none") is None
    assert root.find("none", "y") is None
    assert [each.name for each in root.walk()] == ["x", "y", "y", "z", "y"]


def test_depth_is_limited() -> None:
    deepest = "<a>" * xml.MAX_DEPTH + "</a>" * xml.MAX_DEPTH
    assert len(list(parse(deepest).walk())) == xml.MAX_DEPTH
    with pytest.raises(ProtocolError) as refused:
        parse("<a>" + deepest + "</a>")
    assert refused.value.code == "xml_refused"
    assert "node1" in refused.value.message


def test_a_hundred_thousand_levels_are_refused_at_once() -> None:
    with pytest.raises(ProtocolError, match="deeper"):
        parse("<a>" * 100_000)


LIMITS = {
    "elements": (
        f"<a>{'<b/>' * (xml.MAX_NODES - 1)}</a>",
        f"<a>{'<b/>' * xml.MAX_NODES}</a>",
        "elements and attributes",
    ),
    "attributes": (
        "<a>" + '<b c=""/>' * (xml.MAX_NODES // 2 - 1) + "</a>",
        "<a>" + '<b c=""/>' * (xml.MAX_NODES // 2) + "</a>",
        "elements and attributes",
    ),
    "names": (
        f"<a>{''.join(f'<b{number}/>' for number in range(xml.MAX_NAMES - 1))}</a>",
        f"<a>{''.join(f'<b{number}/>' for number in range(xml.MAX_NAMES))}</a>",
        "different names",
    ),
    "text": (f"<a>{'x' * xml.MAX_TEXT}</a>", f"<a>{'x' * (xml.MAX_TEXT + 1)}</a>", "a text is longer"),
    "tag": (
        f'<a b="{"x" * (xml.MAX_TAG // 2)}"/>',
        f'<a b="{"x" * (xml.MAX_TAG * 4)}"/>',
        "a tag, a comment or a name is longer",
    ),
}


@pytest.mark.parametrize("what", LIMITS)
def test_what_is_within_a_limit_is_read_and_what_is_beyond_is_refused(what: str) -> None:
    within, beyond, said = LIMITS[what]
    assert parse(within).name == "a"
    with pytest.raises(ProtocolError, match=said) as refused:
        parse(beyond)
    assert refused.value.code == "xml_refused"


def test_reading_ends_when_it_takes_too_long() -> None:
    seconds = iter(range(0, 100, 2))
    with pytest.raises(ProtocolError, match="of work") as refused:
        xml.parse(f"<a>{' ' * 500_000}</a>".encode(), "node1", lambda: next(seconds))
    assert refused.value.code == "xml_refused"


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><lolz>&c;</lolz>'
)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        BOMB,
        '<?xml version="1.0"?>\n<!-- first --><!DOCTYPE html><html/>',
    ],
)
def test_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse(text)
    assert refused.value.code == "xml_refused"
    assert "document type" in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "no xml",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>trailing",
        "<a>&undefined;</a>",
        "<a>&#0;</a>",
        "<a>\0</a>",
        b"<a>\xff</a>",
        '<?xml version="1.0" encoding="no-such-code"?><a/>',
        "<a b=c/>",
        "<html><p>An error<br></html>",
        "<a>" + "x" * 1000,
    ],
)
def test_what_is_not_xml_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse(text)
    assert refused.value.code == "xml_malformed"
    assert "node1" in refused.value.message


def test_every_truncation_is_refused() -> None:
    whole = b'<?xml version="1.0"?><e:Envelope xmlns:e="u"><e:Body><r a="1">t&amp;</r></e:Body></e:Envelope>'
    assert parse(whole).find("Body", "r")
    for length in range(len(whole)):
        with pytest.raises(ProtocolError):
            parse(whole[:length])


HOSTILE = [
    "</sql><x>",
    "a & b",
    "]]>",
    "<![CDATA[",
    '"quoted"',
    "it's",
    "<!--",
    "&lt;",
    "{{ 7*7 }}",
    "ü€\U0001f4de",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    for sent in (
        xml.render("op", [("sql", text)], "ns:", {"ns": 'u"<&'}),
        xml.render_qualified("op", [("sql", text)], "ns:").replace("<ns:op>", '<ns:op xmlns:ns="u">', 1),
    ):
        root = parse(sent)
        assert [child.name for child in root.children] == ["sql"]
        assert root.children[0].text == text
        assert root.children[0].children == []


# What XML 1.0 can carry; a carriage return is a line end to every parser.
_TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(_TEXT)
def test_any_text_is_read_back(text: str) -> None:
    assert parse(xml.render("e", text)).text == text


def test_prefixes_are_where_the_schema_wants_them() -> None:
    assert xml.render("op", [("a", "1"), ("b", [("c", "")])], "ns:", {"ns": "u"}) == (
        '<ns:op xmlns:ns="u"><a>1</a><b><c></c></b></ns:op>'
    )
    assert xml.render_qualified("op", [("a", "1")], "s:") == "<s:op><s:a>1</s:a></s:op>"
