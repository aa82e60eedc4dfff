"""Test letters: mail itself shows whether a domain signs (TR-4) and its saraban answers (TR-6).

The rows are kept here; carrying letters is the mail's affair, which hangs itself on (`carries`).
Both go by an address of ours with a token that nobody can guess, good for one letter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate.counting import Calendar
from accounts.models import Account, CheckedDomain, TestLetter
from accounts.readiness.working_days import answer_by
from govmail_portal.errors import PortalError

Kind = TestLetter.Kind
Carrier = Callable[[TestLetter], None]
# Short words, numbers and moments, as docs/readiness-evidence.md has them; never any mail.
Facts = dict[str, Any]
_CARRIERS: list[Carrier] = []

# How long an agency may take to write its signed letter.
TO_WRITE = timedelta(days=7)
# How long a saraban mailbox is tried that takes nothing yet.
TO_SEND = timedelta(days=2)
# Whoever presses the button again is not a way to write to somebody many times.
REST = timedelta(minutes=10)
_WORKING_DAYS = 1


class NoTestAddress(PortalError):
    message = _("This portal has no address for test letters yet: ask its operators.")


class NoMailThere(PortalError):
    message = _("This domain is not declared for mail, so there is no letter to test.")


class ControlNotShown(PortalError):
    message = _("First show that the domain is yours: we write only to domains that are.")


class AskedLately(PortalError):
    message = _("The last letter was sent a few minutes ago. Wait ten minutes before the next.")


def carries(part: Carrier) -> Carrier:
    """Hang on what carries a saraban letter: `part(letter)`, called in its transaction.

    It only wakes a worker: the row, by its `due_at`, is what says that a letter is owed.
    """
    if part not in _CARRIERS:
        _CARRIERS.append(part)
    return part


def address_of(letter: TestLetter) -> str:
    """Where the agency writes to, and answers come back to. Raises NoTestAddress."""
    local, _at, domain = _test_address().rpartition("@")
    return f"{local}+{letter.token}@{domain}"


@transaction.atomic
def ask_signed(domain: CheckedDomain, *, by: Account | None, now: datetime) -> TestLetter:
    """An address for a letter of the domain's; the same one while it waits. See `address_of`.

    Raises NoTestAddress, NoMailThere.
    """
    _test_address()
    waiting = _waiting(domain, Kind.SIGNED)
    if waiting is not None and waiting.answer_by is not None and now < waiting.answer_by:
        return waiting
    letter = TestLetter(domain=domain, kind=Kind.SIGNED, answer_by=now + TO_WRITE)
    return _made(letter, by, now)


@transaction.atomic
def ask_saraban(domain: CheckedDomain, *, by: Account | None, now: datetime) -> TestLetter:
    """Have a letter written to the domain's saraban mailbox; the one on its way, if there is.

    Raises NoTestAddress, NoMailThere, ControlNotShown, AskedLately.
    """
    _test_address()
    if domain.verified_at is None:
        raise ControlNotShown
    waiting = _waiting(domain, Kind.SARABAN)
    if waiting is not None:
        return waiting
    letters = TestLetter.objects.filter(domain=domain, kind=Kind.SARABAN)
    if letters.filter(made_at__gt=now - REST).exists():
        raise AskedLately
    letter = _made(TestLetter(domain=domain, kind=Kind.SARABAN, due_at=now), by, now)
    for carry in _CARRIERS:
        carry(letter)
    return letter


def _test_address() -> str:
    address: str = settings.READINESS_ADDRESS
    if not address or not _CARRIERS:
        raise NoTestAddress
    return address


def _waiting(domain: CheckedDomain, kind: str) -> TestLetter | None:
    """The letter of a kind that is not over; who asks at the same time waits for this one."""
    if not domain.has_mail:
        raise NoMailThere
    CheckedDomain.objects.select_for_update(of=("self",), no_key=True).get(pk=domain.pk)
    waiting = TestLetter.objects.filter(domain=domain, kind=kind, closed_at__isnull=True)
    return waiting.order_by("-made_at", "-pk").first()


def _made(letter: TestLetter, by: Account | None, now: datetime) -> TestLetter:
    letter.asked_by, letter.made_at = by, now
    letter.save(force_insert=True)
    domain = letter.domain
    details = {"domain": domain.name, "kind": letter.kind}
    chain.record("test_letter_asked", letter, by=by, now=now, agency=domain.agency, details=details)
    return letter


# --- What became of them ------------------------------------------------------


def held(letter_id: int) -> TestLetter | None:
    """The letter, locked to the end of the transaction; None where it is over."""
    rows = TestLetter.objects.select_for_update(of=("self",), no_key=True).select_related("domain")
    return rows.filter(pk=letter_id, closed_at__isnull=True).first()


def came(letter: TestLetter, facts: Facts, *, now: datetime) -> None:
    """The letter, or the answer to it, is here: that is the end of it. The letter is `held`."""
    letter.facts = letter.facts | facts
    letter.answered_at = letter.closed_at = now
    letter.due_at = None
    letter.save(update_fields=["facts", "answered_at", "closed_at", "due_at"])


def noted(letter: TestLetter, facts: Facts) -> None:
    """Something was learnt, and it goes on; the letter is `held`."""
    letter.facts = letter.facts | facts
    letter.save(update_fields=["facts"])


def sent(letter: TestLetter, facts: Facts, *, now: datetime) -> None:
    """A server took the letter to saraban: until when it may answer is counted from here."""
    letter.sent_at, letter.due_at = now, None
    letter.answer_by = answer_by(now, _WORKING_DAYS, Calendar())
    letter.facts = letter.facts | facts
    letter.facts |= {"sent_at": now.isoformat(), "answer_by": letter.answer_by.isoformat()}
    letter.save(update_fields=["sent_at", "due_at", "answer_by", "facts"])


def over(letter: TestLetter, facts: Facts, *, now: datetime) -> None:
    """Nothing will come any more. The letter is `held`."""
    letter.facts = letter.facts | facts
    letter.closed_at, letter.due_at = now, None
    letter.save(update_fields=["facts", "closed_at", "due_at"])


def close_overdue(now: datetime) -> int:
    """Close what nobody wrote or answered in time; gives how many. What came late stays late."""
    late = TestLetter.objects.filter(closed_at__isnull=True, answer_by__lt=now)
    return late.update(closed_at=now, due_at=None)
