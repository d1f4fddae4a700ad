# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module inside the controller: what a worker process does before anything else."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import typing as t

from ansible_collections.ucops.cucm.plugins.plugin_utils._in_process import InProcessAction


def begin() -> None:
    """Begin a task that is not one: it ends as soon as the action looks at it."""
    with contextlib.suppress(AttributeError):
        InProcessAction.__new__(InProcessAction).run()


def _as_worker(answer: t.Any) -> None:
    begin()
    answer.send(gc.get_freeze_count())


def test_a_worker_leaves_what_it_inherited_to_the_parent() -> None:
    ours, theirs = multiprocessing.Pipe()
    before = gc.get_freeze_count()
    worker = multiprocessing.get_context("fork").Process(target=_as_worker, args=(theirs,))
    worker.start()
    frozen = ours.recv()
    worker.join()
    assert frozen > before


def test_a_process_that_is_no_worker_collects_as_before() -> None:
    before = gc.get_freeze_count()
    begin()
    assert gc.get_freeze_count() == before
