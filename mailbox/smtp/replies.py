"""What a server's reply means for the one who reads of it: a `Reason` from a closed list.

The enhanced code of RFC 3463 (and its later ones: RFC 4468, 4954, 5248, 6531, 7372,
7505) speaks first. Many servers send none, or 5.7.1 for everything; then their words
are looked at, as far as those of the common servers go; then the bare code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why a recipient has the verdict they have, whoever gave it."""

    NONE = ""
    # Our way to the gateway.
    NO_GATEWAY = "no-gateway"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_TLS = "no-tls"
    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105  # a reason's name, not a password
    NOT_LOOPBACK = "not-loopback"
    NOT_GREETED = "not-greeted"
    BUSY = "busy"
    TIMED_OUT = "timed-out"
    GARBLED = "garbled"
    LOST_BEFORE = "lost-before-data"
    LOST_AFTER = "lost-after-data"
    RELAY_DENIED = "relay-denied"
    # Our own patience with it: not asked at all.
    OFF_HOURS = "off-hours"
    OWN_LIMIT = "own-limit"
    # The message.
    NO_8BIT = "no-8bit"
    NO_UTF8 = "no-utf8"
    TOO_LARGE = "too-large"
    UNFIT = "unfit"
    CONTENT = "content"
    # The recipient.
    BAD_ADDRESS = "bad-address"
    UNKNOWN_USER = "unknown-user"
    UNKNOWN_DOMAIN = "unknown-domain"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_CLOSED = "mailbox-closed"
    # The other side's rules.
    GREYLISTED = "greylisted"
    TOO_MUCH = "too-much"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    SENDER_REFUSED = "sender-refused"
    UNTRUSTED = "untrusted"
    BLOCKED = "blocked"
    POLICY = "policy"
    # The road beyond the gateway.
    NO_ROOM = "no-room"
    ONWARD = "onward"
    LOOP = "loop"
    TOO_LATE = "too-late"
    # All others that a server spoke itself.
    LATER = "later"
    REFUSED = "refused"
    INTERNAL = "internal"
    # An officer's word: no server was asked.
    GIVEN_UP = "given-up"


# What is the gateway's own trouble: a circuit breaker counts these.
GATEWAY_FAULTS = frozenset(
    (Reason.UNREACHABLE, Reason.CERTIFICATE, Reason.NO_TLS, Reason.LOGIN, Reason.PASSWORD)
    + (Reason.NOT_LOOPBACK, Reason.NOT_GREETED, Reason.BUSY, Reason.TIMED_OUT, Reason.GARBLED)
    + (Reason.LOST_BEFORE, Reason.LOST_AFTER)
)

# What one gateway is unable to carry, or will not for us: another may.
ANOTHER_MAY = frozenset(
    (Reason.RELAY_DENIED, Reason.LOGIN, Reason.NOT_GREETED, Reason.BUSY, Reason.TIMED_OUT)
    + (Reason.GARBLED, Reason.LOST_BEFORE, Reason.NO_8BIT, Reason.NO_UTF8, Reason.TOO_LARGE)
    + (Reason.NO_ROOM, Reason.SENDER_REFUSED)
)

