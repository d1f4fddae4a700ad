# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AXL's add, update and remove do to which row, and what they refuse: pure but for reading the database.

Only what a request carries becomes different. Which refusals the real system has beyond the schema is mostly not
public; their texts say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..domain.configuration import DEFAULTS, ELEMENTS, PORTS, BadValue, column, profile_columns
from ..domain.database import ENTERPRISE_WIDE_SERVICE, Change, new_pkid
from ..domain.models import MODELS
from ..domain.type_tables import Types
from .axl_devices import update_phone
from .axl_faults import AxlFault, duplicate, not_found, still_used
from .axl_schema import Values, defaults, writes
from .axl_settings import AxlSettings

if TYPE_CHECKING:
    from ..domain.cluster import LabCluster

CLI_ONLY = ("ClusterSecurityMode", "ClusterSIPOAuthMode")
"""Enterprise parameters that are shown, and set by the CLI ([D] wire-facts 2.3)."""
FIRST_PORT, LAST_PORT = 1024, 49151
"""[D] wire-facts 2.2 for the OAuth ports; that it holds for the others is [R]."""

Row = dict[str, Any]
Add = Callable[["LabCluster", Values, str], Change]
"""Cluster, what the request carries, schema version."""
Alter = Callable[["LabCluster", Values, Row], Change]
"""Cluster, what the request carries, the row its key names."""


def _true(text: str | None) -> bool:
    return text in ("t", "true", "1")


def _different(row: Row, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if row.get(name) != value}


def _update(what: str, name: str, table: str, row: Row, columns: Mapping[str, Any]) -> Change:
    return Change(what, "update", name, table, row["pkid"], _different(row, columns))


def _check_free(
    cluster: LabCluster, table: str, column_name: str, value: str, row: Row | None = None
) -> None:
    taken = cluster.database.value(f"select pkid from {table} where {column_name} = ?", (value,))
    if taken is not None and (row is None or taken != row["pkid"]):
        raise duplicate()


def _free_pkid(cluster: LabCluster, table: str, name: str) -> str:
    """The pkid of a new row: the same for the same name again, so that databases can be compared."""
    names = [cluster.key, table, name]
    # A row that was renamed keeps its own.
    while cluster.database.value(f"select 1 from {table} where pkid = ?", (new_pkid(*names),)):
        names.append("again")
    return new_pkid(*names)


def _not_empty(element: str, value: str | None) -> str:
    if not value:
        raise AxlFault(-1, "axl.empty", name=element)
    return value


# -- parameters -------------------------------------------------------------------------------------------------

_PARAMETERS = {"double": r"[+-]?(\d+(\.\d*)?|\.\d+)", "long": r"[+-]?\d+", "string": r"(?s:.*)"}
_TRUE, _FALSE = ("T", "t", "true", "1"), ("F", "f", "false", "0")


def parameter_value(name: str, kind: str, value: str | None) -> str:
    """What is stored for a value; a boolean is stored as T or F ([R]). Raises AxlFault when it is none of its type."""
    text = value or ""
    if kind == "boolean":
        if text in (*_TRUE, *_FALSE):
            return "T" if text in _TRUE else "F"
    elif re.fullmatch(_PARAMETERS[kind], text):
        return text
    raise AxlFault(-1, "axl.parameter_value", name=name, value=text, kind=kind)


