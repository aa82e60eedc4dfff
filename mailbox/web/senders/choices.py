"""What a reader decides about a sender: images always, on white; and the list of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from govmail_portal import dates
from mailbox.models import Message, SenderChoice
from mailbox.opening import mailbox_key, open_rendition
from mailbox.reading import opening
from mailbox.reading.letters import Look
from mailbox.reading.senders import choices
from mailbox.web.answers import passes
from mailbox.web.finding import own_message, reader_of
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import find_mailbox, shell_of


@require_POST
@login_required
def images(request: PortalRequest, message: UUID) -> HttpResponse:
    """Show images of the domain that signed this letter, from now on; 404 if none did."""
    found = own_message(request, message)
    private_key = mailbox_key(found.mailbox)
    domain = choices.images_domain(open_rendition(found, private_key))
    if not domain:
        raise Http404
    choices.always_show_images(found.mailbox, private_key, domain)
    return _letter(request, found, private_key)


@require_POST
@login_required
def paper(request: PortalRequest, message: UUID) -> HttpResponse:
    """Show letters of this sender on white (paper=white) or adapted, from now on."""
    found = own_message(request, message)
    private_key = mailbox_key(found.mailbox)
    address = choices.paper_address(open_rendition(found, private_key))
    if not address:
        raise Http404
    white = request.POST.get("paper") == "white"
    choices.choose_paper(found.mailbox, private_key, address, white=white)
    return _letter(request, found, private_key)


def _letter(request: PortalRequest, found: Message, private_key: bytes) -> HttpResponse:
    """The letter again, in its place; without scripts the conversation it is in."""
    if not request.htmx:
        slug = found.folder.slug
        return redirect("mailbox:thread", found.mailbox_id, slug, found.thread_id)
    letter = opening.letter(found, private_key=private_key, reader=reader_of(request), look=Look())
    context = {"letter": letter, "pass": passes.issue(request.user.pk)}
    return render(request, "mailbox/letters/_letter.html", context)


@require_GET
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """All choices about senders, each with its way out."""
    if (mailbox := find_mailbox(request.user)) is None:
        raise Http404
    manner = manner_of(request)
    listed = choices.listed(mailbox, mailbox_key(mailbox))
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "on_white": one.on_white,
            "is_images": one.kind == SenderChoice.Kind.IMAGES,
            "date": dates.moment(one.created_at, manner),
        }
        for one in listed
    ]
    context = {"shell": shell_of(request, mailbox), "choices": rows}
    return render(request, "mailbox/senders/choices.html", context)


@require_POST
@login_required
def forget(request: PortalRequest, choice: UUID) -> HttpResponse:
    """Take a choice back."""
    own = SenderChoice.objects.filter(
        mailbox__account=request.user, mailbox__is_open=True, pk=choice
    )
    if not own.delete()[0]:
        raise Http404
    return redirect("mailbox:sender-choices")
