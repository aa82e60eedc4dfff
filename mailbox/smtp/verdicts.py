"""What an SMTP server said about one recipient, in its own words and in ours.

RFC 5321 §4.2 gives the codes their meaning, RFC 3463 the enhanced ones. Where
no server spoke (no connection, a wrong certificate), a `Reason` from a closed
list says why, so that the page can say it in the reader's language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

# A talkative server must not cost us the verdict.
LONGEST_REPLY = 500
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\s+")
_NOT_FOR_PAPER = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+")


class Reason(StrEnum):
    """Why there is a verdict though no server gave one."""

    NONE = ""
    NO_GATEWAY = "no-gateway"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_TLS = "no-tls"
    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105  # a reason's name, not a password
    NOT_LOOPBACK = "not-loopback"
    NOT_GREETED = "not-greeted"
    LOST_BEFORE = "lost-before-data"
    LOST_AFTER = "lost-after-data"
    NO_8BIT = "no-8bit"
    NO_UTF8 = "no-utf8"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_CLOSED = "mailbox-closed"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Verdict:
    """One answer for one recipient.

    code: the reply code, 0 where nobody answered. in_doubt: the message may have
    been taken, nobody can know; neither accepted nor final.
    """

    code: int = 0
    text: str = ""
    enhanced: str = ""
    reason: Reason = Reason.NONE
    in_doubt: bool = False

    @property
    def accepted(self) -> bool:
        return not self.in_doubt and 200 <= self.code < 300

    @property
    def final(self) -> bool:
        """Whether trying again is pointless."""
        return not self.in_doubt and 500 <= self.code < 600


def from_reply(code: int, reply: bytes | str, *, in_doubt: bool = False) -> Verdict:
    """Make a verdict of a server's reply; its text is made harmless and short.

    A code outside 200-599 answers nothing: the caller says whether that leaves doubt.
    """
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    text = _NOT_FOR_PAPER.sub(" ", text).strip()
    found = _ENHANCED.match(text)
    known = 200 <= code < 600
    return Verdict(
        code=code if known else 0,
        # Each line of a long reply repeats the enhanced code; the first says it all.
        text=text[found.end() if found else 0 :][:LONGEST_REPLY],
        enhanced=found.group(1) if found else "",
        in_doubt=in_doubt,
    )


def because(reason: Reason, text: str = "", *, code: int = 0, in_doubt: bool = False) -> Verdict:
    """Make a verdict of our own, with technical words for the help desk in `text`."""
    words = _NOT_FOR_PAPER.sub(" ", text).strip()[:LONGEST_REPLY]
    return Verdict(code=code, text=words, reason=reason, in_doubt=in_doubt)
