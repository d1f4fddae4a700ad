# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL's writes to phones, and what it asks devices for, as a plain HTTP client sees them."""

from __future__ import annotations

import pytest
import requests

from cucm_lab.web.axl_schema import ASKING

from .test_axl import sql, texts
from .test_axl_writes import done, effects, refused

__all__ = ["effects"]
SECURE = "Secure 8841"
NAMES = [f"SEP{number:012X}" for number in range(4)]


@pytest.fixture(scope="module")
def lab(cucm_lab_start):
    """Three 8841 and a Jabber client, with a profile of their own each."""
    profile = {"phoneType": "Cisco 8841", "protocol": "SIP", "deviceSecurityMode": "Encrypted"}
    jabber = {"phoneType": "Cisco Unified Client Services Framework", "protocol": "SIP"}
    return cucm_lab_start(
        {
            "time_scale": 50,
            "clusters": [
                {
                    "name": "phones",
                    "nodes": [{"name": "cucm-pub", "role": "publisher"}, {"name": "cucm-sub1"}],
                    "phones": [
                        {"count": 2},
                        {"count": 1, "security_profile": SECURE},
                        {
                            "count": 1,
                            "model": "Cisco Unified Client Services Framework",
                            "security_profile": "Jabber",
                        },
                    ],
                    "phone_security_profiles": {SECURE: profile, "Jabber": jabber},
                    "sip_trunks": [{"name": "ITSP"}],
                }
            ],
        }
    )


@pytest.fixture
def cucm_cluster(lab):
    cluster = lab.clusters["phones"]
    cluster.reset()
    return cluster


def named(name: str) -> str:
    return f"<name>{name}</name>"


@pytest.mark.parametrize(
    ("operation", "name", "reached"),
    [
        *((f"{verb}Phone", NAMES[0], [NAMES[0]]) for verb in ("apply", "restart", "reset")),
        *(
            (f"{verb}DevicePool", "Default", ["CSFUSER00003", "ITSP", *NAMES[:3]])
            for verb in ("apply", "restart", "reset")
        ),
        *(
            (f"{verb}CallManagerGroup", "Default", ["CSFUSER00003", "ITSP", *NAMES[:3]])
            for verb in ("apply", "reset")
        ),
        *((f"{verb}PhoneSecurityProfile", SECURE, [NAMES[2]]) for verb in ("apply", "reset")),
    ],
)
def test_devices_are_asked(https, cucm_cluster, phones, effects, operation, name, reached):
    done(https().axl(operation, named(name)))
    verb, kind = ASKING[operation]
    assert phones.asked == [(verb, reached)]
    (effect,) = cucm_cluster.journal(kind="effect")
    what = {"Phone": "phone", "DevicePool": "device_pool", "CallManagerGroup": "callmanager_group"}
    assert effect["operation"] == f"{what.get(kind, 'phone_security_profile')} {verb} {name}"
    assert effect["detail"] == {"devices": len(reached)} and effect["changing"]
    (asked,) = cucm_cluster.journal(kind="http")
    assert asked["operation"] == f"axl {operation}" and asked["changing"]
    assert {each for each, _kind in ASKING.values()} == {"apply", "restart", "reset"}


def test_devices_are_asked_by_uuid_and_only_known_ones(https, phones):
    client = https()
    (uuid,) = client.axl("getPhone", named(NAMES[1])).text.partition('uuid="')[2].split('"')[:1]
    answer = client.axl("restartPhone", f"<uuid>{uuid}</uuid>")
    assert texts(answer, "return") == [uuid] and phones.asked == [("restart", [NAMES[1]])]
    refused(client.axl("resetPhone", named("SEP0")), "The specified SEP0 was not found", "5007")
    refused(client.axl("resetDevicePool", named("None")), "not found", "5007")
    assert len(phones.asked) == 1


@pytest.mark.parametrize(
    ("inner", "verb"),
    [
        ("<isHardReset>true</isHardReset>", "reset"),
        ("<isHardReset>f</isHardReset>", "restart"),
        ("<deviceResetType>Reset</deviceResetType>", "reset"),
        ("<deviceResetType>Restart</deviceResetType>", "restart"),
        ("<deviceResetType>Apply Configuration</deviceResetType>", "apply"),
    ],
)
def test_do_device_reset(https, phones, effects, inner, verb):
    answer = https().axl("doDeviceReset", f"<deviceName>{NAMES[0]}</deviceName>{inner}")
    assert answer.status_code == 200 and texts(answer, "return") == ["true"]
    assert phones.asked == [(verb, [NAMES[0]])] and effects() == [f"phone {verb} {NAMES[0]}"]


