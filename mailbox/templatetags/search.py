"""The search language, for the page that explains it."""

from __future__ import annotations

from django import template

from mailbox.web.search.suggesting import operators

register = template.Library()


@register.simple_tag
def search_operators() -> list[tuple[str, str]]:
    """Operators in the reader's language, and what each is for."""
    return operators()
