"""What an SMTP server said about one recipient, in its own words and in ours.

RFC 5321 §4.2 gives the codes their meaning, RFC 3463 the enhanced ones. A `Reason`
from a closed list says why, also where no server spoke (no connection, a wrong
certificate), so that the page can say it in the reader's language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from mailbox.smtp.replies import ANOTHER_MAY, GATEWAY_FAULTS, Reason, reason_for

__all__ = ["GATEWAY_FAULTS", "OutOfReach", "Reason", "Verdict", "because", "from_reply"]

# A talkative server must not cost us the verdict.
LONGEST_REPLY = 500
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_NOT_FOR_PAPER = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+")


@dataclass(frozen=True)
class Verdict:
    """One answer for one recipient.

    code: the reply code, 0 where nobody answered. in_doubt: the message may have
    been taken, nobody can know; neither accepted nor final. wait: nothing was tried, as the
    gateway was given a rest or has no room; it may be asked again after so long. over: for
    how long what waits there keeps it busy; each chooses a moment of its own within that.
    """

    code: int = 0
    text: str = ""
    enhanced: str = ""
    reason: Reason = Reason.NONE
    in_doubt: bool = False
    wait: timedelta | None = None
    over: timedelta = timedelta()

    @property
    def accepted(self) -> bool:
        return not self.in_doubt and 200 <= self.code < 300

    @property
    def final(self) -> bool:
        """Whether trying again is pointless."""
        return not self.in_doubt and 500 <= self.code < 600

    @property
    def another_may(self) -> bool:
        """Whether another gateway may carry what this one did not, and nothing is in doubt.

        A message too large for the recipient (RFC 3463 §3.3, X.2.3) is so for all.
        """
        is_theirs = self.reason in ANOTHER_MAY and self.enhanced[2:] != "2.3"
        return is_theirs and not (self.in_doubt or self.accepted)

    @property
    def is_gateways_fault(self) -> bool:
        """Whether it tells of the gateway, not of the message or the recipient."""
        return self.reason in GATEWAY_FAULTS


class OutOfReach(Exception):
    """No transaction could begin here; another gateway may be tried. Nothing was sent."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(str(verdict.reason))


def from_reply(code: int, reply: bytes | str, *, in_doubt: bool = False) -> Verdict:
    """Make a verdict of a server's reply; its text is made harmless and short.

    A code outside 200-599 answers nothing: the caller says whether that leaves doubt.
    """
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    text = _NOT_FOR_PAPER.sub(" ", text).strip()
    found = _ENHANCED.match(text)
    known = 200 <= code < 600
    enhanced = found[1] if found else ""
    # Each line of a long reply repeats the enhanced code; the first says it all.
    words = text[found.end() if found else 0 :][:LONGEST_REPLY]
    reason = Reason.NONE if in_doubt or not known else reason_for(code, enhanced, words)
    if reason == Reason.TOO_MANY_RECIPIENTS and code >= 500:
        code = 452  # RFC 5321 §4.5.3.1.10 of 552; X.5.3 (RFC 3463 §3.6) means the same: in parts
    return Verdict(code if known else 0, words, enhanced, reason, in_doubt)


def because(reason: Reason, text: str = "", *, code: int = 0, in_doubt: bool = False) -> Verdict:
    """Make a verdict of our own, with technical words for the help desk in `text`."""
    words = _NOT_FOR_PAPER.sub(" ", text).strip()[:LONGEST_REPLY]
    return Verdict(code=code, text=words, reason=reason, in_doubt=in_doubt)
