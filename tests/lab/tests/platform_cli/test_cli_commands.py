# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The read commands and service control: what they print comes from the cluster's state."""

from __future__ import annotations

import hashlib
import re

import pytest
from cryptography import x509


def test_show_version_active_lists_software_options(make_rig):
    rig = make_rig(cli={"software_options": "one.cop.sha512 two.cop.sgn"})
    assert rig.login().command("show version active")[1:] == [
        "Active Version Installed Software Options:",
        "one.cop.sha512",
        "two.cop.sgn",
    ]


def test_show_version_active(rig):
    assert rig.login().command("show version active") == [
        f"Active Master Version: {rig.cluster.version}",
        "Active Version Installed Software Options:",
        "No Installed Software Options Found.",
    ]


def test_run_sql_prints_the_device_s_table(rig):
    sql = "select paramname,paramvalue from processconfig where paramname='ClusterSecurityMode'"
    assert rig.login().command(f"run sql {sql}") == [
        "paramname           paramvalue",
        "=================== ==========",
        "ClusterSecurityMode 0         ",
    ]


def test_run_sql_columns_can_be_cut_at_the_equal_signs(rig):
    rig.cluster.database.execute("update processnode set description = 'two words' where name = 'sub'")
    head, rule, *rows = rig.login().command(
        "run sql select first 2 name, description, mac from processnode where systemnode = 'f' order by nodeid"
    )
    edges = [match.span() for match in re.finditer("=+", rule)]
    cut = [[line[start:end].strip() for start, end in edges] for line in (head, *rows)]
    assert cut == [["name", "description", "mac"], ["pub", "pub", ""], ["sub", "two words", ""]]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from nothing",
        "update processconfig set paramvalue = '1'",
        "select 1; drop table processnode",
        "select nothing from processnode",
    ],
)
def test_run_sql_refuses(rig, sql):
    assert rig.login().command(f"run sql {sql}")[-1] == "Executed command unsuccessfully"
    assert rig.cluster.security_mode == 0


def test_run_sql_without_rows_prints_its_heading(make_rig):
    sql = "run sql select name, nodeid from processnode where name = 'none'"
    assert make_rig().login().command(sql) == ["name nodeid", "==== ======"]
    sentence = make_rig(cli={"sql_no_rows": "sentence"}).login()
    assert sentence.command(sql) == ["No records found"]


def test_run_sql_says_what_the_lab_does_not_change(rig):
    for word in ("update", "insert", "DELETE"):
        said = rig.login().command(f"run sql {word} device set name = 'x'")
        assert said == [
            f"The lab does not simulate this: run sql {word.lower()}",
            "Executed command unsuccessfully",
        ]


def test_service_list_has_both_grammars(rig):
    lines = rig.login(node=rig.cluster.nodes["sub"]).command("utils service list")
    assert lines[0] == "Requesting service status, please wait..."
    assert "System SSH [STARTED]" in lines
    assert "Cisco CallManager[STARTED]  " in lines
    assert "Cisco CTL Provider[STOPPED]  Service Not Activated" in lines
    assert lines[-1] == "Primary Node =false"


def test_service_restart_walks_through_its_states(rig):
    service = rig.cluster.publisher.services["Cisco Tftp"]
    before = service.started_at
    lines = rig.login().command("utils service restart Cisco Tftp")
    assert lines[2:] == ["Cisco Tftp[STOPPING]  ", "Cisco Tftp[STARTING]  ", "Cisco Tftp[STARTED]  "]
    assert service.started_at > before
    assert [entry.operation for entry in rig.journal("effect")] == ["service restart Cisco Tftp"]


def test_service_stop_and_start(rig):
    cli = rig.login()
    cli.command("utils service stop Cisco CTIManager")
    assert "Cisco CTIManager[STOPPED]  Commanded Out of Service" in cli.command("utils service list")
    cli.command("utils service start Cisco CTIManager")
    assert "Cisco CTIManager[STARTED]  " in cli.command("utils service list")


def test_service_activation(rig):
    cli = rig.login()
    capf = "Cisco Certificate Authority Proxy Function"
    cli.command(f"utils service activate {capf}")
    service = rig.cluster.publisher.services[capf]
    assert service.activated
    rig.wait_for(lambda: service.status == "Started")
    assert cli.command(f"utils service activate {capf}")[-1] == "Executed command unsuccessfully"
    cli.command(f"utils service deactivate {capf}")
    assert not service.activated


def test_service_names_are_the_device_s(rig):
    cli = rig.login()
    assert cli.command("utils service restart Cisco TFTP")[-1] == "Executed command unsuccessfully"
    assert rig.journal("effect") == []


