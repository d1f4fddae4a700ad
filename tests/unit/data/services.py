# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection whose answers are given, and the answers of RisPort and PerfMon in the shapes that are public (phone-facts 1.1, 2.1 [C])."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import Answer

RATE_FAULT = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
    '<faultcode xmlns:ns1="http://xml.apache.org/axis/">ns1:Server.RateControl</faultcode>'
    "<faultstring>AxisFault: Exceeded allowed rate for Reatime information. Current allowed rate for realtime information is 15 "
    "requests per minute.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


def fault(text: str, code: str = "soapenv:Server") -> str:
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


def soap(content: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )


def device(name: str, status: str, reason: int | str = 0, stamp: int | str = 1_700_000_000) -> str:
    return (
        f"<item><Name>{name}</Name><DirNumber>1001-{status}</DirNumber><DeviceClass>Phone</DeviceClass><Model>36213</Model>"
        f"<Status>{status}</Status><StatusReason>{reason}</StatusReason><TimeStamp>{stamp}</TimeStamp><Protocol>SIP</Protocol>"
        "<NumOfLines>1</NumOfLines><LinesStatus><item><DirectoryNumber>1001</DirectoryNumber><Status>Registered</Status></item></LinesStatus>"
        "<IPAddress><item><IP>192.0.2.1</IP><IPAddrType>ipv4</IPAddrType><Attribute>Adminstrative</Attribute></item></IPAddress></item>"
    )


def node(name: str, *devices: str, code: str = "Ok") -> str:
    listed = f"<CmDevices>{''.join(devices)}</CmDevices>"
    return (
        f"<item><ReturnCode>{code}</ReturnCode><Name>{name}</Name><NoChange>false</NoChange>{listed}</item>"
    )


def selected(*nodes: str, found: int | str) -> str:
    listed = f"<CmNodes>{''.join(nodes)}</CmNodes>" if nodes else '<CmNodes xsi:nil="1"/>'
    return soap(
        '<ns1:selectCmDeviceResponse xmlns:ns1="http://schemas.cisco.com/ast/soap"><ns1:selectCmDeviceReturn><SelectCmDeviceResult>'
        f"<TotalDevicesFound>{found}</TotalDevicesFound>{listed}</SelectCmDeviceResult><StateInfo></StateInfo>"
        "</ns1:selectCmDeviceReturn></ns1:selectCmDeviceResponse>"
    )


def prefixed(answer: str) -> str:
    """Return an answer in which every element has the prefix of the namespace, as in one of the captures."""
    head, opening, rest = answer.partition("<ns1:")
    for name in ("item", "Name", "ReturnCode", "NoChange", "CmNodes", "CmDevices", "SelectCmDeviceResult", "TotalDevicesFound",
                 "Status", "StatusReason", "TimeStamp", "StateInfo"):  # fmt: skip
        for begin in ("<", "</"):
            for end in (">", " ", "/>"):
                rest = rest.replace(f"{begin}{name}{end}", f"{begin}ns1:{name}{end}")
    return head + opening + rest


def counter(name: str, value: int | str, status: int | str = 1) -> str:
    return (
        f"<ns1:perfmonCollectCounterDataReturn><ns1:Name>{name}</ns1:Name><ns1:Value>{value}</ns1:Value>"
        f"<ns1:CStatus>{status}</ns1:CStatus></ns1:perfmonCollectCounterDataReturn>"
    )


def collected(*counters: str, operation: str = "perfmonCollectCounterData") -> str:
    content = "".join(counters).replace("perfmonCollectCounterData", operation)
    return soap(
        f'<ns1:{operation}Response xmlns:ns1="http://schemas.cisco.com/ast/soap">{content}</ns1:{operation}Response>'
    )


@dataclass
class Answers:
    """A connection that gives one answer after the other: a text with status 200, a fault with 500, or any Answer."""

    answers: t.Sequence[str | Answer]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    where: str = "cucm-pub (https://192.0.2.10:8443)"
    device_time: datetime | None = None

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        assert not changing
        answer = self.answers[len(self.asked)]
        self.asked.append((path, headers["SOAPAction"].strip('"'), body))
        if isinstance(answer, Answer):
            return answer
        return Answer(500 if "Fault>" in answer else 200, answer.encode(), "text/xml")

    @property
    def operations(self) -> list[str]:
        """The operations that were asked for, in order."""
        return [action for _path, action, _body in self.asked]
