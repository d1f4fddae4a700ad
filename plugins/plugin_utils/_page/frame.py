# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the compliance report without its data, made of page.html, page.css and page.js. PRIVATE to the collection.

The three are files of their own, so that editors and linters know them. A module that is shipped to another host carries
Python only, so they are read here in the controller, and the module puts the data in.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'"


def frame() -> str:
    """Return the page in one file, for C(_compliance.page.as_html) to put the data into.

    Its content policy allows that very script and that very style sheet, by their hashes, and nothing else.
    """
    script, style = f"\n{_source('page.js')}", f"\n{_source('page.css')}"
    page = _source("page.html")
    page = _replaced(page, f'content="{_POLICY}"', f'content="{_policy(script, style)}"')
    page = _replaced(page, '<link rel="stylesheet" href="page.css">', f"<style>{style}</style>")
    return _replaced(page, '<script src="page.js"></script>', f"<script>{script}</script>")


def _source(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _replaced(page: str, part: str, by: str) -> str:
    before, found, after = page.partition(part)
    if not found or part in after:
        raise ValueError(f"page.html must have exactly once: {part}")
    return before + by + after


def _policy(script: str, style: str) -> str:
    return "; ".join(
        [
            _POLICY,
            f"script-src '{_source_hash(script)}'",
            f"style-src '{_source_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _source_hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"