def test_a_service_that_never_starts_ends_unsuccessfully(make_rig):
    rig = make_rig(time_scale=1000)
    rig.inject(fault="service_never_starts", node="pub", service="Cisco Tftp")
    lines = rig.login().command("utils service restart Cisco Tftp")
    assert lines[-2:] == ["Cisco Tftp[STARTING]  ", "Executed command unsuccessfully"]


def test_certificates_are_the_node_s(rig):
    cli = rig.login()
    assert "CallManager/CallManager.pem: Self-signed certificate generated by system" in cli.command(
        "show cert list own"
    )
    text = "\n".join(cli.command("show cert own CallManager/CallManager.pem"))
    shown = x509.load_pem_x509_certificate(text[text.index("-----BEGIN") :].encode())
    assert shown == rig.cluster.publisher.certificates["CallManager"].certificate
    assert cli.command("show cert own nothing")[-1] == "Executed command unsuccessfully"


def test_licence(rig):
    cli = rig.login()
    everything = cli.command("show license all")
    assert "  Status: REGISTERED" in everything
    assert "  Export-Controlled Functionality: Allowed" in everything
    assert not any("Export" in line for line in cli.command("show license summary"))
    rig.cluster.licence.registration = "UNREGISTERED"
    rig.cluster.licence.export_control = "Not Allowed"
    rig.cluster.licence.authorization = "EVAL MODE"
    unregistered = cli.command("show license status")
    assert "  Status: UNREGISTERED" in unregistered
    assert "  Status: EVAL MODE" in unregistered
    assert not any("Smart Account" in line for line in unregistered)


def test_licence_is_the_publisher_s(rig):
    lines = rig.login(node=rig.cluster.nodes["sub"]).command("show license all")
    assert lines[-1] == "Executed command unsuccessfully"


def test_replication(rig):
    cli = rig.login()
    good = cli.command("utils dbreplication runtimestate")
    assert "Cluster Detailed View from pub (2 Servers):" in good
    assert "     Sync Status: All Tables are in sync" in good
    assert sum("(2) Setup Completed" in line for line in good) == 2
    rig.cluster.nodes["sub"].replication.state = 3
    bad = cli.command("utils dbreplication runtimestate")
    assert any(line.startswith("sub ") and "(3) Out Of Sync" in line for line in bad)


def test_replication_of_a_single_node(make_rig):
    rig = make_rig(nodes=[{"name": "solo", "role": "publisher", "address": "127.59.0.1"}])
    assert "single active node" in rig.login().command("utils dbreplication runtimestate")[0]


def test_network_cluster(rig):
    cli = rig.login()
    pub, sub = rig.cluster.publisher, rig.cluster.nodes["sub"]
    lines = cli.command("show network cluster")
    assert lines[0] == f"{pub.address} pub pub Publisher callmanager DBPub authenticated"
    assert lines[1].startswith(f"{sub.address} sub sub Subscriber callmanager DBSub authenticated using TCP")
    sub.up = False
    assert "not authenticated" in cli.command("show network cluster")[1]


def test_the_rest_of_the_reading(make_rig):
    rig = make_rig(cli={"last_backup": "none", "fips": True, "tls_min_version": "1.0"})
    cli = rig.login()
    assert cli.command("utils disaster_recovery history backup") == [
        "drfCliMsg:  No history data is available"
    ]
    fips = cli.command("utils fips status")
    assert fips[0] == "The system is operating in FIPS mode. Self test status:"
    assert fips[-1] == "KFOM self tests passed."
    assert cli.command("show tls min-version") == ["Configured TLS minimum version: 1.0"]
    assert cli.command("show accountlocking") == [
        "Account Lockout is enabled",
        "Unlock Time : 300 seconds",
        "Retry Count : 3 attempts",
    ]
    assert "synchronised to NTP server (10.0.0.1) at stratum 3" in cli.command("utils ntp status")
    assert any(line.startswith("Disk/active") for line in cli.command("show status"))
    assert "account name    : admin" in cli.command("show myself")
    assert len(cli.command("utils system upgrade status")) == 1


def test_hardening_is_told_by_each_node_for_itself(make_rig):
    rig = make_rig(cli={"tls_min_version": "1.2", "max_sessions": 4, "lockout_attempts": 5, "lockout_s": 600})
    sub = rig.cluster.nodes["sub"]
    sub.own_cli.update(tls_min_version="1.0", max_sessions=10, account_locking=False, fips=True)
    on_pub, on_sub = rig.login("operator"), rig.login("operator", node=sub)
    assert on_pub.command("show tls min-version") == ["Configured TLS minimum version: 1.2"]
    assert on_sub.command("show tls min-version") == ["Configured TLS minimum version: 1.0"]
    assert on_pub.command("utils fips status") == ["The system is not operating in FIPS mode."]
    assert on_sub.command("utils fips status")[0].startswith("The system is operating in FIPS mode.")
    assert on_pub.command("show session maxlimit") == ["Current session limit: 4"]
    assert on_sub.command("show session maxlimit") == ["Current session limit: 10"]
    assert on_pub.command("show accountlocking") == [
        "Account Lockout is enabled",
        "Unlock Time : 600 seconds",
        "Retry Count : 5 attempts",
    ]
    assert on_sub.command("show accountlocking") == ["Account Lockout is disabled"]


