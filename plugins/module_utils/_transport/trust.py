# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trust store for a node's certificate, and messages about failures. PRIVATE to the collection."""

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
    """Check that a file of CA certificates can be used, before anything is sent.

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
    """Return the store that certificates are checked against, for messages."""
    if isinstance(verify, str):
        return f"the file {verify}"
    import certifi  # what requests takes

    return f"the public CAs of the Python package certifi ({certifi.where()}), because ca_path is not set"


def is_about_certificate(error: BaseException) -> bool:
    """Return whether an error is about a certificate that did not verify, not a broken handshake or record."""
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
    """Return C(subject), C(issuer) and C(names) of the certificate at an address; None if it cannot be read.

    For messages only: it is not trusted, and nothing is sent over this connection.
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
    # Any exception: the certificate is untrusted input, and another failure is being reported.
    except Exception:
        return None


def _names(certificate: t.Any) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value)[:_LONGEST] for name in list(extension.value)[:_MOST_NAMES]]


def in_words(shown: t.Mapping[str, t.Any] | None) -> str:
    """Return the result of C(shown_by) as a sentence."""
    if shown is None:
        return "It could not be read again."
    names = ", ".join(shown["names"]) or "none"
    return f"Its subject is {shown['subject']}, its issuer {shown['issuer']}, its names {names}."
