"""`{% the_shell as shell %}`: the frame of a page, whichever view renders it."""

from __future__ import annotations

from typing import Any, cast

from django import template
from django.contrib.auth.models import AnonymousUser

from mailbox.models import Mailbox
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import Shell, find_mailbox, shell_of

register = template.Library()


@register.simple_tag(takes_context=True)
def the_shell(context: dict[str, Any]) -> Shell | None:
    """Return the view's own `shell`, or make one from the request and `at`.

    None for an account without a mailbox.
    """
    if (given := context.get("shell")) is not None:
        return cast(Shell, given)
    if not getattr(context["request"], "user", AnonymousUser()).is_authenticated:
        return None
    request = cast(PortalRequest, context["request"])
    # A page of one mailbox says which; settings and the like are of the person's own.
    given = context.get("mailbox")
    mailbox = given if isinstance(given, Mailbox) else find_mailbox(request.user)
    return shell_of(request, mailbox, at=str(context.get("at", ""))) if mailbox else None
