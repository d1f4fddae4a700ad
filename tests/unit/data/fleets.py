# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports over fleets that look as fleets do, and one in which every text is hostile."""

from __future__ import annotations

import random
import typing as t
from datetime import UTC, datetime, timedelta

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._report import report
from ansible_collections.ucops.cucm.plugins.plugin_utils._page.frame import frame

# The page that the action gives to the module that writes a report.
FRAME = frame()
NOW = datetime(2026, 11, 24, 2, 14, 5, tzinfo=UTC)
VERSIONS = report.Versions("0.1.0", "2.19.4")

_PLACES = """
amsterdam barcelona berlin boston brussels bucharest chicago copenhagen dallas denver dublin edinburgh frankfurt geneva hamburg
helsinki houston istanbul krakow lisbon london lyon madrid manchester milan montreal munich naples osaka oslo paris prague riga
rome seattle seoul singapore sofia stockholm sydney tallinn tokyo toronto turin vienna warsaw zagreb zurich
"""
# How a control that fails, contradicts, or is not known explains itself.
_TOLD = {
    "fail": [
        "intended is mixed, the cluster is in non-secure mode",
        "118 of 4,210 phones (2.8 %) have no secure profile; 100 % are asked for",
        "certificate tomcat of {name}-sub2 ends in 11 days (2026-12-05)",
        "{name}-sub1 runs Cisco CallManager since 2026-09-02, before its CTL file was modified (2026-10-14)",
        "the last successful backup is 19 days old (2026-11-05); 7 days are allowed",
        "replication of {name}-sub3 is 4 (Setup Failed)",
        "the key of ITLRecovery has 1024 bits; 2048 are asked for",
    ],
    "contradiction": [
        "the database says mixed, the CTL file of {name}-sub1 says non-secure",
        "Control Center says Cisco CallManager is started on {name}-sub2, but nothing listens on 5060",
    ],
    "unknown": [
        "certificates was not read: the account auditor has privilege level 0; it needs CLI level 1",
        "ctl_files was not read: {name}-sub2: no answer within 120 s; it needs CLI level 0",
    ],
    "pass": ["as intended", "all 4 nodes agree", "every node is up"],
    "not_applicable": ["the release has no such thing", "SIP OAuth mode is neither wanted nor enabled"],
}
_RELEASES = ("11.5.1.23900-30", "12.5.1.18901-1", "14.0.1.13900-155", "15.0.1.12900-234")
_ACCOUNTS = {"axl": "compliance-reader", "cli": "auditor"}
NOTES = (
    "disk-space is switched off",
    "the waiver of backup-age for c99* fits no cluster",
)


def names(number: int, chance: random.Random) -> list[str]:
    """Return names of clusters, each once."""
    kinds = ("hq", "branch", "contact-centre", "lab", "hospital", "plant", "campus")
    all_of_them = [
        f"{place}-{kind}{suffix}"
        for suffix in ("", "-2", "-3", "-4")
        for place in _PLACES.split()
        for kind in kinds
    ]
    return chance.sample(all_of_them, number)


def controls(number: int) -> list[report.Json]:
    """Return controls of the catalogue, and more of a site's own when it has not so many."""
    built_in = results.controls({})
    own = [
        {
            **built_in[index % len(built_in)],
            "id": f"site-{index + 1}",
            "title": f"Rule {index + 1} of the site",
        }
        for index in range(number - len(built_in))
    ]
    return [*built_in, *own][:number]


def result(control: str, verdict: str, chance: random.Random, name: str) -> report.Json:
    """Return a result, with evidence where there is something to see, and with its waiver when it is waived."""
    said = "fail" if verdict == "waived" else verdict
    reason = chance.choice(_TOLD[said]).format(name=name)
    waiver = None
    if verdict == "waived":
        expires = (NOW + timedelta(days=chance.choice((12, 90, 240)))).date().isoformat()
        waiver = {
            "reason": "Replaced with the site's move in spring",
            "owner": "Voice Operations",
            "expires": expires,
        }
        reason = f"waived by {waiver['owner']} until {expires}: {waiver['reason']}"
    evidence = {
        "nodes": {f"{name}-sub{node}": chance.choice(("mixed", "non_secure")) for node in range(1, 4)},
        "wanted": "mixed",
    }
    return {
        "control": control,
        "verdict": verdict,
        "reason": f"{reason}.",
        "evidence": {} if verdict == "not_applicable" else evidence,
        "waiver": waiver,
    }


def cluster(name: str, shown: t.Sequence[report.Json], chance: random.Random, trouble: float) -> report.Json:
    """Return a judged cluster; ``trouble`` is the share of its controls that are not in order."""
    weights = {
        "fail": trouble * 0.6,
        "contradiction": trouble * 0.06,
        "unknown": trouble * 0.24,
        "waived": trouble * 0.1,
        "not_applicable": 0.08,
        "pass": 0.92 - trouble,
    }
    verdicts = chance.choices(list(weights), list(weights.values()), k=len(shown))
    return {
        "name": name,
        "release": chance.choice(_RELEASES),
        "identity": f"{name}-pub/{chance.getrandbits(64):016x}",
        "read_at": (NOW - timedelta(seconds=chance.randrange(600))).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "accounts": _ACCOUNTS,
        "unreachable": None,
        "saved": None,
        "results": [
            result(control["id"], verdict, chance, name)
            for control, verdict in zip(shown, verdicts, strict=True)
        ],
    }


