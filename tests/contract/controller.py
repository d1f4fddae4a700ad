# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of the API of AWX as setting it up needs: named objects, associations, and the refusals that people meet.

It keeps what it is sent and counts what changes it. The rules are those of AWX 24.6: which environment variables a
credential type may set, what a recurrence rule must say, that a job template's playbook has to be in its project, that a
secret is never shown again.
"""

from __future__ import annotations

import json
import re
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import jinja2

Json = dict[str, t.Any]

ENCRYPTED = "$encrypted$"
KINDS = (
    "organizations",
    "credential_types",
    "credentials",
    "execution_environments",
    "projects",
    "inventories",
    "inventory_sources",
    "notification_templates",
    "instance_groups",
    "job_templates",
    "schedules",
)
TEMPLATES = ("projects", "inventory_sources", "job_templates")
"""What can be scheduled, in one namespace."""
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "credential": "credentials",
    "project": "projects",
    "source_project": "projects",
    "inventory": "inventories",
    "execution_environment": "execution_environments",
    "default_environment": "execution_environments",
}
MAIL = {
    "host": str,
    "port": int,
    "username": str,
    "password": str,
    "use_tls": bool,
    "use_ssl": bool,
    "sender": str,
    "recipients": list,
    "timeout": int,
}


class Refused(Exception):
    """A request is answered with status 400 and these reasons by field."""

    def __init__(self, **reasons: str) -> None:
        super().__init__(str(reasons))
        self.reasons = {field: [reason] for field, reason in reasons.items()}


class Controller:
    """The objects of a controller, and the requests that changed them.

    Args:
        playbooks: The playbooks that every project turns out to hold once it is fetched.
    """

    def __init__(self, playbooks: t.Sequence[str]) -> None:
        self._playbooks = playbooks
        self._objects: dict[int, Json] = {}
        self._associations: dict[tuple[int, str], list[int]] = {}
        self.changes: list[tuple[str, str, Json]] = []
        self.tokens: set[str] = set()
        self.make("organizations", {"name": "Default"})

    def objects(self, kind: str) -> dict[str, Json]:
        """Return what was made of a kind, with its secrets, by name."""
        return {each["name"]: each for each in self._objects.values() if each["_kind"] == kind}

    def associated(self, kind: str, name: str, association: str) -> list[str]:
        """Return the names of the objects that are associated with one."""
        ids = self._associations.get((self.objects(kind)[name]["id"], association), [])
        return [self._objects[each]["name"] for each in ids]

    def find(self, kinds: t.Collection[str], query: t.Mapping[str, str]) -> list[Json]:
        """Return the objects that a query string asks for."""
        either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
        all_of = {key: value for key, value in query.items() if not key.startswith("or__")}
        return [
            each
            for each in self._objects.values()
            if each["_kind"] in kinds
            and all(str(each.get(key)) == value for key, value in all_of.items())
            and (not either or any(str(each.get(key)) == value for key, value in either.items()))
        ]

    def make(self, kind: str, fields: Json) -> Json:
        """Make an object.

        Raises:
            Refused: AWX would not take it.
        """
        self._judge(kind, fields)
        identity = len(self._objects) + 1
        made = {**fields, "id": identity, "_kind": kind}
        self._objects[identity] = made
        return made

    def change(self, identity: int, fields: Json) -> Json:
        """Change an object; see C(make)."""
        found = self._objects[identity]
        self._judge(found["_kind"], {**found, **fields})
        found.update(fields)
        return found

    def associate(self, identity: int, association: str, other: int, remove: bool) -> None:
        """Associate two objects, or no longer."""
        members = self._associations.setdefault((identity, association), [])
        if remove:
            members.remove(other)
            return
        if association == "credentials":
            types = [self._objects[each]["credential_type"] for each in members]
            if self._objects[other]["credential_type"] in types:
                raise Refused(error="Cannot assign multiple credentials of one type.")
        members.append(other)

    def members(self, identity: int, association: str) -> list[Json]:
        """Return what is associated with an object."""
        return [self._objects[each] for each in self._associations.get((identity, association), [])]

    def shown(self, found: Json) -> Json:
        """Return an object as the API shows it."""
        kind, identity = found["_kind"], found["id"]
        url = f"/api/v2/{kind}/{identity}/"
        answer = {key: value for key, value in found.items() if key != "_kind"}
        answer |= {"url": url, "type": kind.rstrip("s"), "related": {}, "summary_fields": {}}
        if kind == "credentials":
            secret = {
                field["id"]
                for field in self._objects[found["credential_type"]]["inputs"]["fields"]
                if field.get("secret")
            }
            answer["inputs"] = {
                key: ENCRYPTED if key in secret else value for key, value in found["inputs"].items()
            }
        if kind == "notification_templates":
            configuration = dict(found["notification_configuration"])
            configuration["password"] = configuration["password"] and ENCRYPTED
            answer["notification_configuration"] = configuration
        if kind == "projects":
            answer |= {"scm_revision": "f00", "summary_fields": {"current_update": {"id": identity}}}
        return answer

    def _judge(self, kind: str, fields: Json) -> None:
        for field, other in REFERENCES.items():
            value = fields.get(field)
            if value is not None and self._objects.get(value, {}).get("_kind") != other:
                raise Refused(**{field: f"Invalid pk {value!r}."})
        judge = getattr(self, f"_judge_{kind}", None)
        if judge is not None:
            judge(fields)

    def _judge_credential_types(self, fields: Json) -> None:
        if fields["kind"] not in ("cloud", "net"):
            raise Refused(kind="Must be 'cloud' or 'net'.")
        known = {field["id"]: "EXAMPLE" for field in fields["inputs"]["fields"]}
        if not set(fields["inputs"].get("required", [])) <= set(known):
            raise Refused(inputs="A required field is not defined.")
        if not set(fields["injectors"]) <= {"file", "env", "extra_vars"}:
            raise Refused(injectors="Unknown injector.")
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        for name, template in fields["injectors"].get("env", {}).items():
            if name.startswith("ANSIBLE_") or name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV"):
                raise Refused(injectors=f"Environment variable {name} is not allowed.")
            if not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", name) or not template.isascii():
                raise Refused(injectors="Schema validation error.")
            try:
                environment.from_string(template).render(known)
            except jinja2.UndefinedError as error:
                raise Refused(injectors=f"{name} uses an undefined field ({error})") from error

    def _judge_credentials(self, fields: Json) -> None:
        inputs = self._objects[fields["credential_type"]]["inputs"]
        if unknown := set(fields["inputs"]) - {field["id"] for field in inputs["fields"]}:
            raise Refused(inputs=f"Invalid fields: {', '.join(sorted(unknown))}")

    def _judge_job_templates(self, fields: Json) -> None:
        if fields["playbook"] not in self._playbooks:
            raise Refused(playbook="Playbook not found for project.")

    def _judge_notification_templates(self, fields: Json) -> None:
        configuration = fields["notification_configuration"]
        if set(configuration) != set(MAIL):
            raise Refused(notification_configuration="Missing or unexpected fields.")
        wrong = [key for key, type_ in MAIL.items() if not isinstance(configuration[key], type_)]
        if wrong:
            raise Refused(notification_configuration=f"Incorrect type of {', '.join(wrong)}.")
        messages = fields.get("messages") or {}
        if not set(messages) <= {"started", "success", "error"}:
            raise Refused(messages="Unknown event.")
        if any("\n" in each.get("message", "") for each in messages.values()):
            raise Refused(messages="Messages cannot contain newlines.")

    def _judge_schedules(self, fields: Json) -> None:
        rule = fields["rrule"]
        if len(re.findall(r"DTSTART(;TZID=[^:]+:\d{8}T\d{6} |:\d{8}T\d{6}Z )", rule)) != 1:
            raise Refused(rrule="Valid DTSTART with a time zone required in rrule.")
        if "RRULE:" not in rule or "INTERVAL=" not in rule:
            raise Refused(rrule="RRULE with INTERVAL required in rrule.")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, query = self._asked()
        controller = self.server.controller
        match path:
            case ["unified_job_templates"]:
                self._list(controller.find(TEMPLATES, query))
            case [kind] if kind in KINDS:
                self._list(controller.find((kind,), query))
            case ["project_updates", _identity]:
                self._answer(200, {"status": "successful"})
            case [kind, identity, association] if kind in KINDS:
                self._list(controller.members(int(identity), association))
            case _:
                self._answer(404, {"detail": "Not found."})

    def do_POST(self) -> None:
        path, _query = self._asked()
        body = self._changing(path)
        controller = self.server.controller
        match path:
            case [kind] if kind in KINDS:
                self._attempt(201, lambda: controller.shown(controller.make(kind, body)))
            case [_kind, identity, association]:
                self._attempt(
                    204,
                    lambda: controller.associate(
                        int(identity), association, body["id"], body.get("disassociate", False)
                    ),
                )
            case _:
                self._answer(404, {"detail": "Not found."})

    def do_PATCH(self) -> None:
        path, _query = self._asked()
        body = self._changing(path)
        controller = self.server.controller
        self._attempt(200, lambda: controller.shown(controller.change(int(path[1]), body)))

    def log_message(self, format: str, *args: t.Any) -> None:
        """Say nothing."""

    def _asked(self) -> tuple[list[str], dict[str, str]]:
        url = urlsplit(self.path)
        self.server.controller.tokens.add(self.headers.get("Authorization", ""))
        assert url.path.startswith("/api/v2/"), url.path
        return url.path.removeprefix("/api/v2/").strip("/").split("/"), dict(parse_qsl(url.query))

    def _changing(self, path: list[str]) -> Json:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.controller.changes.append((self.command, "/".join(path), body))
        return body

    def _list(self, found: list[Json]) -> None:
        shown = [self.server.controller.shown(each) for each in found]
        self._answer(200, {"count": len(shown), "next": None, "results": shown})

    def _attempt(self, status: int, act: t.Callable[[], Json | None]) -> None:
        try:
            self._answer(status, act())
        except Refused as refused:
            self._answer(400, refused.reasons)

    def _answer(self, status: int, body: Json | None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    def __init__(self, controller: Controller) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.controller = controller


class Serving:
    """Serves a controller on loopback while it is entered; C(url) is where."""

    def __init__(self, controller: Controller) -> None:
        self._server = _Server(controller)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
