# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools share that write files, or parts of them, from the collection's own code. None of it is edited by hand."""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / "build" / "collections"
# Each file with its right text; None for one that should not be there.
Files = t.Mapping[Path, "str | None"]

# Markup of Ansible's documentation that Markdown does not have.
_MARKUP = re.compile(r"\b[CEIMOV]\(([^)]+)\)")


def main(usage: str | None, files: t.Callable[[], Files], source: str) -> int:
    """Write the files that differ; with C(--check) name them, change nothing, and return 1.

    Args:
        usage: The tool's docstring.
        files: Returns the files; called when the collection can be imported.
        source: What they are made from, for the message.
    """
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(usage)
    check = bool(sys.argv[1:])
    sys.path.insert(0, str(COLLECTIONS))
    wrong = differing(files())
    for path, text in wrong.items():
        name = path.relative_to(ROOT)
        if check:
            print(f"{name} differs from {source}; run tools/{Path(sys.argv[0]).name}")
        elif text is None:
            path.unlink()
            print(f"{name} removed")
        else:
            path.write_text(text, "utf-8")
            print(f"{name} written")
    return 1 if wrong and check else 0


def differing(files: Files) -> dict[Path, str | None]:
    """Return the files that are not as they should be."""
    now = {path: path.read_text("utf-8") if path.exists() else None for path in files}
    return {path: text for path, text in files.items() if now[path] != text}


def between(marks: re.Pattern[str], text: str, made: str, what: str) -> str:
    """Return a text with what was made between its two marks, the groups of the pattern.

    Raises:
        ValueError: The marks are not there, or there more than once.
    """
    if len(marks.findall(text)) != 1:
        raise ValueError(f"{what} has not its marks: {marks.pattern}")
    return marks.sub(lambda found: f"{found[1]}{made}{found[2]}", text)


def with_tables(page: Path, tables: t.Mapping[str, t.Callable[[], str]]) -> str:
    """Return a page with its tables between their marks. Raises ValueError when it lacks them."""
    text = page.read_text("utf-8")
    for name, made in tables.items():
        marks = re.compile(rf"(?s)(<!-- table: {name}, [^\n]*-->\n).*?(<!-- end of {name} -->)")
        text = between(marks, text, f"\n{made()}\n\n", f"{page}, the table {name},")
    return text


def markdown(text: str) -> str:
    """Return a text of Ansible's documentation as Markdown."""
    return _MARKUP.sub(r"`\1`", text)


def table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ") or "-"
