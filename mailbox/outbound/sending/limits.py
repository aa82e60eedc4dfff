"""How many recipients a letter, and a day, may have: by role, or by an officer's allowance.

A mailbox that somebody else has got into writes to thousands; this is where that ends. An
office's mailbox sends circulars, and may do more. Counted is what leaves a mailbox, whoever
of its delegates wrote it, and of a list inside the portal each of its members; what is called
back is given back.

Deliberately not counted: what the portal writes to one sender or passes on (`post_letter`,
`inbound.forwarding`). Replies while away are one to a sender and absence, answers to
invitations and receipts one to the letter they answer, and an officer has given leave to forward.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from govmail_portal.dates import BANGKOK
from govmail_portal.errors import PortalError
from mailbox.filing.lists.members import members_of
from mailbox.models import DistributionList, Mailbox, SendingAllowance, SentOnDay, Submission

# The day's count is checked and raised at once: two windows cannot both take the last places.
_TAKE = """
INSERT INTO mailbox_sentonday (account_id, day, recipients) VALUES (%s, %s, %s)
ON CONFLICT (account_id, day) DO UPDATE
  SET recipients = mailbox_sentonday.recipients + EXCLUDED.recipients
  WHERE mailbox_sentonday.recipients + EXCLUDED.recipients <= %s
RETURNING recipients
"""


class TooManyRecipients(PortalError):
    """One letter has more recipients than its mailbox may write to at a time."""


class TooManyToday(PortalError):
    """The day's recipients are used up, or would be."""


@dataclass(frozen=True)
class Limits:
    """The most recipients of one letter, and of one day in Thailand."""

    a_message: int
    a_day: int


def limits_of(account: Account, now: datetime) -> Limits:
    """What this account may send: its role's limits, or an allowance's where that is more."""
    if account.position_id is None:
        most = [Limits(settings.RECIPIENTS_A_MESSAGE, settings.RECIPIENTS_A_DAY)]
    else:
        most = [Limits(settings.OFFICE_RECIPIENTS_A_MESSAGE, settings.OFFICE_RECIPIENTS_A_DAY)]
    allowed = SendingAllowance.objects.in_force(now).filter(account=account)
    most += [
        Limits(*pair) for pair in allowed.values_list("recipients_a_message", "recipients_a_day")
    ]
    return Limits(max(one.a_message for one in most), max(one.a_day for one in most))


def reached_by(addresses: Collection[str], now: datetime) -> int:
    """How many a letter to these addresses reaches: each once, and of a list its members now."""
    known = DistributionList.objects.filter(
        address__in=[each.lower() for each in addresses], is_open=True
    )
    day = timezone.localdate(now)
    lists = [len(members_of(group, day)) for group in known]
    return len(addresses) - len(lists) + sum(lists)


def take(mailbox: Mailbox, recipients: int, now: datetime) -> None:
    """Count so many recipients of a letter sent now; in the transaction that posts it.

    TooManyRecipients, TooManyToday: then nothing is counted.
    """
    account = mailbox.account
    if account is None:
        return
    limits = limits_of(account, now)
    if recipients > limits.a_message:
        raise TooManyRecipients(
            _(
                "A letter from this mailbox may have %(most)s recipients; this one has %(count)s,"
                " each member of a list counted. A mail officer can allow more for a time."
                " The draft is safe."
            )
            % {"most": f"{limits.a_message:,}", "count": f"{recipients:,}"}
        )
    if recipients > limits.a_day or not _taken(account, recipients, limits.a_day, now):
        raise TooManyToday(
            _(
                "This mailbox may write to %(most)s recipients a day, and has written to"
                " %(sent)s today. Send it tomorrow, or ask a mail officer. The draft is safe."
            )
            % {"most": f"{limits.a_day:,}", "sent": f"{sent_today(account, now):,}"}
        )


def give_back(submission: Submission, recipients: int) -> None:
    """What was called back has been sent to nobody. recipients: as they were counted."""
    account = submission.mailbox.account
    if account is not None:
        day = submission.created_at.astimezone(BANGKOK).date()
        SentOnDay.objects.filter(account=account, day=day).update(
            recipients=Greatest(F("recipients") - recipients, 0)
        )


def sent_today(account: Account, now: datetime) -> int:
    """How many recipients this account has written to on this day in Thailand."""
    of_today = SentOnDay.objects.filter(account=account, day=now.astimezone(BANGKOK).date())
    return of_today.values_list("recipients", flat=True).first() or 0


def _taken(account: Account, recipients: int, most: int, now: datetime) -> bool:
    day = now.astimezone(BANGKOK).date()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [account.pk, day, recipients, most])
        return cursor.fetchone() is not None
