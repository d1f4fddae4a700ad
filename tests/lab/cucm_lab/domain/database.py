# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's database: SQLite under CUCM's own table and column names.

Names: [C]/[D] wire-facts 3.3. The columns of auto-registration in ``callmanager`` are invented; they are not public.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from . import dictionary, informix
from .errors import NotSimulated, SqlError
from .informix_functions import Functions
from .informix_rules import Kind, Schema
from .releases import Release
from .type_tables import Types

ENTERPRISE_WIDE_PKID = "00000000-1111-0000-0000-000000000000"
ENTERPRISE_WIDE_NODE = "EnterpriseWideData"
ENTERPRISE_WIDE_SERVICE = 11

SCHEMA = """
create table processnode (pkid text primary key, name text unique, mac text, systemnode boolean, description text,
  isactive boolean, nodeid integer, tknodeusage integer, ipv6name text, fklbmhubgroup text,
  tkprocessnoderole integer, tkssomode integer);
create table processnodeservice (pkid text primary key, fkprocessnode text, tkservice integer, servername text,
  isactive boolean, enable boolean, tracelevel integer, numfiles integer, maxfilesize integer);
create table processconfig (pkid text primary key, fkprocessnode text, tkservice integer, paramname text,
  paramvalue text, tkparam integer);
create table callmanager (pkid text primary key, name text unique, description text, fkprocessnode text,
  ctiid integer, ethernetphoneport integer, mgcplistenport integer, mgcpkeepaliveport integer,
  sipphoneport integer, sipphonesecureport integer, sipoauthport integer, sipoauthmraport integer,
  autoregistrationenabled boolean, autoregstartdn text, autoregenddn text, autoregnextdn text);
create table callmanagergroup (pkid text primary key, name text unique, tftpdefault boolean);
create table callmanagergroupmember (pkid text primary key, fkcallmanager text, fkcallmanagergroup text,
  priority integer);
create table systables (tabname text, owner text, tabid integer, ncols integer, tabtype text);
create table syscolumns (colname text, tabid integer, colno integer, coltype integer);
create table slminfo (pkid text primary key, tkcssmregstatus integer, exportcontrolallowed boolean);
create table expresswaycconfiguration (pkid text primary key, hostnameorip text unique, description text,
  x509subjectnameoraltname text);
"""

WITHOUT_OAUTH = """
alter table callmanager drop column sipoauthport;
alter table callmanager drop column sipoauthmraport;
alter table securityprofile drop column sipoauthflag;
alter table registrationdynamic drop column risstatus;
drop table expresswaycconfiguration;
"""
"""Takes from the schema what came with 12.5 ([X] wire-facts 2.10 for AXL; [R] for the tables)."""

_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    getattr(sqlite3, "SQLITE_RECURSIVE", 33),
}
_MAX_STEPS = 5_000_000
TIMES = ("lastseen", "datetimestamp")
"""Columns that hold a moment."""


@dataclass(frozen=True)
class Change:
    """One row that is added, updated or removed; ``what``, verb and ``name`` are what the journal calls it.

    values: the columns of the new row, or those that become different.
    """

    what: str
    verb: Literal["add", "update", "remove"]
    name: str
    table: str
    pkid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return f"{self.what} {self.verb} {self.name}"


@dataclass(frozen=True)
class Table:
    """The answer to a query: column names in lower case, values as text (None is SQL NULL)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


Columns = Mapping[str, Mapping[str, Kind]]
_COLUMNS: dict[str, Columns] = {}


def _columns(connection: sqlite3.Connection, key: str) -> Columns:
    """The kinds of all columns by table; read once for all databases that have the same tables (``key``)."""
    if key not in _COLUMNS:
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        _COLUMNS[key] = {
            table: {
                row[1]: _KINDS[row[2].lower()]
                for row in connection.execute(f"pragma table_info({table})").fetchall()
            }
            for (table,) in names
        }
    return _COLUMNS[key]


_KINDS: dict[str, Kind] = {"text": "text", "integer": "number", "boolean": "boolean"}
_COLTYPES: dict[Kind, int] = {"text": 13, "number": 2, "boolean": 45}
"""Informix' numbers of VARCHAR, INTEGER and BOOLEAN ([D] IBM Guide to SQL: Reference, syscolumns)."""


