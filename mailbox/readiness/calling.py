"""Calling on a domain's mail servers as a stranger does: by MX, with STARTTLS where offered.

Every connection goes through the gate's one client (`accounts.probing.outbound`), which refuses
addresses that are not public and goes where it has looked; what is spoken is our own SMTP.
Encryption is opportunistic (RFC 7435): whether it is good is for other rules to say.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.probing.failing import ProbeFailed
from accounts.probing.observations import Status
from accounts.probing.outbound import Outbound
from mailbox.smtp.content import Content
from mailbox.smtp.session import Clock, Session
from mailbox.smtp.steps import StepName
from mailbox.smtp.transaction import Letter, Transaction, written_down
from mailbox.smtp.verdicts import OutOfReach, Reason, Verdict, because
from mailbox.smtp.wire import Wire

# Seconds for each answer, and after which no other server is begun with.
_PATIENCE = 10.0
_ENOUGH = 60.0
_MOST_HOSTS, _MOST_ADDRESSES = 5, 2
_PORT = 25


@dataclass(frozen=True)
class Call:
    """What is handed over; sender: the return path."""

    content: Content
    sender: str
    recipient: str


def hand_over(call: Call, domain: str, outbound: Outbound) -> Verdict:
    """The verdict of the first of a domain's servers that takes the letter or refuses it for good;
    else of the last that said something. Never raises for a stranger's doing.
    """
    until = time.monotonic() + _ENOUGH
    last = because(Reason.UNREACHABLE, "no mail server was found")
    try:
        hosts = _hosts(outbound, domain)
    except ProbeFailed as failed:
        return _of_failure(failed)
    if not hosts:
        return Verdict(556, "the domain takes no mail (RFC 7505)", "5.1.10", Reason.UNKNOWN_DOMAIN)
    for host, address in _places(outbound, hosts):
        if time.monotonic() > until:
            break
        last = _call(outbound, host, address, call)
        if last.accepted or last.final or last.in_doubt:
            break
    return last


def _hosts(outbound: Outbound, domain: str) -> list[str]:
    """Its mail servers, the best first; itself where it names none (RFC 5321 §5.1).

    None where it says that it takes no mail. Raises ProbeFailed.
    """
    seen = outbound.dns.ask(domain, "MX")
    if not seen.is_answered:
        raise ProbeFailed(seen.status, seen.error)
    if seen.facts["rcode"] not in ("NOERROR", "NXDOMAIN") or seen.facts["bogus"]:
        raise ProbeFailed(Status.SILENT, "servfail")
    named = sorted((int(order), str(host)) for order, host in seen.facts.get("records", []))
    if not named:
        return [domain]
    return [host for _order, host in named if host.strip(".")][:_MOST_HOSTS]


def _places(outbound: Outbound, hosts: list[str]) -> Iterator[tuple[str, str]]:
    for host in hosts:
        try:
            found = outbound.addresses(host)[:_MOST_ADDRESSES]
        except ProbeFailed:
            continue
        for address in found:
            yield host, address


def _call(outbound: Outbound, host: str, address: str, call: Call) -> Verdict:
    try:
        with outbound.line(host, address, _PORT) as line:
            wire = Wire(line.sock, _PATIENCE)
            session = Session(wire, outbound.ground.name, Clock(_PATIENCE))
            try:
                return _converse(session, host, call)
            except OutOfReach as out:
                return out.verdict
            finally:
                session.quit(wait=0)
    except ProbeFailed as failed:
        return _of_failure(failed)


def _converse(session: Session, host: str, call: Call) -> Verdict:
    session.greeting()
    session.hello()
    if "starttls" in session.features:
        session.starttls(_context(), host)
        session.hello(StepName.EHLO_AGAIN)
    letter = Letter(call.content, call.sender, [call.recipient], written_down)
    return Transaction(session, letter).carry_out()[call.recipient]


def _context() -> ssl.SSLContext:
    """Encrypted to whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _of_failure(failed: ProbeFailed) -> Verdict:
    reason = Reason.TIMED_OUT if failed.status == Status.SILENT else Reason.UNREACHABLE
    return because(reason, f"{failed.status}: {failed.error}")
