# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that all steps of a rollout share, from the operator's variables. Pure; runs in the controller only."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight, rules, words
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from ansible_collections.ucops.cucm.plugins.plugin_utils import _seal as seal
from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as variables
from ansible_collections.ucops.cucm.plugins.plugin_utils import _wanted as wanted


@dataclass(frozen=True)
class Settings:
    """The desired state, the consents and the patience of a rollout.

    Attributes:
        values: Each variable of a rollout (C(cucm_...)) and its value.
    """

    values: t.Mapping[str, t.Any]

    @property
    def security_mode(self) -> str | None:
        """The desired cluster security mode; None when it is to stay as it is."""
        return _mode(self.values["cucm_security_mode"])

    @property
    def sip_oauth_mode(self) -> str | None:
        """The desired SIP OAuth mode; None when it is to stay as it is."""
        return _mode(self.values["cucm_sip_oauth_mode"])

    @property
    def sip_oauth(self) -> dict[str, t.Any]:
        """The settings of SIP OAuth, as C(wanted.sip_oauth) takes it; empty when it is to stay as it is."""
        return variables.sip_oauth_of(self.values)

    @property
    def consents(self) -> dict[str, bool]:
        """The consents, as C(plan.missing_consents) takes them."""
        return {
            "restarts": self.values["cucm_consent_to_restarts"],
            "outage": self.values["cucm_consent_to_outage"],
        }

    @property
    def accept(self) -> list[str]:
        """Ids of checks whose failure is accepted."""
        return list(self.values["cucm_accept"])

    @property
    def repeat_ctl_update(self) -> bool:
        """Whether to update the CTL file again although its last update left the reasons for it."""
        return bool(self.values["cucm_repeat_ctl_update"])

    @property
    def digest(self) -> str:
        """A digest that differs for any other settings."""
        return hashlib.sha256(seal.written(self.values).encode()).hexdigest()

    def seen(self, facts: Facts) -> Facts:
        """Return facts by which restarts are due as these settings want them."""
        return rules.chosen(facts, self.values["cucm_ctl_restarts"])

    def desired_sip_oauth(self, facts: Facts) -> Desired | None:
        """Return the desired state of SIP OAuth, completed from the facts. Raises InputError when it cannot be."""
        return wanted.sip_oauth(facts, self.sip_oauth)

    def checks(self, facts: Facts) -> list[dict[str, t.Any]]:
        """Return the verdict of every preflight check. Raises InputError when what is desired cannot be."""
        return preflight.run(
            self.seen(facts),
            preflight.Intent(
                self.security_mode,
                self.values["cucm_attestations"],
                frozenset(self.accept),
                auto_registration=self.values["cucm_auto_registration"],
                backup_max_age_days=self.values["cucm_backup_max_age_days"],
                certificate_min_days=self.values["cucm_certificate_min_days"],
                sip_oauth=self.desired_sip_oauth(facts),
                ctl_provider_nodes=self._ctl_provider_nodes(facts),
                repeat_ctl_update=self.repeat_ctl_update,
            ),
        )

    def operations(self, facts: Facts) -> list[dict[str, t.Any]]:
        """Return the operations that take the cluster to what is desired. Raises InputError when that cannot be."""
        return plan.plan(
            self.seen(facts),
            self.security_mode,
            ctl_provider_nodes=self._ctl_provider_nodes(facts),
            sip_oauth=self.desired_sip_oauth(facts),
            repeat_ctl_update=self.repeat_ctl_update,
        )

    def _ctl_provider_nodes(self, facts: Facts) -> str | list[str]:
        return wanted.ctl_provider_nodes(facts, self.values["cucm_ctl_provider_nodes"])


def read(given: t.Any) -> Settings:
    """Return the settings that variables give; a variable that is not among them has its default.

    Raises:
        InputError: A value cannot be right, or no mode is asked for; the message has one line for each.
    """
    if not isinstance(given, t.Mapping):
        raise InputError("The settings of a rollout are a mapping of variables to values.")
    values, problems = variables.settings(given, variables.ROLLOUT)
    if problems:
        raise InputError("\n".join(problems))
    return Settings(values)


def _mode(word: str) -> str | None:
    return None if word == words.UNCHANGED else word
