"""Questions to DNS, through a validating resolver of ours, and to name servers themselves.

Security as the resolver sees it: AD says secure (RFC 6840 §5.7); SERVFAIL that turns into an
answer under CD, twice, says bogus (RFC 4035 §3.2.2), unless the resolver itself gives another
reason (RFC 8914). A resolver that is down, or refuses us, is our fault: never their silence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from accounts.probing import records
from accounts.probing.failing import Deadline, ProbeFailed, observe, text_of
from accounts.probing.ground import Ground, endpoint_of
from accounts.probing.observations import Observation, Status
from accounts.probing.targets import why_not

# One try over UDP; a lost datagram is not worth the whole time.
_TRY = 3.0
# What a resolver that lives answers of itself within.
_ALIVE = 1.0
# Why a resolver gives SERVFAIL (RFC 8914 §4): what is wrong with signatures, or with servers.
_DNSSEC_SAYS = frozenset({1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27})
_SERVERS_SAY = frozenset({13, 14, 22, 23})
_CHECKED = int(dns.flags.RD | dns.flags.AD)
_UNCHECKED = int(dns.flags.RD | dns.flags.AD | dns.flags.CD)
# What resolvers say that do not want to work for us.
_UNWILLING = (dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR)

# Name, kind and flags; address and port.
_Question = tuple[dns.name.Name, str, int]
_Place = tuple[str, int]


class Dns:
    """The questions of one run; each is asked once. Safe among threads."""

    def __init__(self, ground: Ground, *, lane: Deadline | None = None) -> None:
        self._ground, self._lane = ground, lane
        self._guard = threading.Lock()
        self._asked: dict[tuple[str, str], Future[Observation]] = {}
        self._resolvers = [endpoint_of(each, 53) for each in ground.resolvers]
        self._is_alone = False

    def ask(self, name: str, kind: str) -> Observation:
        """What the resolver says of a name; never raises for what a stranger did."""
        target = f"{_shown(name)} {kind}"

        def look(facts: dict[str, Any]) -> None:
            self._ask(facts, name, kind)

        return self._once(("dns", target), lambda: observe("dns", target, look))

    def ask_server(self, zone: str, server: str, address: str) -> Observation:
        """What a name server says of a zone's SOA, asked directly."""
        target = f"{_shown(server)}@{address}"

        def look(facts: dict[str, Any]) -> None:
            self._ask_server(facts, zone, address)

        return self._once(("ns", f"{zone} {target}"), lambda: observe("ns", target, look))

    def _once(self, key: tuple[str, str], ask: Callable[[], Observation]) -> Observation:
        with self._guard:
            is_first = key not in self._asked
            waited = self._asked.setdefault(key, Future())
        if is_first:
            try:
                waited.set_result(ask())
            except BaseException as error:
                # Whoever waits for the same must not wait for ever.
                waited.set_exception(error)
                raise
        return waited.result()

    def _ask(self, facts: dict[str, Any], name: str, kind: str) -> None:
        if self._is_alone:
            raise ProbeFailed(Status.UNABLE, "no_resolver")
        deadline = self._deadline()
        wanted = _name_of(name)
        answer = self._resolved(wanted, kind, deadline)
        facts.update(rcode=dns.rcode.to_text(answer.rcode()), bogus=False, secure=None)
        if answer.rcode() == dns.rcode.SERVFAIL:
            answer = self._without_validation(facts, answer, (wanted, kind), deadline)
        else:
            facts["secure"] = self._is_secure(answer, wanted)
        facts.update(records.facts_of(answer, kind))

    def _without_validation(
        self,
        facts: dict[str, Any],
        failed: dns.message.QueryMessage,
        question: tuple[dns.name.Name, str],
        deadline: Deadline,
    ) -> dns.message.QueryMessage:
        """The answer that validation kept back, if it is validation that did."""
        facts["ede"] = reasons = _reasons(failed)
        if _SERVERS_SAY.intersection(reasons):
            return failed
        bare = self._resolved(*question, deadline, is_checked=False)
        if bare.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return failed
        if not _DNSSEC_SAYS.intersection(reasons):
            # Perhaps their servers only stumbled the first time.
            again = self._resolved(*question, deadline)
            if again.rcode() != dns.rcode.SERVFAIL:
                facts["rcode"] = dns.rcode.to_text(again.rcode())
                facts["secure"] = self._is_secure(again, question[0])
                return again
        facts.update(bogus=True, secure=False)
        return bare

    def _deadline(self) -> Deadline:
        return Deadline(min(self._ground.probe_seconds, self._ground.dns_seconds), self._lane)

    def _is_secure(self, answer: dns.message.QueryMessage, name: dns.name.Name) -> bool | None:
        if answer.flags & dns.flags.AD:
            return True
        signed = self._ground.signed
        if signed and name != dns.name.from_text(signed) and not self._validates(signed):
            return None
        return False

    def _validates(self, signed: str) -> bool:
        """Whether the resolver vouches for a zone that is known to be signed.

        Where that one cannot be had at all, as in a closed network, it is believed.
        """
        seen = self.ask(signed, "SOA")
        return not seen.is_answered or seen.facts["secure"] is not False

    def _resolved(
        self, name: dns.name.Name, kind: str, deadline: Deadline, *, is_checked: bool = True
    ) -> dns.message.QueryMessage:
        """The answer of the first resolver that gives one. Raises ProbeFailed."""
        question = (name, kind, _CHECKED if is_checked else _UNCHECKED)
        while True:
            is_silent = False
            for place in self._resolvers:
                answer = self._answer_of(place, question, deadline)
                if answer is not None and answer.rcode() not in _UNWILLING:
                    return answer
                is_silent = is_silent or answer is None
            if not is_silent or not self._is_served():
                raise ProbeFailed(Status.UNABLE, "no_resolver")
            deadline.left()

    def _answer_of(
        self, place: _Place, question: _Question, deadline: Deadline
    ) -> dns.message.QueryMessage | None:
        """What one resolver says; None: nothing."""
        try:
            return _exchanged(question, place, deadline)
        except ProbeFailed as failed:
            if failed.error in ("bad_reply", "late"):
                raise
            return None

    def _is_served(self) -> bool:
        """Whether a resolver is there: then its silence is the silence of whom it asks.

        Where none is, that is kept for the run: nobody waits for each question anew.
        """
        seconds = min(_ALIVE, self._ground.probe_seconds)
        are_there = [_is_alive(place, seconds) for place in self._resolvers]
        self._is_alone = self._is_alone or not any(are_there)
        return not self._is_alone

    def _ask_server(self, facts: dict[str, Any], zone: str, address: str) -> None:
        kind = why_not(address, self._ground.also)
        if kind:
            raise ProbeFailed(Status.FORBIDDEN, kind)
        place = (address, self._ground.ports.get(53, 53))
        answer = _persistently((_name_of(zone), "SOA", 0), place, self._deadline())
        found = records.facts_of(answer, "SOA")["records"]
        facts.update(
            zone=_shown(zone),
            rcode=dns.rcode.to_text(answer.rcode()),
            serial=found[0][2] if found else None,
            authoritative=bool(answer.flags & dns.flags.AA),
        )


