# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports Ansible and what the collection imports once, and forks a process for every run: C(python fork_server.py FD).

A run is the whole of C(ansible-playbook): its command line, its plugins, its workers, its inventory. What an import of
C(plugin_utils) or of a plugin makes, such as the key that tells one run from another, each run makes for itself.

Each request comes through the socket FD as a packet: the run as JSON (C(arguments), C(environment), C(directory)) with three
descriptors: where to answer, what to read, and where the output goes. The answers are the process's id and its exit status. What Ansible
reads of the environment while it is imported, the variables that begin with ANSIBLE_, has to be this process's.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import tempfile
import termios
import typing as t

from ansible.cli import playbook
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

_UTILS = "ansible_collections.ucops.cucm.plugins.module_utils"
_LARGEST = 200_000


def _preload() -> None:
    """Import what has no part in any run: C(module_utils), which knows nothing of Ansible, and the libraries it takes."""
    _AnsibleCollectionFinder(paths=[os.environ["ANSIBLE_COLLECTIONS_PATH"]])._install()
    root = importlib.import_module(_UTILS)
    for found in pkgutil.walk_packages(root.__path__, f"{_UTILS}."):
        importlib.import_module(found.name)
    # Each run sets up its own.
    _AnsibleCollectionFinder._remove()
    if of_runs := [name for name in sys.modules if ".plugin_utils" in name]:
        raise RuntimeError(f"what each run has to import for itself was imported for all: {of_runs}")


def _attend(request: dict[str, t.Any], answer: socket.socket, streams: t.Sequence[int]) -> None:
    """Fork the run, and answer for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if not pid:
        answer.close()
        _become(request, *streams)
    for stream in streams:
        os.close(stream)
    # Whoever asked may have gone.
    with contextlib.suppress(BrokenPipeError):
        answer.send(str(pid).encode())
        answer.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _become(request: dict[str, t.Any], given: int, output: int) -> t.NoReturn:
    """Be C(ansible-playbook), in a session of its own and with a terminal where standard input is one."""
    os.setsid()
    if os.isatty(given):
        fcntl.ioctl(given, termios.TIOCSCTTY, 0)
    for stream, number in ((given, 0), (output, 1), (output, 2)):
        os.dup2(stream, number)
    os.closerange(3, 64)
    sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, (0, 1, 2), ("r", "w", "w"))
    code: t.Any = 1
    try:
        os.environ.clear()
        os.environ.update(request["environment"])
        # Whoever asked for a temporary file while it was imported was not this run.
        tempfile.tempdir = None
        os.chdir(request["directory"])
        sys.argv = request["arguments"]
        playbook.main(sys.argv)
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # What the imports made, a directory for one, is for the next run too.
        os._exit(code if isinstance(code, int) else 1)


def main() -> None:
    """Serve until whoever asks has gone."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    _preload()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        packet, descriptors, _flags, _sender = socket.recv_fds(requests, _LARGEST, 3)
        if not packet:
            return
        answer, *streams = descriptors
        if not os.fork():
            requests.close()
            _attend(json.loads(packet), socket.socket(fileno=answer), streams)
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


if __name__ == "__main__":
    main()
