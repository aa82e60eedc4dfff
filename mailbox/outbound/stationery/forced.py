"""The signature an agency puts under every letter of its officials, in text and in markup."""

from __future__ import annotations

from mailbox.mime.plaintext import text_to_html
from mailbox.mime.safe_html import SafeHtml


def under_text(text: str, forced: str) -> str:
    """The author's text with the agency's lines below it."""
    lines = forced.replace("\r\n", "\n").strip()
    return f"{text.rstrip()}\n\n{lines}\n" if lines else text


def under_html(html: SafeHtml, forced: str) -> SafeHtml:
    """The author's markup with the agency's lines below it, in a block of their own."""
    lines = forced.replace("\r\n", "\n").strip()
    return SafeHtml.joined([html, text_to_html(lines)]) if lines else html
