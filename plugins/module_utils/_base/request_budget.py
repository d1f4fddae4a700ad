# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of a kind that the cluster counts, kept below what it allows. PRIVATE to the collection.

RisPort and PerfMon answer a number of requests in any minute, over all their clients (wire-facts 5, phone-facts 2.1), and refuse the
rest. What this controller has sent is therefore written down in the state directory, so that tasks, forks and runs share one budget.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import typing as t

from . import files
from .clock import Clock
from .errors import CucmError, DeadlineExceeded
from .numbers import is_number
from .state_directory import StateDirectory, fit_for_a_name

# Seconds of the cluster.
WINDOW = 60.0
_LARGEST = 64 * 1024

Stamps = list[float]


class Ledger(t.Protocol):
    """Where the moments of requests are kept, in seconds since 1970 by the clock of this machine."""

    def held(self) -> t.ContextManager[t.Callable[[Stamps | None], Stamps]]:
        """Return a context in which nobody else may change them. What it returns writes the moments given, and returns those kept."""


class MemoryLedger:
    """Moments that the threads of this process share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamps: Stamps = []

    @contextlib.contextmanager
    def held(self) -> t.Iterator[t.Callable[[Stamps | None], Stamps]]:
        """See C(Ledger)."""
        with self._lock:
            yield self._exchange

    def _exchange(self, stamps: Stamps | None) -> Stamps:
        if stamps is not None:
            self._stamps = stamps
        return list(self._stamps)


class FileLedger:
    """Moments in a file of the state directory, which all tasks of this controller share.

    Where the file cannot be used, the threads of this process share their own moments, and C(warn) is called once.
    """

    def __init__(self, directory: str, name: str, warn: t.Callable[[str], None]) -> None:
        """Prepare the file of a budget; C(name) says whose it is, and is made fit for a file name."""
        self._directory = StateDirectory(directory)
        self._name = f"requests-{fit_for_a_name(name)}.json"
        self._warn = warn
        self._own = MemoryLedger()
        self._alone = threading.Lock()
        self._usable = True

    @contextlib.contextmanager
    def held(self) -> t.Iterator[t.Callable[[Stamps | None], Stamps]]:
        """See C(Ledger)."""
        with contextlib.ExitStack() as stack:
            # A lock of the file does not hold back other threads of this process.
            stack.enter_context(self._alone)
            file = self._locked(stack)
            if file is None:
                yield stack.enter_context(self._own.held())
            else:
                yield lambda stamps: self._exchange(file, stamps)

    def _locked(self, stack: contextlib.ExitStack) -> int | None:
        if not self._usable:
            return None
        try:
            self._directory.make()
            descriptor = self._directory.open(self._name, os.O_RDWR | os.O_CREAT)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except (OSError, CucmError) as error:
            self._give_up(error)
            return None
        return descriptor

    def _exchange(self, file: int, stamps: Stamps | None) -> Stamps:
        try:
            if stamps is not None:
                os.ftruncate(file, 0)
                os.pwrite(file, json.dumps(stamps).encode(), 0)
            os.lseek(file, 0, os.SEEK_SET)
            found = json.loads(files.content(file, _LARGEST) or b"[]")
        except OSError as error:
            self._give_up(error)
            found = stamps
        except ValueError:
            # A process that was killed while it wrote; a lost moment costs a refused request at worst.
            found = None
        return [each for each in found if is_number(each)] if isinstance(found, list) else []

    def _give_up(self, error: Exception) -> None:
        self._usable = False
        self._warn(
            f"The requests that the cluster counts cannot be written down in the state directory {self._directory.path} "
            f"({files.why(error) if isinstance(error, OSError) else error}), so other tasks do not know of those of this task. "
            "Make cucm_state_dir writable, or run one task at a time."
        )


class RequestBudget:
    """At most a number of requests in any minute.

    Attributes:
        called: Whose requests these are, for messages.
        most: How many may be sent in 60 seconds of the cluster.
    """

    def __init__(
        self, called: str, most: int, ledger: Ledger, clock: Clock, progress: t.Callable[[str], None]
    ) -> None:
        self.called, self.most = called, most
        self._ledger, self._clock, self._progress = ledger, clock, progress

    @property
    def _window(self) -> float:
        """The minute in seconds of the controller's clock."""
        return WINDOW / self._clock.pace

    def spend(self) -> None:
        """Wait until one more request may be sent, and count it as sent.

        Raises:
            DeadlineExceeded: There is no time to wait for it (C(request_budget_spent)); the request must not be sent.
        """
        while wait := self._take():
            if not self._clock.may_wait(wait):
                raise DeadlineExceeded(
                    f"{self.most} requests to {self.called} were sent within a minute, and there is no time to wait for the next.",
                    code="request_budget_spent",
                    remedy="Allow more time, or run fewer tasks that read registrations at once.",
                )
            self._progress(
                f"waiting {wait * self._clock.pace:.0f} s: {self.most} requests to {self.called} were sent within a minute"
            )
            self._clock.sleep(wait)

    def exceeded(self) -> None:
        """Note that the cluster refused a request: others used up what it allows, so nobody here sends any for a minute."""
        with self._ledger.held() as exchange:
            exchange([self._now()] * self.most)
        self._progress(
            f"{self.called} refused a request because of its rate: other clients use it too; it is asked again after a minute"
        )

    def _take(self) -> float:
        """Return 0 after counting a request, or else the seconds until one may be sent."""
        with self._ledger.held() as exchange:
            now = self._now()
            # Of a clock that was set back, the moments would lie ahead for as long: they count as now.
            sent = sorted(min(each, now) for each in exchange(None))
            recent = [each for each in sent if each > now - self._window]
            if len(recent) < self.most:
                exchange([*recent, now])
                return 0.0
            exchange(recent)
            # The oldest of those that fill the budget has to be a window old.
            return max(recent[-self.most] + self._window - now, 0.001)

    def _now(self) -> float:
        return self._clock.now().timestamp()
