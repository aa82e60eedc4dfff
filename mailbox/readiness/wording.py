"""What our letter to a saraban mailbox says: in Thai first, and in English for who reads that."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import TestLetter
from accounts.readiness.letters import address_of
from mailbox.mime.addresses import domain_of
from mailbox.mime.build import Letter, build
from mailbox.mime.rendition import Address

NAME = "GovMail Portal"
_LINE = "\n\n"


def saraban_of(letter: TestLetter) -> str:
    """The mailbox that is written to."""
    return f"saraban@{letter.domain.name}"


def message_of(letter: TestLetter) -> bytes:
    """The letter, octet by octet the same at every try. A person is to answer it, so it does not
    say that a machine wrote it (RFC 3834 §5)."""
    sender = address_of(letter)
    with translation.override("th"):
        subject, thai = _subject(), _text(letter)
    with translation.override("en"):
        subject, english = f"{subject} / {_subject()}", _text(letter)
    return build(
        Letter(
            sender=Address(NAME, sender),
            reply_to=(Address(NAME, sender),),
            to=(Address("", saraban_of(letter)),),
            subject=subject,
            text=f"{thai}{_LINE}---{_LINE}{english}",
            message_id=f"readiness-{letter.token}@{domain_of(sender)}",
            date=letter.made_at,
        )
    )


def _subject() -> str:
    return gettext("Please answer: test of the saraban mailbox")


def _text(letter: TestLetter) -> str:
    facts = {"box": saraban_of(letter), "contact": settings.READINESS_CONTACT}
    lines = [
        gettext("To the saraban officer of %(box)s"),
        gettext(
            "This letter tests whether official letters reach your mailbox and are read there. "
            "A mail officer of your agency has asked for it at the readiness gate of the central "
            "mail of the state (cabinet letter no. 0506/W 5 of 7 January 2008, clause 2.2)."
        ),
        gettext(
            "Please answer it from this mailbox within one working day. One word is enough. "
            "An automatic reply does not count."
        ),
        gettext("If you did not expect this letter, tell us: %(contact)s"),
    ]
    return _LINE.join(line % facts for line in lines)
