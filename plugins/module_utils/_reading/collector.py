# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where facts come together while they are read. PRIVATE to the collection."""

from __future__ import annotations

import typing as t

from .._base.credentials import REFUSED_BEFORE
from .._base.errors import UNANSWERED, AuthenticationError, CucmError, IdentityError, InputError, unexpected
from .._facts import model
from .._facts.model import Fact

_MOST_SAID = 200
# What belongs to a cause beside its message: the way that failed, or the text that nobody could read.
_OF_A_CAUSE = ("interface", "node", "port", "reason", "output")
_T = t.TypeVar("_T")


class Collector:
    """Facts, and why some of them are not there. Several threads may bring facts at once."""

    def __init__(
        self,
        warn: t.Callable[[str], None] = lambda message: None,
        *,
        subscribers_may_be_unproven: bool = False,
    ) -> None:
        """Begin without facts.

        Args:
            warn: Told of what is an error of this collection, which costs a fact as well and must not go unseen.
            subscribers_may_be_unproven: Whether a subscriber that does not prove its identity costs its own facts only.
        """
        self._warn = warn
        self._subscribers_may_be_unproven = subscribers_may_be_unproven
        self.unavailable: dict[str, str] = {}
        self.causes: dict[str, dict[str, t.Any]] = {}
        self.facts: dict[str, t.Any] = {"unavailable": self.unavailable, "unavailable_causes": self.causes}
        self._stopped = False
        self._unanswered = False

    def collect(self, key: str, read: t.Callable[[], _T]) -> _T | None:
        """Return what C(read) returns, None after it failed in a way that costs nothing but this fact.

        Raises:
            AuthenticationError, IdentityError: The reading is over. InputError: The options are wrong.
        """
        try:
            if self._stopped:
                raise CucmError("The reading was ended.", code="ended")
            return read()
        except AuthenticationError as error:
            if not self._is_unanswered(error):
                self.stop()
                raise
            self._miss(key, error)
        except IdentityError as error:
            if error.of_publisher or not self._subscribers_may_be_unproven:
                self.stop()
                raise
            self._miss(key, error)
        except InputError as error:
            if error.code != "account_missing":
                raise
            self._miss(key, error, error.message)
        except CucmError as error:
            self._miss(key, error)
        except (ValueError, OverflowError) as error:
            # A number or a date that is none, where there is always one: of a node that lies, or of an answer that was edited.
            self._miss(key, CucmError(str(error)[:_MOST_SAID], code="unreadable_output"))
        except Exception as error:
            told = unexpected(error)
            self._miss(key, told)
            self._warn(f"{key} could not be read: {told.message} {told.remedy}")
        return None

    def _miss(self, key: str, error: CucmError, reason: str = "") -> None:
        self.unavailable[key] = reason or f"{error.code}: {error.message}"
        more = {name: error.details[name] for name in _OF_A_CAUSE if name in error.details}
        self.causes[key] = {"code": error.code, "message": error.message, "remedy": error.remedy, **more}

    def same(self, key: str, others: t.Iterable[str]) -> None:
        """Say of other facts that they are missing for the reason of one."""
        self.unavailable.update(dict.fromkeys(others, self.unavailable[key]))
        self.causes.update(dict.fromkeys(others, self.causes[key]))

    def keep(self, fact: Fact[_T], read: t.Callable[[], _T | None]) -> _T | None:
        """Collect a fact and return it; one that cannot be read is not among the facts."""
        value = self.collect(fact.reason, read)
        if value is not None:
            self.put(fact, value)
        return value

    def keep_or_none(self, fact: Fact[_T], read: t.Callable[[], _T | None]) -> _T | None:
        """Collect a fact and return it; one that cannot be read is None among the facts."""
        value = self.collect(fact.reason, read)
        self.put(fact, value)
        return value

    def put(self, fact: Fact[_T], value: _T | None) -> None:
        """Take a fact that was read already."""
        model.put(self.facts, fact, value)

    def _is_unanswered(self, error: AuthenticationError) -> bool:
        """Tell a credential that nobody said to be wrong: it is not sent again, and costs what it would have told."""
        self._unanswered = self._unanswered or error.code == UNANSWERED
        return error.code == UNANSWERED or (self._unanswered and error.code == REFUSED_BEFORE)

    def stop(self) -> None:
        """Let nothing more be read."""
        self._stopped = True
