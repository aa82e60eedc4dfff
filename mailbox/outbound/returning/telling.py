"""Letters of the portal to an author: whom it has not reached, in Thai and in English.

A multipart/report (RFC 3464, RFC 6522) filed straight into the mailbox it was sent from,
in the conversation of the letter. Made with public halves only; it leaves the portal
never, so that there is no bounce for a bounce.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from govmail_portal import dates
from govmail_portal.dates import Manner
from govmail_portal.errors import PortalError
from mailbox.filing.contents import store_content
from mailbox.filing.messages import file_copies
from mailbox.ids import new_id
from mailbox.mime.addresses import CONTROLS, domain_of
from mailbox.mime.build import Letter
from mailbox.mime.reading_process import ReadingFailed
from mailbox.mime.rendition import Address
from mailbox.mime.returned.reports import Action
from mailbox.mime.returned.statuses import Status, delivery_status, is_sendable
from mailbox.models import MailboxAddress, Message, Submission
from mailbox.outbound.returning.sentences import MAYBE, sentence_for
from mailbox.outbound.sending.posting import write
from mailbox.sealing.content import new_key
from mailbox.smtp.verdicts import Verdict

logger = logging.getLogger(__name__)

PORTAL = "GovMail Portal"
# A circular has ten thousand recipients; the rest are in the outbox.
MOST_NAMED = 50
_LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Recipient:
    """Whom the letter has not reached: their address, and the last words about them.

    may_have_arrived: a try for them ended in doubt.
    """

    address: str
    verdict: Verdict
    status: str
    may_have_arrived: bool = False


@dataclass(frozen=True)
class Notice:
    """What is told. subject, message_id: of the letter, "" where they are not known.

    until: how long it will go on being tried, for action DELAYED (aware); more: how many
    there are besides those named.
    """

    action: Action
    recipients: Sequence[Recipient]
    subject: str = ""
    message_id: str = ""
    until: datetime | None = None
    more: int = 0
    # It was tried until its time was over.
    is_expired: bool = False


def tell(submission: Submission, notice: Notice, *, now: datetime) -> bool:
    """File a notice for whoever sent a letter; False where there is nobody to tell.

    Nobody is told of what the portal wrote itself (RFC 3834), nor of nobody. A notice that
    cannot be written is logged: what it tells stands in the outbox as well.
    """
    to = _address_of(submission)
    if submission.is_automatic or not notice.recipients or not to:
        return False
    try:
        with transaction.atomic():
            _file(submission, _letter(submission, notice, to, now), now)
    except (PortalError, ReadingFailed) as failure:
        logger.error(
            "submission %s: notice not written (%s)", submission.pk, type(failure).__name__
        )
        return False
    return True


def _address_of(submission: Submission) -> str:
    account = submission.mailbox.account
    if account is not None:
        return account.address
    addresses = MailboxAddress.objects.filter(mailbox=submission.mailbox_id)
    return addresses.order_by("pk").values_list("address", flat=True).first() or ""


def _letter(submission: Submission, notice: Notice, to: str, now: datetime) -> Letter:
    domain, account = domain_of(to), submission.mailbox.account
    language = account.language if account is not None else "th"
    name = account.name if account is not None and account.name != to else ""
    with translation.override(language):
        subject = _subject(notice)
    return Letter(
        sender=Address(PORTAL, f"no-reply@{domain}"),
        to=(Address(" ".join(CONTROLS.sub(" ", name).split()), to),),
        subject=subject,
        text="\n\n- - -\n\n".join(_in(one, submission, notice) for one in ("th", "en")) + "\n",
        message_id=f"{notice.action.value}-{submission.pk}-{uuid.uuid4().hex[:8]}@{domain}",
        date=now,
        in_reply_to=notice.message_id,
        references=(notice.message_id,) if notice.message_id else (),
        auto_submitted="auto-replied",
        notification=delivery_status(
            [_status(one, notice) for one in notice.recipients if is_sendable(one.address)],
            reported_by=domain,
            arrived_at=submission.created_at,
            at=now,
        ),
        notifies="delivery-status",
    )


def _subject(notice: Notice) -> str:
    words = {"subject": " ".join(CONTROLS.sub(" ", notice.subject).split()) or _("No subject")}
    if notice.action == Action.DELAYED:
        line = _("Not delivered yet: %(subject)s") % words
    else:
        line = _("Not delivered: %(subject)s") % words
    return line[:_LONGEST_SUBJECT]


def _in(language: str, submission: Submission, notice: Notice) -> str:
    """The notice in one language; both stand in every one, for whoever is shown it."""
    with translation.override(language):
        manner = Manner.of(language)
        words = {
            "subject": " ".join(CONTROLS.sub(" ", notice.subject).split()) or _("No subject"),
            "sent": dates.moment(submission.undo_until, manner),
            "until": dates.moment(notice.until, manner) if notice.until else "",
        }
        parts = [_first(notice) % words, *(_told(one) for one in notice.recipients)]
        if notice.more:
            parts.append(_("And %(count)s more.") % {"count": f"{notice.more:,}"})
        parts.append(_last(notice) % words)
    return "\n\n".join(part for part in parts if part)


def _first(notice: Notice) -> str:
    if notice.action == Action.DELAYED:
        return _("Your letter “%(subject)s”, sent %(sent)s, has not reached these recipients yet:")
    if notice.is_expired:
        return _(
            "Your letter “%(subject)s”, sent %(sent)s, could not be delivered to these "
            "recipients in all the time it was tried:"
        )
    return _("Your letter “%(subject)s”, sent %(sent)s, could not be delivered to:")


def _last(notice: Notice) -> str:
    if notice.action == Action.DELAYED:
        if notice.until is None:
            return _("You need do nothing: another server goes on trying.")
        return _("You need do nothing: the portal goes on trying until %(until)s.")
    return _(
        "It will not be tried again by itself. In the outbox you can try again, or write again "
        "to those it did not reach."
    )


def _told(one: Recipient) -> str:
    """An address, why, and what the server said, as it said it."""
    verdict = one.verdict
    why = sentence_for(verdict.reason, verdict.code, verdict.enhanced, verdict.text)
    said = " ".join(filter(None, [str(verdict.code or ""), verdict.enhanced, verdict.text]))
    lines = [one.address, why, _("The server said: %(words)s") % {"words": said} if said else ""]
    lines.append(str(MAYBE) if one.may_have_arrived else "")
    return "\n    ".join(filter(None, lines))


def _status(one: Recipient, notice: Notice) -> Status:
    verdict = one.verdict
    return Status(
        address=one.address,
        action=notice.action,
        status=one.status,
        code=verdict.code,
        words=verdict.text,
        until=notice.until if notice.action == Action.DELAYED else None,
    )


def _file(submission: Submission, letter: Letter, now: datetime) -> None:
    written, key = write(letter), new_key()
    file_copies(
        store_content(written.packed, key, new_id(), words=written.words),
        key,
        written.rendition,
        mailbox_ids=[submission.mailbox_id],
        received_at=now,
        duplicate_of=written.identity,
        origin=Message.Origin.PORTAL,
        words=written.words,
    )
