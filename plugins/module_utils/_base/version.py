# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's version. PRIVATE to the collection.

A module shipped to another machine has no galaxy.yml beside it; a test keeps the two equal.
"""

from __future__ import annotations

COLLECTION_VERSION = "0.1.0"
