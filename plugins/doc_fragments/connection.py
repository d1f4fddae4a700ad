# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for the connection to a cluster."""

    DOCUMENTATION = r"""
options:
  publisher:
    description:
      - Address of the cluster's publisher, a name or an IP address; an IPv6 address with or without brackets.
      - Default is the C(ansible_host) of the inventory host, and else E(CUCM_PUBLISHER).
    type: str
  axl_username:
    description:
      - Account for AXL and Control Center. Falls back to E(CUCM_AXL_USERNAME).
      - At least one of the two accounts is required.
    type: str
  axl_password:
    description: Password of O(axl_username). Falls back to E(CUCM_AXL_PASSWORD).
    type: str
  cli_username:
    description: Account for the platform command line by SSH. Falls back to E(CUCM_CLI_USERNAME).
    type: str
  cli_password:
    description: Password of O(cli_username). Falls back to E(CUCM_CLI_PASSWORD).
    type: str
  https_port:
    description: Port of the nodes' web server. Falls back to E(CUCM_HTTPS_PORT).
    type: int
    default: 8443
  ssh_port:
    description: Port of the nodes' SSH server. Falls back to E(CUCM_SSH_PORT).
    type: int
    default: 22
  validate_certs:
    description:
      - Whether the certificates of the nodes' web servers must verify. Falls back to E(CUCM_VALIDATE_CERTS).
      - V(false) sends the password to any server that answers at the address.
    type: bool
    default: true
  ca_path:
    description:
      - File with the certificates of the CA that signed the nodes' Tomcat certificates. Falls back to E(CUCM_CA_PATH).
      - Default is the CA bundle that comes with C(requests).
    type: path
  known_hosts:
    description:
      - File with the nodes' SSH host keys in OpenSSH format. Falls back to E(CUCM_KNOWN_HOSTS).
      - If a node has several keys, any of them is accepted except one on a C(@revoked) line. C(@cert-authority) lines are not supported.
    type: path
    default: ~/.ssh/known_hosts
  ssh_host_key:
    description:
      - The only accepted SSH host key of a node, as C(TYPE BASE64) or as its C(SHA256:...) fingerprint; node name to key.
      - A node named here is not looked up in O(known_hosts).
    type: dict
  node_addresses:
    description:
      - Addresses of nodes whose names in the cluster do not resolve on the controller, or that use other ports.
      - Node name to a mapping of C(address), C(https_port), C(ssh_port).
      - The certificate and the SSH host key of a node are checked against this address.
    type: dict
  timeout:
    description: Seconds for a connection, and for each answer of a web service. Falls back to E(CUCM_TIMEOUT).
    type: int
    default: 60
  cli_startup_timeout:
    description: Seconds from SSH login to the first C(admin:) prompt. Falls back to E(CUCM_CLI_STARTUP_TIMEOUT).
    type: int
    default: 180
  cli_command_timeout:
    description: Seconds for one reading command of the command line. Falls back to E(CUCM_CLI_COMMAND_TIMEOUT).
    type: int
    default: 120
  state_dir:
    description:
      - Directory for records that cannot be read from the cluster later, such as an answer that was sent and whose outcome is unknown, or
        a password that was refused in this run.
      - It must outlive the run; under AWX or Automation Controller, mount persistent storage. Falls back to E(CUCM_STATE_DIR).
      - A change is refused before it starts if the directory cannot be written.
      - It begins with V(/) or V(~). It must not be world-writable; a group that may write to it is trusted.
      - A record belongs to one cluster at one place, which is the publisher's name with the address and the ports given here. A
        cluster with the same key in its database at another place, such as a clone or a restored backup, is refused.
    type: path
    default: ~/.local/state/ucops.cucm
  state_moved_from:
    description:
      - The place in the cluster's record in O(state_dir), if the cluster has moved or is now addressed differently. The
        refusal shows the value to set here. The record then belongs to the new place.
      - No effect if the record is for the present place. Falls back to E(CUCM_STATE_MOVED_FROM).
    type: str
  lock_dir:
    description:
      - Directory on storage that all controllers share. A task that changes a cluster holds a lock file for it there, so that no two
        controllers change one cluster at once. Without it, only tasks of the same controller exclude each other.
      - The lock of a killed controller expires after a minute and is then taken over, with a warning.
      - It begins with V(/) or V(~). Falls back to E(CUCM_LOCK_DIR).
    type: path
  risport_rate:
    description:
      - How many requests a minute this controller sends to RisPort, which has the registrations of phones. Only what reads
        registrations sends any. Falls back to E(CUCM_RISPORT_RATE).
      - The cluster answers 15 by default (enterprise parameter Allowed Device Queries Per Minute) and 18 at most, from all its clients
        together; one has up to 1,000 phones. Leave monitoring systems their share.
      - Tasks and runs with the same O(state_dir) share it. At least 1.
    type: int
    default: 10
  perfmon_rate:
    description:
      - How many requests a minute this controller sends to PerfMon, which counts the registrations of each node; the cluster answers
        80 by default. Falls back to E(CUCM_PERFMON_RATE). At least 1.
    type: int
    default: 40
requirements:
  - Python >= 3.11
  - cryptography >= 42
  - paramiko >= 3.4 (when O(cli_username) is given)
  - requests >= 2.31 (when O(axl_username) is given)
notes:
  - Each connection option can be set in the inventory as a variable with the prefix C(cucm_), for example
    C(cucm_axl_username) or C(cucm_ca_path). The task and C(module_defaults) take precedence, then the C(environment) of the
    task, then the inventory, then the environment of Ansible itself.
  - The module runs on the controller and needs no Python on the nodes. If delegated to a host whose connection is not V(local), it is
    shipped to that host and runs there.
  - No task of a run sends a refused password again, because three refusals lock the account.
"""

    CHANGE = r"""
options:
  change_timeout:
    description:
      - Seconds for the whole dialogue of the changing command, and for how long the command (or an upload of certificates) may still run
        after the connection was lost.
      - Until this time has passed by both the controller's and the device's clock, only the desired state counts, and no other
        changing command is sent.
      - For a command of an earlier run, the longer of its own limit and this one applies.
      - At least 600. The duration of the commands is not published, and a command that counts as ended may be sent again.
    type: int
    default: 900
  settle_interval:
    description: Seconds of device time between the two equal readings that settle the outcome of an unconfirmed answer.
    type: float
    default: 30.0
  settle_timeout:
    description:
      - Seconds after which an unconfirmed answer stays unknown, counted from the end of C(change_timeout).
      - Also the longest time in seconds for which the publisher may be unreadable without a break.
    type: float
    default: 600.0
  poll_interval:
    description: Seconds between two readings while waiting.
    type: float
    default: 5.0
"""

    WAIT = r"""
options:
  wait_timeout:
    description: Seconds for the service to reach the desired state.
    type: float
    default: 600.0
  poll_interval:
    description: Seconds between two readings while waiting.
    type: float
    default: 5.0
  stable_for:
    description: Seconds for which the service must stay in the desired state without restarting.
    type: float
    default: 10.0
"""
