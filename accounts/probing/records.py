"""Answers of DNS as facts: texts, numbers and lists, bounded, and in an order that lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from accounts.probing.failing import MOST_TEXT, ProbeFailed, text_of
from accounts.probing.observations import Status

# No honest name has more; of more, those that policies are written in come first.
MOST_RECORDS = 100


def facts_of(answer: dns.message.QueryMessage, kind: str) -> dict[str, Any]:
    """`records`, `chain` and `ttl`; `total` where there were too many to keep; for a negative
    answer `zone`, the one that says no. Raises ProbeFailed ("loop", "bad_reply").
    """
    try:
        found = answer.resolve_chaining()
    except dns.message.ChainTooLong:
        raise ProbeFailed(Status.BROKEN, "loop") from None
    except (dns.exception.DNSException, ValueError) as error:
        raise ProbeFailed(Status.BROKEN, "bad_reply", str(error)) from None
    shown = _FORMS.get(kind, _text)
    rdatas = () if found.answer is None else found.answer.items
    records = sorted(map(shown, rdatas), key=_order)
    facts: dict[str, Any] = {
        "records": records[:MOST_RECORDS],
        "chain": [_target(next(iter(each))) for each in found.cnames],
        "ttl": found.minimum_ttl,
    }
    if len(records) > MOST_RECORDS:
        facts["total"] = len(records)
    if found.answer is None:
        facts["zone"] = _zone(answer)
    return facts


def _zone(answer: dns.message.QueryMessage) -> str:
    for rrset in answer.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return _host(rrset.name)
    return ""


def _order(record: Any) -> tuple[bool, Any]:
    is_policy = isinstance(record, str) and record[:2].lower() == "v="
    return not is_policy, record


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _text(rdata: Any) -> str:
    return str(rdata.to_text())[:MOST_TEXT]


def _strings(rdata: Any) -> str:
    return text_of(b"".join(rdata.strings))


def _target(rdata: Any) -> str:
    return _host(rdata.target)


def _exchanger(rdata: Any) -> list[Any]:
    return [rdata.preference, _host(rdata.exchange)]


def _authority(rdata: Any) -> list[Any]:
    return [_host(rdata.mname), _host(rdata.rname), rdata.serial]


def _certificate(rdata: Any) -> list[Any]:
    return [rdata.usage, rdata.selector, rdata.mtype, rdata.cert.hex()[:MOST_TEXT]]


def _authorised(rdata: Any) -> list[Any]:
    return [rdata.flags, text_of(rdata.tag), text_of(rdata.value)]


_FORMS: dict[str, Callable[[Any], Any]] = {
    "TXT": _strings,
    "NS": _target,
    "CNAME": _target,
    "MX": _exchanger,
    "SOA": _authority,
    "TLSA": _certificate,
    "CAA": _authorised,
}
