# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node's certificate is checked against, and how a failure is told. PRIVATE to the collection."""

from __future__ import annotations

import codecs
import socket
import ssl
import typing as t

from .._base import files
from .._base.errors import InputError

try:
    from cryptography import x509
except ImportError:  # its absence is reported before a file is read
    x509 = None  # type: ignore[assignment]

_LARGEST_FILE = 16 * 1024 * 1024
_MOST_NAMES = 8
_LONGEST = 200


def require_ca_file(path: str) -> None:
    """See that a file of CA certificates can be used, before anything is asked.

    Raises:
        InputError: It is not a regular file, cannot be read, or has no certificate.
    """
    try:
        problem = _problem(files.content(path, _LARGEST_FILE))
    except OSError as error:
        problem = files.why(error)
    if problem:
        raise InputError(
            f"The CA file {path} (ca_path) cannot be used: {problem}. Nothing was sent.",
            details={"ca_path": path},
            remedy="Save the CA certificate of the nodes' Tomcat certificates there as PEM (-----BEGIN CERTIFICATE-----), "
            "or name another file.",
        )


def _problem(data: bytes) -> str:
    if not data:
        return "it is empty"
    if encoding := files.wide(data):
        return f"it is in {encoding}; save it as ASCII or UTF-8"
    if data.startswith(codecs.BOM_UTF8 + b"-----"):
        return "a byte order mark hides its first certificate; save it without one"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # Between certificates there may be names in any encoding; ssl wants a text of ASCII.
        context.load_verify_locations(
            cadata=data.decode("ascii", "replace").replace("\N{REPLACEMENT CHARACTER}", "?")
        )
    except ssl.SSLError:
        return "it has no certificate in PEM form, or a damaged one"
    return "" if context.cert_store_stats()["x509"] else "it has no certificate in PEM form"


def store(verify: bool | str) -> str:
    """Return what certificates are checked against, for messages."""
    if isinstance(verify, str):
        return f"the file {verify}"
    import certifi  # what requests takes

    return f"the public CAs of the Python package certifi ({certifi.where()}), since ca_path is not set"


def is_about_certificate(error: BaseException) -> bool:
    """Tell a certificate that did not verify from a handshake or a record that broke."""
    text = str(error)
    return any(
        sign in text
        for sign in (
            "CERTIFICATE_VERIFY_FAILED",
            "certificate verify failed",
            "CertificateError",
            "doesn't match",
        )
    )


def reason(error: BaseException) -> str:
    """Return why a certificate did not verify, without a full stop."""
    text = str(error)
    for sign in ("certificate verify failed:", "SSLCertVerificationError("):
        if sign in text:
            text = text.split(sign, 1)[1].split("(_ssl.c")[0]
            break
    return text[-_LONGEST:].strip(" '\")(.")


def shown_by(host: str, port: int, seconds: float) -> dict[str, t.Any] | None:
    """Return what the certificate at an address says of itself: C(subject), C(issuer), C(names); None when it cannot be looked at.

    For messages only: nothing of it is trusted, and nothing is sent over this connection.
    """
    if x509 is None or seconds <= 0:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host.strip("[]"), port), timeout=seconds) as connection,
            context.wrap_socket(connection, server_hostname=host.strip("[]")) as peer,
        ):
            certificate = x509.load_der_x509_certificate(peer.getpeercert(binary_form=True) or b"")
        return {
            "subject": certificate.subject.rfc4514_string()[:_LONGEST],
            "issuer": certificate.issuer.rfc4514_string()[:_LONGEST],
            "names": _names(certificate),
        }
    # Of whatever kind: this is a stranger's certificate, and the failure that is being told is another one.
    except Exception:
        return None


def _names(certificate: t.Any) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value)[:_LONGEST] for name in list(extension.value)[:_MOST_NAMES]]


def in_words(shown: t.Mapping[str, t.Any] | None) -> str:
    """Return what C(shown_by) found as a sentence."""
    if shown is None:
        return "It could not be looked at again."
    names = ", ".join(shown["names"]) or "none"
    return f"It is of {shown['subject']}, issued by {shown['issuer']}, for the names {names}."