@pytest.mark.parametrize(
    ("operation", "inner", "message", "code"),
    [
        ("doDeviceReset", "<deviceName>SEP0</deviceName><isHardReset>t</isHardReset>", "not found", "5007"),
        ("doDeviceReset", f"<deviceName>{NAMES[0]}</deviceName>", "is not complete", "-1"),
        (
            "doDeviceReset",
            f"<deviceName>{NAMES[0]}</deviceName><deviceResetType>Explode</deviceResetType>",
            "not valid for deviceResetType",
            "-1",
        ),
        (
            "doDeviceReset",
            f"<deviceName>{NAMES[0]}</deviceName><deviceResetType>Generate PRT</deviceResetType>",
            "does not simulate this: Generate PRT",
            "-1",
        ),
        ("restartCallManagerGroup", named("Default"), "Unknown operation", "-1"),
        ("restartPhoneSecurityProfile", named(SECURE), "Unknown operation", "-1"),
        ("applySipTrunk", named("ITSP"), "Unknown operation", "-1"),
        ("resetSipTrunk", named("ITSP"), "does not simulate this: resetSipTrunk", "-1"),
        ("resetPhone", "", "is not complete", "-1"),
    ],
)
def test_what_cannot_be_asked(https, phones, effects, operation, inner, message, code):
    refused(https().axl(operation, inner), message, code)
    assert phones.asked == [] and effects() == []


def test_a_read_only_account_asks_for_nothing(https, phones, effects):
    assert https(privilege=0).axl("resetPhone", named(NAMES[0])).status_code == 401
    assert phones.asked == [] and effects() == []


def test_a_held_reset_reaches_who_is_a_member_when_it_goes_on(https, cucm_cluster, phones):
    hold = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "phone_security_profile reset *"})
    with pytest.raises(requests.Timeout):
        https().axl("resetPhoneSecurityProfile", named(SECURE), timeout=1)
    cucm_cluster.wait_hit(hold)
    cucm_cluster.set(phones={NAMES[0]: {"security_profile": SECURE}})
    assert phones.asked == []
    cucm_cluster.release(hold)
    cucm_cluster.wait(lambda: phones.asked)
    assert phones.asked == [("reset", [NAMES[0], NAMES[2]])]


# -- updatePhone ------------------------------------------------------------------------------------------------


def phone(client, name: str, *tags: str) -> list[str]:
    answer = client.axl("getPhone", named(name))
    return [texts(answer, tag)[0] for tag in tags]


def test_a_phone_is_updated_and_only_what_is_sent(https, cucm_cluster, effects):
    client = https()
    before = cucm_cluster.database()["device"]
    done(
        client.axl(
            "updatePhone",
            f"{named(NAMES[0])}<description>Hall</description><loadInformation>sip88xx.14-2</loadInformation>"
            f"<securityProfileName>{SECURE}</securityProfileName>",
        )
    )
    told = phone(client, NAMES[0], "description", "loadInformation", "securityProfileName")
    assert told == ["Hall", "sip88xx.14-2", SECURE]
    assert effects() == [f"phone update {NAMES[0]}"]
    changed = {
        name
        for old, new in zip(before, cucm_cluster.database()["device"], strict=True)
        for name in old
        if old[name] != new[name]
    }
    assert changed == {"description", "specialloadinformation", "fksecurityprofile"}
    done(client.axl("updatePhone", f"{named(NAMES[0])}<description>Hall</description>"))
    assert len(effects()) == 1
    done(client.axl("updatePhone", f"{named(NAMES[0])}<newName>SEPAAAAAAAAAAAA</newName>"))
    assert phone(client, "SEPAAAAAAAAAAAA", "description") == ["Hall"]


