"""Answers and letters passed on: who gets them, what they are called, what they quote.

RFC 5322 §3.6.4 for the chain of Message-IDs, §3.6.2 for Reply-To. The original is
opened here, in the web tier; it is quoted from its rendition, which is inert.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape

from django.db import transaction
from django.utils.translation import get_language, gettext

from accounts.models import Account
from govmail_portal.dates import Manner, moment
from mailbox import opening
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.rendition import (
    Address,
    Rendition,
    read_attachment,
    read_raw,
    unpack_head,
)
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import restored, sanitise
from mailbox.mime.threading import answer_subject, forward_subject
from mailbox.models import Draft, MailboxAddress, Message
from mailbox.outbound.body import Body, Quote
from mailbox.outbound.composing.signing import signed
from mailbox.outbound.drafting import begin
from mailbox.outbound.enclosures import LETTER_TYPE, attach, attach_letter
from mailbox.sealing.content import ContentReader

# A quoted original beyond this is left out of the draft, which is sealed at every save.
LONGEST_TEXT = 200_000
LONGEST_HTML = 500_000
# Enough of a chain to find the conversation; RFC 5322 lets the middle be dropped.
LONGEST_CHAIN = 50
_PICTURE = re.compile(r'<img\b(?![^>]*\ssrc="data:)[^>]*>')
_NAMEABLE = re.compile(r"[!-;=?-~]{1,800}")  # visible ASCII without angle brackets


def reply(message: Message, *, by: Account, now: datetime) -> Draft:
    """Begin an answer to whoever wrote the message, quoting it."""
    return _answer(message, by=by, now=now, everybody=False)


def reply_all(message: Message, *, by: Account, now: datetime) -> Draft:
    """Begin an answer to the writer and all other recipients, but not to oneself."""
    return _answer(message, by=by, now=now, everybody=True)


@transaction.atomic
def forward(message: Message, *, by: Account, now: datetime, as_attachment: bool = False) -> Draft:
    """Begin passing a message on: its text quoted and its files carried over, or the
    whole of it as an attached message. AttachmentTooLarge where it cannot be sent again.
    """
    reader = opening.reader(message, opening.mailbox_key(message.mailbox))
    original = unpack_head(reader.read)
    subject = forward_subject(original.subject)
    mode = "forward_attached" if as_attachment else "forward"
    author = _author(original, message)
    quote = None if as_attachment else Quote(_head(original, author), *_quotable(original))
    body = Body(subject=subject, mode=mode, quote=quote, references=_chain(original))
    draft = begin(
        message.mailbox,
        signed(body, message.mailbox, by=by),
        by=by,
        now=now,
        answers=message,
    )
    if as_attachment:
        name = f"{original.subject.strip() or 'message'}.eml"
        attach_letter(draft, name=name, raw=read_raw(reader.read, original))
    else:
        _carry_over(draft, original, reader)
    return draft


def _answer(message: Message, *, by: Account, now: datetime, everybody: bool) -> Draft:
    private_key = opening.mailbox_key(message.mailbox)
    original = opening.open_rendition(message, private_key)
    own = set(
        MailboxAddress.objects.filter(mailbox=message.mailbox_id).values_list("address", flat=True)
    )
    to, cc = _recipients(original, own, everybody=everybody)
    body = Body(
        to=to,
        cc=cc,
        subject=answer_subject(original.subject),
        mode="reply_all" if everybody else "reply",
        quote=Quote(_attribution(original, _author(original, message)), *_quotable(original)),
        in_reply_to=original.message_id if _can_be_named(original.message_id) else "",
        references=_chain(original),
    )
    body = signed(body, message.mailbox, by=by)
    return begin(message.mailbox, body, by=by, now=now, answers=message)


def _recipients(
    original: Rendition, own: set[str], *, everybody: bool
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """To and Cc of an answer. Answering one's own letter goes on writing to its recipients."""
    mine = original.sender is not None and original.sender.address.lower() in own
    writers = original.to if mine else original.reply_to or original.senders
    if not everybody:
        return _others(writers, own) or tuple(writers), ()
    to = _others((*writers, *original.to), own) or tuple(writers)
    taken = own | {who.address.lower() for who in to}
    return to, _others(original.cc, taken)


