"""One connection to an LDAP directory: made secure, signed in, searched page by page.

Over python-ldap (libldap). Nothing is taken from the machine's ldap.conf: every option that
guards us is set here. Referrals and aliases are never followed; a search is read in pages
(RFC 2696), and one that ends early raises instead of giving the pages it had.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.ldap import errors

try:
    import ldap
    from ldap.controls import SimplePagedResultsControl
except ImportError:  # The portal runs without it; agencies' directories are then closed (ADR 0011).
    ldap = None

# Active Directory gives at most 1,000 a page.
PAGE = 500
# More than all officials of the largest ministry: a directory that never ends is a broken one.
MOST_ENTRIES = 500_000
# Some give fewer a page than they are asked for, and some pages are empty.
MOST_PAGES = 5_000
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]+")
# Debian's and Red Hat's lists of authorities; libldap over GnuTLS takes a file only.
_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True)
class Server:
    """Where a directory is. security: "starttls", "ldaps", or "loopback" (no TLS, this machine).

    ca_certificates: PEM of who may vouch for it; empty, the machine's own list. bind_dn and
    password: whom the portal searches as; empty, nobody. timeout: seconds for each answer.
    """

    host: str
    port: int = 389
    security: str = "starttls"
    ca_certificates: str = ""
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0


@dataclass(frozen=True)
class Entry:
    """One entry: its name of today, and its attributes with small letters, as octets."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]


def is_installed() -> bool:
    """Tell whether this installation can speak LDAP at all."""
    return ldap is not None


def is_host(text: str) -> bool:
    """Tell whether this is a name or address that can stand in an LDAP URL by itself."""
    return _HOST.fullmatch(text) is not None


