"""Vacation replies (RFC 3834): a worker answers for somebody who is away.

Filing has decided that a reply is owed (`filing.absences`); here it is written and
posted. Posting and forgetting whom it was for are one transaction, and the Message-ID is
that of the row: a worker that dies leaves the reply owed, never sent twice by two names.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account, AgencyDomain
from mailbox.errors import KeyMissing
from mailbox.filing.absences import Request, Texts, request_for_worker, texts_for_worker
from mailbox.mime.addresses import CONTROLS, domain_of
from mailbox.mime.build import Letter
from mailbox.mime.rendition import Address
from mailbox.models import AutoReply, MailboxAddress, Vacation
from mailbox.outbound.submission import post_letter

logger = logging.getLogger(__name__)

# What is away comes back, and the reply waits for it.
_AWAY = (KeyMissing, OSError, OperationalError, InterfaceError)
_LONGEST_SUBJECT = 200


def answer(reply: AutoReply, *, now: datetime) -> bool:
    """Write and post a reply that is owed; False where another worker has it.

    Nothing is sent once the absence is over, or where there is no text for this sender.
    A reply that cannot be made is given up: nobody is harmed by its absence.
    """
    if not reply.claim(now, now + settings.FILING_LEASE):
        return False
    vacation = _still_under_way(reply, now)
    try:
        with transaction.atomic():
            # First, so that of two workers with the reply, one too slow for its lease, one sends.
            if _forget(reply) and vacation is not None:
                _post(reply, vacation, now)
    except _AWAY as failure:
        logger.warning("automatic reply %s: %s, waits", reply.pk, type(failure).__name__)
    except Exception as failure:  # noqa: BLE001  # its words may quote an address
        logger.error("automatic reply %s: given up (%s)", reply.pk, type(failure).__name__)
        _forget(reply)
    return True


def _still_under_way(reply: AutoReply, now: datetime) -> Vacation | None:
    found = Vacation.objects.under_way(now).filter(
        mailbox=reply.mailbox_id, period_at=reply.period_at, mailbox__is_open=True
    )
    return found.select_related("mailbox__account__agency").first()


def _post(reply: AutoReply, vacation: Vacation, now: datetime) -> None:
    account = vacation.mailbox.account
    # Whoever has left can no longer sign in; the portal answers for them.
    if account is None or not (account.is_active or vacation.is_official):
        return
    texts, request = texts_for_worker(vacation), request_for_worker(reply)
    text = texts.inside if is_inside(request.to) else texts.outside
    if text.strip():
        letter = _letter(reply, account, texts, request, text=text, now=now)
        post_letter(vacation.mailbox, letter, by=account, now=now, is_automatic=True)


def is_inside(address: str) -> bool:
    """Whether an address is government's: of a mailbox here, or of an agency's domain.

    It is where the reply goes that counts: whoever forges a sender inside has the text
    for insiders sent inside, and never sees it.
    """
    return (
        MailboxAddress.objects.filter(address=address.lower()).exists()
        or AgencyDomain.objects.filter(domain=domain_of(address)).exists()
    )


def _letter(
    reply: AutoReply,
    account: Account,
    texts: Texts,
    request: Request,
    *,
    text: str,
    now: datetime,
) -> Letter:
    with translation.override(account.language):
        subject = texts.subject or _("Automatic reply: %(subject)s") % {"subject": request.subject}
    return Letter(
        sender=Address(account.name if account.name != account.address else "", account.address),
        to=(Address("", request.to),),
        subject=" ".join(CONTROLS.sub(" ", subject).split())[:_LONGEST_SUBJECT],
        text=text,
        message_id=f"auto-reply-{reply.pk}@{domain_of(account.address)}",
        date=now,
        in_reply_to=request.message_id,
        references=request.references,
        auto_submitted="auto-replied",
    )


def _forget(reply: AutoReply) -> bool:
    """Nothing is owed any more; that this sender had their reply stays known.

    False where the lease is another worker's now.
    """
    mine = AutoReply.objects.filter(pk=reply.pk, due_at=reply.due_at)
    return mine.update(due_at=None, sealed_request=None, ingest_key_id="") == 1
