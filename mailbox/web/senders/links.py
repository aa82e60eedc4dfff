"""A link that hides where it leads: the page that says it, before it is followed."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mailbox.mime.plaintext import text_to_html
from mailbox.mime.rendition import Rendition
from mailbox.mime.trust.links import Links, host_of
from mailbox.mime.trust.names import unicode_domain
from mailbox.opening import mailbox_key, open_rendition
from mailbox.web.finding import own_message
from mailbox.web.requests import PortalRequest


@require_GET
@login_required
def confirm(request: PortalRequest, message: UUID, link: int, token: str = "") -> HttpResponse:
    """Where the numbered link of a letter leads. The pass in the path belongs to the frame."""
    found = own_message(request, message)
    targets = _targets(open_rendition(found, mailbox_key(found.mailbox)))
    if link >= len(targets):
        raise Http404
    target = targets[link]
    host = host_of(target)
    before, _host, after = target.partition(host) if host else (target, "", "")
    shown = unicode_domain(host)
    context = {
        "target": target,
        "before": before,
        "host": host,
        "after": after,
        "reads_as": shown if shown != host else "",
    }
    return render(request, "mailbox/senders/link.html", context)


def _targets(rendition: Rendition) -> tuple[str, ...]:
    """The letter's doubtful links; those of plain text are numbered as they are shown."""
    if rendition.html:
        return rendition.links
    links = Links()
    text_to_html(rendition.text, links, marks_quote=True)
    return tuple(links.targets)
