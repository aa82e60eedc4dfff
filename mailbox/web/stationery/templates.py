"""Settings: ready-made letters, one's own and the office's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailbox.models import LetterTemplate
from mailbox.outbound.stationery import templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.web.finding import mailbox_of
from mailbox.web.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """All templates the person may use; a POST writes a new one."""
    if request.method == "POST":
        return _keep(request, None)
    found = templates.readable_by(request.user, mailbox_of(request))
    context = {
        "own": [one for one in found if not one.is_shared],
        "shared": [one for one in found if one.is_shared],
        "agency": request.user.agency,
    }
    return render(request, "mailbox/stationery/templates.html", context)


@require_GET
@login_required
def listed(request: PortalRequest) -> JsonResponse:
    """The same as JSON, for the compose page: name, subject, text, html."""
    found = templates.readable_by(request.user, mailbox_of(request))
    return JsonResponse({"templates": templates.as_json(found)})


@require_POST
@login_required
def change(request: PortalRequest, template: UUID) -> HttpResponse:
    return _keep(request, _find(request, template))


@require_POST
@login_required
def delete(request: PortalRequest, template: UUID) -> HttpResponse:
    _find(request, template).delete()
    messages.success(request, _("The template is gone."))
    return redirect("mailbox:templates")


def _find(request: PortalRequest, template: UUID) -> LetterTemplate:
    """One the person may change; of the others nothing is said."""
    rows = LetterTemplate.objects.readable_by(request.user).select_related("mailbox")
    found = get_object_or_404(rows, pk=template)
    if not templates.may_change(found, request.user):
        raise Http404
    return found


def _keep(request: PortalRequest, template: LetterTemplate | None) -> HttpResponse:
    wording = Wording.typed(request.POST.dict())
    if not wording.text.strip() and not wording.subject:
        messages.error(request, _("Write the text first; nothing was changed."))
        return redirect("mailbox:templates")
    templates.keep(
        wording,
        by=request.user,
        mailbox=mailbox_of(request),
        is_shared="is_shared" in request.POST,
        template=template,
    )
    messages.success(request, _("The template is saved."))
    return redirect("mailbox:templates")
