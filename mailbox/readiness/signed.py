"""TR-4: what the signatures on a letter from an agency are worth.

Every signature is verified, those of the agency's own organisation first: its keys are asked of
the gate's validating resolvers, through the client that strangers' names may be given to, and
the arithmetic is done in a process that may be killed. A letter is proof where a signature holds
whose domain is aligned with that of its one author (RFC 7489 §3.1), and the author is of the
domain under test.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from accounts.probing.dns import Dns
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Deadline
from accounts.readiness.ground import from_settings
from accounts.readiness.letters import Facts
from accounts.readiness.reading.names import is_same_organisation, is_under
from mailbox.mime.addresses import domain_of, read_addresses
from mailbox.mime.headers import Headers
from mailbox.mime.killable import ChildFailed
from mailbox.mime.trust.hops import headers_of
from mailbox.mime.trust.signatures.findings import (
    Finding,
    Result,
    Signature,
    signatures_of,
    tags_of,
    unfit_key,
)
from mailbox.mime.trust.signatures.process import VerifyingProcess

# So many are looked at; of the others it is only said how many there were.
MOST_SIGNATURES = 8
# Seconds for all questions to DNS that one letter causes.
_DNS_SECONDS = 10.0
# As long as a record may be before the client cuts it: then it is no key any more.
_OUR_OWN = ("no_resolver", "no_route", "ours", "busy")


class ResolverAway(OSError):
    """Our own resolver cannot be asked: the letter waits for it, as mail waits for a disk."""


class KeySilent(Exception):
    """Whoever has the key does not answer; perhaps a minute later."""


@cache
def _verifying_process() -> VerifyingProcess:
    """This worker's own, started at its first test letter."""
    return VerifyingProcess()


def facts_of(raw: bytes, name: str, *, is_last: bool) -> Facts:
    """The facts of a letter that is to be signed for the domain `name` (A-labels).

    Raises ResolverAway; KeySilent unless this is the last try.
    """
    headers = headers_of(raw)
    author = _author_of(headers)
    claimed = signatures_of(headers)
    # Those that can prove something first: whoever adds a hundred others hides none of them.
    chosen = sorted(claimed, key=lambda one: not is_same_organisation(one.domain, name))
    chosen = chosen[:MOST_SIGNATURES]
    answers = _asked(chosen, is_last=is_last)
    found = [_judged(raw, one, answers.get(one.place), author) for one in chosen]
    proof = [each for each in found if each.result == Result.PASS]
    sender = domain_of(author)
    alignment = _alignment(sender, proof) if is_under(sender, name) else ""
    return {
        "from_domain": sender,
        "signatures": [each.to_json() for each in found],
        "more": len(claimed) - len(chosen),
        "aligned": bool(alignment),
        "alignment": alignment,
    }


def _author_of(headers: Headers) -> str:
    """The one author, its domain in A-labels; empty where there is not exactly one."""
    values = headers.get_all("from")
    people, _more = read_addresses(values[:2])
    if len(values) != 1 or len(people) != 1:
        return ""
    return in_ascii(people[0].address)


def in_ascii(address: str) -> str:
    """An address with its domain as DNS has it, in lower case; "" where that is none."""
    local, at, domain = address.lower().rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}" if at and domain else ""
    except UnicodeError:
        return ""


def _alignment(sender: str, proof: Sequence[Finding]) -> str:
    if any(each.d == sender for each in proof):
        return "strict"
    return "relaxed" if any(is_same_organisation(each.d, sender) for each in proof) else ""


# --- Keys ---------------------------------------------------------------------


def _asked(signatures: Sequence[Signature], *, is_last: bool) -> dict[int, Observation]:
    """What DNS says of the key of each signature that names one."""
    dns = Dns(from_settings(), lane=Deadline(_DNS_SECONDS))
    found = {}
    for one in signatures:
        if not one.is_name:
            continue
        seen = found[one.place] = dns.ask(one.record, "TXT")
        if seen.status == Status.UNABLE and seen.error in _OUR_OWN:
            raise ResolverAway(seen.error)
        if _is_silent(seen) and not is_last:
            raise KeySilent
    return found


def _is_silent(seen: Observation) -> bool:
    if seen.is_answered:
        return bool(seen.facts.get("rcode") == "SERVFAIL" or seen.facts.get("bogus"))
    return seen.status == Status.SILENT


# --- Verdicts -----------------------------------------------------------------


def _judged(raw: bytes, one: Signature, seen: Observation | None, author: str) -> Finding:
    if seen is None:
        return one.found(Result.BAD)
    if seen.status == Status.UNABLE:
        return one.found(Result.UNTESTED)  # our time for this letter was over
    if not seen.is_answered or _is_silent(seen):
        return one.found(Result.SILENT)
    records = [str(each) for each in seen.facts.get("records", [])]
    if (unfit := unfit_key(records)) is not None:
        return one.found(unfit)
    (key,) = (each for each in records if "p" in tags_of(each))
    try:
        said = _verifying_process().verify(raw, one.place, {one.record.lower(): key})
    except ChildFailed:
        return one.found(Result.COSTLY)
    return _of_child(one, said, author)


def _of_child(one: Signature, said: dict[str, Any], author: str) -> Finding:
    """What the child found, if it read the same author as we did."""
    result = Result(said["result"])
    people, _more = read_addresses([str(said["author"]).encode("latin-1", "replace")])
    is_same = len(people) == 1 and in_ascii(people[0].address) == author
    if result == Result.PASS and not (author and is_same):
        result = Result.NOT_FROM
    return one.found(result, int(said["bits"]))
