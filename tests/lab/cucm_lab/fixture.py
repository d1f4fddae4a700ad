# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab inside a test run: in a thread of its own, as a context manager or as pytest fixtures.

Installed as a pytest plugin. Fixtures: ``cucm_lab_start``, ``cucm_lab_topology``, ``cucm_lab``, ``cucm_cluster``.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from . import topology as topologies

# Real seconds, far more than anything takes on the busiest machine: it ends what hangs, and judges nothing.
HANGS_AFTER = 300.0

THREE_NODES: dict[str, Any] = {
    "time_scale": 50,
    "clusters": [
        {
            "name": "lab",
            "release": "14",
            "nodes": [
                {"name": "cucm-pub", "role": "publisher"},
                {"name": "cucm-sub1"},
                {"name": "cucm-sub2", "services": ["Cisco CallManager", "Cisco CTIManager"]},
            ],
        }
    ],
}
"""The default topology of the fixtures: as ``three-nodes.yml``, faster."""


class ControlError(Exception):
    """The control API refused. ``status`` and ``body`` are its answer."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class ClusterHandle:
    """One cluster of a running lab, through the control API."""

    def __init__(self, lab: RunningLab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.info: dict[str, Any] = lab.info["clusters"][name]

    @property
    def publisher(self) -> dict[str, Any]:
        """``name``, ``address``, ``https_port``, ``ssh_port``, ``role`` of the publisher."""
        return self.node(self.info["publisher"])

    def node(self, name: str) -> dict[str, Any]:
        return {"name": name, **self.info["nodes"][name]}

    def account(self, kind: str, privilege: int = 4) -> dict[str, Any]:
        """The first account of this kind and privilege, with its password."""
        return next(a for a in self.info["accounts"] if (a["kind"], a["privilege"]) == (kind, privilege))

    def _call(self, method: str, path: str = "", body: Any = None) -> Any:
        return self.lab.call(method, f"/clusters/{self.name}{path}", body)

    def state(self) -> dict[str, Any]:
        return self._call("GET")

    def database(self) -> dict[str, Any]:
        """Every table without times, rows sorted."""
        return self._call("GET", "/database")

    def phones(self, names: str = "*") -> list[dict[str, Any]]:
        """The simulated phones whose names fit a shell glob."""
        return self._call("GET", f"/phones?names={quote(names)}")

    def journal(self, since: int = 0, **wanted: Any) -> list[dict[str, Any]]:
        """Entries after ``since``; keywords (``kind="http"``, ``changing=True``) select."""
        entries = self._call("GET", f"/journal?since={since}")
        return [e for e in entries if all(e[key] == value for key, value in wanted.items())]

    @property
    def last_seq(self) -> int:
        return self.state()["journal"]["last_seq"]

    def fault(self, fault: str, **spec: Any) -> int:
        """Inject a fault; returns its id."""
        return self._call("POST", "/faults", {"fault": fault, **spec})["id"]

    def faults(self) -> list[dict[str, Any]]:
        return self._call("GET", "/faults")

    def release(self, fault_id: int) -> None:
        """Take a fault back; what it holds goes on."""
        self._call("DELETE", f"/faults/{fault_id}")

    @contextmanager
    def faulty(self, fault: str, **spec: Any) -> Iterator[int]:
        """A fault for the length of a block."""
        fault_id = self.fault(fault, **spec)
        try:
            yield fault_id
        finally:
            self.release(fault_id)

    def wait_hit(self, fault_id: int, timeout_s: float = HANGS_AFTER) -> None:
        """Wait until a fault has acted. Raises TimeoutError after so many real seconds."""
        self.wait(lambda: any(f["id"] == fault_id and f["hit"] for f in self.faults()), timeout_s)

    @staticmethod
    def wait(condition: Callable[[], Any], timeout_s: float = HANGS_AFTER) -> Any:
        """Wait until the condition is true and return what it gave. Raises TimeoutError after so many real seconds."""
        deadline = time.monotonic() + timeout_s
        while not (result := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError("the condition did not come true")
            time.sleep(0.02)
        return result

    def set(self, **sections: Any) -> None:
        """Play the administrator: ``set(licence={...}, nodes={...})``."""
        self._call("POST", "/set", sections)

    def reset(self) -> None:
        """Back to the topology's state; the journal is empty and no fault is left."""
        self._call("POST", "/reset")


class RunningLab:
    """A lab that runs in a thread of this process. Use as a context manager, or call :meth:`stop`."""

    def __init__(
        self,
        topology: str | Path | dict[str, Any],
        directory: str | Path,
        *,
        time_scale: float | None = None,
        free_ports: bool = True,
    ) -> None:
        """Start; returns when everything listens.

        Raises TopologyError and LabError. ``free_ports`` (default) lets several labs live side by side.
        """
        if isinstance(topology, dict):
            self._topology = topologies.parse(json.loads(json.dumps(topology)))
        else:
            self._topology = topologies.load(topology)
        self.directory = Path(directory)
        self._options: dict[str, Any] = {"time_scale": time_scale, "free_ports": free_ports}
        self._ready = threading.Event()
        self._problem: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="cucm-lab", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._problem:
            self._thread.join()
            raise self._problem
        self.info: dict[str, Any] = json.loads((self.directory / "lab.json").read_text("utf-8"))
        self.clusters = {name: ClusterHandle(self, name) for name in self.info["clusters"]}

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._problem = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from .lab import Lab, RunDirectory

        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        directory = RunDirectory(self.directory)
        try:
            lab = Lab(self._topology, directory, **self._options)
            await lab.start()
        except BaseException:
            directory.release()
            raise
        self._ready.set()
        await self._stop.wait()
        await lab.stop()

    def stop(self) -> None:
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(15)

    def __enter__(self) -> RunningLab:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def control_url(self) -> str:
        return self.info["control_url"]

    @property
    def inventory(self) -> Path:
        return self.directory / "inventory.yml"

    @property
    def ca_path(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the control API. Raises ControlError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(error.code, json.load(error)) from None


@pytest.fixture(scope="session")
def cucm_lab_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningLab]]:
    """Start labs: ``cucm_lab_start(topology, time_scale=None, free_ports=True)``; all stop with the session."""
    running: list[RunningLab] = []

    def start(topology: str | Path | dict[str, Any], **options: Any) -> RunningLab:
        lab = RunningLab(topology, tmp_path_factory.mktemp("cucm-lab"), **options)
        running.append(lab)
        return lab

    yield start
    for lab in running:
        lab.stop()


@pytest.fixture(scope="session")
def cucm_lab_topology() -> str | Path | dict[str, Any]:
    """What ``cucm_lab`` runs; override it in the topmost conftest.py: a session has one ``cucm_lab``."""
    return THREE_NODES


@pytest.fixture(scope="session")
def cucm_lab(
    cucm_lab_start: Callable[..., RunningLab], cucm_lab_topology: str | Path | dict[str, Any]
) -> RunningLab:
    """One lab for the whole session."""
    return cucm_lab_start(cucm_lab_topology)


@pytest.fixture
def cucm_cluster(cucm_lab: RunningLab) -> ClusterHandle:
    """The first cluster of ``cucm_lab``, reset."""
    cluster = next(iter(cucm_lab.clusters.values()))
    cluster.reset()
    return cluster