def new_pkid(*names: str) -> str:
    """A pkid (lower case, without braces) that is the same in every run for the same names."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(names)))


class Database:
    """The database of one cluster. Clients read it through :meth:`query` only.

    before_change: called before rows change, so that whoever follows the database has read what was there until now.
    """

    def __init__(
        self,
        release: Release,
        key: str,
        tables: str,
        types: Types,
        now: Callable[[], datetime],
        absent_parameters: frozenset[str] = frozenset(),
    ) -> None:
        """now: the moment, in the time zone of the server. absent_parameters: those of a real cluster that this one has not."""
        self._key = key
        self.before_change: Callable[[], None] | None = None
        self._uri = f"file:cucm-{uuid.uuid4()}?mode=memory&cache=shared"
        self._writer = sqlite3.connect(self._uri, uri=True, check_same_thread=False, isolation_level=None)
        self._writer.executescript(SCHEMA + tables)
        if not release.oauth:
            self._writer.executescript(WITHOUT_OAUTH)
        if not release.smart_licensing:
            self._writer.executescript("drop table slminfo;")
        self._reader = sqlite3.connect(self._uri, uri=True, check_same_thread=False, isolation_level=None)
        self._functions = Functions(self._reader, now)
        columns = _columns(self._writer, release.name + tables)
        self._fill_catalogue(columns)
        every_column = frozenset(name for table in columns.values() for name in table)
        unknown = {
            **types.unknown(),
            ("systables", "tabname"): frozenset(columns),
            ("syscolumns", "colname"): every_column,
        }
        self._schema = Schema(columns, unknown, {("processconfig", "paramname"): absent_parameters})
        self._reader.set_authorizer(self._authorize)
        self._steps = 0
        self._reader.set_progress_handler(self._progress, 10_000)

    def _fill_catalogue(self, columns: Columns) -> None:
        """Informix' catalogue of the tables the lab has ([D] IBM Guide to SQL: Reference; numbers of tables begin at 100).

        Its own first row is what statements read that want one row of something.
        """
        self.insert("systables", tabname="systables", owner="informix", tabid=1, ncols=5, tabtype="T")
        for number, (table, kinds) in enumerate(sorted(columns.items()), start=100):
            self.insert(
                "systables", tabname=table, owner="informix", tabid=number, ncols=len(kinds), tabtype="T"
            )
            self.insert_many(
                "syscolumns",
                [
                    {"colname": name, "tabid": number, "colno": place, "coltype": _COLTYPES[kind]}
                    for place, (name, kind) in enumerate(kinds.items(), start=1)
                ],
            )

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    @staticmethod
    def _authorize(action: int, first: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_READ and first and first.startswith("sqlite_"):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY

    def _progress(self) -> int:
        self._steps += 10_000
        return 1 if self._steps > _MAX_STEPS else 0

    @property
    def changes(self) -> int:
        """How many rows have been added, changed or removed so far."""
        return self._writer.total_changes

    def _changing(self) -> None:
        if self.before_change is not None:
            self.before_change()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """For the device itself: read or write, with bound parameters."""
        if not sql.startswith("select"):
            self._changing()
        return self._writer.execute(sql, parameters).fetchall()

    def records(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """As :meth:`execute`; rows by the names of their columns."""
        cursor = self._writer.execute(sql, parameters)
        names = [item[0] for item in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def insert(self, table: str, **values: Any) -> None:
        """For the device itself."""
        self._changing()
        names = ", ".join(values)
        marks = ", ".join("?" for _each in values)
        self._writer.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))

    def insert_many(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all have the columns of the first one, in one transaction."""
        if not rows:
            return
        names = list(rows[0])
        marks = ", ".join("?" for _each in names)
        statement = f"insert into {table} ({', '.join(names)}) values ({marks})"
        self.execute_many(statement, [[row[name] for name in names] for row in rows])

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """For the device itself: a statement for each row of parameters, in one transaction."""
        self._changing()
        self._writer.execute("begin")
        try:
            self._writer.executemany(sql, parameters)
        except sqlite3.Error:
            self._writer.execute("rollback")
            raise
        self._writer.execute("commit")

    def update(self, table: str, pkid: str, values: Mapping[str, Any]) -> None:
        """Set columns of one row, for the device itself."""
        if values:
            self._changing()
            names = ", ".join(f"{name} = ?" for name in values)
            self._writer.execute(f"update {table} set {names} where pkid = ?", [*values.values(), pkid])

    def apply(self, change: Change) -> None:
        """Carry out a change."""
        if change.verb == "add":
            self.insert(change.table, pkid=change.pkid, **change.values)
        elif change.verb == "update":
            self.update(change.table, change.pkid, change.values)
        else:
            self.execute(f"delete from {change.table} where pkid = ?", (change.pkid,))

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """All tables, rows in order of their values, without times: the same twice when nothing has changed."""
        tables = self.execute("select name from sqlite_master where type = 'table' order by name")
        answer = {}
        for (table,) in tables:
            rows = self.records(f"select * from {table}")
            kept = [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
            answer[table] = sorted(kept, key=lambda row: [str(value) for value in row.values()])
        return answer

    def value(self, sql: str, parameters: Sequence[Any] = (), default: Any = None) -> Any:
        """The first column of the first row, or the default."""
        rows = self.execute(sql, parameters)
        return rows[0][0] if rows else default

    def query(self, sql: str) -> Table:
        """Run a client's read-only statement (``executeSQLQuery``, ``run sql``).

        Informix' dialect is understood as far as :mod:`informix` goes. Raises SqlError with
        Informix' own number and wording for unknown tables, unknown columns and bad syntax.
        """
        self._steps = 0
        self._functions.problem = None
        try:
            cursor = self._reader.execute(informix.translate(sql, self._schema))
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._functions.problem or _as_informix(error, sql) from None
        columns = tuple(_column_name(item[0]) for item in cursor.description or ())
        if not columns:
            raise SqlError(-201)
        return Table(columns, tuple(tuple(None if v is None else str(v) for v in row) for row in rows))

    def process_config(self, name: str, default: str | None = None) -> str | None:
        """Value of an enterprise parameter."""
        return self.value(
            "select paramvalue from processconfig where paramname = ? and tkservice = ?",
            (name, ENTERPRISE_WIDE_SERVICE),
            default,
        )

    def set_process_config(self, name: str, value: str) -> None:
        """Set an enterprise parameter; it is created when it does not exist."""
        if self.process_config(name) is None:
            self.insert(
                "processconfig",
                pkid=new_pkid(self._key, "processconfig", name),
                fkprocessnode=ENTERPRISE_WIDE_PKID,
                tkservice=ENTERPRISE_WIDE_SERVICE,
                paramname=name,
                paramvalue=value,
                tkparam=4,
            )
        else:
            self.execute(
                "update processconfig set paramvalue = ? where paramname = ? and tkservice = ?",
                (value, name, ENTERPRISE_WIDE_SERVICE),
            )


_ERRORS = (
    (r"no such table: (?:\w+\.)?(\S+)", -206),
    (r"no such column: (\S+)", -217),
    (r".*(?:not authorized|prohibited)", -272),
    (r".*interrupted", -213),
    (r"ambiguous column name: (\S+)", -324),
    (r"no such function: (\S+)", -674),
)


def _as_informix(error: Exception, sql: str) -> SqlError:
    for pattern, code in _ERRORS:
        if match := re.match(pattern, str(error)):
            name = match[1] if match.groups() else ""
            if what := dictionary.lacks(code, name, sql):
                return NotSimulated(what)
            return SqlError(code, **({"name": name} if name else {}))
    return SqlError(-201)


def _column_name(name: str) -> str:
    lowered = name.lower().strip("`")
    if re.fullmatch(r"[a-z_][a-z0-9_]*", lowered):
        return lowered
    if match := re.match(r"(count|max|min|sum|avg)\s*\(", lowered):
        return match[1]
    if match := re.fullmatch(r"subscript\((?:\w+\.)?`?(\w+)`?,\d+,\d+\)", lowered):
        return match[1]
    if match := re.search(r"\.([a-z_][a-z0-9_]*)$", lowered):
        return match[1]
    return "expression"
