# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy a directory of saved answers with names and addresses replaced, and check the copy.

    python3 anonymise.py hamburg hamburg-given [WORD ...]

WORD: further names to replace, such as the company, people and places; a word of four letters or more is replaced within other words too.
The copy is written anew, and only when nothing of what was to be replaced is left in it. Needs nothing but Python 3.9 or later; connects
to nothing and changes nothing in the first directory.

Replaced, each by the same word everywhere: nodes (with and without domain), every other host name with a domain, e-mail addresses,
addresses (IPv4, IPv6), the parts of names of certificates (CN=, O=, OU=, L=, ST=, DC=, ...), names of smart and virtual accounts,
security profiles that do not come with the product, devices of backups, hosts of Expressway-C and directories, serial numbers, and the
WORDs.

Taken out: certificates (PEM), cookies, descriptions, telephone numbers of voice mail pilots, identifiers of the licence, and of a log
everything that is not the output of a command that is read: the banner, the login, and whatever else was typed.

What a node prints stays as long as it was, as far as it can: columns keep their places.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import quote, unquote

# -- commands: from here to the end mark written by tools/offline_requests.py from the collection's own code

COMMANDS = {
    "set cli pagination off",
    "show ctl",
    "show open ports regexp LISTEN",
    "show status",
    "utils ntp status",
    "show cert list own",
    "show cert own tomcat",
    "show cert own tomcat-ECDSA",
    "show tls min-version",
    "show accountlocking",
    "show session maxlimit",
    "utils fips status",
    "utils remote_account status",
    "show version active",
    "utils dbreplication runtimestate",
    "show network cluster",
    "utils service list",
    "show cert own CallManager",
    "show cert own TVS",
    "show cert own CAPF",
    "show cert own ITLRecovery",
    "show myself",
    "utils system upgrade status",
    "utils disaster_recovery history backup",
    "show license all",
}

# -- the end mark
PROMPT = "admin:"
# What a terminal program records of colours, titles and corrected typing.
ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]|[\x07\r]")
TYPED_OVER = re.compile(r"[^\x08]\x08")

PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
HEADERS = re.compile(
    r"(?im)^(?:set-cookie|cookie|authorization|proxy-authorization|www-authenticate):.*\r?\n"
)
FIXED = (
    (re.compile(r"(<description>)[^<]+"), r"\1description"),
    (re.compile(r"(<pilot>)[^<]+"), r"\g<1>5550100"),
    (re.compile(r"\b(SN:|UUID:)[^\s,<]+"), r"\g<1>0"),
    (re.compile(r"(?i)(License MAC\s*: *)\S+"), r"\g<1>000000000000"),
    # Too short to be replaced everywhere.
    (re.compile(r"\b(C|ST|L|O|OU|DC)=[^;,\"\n<+=/]{1,2}(?=[;,\"\n<+/]|$)"), r"\1=ZZ"),
    # Who has an address, and a telephone number.
    (re.compile(r"(?:\"[^\"\n]+\" ?|(?:[A-Z]\w+ )+)(?=<[\w.+-]+@)"), "somebody "),
    (re.compile(r"(?<![\w+])\+\d[\d ()/-]{6,}\d"), "+15550100"),
)
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d|-\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?(?![\w:])")
# Addresses that say nothing of a site, and that a reading goes by (the node's own clock is 127.127.1.x).
OF_NOBODY = re.compile(r"0\.0\.0\.0|127\.0\.0\.1|127\.127\.\d+\.\d+|255\.255\.\d+\.\d+")
# Serial numbers and checksums look like some IPv6 addresses, but are in pairs of digits.
PAIRS = re.compile(r"(?:[0-9A-F]{2}:){2,}[0-9A-F]{2}|\d{1,2}:\d{2}:\d{2}")
SERIALS = re.compile(
    r"(?<![\w:])(?:[0-9A-Fa-f]{2}:){5,}[0-9A-Fa-f]{2}(?![\w:])|(?:[0-9A-Fa-f]{2} ){5,}[0-9A-Fa-f]{2}(?= *\(SHA1 Hash)"
    r"|(?<![\w-])(?:[0-9A-Fa-f]{2}){16,64}(?![\w-])|(?<=\bSEP)[0-9A-Fa-f]{12}(?!\w)"
    r"|(?<=[Ss]erial [Nn]umber: )[0-9A-Fa-f]{8,}|(?<=<serialnumber>)[0-9A-Fa-f]{8,}"
)
PART = re.compile(
    r"\b(CN|C|O|OU|L|ST|S|DC|E|EMAIL|EMAILADDRESS|STREET|POSTALCODE|UID|GIVENNAME|SURNAME)=\"?((?:(?!/[A-Z]+=)[^;,\"\n<+])+)",
    re.IGNORECASE,
)
ACCOUNTS = re.compile(
    r"<(SmartAccount|VirtualAccount|userid|HostNameOrIP|host)>([^<]{2,})</\1>"
    r"|(?m:^ *(Smart Account|Virtual Account|Product Instance Name|account name) *: *(\S.*?) *$)"
    r"|(?m:^login as: (\S+))|(?m:^(\S+)@\S+'s password)"
)
PEERS = re.compile(r"<X509SubjectNameorSubjectAlternateName>([^<]+)<")
BACKUP = re.compile(r"(?m)\.tar +(\S.*?) +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HOST = re.compile(r"(?<![\w.@/-])(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![\w-]|\.\w)")
URL = re.compile(r"\w+://([^/\s:\"<>]+)")
# What is written like a host name: files, the names of programs, and columns of a statement.
NO_HOST = re.compile(
    r"(?i).*\.(?:pem|der|p12|txt|xml|tar|log|gz|zip|cop|sgn|sha512|iso|out|cnf|conf|cfg|html?|py|sh|jar|so|rpm|bin|loads|json|csv|properties|target|service)"
    r"|(?:com|org|java|javax)\..*|(?:.*\.)?(?:cisco\.com|xmlsoap\.org|w3\.org|apache\.org|example|example\.(?:com|net|org))"
)
STATEMENT = re.compile(r"(?is)\bselect\b.*?\bfrom\b[^\n]*")
NAME = re.compile(r"<name>([^<]+)</name>")
NODES_IN, PROFILES_IN = (
    ("nodes.xml", "callmanagers.xml"),
    ("listPhoneSecurityProfile", "phone_profiles", "security_profiles", "sip_trunks"),
)
BUILT_IN = re.compile(r"(?i).*\bstandard\b.*|(?:non )?secure sip .*|universal device template.*")
# Names that every cluster has, and which say nothing of a site.
COMMON = {"EnterpriseWideData", "Cisco", "Cisco Systems", "default", "Default", "admin", "Lab", "Simulated"}
COMMON |= {"NETWORK", "TAPE", "LOCAL", "ITLRECOVERY", "com", "net", "org", "local", "lan", "corp"}
MADE_BY_PRODUCT = re.compile(r"(?i)CAPF-[0-9a-f]{8}|ITLRECOVERY_.*|Cisco (?:Root|Manufacturing) CA.*")
SHORTEST, WITHIN = 3, 4


def texts(directory: Path) -> dict[Path, str]:
    """Return every file below a directory by its path there; a file that is not text ends the program."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise SystemExit(f"{path} is a link or no file. Put the file itself there.")
        if path.is_file():
            try:
                found[path.relative_to(directory)] = path.read_bytes().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise SystemExit(f"{path} is not in UTF-8. Save it as UTF-8.") from None
    return found


def stripped(path: Path, text: str) -> str:
    """Return a file without what nobody needs and a name may be in."""
    text = HEADERS.sub("", PEM.sub("", text))
    for form, to in FIXED:
        text = form.sub(to, text)
    return outputs(text) if path.suffix == ".txt" and PROMPT in text else text


def outputs(log: str) -> str:
    """Return a log with the output of commands that are read alone; a prompt before and behind each."""
    kept: list[str] = []
    reads = False
    for line in log.split("\n"):
        before, prompt, typed = line.partition(PROMPT)
        if prompt:
            command = " ".join(plain(typed).split())
            reads = command in COMMANDS or command.startswith("run sql select ")
            kept.append(f"{before}{prompt}{typed if reads else ''}")
        elif reads:
            kept.append(line)
    return "\n".join(kept) + "\n"


def plain(typed: str) -> str:
    """Return what was typed, without what a terminal records besides."""
    typed = ESCAPES.sub("", typed)
    while TYPED_OVER.search(typed):
        typed = TYPED_OVER.sub("", typed)
    return typed


def names(files: dict[Path, str], words: list[str]) -> dict[str, str]:
    """Return what is replaced by what: longer names first, so that none is replaced by a part of it."""
    everything = "\n".join(files.values())
    nodes = node_names(files)
    domains = {node.partition(".")[2] for node in nodes if "." in node}
    for node in nodes:
        domains |= set(
            re.findall(rf"\b{re.escape(node)}\.((?:[a-z0-9-]+\.)+[a-z]{{2,}})\b", everything, re.IGNORECASE)
        )
    short = {node.partition(".")[0] for node in nodes}
    kinds = {
        "domain": domains,
        "node": short,
        "user": set(EMAIL.findall(everything)),
        "host": hosts(everything, short, domains),
        "profile": profiles(files),
        "name": said(everything, short) | set(words),
    }
    replaced: dict[str, str] = {}
    for kind, found in kinds.items():
        for number, name in enumerate(sorted(found), 1):
            to = {"domain": f"{kind}{number}.example", "host": f"{kind}{number}.example"}.get(
                kind, f"{kind}{number}"
            )
            replaced.setdefault(name, f"{to}@mail.example" if kind == "user" else to)
    own = {*words, *short, *domains}
    kept = {
        name: to
        for name, to in replaced.items()
        if name in own or (len(name) >= SHORTEST and name not in COMMON)
    }
    return dict(sorted(kept.items(), key=lambda item: -len(item[0])))


def node_names(files: dict[Path, str]) -> set[str]:
    """Return the names of nodes that are not addresses."""
    found = {unquote(path.parts[1]) for path in files if path.parts[0] == "nodes" and len(path.parts) > 2}
    for path, text in files.items():
        if path.name in NODES_IN:
            found |= {re.sub(r"^CM_", "", name) for name in NAME.findall(text)}
    return {name for name in found - COMMON if not is_address(name)}


def hosts(text: str, nodes: set[str], domains: set[str]) -> set[str]:
    """Return the names of other hosts: those with a domain, and those in URLs."""
    told = STATEMENT.sub("", text)
    found = set(HOST.findall(told)) | set(URL.findall(told))
    known, own = {name.lower() for name in domains}, {name.lower() for name in nodes}
    return {
        name
        for name in found
        if not (NO_HOST.fullmatch(name) or is_address(name) or name.lower() in known | own)
        and not (name.lower().partition(".")[0] in own and name.lower().partition(".")[2] in known)
    }


def profiles(files: dict[Path, str]) -> set[str]:
    """Return the names of security profiles that do not come with the product."""
    return {
        name
        for path, text in files.items()
        if path.name.startswith(PROFILES_IN)
        for name in NAME.findall(text)
        if not BUILT_IN.fullmatch(name)
    }


def said(text: str, nodes: set[str]) -> set[str]:
    """Return the names of accounts, of devices, and in names of certificates, without those that have a node's in them."""
    found = {group for each in ACCOUNTS.findall(text) for group in (each[1], *each[3:]) if group}
    found |= {value for _part, value in PART.findall(text) if not MADE_BY_PRODUCT.fullmatch(value.strip())}
    found |= set(BACKUP.findall(text))
    found |= {name for names_of_peer in PEERS.findall(text) for name in names_of_peer.split(",")}
    return {
        name.strip()
        for name in found
        if not is_address(name.strip()) and not any(node.lower() in name.lower() for node in nodes)
    }


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Replaced:
    """Gives each address one of those kept for documentation (RFC 5737, RFC 3849), and each serial number another of its length."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self._key = secrets.token_bytes(16)

    def v4(self, found: re.Match[str]) -> str:
        if OF_NOBODY.fullmatch(found[0]):
            return found[0]
        number = len(self.given)
        return self.given.setdefault(found[0], f"192.0.{2 + number // 250}.{1 + number % 250}")

    def v6(self, found: re.Match[str]) -> str:
        if PAIRS.fullmatch(found[0]) or found[0] in ("::", "::1") or not is_address(found[0]):
            return found[0]
        return self.given.setdefault(found[0], f"2001:db8::{len(self.given) + 1:x}")

    def serial(self, found: re.Match[str]) -> str:
        """Return other digits, the same for the same number however it is written, so that numbers can still be compared."""
        digits = re.sub(r"[^0-9A-Fa-f]", "", found[0]).upper()
        made = ""
        while len(made) < len(digits):
            made += (
                hmac.new(self._key, f"{digits.lstrip('0')} {len(made)}".encode(), hashlib.sha256)
                .hexdigest()
                .upper()
            )
        left = iter(made)
        return "".join(next(left) if re.match(r"[0-9A-Fa-f]", each) else each for each in found[0])


def fitted(name: str, to: str, behind: str) -> str:
    """Return the replacement with as many blanks behind it as keep a column in its place."""
    if behind.startswith("  ") and len(to) < len(name):
        return to + " " * (len(name) - len(to))
    return to


def pattern(name: str, words: list[str]) -> str:
    """Return the pattern of a name: a word of the operator within others too, else a whole word."""
    if name in words and len(name) >= WITHIN:
        return re.escape(name)
    return rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"


def replace(text: str, replaced: dict[str, str], other: Replaced, words: list[str]) -> str:
    text = SERIALS.sub(other.serial, text)
    for name, to in replaced.items():
        form = re.compile(rf"{pattern(name, words)}(?=([ ]*))", re.IGNORECASE)
        text = form.sub(lambda found, to=to: fitted(found[0], to, found[1]), text)
    return IPV6.sub(other.v6, IPV4.sub(other.v4, text))


def left(files: dict[Path, str], replaced: dict[str, str], other: Replaced, words: list[str]) -> list[str]:
    """Return what is left of what was to be replaced."""
    gone = [*replaced, *other.given]
    return [
        f"{path}: {name}"
        for path, text in files.items()
        for name in gone
        if re.search(pattern(name, words), f"{path}\n{text}", re.IGNORECASE)
        and name not in other.given.values()
    ] + [f"{path}: a certificate or key" for path, text in files.items() if "-----BEGIN" in text]


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[0].startswith("-"):
        sys.stderr.write(__doc__ or "")
        return 2
    source, target, words = Path(arguments[0]), Path(arguments[1]), arguments[2:]
    if not source.is_dir() or target.exists():
        sys.stderr.write(f"{source} must be a directory, and {target} must not be there yet.\n")
        return 2
    files = {path: stripped(path, text) for path, text in texts(source).items()}
    replaced, other = names(files, words), Replaced()
    made = {}
    for path, text in files.items():
        parts = [quote(replace(unquote(part), replaced, other, words), safe="") for part in path.parts]
        made[Path(*parts)] = replace(text, replaced, other, words)
    wrong = left(made, replaced, other, words)
    if wrong or len(made) != len(files):
        sys.stderr.write("Nothing was written. Left in the copy:\n" + "\n".join(wrong) + "\n")
        return 1
    for path, text in made.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8"))
    sys.stdout.write(
        f"{len(made)} files in {target}; {len(replaced)} names and {len(other.given)} addresses were replaced.\n"
        "Read the copy before you give it: names that nobody listed are still in it.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
