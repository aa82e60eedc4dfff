"""Recipients that are lists of an agency of the portal: their members are filed for directly.

The author hears of the list, never who is on it. Who is on it is asked when the letter
leaves. Without this a letter to a list would go out by the gateway and come back in,
whose sender our own MTA must then vouch for.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from mailbox.errors import SealBroken
from mailbox.filing.lists.members import list_at, members_of
from mailbox.filing.lists.writers import may_write
from mailbox.filing.messages import BATCH, file_copies
from mailbox.models import Delivery, DistributionList, Message
from mailbox.outbound.envelope import open_address
from mailbox.outbound.relaying.ledger import Ledger
from mailbox.outbound.relaying.offers import Offer
from mailbox.outbound.work import LeaseLost, Work
from mailbox.smtp.verdicts import Reason, Verdict, because

logger = logging.getLogger(__name__)

_REFUSED = because(Reason.SENDER_REFUSED, code=550)
_NOBODY = because(Reason.UNKNOWN_USER, code=550)
_BROKEN = because(Reason.INTERNAL, code=451)
# Lists are few and letters many: a worker asks anew after so many seconds.
KNOWN_FOR = 15.0


class _Known:
    """The addresses of all open lists, as of a moment ago."""

    addresses: frozenset[str] = frozenset()
    asked_at = float("-inf")


def file_for_lists(work: Work, outside: Sequence[Delivery], ledger: Ledger) -> list[Delivery]:
    """File the letter for the lists among these recipients; return the others.

    Safe to do again. What fails is put off, and never in the way of the others.
    """
    known = _known()
    rest = []
    for delivery in outside:
        group = list_at(address) if (address := _address(work, delivery)) in known else None
        if group is None:
            rest.append(delivery)
            continue
        try:
            verdict = _file(work, delivery, group)
        except LeaseLost:
            return []
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # P2: one list never holds up the others
            kind = type(error).__name__  # its words may quote content
            logger.error("submission %s: a list not filed for (%s)", work.submission.pk, kind)
            verdict = _BROKEN
        if verdict is not None:
            offer = Offer(work, {"": delivery}, work.now(), was_tried=False)
            ledger.answer(offer, {"": verdict})
    return rest


def forget_known() -> None:
    """Ask for the lists anew at the next letter."""
    _Known.asked_at = float("-inf")


def _known() -> frozenset[str]:
    now = monotonic()
    if now - _Known.asked_at >= KNOWN_FOR:
        found = DistributionList.objects.filter(is_open=True).values_list("address", flat=True)
        _Known.addresses, _Known.asked_at = frozenset(found), now
    return _Known.addresses


def _address(work: Work, delivery: Delivery) -> str:
    """A recipient's address in lower case; "" where it does not open, which others will say."""
    if not _Known.addresses:
        return ""
    try:
        return open_address(delivery, work.key).address.lower()
    except SealBroken:
        return ""


def _file(work: Work, delivery: Delivery, group: DistributionList) -> Verdict | None:
    """File for all members and write it down; or why the list takes nothing from this author."""
    now = work.now()
    day = timezone.localdate(now)
    sender = work.rendition.sender
    author = sender.address.lower() if sender else ""
    if not may_write(group, author, is_proven=True, day=day):
        return _REFUSED
    boxes = sorted(members_of(group, day))
    if not boxes:
        return _NOBODY
    for start in range(0, len(boxes), BATCH):
        is_last = start + BATCH >= len(boxes)
        with transaction.atomic():
            work.hold_lease()
            file_copies(
                work.submission.content,
                work.envelope.content_key,
                work.rendition,
                mailbox_ids=boxes[start : start + BATCH],
                received_at=now,
                duplicate_of=work.envelope.identity,
                origin=Message.Origin.PORTAL,
                return_path=work.envelope.sender,
            )
            if is_last:
                _is_filed(work, delivery)
    return None


def _is_filed(work: Work, delivery: Delivery) -> None:
    Delivery.objects.owed().filter(pk=delivery.pk).filed(work.now())