def lost(name: str) -> report.Json:
    """Return a cluster that could not be read."""
    return {"name": name, "unreachable": f"no answer from {name}-pub:8443 within 60 s", "results": []}


def history(
    points: int, clusters: t.Sequence[report.Json], shown: int, chance: random.Random
) -> list[report.Json]:
    """Return the points of earlier reports, one a night; it gets better."""
    told = []
    for night in range(points, 0, -1):
        many = 1 + night / max(1, points) + chance.uniform(-0.1, 0.1)
        of_clusters = {}
        for each in clusters:
            found = report.counts(each["results"])
            of_clusters[each["name"]] = {
                "fail": round(found["fail"] * many),
                "contradiction": found["contradiction"],
                "unknown": found["unknown"] if each["results"] else chance.choice((0, 1)) * shown,
            }
        total = {
            verdict: sum(each.get(verdict, 0) for each in of_clusters.values()) for verdict in report.VERDICTS
        }
        at = (NOW - timedelta(days=night)).strftime("%Y-%m-%dT%H:%M:%SZ")
        told.append({"generated_at": at, "counts": total, "clusters": of_clusters})
    return told


def fleet(clusters: int, *, shown: int = 40, points: int = 45, seed: int = 5) -> report.Json:
    """Return a report over so many clusters, always the same for the same numbers."""
    chance = random.Random(seed)
    judged_by = controls(shown)
    found: list[report.Json] = [
        lost(name)
        if index % 19 == 7
        else cluster(name, judged_by, chance, 0.3 if index % 11 == 3 else 0.0 if index % 3 else 0.05)
        for index, name in enumerate(names(clusters, chance))
    ]
    for one in found[11::19]:
        one["saved"] = {"first": "2026-01-05T08:00:00Z", "last": "2026-01-05T08:02:10Z"}
    return report.make(found, judged_by, history(points, found, shown, chance), NOW, VERSIONS, NOTES)


# What a device or a site may say to do harm, or by accident. A name may have 200 characters, another text any number.
HOSTILE = {
    "script": "<script>window.harmed = 1</script>",
    "end of script": "</script><img src=x onerror='window.harmed = 2'>",
    "end of style": "</style><svg onload=window.harmed=3><style>*{display:none}",
    "comment": "<!--<script>",
    "link": "javascript:window.harmed=4//https://evil.example/x.js",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}${7*7}",
    "formula": "=cmd|' /C calc'!A0",
    "markdown": "[a](javascript:x) ![b](https://evil.example) **c** | `d` @admin #1 www.evil.example ~~e~~",
    "lines": "one\ntwo\r\nthree\u2028four\u2029five\x0bsix",
    "controls": "bell \x07 escape \x1b[31m delete \x7f next line \x85 nul \x00 end",
    "surrogates": "half \ud800 other half \udc00 end",
    "direction": "right \u202e to left \u2066 isolate \u200f mark",
    "invisible": "zero\u200bwidth\ufeffmark\u00adsoft\u3164filler\u2800blank",
    "no characters": "\ufffe\uffff\U0010ffff\ue000",
    "quotes": "double \" single ' tick ` backslash \\ percent %s %(x)s",
    "entities": "&lt;b&gt; &#0; ]]> <![CDATA[ <?xml ?>",
    "marks": "e" + "\u0301" * 150,
    "blank": " \u00a0\u3000 ",
    "number": "1e999",
}
LONG = "<b>long</b> " * 900


def nested(deep: int) -> t.Any:
    """Return a value that is nested so deep."""
    value: t.Any = "<i>bottom</i>"
    for _level in range(deep):
        value = {"<u>in</u>": [value]}
    return value


def hostile_input() -> tuple[list[report.Json], list[report.Json]]:
    """Return clusters and controls with only hostile texts; every control has every kind of text."""
    words = list(HOSTILE.values())
    shown = [
        {
            "id": word,
            "title": word,
            "severity": report.SEVERITIES[index % 3],
            "references": words,
            "reads": [word],
            "privilege": word,
            "remedy": word * 3,
        }
        for index, word in enumerate(words)
    ]
    evidence = {
        word: [word, float("nan"), float("inf"), 2**5000, {"at": NOW, "set": {word}}, nested(50), LONG]
        for word in words
    }
    found = [
        {
            "name": word,
            "release": word,
            "identity": word,
            "read_at": "2026-11-24T02:00:00+09:00",
            "accounts": {"axl": word, "cli": word},
            "unreachable": word if index % 5 == 4 else None,
            "saved": {"first": None, "last": "2026-11-24T02:00:00+09:00"} if index % 4 == 1 else None,
            "results": [
                {
                    "control": other,
                    "verdict": report.VERDICTS[(index + place) % len(report.VERDICTS)],
                    "reason": f"{word} {LONG if place == index else other}",
                    "evidence": evidence if place == index else {word: other},
                    "waiver": {"reason": word, "owner": other, "expires": "2026-12-01"},
                }
                for place, other in enumerate(words)
            ],
        }
        for index, word in enumerate(words)
    ]
    return found, shown


def hostile() -> report.Json:
    """Return the report on clusters and controls with only hostile texts."""
    found, shown = hostile_input()
    return report.make(found, shown, [], NOW, VERSIONS, list(HOSTILE.values()))
