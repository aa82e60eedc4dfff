"""The signature an agency puts under every letter of its officials, in text and in markup."""

from __future__ import annotations

from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.safe_html import SafeHtml


def under_text(text: str, forced: str) -> str:
    """The author's text with the agency's lines below it, once."""
    lines = forced.replace("\r\n", "\n").strip()
    if not lines or _ends_with(text, lines):
        return text
    return f"{text.rstrip()}\n\n{lines}\n"


def under_html(html: SafeHtml, forced: str) -> SafeHtml:
    """The author's markup with the agency's lines below it, once, in a block of their own."""
    lines = forced.replace("\r\n", "\n").strip()
    if not lines or _ends_with(html_to_text(html.for_frame()), lines):
        return html
    return SafeHtml.joined([html, text_to_html(lines)])


def _ends_with(text: str, lines: str) -> bool:
    """Whether a letter that is written again has them already, however its lines are broken."""
    return " ".join(text.split()).endswith(" ".join(lines.split()))
