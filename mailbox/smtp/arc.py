"""Sealing a message that is passed on (ARC, RFC 8617): who it was when it came, said by us.

A set of three fields goes on top: what our MTA found, a signature over the message as it
leaves, and a seal over all sets. RSA only: RFC 8617 §4.1 leaves others to verifiers' goodwill.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from mailbox.smtp.dkim import RSA, Digested, Signer, in_lines, relaxed, signature_field

MOST_SETS = 50  # RFC 8617 §4.2.1
_RESULTS = "arc-authentication-results"
_SIGNATURE = "arc-message-signature"
_SEAL = "arc-seal"
# In the order in which a seal covers them (§5.1.1).
_SET = (_RESULTS, _SIGNATURE, _SEAL)
# The first tag of the results (§4.1.1); in signature and seal tags stand in any order.
_INSTANCE = re.compile(rb"(?:\A[^:]*:|;) ?i ?= ?(\d{1,3}) ?(?:;|$)")
_FAILED = re.compile(rb"; ?cv ?= ?fail\b")
_LINE = 76
_LONGEST_WORD = 900

# A field of one kind in relaxed form, by instance and kind.
Chain = dict[int, dict[str, bytes]]


def seal(
    message: bytes, signer: Signer, *, found: bytes, has_passed: bool, sealed_at: datetime
) -> bytes:
    """The message with an ARC set on top; as it is where it cannot be sealed.

    found: the value of our MTA's Authentication-Results, its name first. has_passed: it says
    of the sets that are there that they hold (arc=pass); nothing else makes us say so.
    Not sealed: without exactly one From, after a chain that is broken for good, with 50 sets.
    """
    digested = Digested.of(message)
    words = found.split()
    if digested.count("from") != 1 or signer.algorithm != RSA or not words:
        return message
    chain, is_whole = _chain_of(digested.fields)
    number = max(chain, default=0) + 1
    if number > MOST_SETS or max(map(len, words)) > _LONGEST_WORD or _has_ended(chain):
        return message
    verdict = "none" if not chain else "pass" if has_passed and is_whole else "fail"
    results = _field(b"ARC-Authentication-Results:", [b"i=%d;" % number, *words])
    signature = signature_field("ARC-Message-Signature", f"i={number}", digested, signer, sealed_at)
    mine = {_RESULTS: relaxed(results.rstrip()), _SIGNATURE: relaxed(signature.rstrip())}
    # Of a chain that is broken nothing can be said but that (§5.1.2).
    covered = [mine] if verdict == "fail" else [*(chain[n] for n in sorted(chain)), mine]
    top = _seal(number, verdict, covered, signer, sealed_at)
    return b"".join((top, signature, results, digested.message))


def _seal(
    number: int,
    verdict: str,
    covered: Sequence[dict[str, bytes]],
    signer: Signer,
    sealed_at: datetime,
) -> bytes:
    tags = [
        *(f"i={number};", f"a={signer.algorithm};", f"t={int(sealed_at.timestamp())};"),
        *(f"cv={verdict};", f"d={signer.domain};", f"s={signer.selector};", "b="),
    ]
    unsigned = _field(b"ARC-Seal:", [tag.encode() for tag in tags]).removesuffix(b"\r\n")
    fields = [each[kind] for each in covered for kind in _SET if kind in each]
    octets = b"\r\n".join([*fields, relaxed(unsigned)])
    return unsigned + in_lines(signer.signature(octets)) + b"\r\n"


def _chain_of(fields: Sequence[tuple[str, bytes]]) -> tuple[Chain, bool]:
    """The sets that are there, and whether each is one whole set, from 1 on without a gap."""
    chain: Chain = {}
    is_whole = True
    for name, value in fields:
        if name not in _SET:
            continue
        match = _INSTANCE.match(value) if name == _RESULTS else _INSTANCE.search(value)
        number = int(match[1]) if match else 0
        is_whole = is_whole and number > 0 and name not in chain.get(number, {})
        chain.setdefault(number, {})[name] = value
    is_whole = is_whole and sorted(chain) == list(range(1, len(chain) + 1))
    return chain, is_whole and all(len(each) == len(_SET) for each in chain.values())


def _has_ended(chain: Chain) -> bool:
    """Whether the last seal says that the chain is broken: nobody adds to it (§5.1)."""
    last = chain.get(max(chain, default=0), {}).get(_SEAL, b"")
    return _FAILED.search(last) is not None


def _field(name: bytes, words: Sequence[bytes]) -> bytes:
    """A field of these words, folded between them."""
    lines = [name]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != name:
            lines.append(b"")
        lines[-1] += b" " + word
    return b"\r\n".join(lines) + b"\r\n"
