# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things take in a device: settings of a topology and of the control API, with their defaults."""

from __future__ import annotations

DEFAULT_TIMINGS: dict[str, float] = {
    # All in device seconds. No public measurement exists for most of them (cli-facts 9), so they are settings.
    "cli_startup_s": 9.0,
    "command_s": 0.3,
    "axl_s": 0.0,
    "show_version_s": 4.8,
    "set_cluster_s": 20.0,
    "update_ctl_s": 12.0,
    "sip_oauth_s": 2.0,
    "deploy_s": 6.0,
    "undeploy_s": 4.0,
    "service_scale": 1.0,
    "cli_idle_s": 1800.0,
    "lockout_s": 300.0,
    "http_session_idle_s": 1800.0,
    # RisClientTimeout ([V] phone-facts 1.2).
    "ris_timeout_s": 30.0,
    "licence_register_s": 15.0,
    # In real seconds, as it is about a connection: how long an HTTPS connection may be idle before the server closes it. Invented; a
    # Tomcat as it comes waits 60.
    "https_keepalive_s": 60.0,
    # Not a time: how many change notifications drain in a device second ([R], wire-facts 1.5).
    "change_notifications_per_s": 10.0,
}
