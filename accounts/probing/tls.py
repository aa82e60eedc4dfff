"""How a server speaks TLS: versions, certificates, and who vouches for them.

Everything is asked at security level 0, where OpenSSL itself minds nothing: whether a key or a
signature is strong enough is for the rules to say, who read the certificates. A version is
"refused" only where the server said no; where we could not ask it is "untested", never a pass.
Trust is OpenSSL's own verdict, as everybody's client gives it, at the moment of the handshake;
names are compared here (RFC 9525), so that one verdict does not hide the other.
"""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from accounts.probing.failing import Deadline, ProbeFailed, observe, text_of
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Line, Outbound

# A connection on which TLS may begin; the deadline bounds all of it.
Reach = Callable[[Deadline], AbstractContextManager[Line]]

PORT = 443
ACCEPTED, REFUSED, UNTESTED = "accepted", "refused", "untested"
# OpenSSL of today has no SSLv3 at all: only the deep scanner knows.
OLD = {"TLSv1": UNTESTED, "TLSv1.1": UNTESTED, "SSLv3": UNTESTED}
FORCED = {"TLSv1.2": UNTESTED, "TLSv1.3": UNTESTED}
NOTHING: dict[str, Any] = {
    "tls": None,
    "tls_error": "",
    "certificates": [],
    "trusted": None,
    "trust_error": "",
    "name_matches": None,
}
_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_ORDER = list(_VERSIONS)
# Servers without RFC 5746 are still looked at; Python names the flag since 3.12 only.
_TO_OLD_SERVERS = 0x4
# Chains beyond this are nobody's: OpenSSL itself takes 100 KiB of them.
_MOST_CERTIFICATES = 10
_WHY_UNTRUSTED = (
    ("expired", "certificate has expired"),
    ("not_yet_valid", "certificate is not yet valid"),
    ("self_signed", "self-signed certificate"),
    ("self_signed", "self signed certificate"),
    ("unknown_issuer", "unable to get"),
    ("unknown_issuer", "unable to verify the first certificate"),
)
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def look(outbound: Outbound, host: str, address: str) -> Observation:
    """Look at a web server's TLS; `broken` where it has none."""
    reach = partial(_straight, outbound, host, address)
    return observe("tls", f"{host}@{address}", partial(_look, outbound, host, reach))


def _straight(
    outbound: Outbound, host: str, address: str, deadline: Deadline
) -> AbstractContextManager[Line]:
    return outbound.line(host, address, PORT, deadline=deadline)


def _look(outbound: Outbound, host: str, reach: Reach, facts: dict[str, Any]) -> None:
    try:
        examine(outbound, host, reach, facts)
    except ProbeFailed as failed:
        facts["tls_error"] = failed.error
        raise


def examine(outbound: Outbound, host: str, reach: Reach, facts: dict[str, Any]) -> None:
    """Fill in all that TLS tells, over at most five connections, one after the other.

    The first has the time of a question, the others together once more the same. Raises
    ProbeFailed where the first brings no TLS.
    """
    facts |= NOTHING | {"old": dict(OLD), "forced": dict(FORCED)}
    untrusted = _meet(outbound, host, reach, facts)
    later = outbound.deadline()
    if untrusted:
        _meet_again(host, reach, facts, later)
    _ask_for_versions(host, reach, facts, later)


def _meet(outbound: Outbound, host: str, reach: Reach, facts: dict[str, Any]) -> bool:
    """The best that both sides speak; True where the certificate is not trusted."""
    context, has_roots = _verifying(outbound.ground.ca_file)
    with reach(outbound.deadline()) as line:
        try:
            line.start_tls(context, host)
        except ProbeFailed as failed:
            if failed.error != "untrusted":
                raise
            facts |= {"trusted": False if has_roots else None}
            facts |= {"trust_error": _why(failed.detail) if has_roots else "absent"}
            return True
        facts |= {"trusted": True} | _seen_on(line, host)
    return False


def _meet_again(host: str, reach: Reach, facts: dict[str, Any], deadline: Deadline) -> None:
    """Once more without asking for trust: the certificates are wanted all the same.

    It has shown us TLS a moment ago: that we do not come that far again says nothing of it.
    """
    try:
        with reach(deadline) as line:
            line.start_tls(unquestioning(), host)
            facts |= _seen_on(line, host)
    except ProbeFailed as failed:
        raise ProbeFailed(Status.UNABLE, "unfinished", failed.error) from None


def _ask_for_versions(host: str, reach: Reach, facts: dict[str, Any], deadline: Deadline) -> None:
    """Each version by itself; what both sides would have preferred to the best is not there."""
    best = facts["tls"]["version"]
    for name in reversed(_ORDER):
        group = facts["forced"] if name in FORCED else facts["old"]
        if name == best:
            group[name] = ACCEPTED
        elif best in _ORDER and _ORDER.index(name) > _ORDER.index(best):
            group[name] = REFUSED
        else:
            group[name] = _answer_to(name, host, reach, deadline)


