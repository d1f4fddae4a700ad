# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of RisPort70, PerfMon, ``show risdb`` and TFTP by HTTP."""

from __future__ import annotations

from .model import Text, invented, known

_FRAMEWORK = "the beginning is that of the web service framework's own message"

SERVICEABILITY: dict[str, Text] = {
    "serviceability.unexpected": invented("Unexpected subelement {name}", _FRAMEWORK),
    "serviceability.no_number": invented('For input string: "{value}"', "the words of Java's own error"),
    # RisPort70
    "ris.rate": known(
        "phone-facts 1.3, wire-facts 5",
        "AxisFault: Exceeded allowed rate for Reatime information. "
        "Current allowed rate for realtime information is {limit} requests per minute.",
    ),
    # PerfMon
    "perfmon.rate": known(
        "phone-facts 0, row 5",
        "Exceeded allowed rate for Perfmon information. "
        "Current allowed rate for perfmon information is {limit} requests per minute.",
    ),
    "perfmon.no_host": invented("There is no host {host} in the cluster."),
    "perfmon.no_answer": invented("The host {host} does not respond."),
    "perfmon.no_object": invented("The object {name} is not available on {host}."),
    "perfmon.no_counter": invented("The counter {name} is not available."),
    "perfmon.no_session": invented("The session handle {handle} is not valid."),
    "perfmon.description": invented(
        "The value of the counter {counter} of the object {name}.", "no description is on record"
    ),
    # show risdb query phone
    "risdb.head": invented(
        "----------- Phone Information -----------\n"
        "#TotalPhones, #TotalRegistered, #RegisteredSCCP, #RegisteredSIP, #UnRegistered, #Rejected, #PartRegistered, "
        "StateID, #ExpUnreg\n"
        "{total}, {registered}, {sccp}, {sip}, {unregistered}, {rejected}, {partly}, {state}, 0\n\n\n"
        "DeviceName, Descr, Ipaddr, Ipv6addr, Ipv4Attr, Ipv6Attr, MACaddr, RegStatus, PhoneProtocol, DeviceModel, "
        "HTTPDSupported, #regAttempts, prodId, username, seq#, RegStatusChg TimeStamp, IpAddrType, LoadId, ActiveLoadId, "
        "InactiveLoadId, ReqLoadId, DnldServer, DnldStatus, DnldFailReason, LastActTimeStamp, Perfmon Object\n",
        "parsers of public scripts ([C] phone-facts 12, row 18) show the first line, that the sixth names the columns, and the names of "
        "DeviceName, Descr, Ipaddr, RegStatus, RegStatusChg TimeStamp and LastActTimeStamp; the rest is not on record",
    ),
    "risdb.tail": invented(
        "\nTotal count {total}\n----------------------------------------\n\n\n",
        "the blank line and the words are in parsers of public scripts, the form of the number is not",
    ),
    "risdb.not_running": invented("The RIS database does not answer.\n"),
    # TFTP by HTTP
    "tftp.no_file": invented("File Not Found: {name}"),
}
