# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters say what the functions say, and refuse what does not exist."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter.rollout import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight

from .clusters import BEFORE, CALLMANAGER, SUB1, cluster, service, spoiled

FILTERS = FilterModule().filters()
WORDS = dict.fromkeys(
    ("export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"), True
)


def test_preflight() -> None:
    facts = spoiled(cluster("non_secure"), "rollback_to_pre_8", to=True)
    checks = FILTERS["preflight_checks"](facts, "mixed", attestations=WORDS)
    assert checks == preflight.run(facts, preflight.Intent("mixed", WORDS, frozenset()))
    (blocking,) = FILTERS["preflight_blocking"](checks)
    assert blocking.startswith("rollback_flag (fail): ")
    report = FILTERS["preflight_report"](checks)
    assert len(report) == 18
    assert report[11].startswith("12. fail           Not prepared for rollback")
    accepted = FILTERS["preflight_checks"](facts, "mixed", attestations=WORDS, accept=["rollback_flag"])
    assert FILTERS["preflight_blocking"](accepted) == []
    late = FILTERS["preflight_checks"](
        cluster("non_secure"), "mixed", attestations=WORDS, backup_max_age_days=0.5
    )
    assert [line.split()[0] for line in FILTERS["preflight_blocking"](late)] == ["backup"]


@pytest.mark.parametrize("intent", [{"accept": ["licenze"]}, {"attestations": {"licenze": True}}])
def test_a_check_that_does_not_exist_is_refused(intent: dict[str, object]) -> None:
    with pytest.raises(AnsibleFilterError, match="licenze"):
        FILTERS["preflight_checks"](cluster(), "mixed", **intent)


def test_rollout() -> None:
    facts = cluster("non_secure")
    operations = FILTERS["rollout_plan"](facts, "mixed", ctl_provider_nodes="all")
    assert operations == plan.plan(facts, "mixed", ctl_provider_nodes="all")
    missing = FILTERS["missing_consents"](operations, facts, restarts=False, outage=False)
    assert len(missing) == 1
    assert FILTERS["missing_consents"](operations, facts, restarts=True) == []
    lines = plan.describe(operations, "lab", "mixed")
    assert FILTERS["rollout_report"](operations, "lab", facts, "mixed") == lines
    report = FILTERS["rollout_report"](operations, "lab", facts, "mixed", missing=missing)
    assert report == [*lines, "Missing before it can be carried out:", f"  - {missing[0]}"]


def test_after_the_change() -> None:
    facts = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))
    (restart,) = FILTERS["due_restarts"](facts)
    assert restart["action"] == f"restart {CALLMANAGER}"
    assert FILTERS["mode_findings"](facts, "mixed") == plan.findings(facts, "mixed") != []
    assert FILTERS["mode_findings"](cluster(), "mixed") == []
