"""An invitation as a card: what, when, where, who, in words; and whether it can be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from govmail_portal import dates
from govmail_portal.dates import BANGKOK, Manner
from mailbox.mime.parts.invitation import Guest, Invitation
from mailbox.mime.rendition import Rendition
from mailbox.mime.trust.asking import NO_QUESTION, OTHER_ADDRESS, against_answering
from mailbox.models import Message
from mailbox.reading.asked.recurrence import in_words

GUESTS_SHOWN = 12


@dataclass(frozen=True)
class Card:
    """What the page shows of an invitation. Everything is text.

    tone: "invitation", "cancelled" or "answer". can_answer: buttons are shown; against:
    the sentence in their place, or nothing. said: the answer given last, or empty.
    """

    tone: str
    kind: str
    title: str
    when: str
    where: str
    repeats: str
    zone: str
    organiser: str
    guests: Sequence[tuple[str, str]]
    more_guests: int
    description: str
    can_answer: bool
    against: str
    said: str = ""
    said_when: str = ""
    more_events: int = 0


def card_of(
    message: Message,
    rendition: Rendition,
    manner: Manner,
    *,
    reader: str,
    said: tuple[str, datetime] | None = None,
) -> Card | None:
    """The card of a letter's invitation, or None if it has none. said: the answer on record."""
    found = rendition.invitation
    if found is None:
        return None
    from_portal = message.origin == Message.Origin.PORTAL
    against = against_answering(rendition, from_portal=from_portal, reader=reader)
    if message.is_own:
        against = NO_QUESTION
    tone, kind = _kind(found)
    description = found.description.strip()
    hidden = max(0, len(found.guests) - GUESTS_SHOWN) + found.more_guests
    return Card(
        tone=tone,
        kind=kind,
        title=found.summary or rendition.subject or _("(no subject)"),
        when=when(found, manner),
        where=found.location,
        repeats=in_words(found.rule, manner),
        zone=found.zone,
        organiser=_named(found.organiser) if found.organiser else "",
        guests=[(_named(one), _answered(one.answer)) for one in found.guests[:GUESTS_SHOWN]],
        more_guests=hidden,
        description="" if description == rendition.text.strip() else description,
        can_answer=not against,
        against=_sentence(against),
        said=said[0] if said else "",
        said_when=dates.moment(said[1], manner) if said else "",
        more_events=found.more_events,
    )


def when(found: Invitation, manner: Manner) -> str:
    """Time in Thailand, on one line: the day once if it begins and ends on it."""
    if not found.starts:
        return ""
    if found.is_whole_day:
        first, last = _noon(found.starts), _noon(found.ends or found.starts)
        days = _day(first, manner)
        return days if first == last else f"{days} – {_day(last, manner)}"
    starts = datetime.fromisoformat(found.starts)
    begins = dates.moment(starts, manner, weekday=True)
    if not found.ends:
        return begins
    ends = datetime.fromisoformat(found.ends)
    if ends.astimezone(BANGKOK).date() != starts.astimezone(BANGKOK).date():
        return f"{begins} – {dates.moment(ends, manner, weekday=True)}"
    hours = f"{dates.clock(starts, manner)}–{dates.clock(ends, manner)}"
    return f"{_day(starts, manner)} {hours}{' น.' if manner.language == 'th' else ''}"


def _noon(iso: str) -> datetime:
    return datetime.combine(date.fromisoformat(iso[:10]), time(12), BANGKOK)


def _day(at: datetime, manner: Manner) -> str:
    """The day with its weekday: what `dates.moment` says without the time."""
    return f"{dates.weekday(at, manner)} {dates.day(at, manner)}"


def _kind(found: Invitation) -> tuple[str, str]:
    if found.is_cancelled:
        return "cancelled", _("Cancelled")
    if found.method == "reply":
        return "answer", _("An answer to an invitation")
    if found.method == "counter":
        return "answer", _("Another time is proposed")
    if found.method == "request" and found.sequence:
        return "invitation", _("Invitation, changed")
    return "invitation", _("Invitation") if found.method == "request" else _("Event")


def _named(guest: Guest) -> str:
    if guest.name and guest.address and guest.name != guest.address:
        return f"{guest.name} <{guest.address}>"
    return guest.name or guest.address


def _answered(answer: str) -> str:
    return {
        "accepted": _("will come"),
        "tentative": _("may come"),
        "declined": _("will not come"),
        "delegated": _("sends somebody else"),
    }.get(answer, "")


def _sentence(against: str) -> str:
    if against in ("", NO_QUESTION):
        return ""
    if against == OTHER_ADDRESS:
        return _(
            "The letter is not from the organiser it names, so no answer can be sent from here. "
            "Write to the organiser if you know them."
        )
    return _(
        "It is not proven that the letter is from its organiser, so no answer can be sent from "
        "here. Write to the organiser if you know them."
    )
