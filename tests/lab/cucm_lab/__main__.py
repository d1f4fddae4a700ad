# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m cucm_lab`` is the command ``cucm-lab``."""

from __future__ import annotations

import sys

from .main import main

sys.exit(main())
