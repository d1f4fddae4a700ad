# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts somebody may have typed into a free field of a device to harm who reads it.

``cluster.set(free_texts=[hostile.STRINGS["script"]])`` puts one into every free field, ``free_texts=hostile.ALL`` all of
them in turn; the same key in a topology makes a cluster that begins so.
"""

from __future__ import annotations

STRINGS: dict[str, str] = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"'><img src=x onerror=alert(1)>",
    "markup": "]]>&amp;<!-- <![CDATA[ &lt;b&gt;",
    "template": "{{ 7*7 }}{% raw %}{# x #}",
    "unsafe_yaml": "!!python/object/apply:os.system ['true']: [",
    "fields": "{0} {name!r} %s %(x)d ${HOME} `id` $(id)",
    "formula": "=cmd|' /C calc'!A0",
    "lines": "first\nsecond\r\nthird\n\n# fourth",
    # What XML 1.0 allows of them: no ESC, no NUL.
    "controls": "tab\there, delete\x7f, next line\x85, CSI\x9b31m, APC\x9f",
    "prompt": "\nadmin:\r\nadmin:",
    "right_to_left": "invoice\u202egnp.exe\u2066",
    "zero_width": "cucm\u200b-\ufeffpub\u2028line",
    "astral": "\U0001f4a9 \u0130\u0131 e\u0301",
    "blank": " \t ",
    "long": "very long " * 2000,
}
"""By what is hostile about them. All of them are texts that XML 1.0 can carry."""

ALL: list[str] = list(STRINGS.values())
