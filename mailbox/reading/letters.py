"""A letter in words: who, to whom, when, what is attached, how high its frame is.

Text for a template to place, made from an opened rendition and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.mime import frame
from mailbox.mime.rendition import Address, Rendition, Summary
from mailbox.reading.correspondents import Office
from mailbox.reading.files import Files, files_of

NAMES_SHOWN = 3


@dataclass(frozen=True)
class Reader:
    """Who reads, and when: the own address, the manner of dates, an aware moment."""

    address: str
    manner: Manner
    now: datetime


@dataclass(frozen=True)
class Heading:
    """The line of a letter, folded or open. `tile` is empty for a sender outside government."""

    sender: str
    address: str
    office: str
    tile: str
    is_outside: bool
    subject: str
    gist: str
    when: str
    date: str
    iso: str


@dataclass(frozen=True)
class Sheet:
    """What an open letter shows besides its body, which is in the frame.

    people: pairs of a field's name and its addresses. wide, narrow: the height of the
    frame in lines. is_paper: the body brings its own colours. images: it shows own ones.
    """

    recipients: str
    people: Sequence[tuple[str, Sequence[str]]]
    files: Files
    blocked: str
    notes: Sequence[str]
    wide: int
    narrow: int
    is_paper: bool
    has_images: bool


def heading_of(
    summary: Summary | None, office: Office | None, at: datetime, is_own: bool, reader: Reader
) -> Heading:
    """The line of a letter; without a summary (its seal is broken) only the date."""
    shown = summary or Summary()
    name = shown.sender_name or shown.sender_address or _("Unknown sender")
    return Heading(
        sender=_("Me") if is_own else name if summary else "",
        address="" if is_own else shown.sender_address,
        office=office.name if office and not is_own and office.name != name else "",
        tile=office.code if office else "",
        is_outside=summary is not None and office is None and not is_own,
        subject=shown.subject or (_("(no subject)") if summary else ""),
        gist=shown.snippet,
        when=dates.short(at, reader.manner, reader.now),
        date=dates.moment(at, reader.manner, weekday=True),
        iso=at.isoformat(timespec="minutes"),
    )


def sheet_of(rendition: Rendition, reader: Reader) -> Sheet:
    """What an open letter shows."""
    wide, narrow = frame.lines_of(rendition.text, rendition.html)
    blocked = ngettext(
        "%(count)s image from outside is not shown.",
        "%(count)s images from outside are not shown.",
        rendition.remote_images,
    )
    digits = reader.manner.digits
    return Sheet(
        recipients=_recipients(rendition, reader),
        people=_people(rendition),
        files=files_of(rendition, reader.manner),
        blocked=blocked % {"count": digits(str(rendition.remote_images))}
        if rendition.remote_images
        else "",
        notes=[note for note in map(_note, rendition.notes) if note],
        wide=wide,
        narrow=narrow,
        is_paper=bool(rendition.html) and frame.brings_colours(rendition.html),
        has_images=bool(rendition.html) and frame.has_images(rendition.html),
    )


def _people(rendition: Rendition) -> list[tuple[str, list[str]]]:
    fields = [
        (_("From"), rendition.senders),
        (_("Reply to"), rendition.reply_to),
        (_("To"), rendition.to),
        (_("Cc"), rendition.cc),
        (_("Bcc"), rendition.bcc),
    ]
    return [(name, [_full(who) for who in people]) for name, people in fields if people]


def _full(who: Address) -> str:
    return f"{who.name} <{who.address}>" if who.name else who.address


def _recipients(rendition: Rendition, reader: Reader) -> str:
    """ "To me, Somchai and 3 more", the carbon copies after it."""
    parts = []
    for word, people in ((_("To %(names)s"), rendition.to), (_("Cc %(names)s"), rendition.cc)):
        if people:
            parts.append(word % {"names": _names(people, reader)})
    return " · ".join(parts) or _("To undisclosed recipients")


def _names(people: Sequence[Address], reader: Reader) -> str:
    names = [
        _("me") if who.address.lower() == reader.address else who.name or who.address
        for who in people[:NAMES_SHOWN]
    ]
    text = ", ".join(names)
    if (more := len(people) - NAMES_SHOWN) > 0:
        text = _("%(names)s and %(count)s more") % {
            "names": text,
            "count": reader.manner.digits(str(more)),
        }
    return text


def _note(name: str) -> str:
    """What could not be read as meant, in a sentence; the closed list is mime.rendition.NOTES."""
    return {
        "too-deep": _("This message is nested too deeply; the whole of it is attached."),
        "too-many-parts": _("This message has too many parts; the whole of it is attached."),
        "header-too-large": _("The head of this message is too large to be read in full."),
        "too-many-parameters": _("A header of this message could not be read in full."),
        "too-many-addresses": _("Not all recipients of this message could be read."),
        "charset-unknown": _("Some characters of this message could not be read."),
        "html-too-large": _("This message is too large to be shown formatted."),
        "html-too-complex": _("The formatting of this message is too complex; its text is shown."),
        "text-too-large": _("Only the beginning of this message is shown."),
        "tnef-unpacked": _("Outlook had wrapped the files in winmail.dat; they are unpacked."),
        "tnef-partly": _("Not all of winmail.dat could be unpacked; it is attached too."),
    }.get(name, "")
