# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value is read back as it was written, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.document import Document
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal

VALUE = {"b": [1, None, "\u00e9"], "a": {}}


def document(directory: Path) -> Document:
    return Document(str(directory / "state"), "x.json", str)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert document(tmp_path).read() is None
    document(tmp_path).write({})
    document(tmp_path).write(VALUE)
    assert document(tmp_path).read() == VALUE
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["x.json"]


@pytest.mark.parametrize("alter", [lambda text: text.replace("[1,", "[2,"), lambda text: text[:-9], lambda _text: "[]",
                                   lambda text: text.replace('"version": 1', '"version": 2')])  # fmt: skip
def test_what_was_altered_is_refused(tmp_path: Path, alter: object) -> None:
    document(tmp_path).write(VALUE)
    path = tmp_path / "state" / "x.json"
    path.write_text(alter(path.read_text()))  # type: ignore[operator]
    with pytest.raises(Refusal) as failure:
        document(tmp_path).read()
    assert failure.value.code == "state_corrupt"


def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(tmp_path).write(VALUE)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Refusal) as failure:
            document(tmp_path).write({})
    assert failure.value.code == "state_dir_not_writable"
    assert document(tmp_path).read() == VALUE


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    document(tmp_path).write(VALUE)
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "state" / "x.json.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refusal) as failure:
        document(tmp_path).write({})
    assert failure.value.code == "state_dir_unsafe"
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_directory_in_its_place_is_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "state" / "x.json").mkdir(parents=True)
    with pytest.raises(Refusal) as failure:
        document(tmp_path).read()
    assert failure.value.code == "state_dir_not_readable"