def _persistently(
    question: _Question, place: _Place, deadline: Deadline
) -> dns.message.QueryMessage:
    while True:
        try:
            return _exchanged(question, place, deadline)
        except ProbeFailed as failed:
            if failed.status != Status.SILENT:
                raise
            deadline.left()


def _exchanged(question: _Question, place: _Place, deadline: Deadline) -> dns.message.QueryMessage:
    """One question over UDP, and over TCP where the answer does not fit. Raises ProbeFailed."""
    name, kind, flags = question
    message = dns.message.make_query(name, kind, flags=flags, use_edns=0, payload=1232)
    seconds = min(deadline.left(), _TRY)
    try:
        answer, _over_tcp = dns.query.udp_with_fallback(
            message, *_where(place, seconds), ignore_unexpected=True
        )
    except dns.exception.Timeout:
        raise ProbeFailed(Status.SILENT, "timeout") from None
    except (dns.exception.DNSException, ValueError, EOFError) as error:
        raise ProbeFailed(Status.BROKEN, "bad_reply", str(error)) from None
    except ConnectionError:
        raise ProbeFailed(Status.BROKEN, "refused") from None
    except OSError as error:
        raise ProbeFailed(Status.UNABLE, "no_route", error.strerror or "") from None
    if not isinstance(answer, dns.message.QueryMessage):
        raise ProbeFailed(Status.BROKEN, "bad_reply")
    return answer


def _where(place: _Place, seconds: float) -> tuple[str, float, int]:
    return place[0], seconds, place[1]


def _is_alive(place: _Place, seconds: float) -> bool:
    """Whether a resolver answers anything: of "localhost" it knows itself (RFC 6761 §6.3)."""
    question = (dns.name.from_text("localhost"), "A", int(dns.flags.RD))
    try:
        answer = _exchanged(question, place, Deadline(seconds))
    except ProbeFailed as failed:
        return failed.status == Status.BROKEN
    return answer.rcode() not in _UNWILLING


def _reasons(answer: dns.message.Message) -> list[int]:
    """The extended errors that the resolver gave."""
    return sorted(
        {int(each.code) for each in answer.options if isinstance(each, dns.edns.EDEOption)}
    )


def _name_of(name: str) -> dns.name.Name:
    if not name.isascii() or not name.isprintable() or " " in name:
        raise ProbeFailed(Status.BROKEN, "bad_name")
    try:
        return dns.name.from_text(name)
    except (dns.exception.DNSException, ValueError):
        raise ProbeFailed(Status.BROKEN, "bad_name") from None


def _shown(name: str) -> str:
    """A name as targets have it."""
    shown = name.lower().removesuffix(".") or "."
    return text_of(shown.encode("ascii", "backslashreplace"), 300) if shown.isprintable() else "?"
