# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a module reaches the cluster."""

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
      - At least one of the two accounts is needed.
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
      - Whether the nodes' web server certificates must verify. Falls back to E(CUCM_VALIDATE_CERTS).
      - Switching it off sends the password to whoever answers at the address.
    type: bool
    default: true
  ca_path:
    description:
      - File with the certificates of the CA that signed the nodes' Tomcat certificates. Falls back to E(CUCM_CA_PATH).
      - Default is the CA bundle that comes with C(requests).
    type: path
  known_hosts:
    description:
      - File with the nodes' SSH host keys, as OpenSSH has it. Falls back to E(CUCM_KNOWN_HOSTS).
      - Of several keys of a node any is right, but for one that a C(@revoked) line names. C(@cert-authority) lines are not supported.
    type: path
    default: ~/.ssh/known_hosts
  ssh_host_key:
    description:
      - The one SSH host key expected of a node, as C(TYPE BASE64) or as its C(SHA256:...) fingerprint; node name to key.
      - A node named here is not looked up in O(known_hosts).
    type: dict
  node_addresses:
    description:
      - Where nodes are reached whose name as the cluster lists it does not resolve from here, or who use other ports.
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
      - Directory for what cannot be read from the cluster any more, such as that an answer was sent whose outcome is not known yet, or
        that a password was refused in this run.
      - It must outlive the run; under AWX or Automation Controller mount persistent storage. Falls back to E(CUCM_STATE_DIR).
      - A changing dialogue refuses to start when it cannot be written.
      - It begins with V(/) or V(~). It must not be writable by everybody; a group that may write to it is trusted.
      - A record belongs to one cluster at one place, which is the publisher's name with the address and the ports given here. A
        cluster with the same key in its database somewhere else, such as a clone or a restored backup, is refused.
    type: path
    default: ~/.local/state/ucops.cucm
  state_moved_from:
    description:
      - The place that the cluster's record in O(state_dir) names, when the cluster has moved or is addressed in another way now. The
        refusal shows it as it is to be given here. The record then belongs to the new place.
      - Without effect when the record is of the present place. Falls back to E(CUCM_STATE_MOVED_FROM).
    type: str
  lock_dir:
    description:
      - Directory on storage that all controllers share. A task that changes a cluster holds a file there that names it, so that no two
        controllers change one cluster at once. Without it only tasks of one controller are held off from each other.
      - What a killed controller leaves there expires after a minute and is taken over, with a warning.
      - It begins with V(/) or V(~). Falls back to E(CUCM_LOCK_DIR).
    type: path
requirements:
  - Python >= 3.11
  - cryptography >= 42
  - paramiko >= 3.4 (when O(cli_username) is given)
  - requests >= 2.31 (when O(axl_username) is given)
notes:
  - Each of the options that say how the cluster is reached may be in the inventory as a variable of its name after C(cucm_), for example
    C(cucm_axl_username) or C(cucm_ca_path). What the task or C(module_defaults) gives comes first, then the C(environment) of the
    task, then the inventory, then the environment of Ansible itself.
  - The module runs in the controller and needs no Python on the nodes. Delegated to a host whose connection is not V(local), it is
    shipped there and runs there.
  - A password that was refused is not sent again in the same run, by whatever task, because three refusals lock the account.
"""

    CHANGE = r"""
options:
  change_timeout:
    description:
      - Seconds for the whole dialogue of the changing command, and how long the command (or an upload of certificates) may be at work
        after the connection was lost.
      - Until they have passed since it was sent, only the wanted state counts, and no other changing command is sent. The
        controller's and the device's clock must both say so.
      - What an earlier run sent has the longer of its own limit and this one.
      - At least 600. How long the commands take was published nowhere, and one that is thought to have ended may be sent again.
    type: int
    default: 900
  settle_interval:
    description: Seconds of device time between the two equal readings that settle what became of an unconfirmed answer.
    type: float
    default: 30.0
  settle_timeout:
    description:
      - Seconds after which an unconfirmed answer stays unknown. They begin when C(change_timeout) has passed since it was sent.
      - Also the seconds on end for which the publisher may be unreadable meanwhile.
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
    description: Seconds the service is given to reach the wanted state.
    type: float
    default: 600.0
  poll_interval:
    description: Seconds between two readings while waiting.
    type: float
    default: 5.0
  stable_for:
    description: Seconds the service must stay in the wanted state without starting anew.
    type: float
    default: 10.0
"""
