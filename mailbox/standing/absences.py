"""An absence: what is replied while its owner is away, and when; in the web tier."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox import opening
from mailbox.filing.absences import Texts
from mailbox.models import AutoReply, Mailbox, Vacation
from mailbox.sealing import infos, keyring

LONGEST_TEXT, LONGEST_SUBJECT = 5_000, 200

_PURPOSE = "vacation"


class AbsenceSaysNothing(PortalError):
    message = _("Write the text for colleagues inside government.")


class AbsenceTooLong(PortalError):
    message = _("The text of the reply is too long.")


class AbsenceEndsBeforeItBegins(PortalError):
    message = _("The last day lies before the first, or has passed already.")


def of(mailbox: Mailbox) -> Vacation | None:
    return Vacation.objects.filter(mailbox=mailbox).first()


def set_for(mailbox: Mailbox, now: datetime) -> Vacation | None:
    """The absence that is on or will be; None where it is off or over."""
    vacation = of(mailbox)
    if vacation is None or not vacation.is_enabled:
        return None
    return None if vacation.ends_at is not None and vacation.ends_at <= now else vacation


def under_way(mailbox: Mailbox, now: datetime) -> Vacation | None:
    """The absence that is replied for at this moment; no query if it came with the mailbox."""
    vacation: Vacation | None = getattr(mailbox, "vacation", None)
    return vacation if vacation is not None and vacation.is_under_way(now) else None


def open_texts(vacation: Vacation, private_key: bytes) -> Texts:
    """Open what is replied, for its owner. SealBroken."""
    return Texts.from_json(
        opening.open_own(
            bytes(vacation.sealed_for_owner),
            private_key,
            purpose=_PURPOSE,
            row_id=vacation.mailbox_id,
        )
    )


def begin(
    mailbox: Mailbox,
    texts: Texts,
    *,
    private_key: bytes,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> Vacation:
    """Switch replies on, or change them while they are on. ends_at: None means until off.

    A new absence begins a new period, in which everybody may get one reply again; a
    change during one does not. AbsenceSaysNothing, AbsenceTooLong, AbsenceEndsBeforeItBegins.
    """
    _check(texts, starts_at, ends_at, now)
    with transaction.atomic():
        vacation = Vacation.objects.select_for_update().filter(mailbox=mailbox).first()
        is_running = set_for(mailbox, now) is not None
        vacation = vacation or Vacation(mailbox=mailbox)
        if not is_running:
            vacation.period_at = now
            AutoReply.objects.filter(mailbox=mailbox).delete()
        vacation.is_enabled, vacation.starts_at, vacation.ends_at = True, starts_at, ends_at
        _seal(vacation, texts, private_key)
        vacation.save()
    return vacation


def begin_official(mailbox: Mailbox, texts: Texts, *, ends_at: datetime, now: datetime) -> None:
    """Have the portal reply for somebody who has left, until an aware moment; without their key.

    It takes the place of an absence of their own. Called again it changes nothing but the
    text and the end: who had their reply gets no second one.
    """
    with transaction.atomic():
        vacation = Vacation.objects.select_for_update().filter(mailbox=mailbox).first()
        vacation = vacation or Vacation(mailbox=mailbox)
        if not vacation.is_official:
            vacation.starts_at = vacation.period_at = now
            AutoReply.objects.filter(mailbox=mailbox).delete()
        vacation.is_enabled = vacation.is_official = True
        vacation.ends_at, vacation.sealed_for_owner = ends_at, b""
        _seal_for_worker(vacation, texts)
        vacation.save()


def end_official(mailbox: Mailbox) -> None:
    """They are back: the portal replies no more. What is still owed is not sent."""
    Vacation.objects.filter(mailbox=mailbox, is_official=True).delete()


def end(mailbox: Mailbox) -> None:
    """Switch replies off; the texts stay for the next time. What is still owed is not sent."""
    Vacation.objects.filter(mailbox=mailbox).update(is_enabled=False)


def _check(texts: Texts, starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    if not texts.inside.strip():
        raise AbsenceSaysNothing
    if max(len(texts.inside), len(texts.outside)) > LONGEST_TEXT:
        raise AbsenceTooLong
    if len(texts.subject) > LONGEST_SUBJECT:
        raise AbsenceTooLong
    if ends_at is not None and (ends_at <= starts_at or ends_at <= now):
        raise AbsenceEndsBeforeItBegins


def _seal(vacation: Vacation, texts: Texts, private_key: bytes) -> None:
    value, box = texts.to_json(), vacation.mailbox_id
    vacation.sealed_for_owner = opening.seal_own(value, private_key, purpose=_PURPOSE, row_id=box)
    vacation.is_official = False
    _seal_for_worker(vacation, texts)


def _seal_for_worker(vacation: Vacation, texts: Texts) -> None:
    value, box = texts.to_json(), vacation.mailbox_id
    vacation.ingest_key_id, vacation.sealed_for_ingest = keyring.current().seal_to(
        "ingest", json.dumps(value).encode(), infos.for_rule(box, box)
    )
