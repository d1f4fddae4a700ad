# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the database, as Informix words them."""

from __future__ import annotations

from .model import Text, invented, known

_INFORMIX = "Informix error messages; that CUCM passes them on unchanged is [?]"

DATABASE: dict[str, Text] = {
    "sql.-201": known(_INFORMIX, "A syntax error has occurred."),
    "sql.-206": known(_INFORMIX, "The specified table ({name}) is not in the database."),
    "sql.-213": known(_INFORMIX, "Statement interrupted by user."),
    "sql.-217": known(
        _INFORMIX, "Column ({name}) not found in any table in the query (or SLV is undefined)."
    ),
    "sql.-239": known(
        "wire-facts 1.4", "Could not insert new row - duplicate value in a UNIQUE INDEX column"
    ),
    "sql.-272": known(_INFORMIX, "No SELECT permission."),
    "sql.-294": known(_INFORMIX, "The column ({name}) must be in the GROUP BY list."),
    "sql.-308": known(_INFORMIX, "Corresponding column types must be compatible for each UNION statement."),
    "sql.-317": known(_INFORMIX, "Must have the same number of selected columns in each UNION."),
    "sql.-374": known(_INFORMIX, "Can only use column number in ORDER BY clause with UNION."),
    "sql.-324": known(_INFORMIX, "Ambiguous column ({name})."),
    "sql.-674": known(_INFORMIX, "Routine ({name}) can not be resolved."),
    "sql.-692": known(_INFORMIX, "Key value for constraint ({name}) is still being referenced."),
    "sql.not_simulated": invented(
        "The lab does not simulate this: {what}.", "a real cluster knows it; the lab says so in its own name"
    ),
}
