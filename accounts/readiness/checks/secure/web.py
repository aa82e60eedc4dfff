"""SE-4 and SE-5: whoever comes to the web site comes to HTTPS, and stays there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from accounts.probing.observations import Observation, Status
from accounts.readiness.checks.case import CannotTell, Case, mapping, number, plain, text
from accounts.readiness.checks.findings import Part, beside, failed, partial, passed, untested
from accounts.readiness.checks.hosts import web_hosts, without_web

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_AGE = re.compile(r'\s*max-age\s*=\s*("?)(\d{1,18})\1\s*', re.IGNORECASE)
_CLOSED = ("refused", "timeout", "reset", "closed", "unreachable", "no_route")


def is_encrypted(case: Case) -> list[Part]:
    """SE-4."""
    if none := without_web(case):
        return none
    parts = [case.attempt(host, lambda each: _look_at(case, each)) for host in web_hosts(case)]
    if all(part.reason == "no_address" for part in parts):
        return [failed("web_missing")]
    return parts


def _look_at(case: Case, host: str) -> Part:
    if is_nowhere(case, host):
        return beside("no_address", host)
    secure = case.look("http", f"https://{host}/")
    if secure.status == Status.FORBIDDEN and not _first(secure).get("status"):
        return failed("web_private", host, kind=secure.error)
    if not _first(secure).get("status"):
        return failed("https_missing", host, error=secure.error)
    if to := _downgrade(secure):
        return failed("https_left", host, to=to)
    return _in_clear(case.look("http", f"http://{host}/"), host)


def is_nowhere(case: Case, host: str) -> bool:
    found = [case.dns(host, kind) for kind in ("A", "AAAA")]
    return not any(each.records or each.is_lost for each in found)


def _in_clear(found: Observation, host: str) -> Part:
    """What port 80 does: nothing, or send whoever comes to HTTPS on the same host at once."""
    status = number(_first(found).get("status"))
    if not status:
        is_closed = found.error in _CLOSED or found.status == Status.SILENT
        return (
            passed("http_closed", host)
            if is_closed
            else failed("http_odd", host, error=found.error)
        )
    to = _onward(found)
    if status not in _REDIRECTS or not to:
        return failed("http_stays", host, status=status)
    target = urlsplit(to)
    if target.scheme != "https":
        return failed("http_to_http", host, to=to[:300])
    if plain(target.hostname or "") != host:
        return failed("http_elsewhere", host, to=to[:300])
    if left := _downgrade(found):
        return failed("https_left", host, to=left)
    return passed("http_redirects", host, to=to[:300])


def _hops(found: Observation) -> list[dict[str, Any]]:
    hops = found.facts.get("hops")
    return [mapping(each) for each in hops] if isinstance(hops, list) else []


def _first(found: Observation) -> dict[str, Any]:
    return next(iter(_hops(found)), {})


def _onward(found: Observation) -> str:
    """Where the first answer sends on to, followed or not."""
    hops = _hops(found)
    if len(hops) > 1:
        return text(hops[1].get("url"))
    return _joined(text(hops[0].get("url")), header(hops[0], "location"))


def _joined(base: str, onward: str) -> str:
    if not onward:
        return ""
    try:
        joined = urljoin(base, onward)
        return joined if urlsplit(joined).hostname else ""
    except ValueError:
        return ""


def _downgrade(found: Observation) -> str:
    """The first plain http address after an https one, or ""."""
    urls = [text(hop.get("url")) for hop in _hops(found)]
    hops = _hops(found)
    if hops and number(hops[-1].get("status")) in _REDIRECTS:
        urls.append(_joined(urls[-1], header(hops[-1], "location")))
    was_secure = False
    for url in urls:
        if was_secure and url.lower().startswith("http:"):
            return url[:300]
        was_secure = was_secure or url.lower().startswith("https:")
    return ""


def header(hop: dict[str, Any], name: str) -> str:
    """The first header of a name, as browsers take it; "" where there is none."""
    found = headers(hop, name)
    return found[0] if found else ""


def headers(hop: dict[str, Any], name: str) -> list[str]:
    pairs = hop.get("headers")
    if not isinstance(pairs, list):
        return []
    return [
        text(each[1])
        for each in pairs
        if isinstance(each, list) and len(each) == 2 and text(each[0]).lower() == name
    ]


def first_answer(case: Case, host: str) -> dict[str, Any]:
    """What a host itself answers on HTTPS; empty where it has none. Raises CannotTell."""
    found = case.look("http", f"https://{host}/")
    hop = _first(found)
    return hop if hop.get("status") else {}


def is_strict(case: Case) -> list[Part]:
    """SE-5: HSTS, of what each host itself says."""
    if none := without_web(case):
        return none
    return [case.attempt(host, lambda each: _hsts_of(case, each)) for host in web_hosts(case)]


def _hsts_of(case: Case, host: str) -> Part:
    if is_nowhere(case, host):
        return beside("no_address", host)
    hop = first_answer(case, host)
    if not hop:
        return untested("tls_not_seen", host)
    said = header(hop, "strict-transport-security")
    if not said:
        return failed("hsts_missing", host)
    seconds = _max_age(said)
    facts = {"header": said[:300], "seconds": seconds, "wanted": case.number("seconds")}
    if seconds is None:
        return failed("hsts_malformed", host, **facts)
    if seconds >= case.number("seconds"):
        return passed("hsts_long", host, **facts)
    if seconds >= case.number("partial_seconds"):
        return partial("hsts_short", host, **facts)
    return failed("hsts_too_short", host, **facts)


def _max_age(said: str) -> int | None:
    """The max-age of a header (RFC 6797, section 6.1); None where it has not exactly one."""
    found = [_MAX_AGE.fullmatch(each) for each in said.split(";")]
    ages = [int(each[2]) for each in found if each]
    return ages[0] if len(ages) == 1 else None


def can_see(case: Case, host: str) -> bool:
    """Whether there is an answer of this host on HTTPS to look at."""
    try:
        return not is_nowhere(case, host) and bool(first_answer(case, host))
    except CannotTell:
        return False
