# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way through all that the page can show."""

from __future__ import annotations

import typing as t

from playwright.sync_api import Page, expect

# Every text there is, as it is read and as it is told in a title or a label.
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest("script")) found.push(walker.currentNode.data);
  for (const node of document.querySelectorAll("*"))
    for (const name of ["title", "aria-label", "placeholder"]) if (node.hasAttribute(name)) found.push(node.getAttribute(name));
  return [...found, document.title];
}"""


def each_view(page: Page, results: int) -> t.Iterator[str]:
    """Go through all that the page can show, that many results among it, and give each a name."""
    yield "grid"
    page.locator("#view-list").click()
    yield "list"
    for number in range(results):
        page.locator("#list .finding").first.click() if not number else page.get_by_role(
            "button", name="Next"
        ).click()
        yield f"result {number}"
    page.get_by_role("button", name="All of this cluster").click()
    yield "cluster"
    page.locator("#detail .row-button").first.click()
    page.get_by_role("button", name="This control everywhere").click()
    yield "control"
    page.keyboard.press("Escape")
    page.emulate_media(media="print")
    expect(page.locator("#paper .told tr").first).to_be_visible()
    yield "paper"
    page.emulate_media(media="screen")
