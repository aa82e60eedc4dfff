"""What an author can still do about a letter that was sent."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailbox.models import Delivery, Submission
from mailbox.models.mailboxes import reached
from mailbox.outbound import submission as sending
from mailbox.outbound.schedule import moment_of
from mailbox.outbound.sending import again
from mailbox.web.finding import changes
from mailbox.web.requests import PortalRequest


def find(request: PortalRequest, submission: UUID) -> Submission:
    """What was sent from a mailbox within reach; to change it, from one to write in."""
    sent = Submission.objects.readable_by(request.user)
    if changes(request):
        sent = Submission.objects.filter(mailbox__in=reached(request.user, writes=True))
    return get_object_or_404(
        sent.select_related("mailbox", "sent_copy", "content", "written_by__official"),
        pk=submission,
    )


@require_POST
@login_required
def undo(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Call a letter back; it is a draft again, and open."""
    draft = sending.undo(find(request, submission), by=request.user, now=timezone.now())
    messages.success(request, _("The letter was called back. It is a draft again."))
    return redirect("mailbox:draft", draft.pk)


@require_POST
@login_required
def leave_now(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Send at once what waits for its moment or for the end of the undo window."""
    found = find(request, submission)
    sent = again.leave_now(found, by=request.user, now=timezone.now())
    messages.success(request, _("The letter is on its way."))
    return redirect("mailbox:submission", sent.pk)


@require_POST
@login_required
def leave_at(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Give a scheduled letter another moment: send_at, in Thailand's time."""
    found, at = find(request, submission), moment_of(request.POST.get("send_at", ""))
    sent = again.leave_at(found, at, by=request.user, now=timezone.now())
    messages.success(request, _("The letter leaves at the new time."))
    return redirect("mailbox:submission", sent.pk)


@require_POST
@login_required
def wait(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Keep the undo window open while the author's mouse or keyboard is on its notice."""
    waits = again.wait_a_moment(find(request, submission), by=request.user, now=timezone.now())
    return HttpResponse(status=204 if waits else 409)


@require_POST
@login_required
def try_again(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Offer the letter once more: to the recipient named by `delivery`, else to all missed."""
    found, named = find(request, submission), request.POST.get("delivery", "")
    missed = found.deliveries.filter(state__in=Delivery.NOT_REACHED)
    if named:
        one = next((one for one in missed if str(one.pk) == named), None)
        missed_now = [one] if one else []
    else:
        missed_now = list(missed[: again.MOST_WRITTEN_AGAIN])
    count = sum(again.try_again(one, by=request.user, now=timezone.now()) for one in missed_now)
    if count:
        messages.success(request, _("The letter is being sent once more."))
    return redirect("mailbox:submission", found.pk)


@require_POST
@login_required
def write_again(request: PortalRequest, submission: UUID) -> HttpResponse:
    """A new draft of the letter to those it did not reach."""
    draft = again.write_again(find(request, submission), by=request.user, now=timezone.now())
    return redirect("mailbox:draft", draft.pk)
