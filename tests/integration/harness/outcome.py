# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module returned."""

from __future__ import annotations

import typing as t


class Outcome(dict[str, t.Any]):
    """A module's result."""

    @property
    def code(self) -> str | None:
        """The failure's code, None when it did not fail."""
        return self["failure"]["code"] if "failure" in self else None

    @property
    def message(self) -> str:
        """The failure's message."""
        return self["failure"]["message"]

    def refused(self, code: str, *words: str) -> None:
        """Assert that it failed with this code, in a message that has these words, and says what to do next."""
        assert self.code == code, dict(self)
        missing = [word for word in words if word not in self.message]
        assert not missing, f"{missing} not in: {self.message}"
        assert self["failure"]["remedy"], dict(self)
        assert self["failure"]["remedy"] in self["msg"]