def test_who_may_read_the_hardening(rig):
    auditor = rig.login("auditor")
    assert auditor.command("show session maxlimit") == ["Current session limit: 10"]
    assert auditor.command("show accountlocking")[0] == "Account Lockout is enabled"
    assert auditor.command("utils fips status") == ["The system is not operating in FIPS mode."]
    assert auditor.command("show tls min-version") == ["Incomplete command entered"]


def test_the_session_limit_s_words_can_be_others(make_rig):
    rig = make_rig(texts={"session_maxlimit": "Maximum sessions = {limit}\n"})
    assert rig.login().command("show session maxlimit") == ["Maximum sessions = 10"]


def test_the_last_backup_is_dated_by_the_device_s_clock(rig):
    line = rig.login().command("utils disaster_recovery history backup")[0]
    assert re.fullmatch(r"\d{4}(-\d\d){5}\.tar NETWORK .* UTC \d{4} SUCCESS SCHEDULED UCM,CDR_CAR", line)


def test_open_ports_follow_callmanager(rig):
    cli = rig.login()
    assert any(":5061 (LISTEN)" in line for line in cli.command("show open ports regexp 5061"))
    assert not any("LISTEN" in line for line in cli.command("show open ports regexp 5090"))
    cli.command("utils service stop Cisco CTIManager")
    cli.command("utils service stop Cisco CallManager")
    assert not any("LISTEN" in line for line in cli.command("show open ports regexp 5061"))


def test_show_ctl_before_the_first_mixed_mode(rig):
    assert rig.login().command("show ctl") == [
        "Length of CTL file: 0",
        "CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL file.",
        "Error parsing the CTL File.",
    ]


@pytest.mark.parametrize("release", ["12.5", "14"])
def test_show_ctl_dumps_the_file(make_rig, release):
    rig = make_rig(release=release, state={"security_mode": "mixed"})
    lines = rig.login().command("show ctl")
    content = rig.cluster.publisher.ctl_file.content
    assert lines[:2] == [
        "The checksum value of the CTL file:",
        hashlib.md5(content).hexdigest() + "(MD5)",
    ]
    assert lines[2] == hashlib.sha1(content).hexdigest() + "(SHA1)"
    assert lines[4] == f"Length of CTL file: {len(content)}"
    functions = [line.split("\t")[-1] for line in lines if "\tFUNCTION\t" in line]
    assert functions == ["System Administrator Security Token"] * 2 + ["CCM+TFTP"] * 2
    assert lines.count("This etoken was used to sign the CTL file.") == 1
    assert lines.count("This etoken was not used to sign the CTL file.") == 1
    assert lines[-1] == "The CTL file was verified successfully."


def test_show_ctl_sees_a_tampered_file(make_rig):
    rig = make_rig(state={"security_mode": "mixed"})
    cli = rig.login()
    rig.background.call(rig.cluster.set_ctl_file, "pub", "tampered")
    assert cli.command("show ctl")[-1] == "Verification of the CTL file failed."


def test_show_ctl_dates_in_the_node_s_time_zone(make_rig):
    rig = make_rig(
        state={"security_mode": "mixed"},
        nodes=[{"name": "solo", "role": "publisher", "address": "127.59.0.2", "timezone": "Asia/Tokyo"}],
    )
    dated = next(line for line in rig.login().command("show ctl") if "last modified" in line)
    assert re.search(r"modified on \w{3} \w{3} \d\d \d\d:\d\d:\d\d JST \d{4}$", dated)


def test_show_itl(rig):
    lines = rig.login().command("show itl")
    assert lines[0] == "The checksum value of the ITL file:"
    assert lines[-1] == "The ITL file was verified successfully."


def test_a_text_can_be_replaced(rig):
    rig.background.call(rig.cluster.texts.replace, "fips.disabled", "Off.\n")
    assert rig.login().command("utils fips status") == ["Off."]


