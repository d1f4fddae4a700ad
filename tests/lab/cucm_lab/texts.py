# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sentence the platform CLI says, with where it comes from.

A text is *known* when a public source shows it on a real system and *invented* when none does; tests of a
client must not harden on an invented one. Every text can be replaced per cluster (``set`` of the control
API), because real releases differ and public transcripts are few.

Source keys are those of the project's collected device facts: ``TN118893``, ``TN118892``, ``CTL125``,
``CLI15``, ``CVP``, ``UNICON`` ...
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Provenance = Literal["known", "invented"]


@dataclass(frozen=True)
class Text:
    """One sentence or block: a ``str.format`` template, and where it comes from."""

    template: str
    provenance: Provenance
    source: str


def _known(source: str, template: str) -> Text:
    return Text(template, "known", source)


def _invented(template: str, why: str = "no public transcript") -> Text:
    return Text(template, "invented", why)


_TFTP_CALLMANAGER = (
    "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster "
    "that run these services"
)
_PHONES_CTIMANAGER = (
    "You must reset all phones to ensure they received the updated CTL file. \n"
    "You must restart Cisco CTIManager services on all the nodes in the cluster "
    "that have the service activated."
)
_CALLMANAGER_CTIMANAGER = (
    "You must restart Cisco CallManager and Cisco CTIManager services on all the nodes in the cluster that "
    "have these services activated."
)

