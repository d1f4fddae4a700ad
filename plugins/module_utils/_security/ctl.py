# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CTL file as C(show ctl) prints it. PRIVATE to the collection.

Pure. Layout and wording: cli-facts 2.2 (h).
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from .._base.device_time import DeviceTime
from .._base.device_time import parse as parse_time
from .._base.errors import ProtocolError
from .._facts import model
from .._facts.model import Facts
from .._facts.records import CtlFile as CtlFacts
from .._printed.unreadable import unreadable
from .._x509.own_certificates import plain_serial
from .words import MIXED, NON_SECURE

# The known last lines of a complete show ctl.
END = re.compile(r"The CTL file was verified successfully\.|Error parsing the CTL File\.?|.*[Vv]erif.*fail.*")

_SIGNER_TOKEN = "System Administrator Security Token"
_CALL_CONTROL = "CCM+TFTP"
_CAPF = "CAPF"
_MAY_WRAP = frozenset(
    {"SIGNERNAME", "CANAME", "SUBJECTNAME", "ISSUERNAME", "SERIALNUMBER", "DNSNAME", "FUNCTION"}
)
# What of a record says what the file is for.
_OF_A_RECORD: tuple[t.Literal["name", "function", "serial"], ...] = ("name", "function", "serial")
_FUNCTIONS = (_SIGNER_TOKEN, _CALL_CONTROL, _CAPF)
_SERIAL = re.compile(r"[0-9A-Fa-f:]+")
_NO_VALUE = re.compile(r"\s*(?:This etoken |BYTEPOS\b|-{3}|The CTL )")
# The product's default name for a multi-server certificate: the host name with this suffix.
_OF_MANY_SERVERS = re.compile(r"\s*cn\s*=\s*[^;,.]+-ms(?=[.;,]|\s*$)", re.IGNORECASE)


@dataclass(frozen=True)
class CtlRecord:
    """One record: its name (DNSNAME), its role (FUNCTION), and whether it has a certificate; C(subject) is that certificate's."""

    name: str
    function: str
    serial: str
    has_certificate: bool
    signed_the_file: bool
    subject: str = ""


@dataclass(frozen=True)
class CtlFile:
    """A node's CTL file.

    Attributes:
        present: Whether the node has one.
        verified: Whether the node verified its signature.
        length: Bytes.
        md5, sha1: Checksums as printed, lower case.
        modified_at: The node's local time of the last modification; None if not printed.
        modified_zone: The zone of that time in the node's spelling; empty if not printed.
        signer: Subject of the signer's certificate.
        signer_serial: Its serial number.
        records: In file order.
    """

    present: bool
    verified: bool = False
    length: int = 0
    md5: str = ""
    sha1: str = ""
    modified_at: datetime | None = None
    signer: str = ""
    signer_serial: str = ""
    records: tuple[CtlRecord, ...] = ()
    modified_zone: str = ""

    @property
    def modified(self) -> DeviceTime | None:
        """When the file was last modified; None if not printed."""
        return DeviceTime(self.modified_at, self.modified_zone) if self.modified_at else None

    @property
    def implied_mode(self) -> str | None:
        """The mode this file belongs to, or None if it belongs to neither.

        Going back to non-secure leaves a file whose call-control records are stripped of their certificates
        (cli-facts 2.2 h), so neither the file's existence nor its verification means mixed mode.
        """
        if not self.present:
            return NON_SECURE
        if not self.verified:
            return None
        servers = self.call_control
        if servers and all(record.has_certificate for record in servers):
            return MIXED
        return NON_SECURE if not any(record.has_certificate for record in servers) else None

    @property
    def call_control(self) -> list[CtlRecord]:
        """The call-control records."""
        return [record for record in self.records if record.function == _CALL_CONTROL]

    @property
    def servers(self) -> set[str]:
        """The names of the nodes with a call-control record."""
        return {record.name for record in self.call_control}

    @property
    def call_control_serials(self) -> set[str]:
        """The serial numbers of the certificates in call-control records, to be compared; none when the file prints none."""
        numbers = {plain_serial(record.serial) for record in self.call_control if record.has_certificate}
        return numbers - {""}

    @property
    def of_many_servers(self) -> list[CtlRecord]:
        """The call-control records whose certificate name marks it as a multi-server certificate."""
        return [record for record in self.call_control if _OF_MANY_SERVERS.match(record.subject)]

    @property
    def capf_serials(self) -> set[str]:
        """The serial numbers of the certificates in CAPF records, to be compared; none when the file prints none."""
        found = [record for record in self.records if record.function == _CAPF and record.has_certificate]
        return {plain_serial(record.serial) for record in found} - {""}

    @property
    def has_capf(self) -> bool:
        """Whether the file has a CAPF record."""
        return any(record.function == _CAPF for record in self.records)

    def as_facts(self) -> CtlFacts:
        """Return JSON-like facts."""
        return t.cast(
            CtlFacts,
            {
                **asdict(self),
                "modified_at": self.modified_at.isoformat() if self.modified_at else None,
                "records": [asdict(record) for record in self.records],
                "implied_mode": self.implied_mode,
            },
        )