@pytest.mark.parametrize(
    ("command", "settings", "said"),
    [
        (
            "utils remote_account status",
            {"remote_account": True},
            ["Remote Support", "Status         : enabled", "Decode Version : 2"],
        ),
        (
            "utils os secure status",
            {"os_security": "permissive"},
            ["OS Security status:             enabled", "Current mode:                   permissive"],
        ),
        (
            "show haproxy client-auth 6971",
            {"haproxy_client_auth": "required"},
            ["Client authentication on the port 6971 is currently set to required."],
        ),
        (
            "show haproxy client-auth 9456",
            {},
            [
                "Enter valid values for the port. ",
                "Suggested values are 6971, 6972 and 9443",
                "Executed command unsuccessfully",
            ],
        ),
        ("show csr list own", {"csrs": "tomcat CallManager"}, ["tomcat/tomcat.csr", "CallManager/CallManager.csr"]),
        ("show csr list own", {}, []),
        (
            "show version inactive",
            {"inactive_version": "12.5.1.17900-64"},
            [
                "Inactive Master Version: 12.5.1.17900-64",
                "Inactive Version Installed Software Options:",
                "No Installed Software Options Found.",
            ],
        ),
        ("show version inactive", {}, ["No inactive version is installed."]),
        ("utils ntp server list", {"ntp_server": "10.1.1.1"}, ["10.1.1.1"]),
        (
            "utils ntp server list all",
            {},
            ["Incorrect optional parameter entered for list", "usage: utils ntp server list"],
        ),
        (
            "show csr own tomcat/tomcat.csr",
            {},
            ["Certificate Sign Request tomcat/tomcat.csr not found", "Executed command unsuccessfully"],
        ),
        (
            "show logins unsuccessful",
            {},
            ["The lab does not simulate this: show logins unsuccessful", "Executed command unsuccessfully"],
        ),
        ("show webapp session timeout", {"webapp_timeout_minutes": 10}, ["Webapp session timeout is 10 minutes."]),
        ("show cli session timeout", {}, ["CLI session timeout is 30 minutes."]),
        ("show password inactivity", {}, ["Password inactivity: disabled"]),
        ("show password expiry maximum-age", {"password_maximum_age": 60}, ["Maximum password age: enabled, 60 days"]),
        ("show password expiry minimum-age", {}, ["Minimum password age: enabled, 1 days"]),
        ("show password complexity length", {"password_length": 14}, ["Minimum password length: 14"]),
        ("show password complexity character", {}, ["Password complexity: disabled"]),
        ("show password history", {}, ["Password history: 10"]),
        ("show password age", {}, ["Password age: 90 days"]),
    ],
)  # fmt: skip
def test_how_a_node_is_hardened(make_rig, command, settings, said):
    assert make_rig(cli=settings).login().command(command) == said


def test_accounts_are_for_the_highest_level(rig):
    assert rig.login().command("show account") == ["admin  4", "operator  1", "auditor  0"]
    assert rig.login("operator").command("show account") == ["Incomplete command entered"]


def test_every_trusted_certificate_can_be_shown(rig):
    cli = rig.login()
    listed = [line.split(":")[0] for line in cli.command("show cert list trust")]
    assert {name.split("/")[0] for name in listed} == {
        "CallManager-trust",
        "CAPF-trust",
        "ipsec-trust",
        "tomcat-trust",
    }
    for name in listed:
        printed = cli.command(f"show cert trust {name}")
        assert "-----BEGIN CERTIFICATE-----" in printed
        assert cli.command(f"show cert trust {name.split('/')[1]}") == printed
    assert cli.command("show cert trust nobody.pem")[-1] == "Executed command unsuccessfully"


def test_a_request_to_sign_has_the_key_of_the_node(make_rig):
    rig = make_rig(cli={"csrs": "CallManager"})
    printed = rig.login().command("show csr own CallManager/CallManager.csr")
    text = "\n".join(printed).replace(" SIGN REQUEST-", " REQUEST-")
    request = x509.load_pem_x509_csr(text.encode())
    own = rig.cluster.publisher.certificates["CallManager"].certificate
    assert request.is_signature_valid
    assert (request.subject, request.public_key()) == (own.subject, own.public_key())


def test_when_and_on_what_it_runs(make_rig):
    cli = make_rig().login()
    (date,) = cli.command("show date")
    assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [A-Z]+ \d{4}", date), date
    assert "HW Platform       : VMware Virtual Machine" in cli.command("show hardware")


def test_recent_logins(make_rig):
    rig = make_rig()
    rig.login("auditor")
    cli = rig.login()
    assert [line.split()[0] for line in cli.command("show logins")] == ["admin", "auditor"]
    assert [line.split()[0] for line in cli.command("show logins 1")] == ["admin"]
    assert [line.split()[0] for line in cli.command("show logins successful last 1")] == ["admin"]
    assert cli.command("show logins many") == ["Invalid parameter: many", "Executed command unsuccessfully"]