TEXTS: dict[str, Text] = {
    # Session
    "session.starting": _known("COPINST, UNICON", "Command Line Interface is starting up, please wait ...\n"),
    "session.welcome": _known("UNICON", "\n   Welcome to the Platform Command Line Interface\n"),
    "session.hardware": _known(
        "UNICON, TN217581",
        "\nVMware Installation:\n\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz\n"
        "\tDisk 1: 146GB, Partitions aligned\n\t8192 Mbytes RAM\n\n",
    ),
    "session.banner": _invented("", "customised login banners exist; empty unless an administrator sets one"),
    "session.dns_warning": _known("TN217581", "        WARNING: DNS unreachable\n"),
    "session.prompt": _known("UNICON, CTMCP", "admin:"),
    "session.limit": _invented("Too many logins for '{account}'.\n"),
    "session.idle": _invented("\nThe session was idle for too long and is closed.\n"),
    "session.goodbye": _invented(""),
    "session.interrupted": _known("CLI15", "Control-C pressed\n"),
    "login.password": _known("CLI15", "Password: "),
    "login.expired": _known("vos_mon.sh", "(current) UNIX password: "),
    "login.new_password": _invented("New password: "),
    "login.retype_password": _invented("Retype new password: "),
    "login.expired_notice": _invented("You are required to change your password immediately"),
    # Errors every command shares
    "error.unknown": _known("practitioner parser", "No valid command entered\n"),
    "error.incomplete": _known("CLI15", "Incomplete command entered\n"),
    "error.failed": _known("CLI15, FIPS15", "Executed command unsuccessfully\n"),
    "error.argument": _invented("Invalid parameter: {argument}\n"),
    "error.internal": _invented("The command could not be executed: {reason}\n"),
    "help.syntax": _known("CLI15", "Syntax:\n"),
    "help.line": _invented("  {syntax}\n"),
    # Pagers
    "pager.output": _known(
        "UNICON", "\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\x1b[K"
    ),
    "pager.wipe": _known("UNICON", "\r\x1b[K"),
    "file.delete.question": _known(
        "TN118892",
        'Delete the File {name}?\nEnter "y" followed by return to continue: ',
    ),
    "file.delete.done": _known("TN118892", "files: found = {found}, deleted = {deleted}\n"),
    "pagination.show": _known("CLI15", "Automatic Pagination : {state}.\n"),
    "pagination.set_off": _known("CER 12.5 CLI guide", "Automatic pagination is turned off\n"),
    "pagination.set_on": _invented("Automatic pagination is turned on\n"),
    # utils ctl: questions
    "ctl.mixed.question.will_set": _known(
        "CVP, TN118892",
        "This operation will set the cluster to Mixed mode.{clause} Do you want to continue? (y/n):",
    ),
    "ctl.mixed.question.sets": _known(
        "TN118893", "This operation sets the cluster to Mixed mode.{clause} Do you want to continue? (y/n):"
    ),
    "ctl.mixed.clause.auto_registration": _known(
        "CVP", "  Auto-registration is enabled on at least one CM node."
    ),
    "ctl.non_secure.question.will_set": _known(
        "TN118892",
        "This operation will set the cluster to non secure mode. Do you want to continue? (y/n):",
    ),
    "ctl.non_secure.question.sets": _invented(
        "This operation sets the cluster to non secure mode. Do you want to continue? (y/n):",
        "the 'sets' wording is known for mixed mode only",
    ),
    "ctl.update.question.will_set": _known(
        "TN118893, one copy", "This operation will update the CTLFile. Do you want to continue? (y/n):"
    ),
    "ctl.update.question.sets": _known(
        "TN118893", "This operation updates the CTLFile. Do you want to continue? (y/n):"
    ),
    # utils ctl: what follows the answer
    "ctl.mixed.progress": _known("TN118893, CVP", "Moving Cluster to Mixed Mode\n"),
    "ctl.mixed.done": _known("TN118893, CVP", "Cluster set to Mixed Mode\n"),
    "ctl.non_secure.progress": _known("TN118892", "Moving Cluster to Non Secure Mode\n"),
    "ctl.non_secure.done": _known("TN118892", "Cluster set to Non Secure Mode\n"),
    "ctl.update.progress": _known("TN118893", "Updating CTL file\n"),
    "ctl.update.done": _known("TN118893", "CTL file Updated\n"),
    "ctl.trailer.tftp_callmanager": _known("TN118893, TN118892", _TFTP_CALLMANAGER + "\n"),
    "ctl.trailer.phones_ctimanager": _known("CVP", _PHONES_CTIMANAGER + "\n"),
    "ctl.trailer.callmanager_ctimanager": _invented(
        _CALLMANAGER_CTIMANAGER + "\n", "LAB14 tells its content, not its words"
    ),
    "ctl.declined": _invented("The operation was cancelled, nothing was changed.\n"),
    "ctl.answer_unknown": _invented("Please answer y or n:"),
    "ctl.subscriber": _invented("This command can only be executed on the publisher node.\n"),
    "ctl.unrestricted": _invented("This command is not available on an export unrestricted system.\n"),
    "ctl.export_refused": _known(
        "CTL125",
        "Command cannot be executed because the Unified Communications Manager cluster is not registered "
        "to a Smart/Virtual Account with Allow export-controlled functionality. Please ensure Product Token "
        "received from the Smart/Virtual Account has Allow export-controlled functionality checked when "
        "registering the UCM Cluster .\n",
    ),
    "ctl.encryption_licence_refused": _invented(
        "Command cannot be executed because the license manager has not granted an Encryption License.\n",
        "11.5: [P] TN118893 tells that the licence is needed from 11.5(1)SU3 on, not what is printed without it",
    ),
    "ctl.failed": _invented("The operation failed: {reason}\n"),
    # show ctl, show itl
    "trust_list.checksum": _known(
        "TN118893", "The checksum value of the {list} file:\n{md5}(MD5)\n{sha1}(SHA1)\n\n"
    ),
    "trust_list.length": _known("TN118893", "Length of {list} file: {length}\n"),
    "trust_list.modified": _known("TN118893", "The {list} File was last modified on {date}\n\n"),
    "trust_list.parse": _known("TN118893", "\tParse {list} File\n\t----------------\n\n"),
    "trust_list.none": _known(
        "TN118893",
        "CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. "
        "to generate the CTL file.\n"
        "Error parsing the CTL File.\n",
    ),
    "trust_list.signer": _known("TN118893", "This etoken was used to sign the {list} file.\n"),
    "trust_list.not_signer": _known("TN118893", "This etoken was not used to sign the {list} file.\n"),
    "trust_list.damaged": _invented("Error parsing the {list} File.\n", "known for a missing file only"),
    "trust_list.verified": _known("TN118893", "The {list} file was verified successfully.\n"),
    "trust_list.not_verified": _invented("Verification of the {list} file failed.\n"),
    # Services
    "service.requesting": _known("VVB ops guide", "Requesting service status, please wait...\n"),
    "service.manager_running": _known("VVB ops guide", "Service Manager is running\n"),
    "service.getting_list": _known("VVB ops guide", "Getting list of all services\n"),
    "service.return_code": _known("VVB ops guide", ">> Return code = {code}\n"),
    "service.platform_line": _known("VVB ops guide", "{service} [{status}]{reason}\n"),
    "service.line": _known("VVB ops guide, TN118744", "{service}[{status}]{reason}\n"),
    "service.primary_node": _known("VVB ops guide", "Primary Node ={value}\n"),
    "service.not_activated": _known("VVB ops guide", "  Service Not Activated"),
    "service.commanded_out": _known("VVB ops guide", "  Commanded Out of Service"),
    "service.not_running": _known("VVB ops guide", "  Component is not running"),
    "service.restart_notice": _known(
        "CCX and Finesse captures",
        " Don't press Ctrl-c while the service is getting RESTARTED.If Service has not Restarted Properly, "
        "execute the same Command Again\n",
    ),
    "service.state": _known("CCX and Finesse captures", "{service}[{status}]  \n"),
    "service.stopped_by_command": _known("TN221069", "Commanded Out of Service\n"),
    "service.unknown": _invented("Service {service} is not a valid service name\n"),
    "service.refused": _invented("Service {service}: {reason}\n"),
    "service.activated": _invented("{service} is activated\n"),
    "service.deactivated": _invented("{service} is deactivated\n"),
    # run sql
    "sql.no_rows": _invented("No records found\n", "empty results are not captured publicly"),
    "sql.error": _invented("{message}\n", "SQL errors on the CLI are not captured publicly"),
    "sql.read_only": _invented(
        "This command is for read only. Only a select statement is allowed.\n",
        "run sql is read only for ordinary accounts; its words are not public",
    ),
    # Versions, node, licence and the rest
    "version.active": _known(
        "PCCE 15 guide, CTMCP",
        "Active Master Version: {version}\nActive Version Installed Software Options:\n"
        "No Installed Software Options Found.\n",
    ),
    "myself": _invented(
        "Machine Name    : {node}\naccount name    : {account}\nprivilege level : {privilege}\n"
        "command count   : {commands}\n",
        "the body of show myself is not public",
    ),
    "ntp.synchronised": _invented(
        "ntpd (pid {pid}) is running...\n\n"
        "     remote           refid      st t when poll reach   delay   offset  jitter\n"
        "==============================================================================\n"
        "*{server:<15} {refid:<15} 2 u  {when:>3} 1024  377    0.512    0.031   0.012\n\n\n"
        "synchronised to NTP server ({server}) at stratum {stratum}\n"
        "   time correct to within 23 ms\n   polling server every 1024 s\n",
        "health-check scripts prove the line about the server only",
    ),
    "ntp.unsynchronised": _invented(
        "ntpd (pid {pid}) is running...\n\n"
        "     remote           refid      st t when poll reach   delay   offset  jitter\n"
        "==============================================================================\n"
        " {server:<15} .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n\n\n"
        "unsynchronised\n   polling server every 64 s\n",
        "health-check scripts prove the line about the server only",
    ),
    "upgrade.none": _invented("No upgrade is in progress.\n"),
    "upgrade.running": _invented("Upgrade is in progress.\n"),
    "backup.none": _known("CLI15", "drfCliMsg:  No history data is available\n"),
    "backup.master_unreachable": _known(
        "CLI15",
        "Unable to connect to Master Agent host: {host}, Port: 4040. "
        "This may be due to Master or Local Agent being down.\n",
    ),
    "backup.row": _known("CLI15", "{stamp}.tar NETWORK {completed} {status} {kind} {features}\n"),
    "fips.disabled": _invented("FIPS mode is disabled.\n"),
    "fips.enabled": _invented("FIPS mode is enabled.\n"),
    "account_locking": _known(
        "CLI15",
        "Account Lockout is enabled\nUnlock Time : {unlock} seconds\nRetry Count : {retries} attempts\n",
    ),
    "session_maxlimit": _invented("Current session limit: {limit}\n", "the reply's words are not public"),
    "tls.min_version": _known("CIPH15", "Configured TLS minimum version: {version}\n"),
    "replication.single": _known(
        "ponchotitlan/ansible_cucm_ssh_module",
        "Runtime state cannot be performed on a cluster with a single active node; aborting operation\n",
    ),
    "replication.no_database": _known("ponchotitlan/ansible_cucm_ssh_module", "Cisco DB is not running\n"),
    "license.publisher_only": _invented("This command can only be executed on the publisher node.\n"),
    "certificate.own": _known("CTMCP", "{unit}/{unit}.pem: {description}\n"),
    "certificate.block": _invented(
        "Unit: {unit}\nType: {type}\nName: {name}\nIssuer: {issuer}\nExpires: {expires}\n\n",
        "CTMCP names the fields of older releases; their layout and order are not public",
    ),
    "certificate.self_signed": _known("CTMCP", "Self-signed certificate generated by system"),
    "certificate.signed": _known("CTMCP", "Certificate Signed by {issuer}"),
    "certificate.none": _invented("Certificate {name} not found\n"),
    "open_ports.executing": _known("public capture of 10.5", "Executing.. please wait.\n"),
    "open_ports.line": _invented(
        "{process:<9} {pid:<5} {owner:>10} {file:>5}  IPv4 {device:>8}      0t0  {protocol} {node}:{port}{state}\n",
        "the columns are those of a public capture of 10.5 (established connections of dbmon); processes, owners "
        "and numbers of listening ones are not public",
    ),
    "open_ports.none": _invented("No open ports match.\n"),
}


