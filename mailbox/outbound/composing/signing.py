"""The signature that stands in a letter from its beginning."""

from __future__ import annotations

from dataclasses import replace

from accounts.models import Account
from mailbox import opening
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.models import Mailbox, Signature
from mailbox.outbound.body import Body
from mailbox.outbound.stationery.signatures import for_letter

# Two empty lines: the cursor stands on the first.
_ROOM = "\n\n"


def signed(body: Body, mailbox: Mailbox, *, by: Account) -> Body:
    """The body of a letter just begun, with its author's signature in their own format."""
    if not Signature.objects.filter(mailbox=mailbox).exists():
        return body
    is_answer = body.mode in ("reply", "reply_all")
    found = for_letter(mailbox, opening.mailbox_key(mailbox), is_answer=is_answer)
    if found is None:
        return body
    if by.writes_plain:
        return replace(body, text=f"{_ROOM}{found.text}", signature=str(found.id))
    html = SafeHtml.joined([text_to_html(f"{_ROOM}\u00a0"), found.markup])
    return replace(body, html=html, signature=str(found.id))