def from_facts(facts: t.Mapping[str, t.Any]) -> CtlFile:
    """Return the file that C(as_facts) described; what a later release of the collection added is left out."""
    known = {key: value for key, value in facts.items() if key in _FILE}
    try:
        known["records"] = tuple(CtlRecord(**record) for record in facts["records"])
    except TypeError:
        known["records"] = tuple(
            CtlRecord(**{key: record[key] for key in _RECORD & record.keys()}) for record in facts["records"]
        )
    known["modified_at"] = datetime.fromisoformat(facts["modified_at"]) if facts["modified_at"] else None
    return CtlFile(**known)


_FILE = frozenset(each.name for each in fields(CtlFile))
_RECORD = frozenset(each.name for each in fields(CtlRecord))


def parse(output: str) -> CtlFile:
    """Read the output of C(show ctl).

    Raises:
        ProtocolError: The output is neither a file nor the known message that there is none.
    """
    lines = [line.strip() for line in output.splitlines()]
    length = re.search(r"Length of CTL file:\s*(\d+)", output)
    if length is None or (int(length[1]) == 0 and "CTL File not found" not in output):
        raise ProtocolError(
            "show ctl printed neither a CTL file nor the message that there is none.",
            code="unreadable_output",
            details={"output": output[-2000:]},
        )
    if int(length[1]) == 0:
        return CtlFile(present=False)
    blocks = re.split(r"(?m)^\s*CTL Record #:\s*\d+\s*$", output)
    header = _fields(blocks[0])
    told = re.search(r"The CTL File was last modified on (.+)", output)
    modified = parse_time(told[1]) if told else None
    return CtlFile(
        present=True,
        verified="The CTL file was verified successfully." in lines,
        length=int(length[1]),
        md5=_checksum(output, "MD5"),
        sha1=_checksum(output, "SHA1"),
        modified_at=modified.local if modified else None,
        modified_zone=modified.zone if modified else "",
        signer=header.get("SIGNERNAME", ""),
        signer_serial=_serial(header, output),
        records=tuple(_record(block) for block in blocks[1:]),
    )


def _checksum(output: str, kind: str) -> str:
    found = re.search(rf"\b([0-9a-fA-F]+)\({kind}\)", output)
    return found[1].lower() if found else ""


def _fields(block: str) -> dict[str, str]:
    """Return tag to value from the rows C(BYTEPOS TAG LENGTH VALUE); on a narrow terminal a value may continue on the next line."""
    fields: dict[str, str] = {}
    latest, room = "", 0
    for line in block.splitlines():
        row = re.fullmatch(r"\s*\d+\s+([A-Z]+)(?:\s+(\d+))?(?:\s+(\S.*?))?\s*", line)
        if row:
            latest, room = "" if row[1] in fields else row[1], int(row[2] or 0)
            fields.setdefault(row[1], row[3] or "")
        elif latest in _MAY_WRAP and fields[latest] and _goes_on(latest, fields[latest], line.strip(), room):
            fields[latest] += line.strip()
        else:
            latest = ""
    return fields


def _goes_on(tag: str, value: str, line: str, room: int) -> bool:
    """Return whether a line can be the rest of a value: its C(room) is the LENGTH that was printed with it, 0 for none.

    A message to all terminals can stand between any two lines, and does not belong to the value.
    """
    if not line or _NO_VALUE.match(line):
        return False
    if tag == "SERIALNUMBER":
        return _SERIAL.fullmatch(value + line) is not None
    if tag == "FUNCTION":
        return any("".join(each.split()).startswith("".join((value + line).split())) for each in _FUNCTIONS)
    return not room or len(value) + len(line) <= room


def _serial(fields: t.Mapping[str, str], output: str) -> str:
    """Return the serial number of a block, empty without one. Raises ProtocolError if the text there is anything else."""
    found = fields.get("SERIALNUMBER", "")
    if found and not _SERIAL.fullmatch(found):
        raise unreadable("show ctl", output, f"SERIALNUMBER {found}")
    return found


def _record(block: str) -> CtlRecord:
    fields = _fields(block)
    function = fields.get("FUNCTION", "")
    if "".join(function.split()) == "".join(_SIGNER_TOKEN.split()):
        # Broken at a blank.
        function = _SIGNER_TOKEN
    return CtlRecord(
        name=fields.get("DNSNAME", ""),
        function=function,
        serial=_serial(fields, block),
        has_certificate="CERTIFICATE" in fields,
        signed_the_file=function == _SIGNER_TOKEN and "This etoken was used to sign the CTL file." in block,
        subject=fields.get("SUBJECTNAME", ""),
    )


def contents(facts: Facts) -> dict[str, str]:
    """Return a digest of what the CTL file of every node has, where it was read.

    It has no date: each update dates and signs it anew, so two controllers would take turns for ever.
    """
    return {node: _digest(file) for node, file in (model.value(facts, model.CTL_FILES) or {}).items()}


def _digest(file: CtlFacts) -> str:
    found = sorted([each[key] for key in _OF_A_RECORD] for each in file["records"])
    told = [file["present"], file["verified"], file["signer_serial"], found]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def changed(facts: Facts, files: t.Mapping[str, str]) -> bool:
    """Return whether a CTL file that was read has other contents than in C(files), which is as C(contents) returns it."""
    now = contents(facts)
    return any(node in now and now[node] != digest for node, digest in files.items())
