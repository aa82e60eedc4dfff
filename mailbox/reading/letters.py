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
from mailbox.reading.correspondents import author_of
from mailbox.reading.files import Files, files_of
from mailbox.reading.senders.choices import NOTHING_CHOSEN, Chosen, images_domain
from mailbox.reading.senders.notices import Notice, Proof, Sender, notices_of, proof_of

NAMES_SHOWN = 3


@dataclass(frozen=True)
class Reader:
    """Who reads, and when: the own address, the manner of dates, an aware moment."""

    address: str
    manner: Manner
    now: datetime


@dataclass(frozen=True)
class Look:
    """How a letter is to be shown this once: with images from outside, with its quote."""

    images: bool = False
    quote: bool = False


AS_EVER = Look()


@dataclass(frozen=True)
class Heading:
    """The line of a letter, folded or open. `tile` is empty for a sender outside government.

    is_claimed: it names an office that nothing proves.
    """

    sender: str
    address: str
    office: str
    tile: str
    is_outside: bool
    is_claimed: bool
    subject: str
    gist: str
    when: str
    date: str
    iso: str


@dataclass(frozen=True)
class Sheet:
    """What an open letter shows besides its body, which is in the frame.

    people: pairs of a field's name and its addresses. wide, narrow: the height of the
    frame in lines. query: how the frame's address asks for what is shown. on_white: the body
    lies on white whatever the screen is; is_formatted: one may choose that. images: it
    shows own ones. images_domain: whose images may be shown always. quoted: what hides
    the quote, in words; empty if there is none.
    """

    recipients: str
    people: Sequence[tuple[str, Sequence[str]]]
    files: Files
    notices: Sequence[Notice]
    remarks: Sequence[str]
    proof: Proof
    wide: int
    narrow: int
    query: str
    on_white: bool
    is_formatted: bool
    has_images: bool
    can_show_images: bool
    shows_images: bool
    images_domain: str
    quoted: str
    shows_quote: bool

    @property
    def other_quote(self) -> str:
        """The query that shows the quote where it is hidden, and hides it where it is shown."""
        asked = {"images=1": self.shows_images, "quote=1": not self.shows_quote}
        return "&".join(part for part, is_asked in asked.items() if is_asked)

    @property
    def with_images(self) -> str:
        """The query that shows images from outside."""
        return "images=1&quote=1" if self.shows_quote else "images=1"


def heading_of(summary: Summary | None, sender: Sender, at: datetime, reader: Reader) -> Heading:
    """The line of a letter; without a summary (its seal is broken) only the date."""
    shown = summary or Summary()
    name = author_of(shown, was_sent_here=sender.was_sent_here)
    office, is_own = sender.office, sender.is_own
    is_named = office is not None and not is_own and sender.is_proven
    # Of an office's letters, and of those somebody wrote for another, it is said whose they are.
    is_readers = shown.sender_address.lower() == reader.address and not shown.written_by
    is_me = is_own and (is_readers or summary is None)
    return Heading(
        sender=_("Me") if is_me else name if summary else "",
        address="" if is_me else shown.sender_address,
        office=office.name if office and is_named and office.name != name else "",
        tile=office.code if office else "",
        is_outside=summary is not None and sender.is_outside,
        is_claimed=sender.is_claimed,
        subject=shown.subject or (_("(no subject)") if summary else ""),
        gist=shown.snippet,
        when=dates.short(at, reader.manner, reader.now, has_headings=False),
        date=dates.moment(at, reader.manner, weekday=True),
        iso=at.isoformat(timespec="minutes"),
    )


def sheet_of(
    rendition: Rendition,
    reader: Reader,
    sender: Sender,
    *,
    look: Look = AS_EVER,
    chosen: Chosen = NOTHING_CHOSEN,
) -> Sheet:
    """What an open letter shows."""
    shows_images = bool(rendition.html_remote) and (look.images or chosen.images)
    body = rendition.html_remote if shows_images else rendition.html
    hidden = 0 if look.quote else rendition.quoted_lines
    wide, narrow = frame.lines_of(rendition.text, body, hidden=hidden)
    on_white = bool(body) and (
        frame.brings_colours(body) if chosen.on_white is None else chosen.on_white
    )
    notes = [note for note in map(_note, rendition.notes) if note]
    notices, remarks = notices_of(
        rendition, sender, reader.manner, shows_images=shows_images, notes=notes
    )
    asked = {
        "images=1": shows_images,
        "quote=1": look.quote,
        "paper=white": on_white,
        "paper=screen": bool(body) and not on_white,
    }
    return Sheet(
        recipients=_recipients(rendition, reader),
        people=_people(rendition, sender),
        files=files_of(rendition, reader.manner),
        notices=notices,
        remarks=remarks,
        proof=proof_of(rendition, sender),
        wide=wide,
        narrow=narrow,
        query="&".join(part for part, is_asked in asked.items() if is_asked),
        on_white=on_white,
        is_formatted=bool(body),
        has_images=bool(body) and frame.has_images(body),
        can_show_images=bool(rendition.html_remote) and not shows_images,
        shows_images=shows_images,
        images_domain=images_domain(rendition),
        quoted=_quoted(rendition.quoted_lines, reader.manner),
        shows_quote=look.quote,
    )


def _quoted(lines: int, manner: Manner) -> str:
    if not lines:
        return ""
    text = ngettext("Quoted text (%(count)s line)", "Quoted text (%(count)s lines)", lines)
    return text % {"count": manner.digits(str(lines))}


def _people(rendition: Rendition, sender: Sender) -> list[tuple[str, list[str]]]:
    writer = _("Written by") if sender.was_sent_here else _("Sender as the letter says, not proven")
    fields = [
        (_("From"), rendition.senders),
        (writer, [rendition.written_by] if rendition.written_by else []),
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
