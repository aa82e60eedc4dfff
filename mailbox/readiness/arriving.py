"""What came to the address of a test letter: facts are taken from it, and it is forgotten.

Its content is kept nowhere, and nothing of it is logged: not its subject, not its author, not
even where it cannot be read. A letter that is over takes nothing more.
"""

from __future__ import annotations

import logging
from datetime import datetime

from accounts.models import TestLetter
from accounts.readiness import letters
from mailbox.readiness import answered, signed

logger = logging.getLogger(__name__)

# Whoever wants to show a signature needs no more; a larger one is refused at the door.
MOST_BYTES = 1024 * 1024


def look(letter_id: int, raw: bytes, *, is_last: bool) -> letters.Facts | None:
    """What a message tells of the letter it came for; None where that is over.

    Outside any transaction: DNS is asked. is_last: what does not answer is not asked again.
    Raises ResolverAway, KeySilent: come again.
    """
    letter = TestLetter.objects.select_related("domain").filter(pk=letter_id).first()
    if letter is None or letter.closed_at is not None:
        return None
    if letter.kind == TestLetter.Kind.SIGNED:
        return signed.facts_of(raw, letter.domain.name, is_last=is_last)
    return answered.facts_of(raw, letter.domain.name)


def write_down(letter_id: int, facts: letters.Facts | None, now: datetime) -> None:
    """Keep what was found; in the transaction that deletes the arrival. now: when it arrived."""
    letter = letters.held(letter_id) if facts is not None else None
    if letter is None or facts is None:
        logger.info("test letter %s is over: another message to it was dropped", letter_id)
    elif letter.kind == TestLetter.Kind.SIGNED:
        letters.came(letter, facts | {"arrived_at": now.isoformat()}, now=now)
    elif facts.get("is_answer"):
        letters.came(letter, facts | {"answered_at": now.isoformat()}, now=now)
    elif facts.get("is_bounced"):
        letters.over(letter, facts | {"bounced_at": now.isoformat()}, now=now)
    else:
        letters.noted(letter, facts | {"noted_at": now.isoformat()})


def give_up(letter_id: int, now: datetime) -> None:
    """What came cannot be read, whatever is tried: that is what is told of it."""
    letter = letters.held(letter_id)
    if letter is None:
        return
    if letter.kind == TestLetter.Kind.SIGNED:
        unread = {"arrived_at": now.isoformat(), "signatures": [], "unreadable": True}
        letters.came(letter, unread, now=now)
    else:
        letters.noted(letter, {"unreadable": True})