def are_authorities(pem: str) -> bool:
    """Tell whether this text holds certificates that could vouch for a directory."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return False
    return bool(context.cert_store_stats()["x509"])


@contextlib.contextmanager
def connect(server: Server) -> Iterator[Session]:
    """Give a session that is secure and signed in; it is closed afterwards.

    Raises what `accounts.ldap.errors` has a sentence for, and nothing else of the library's.
    """
    if ldap is None:
        raise errors.LibraryMissing
    if not is_host(server.host):
        raise errors.DirectoryAway
    if server.security == "loopback":
        _only_loopback(server)
    with contextlib.ExitStack() as until_closed, _in_our_words():
        link = ldap.initialize(_address(server))
        until_closed.callback(_close, link)
        authorities = until_closed.enter_context(_authorities(server))
        _guard(link, server, authorities)
        _secure(link, server)
        link.simple_bind_s(server.bind_dn, server.password if server.bind_dn else "")
        yield Session(link, server.timeout)


class Session:
    """A connection that is signed in. references: places elsewhere that a search named."""

    def __init__(self, link: Any, timeout: float) -> None:
        self._link, self._timeout = link, timeout
        self.references = 0

    def search(
        self, base: str, filter: str, attributes: Sequence[str], *, most: int = MOST_ENTRIES
    ) -> Iterator[Entry]:
        """Give every entry below a place that the filter holds for.

        Raises TooMuch above `most` of them, or when the pages never end. Only when it has
        ended of itself was all given.
        """
        found, cookie = 0, ""
        for _page in range(MOST_PAGES):
            with _in_our_words():
                rows, cookie = self._page(base, filter, attributes, cookie)
            for dn, values in rows:
                if dn is None:
                    self.references += 1
                    continue
                found += 1
                if found > most:
                    raise errors.TooMuch
                yield Entry(dn, {name.lower(): value for name, value in values.items()})
            if not cookie:
                return
        raise errors.TooMuch

    def first(self, base: str, filter: str, attributes: Sequence[str]) -> Entry | None:
        """Give the one entry the filter holds for; None where there is none, or several."""
        found = list(self.search(base, filter, attributes, most=50))
        return found[0] if len(found) == 1 else None

    def accepts(self, dn: str, password: str) -> bool:
        """Tell whether the directory lets this entry in with this password.

        The session is then that entry's, and good for nothing else. An empty password would
        be taken as nobody's sign-in, and answered with success (RFC 4513, 5.1.2): refused.
        """
        if not dn or not password or "\0" in password:
            return False
        with _in_our_words():
            try:
                self._link.simple_bind_s(dn, password)
            except (ldap.INVALID_CREDENTIALS, ldap.INVALID_DN_SYNTAX, ldap.NO_SUCH_OBJECT):
                return False
            except (ldap.UNWILLING_TO_PERFORM, ldap.INAPPROPRIATE_AUTH):
                return False  # locked, or an entry that has no password
        return True

    def _page(
        self, base: str, filter: str, attributes: Sequence[str], cookie: str
    ) -> tuple[list[tuple[str | None, dict[str, list[bytes]]]], str]:
        control = SimplePagedResultsControl(True, size=PAGE, cookie=cookie)
        number = self._link.search_ext(
            base, ldap.SCOPE_SUBTREE, filter, list(attributes), serverctrls=[control]
        )
        _kind, rows, _number, controls = self._link.result3(number, timeout=self._timeout)
        cookies = [each.cookie for each in controls if each.controlType == control.controlType]
        return rows, cookies[0] if cookies else ""


def _address(server: Server) -> str:
    scheme = "ldaps" if server.security == "ldaps" else "ldap"
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{scheme}://{host}:{server.port}"


def _guard(link: Any, server: Server, authorities: str) -> None:
    link.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
    link.set_option(ldap.OPT_REFERRALS, 0)
    link.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)
    link.set_option(ldap.OPT_SIZELIMIT, 0)
    link.set_option(ldap.OPT_TIMELIMIT, 0)
    link.set_option(ldap.OPT_NETWORK_TIMEOUT, server.timeout)
    link.set_option(ldap.OPT_TIMEOUT, server.timeout)
    if server.security == "loopback":
        return
    link.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    link.set_option(ldap.OPT_X_TLS_PROTOCOL_MIN, 0x303)  # TLS 1.2
    if authorities:
        link.set_option(ldap.OPT_X_TLS_CACERTFILE, authorities)
    # Last: only now does libldap take the others over.
    link.set_option(ldap.OPT_X_TLS_NEWCTX, 0)


def _secure(link: Any, server: Server) -> None:
    """Begin TLS; whatever goes wrong in that is no longer "does not answer"."""
    if server.security == "starttls":
        try:
            link.start_tls_s()
        except (ldap.CONNECT_ERROR, ldap.PROTOCOL_ERROR, ldap.UNAVAILABLE, ldap.LOCAL_ERROR):
            raise errors.NotSecure from None
    elif server.security == "ldaps":
        try:
            link.simple_bind_s("", "")
        except ldap.SERVER_DOWN:
            raise (errors.NotSecure if _is_open(server) else errors.DirectoryAway) from None
        except ldap.INAPPROPRIATE_AUTH:
            return  # nobody may sign in as nobody there; the connection is made


def _is_open(server: Server) -> bool:
    """Whether something listens there: libldap says only that LDAPS did not come about."""
    try:
        socket.create_connection((server.host, server.port), server.timeout).close()
    except OSError:
        return False
    return True


def _only_loopback(server: Server) -> None:
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except OSError:
        raise errors.DirectoryAway from None
    if not all(ipaddress.ip_address(str(each[4][0])).is_loopback for each in found):
        raise errors.NotLoopback


@contextlib.contextmanager
def _authorities(server: Server) -> Iterator[str]:
    """Give the path of a file with the authorities; the agency's own lie there for the while."""
    if server.security == "loopback":
        yield ""
    elif not server.ca_certificates.strip():
        paths = (ssl.get_default_verify_paths().cafile, *_AUTHORITIES)
        yield next((path for path in paths if path and _is_file(path)), "")
    else:
        with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as file:
            file.write(server.ca_certificates)
            file.flush()
            yield file.name


def _is_file(path: str) -> bool:
    with contextlib.suppress(OSError), open(path, "rb"):
        return True
    return False


def _close(link: Any) -> None:
    with contextlib.suppress(ldap.LDAPError):
        link.unbind_ext_s()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Say the library's errors as ours; what it had to say goes along as the cause."""
    try:
        yield
    except ldap.LDAPError as error:
        raise _sentence_of(error) from error


def _sentence_of(error: Exception) -> errors.DirectoryFailed:
    for kinds, ours in (
        ((ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.BUSY, ldap.UNAVAILABLE), errors.DirectoryAway),
        ((ldap.CONNECT_ERROR, ldap.CONFIDENTIALITY_REQUIRED), errors.NotSecure),
        ((ldap.INVALID_CREDENTIALS, ldap.INVALID_DN_SYNTAX), errors.LoginRefused),
        ((ldap.INSUFFICIENT_ACCESS, ldap.INAPPROPRIATE_AUTH), errors.LoginRefused),
        ((ldap.STRONG_AUTH_REQUIRED,), errors.LoginRefused),
        ((ldap.NO_SUCH_OBJECT,), errors.BaseMissing),
        ((ldap.FILTER_ERROR,), errors.FilterBroken),
        ((ldap.REFERRAL,), errors.SentElsewhere),
        ((ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED), errors.TooMuch),
        ((ldap.TIMELIMIT_EXCEEDED,), errors.TooMuch),
    ):
        if isinstance(error, kinds):
            return ours()
    return errors.DirectoryFailed()
