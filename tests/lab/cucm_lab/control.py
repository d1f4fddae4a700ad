# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: JSON over HTTP on loopback, for tests and for the curious."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import referencing
from aiohttp import web

from . import __version__
from .domain import administrator, free_texts, roles
from .domain.certificates import new_ssh_host_keys, read_pem
from .domain.settings import DEFAULT_TIMINGS
from .domain.trust_stores import TrustStore
from .platform_cli.settings import BadSetting
from .platform_cli.settings import check as check_cli_settings
from .texts import Texts
from .topology import best_error, json_path, not_xml, schema

if TYPE_CHECKING:
    from .domain.cluster import LabCluster
    from .lab import Lab

SCHEMAS = ("topology", "fault", "set", "journal-entry", "cluster", "lab")


class Refusal(Exception):
    """A request that cannot be carried out: what is wrong, where, what to do."""

    def __init__(self, error: str, where: str, hint: str, status: int = 400) -> None:
        super().__init__(error)
        self.where, self.hint, self.status = where, hint, status


def _renewing(body: dict[str, Any]) -> list[str]:
    """The nodes whose Tomcat certificates a ``set`` renews: one name or a list."""
    wanted = body.get("renew_tomcat", [])
    return [wanted] if isinstance(wanted, str) else wanted


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
        self._check(cluster, body)
        await self._apply(cluster, body)
        return web.json_response({"set": sorted(body)})

    def _check(self, cluster: LabCluster, body: dict[str, Any]) -> None:
        if place := next(not_xml({name: body[name] for name in body if name not in ("texts", "cli")}), None):
            raise Refusal("has a character that XML 1.0 has not", json_path(place), "Leave it out.")
        for section in (
            "services",
            "ctl",
            "replication",
            "auto_registration",
            "nodes",
            "trust_stores",
            "ports",
        ):
            for name in body.get(section, {}):
                if name not in cluster.nodes:
                    raise Refusal(
                        f"no node {name!r}", f"{section}.{name}", f"One of: {', '.join(cluster.nodes)}."
                    )
        for node, services in body.get("services", {}).items():
            for name, wanted in services.items():
                where = f"services.{node}.{name}"
                service = cluster.nodes[node].find_service(name)
                if service is None:
                    known = ", ".join(s.name for s in cluster.nodes[node].listed_services())
                    raise Refusal(f"no service {name!r}", where, f"One of: {known}.")
                if "activated" in wanted and not service.deployable:
                    raise Refusal(
                        f"{name} is a network service", f"{where}.activated", "Only feature services can be."
                    )
                if wanted.get("started_at"):
                    try:
                        datetime.fromisoformat(wanted["started_at"])
                    except ValueError as error:
                        raise Refusal(str(error), f"{where}.started_at", "Give an ISO time.") from None
        for node, stores in body.get("trust_stores", {}).items():
            for name, texts in stores.items():
                where = f"trust_stores.{node}.{name}"
                if name not in cluster.nodes[node].trust_stores:
                    known = ", ".join(cluster.nodes[node].trust_stores)
                    raise Refusal(f"no trust store {name!r}", where, f"One of: {known}.")
                for number, text in enumerate(texts):
                    if read_pem(text) is None:
                        raise Refusal("is not one certificate", f"{where}[{number}]", "Give a PEM text.")
        for name in _renewing(body):
            if name not in cluster.nodes:
                known = ", ".join(cluster.nodes)
                raise Refusal(f"no node {name!r}", "renew_tomcat", f"One of: {known}.")
        try:
            administrator.check(cluster, body)
        except administrator.Impossible as problem:
            raise Refusal(str(problem), problem.where, problem.hint) from None
        for name in body.get("accounts", {}):
            if not any(a.username == name for a in cluster.accounts):
                known = ", ".join(a.username for a in cluster.accounts)
                raise Refusal(f"no account {name!r}", f"accounts.{name}", f"One of: {known}.")
        for name in body.get("timings", {}):
            if name not in DEFAULT_TIMINGS:
                known = ", ".join(DEFAULT_TIMINGS)
                raise Refusal(f"no timing {name!r}", f"timings.{name}", f"One of: {known}.")
        for where, settings in (
            ("cli", body.get("cli", {})),
            *((f"nodes.{name}.cli", wanted.get("cli", {})) for name, wanted in body.get("nodes", {}).items()),
        ):
            try:
                check_cli_settings(settings)
            except BadSetting as error:
                raise Refusal(
                    str(error), f"{where}.{error.name}", "See cucm_lab/platform_cli/settings.py."
                ) from None
        for name, text in body.get("texts", {}).items():
            try:
                Texts({name: text})
            except Exception as error:
                raise Refusal(
                    f"{type(error).__name__}: {error}", f"texts.{name}", "GET .../texts lists them."
                ) from None

    async def _apply(self, cluster: LabCluster, body: dict[str, Any]) -> None:
        for name, value in body.get("database", {}).get("processconfig", {}).items():
            cluster.database.set_process_config(name, value)
        if "licence" in body:
            cluster.licence = replace(cluster.licence, **body["licence"])
            cluster.update_licence_rows()
        administrator.apply(cluster, body)
        cluster.image = body.get("image", cluster.image)
        if body.get("ssh", cluster.ssh) != cluster.ssh:
            cluster.ssh = body["ssh"]
            for servers in self._lab.servers[cluster.name].values():
                await servers.restart_cli()
        for node, services in body.get("services", {}).items():
            for name, wanted in services.items():
                self._play_service(cluster, node, name, wanted)
        # One moment for all nodes: a cluster's nodes have copies of one file.
        moment = cluster.clock.now()
        for node, what in body.get("ctl", {}).items():
            cluster.play_ctl(node, what, moment)
        for node, values in body.get("replication", {}).items():
            cluster.nodes[node].replication = replace(cluster.nodes[node].replication, **values)
        for node, enabled in body.get("auto_registration", {}).items():
            cluster.database.execute(
                "update callmanager set autoregistrationenabled = ? where fkprocessnode = ?",
                ("t" if enabled else "f", cluster.nodes[node].pkid),
            )
        for name, wanted in body.get("accounts", {}).items():
            for account in cluster.accounts:
                if account.username == name:
                    for key, value in wanted.items():
                        setattr(account, key, value)
                    if wanted.get("state") == "active":
                        account.failures, account.locked_until = 0, None
        if "accounts" in body:
            roles.fill(cluster)
        for name, text in body.get("texts", {}).items():
            cluster.texts.replace(name, text)
        cluster.timings.update(body.get("timings", {}))
        cluster.cli.update(body.get("cli", {}))
        cluster.axl.update(body.get("axl", {}))
        cluster.certificate_api.update(body.get("certificate_api", {}))
        for node, stores in body.get("trust_stores", {}).items():
            for name, texts in stores.items():
                wanted_certificates = [each for text in texts if (each := read_pem(text))]
                cluster.nodes[node].trust_stores[name] = TrustStore(name, wanted_certificates)
        for name in _renewing(body):
            cluster.renew_tomcat(cluster.nodes[name])
            self._lab.servers[cluster.name][name].show_tls()
        if "free_texts" in body:
            free_texts.put(cluster, body["free_texts"])
            for servers in self._lab.servers[cluster.name].values():
                servers.show_tls()
        for name, wanted in body.get("nodes", {}).items():
            servers = self._lab.servers[cluster.name][name]
            if "tls_certificate" in wanted:
                servers.set_tls(wanted["tls_certificate"])
            if "ssh_host_key" in wanted:
                await servers.set_ssh(new_ssh_host_keys(self._lab.keys.fresh()))
            servers.node.own_cli.update(wanted.get("cli", {}))
            if "up" in wanted:
                servers.node.up = wanted["up"]
                await servers.reconcile()

    @staticmethod
    def _play_service(cluster: LabCluster, node_name: str, name: str, wanted: dict[str, Any]) -> None:
        node = cluster.nodes[node_name]
        service = node.services[name]
        if service.transition and not service.transition.done():
            service.transition.cancel()
        status = wanted.get("status")
        if "activated" in wanted:
            node.set_service_row_active(service.kind, wanted["activated"])
            status = status or ("Started" if wanted["activated"] else "Stopped")
        if status == "Started":
            service.begin(cluster.clock.now())
        elif status:
            service.status, service.started_at = status, None
        if "status" in wanted:
            service.stopped_by_operator = wanted["status"] == "Stopped"
        if wanted.get("started_at"):
            moment = datetime.fromisoformat(wanted["started_at"])
            service.started_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        node.status_changed(service)
