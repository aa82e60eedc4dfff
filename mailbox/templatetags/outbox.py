"""`{% undo_seconds %}`: how long the toast after sending counts down."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def undo_seconds() -> int:
    """Seconds between sending and the moment a letter leaves."""
    return int(settings.UNDO_SECONDS)