def _others(people: Iterable[Address], known: set[str]) -> tuple[Address, ...]:
    """Each person once, without those whose address is known."""
    found: dict[str, Address] = {}
    for who in people:
        address = who.address.lower()
        if address not in known:
            found.setdefault(address, who)
    return tuple(found.values())


def _chain(original: Rendition) -> tuple[str, ...]:
    earlier = original.references or ((original.in_reply_to,) if original.in_reply_to else ())
    chain = tuple(filter(_can_be_named, dict.fromkeys((*earlier, original.message_id))))
    return chain if len(chain) <= LONGEST_CHAIN else (chain[0], *chain[1 - LONGEST_CHAIN :])


def _can_be_named(message_id: str) -> bool:
    """Whether a stranger's Message-ID may stand in a header of ours."""
    return _NAMEABLE.fullmatch(message_id) is not None


def _quotable(original: Rendition) -> tuple[str, SafeHtml]:
    text = original.text
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "\n…"
    too_long = len(original.html.for_frame()) > LONGEST_HTML
    return text, SafeHtml.empty() if too_long else restored(original.html, original.links)


def _date(original: Rendition) -> str:
    try:
        at = datetime.fromisoformat(original.date or "")
    except ValueError:
        return ""
    return moment(at, Manner.of(get_language())) if at.tzinfo else ""


def _author(original: Rendition, message: Message) -> str:
    """Who wrote; and for whom, of a letter sent within the portal: elsewhere anybody says that."""
    name = _all(original.senders)
    if original.written_by is None or not message.was_sent_here:
        return name
    words = {"person": _shown(original.written_by), "name": name}
    return gettext("%(person)s on behalf of %(name)s") % words


def _attribution(original: Rendition, author: str) -> str:
    """The line above a quote: who wrote, and when."""
    writer = author or gettext("the sender")
    date = _date(original)
    if not date:
        return gettext("%(name)s wrote:") % {"name": writer}
    return gettext("On %(date)s %(name)s wrote:") % {"date": date, "name": writer}


def _head(original: Rendition, author: str) -> str:
    """The block above a letter passed on: from, date, subject, to."""
    lines = [gettext("Forwarded letter"), f"{gettext('From')}: {author}"]
    if date := _date(original):
        lines.append(f"{gettext('Date')}: {date}")
    lines.append(f"{gettext('Subject')}: {original.subject}")
    lines.append(f"{gettext('To')}: {_all(original.to)}")
    if original.cc:
        lines.append(f"{gettext('Cc')}: {_all(original.cc)}")
    return "\n".join(lines)


def _all(people: Iterable[Address]) -> str:
    people = list(people)
    more = "…" if len(people) > 50 else ""
    return ", ".join(_shown(who) for who in people[:50]) + more


def _shown(who: Address) -> str:
    return f"{who.name} <{who.address}>" if who.name else who.address


def _carry_over(draft: Draft, original: Rendition, reader: ContentReader) -> None:
    for one in original.attachments:
        data = read_attachment(reader.read, one)
        if one.type == LETTER_TYPE:
            attach_letter(draft, name=one.name, raw=data)
        else:
            attach(draft, name=one.name, type=one.type, data=data)


def text_with_quote(text: str, quote: Quote | None) -> str:
    """The plain text that is sent: the author's words, then the original marked with >."""
    if quote is None:
        return text
    marked = "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}".rstrip()
        for line in quote.text.rstrip().split("\n")
    )
    return f"{text.rstrip()}\n\n{quote.attribution}\n{marked}\n"


def html_with_quote(html: SafeHtml, quote: Quote | None) -> SafeHtml:
    """The markup that is sent; made safe once more, for joining is what undoes it."""
    if quote is None:
        return html
    original = quote.html if quote.html else text_to_html(quote.text)
    # Pictures of the original are not sent along by name; a broken frame would be left.
    pictureless = _PICTURE.sub("", original.for_frame())
    head = "<br>".join(escape(line) for line in quote.attribution.split("\n"))
    joined = (
        f"<div>{html.for_frame()}</div><p>{head}</p>"
        f'<blockquote type="cite">{pictureless}</blockquote>'
    )
    return sanitise(joined)[0]