class UnknownText(KeyError):
    """There is no text with this key."""


class BadText(ValueError):
    """A replacement asks for a field that the text is not given."""


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def check(key: str, template: str) -> None:
    """Check that ``template`` may replace the text of ``key``.

    Raises:
        UnknownText: there is no such key.
        BadText: the template is malformed, or uses a field the text is not given.
    """
    if key not in TEXTS:
        raise UnknownText(key)
    try:
        surplus = _fields(template) - _fields(TEXTS[key].template)
    except ValueError as error:
        raise BadText(f"the text {key} is no valid template: {error}") from None
    if surplus:
        raise BadText(f"the text {key} has no field {', '.join(sorted(surplus))}")


class Texts(Mapping[str, str]):
    """The texts of one cluster: the table above under what an administrator replaced.

    Reads like a mapping of key to template; :meth:`say` fills a template in.
    """

    def __init__(self, replaced: Mapping[str, str] | None = None) -> None:
        """Start with some texts replaced (key to template).

        Raises:
            UnknownText, BadText: as :func:`check` does.
        """
        self._replaced: dict[str, str] = {}
        for key, template in (replaced or {}).items():
            self.replace(key, template)

    def __getitem__(self, key: str) -> str:
        if key in self._replaced:
            return self._replaced[key]
        try:
            return TEXTS[key].template
        except KeyError:
            raise UnknownText(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)

    def __len__(self) -> int:
        return len(TEXTS)

    def say(self, key: str, **values: Any) -> str:
        """Return the text of ``key`` with ``values`` filled in (``\\n`` line ends)."""
        return self[key].format(**values)

    def replace(self, key: str, template: str) -> None:
        """Let this cluster say ``template`` instead.

        Raises:
            UnknownText, BadText: as :func:`check` does.
        """
        check(key, template)
        self._replaced[key] = template

    def reset(self) -> None:
        """Forget all replacements."""
        self._replaced.clear()

    def described(self) -> dict[str, dict[str, str]]:
        """All texts with provenance (a replaced text counts as invented) and source."""
        return {
            key: {
                "text": self[key],
                "provenance": "invented" if key in self._replaced else text.provenance,
                "source": "replaced by the administrator" if key in self._replaced else text.source,
            }
            for key, text in TEXTS.items()
        }