def update_parameter(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``updateServiceParameter``."""
    name = row["paramname"]
    if row["tkservice"] == ENTERPRISE_WIDE_SERVICE and name in CLI_ONLY:
        raise AxlFault(-1, "axl.cli_only", name=name)
    columns = {}
    if "value" in given:
        kind = cluster.types.word("typeparam", row["tkparam"])
        columns["paramvalue"] = parameter_value(name, kind, given["value"])
    return _update("service_parameter", name, "processconfig", row, columns)


# -- CallManager ------------------------------------------------------------------------------------------------


def ports(given: Values) -> dict[str, int]:
    """Columns and numbers of a block of ports. Raises AxlFault when one is out of range or there twice."""
    flat: dict[str, Any] = {}
    for name, value in given.items():
        flat.update(value if isinstance(value, dict) else {name: value})
    numbers: dict[str, int] = {}
    for name, text in flat.items():
        number = int(text)
        if not FIRST_PORT <= number <= LAST_PORT:
            raise AxlFault(-1, "axl.port_range", name=name, value=number, first=FIRST_PORT, last=LAST_PORT)
        if number in numbers.values():
            raise AxlFault(-1, "axl.port_twice", name=name, value=number)
        numbers[PORTS[name]] = number
    return numbers


_REGISTRATION = {"startDn": "autoregstartdn", "endDn": "autoregenddn", "nextDn": "autoregnextdn"}


def _registration(given: Values) -> dict[str, Any]:
    for name in ("routePartitionName", "universalDeviceTemplate", "lineTemplate"):
        if given.get(name):
            # The lab has no row of any of these.
            raise not_found(given[name])
    if _true(given.get("autoRegistrationEnabled")):
        raise AxlFault(-1, "axl.templates_missing")
    if given.get("e164Mask"):
        raise AxlFault(-1, "axl.no_choice", name="e164Mask", value=given["e164Mask"])
    columns: dict[str, Any] = {
        _REGISTRATION[name]: text for name, text in given.items() if name in _REGISTRATION
    }
    if "autoRegistrationEnabled" in given:
        columns["autoregistrationenabled"] = "f"
    return columns


def update_call_manager(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``updateCallManager``."""
    if given.get("lbmGroup"):
        raise not_found(given["lbmGroup"])
    columns: dict[str, Any] = {
        **ports(given.get("ports", {})),
        **_registration(given.get("autoRegistration", {})),
    }
    if "newName" in given:
        columns["name"] = _not_empty("newName", given["newName"])
        _check_free(cluster, "callmanager", "name", given["newName"], row)
    if "description" in given:
        columns["description"] = given["description"]
    return _update("callmanager", row["name"], "callmanager", row, columns)


# -- Expressway-C -----------------------------------------------------------------------------------------------

_EXPRESSWAY = {
    "HostNameOrIP": "hostnameorip",
    "newHostNameOrIP": "hostnameorip",
    "description": "description",
    "X509SubjectNameorSubjectAlternateName": "x509subjectnameoraltname",
}


def _expressway_columns(given: Values) -> dict[str, str]:
    return {_EXPRESSWAY[name]: text or "" for name, text in given.items() if name in _EXPRESSWAY}


def add_expressway(cluster: LabCluster, given: Values, version: str) -> Change:
    """``addExpresswayCConfiguration``."""
    new = given["expresswayCConfiguration"]
    host = _not_empty("HostNameOrIP", new.get("HostNameOrIP"))
    _check_free(cluster, "expresswaycconfiguration", "hostnameorip", host)
    columns = {**dict.fromkeys(_EXPRESSWAY.values(), ""), **_expressway_columns(new)}
    table = "expresswaycconfiguration"
    return Change("expressway_c", "add", host, table, _free_pkid(cluster, table, host), columns)


def update_expressway(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``updateExpresswayCConfiguration``."""
    if "newHostNameOrIP" in given:
        host = _not_empty("newHostNameOrIP", given["newHostNameOrIP"])
        _check_free(cluster, "expresswaycconfiguration", "hostnameorip", host, row)
    columns = _expressway_columns({name: text for name, text in given.items() if name != "HostNameOrIP"})
    return _update("expressway_c", row["hostnameorip"], "expresswaycconfiguration", row, columns)


def remove_expressway(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``removeExpresswayCConfiguration``."""
    return Change("expressway_c", "remove", row["hostnameorip"], "expresswaycconfiguration", row["pkid"])


# -- phone security profiles ------------------------------------------------------------------------------------


def _checked(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except BadValue as error:
        raise AxlFault(-1, "axl.no_choice", name=error.element, value=error.value) from None


def oauth_problem(types: Types, columns: Mapping[str, Any], release: str) -> str | None:
    """Key of the text that says why OAuth does not go with the rest of a profile ([D] wire-facts 2.5)."""
    if columns.get("sipoauthflag") != "t":
        return None
    if not MODELS[types.word("typemodel", columns["tkmodel"])].can_oauth(release):
        return "axl.oauth_profile.model"
    if types.word("typedevicesecuritymode", columns["tkdevicesecuritymode"]) != "Encrypted":
        return "axl.oauth_profile.mode"
    if types.word("typetransport", columns["tktransport"]) != "TLS":
        return "axl.oauth_profile.transport"
    if columns["digestauthall"] == "t":
        return "axl.oauth_profile.digest"
    return "axl.oauth_profile.tftp" if columns["tftpencryptedflag"] == "t" else None


def _check_oauth(cluster: LabCluster, columns: Mapping[str, Any]) -> None:
    problem = oauth_problem(cluster.types, columns, cluster.release)
    if problem is not None and AxlSettings(**cluster.axl).checks_oauth_profile:
        raise AxlFault(-1, "axl.oauth_profile", name=columns["name"], problem=cluster.texts[problem])


def _check_model(cluster: LabCluster, given: Values) -> None:
    model = MODELS.get(_not_empty("phoneType", given.get("phoneType")))
    if model is None or not model.is_in(cluster.release):
        raise AxlFault(-1, "axl.no_choice", name="phoneType", value=given["phoneType"])
    if _not_empty("protocol", given.get("protocol")) not in model.protocols:
        raise AxlFault(-1, "axl.no_choice", name="protocol", value=given["protocol"])


def _elements(given: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    # Two elements may be nil: no description, and no mode, which is none of security ([R]).
    return {name: DEFAULTS[name] if value is None else value for name, value in given if name in ELEMENTS}


def add_profile(cluster: LabCluster, given: Values, version: str) -> Change:
    """``addPhoneSecurityProfile``."""
    new = given["phoneSecurityProfile"]
    name = _not_empty("name", new.get("name"))
    _check_model(cluster, new)
    (wrapper,) = writes(version)["addPhoneSecurityProfile"]
    absent = defaults(getattr(wrapper, "children", ()))
    columns = _checked(lambda: profile_columns(cluster.types, {**absent, **_elements(new.items())}))
    if not cluster.release_row.oauth:
        columns.pop("sipoauthflag")
    _check_free(cluster, "securityprofile", "name", name)
    _check_oauth(cluster, columns)
    pkid = _free_pkid(cluster, "securityprofile", name)
    return Change("phone_security_profile", "add", name, "securityprofile", pkid, columns)


def update_profile(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``updatePhoneSecurityProfile``: what is sent is written, an element's default too if it is sent empty."""
    if row["isstandard"] == "t":
        raise AxlFault(-1, "axl.standard_profile", name=row["name"])
    sent = {name: value for name, value in given.items() if name not in ("name", "uuid")}
    if "newName" in sent:
        sent["name"] = _not_empty("newName", sent.pop("newName"))
        _check_free(cluster, "securityprofile", "name", sent["name"], row)
    columns = _checked(
        lambda: dict(column(cluster.types, name, value) for name, value in _elements(sent.items()).items())
    )
    _check_oauth(cluster, {**row, **columns})
    return _update("phone_security_profile", row["name"], "securityprofile", row, columns)


def remove_profile(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``removePhoneSecurityProfile``."""
    if row["isstandard"] == "t":
        raise AxlFault(-1, "axl.standard_profile", name=row["name"])
    if cluster.database.value("select 1 from device where fksecurityprofile = ?", (row["pkid"],)):
        raise still_used("device.fksecurityprofile")
    return Change("phone_security_profile", "remove", row["name"], "securityprofile", row["pkid"])


ADDS: dict[str, Add] = {
    "addExpresswayCConfiguration": add_expressway,
    "addPhoneSecurityProfile": add_profile,
}
"""By operation."""

ALTERS: dict[str, tuple[str, str, Alter]] = {
    "updateServiceParameter": ("ServiceParameter", "processconfig", update_parameter),
    "updateCallManager": ("CallManager", "callmanager", update_call_manager),
    "updateExpresswayCConfiguration": (
        "ExpresswayCConfiguration",
        "expresswaycconfiguration",
        update_expressway,
    ),
    "removeExpresswayCConfiguration": (
        "ExpresswayCConfiguration",
        "expresswaycconfiguration",
        remove_expressway,
    ),
    "updatePhoneSecurityProfile": ("PhoneSecurityProfile", "securityprofile", update_profile),
    "removePhoneSecurityProfile": ("PhoneSecurityProfile", "securityprofile", remove_profile),
    "updatePhone": ("Phone", "device", update_phone),
}
"""By operation: the object its key is looked up in, the table of that, and what to do."""
