# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy a directory of saved answers with names and addresses replaced, and check the copy.

    python3 anonymise.py hamburg hamburg-given [WORD ...]

WORD: further names to replace, such as the company, people and places. The copy is written anew, and only when nothing of what was to be
replaced is left in it. Needs nothing but Python 3.9 or later; connects to nothing and changes nothing in the first directory.

Replaced, each by the same word everywhere: nodes (with and without domain) and their domains, addresses (IPv4, IPv6), what is behind O=,
OU=, L=, ST= and C= in names of certificates, names of smart and virtual accounts, accounts of logins, and the WORDs. Certificates (PEM) are
taken out. What a node prints stays as long as it was, as far as it can: columns keep their places.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import quote, unquote

PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d|-\d)")
IPV6 = re.compile(
    r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::|[0-9a-fA-F]{1,4})(?![\w:])(?:[0-9a-fA-F:]*[0-9a-fA-F])?"
)
# Serial numbers and checksums look like some IPv6 addresses, but are in pairs of digits.
PAIRS = re.compile(r"(?:[0-9A-F]{2}:){2,}[0-9A-F]{2}|\d{1,2}:\d{2}:\d{2}")
SUBJECT = re.compile(r"\b(?:O|OU|L|ST|C)=\"?([^;,\"\n<+]{2,})")
ACCOUNTS = re.compile(
    r"<(SmartAccount|VirtualAccount|userid)>([^<]{2,})</\1>|(?m:^ *(Smart Account|Virtual Account|account name) *: *(\S.*?) *$)"
    r"|(?m:^login as: (\S+))|(?m:^(\S+)@\S+'s password)"
)
NODE = re.compile(r"<name>([^<]+)</name>")
# Names that every cluster has, and which say nothing of a site.
COMMON = {"EnterpriseWideData", "Cisco", "Cisco Systems", "default", "Default", "admin", "Lab", "Simulated"}
SHORTEST = 3


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


def names(files: dict[Path, str], words: list[str]) -> dict[str, str]:
    """Return what is replaced by what: longer names first, so that none is replaced by a part of it."""
    nodes = {unquote(path.parts[1]) for path in files if path.parts[0] == "nodes" and len(path.parts) > 2}
    for path, text in files.items():
        if path.name in ("nodes.xml", "callmanagers.xml"):
            nodes |= {name.removeprefix("CM_") for name in NODE.findall(text)}
    nodes -= COMMON
    everything = "\n".join(files.values())
    domains = {node.partition(".")[2] for node in nodes if "." in node and not IPV4.fullmatch(node)}
    for node in nodes:
        domains |= set(
            re.findall(rf"\b{re.escape(node)}\.((?:[a-z0-9-]+\.)+[a-z]{{2,}})\b", everything, re.IGNORECASE)
        )
    nodes = {node for node in nodes if not IPV4.fullmatch(node)}
    of_nodes = nodes | domains | {node.partition(".")[0] for node in nodes}
    said = {group for found in ACCOUNTS.findall(everything) for group in (found[1], *found[3:]) if group}
    said |= set(SUBJECT.findall(everything))
    said = {name.strip() for name in said} - of_nodes
    replaced: dict[str, str] = {}
    for kind, found in (
        ("domain", domains),
        ("node", {n.partition(".")[0] for n in nodes if not IPV4.fullmatch(n)}),
    ):
        for number, name in enumerate(sorted(found), 1):
            replaced[name] = f"{kind}{number}.example" if kind == "domain" else f"{kind}{number}"
    for number, name in enumerate(sorted(said | set(words)), 1):
        replaced.setdefault(name, f"name{number}")
    kept = {
        name: to
        for name, to in replaced.items()
        if name in words or name in of_nodes or (len(name) >= SHORTEST and name not in COMMON)
    }
    return dict(sorted(kept.items(), key=lambda item: -len(item[0])))


class Addresses:
    """Gives each address one of those kept for documentation (RFC 5737, RFC 3849)."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def v4(self, found: re.Match[str]) -> str:
        number = len(self.given)
        return self.given.setdefault(found[0], f"192.0.{2 + number // 250}.{1 + number % 250}")

    def v6(self, found: re.Match[str]) -> str:
        if PAIRS.fullmatch(found[0]):
            return found[0]
        return self.given.setdefault(found[0], f"2001:db8::{len(self.given) + 1:x}")


def fitted(name: str, to: str, behind: str) -> str:
    """Return the replacement with as many blanks behind it as keep a column in its place."""
    if behind.startswith("  ") and len(to) < len(name):
        return to + " " * (len(name) - len(to))
    return to


def replace(text: str, replaced: dict[str, str], addresses: Addresses) -> str:
    text = PEM.sub("", text)
    for name, to in replaced.items():
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])(?=([ ]*))", re.IGNORECASE)
        text = pattern.sub(lambda found, to=to: fitted(found[0], to, found[1]), text)
    return IPV6.sub(addresses.v6, IPV4.sub(addresses.v4, text))


def left(files: dict[Path, str], replaced: dict[str, str], addresses: Addresses) -> list[str]:
    """Return what is left of what was to be replaced, anywhere: a name within another word is one too."""
    gone = [*replaced, *addresses.given]
    return [
        f"{path}: {name}"
        for path, text in files.items()
        for name in gone
        if re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", f"{path}\n{text}", re.IGNORECASE)
        and name not in addresses.given.values()
    ] + [f"{path}: a certificate or key" for path, text in files.items() if "-----BEGIN" in text]


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[0].startswith("-"):
        sys.stderr.write(__doc__ or "")
        return 2
    source, target, words = Path(arguments[0]), Path(arguments[1]), arguments[2:]
    if not source.is_dir() or target.exists():
        sys.stderr.write(f"{source} must be a directory, and {target} must not be there yet.\n")
        return 2
    files = texts(source)
    replaced, addresses = names(files, words), Addresses()
    made = {}
    for path, text in files.items():
        parts = [quote(replace(unquote(part), replaced, addresses), safe="") for part in path.parts]
        made[Path(*parts)] = replace(text, replaced, addresses)
    wrong = left(made, replaced, addresses)
    if wrong or len(made) != len(files):
        sys.stderr.write("Nothing was written. Left in the copy:\n" + "\n".join(wrong) + "\n")
        return 1
    for path, text in made.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    sys.stdout.write(
        f"{len(made)} files in {target}; {len(replaced)} names and {len(addresses.given)} addresses were replaced.\n"
        "Read the copy before you give it: names that nobody listed are still in it.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
