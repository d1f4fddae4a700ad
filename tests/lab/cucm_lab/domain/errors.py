# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the device refuses to do."""

from __future__ import annotations


class Refused(Exception):
    """The device does not do what was asked."""


class NotPublisher(Refused):
    """The command exists on the publisher only ([V] CLI15: "On all other nodes, this CLI command is disabled")."""


class LicenceRefused(Refused):
    """Export-controlled functionality is not allowed ([V] CTL125 table note)."""


class EncryptionLicenceRefused(Refused):
    """11.5: the licence manager has no Encryption licence ([P] TN118893)."""


class ImageRefused(Refused):
    """An export-unrestricted (XU) image has no mixed mode ([P] CVD14; the text is not public)."""


class Busy(Refused):
    """Another command that changes the mode or the CTL file is at work ([R]: nothing is published)."""


class ServiceRefused(Refused):
    """A service operation is not possible. ``reason_code`` is one of Control Center's ([C] wire-facts 4.3)."""

    def __init__(self, reason_code: int, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


class SqlError(Exception):
    """The database does not run the statement.

    code: Informix' error number. key, values: of the text that says it.
    """

    def __init__(self, code: int, **values: str) -> None:
        super().__init__(f"SQL error {code} {' '.join(values.values())}".rstrip())
        self.code = code
        self.key = f"sql.{code}"
        self.values = values


class NotSimulated(SqlError):
    """A real cluster runs the statement; the lab does not have ``what`` it takes, so an answer would be a guess."""

    def __init__(self, what: str) -> None:
        super().__init__(-1, what=what)
        self.key = "sql.not_simulated"
