# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show ctl`` and ``show itl``: trust lists as the device dumps them, from the bytes of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cucm_lab.platform_cli.context import Context
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.ctl_file import CtlFile, Element, Record
    from cucm_lab.texts import Texts

_AS_TEXT = ("SIGNERNAME", "CANAME", "DNSNAME", "SUBJECTNAME", "ISSUERNAME", "FILENAME")
_AS_NUMBER = ("SIGNERID", "SIGNATUREINFO", "SIGNATUREALGOINFO", "RECORDLENGTH")
_BYTES_PER_LINE = 16
SECURITY_TOKEN = "System Administrator Security Token"


def device_date(moment: datetime) -> str:
    """A date as the device writes it: ``Fri Mar 06 19:45:13 CET 2015`` ([V] TN118893)."""
    return moment.strftime("%a %b %d %H:%M:%S %Z %Y")


def _line(element: Element, texts: Texts, value: str | None = None) -> str:
    return texts.say(
        "trust_list.element",
        tag=element.tag,
        name=element.name,
        tab="\t" if len(element.name) >= 8 else "\t\t",
        length=len(element.value),
        value=f"\t{value}" if value else "",
    )


def _header_value(element: Element) -> str | None:
    if element.name in _AS_TEXT:
        return element.text
    if element.name in _AS_NUMBER:
        return str(element.number)
    if element.name == "SERIALNUMBER":
        return element.value.hex(":").upper()
    return None


def _hex_dump(value: bytes) -> Iterator[str]:
    for start in range(0, len(value), _BYTES_PER_LINE):
        yield "\t" + "  ".join(f"{byte:02x}" for byte in value[start : start + _BYTES_PER_LINE]) + "\n"


def _header(elements: tuple[Element, ...], texts: Texts) -> Iterator[str]:
    yield texts["trust_list.columns"]
    for element in elements:
        if element.name in ("VERSION", "HEADERLENGTH"):
            continue
        yield _line(element, texts, _header_value(element))
        if element.name == "SIGNATURE":
            yield from _hex_dump(element.value)


def _record(number: int, record: Record, list_name: str, signed: bool, texts: Texts) -> Iterator[str]:
    yield texts.say("trust_list.record", list=list_name, number=number)
    yield texts["trust_list.columns"]
    for element in record.elements:
        value = _header_value(element)
        if element.name == "FUNCTION":
            value = record.function
        elif element.name == "CERTIFICATE":
            digest = hashlib.sha1(element.value).digest().hex(" ").upper()
            value = texts.say("trust_list.certificate", sha1=digest)
        yield _line(element, texts, value)
    if record.function == SECURITY_TOKEN:
        key = "trust_list.signer" if signed else "trust_list.not_signer"
        yield texts.say(key, list=list_name)


def render(file: CtlFile, list_name: str, modified: str, texts: Texts) -> Iterator[str]:
    """The dump of a trust list, piece by piece. ``modified`` is the node's local time of its last change."""
    yield texts.say("trust_list.checksum", list=list_name, md5=file.md5, sha1=file.sha1)
    yield texts.say("trust_list.length", list=list_name, length=file.length)
    yield texts.say("trust_list.modified", list=list_name, date=modified)
    if file.parse_error:
        yield texts.say("trust_list.damaged", list=list_name)
        return
    yield texts.say("trust_list.parse", list=list_name)
    yield texts.say("trust_list.version", version=file.version, length=file.header_length)
    yield from _header(file.header, texts)
    for number, record in enumerate(file.records, start=1):
        yield from _record(number, record, list_name, file.is_signer(record), texts)
    yield "\n"
    verdict = "trust_list.verified" if file.verified else "trust_list.not_verified"
    yield texts.say(verdict, list=list_name)


async def _show_ctl(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    file = context.node.ctl_file
    if file is None:
        await context.say("trust_list.length", list="CTL", length=0)
        await context.say("trust_list.none")
        return
    modified = device_date(context.node.local_time(file.modified_at))
    for piece in render(file, "CTL", modified, context.texts):
        await context.out(piece)


async def _show_itl(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    file = context.cluster.build_itl(context.node)
    modified = device_date(context.node.local_time(file.modified_at))
    for piece in render(file, "ITL", modified, context.texts):
        await context.out(piece)


COMMANDS = [
    Command(("show", "ctl"), 0, _show_ctl),
    Command(("show", "itl"), 0, _show_itl),
]
