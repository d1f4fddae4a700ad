# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of AXL, Control Center and the web server."""

from __future__ import annotations

from .model import Text, invented, known

_TOMCAT = "Apache Tomcat's error page, shortened; that it is HTML and no SOAP is [C] wire-facts 1.3"
_VALIDATOR = "the words of the common Java validator; what the device prints is not public"
_REASON = "number and sense [C] serviceabilitytools, words shortened"

WEB: dict[str, Text] = {
    # The web server
    "http.page": known(
        _TOMCAT,
        '<!doctype html><html lang="en"><head><title>HTTP Status {status} \u2013 {title}</title></head>'
        "<body><h1>HTTP Status {status} \u2013 {title}</h1><p>{text}</p></body></html>",
    ),
    "http.401": known(_TOMCAT, "Unauthorized"),
    "http.403": known(_TOMCAT, "Forbidden"),
    "http.404": known(_TOMCAT, "Not Found"),
    "http.405": known(_TOMCAT, "Method Not Allowed"),
    "http.503": known(_TOMCAT, "Service Unavailable"),
    "http.injected": invented("Injected", "an injected status"),
    "http.realm": invented('Basic realm="Cisco Web Services Realm"', "the realm is not public"),
    # SOAP
    "soap.doctype": invented("a document type is not accepted"),
    "soap.malformed": invented("{reason}", "what the parser says"),
    "soap.no_envelope": invented("not a SOAP 1.1 envelope"),
    "soap.no_operation": invented("the SOAP body has no single operation"),
    # AXL
    "axl.page": invented(
        "<html><head><title>Cisco AXL</title></head><body>"
        "<h1>Cisco CallManager: AXL Web Service</h1>"
        "<p>The AXL Web Service is working and accepting requests.</p></body></html>",
        "that GET answers a page is known, the page is not on record",
    ),
    "axl.wrong_version": known(
        "aletheiauc tests", "Incorrect axl version. Supported axl versions are {versions}"
    ),
    "axl.wrong_version.page": invented(
        "<html><head><title>Error</title></head><body>{sentence}</body></html>",
        "that it is HTML is known (wire-facts 1.4)",
    ),
    "axl.not_found": known("wire-facts 1.4", "Item not valid: The specified {what} was not found"),
    "axl.wrong_namespace": invented("The namespace {namespace} does not fit the AXL version {version}"),
    "axl.wrong_action": invented("The SOAPAction {action} does not fit the operation {operation}"),
    "axl.unknown_operation": invented("Unknown operation {operation}"),
    "axl.unexpected_element": invented(
        "cvc-complex-type.2.4.a: Invalid content was found starting with element '{name}'. "
        "One of '{{{wanted}}}' is expected.",
        _VALIDATOR,
    ),
    "axl.incomplete_element": invented(
        "cvc-complex-type.2.4.b: The content of element '{name}' is not complete. "
        "One of '{{{wanted}}}' is expected.",
        _VALIDATOR,
    ),
    "axl.no_criteria": invented(
        "cvc-complex-type.2.4.b: The content of element 'searchCriteria' is not complete.", _VALIDATOR
    ),
    "axl.too_large": known(
        "axlrows",
        "Query request too large. Total rows matched: {total} rows. "
        "Suggestive Row Fetch: less than {fetch} rows",
    ),
    "axl.no_number": invented(
        "cvc-datatype-valid.1.2.1: '{value}' is not a valid value for 'integer'. ({name})", _VALIDATOR
    ),
    "axl.memory": known(
        "axlrows",
        "Maximum AXL Memory Allocation Consumed. Please retry once requests in progress have completed",
    ),
    "axl.transport.mode": invented("direct", "the element is [X], its values are not public"),
    "axl.update_refused": invented(
        "{operation} is not available in this system", "this lab changes nothing by AXL"
    ),
    "axl.licence.return": invented("Success", "the captured sample does not show return"),
    "axl.licence.udi": invented("UDI: PID:UCM,SN:000000,UUID:0"),
    "axl.licence.tag": invented("UC_EnhancedPlus", "the captured sample's tags are not recorded"),
    # Control Center
    "control_center.no_operation": invented(
        "The endpoint reference (EPR) for the Operation not found is {operation}",
        "the beginning is that of the web service framework's own message",
    ),
    "control_center.missing": invented("{name} is missing"),
    "control_center.no_choice": invented("{name} {value!r} is none of {allowed}"),
    "control_center.no_item": invented("ServiceList has no item"),
    "control_center.product": known(
        "serviceabilitytools, productlistoutput.txt", "Cisco Unified CallManager"
    ),
    "control_center.reason.none": invented(" ", "a running service's ReasonCodeString"),
    "control_center.reason.unknown": invented("Unknown reason"),
    "control_center.reason.-1": known("serviceabilitytools", "Successful"),
    "control_center.reason.-1010": invented("No Such Service", _REASON),
    "control_center.reason.-1011": invented("Reserved for Platform", _REASON),
    "control_center.reason.-1012": invented("Bad Arguments", _REASON),
    "control_center.reason.-1029": invented("Pending", _REASON),
    "control_center.reason.-1031": invented("Timed-out", _REASON),
    "control_center.reason.-1036": invented("Dependency Active", _REASON),
    "control_center.reason.-1037": invented("Dependency Not Active", _REASON),
    "control_center.reason.-1039": invented("Service Already Started", _REASON),
    "control_center.reason.-1040": invented("Service Already Stopped", _REASON),
    "control_center.reason.-1045": invented("Transition Not Supported", _REASON),
    "control_center.reason.-1057": invented("Already in Specified State", _REASON),
    "control_center.reason.-1068": known("serviceabilitytools", "Service Not Activated"),
    "control_center.reason.-1069": known("serviceabilitytools", "Commanded Out of Service"),
}
