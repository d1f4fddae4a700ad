# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script that is measured against: clusters one by one, with zeep and netmiko, as administrators write it.

Per cluster: the AXL client from the WSDL, four AXL requests, one login to the CLI for one command. Usage:
C(python serial_script.py lab.json ca.pem CLUSTER...).
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import netmiko
import requests
import zeep

MODE = "select paramname,paramvalue from processconfig where paramname='ClusterSecurityMode'"


def schema() -> Path:
    """The vendor's AXL schema 12.5, where the package ciscoaxl has it."""
    found = importlib.util.find_spec("ciscoaxl")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "schema" / "12.5" / "AXLAPI.wsdl"


def check(cluster: dict[str, object], ca: str) -> str:
    """Read one cluster."""
    accounts = {account["kind"]: account for account in cluster["accounts"] if account["privilege"] == 4}
    publisher = cluster["nodes"][cluster["publisher"]]
    session = requests.Session()
    session.verify = ca
    # A CA bundle that the environment names would win.
    session.trust_env = False
    session.auth = (accounts["axl"]["username"], accounts["axl"]["password"])
    client = zeep.Client(str(schema()), transport=zeep.Transport(session=session))
    axl = client.create_service(
        "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding",
        f"https://{publisher['address']}:{publisher['https_port']}/axl/",
    )
    axl.getCCMVersion()
    axl.listProcessNode({"name": "%"}, returnedTags={"name": "", "nodeUsage": ""})
    axl.executeSQLQuery(MODE)
    axl.getSmartLicenseStatus()
    with netmiko.ConnectHandler(
        device_type="terminal_server",
        host=publisher["address"],
        port=publisher["ssh_port"],
        username=accounts["cli"]["username"],
        password=accounts["cli"]["password"],
        timeout=60,
    ) as cli:
        cli.read_until_pattern("admin:", read_timeout=60)
        return cli.send_command("show ctl", expect_string="admin:", read_timeout=60)


def main() -> None:
    lab, ca, *names = sys.argv[1:]
    clusters = json.loads(Path(lab).read_text())["clusters"]
    for name in names:
        answer = check(clusters[name], ca)
        assert "verified successfully" in answer, answer


if __name__ == "__main__":
    main()
