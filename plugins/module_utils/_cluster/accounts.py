# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts a cluster is reached with, C(axl) and C(cli). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._base.address import endpoint
from .._base.credentials import Credential
from .._base.errors import InputError
from .nodes import Address


@dataclass(frozen=True)
class Account:
    """A user name and its password."""

    username: str
    password: str = field(repr=False)


def credential_of(publisher: Address, service: str, account: Account) -> Credential:
    """Return what an account is to the gate: two clusters behind one address differ in their ports."""
    port = publisher.ssh_port if service == "cli" else publisher.https_port
    return Credential(endpoint(publisher.host, port), service, account.username, account.password)


def missing_account(service: str) -> InputError:
    """Return the error for an account that is needed and was not given."""
    return InputError(
        f"This needs {service}_username and {service}_password.",
        code="account_missing",
        details={"interface": service},
        remedy=f"Set cucm_{service}_username and cucm_{service}_password in the inventory, the options in the task or in module_defaults "
        f"(group/ucops.cucm.cluster), or CUCM_{service.upper()}_USERNAME and _PASSWORD in the environment.",
    )
