# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time limit for library calls that may wait forever. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import threading
import typing as t


@contextlib.contextmanager
def cut_after(seconds: float, cut: t.Callable[[], None]) -> t.Iterator[None]:
    """Call C(cut) from another thread if the block has not ended after C(seconds).

    A library's time-outs cover only some of its waits: a peer that goes silent elsewhere would block the caller forever.
    Cutting the connection ends the wait with an error.
    """
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
