# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All judges by name. PRIVATE to the collection. Pure."""

from __future__ import annotations

from . import (
    judges_certificates,
    judges_generic,
    judges_hardening,
    judges_phones,
    judges_platform,
    judges_record,
    judges_security,
)
from .options import Judge

JUDGES: dict[str, Judge] = {
    **judges_generic.JUDGES,
    **judges_security.JUDGES,
    **judges_certificates.JUDGES,
    **judges_platform.JUDGES,
    **judges_phones.JUDGES,
    **judges_record.JUDGES,
    **judges_hardening.JUDGES,
}
