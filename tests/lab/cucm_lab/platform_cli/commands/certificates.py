# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show cert``: the node's own certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from cucm_lab.domain.certificates import pem
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.certificates import Certificate
    from cucm_lab.domain.node import LabNode
    from cucm_lab.texts import Texts


def own_certificates(node: LabNode) -> dict[str, Certificate]:
    """The certificates of a node by unit, in the order they are listed."""
    return dict(sorted(node.certificates.items(), key=lambda item: item[0].lower()))


def _dates(certificate: x509.Certificate) -> tuple[str, str]:
    form = "%a %b %d %H:%M:%S UTC %Y"
    return (
        certificate.not_valid_before_utc.strftime(form),
        certificate.not_valid_after_utc.strftime(form),
    )


def describe(x: x509.Certificate, texts: Texts) -> str:
    """A certificate as ``show cert own`` prints it: text, then PEM."""
    start, end = _dates(x)
    key = x.public_key()
    bits = getattr(key, "key_size", 0)
    return texts.say(
        "certificate.text",
        serial=f"{x.serial_number:X}",
        algorithm=x.signature_algorithm_oid._name,
        issuer=x.issuer.rfc4514_string(),
        start=start,
        end=end,
        subject=x.subject.rfc4514_string(),
        public_key=texts.say(
            "certificate.key", kind="RSA" if isinstance(key, rsa.RSAPublicKey) else "EC", bits=bits
        ),
        pem=pem(x),
    )


async def _list(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    layout = context.settings.certificate_list or context.cluster.release_row.certificate_list
    for unit, certificate in own_certificates(context.node).items():
        if unit == "CallManager" and context.cluster.spec.tomcat_reuse and not context.settings.lists_reused:
            continue
        if layout == "blocks":
            await context.say(
                "certificate.block",
                unit=unit,
                type="own",
                name=f"{unit}.pem",
                issuer=certificate.certificate.issuer.rfc4514_string(),
                expires=_dates(certificate.certificate)[1],
            )
            continue
        if certificate.signed_by:
            what = context.texts.say("certificate.signed", issuer=certificate.signed_by)
        else:
            what = context.texts["certificate.self_signed"]
        await context.say("certificate.own", unit=unit, description=what)


async def _own(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    wanted = context.argument.removesuffix(".pem")
    unit = wanted.split("/", 1)[-1]
    certificate = own_certificates(context.node).get(unit)
    if certificate is None or wanted not in (unit, f"{unit}/{unit}"):
        await context.say("certificate.none", name=context.argument)
        raise Failed
    await context.out(describe(certificate.certificate, context.texts))


async def _list_trust(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    layout = context.settings.certificate_list or context.cluster.release_row.certificate_list
    for store in sorted(context.node.trust_stores.values(), key=lambda each: each.name.lower()):
        for entry in store.entries:
            if layout == "blocks":
                await context.say(
                    "certificate.block",
                    unit=store.name,
                    type="trust-certs",
                    name=entry.file_name,
                    issuer=entry.certificate.issuer.rfc4514_string(),
                    expires=_dates(entry.certificate)[1],
                )
            else:
                description = entry.description or context.texts["certificate.trust_description"]
                await context.say(
                    "certificate.trust", unit=store.name, name=entry.file_name, description=description
                )


async def _trust(context: Context) -> None:
    """``show cert trust``: by the name the list of them shows, with or without the store before it."""
    await context.pause(context.cluster.timings["command_s"])
    for store in context.node.trust_stores.values():
        for entry in store.entries:
            if context.argument in (entry.file_name, f"{store.name}/{entry.file_name}"):
                await context.out(describe(entry.certificate, context.texts))
                return
    await context.say("certificate.none", name=context.argument)
    raise Failed


async def _requests(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if context.argument not in ("own", "trust"):
        await context.say("error.argument", argument=context.argument)
        raise Failed
    for unit in context.settings.csrs.split() if context.argument == "own" else ():
        await context.say("csr.line", unit=unit)


COMMANDS = [
    Command(("show", "cert", "trust"), 1, _trust, "filename", "something"),
    Command(("show", "csr", "list"), 1, _requests, "{own|trust}", "something"),
    Command(("show", "cert", "list", "own"), 1, _list),
    Command(("show", "cert", "list", "trust"), 1, _list_trust),
    Command(("show", "cert", "own"), 1, _own, "filename", "something"),
]
