# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is integrated with a cluster, as rows of its database."""

from __future__ import annotations

import re

import pytest

PILOTS = "select directorynumber as told from voicemessagingpilot order by 1"
PORTS = "select count(*) as told from device where tkclass=8"
GATEWAYS = "select count(*) as told from device where tkclass=2"
BRIDGES = (
    "select p.name as told from device d inner join securityprofile p on d.fksecurityprofile=p.pkid "
    "where d.tkclass=4 order by 1"
)
USERS = (
    "select count(m.pkid) as told from dirgroup g left outer join {0}dirgroupmap m on m.fkdirgroup=g.pkid "
    "where g.name='Standard CTI Secure Connection'"
)


def told(client, sql: str) -> list[str]:
    answer = client.axl("executeSQLQuery", f"<sql>{sql}</sql>")
    assert answer.status_code == 200, answer.text
    return re.findall(r"<told>(.*?)</told>", answer.text)


def test_the_administrator_integrates_and_a_reset_takes_it_back(https, cucm_cluster):
    client = https()
    assert told(client, PORTS) == ["0"]
    cucm_cluster.set(
        integrations={
            "voice_mail_pilots": ["7000"],
            "voice_mail_ports": 4,
            "conference_bridges": {"Encrypted Conference Bridge": 2, "": 1},
            "gateways": 2,
            "secure_cti_users": 3,
        }
    )
    assert "7000" in told(client, PILOTS) and told(client, PORTS) == ["4"]
    assert told(client, BRIDGES) == ["Encrypted Conference Bridge"] * 2
    assert [told(client, USERS.format(each)) for each in ("applicationuser", "enduser")] == [["2"], ["1"]]
    assert told(client, GATEWAYS) == ["2"]
    cucm_cluster.set(integrations={"voice_mail_ports": 0})
    assert told(client, PORTS) == ["0"] and "7000" in told(client, PILOTS)
    cucm_cluster.reset()
    assert "7000" not in told(client, PILOTS)
    assert told(client, GATEWAYS) == ["0"]
    assert told(client, BRIDGES) == [] and told(client, USERS.format("enduser")) == ["0"]


@pytest.mark.parametrize("wanted", [{"pilots": []}, {"voice_mail_ports": -1}, {"voice_mail_pilots": ["x"]}])
def test_what_is_not_understood_is_refused(cucm_cluster, wanted):
    with pytest.raises(Exception, match="integrations"):
        cucm_cluster.set(integrations=wanted)
