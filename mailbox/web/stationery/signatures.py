"""Settings: one's signatures or an office's, and the one the agency puts under every letter."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import opening
from mailbox.models import Mailbox, Signature
from mailbox.outbound.stationery import signatures
from mailbox.outbound.stationery.wording import Wording
from mailbox.web.requests import PortalRequest
from mailbox.web.standing.whose import settings_of, url_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def index(request: PortalRequest, mailbox: UUID | None = None) -> HttpResponse:
    """All signatures, each with its form; a POST writes a new one."""
    box = settings_of(request, mailbox)
    if request.method == "POST":
        return _keep(request, box, None)
    found = signatures.signatures_of(box, opening.mailbox_key(box))
    agency = (box.account or request.user).agency
    context = {
        "mailbox": box,
        "signatures": found,
        "forced": agency.forced_signature.strip(),
        "agency": agency,
        "add_url": url_of("signatures", box, request.user),
    }
    return render(request, "mailbox/stationery/signatures.html", context)


@require_POST
@login_required
def change(request: PortalRequest, signature: UUID) -> HttpResponse:
    found = _find(request, signature)
    return _keep(request, found.mailbox, found)


@require_POST
@login_required
def delete(request: PortalRequest, signature: UUID) -> HttpResponse:
    found = _find(request, signature)
    found.delete()
    messages.success(request, _("The signature is gone."))
    return redirect(url_of("signatures", found.mailbox, request.user))


def _find(request: PortalRequest, signature: UUID) -> Signature:
    found = get_object_or_404(Signature, pk=signature)
    found.mailbox = settings_of(request, found.mailbox_id)
    return found


def _keep(request: PortalRequest, box: Mailbox, signature: Signature | None) -> HttpResponse:
    place = url_of("signatures", box, request.user)
    wording = Wording.typed(request.POST.dict())
    if not wording.text.strip():
        messages.error(request, _("Write the text first; nothing was changed."))
        return redirect(place)
    signatures.keep(
        box,
        wording,
        signature=signature,
        is_for_new="is_for_new" in request.POST,
        is_for_answers="is_for_answers" in request.POST,
    )
    messages.success(request, _("The signature is saved."))
    return redirect(place)
