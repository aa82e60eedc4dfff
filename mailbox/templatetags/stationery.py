"""`{{ html|markup_of }}`: markup made safe, as text for a hidden field of its editor."""

from __future__ import annotations

from django import template

from mailbox.mime.safe_html import SafeHtml

register = template.Library()


@register.filter
def markup_of(html: SafeHtml) -> str:
    """The markup as a string that the template escapes; it is shown by the editor alone."""
    return html.for_frame()
