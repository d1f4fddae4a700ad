# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Peers that misbehave at one step of a protocol, over real sockets.

C(sockets) serves connections by a function, in threads, and has the ways to end one; it knows no protocol, so that a server
for another one (TLS, HTTP) is a further file beside C(ssh). C(ssh) is an SSH server and a platform command line that goes
wrong at one step.
"""