def _answer_to(version: str, host: str, reach: Reach, deadline: Deadline) -> str:
    context = _ONLY[version]
    if context is None:
        return UNTESTED
    try:
        with reach(deadline) as line:
            try:
                line.start_tls(context, host)
            except ProbeFailed as failed:
                return REFUSED if _is_a_no(failed) else UNTESTED
            return ACCEPTED
    except ProbeFailed:
        return UNTESTED


def _is_a_no(failed: ProbeFailed) -> bool:
    """Whether the server ended the handshake; not where it was our OpenSSL that did not like it."""
    if failed.status != Status.BROKEN:
        return False
    return (
        failed.error in ("closed", "reset", "not_tls")
        or "_ALERT_" in failed.detail
        or failed.detail == "UNSUPPORTED_PROTOCOL"
    )


def _seen_on(line: Line, host: str) -> dict[str, Any]:
    """What a finished handshake shows."""
    chain = _chain_of(line.sock)
    return {
        "tls": spoken_on(line),
        "certificates": [ssl.DER_cert_to_PEM_cert(each) for each in chain],
        "name_matches": bool(chain) and is_for(chain[0], host),
    } | ({"before_tls": text_of(line.left_over)} if line.left_over else {})


def spoken_on(line: Line) -> dict[str, str]:
    """The version and the cipher of a line within TLS."""
    assert isinstance(line.sock, ssl.SSLSocket)
    cipher = line.sock.cipher()
    return {"version": line.sock.version() or "", "cipher": cipher[0] if cipher else ""}


def _chain_of(sock: socket.socket) -> list[bytes]:
    """All that the server sent, the leaf first; where this Python does not tell, the leaf."""
    # Public since Python 3.13; before it only the object below has it, as objects of its own.
    if ask := getattr(sock, "get_unverified_chain", None):
        return list(ask())[:_MOST_CERTIFICATES]
    if ask := getattr(getattr(sock, "_sslobj", None), "get_unverified_chain", None):
        found = (ask() or [])[:_MOST_CERTIFICATES]
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in found]
    assert isinstance(sock, ssl.SSLSocket)
    leaf = sock.getpeercert(binary_form=True)
    return [leaf] if leaf else []


def is_for(certificate: bytes, host: str) -> bool:
    """Whether a certificate (DER) is one for this name (A-labels): by its SAN only (RFC 9525)."""
    try:
        names = (
            x509.load_der_x509_certificate(certificate)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value.get_values_for_type(x509.DNSName)
        )
    except _UNREADABLE:
        return False
    wanted = host.lower().removesuffix(".")
    return any(_covers(name.lower().removesuffix("."), wanted) for name in names)


def _covers(name: str, host: str) -> bool:
    """A star stands for one whole label, the first, and never for what a registry gives out."""
    if not name.startswith("*."):
        return name == host
    first, _, rest = host.partition(".")
    return bool(first) and rest == name[2:] and "." in rest


def _why(said: str) -> str:
    return next((word for word, start in _WHY_UNTRUSTED if said.startswith(start)), "untrusted")


@lru_cache(maxsize=8)
def _verifying(ca_file: str) -> tuple[ssl.SSLContext, bool]:
    """A context that asks for trust but for no name, and whether there are roots to trust.

    Raises ProbeFailed: a file of ours that cannot be read is our fault.
    """
    context = _context()
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
        else:
            context.load_default_certs()
    except OSError as error:
        raise ProbeFailed(Status.UNABLE, "ours", type(error).__name__) from None
    return context, bool(ca_file) or _machine_has_roots(context)


def _machine_has_roots(context: ssl.SSLContext) -> bool:
    # Those of a folder are read when they are wanted, and not counted before.
    folder = Path(str(ssl.get_default_verify_paths().capath))
    return any(folder.glob("*.0")) or context.cert_store_stats()["x509_ca"] > 0


@lru_cache(maxsize=1)
def unquestioning() -> ssl.SSLContext:
    """A context that takes any certificate: for looking, never for telling secrets."""
    return _context()


def _context(ciphers: str = "DEFAULT:@SECLEVEL=0") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= _TO_OLD_SERVERS
    return context


def _context_of(version: str) -> ssl.SSLContext | None:
    """A context of one version alone; None where this machine's OpenSSL lacks it."""
    flag = {"TLSv1": "HAS_TLSv1", "TLSv1.1": "HAS_TLSv1_1"}.get(version, "HAS_TLSv1_2")
    if not getattr(ssl, flag):
        return None
    context = _context("ALL:@SECLEVEL=0")
    try:
        context.minimum_version = context.maximum_version = _VERSIONS[version]
    except (ssl.SSLError, ValueError):
        return None
    return context


with warnings.catch_warnings():
    # Python is right that nobody should speak these; we ask so that others stop. Made once and
    # early, because warnings are silenced for all threads alike.
    warnings.simplefilter("ignore", DeprecationWarning)
    _ONLY = {version: _context_of(version) for version in _VERSIONS}
