"""What would be sent if it were sent now: the text with the agency's lines and the quote."""

from __future__ import annotations

from accounts.models import Agency
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.outbound.answering import html_with_quote, text_with_quote
from mailbox.outbound.body import Body
from mailbox.outbound.stationery.forced import under_html, under_text


def as_sent(body: Body, agency: Agency) -> SafeHtml:
    """The letter's markup; a plain letter as the markup its readers are shown."""
    forced = agency.forced_signature
    if body.is_rich:
        return html_with_quote(under_html(body.html, forced), body.quote)
    return text_to_html(text_with_quote(under_text(body.text, forced), body.quote))
