# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Chromium, and pages in it that reach nobody and whose every complaint is a failure."""

from __future__ import annotations

import os
import shutil
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Milliseconds.
_PATIENCE = 20_000
# Before any script of the page: what the policy refuses is an event that is easily missed in a console.
_LISTEN = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => window.refused.push(event.effectiveDirective), true);
"""


# Not of the session: while Playwright's loop is there, no other test of the same process could run one of its own.
@pytest.fixture(scope="module")
def browser() -> t.Iterator[Browser]:
    """Debian's Chromium, or whichever there is; `make browser` installs it."""
    if CHROMIUM is None:
        told = "no Chromium on PATH: run make browser, or install one"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    # Chromium's own sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        # Far more than anything takes, for machines that are busy.
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in a window of its own.

    Attributes:
        page: The page.
        requests: The addresses of all that was asked for but the file itself.
        complaints: Errors and warnings of the console, errors that nobody caught, and dialogs.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def refused(self) -> list[str]:
        """Return the directives of the policy by which something was refused."""
        return list(self.page.evaluate("window.refused"))

    def require_quiet(self) -> None:
        """Assert that nothing was asked for, nothing went wrong and nothing was refused."""
        assert self.requests == []
        assert self.complaints == []
        assert self.refused() == []


Open = t.Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> t.Iterator[Open]:
    """Open HTML from a file, without network; whatever is asked for is recorded and refused."""
    opened: list[Opened] = []

    def open_page(
        html: str, *, width: int = 1440, height: int = 900, scheme: str = "light", scripts: bool = True
    ) -> Opened:
        file = tmp_path / f"page{len(opened)}.html"
        file.write_text(html, "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=t.cast(t.Any, scheme),
            java_script_enabled=scripts,
            offline=True,
        )
        new = Opened(context.new_page())
        opened.append(new)

        def asked(route: Route, request: Request) -> None:
            if request.url == file.as_uri():
                route.continue_()
                return
            new.requests.append(request.url)
            route.abort()

        context.set_default_timeout(_PATIENCE)
        context.route("**/*", asked)
        if scripts:
            context.add_init_script(_LISTEN)
        new.page.on(
            "console",
            lambda said: new.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        new.page.on("pageerror", lambda error: new.complaints.append(str(error)))

        def dialog(said: t.Any) -> None:
            new.complaints.append(f"dialog: {said.message}")
            said.dismiss()

        new.page.on("dialog", dialog)
        new.page.goto(file.as_uri())
        return new

    yield open_page
    for each in opened:
        each.page.context.close()
