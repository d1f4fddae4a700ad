# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers as devices and operators write them. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t

# Larger numbers are not what anybody means or a cluster reports; NaN is not smaller either.
LARGEST = 10**12
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def whole(text: str) -> int | None:
    """Return the whole number in a text, or None if the text is anything else.

    C(str.isdigit) does not decide what C(int) accepts: superscripts are digits, and a number may have too many digits.
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def is_number(value: t.Any) -> bool:
    """Return whether a value is a number of a size that means something; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -LARGEST < value < LARGEST
