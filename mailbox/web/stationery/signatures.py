"""Settings: one's signatures, and the one the agency puts under every letter."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import opening
from mailbox.models import Signature
from mailbox.outbound.stationery import signatures
from mailbox.outbound.stationery.wording import Wording
from mailbox.web.finding import mailbox_of
from mailbox.web.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """All signatures, each with its form; a POST writes a new one."""
    box = mailbox_of(request)
    if request.method == "POST":
        return _keep(request, None)
    found = signatures.signatures_of(box, opening.mailbox_key(box))
    context = {
        "signatures": found,
        "forced": request.user.agency.forced_signature.strip(),
        "agency": request.user.agency,
    }
    return render(request, "mailbox/stationery/signatures.html", context)


@require_POST
@login_required
def change(request: PortalRequest, signature: UUID) -> HttpResponse:
    return _keep(request, _find(request, signature))


@require_POST
@login_required
def delete(request: PortalRequest, signature: UUID) -> HttpResponse:
    _find(request, signature).delete()
    messages.success(request, _("The signature is gone."))
    return redirect("mailbox:signatures")


def _find(request: PortalRequest, signature: UUID) -> Signature:
    return get_object_or_404(Signature, pk=signature, mailbox=mailbox_of(request))


def _keep(request: PortalRequest, signature: Signature | None) -> HttpResponse:
    wording = Wording.typed(request.POST.dict())
    if not wording.text.strip():
        messages.error(request, _("Write the text first; nothing was changed."))
        return redirect("mailbox:signatures")
    signatures.keep(
        mailbox_of(request),
        wording,
        signature=signature,
        is_for_new="is_for_new" in request.POST,
        is_for_answers="is_for_answers" in request.POST,
    )
    messages.success(request, _("The signature is saved."))
    return redirect("mailbox:signatures")
