"""TR-6: our letter to a saraban mailbox goes straight to its domain's servers, as strangers' do.

The row says what is owed: a worker claims it by lease, and writes down that it tries before
DATA. What a crash leaves open is sent again under the same Message-ID (promise P9).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import TestLetter
from accounts.probing.dns import Dns
from accounts.probing.ground import Ground
from accounts.probing.outbound import Outbound
from accounts.readiness import letters
from accounts.readiness.ground import from_settings
from accounts.readiness.letters import TO_SEND
from mailbox.mime.addresses import domain_of
from mailbox.nudges import write_to_saraban_later
from mailbox.outbound.domains import signing
from mailbox.readiness import wording
from mailbox.readiness.calling import Call, hand_over
from mailbox.smtp.content import Content
from mailbox.smtp.verdicts import Verdict

logger = logging.getLogger(__name__)

# Longer than a worker may be busy with one letter (`calling`).
LEASE = timedelta(minutes=10)
# Minutes to the next try: greylisting wants some; then less and less often.
_WAITS = (5, 10, 20, 40, 60)


@letters.carries
def write_soon(letter: TestLetter) -> None:
    """Wake a worker for a letter that was asked for."""
    write_to_saraban_later(letter.pk)


def due(now: datetime) -> QuerySet[TestLetter, int]:
    """The ids of letters that are owed to a saraban mailbox, oldest first."""
    owed = TestLetter.objects.filter(due_at__lte=now, closed_at__isnull=True)
    return owed.order_by("due_at").values_list("pk", flat=True)


def write(letter: TestLetter, *, now: datetime, ground: Ground | None = None) -> None:
    """Try to hand a letter over; nothing where another worker has it, or it is not due.

    Raises ImproperlyConfigured, NoTestAddress: it stays owed.
    """
    ground = from_settings() if ground is None else ground
    if not _claim(letter, now):
        return
    call = Call(
        content=_content(letter),
        sender=letters.address_of(letter),
        recipient=wording.saraban_of(letter),
    )
    verdict = hand_over(call, letter.domain.name, Outbound(ground, Dns(ground)))
    with transaction.atomic():
        held = letters.held(letter.pk)
        if held is not None:
            _write_down(held, verdict, now)


def _content(letter: TestLetter) -> Content:
    message = wording.message_of(letter)
    domain = domain_of(letters.address_of(letter))
    return Content.of(signing.signed(message, domain, signed_at=letter.made_at))


def _claim(letter: TestLetter, now: datetime) -> bool:
    """Take the letter and write down that it is tried: committed before anybody is called."""
    mine = TestLetter.objects.filter(
        pk=letter.pk, due_at=letter.due_at, due_at__lte=now, closed_at__isnull=True
    )
    return mine.update(due_at=now + LEASE, attempts=F("attempts") + 1) == 1


def _write_down(letter: TestLetter, verdict: Verdict, now: datetime) -> None:
    said = " ".join(filter(None, (verdict.enhanced, verdict.text)))
    facts: letters.Facts = {"reply": said, "why": verdict.reason.value, "tries": letter.attempts}
    facts["reply_code"] = verdict.code
    if verdict.accepted:
        letters.sent(letter, facts, now=now)
    elif verdict.final or now >= letter.made_at + TO_SEND:
        letters.over(letter, facts, now=now)
    else:
        letters.noted(letter, facts)
        wait = _WAITS[min(letter.attempts, len(_WAITS)) - 1]
        TestLetter.objects.filter(pk=letter.pk).update(due_at=now + timedelta(minutes=wait))
    logger.info("test letter %s: try %d, %d", letter.pk, letter.attempts, verdict.code)
