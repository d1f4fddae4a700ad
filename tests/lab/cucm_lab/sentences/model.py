# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One text and its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Provenance = Literal["known", "invented"]


@dataclass(frozen=True)
class Text:
    """One sentence or block: a ``str.format`` template, and where it comes from.

    provenance: ``known`` when a public source shows it on a real system, else ``invented``. source: the key of that
    source in the project's collected device facts (``TN118893``, ``CTL125``, ...), or for an invented one, why.
    """

    template: str
    provenance: Provenance
    source: str


def known(source: str, template: str) -> Text:
    return Text(template, "known", source)


def invented(template: str, why: str = "no public transcript") -> Text:
    return Text(template, "invented", why)
