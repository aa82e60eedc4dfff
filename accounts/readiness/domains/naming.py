"""What officers type for domains, hosts, places to sign in and selectors, as DNS knows it.

Pure: text in, names out. Whoever knows no DNS pastes the address of a page or of a person; the
domain in it is meant. Nothing here is asked of anybody.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

import idna
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.probing.targets import PAGES, SIGN_IN
from govmail_portal.errors import PortalError

MOST_EACH = 10
LONGEST = 253
# Below these the country registers names; they belong to no agency (thnic.co.th).
_REGISTRIES = frozenset(f"{each}.th" for each in ("ac", "co", "go", "in", "mi", "net", "or"))
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")


class NotADomain(PortalError):
    message = _("This is no domain. Write it as it stands after the @, such as agency.go.th.")


class BelongsToNobody(PortalError):
    message = _("Names are registered below this one; give the agency's own, such as agency.go.th.")


class HostElsewhere(PortalError):
    message = _("A web server that is tested has a name within the domain, such as www.")


class NotALogin(PortalError):
    message = _(
        "Give a mail server with its port, such as imap.agency.go.th:143, or the whole address "
        "of a page, such as https://webmail.agency.go.th/."
    )


class OtherPort(NotALogin):
    message = format_lazy(
        _(
            "This port is not tested. A mail server is tested at one of the ports {mail}, a page "
            "at {http} (http) or {https} (https)."
        ),
        mail=", ".join(map(str, SIGN_IN)),
        **PAGES,
    )


class NotASelector(PortalError):
    message = _("A DKIM selector is made of letters, digits, dots and hyphens, such as mail2026.")


class TooManyNames(PortalError):
    message = _("Ten of these are the most.")


def domain_of(text: str) -> str:
    """The domain somebody means, in A-labels (RFC 5890), without "www.".

    Takes a name, an address of mail, or of a page. Raises NotADomain, BelongsToNobody.
    """
    typed = unicodedata.normalize("NFKC", text).strip().strip("<>\"'").lower()
    if "://" in typed:
        typed = _host_of_url(typed)
    typed = typed.partition("/")[0].rpartition("@")[2]
    name = _ascii(typed)
    if name.startswith("www.") and name.count(".") > 1:
        name = name.removeprefix("www.")
    if name in _REGISTRIES:
        raise BelongsToNobody
    return name


def hosts_of(texts: list[str], domain: str) -> list[str]:
    """Whole names of web servers within a domain, in A-labels: "www" is www.<domain>.

    The domain itself is left out, for it is always tested. Raises NotADomain, HostElsewhere,
    TooManyNames.
    """
    found = []
    for text in _given(texts):
        typed = unicodedata.normalize("NFKC", text).strip().lower()
        if "://" in typed:
            typed = _host_of_url(typed)
        typed = typed.partition("/")[0]
        name = _ascii(typed if "." in typed.strip(".") else f"{typed.strip('.')}.{domain}")
        if name != domain and not name.endswith(f".{domain}"):
            raise HostElsewhere
        found.append(name)
    return [each for each in dict.fromkeys(found) if each != domain]


def logins_of(texts: list[str]) -> list[str]:
    """Where officials sign in to mail: "host:port" or a URL. Raises NotALogin, OtherPort,
    TooManyNames.
    """
    return list(dict.fromkeys(_login(text) for text in _given(texts)))


def selectors_of(texts: list[str]) -> list[str]:
    """Selectors of DKIM (RFC 6376, 3.1). Raises NotASelector, TooManyNames."""
    found = []
    for text in _given(texts):
        typed = text.strip().lower().partition("._domainkey")[0]
        if not _SELECTOR.fullmatch(typed):
            raise NotASelector
        found.append(typed)
    return list(dict.fromkeys(found))


def _login(text: str) -> str:
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        if "://" in typed:
            return _page(typed)
        host, _colon, port = typed.rpartition(":")
        # Not int(): it takes other figures, blanks and underscores, too.
        if not (port.isascii() and port.isdigit()):
            raise NotALogin
        name = _ascii(host.lower())
        if int(port) not in SIGN_IN:
            raise OtherPort
        return f"{name}:{int(port)}"
    except (NotADomain, ValueError) as error:
        raise NotALogin from error


def _page(typed: str) -> str:
    parts = urlsplit(typed)
    if parts.scheme not in PAGES or parts.username is not None:
        raise NotALogin
    path = parts.path or "/"
    if len(typed) > 300 or not path.isascii() or any(c.isspace() for c in typed):
        raise NotALogin
    query = f"?{parts.query}" if parts.query.isascii() and parts.query else ""
    name = _ascii(parts.hostname or "")
    if parts.port not in (None, PAGES[parts.scheme]):
        raise OtherPort
    return f"{parts.scheme}://{name}{path}{query}"


def _host_of_url(typed: str) -> str:
    try:
        return urlsplit(typed).hostname or ""
    except ValueError as error:
        raise NotADomain from error


def _given(texts: list[str]) -> list[str]:
    given = [text for text in texts if text.strip()]
    if len(given) > MOST_EACH:
        raise TooManyNames
    return given


def _ascii(typed: str) -> str:
    """Raises NotADomain, for addresses of numbers and single labels, too."""
    typed = typed.removesuffix(".")
    if len(typed) > LONGEST:
        raise NotADomain
    try:
        name = idna.encode(typed, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise NotADomain from error
    labels = name.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotADomain
    # Whatever a resolver of the system might take for an IPv4 address ends in a number.
    if labels[-1].isdigit() or labels[-1].startswith("0x") or _is_address(name):
        raise NotADomain
    if len(name) > LONGEST:
        raise NotADomain
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
