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
    "web.not_simulated": invented(
        "The lab does not simulate this: {what}.", "a real cluster knows it; the lab says so in its own name"
    ),
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
    "axl.no_boolean": invented(
        "cvc-pattern-valid: Value '{value}' is not facet-valid with respect to pattern "
        "'(t)|(f)|(true)|(false)|(0)|(1)' for type 'boolean'. ({name})",
        _VALIDATOR,
    ),
    "axl.too_long": invented(
        "cvc-maxLength-valid: Value with length = '{length}' is not facet-valid with respect to "
        "maxLength '{longest}'. ({name})",
        _VALIDATOR,
    ),
    "axl.not_nillable": invented(
        "cvc-elt.3.1: Attribute 'xsi:nil' must not appear on element '{name}', because the "
        "{{nillable}} property of '{name}' is false.",
        _VALIDATOR,
    ),
    "axl.no_text": invented(
        "cvc-type.3.1.2: Element '{name}' is a simple type, so it must have no element children. ({child})",
        _VALIDATOR,
    ),
    "axl.empty": invented("{name} must not be empty"),
    "axl.no_choice": invented("The value {value!r} is not valid for {name}"),
    "axl.cli_only": invented(
        "The parameter {name} is read only", "that the parameter cannot be set here is [D] wire-facts 2.3"
    ),
    "axl.parameter_value": invented("The value {value!r} of the parameter {name} is no {kind}"),
    "axl.port_range": invented(
        "{name}: the port {value} is not between {first} and {last}", "the range is [D] wire-facts 2.2"
    ),
    "axl.port_twice": invented("{name}: the port {value} is used twice"),
    "axl.templates_missing": invented(
        "universalDeviceTemplate and lineTemplate are mandatory if autoRegistrationEnabled is true",
        "the rule is [X], an annotation of the schema",
    ),
    "axl.profile_of_another_model": invented(
        "The security profile {profile} does not go with the model and protocol of {name}",
        "that a profile is of one model is [X]; whether AXL checks it is not public",
    ),
    "axl.standard_profile": invented("The standard profile {name} can be neither changed nor removed"),
    "axl.oauth_profile": invented(
        "EnableOAuthAuthentication of {name} does not go with {problem}",
        "the rule is [D] wire-facts 2.5; whether AXL checks it is not public",
    ),
    "axl.oauth_profile.mode": invented(
        "a device security mode other than Encrypted", "a part of axl.oauth_profile"
    ),
    "axl.oauth_profile.transport": invented("a transport type other than TLS", "a part of axl.oauth_profile"),
    "axl.oauth_profile.digest": invented("digest authentication", "a part of axl.oauth_profile"),
    "axl.oauth_profile.tftp": invented("an encrypted TFTP configuration", "a part of axl.oauth_profile"),
    "axl.oauth_profile.model": invented("this phone type", "a part of axl.oauth_profile"),
    "axl.memory": known(
        "axlrows",
        "Maximum AXL Memory Allocation Consumed. Please retry once requests in progress have completed",
    ),
    "axl.transport.mode": invented("direct", "the element is [X], its values are not public"),
    "axl.not_simulated": invented(
        "The lab does not simulate this: {operation}",
        "a real cluster has it; the lab says so in its own name",
    ),
    "axl.licence.return": invented("Success", "the captured sample does not show return"),
    "axl.licence.already_registered": invented("The product is already registered"),
    "axl.licence.not_registered": invented("The product is not registered"),
    "axl.licence.reserved": invented("The product has a license reservation"),
    "axl.licence.under_way": invented("A registration is in progress"),
    "axl.licence.invalid_token": invented("The registration token is not valid"),
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
