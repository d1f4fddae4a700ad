# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: JSON over HTTP on loopback, for tests and for the curious."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import referencing
from aiohttp import web

from . import __version__, control_set
from .control_set import Refusal
from .validation import best_error, json_path, schema

if TYPE_CHECKING:
    from .domain.cluster import LabCluster
    from .lab import Lab

SCHEMAS = ("topology", "fault", "set", "journal-entry", "cluster", "lab")


def _validator(name: str) -> jsonschema.Draft202012Validator:
    documents = [referencing.Resource.from_contents(schema(n)) for n in SCHEMAS]
    registry = referencing.Registry().with_resources((str(r.id()), r) for r in documents)
    return jsonschema.Draft202012Validator(schema(name), registry=registry)


@web.middleware
async def _errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        body = {"error": str(refusal), "where": refusal.where, "hint": refusal.hint}
        return web.json_response(body, status=refusal.status)
    except web.HTTPException as error:
        body = {"error": error.reason, "where": request.path, "hint": "GET / lists the paths."}
        return web.json_response(body, status=error.status)


class ControlServer:
    """The control API of a run."""

    def __init__(self, lab: Lab, port: int = 0) -> None:
        self._lab = lab
        self.port = port
        self._runner: web.AppRunner | None = None
        self._fault_schema = _validator("fault")
        self._set_schema = _validator("set")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on loopback. Raises OSError when the port is taken."""
        app = web.Application(middlewares=[_errors], client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/schemas/{name}", self._schema),
                web.get("/clusters", self._clusters),
                web.get("/clusters/{cluster}", self._state),
                web.get("/clusters/{cluster}/database", self._database),
                web.get("/clusters/{cluster}/phones", self._phones),
                web.get("/clusters/{cluster}/journal", self._journal),
                web.get("/clusters/{cluster}/texts", self._texts),
                web.get("/clusters/{cluster}/faults", self._faults),
                web.post("/clusters/{cluster}/faults", self._add_fault),
                web.delete("/clusters/{cluster}/faults/{id}", self._delete_fault),
                web.post("/clusters/{cluster}/reset", self._reset),
                web.post("/clusters/{cluster}/set", self._set),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    # -- requests ---------------------------------------------------------------------------------------

    def _cluster(self, request: web.Request) -> LabCluster:
        name = request.match_info["cluster"]
        if name not in self._lab.clusters:
            known = ", ".join(self._lab.clusters)
            raise Refusal(f"no cluster {name!r}", request.path, f"One of: {known}.", 404)
        return self._lab.clusters[name]

    async def _body(self, request: web.Request, validator: jsonschema.Draft202012Validator, name: str) -> Any:
        try:
            body = json.loads(await request.text())
        except ValueError as error:
            raise Refusal(f"the body is not JSON: {error}", "(body)", "Send a JSON object.") from None
        if problem := best_error(validator.iter_errors(body)):
            described = problem.schema.get("description") if isinstance(problem.schema, dict) else None
            hint = described or f"GET /schemas/{name}.json says what is allowed."
            raise Refusal(problem.message, json_path(problem.absolute_path), hint)
        return body

    async def _index(self, request: web.Request) -> web.Response:
        resources = ((r.method, r.resource) for r in request.app.router.routes() if r.method != "HEAD")
        app_paths = sorted({f"{method} {resource.canonical}" for method, resource in resources if resource})
        return web.json_response(
            {
                "name": "cucm-lab",
                "version": __version__,
                "pid": self._lab.describe()["pid"],
                "clusters": list(self._lab.clusters),
                "paths": app_paths,
                "schemas": [f"/schemas/{name}.json" for name in SCHEMAS],
            }
        )

    async def _schema(self, request: web.Request) -> web.Response:
        name = request.match_info["name"].removesuffix(".json").removesuffix(".schema")
        if name not in SCHEMAS:
            raise Refusal(f"no schema {name!r}", request.path, f"One of: {', '.join(SCHEMAS)}.", 404)
        return web.json_response(schema(name))

    async def _clusters(self, request: web.Request) -> web.Response:
        return web.json_response(
            {n: {"release": c.release, "nodes": list(c.nodes)} for n, c in self._lab.clusters.items()}
        )

    async def _state(self, request: web.Request) -> web.Response:
        cluster = self._cluster(request)
        state: dict[str, Any] = cluster.as_dict()
        for name, server in self._lab.servers[cluster.name].items():
            state["nodes"][name]["cli_sessions"] = server.cli.sessions
        return web.json_response(state)

    async def _journal(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdigit():
            raise Refusal(f"since={since!r} is not a number", "since", "Give the seq of the last entry seen.")
        entries = self._cluster(request).journal.entries(int(since))
        return web.json_response([entry.as_dict() for entry in entries])

    async def _database(self, request: web.Request) -> web.Response:
        return web.json_response(self._cluster(request).database.dump())

    async def _phones(self, request: web.Request) -> web.Response:
        return web.json_response(self._cluster(request).phones.described(request.query.get("names", "*")))

    async def _texts(self, request: web.Request) -> web.Response:
        return web.json_response(self._cluster(request).texts.described())

    async def _faults(self, request: web.Request) -> web.Response:
        return web.json_response([fault.as_dict() for fault in self._cluster(request).faults.list()])

    async def _add_fault(self, request: web.Request) -> web.Response:
        cluster = self._cluster(request)
        spec = await self._body(request, self._fault_schema, "fault")
        for where, name in (("node", spec.get("node")), ("match.node", spec.get("match", {}).get("node"))):
            if name is not None and not any(c in name for c in "*?[") and name not in cluster.nodes:
                raise Refusal(f"no node {name!r}", where, f"One of: {', '.join(cluster.nodes)}.")
        fault = cluster.faults.add(spec)
        return web.json_response({"id": fault.id}, status=201)

    async def _delete_fault(self, request: web.Request) -> web.Response:
        text = request.match_info["id"]
        if not text.isdigit() or not self._cluster(request).faults.remove(int(text)):
            raise Refusal(f"no fault {text!r}", request.path, "GET .../faults lists them.", 404)
        return web.json_response({"deleted": int(text)})

    async def _reset(self, request: web.Request) -> web.Response:
        cluster = self._cluster(request)
        await self._lab.reset(cluster.name)
        return web.json_response({"reset": cluster.name})

    # -- set --------------------------------------------------------------------------------------------

    async def _set(self, request: web.Request) -> web.Response:
        cluster = self._cluster(request)
        body = await self._body(request, self._set_schema, "set")
        control_set.check(cluster, body)
        await control_set.apply(cluster, body, self._lab.servers[cluster.name], self._lab.keys)
        return web.json_response({"set": sorted(body)})
