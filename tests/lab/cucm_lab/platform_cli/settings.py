# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster's platform CLI behaves where releases, installations or our knowledge differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cucm_lab.domain.accounts import Lockout

MOST_SESSIONS = 10
"""What ``set session maxlimit`` accepts at the most ([P] CLI15)."""


class BadSetting(ValueError):
    """A setting (``name``) does not exist or cannot have that value; the message says what is allowed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class CliSettings:
    """One cluster's CLI settings as the CLI reads them; a cluster holds them as a plain mapping.

    Every default that no public source proves is an assumption, and that is why it is a setting.

    wording: of the questions of ``utils ctl`` (None: as the release does). trailer: which restarts ``utils ctl`` asks for (None: as the
    release does). ssh_auth: which SSH methods are on offer (None: as the release does). password_auth: the same
    for ``password`` only; ssh_auth comes first. certificate_list: layout of ``show cert list own`` (None: as the
    release does). double_prompt: the first prompt of a session is printed twice ([V] CTMCP).
    needs_nudge: the first prompt comes only after an Enter ([P] NETSSL, CTMCP). pagination: sessions start
    with paging on. pages: what goes through the pager then: what is documented to page ([D] CLI15: ``utils service list page``), or
    everything, which no source shows. sql_no_rows: what ``run sql`` prints without rows: the heading and its row of ``=`` ([V]
    levensailor's README), or the sentence of ``sql.no_rows``.
    input_loss: where fast input is lost; its probability from 0 to 1; within_ms in real
    milliseconds. on_disconnect: what a confirmed command does when the connection is lost. overlap: what a second ``utils ctl`` or
    ``utils sipOAuth-mode`` meets while one is at work: it is refused, runs beside it, or waits for its end (the cluster reads
    this one; what the real one does is not public). licence_check:
    when ``utils ctl`` looks at the export control. max_sessions: per node, as ``show session maxlimit`` says ([P] CLI15, 1 to
    10; 0 is for tests).
    subscriber_refused: False lets a subscriber carry out ``utils ctl`` (the cluster reads this one).
    sip_oauth_licence_check: whether ``utils sipOAuth-mode enable`` looks at the export control, which is not public
    (the cluster reads this one and the next). sip_oauth_lies: that command says what it says and does nothing.
    sip_oauth_asks: it asks a question first, which no source shows.
    banner: text before everything else. dns_warning: the warning line after the hardware block ([V]
    TN217581). tls_min_version, fips, upgrade_running, upgrade_failed, ntp_synchronised, ntp_server, last_backup
    (``SUCCESS``, ``FAILED``, ``none`` or ``unreachable``), last_backup_age_s (device seconds): what the
    read commands report. tls_min_version is what ``show tls min-version`` prints; HTTPS is not touched by it.
    password_...: what ``show password`` tells, 0 for what is switched off (their values are invented); remote_account, os_security,
    webapp_timeout_minutes, haproxy_client_auth: likewise; csrs: units with a certificate signing request, with blanks between.
    lists_reused: whether ``show cert list own`` lists a CallManager certificate that is Tomcat's; the web page hides it ([V] TN221070),
    what the command does is not public ([?]).
    account_locking: whether failed logins lock an account at all; lockout_attempts: after how many; lockout_s: for how
    many device seconds (None: ``timings.lockout_s``).
    """

    wording: Literal["will_set", "sets"] | None = None
    trailer: Literal["tftp_callmanager", "phones_ctimanager", "callmanager_ctimanager"] | None = None
    ssh_auth: Literal["keyboard-interactive", "password", "both"] | None = None
    password_auth: bool | None = None
    certificate_list: Literal["lines", "blocks"] | None = None
    double_prompt: bool = True
    needs_nudge: bool = False
    pagination: bool = True
    pages: Literal["documented", "everything"] = "documented"
    sql_no_rows: Literal["heading", "sentence"] = "heading"
    input_loss: Literal["never", "questions", "everywhere"] = "questions"
    input_loss_probability: float = 1.0
    input_loss_within_ms: float = 5.0
    on_disconnect: Literal["continue", "abort"] = "continue"
    overlap: Literal["refuse", "beside", "wait"] = "refuse"
    licence_check: Literal["before_question", "after_answer"] = "before_question"
    max_sessions: int = 10
    account_locking: bool = True
    lockout_attempts: int = 3
    lockout_s: float | None = None
    subscriber_refused: bool = True
    sip_oauth_licence_check: bool = True
    sip_oauth_lies: bool = False
    sip_oauth_asks: bool = False
    banner: str = ""
    dns_warning: bool = False
    tls_min_version: str = "1.2"
    fips: bool = False
    upgrade_running: bool = False
    upgrade_failed: bool = False
    ntp_synchronised: bool = True
    ntp_server: str = "10.0.0.1"
    last_backup: Literal["SUCCESS", "FAILED", "none", "unreachable"] = "SUCCESS"
    last_backup_age_s: float = 86400.0
    password_age: int = 90
    password_inactivity: int = 0
    password_history: int = 10
    password_maximum_age: int = 0
    password_minimum_age: int = 1
    password_characters: int = 0
    password_length: int = 6
    remote_account: bool = False
    os_security: Literal["enforcing", "permissive"] = "enforcing"
    webapp_timeout_minutes: int = 30
    haproxy_client_auth: Literal["required", "optional"] = "optional"
    csrs: str = ""
    lists_reused: bool = False

    def lockout(self, usual_s: float) -> Lockout | None:
        """What failed logins lead to; ``usual_s``: the device seconds where ``lockout_s`` says nothing."""
        if not self.account_locking:
            return None
        return Lockout(self.lockout_attempts, usual_s if self.lockout_s is None else self.lockout_s)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> CliSettings:
        """Read a cluster's mapping; what it does not name has its default."""
        if not values:
            return _DEFAULT
        return cls(**{name: value for name, value in values.items() if name in _NAMES})


_DEFAULT = CliSettings()
_NAMES = {each.name for each in fields(CliSettings)}


def check(values: Mapping[str, Any]) -> None:
    """Check CLI settings as a topology or the control API gives them.

    Raises:
        BadSetting: a name or a value is not allowed.
    """
    kinds = get_type_hints(CliSettings)
    for name, value in values.items():
        if name not in kinds:
            raise BadSetting(name, f"there is no CLI setting {name}; there are {', '.join(sorted(kinds))}")
        allowed = list(_alternatives(kinds[name]))
        if not any(_fits(value, each) for each in allowed):
            raise BadSetting(name, f"{name} must be {' or '.join(map(_in_words, allowed))}, not {value!r}")
    if values.get("max_sessions", 0) > MOST_SESSIONS:
        raise BadSetting("max_sessions", f"max_sessions must be at most {MOST_SESSIONS}")


def _alternatives(kind: Any) -> Iterator[Any]:
    """What a type allows: words of a Literal, else types."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_args(kind):
        for each in get_args(kind):
            yield from _alternatives(each)
    else:
        yield kind


def _fits(value: Any, allowed: Any) -> bool:
    if not isinstance(allowed, type):
        return value == allowed
    if allowed in (int, float):
        numbers = int if allowed is int else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool) and value >= 0
    return isinstance(value, allowed)


def _in_words(allowed: Any) -> str:
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        type(None): "null",
    }
    return words[allowed] if isinstance(allowed, type) else str(allowed)