def test_an_operation_of_capf_is_pending_until_the_phone_comes(https, cucm_cluster):
    client = https()
    tags = (
        "certificateOperation",
        "certificateStatus",
        "upgradeFinishTime",
        "authenticationString",
        "keySize",
    )
    done(
        client.axl(
            "updatePhone",
            f"{named(NAMES[0])}<certificateOperation>Install/Upgrade</certificateOperation>"
            "<authenticationMode>By Authentication String</authenticationMode><keySize>4096</keySize>"
            "<authenticationString>12345</authenticationString>"
            "<upgradeFinishTime>2031:01:02:03:04</upgradeFinishTime>",
        )
    )
    assert phone(client, NAMES[0], *tags) == [
        "Install/Upgrade",
        "Operation Pending",
        "2031:01:02:03:04",
        "12345",
        "4096",
    ]
    statement = (
        f"<sql>select tkcertificateoperation, tkcertificatestatus from device where name='{NAMES[0]}'</sql>"
    )
    answer = client.axl("executeSQLQuery", statement)
    assert texts(answer, "tkcertificateoperation") == ["2"] == texts(answer, "tkcertificatestatus")
    taken_back = "<certificateOperation>No Pending Operation</certificateOperation>"
    done(client.axl("updatePhone", named(NAMES[0]) + taken_back))
    assert phone(client, NAMES[0], *tags[:2]) == ["No Pending Operation", "None"]
    install = "<certificateOperation>Install/Upgrade</certificateOperation>"
    done(client.axl("updatePhone", named(NAMES[1]) + install))
    (end,) = phone(client, NAMES[1], "upgradeFinishTime")
    assert len(end.split(":")) == 5
    cucm_cluster.set(phones={NAMES[2]: {"certificate": "installed"}})
    done(client.axl("updatePhone", named(NAMES[2]) + taken_back))
    assert phone(client, NAMES[2], "certificateStatus") == ["Upgrade Success"]


@pytest.mark.parametrize(
    ("inner", "message", "code"),
    [
        ("<securityProfileName>Nothing</securityProfileName>", "Nothing was not found", "5007"),
        ("<securityProfileName>Jabber</securityProfileName>", "does not go with the model", "-1"),
        (
            "<securityProfileName>Non Secure SIP Trunk Profile</securityProfileName>",
            "was not found",
            "5007",
        ),
        ("<securityProfileName/>", "securityProfileName must not be empty", "-1"),
        ("<devicePoolName>Elsewhere</devicePoolName>", "Elsewhere was not found", "5007"),
        (f"<newName>{NAMES[1]}</newName>", "duplicate value", "-239"),
        ("<newName/>", "newName must not be empty", "-1"),
        ("<certificateOperation>Renew</certificateOperation>", "not valid for certificateOperation", "-1"),
        ("<isActive>false</isActive>", "does not simulate this: updatePhone isActive", "-1"),
        ("<lines/>", "does not simulate this: updatePhone lines", "-1"),
        ("<isActive>perhaps</isActive>", "cvc-pattern-valid", "-1"),
        ("<keySize>2048</keySize><description>d</description>", "cvc-complex-type", "-1"),
        (f"<description>{'d' * 129}</description>", "maxLength", "-1"),
    ],
)
def test_a_phone_is_not_updated(https, effects, inner, message, code):
    refused(https().axl("updatePhone", named(NAMES[0]) + inner), message, code)
    assert effects() == []


def test_a_profile_for_any_model_goes_with_every_phone(https):
    universal = "Universal Device Template - Model-independent Security Profile"
    client = https()
    inner = f"{named(NAMES[0])}<securityProfileName>{universal}</securityProfileName>"
    done(client.axl("updatePhone", inner))
    assert phone(client, NAMES[0], "securityProfileName") == [universal]


def test_what_public_scripts_ask_about_lsc_is_answered(https, cucm_cluster):
    """EMAR's statement (phone-facts 7), and the one way to read the end of an LSC: AXL has none of its columns."""
    cucm_cluster.set(phones={NAMES[0]: {"certificate": "installed"}, NAMES[1]: {"certificate": "pending"}})
    rows = sql(
        https,
        "select d.name, d.lscvaliduntil, d.lscissuername, cs.name st, co.name op, d.upgradefinishtime "
        "from device d join typecertificatestatus cs on d.tkcertificatestatus=cs.enum "
        "join typecertificateoperation co on d.tkcertificateoperation=co.enum where d.tkclass=1 order by d.name",
    )
    states = {
        name: (st, op)
        for name, st, op in zip(*(texts(rows, tag) for tag in ("name", "st", "op")), strict=True)
    }
    assert states[NAMES[0]] == ("Upgrade Success", "No Pending Operation")
    assert states[NAMES[1]] == ("Operation Pending", "Install/Upgrade")
    assert texts(rows, "lscissuername")[1].startswith("CAPF-")
    ends = sql(
        https,
        "select dbinfo('utc_to_datetime', lscvaliduntil) as ends from device "
        "where publickey is not null and ecpublickeycurve is null",
    )
    assert len(texts(ends, "ends")) == 1