# By subject and detail (RFC 3463 §3). A tuple: first for 4xx, then for 5xx.
_DETAILS: Mapping[str, Reason | tuple[Reason, Reason]] = {
    "1.1": Reason.UNKNOWN_USER,
    "1.2": Reason.UNKNOWN_DOMAIN,
    "1.3": Reason.BAD_ADDRESS,
    "1.4": Reason.BAD_ADDRESS,
    "1.6": Reason.UNKNOWN_USER,
    "1.7": Reason.SENDER_REFUSED,
    "1.8": Reason.SENDER_REFUSED,
    "1.10": Reason.UNKNOWN_DOMAIN,
    "2.1": (Reason.LATER, Reason.MAILBOX_CLOSED),
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.1": Reason.NO_ROOM,
    "3.2": Reason.BUSY,
    "3.4": Reason.TOO_LARGE,
    "4.1": Reason.ONWARD,
    "4.2": Reason.ONWARD,
    "4.3": Reason.ONWARD,
    "4.4": (Reason.ONWARD, Reason.UNKNOWN_DOMAIN),
    "4.5": Reason.BUSY,
    "4.6": Reason.LOOP,
    "4.7": Reason.TOO_LATE,
    "4.14": Reason.LOOP,
    "5.3": Reason.TOO_MANY_RECIPIENTS,
    "6.0": Reason.CONTENT,
    "6.1": Reason.CONTENT,
    "6.3": Reason.NO_8BIT,
    "6.7": Reason.NO_UTF8,
    "7.8": Reason.LOGIN,
    "7.54": Reason.RELAY_DENIED,
    "7.57": Reason.LOGIN,
    "7.17": Reason.UNKNOWN_USER,
    "7.20": Reason.UNTRUSTED,
    "7.21": Reason.UNTRUSTED,
    "7.22": Reason.UNTRUSTED,
    "7.23": Reason.UNTRUSTED,
    "7.24": Reason.UNTRUSTED,
    "7.25": Reason.UNTRUSTED,
    "7.26": Reason.UNTRUSTED,
    "7.28": Reason.TOO_MUCH,
    "7.509": Reason.UNTRUSTED,
}
# Codes that servers give for everything: their words know more.
_VAGUE = frozenset(
    ("0.0", "1.0", "1.10", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0", "6.0", "7.0", "7.1", "7.9")
)
# RFC 4954 §6: these speak of our login, not of the recipient.
WANTS_LOGIN = (530, 534, 535, 538)
_ONE = r"(?:user|mailbox|recipient|address|account|alias|inbox)"
_PERSON = rf"{_ONE}\b.{{0,60}}"
_NOT_THERE = (
    r"unknown|not found|no such|does ?n[o']t exist|not exist|not (?:a )?valid|invalid|unavail"
)
# In this order: the more particular first. None of them can run away: every gap is bounded.
_WORDS: tuple[tuple[re.Pattern[str], Reason], ...] = tuple(
    (re.compile("|".join(patterns), re.IGNORECASE), reason)
    for reason, *patterns in (
        (Reason.TOO_MANY_RECIPIENTS, r"too many recipients"),
        (Reason.LOOP, r"too many hops|hop count|mail loop|loops? back|routing loop"),
        (Reason.GREYLISTED, r"gr[ae]y[ -]?list|postgrey"),
        (
            Reason.RELAY_DENIED,
            r"relay(?:ing)?\b.{0,20}(?:denied|not |prohibit|refus)|do(?:es)? not relay",
            r"(?:unable|not permitted) to relay",
        ),
        (Reason.UNTRUSTED, r"\b(?:spf|dkim|dmarc|rdns|ptr)\b|reverse dns|unauthenticated"),
        (
            Reason.LOGIN,
            r"authenticat\w+ (?:is )?(?:required|needed)|must authenticate|authenticate first",
            r"not authenticated",
        ),
        (
            Reason.TOO_MUCH,
            r"too (?:many|much|fast)|throttl|rate.?limit|limit exceeded|unusual rate",
            r"receiving mail at",
        ),
        (Reason.CONTENT, r"virus|malware|phish|attachment|message content"),
        (Reason.BLOCKED, r"spam|black.?list|block.?list|dnsbl|\brbl\b|reputation|blocked"),
        (
            Reason.TOO_LARGE,
            r"message.{0,30}too (?:large|big)|size limit|exceeds.{0,30}size|maximum.{0,20}size",
        ),
        (
            Reason.MAILBOX_FULL,
            r"quota|(?:mailbox|inbox|account|user).{0,30}\bfull|exceeded.{0,20}storage",
        ),
        (
            Reason.MAILBOX_CLOSED,
            rf"{_PERSON}(?:disabled|inactive|suspended|deactivated|closed|discontinued)",
        ),
        (Reason.NO_ROOM, r"insufficient.{0,20}(?:storage|space)|disk full|out of (?:disk|space)"),
        (Reason.SENDER_REFUSED, r"sender.{0,30}(?:rejected|denied|refused|unknown|verif)"),
        (
            Reason.UNKNOWN_DOMAIN,
            rf"(?:domain|host)\b.{{0,40}}(?:{_NOT_THERE})|no such (?:domain|host)",
            r"unrouteable|null ?mx",
        ),
        (
            Reason.UNKNOWN_USER,
            rf"unknown (?:local )?{_ONE}|no such (?:{_ONE}|person)|{_PERSON}(?:{_NOT_THERE})",
            r"recipientnotfound",
        ),
        (
            Reason.ONWARD,
            r"timed? ?out|could ?n[o']t connect|connection (?:refused|lost)|no route",
        ),
    )
)
_FOR_GOOD = (Reason.UNKNOWN_USER, Reason.UNKNOWN_DOMAIN)
_BARE: Mapping[int, Reason] = {
    421: Reason.BUSY,
    452: Reason.NO_ROOM,
    551: Reason.UNKNOWN_USER,
    552: Reason.TOO_LARGE,
    553: Reason.BAD_ADDRESS,
}


def reason_for(code: int, enhanced: str, words: str) -> Reason:
    """Return why, for a refusal or a deferral; NONE where it is neither.

    code: 0 where only an enhanced one is known, as in a delivery status notification
    (RFC 3464). enhanced: "5.1.1", or "". words: the server's own, harmless and short.
    """
    kind = code // 100 if code else int(enhanced[:1] or "0")
    if kind not in (4, 5):
        return Reason.NONE
    detail = enhanced[2:]
    known = _DETAILS.get(detail, Reason.NONE)
    if isinstance(known, tuple):
        known = known[kind - 4]
    if kind == 4 and known in _FOR_GOOD:
        known = Reason.LATER
    if detail in _VAGUE or not known:
        return _by_words(kind, detail, words) or known or _by_code(kind, detail, code)
    return known


def _by_words(kind: int, detail: str, words: str) -> Reason:
    if kind == 5 and detail == "4.1" and "recipient" in words.lower():
        return Reason.UNKNOWN_USER  # Microsoft's, for a mailbox that is not there
    for pattern, reason in _WORDS:
        if pattern.search(words):
            # A server that does not know for now has not said that nobody is there.
            return Reason.LATER if kind == 4 and reason in _FOR_GOOD else reason
    return Reason.NONE


def _by_code(kind: int, detail: str, code: int) -> Reason:
    if code in WANTS_LOGIN:
        return Reason.LOGIN
    if detail[:2] == "7.":
        return Reason.POLICY
    other = Reason.LATER if kind == 4 else Reason.REFUSED
    return other if detail else _BARE.get(code, other)
