# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show risdb query phone``, read as public scripts read it."""

from __future__ import annotations

import csv
import re

from ..planted import BEGAN, row

COMMAND = "show risdb query phone"


def table(printed: str) -> list[dict[str, str]]:
    """The rows, as two public scripts find them: the sixth line after the first names the columns, a blank line ends the rows."""
    lines = printed.replace("\r\n", "\n").split("\n")
    start = next(number for number, line in enumerate(lines) if "Phone Information" in line)
    end = lines.index("", start + 5)
    names = next(csv.reader([lines[start + 5]], skipinitialspace=True))
    found = list(csv.reader(lines[start + 6 : end], skipinitialspace=True))
    assert all(len(each) == len(names) == 26 for each in found)
    return [dict(zip(names, each, strict=True)) for each in found]


def test_phones_of_the_node(cucm_cluster, shell, phones):
    phones.devices = [
        row("cucm-sub1", "SEP000000000001", description="Hall", login_user="jdoe"),
        row("cucm-sub1", "SEP000000000002", status="UnRegistered", reason=9, login_user="jdoe"),
        row("cucm-sub1", "SEP000000000003", status="PartiallyRegistered", protocol="SCCP"),
        row("cucm-sub1", "Trunk", device_class="SIPTrunk"),
        row("cucm-pub", "SEP000000000004"),
    ]
    printed = shell("cucm-sub1").run(COMMAND)
    rows = table(printed)
    assert [(each["DeviceName"], each["RegStatus"]) for each in rows] == [
        ("SEP000000000001", "reg"),
        ("SEP000000000002", "unr"),
        ("SEP000000000003", "par-reg"),
    ]
    assert rows[0]["Descr"] == "Hall" and rows[0]["Ipaddr"] == "10.1.1.5"
    assert rows[0]["RegStatusChg TimeStamp"] == str(int(BEGAN) + 100)
    assert "Total count 3" in printed and "3, 1, 0, 1, 1, 0, 1, 1, 0" in printed
    # The expression of a script that mails what has become unregistered.
    found = re.findall(
        r"SEP([A-F0-9]{12}), (.+?(?=,)), (.+?(?=,)){5}, (.+?(?=,)), (.+?(?=,)){5}, (.+?(?=,)), (.+?(?=,)){1}, (\d*).+",
        printed,
    )
    assert (found[0][0], found[0][1], found[0][3], found[0][7]) == (
        "000000000001",
        "Hall",
        "reg",
        str(int(BEGAN) + 100),
    )


def test_nothing_and_no_answer(cucm_cluster, shell, phones):
    cli = shell()
    assert table(cli.run(COMMAND)) == []
    assert "does not simulate this: show risdb query cti" in cli.run("show risdb query cti")
    assert "Incomplete command" in cli.run("show risdb query")
    cucm_cluster.set(services={"cucm-pub": {"Cisco RIS Data Collector": {"status": "Stopped"}}})
    assert "does not answer" in cli.run(COMMAND)
    assert not any(entry["changing"] for entry in cucm_cluster.journal(kind="command"))
