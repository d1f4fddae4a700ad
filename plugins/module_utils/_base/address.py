# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an address is written in each place it appears. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress


def canonical(host: str) -> str:
    """Return a host in the one form used to compare, connect and display it: IPv6 compressed and without brackets.

    Anything that is not an IP address is a name and stays unchanged.
    """
    host = str(host).strip()
    inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ipaddress.ip_address(inner))
    except ValueError:
        return host


def in_url(host: str) -> str:
    """Return a canonical host as written in a URL (RFC 3986, 3.2.2; a zone as in RFC 6874)."""
    return f"[{host.replace('%', '%25')}]" if ":" in host else host


def without_zone(host: str) -> str:
    """Return a canonical host without the zone of an IPv6 address (RFC 4007), which only this machine knows."""
    return host.partition("%")[0] if ":" in host else host


def in_known_hosts(host: str, port: int) -> str:
    """Return a canonical host and its SSH port as written in a known_hosts file (sshd(8))."""
    return host if port == 22 else f"[{host}]:{port}"


def endpoint(host: str, port: int) -> str:
    """Return a host and a port in the one spelling by which places are compared.

    A name is in lower case and without the dot of the root, and an IPv4 address that is written as IPv6 is IPv4.
    """
    name = canonical(host).rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return f"{name}:{port}"
    mapped = getattr(address, "ipv4_mapped", None) or address
    return f"[{mapped}]:{port}" if mapped.version == 6 else f"{mapped}:{port}"
