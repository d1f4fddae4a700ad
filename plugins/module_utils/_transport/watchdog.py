# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An end to what libraries wait for without one. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import threading
import typing as t


@contextlib.contextmanager
def cut_after(seconds: float, cut: t.Callable[[], None]) -> t.Iterator[None]:
    """Call C(cut), from another thread, when the block has not ended after that many seconds.

    Time-outs of libraries are for some of their waits only: a peer that never answers at another place would hold the caller for
    ever. Cutting the connection ends the wait with an error.
    """
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
