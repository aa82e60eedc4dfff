"""Writing: begin a letter, keep it while it is written, send it or throw it away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from govmail_portal import dates
from mailbox.models import Draft, Mailbox, Message
from mailbox.outbound import answering, copying, drafting, submission
from mailbox.outbound.schedule import moment_of
from mailbox.web import composing, keeping, paging
from mailbox.web.finding import cursor_of, mailbox_of, own_mailbox, own_message
from mailbox.web.requests import PortalRequest, manner_of

ANSWERS = {
    "reply": answering.reply,
    "reply_all": answering.reply_all,
    "forward": answering.forward,
}


@require_GET
@login_required
def index(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """The letters that are not sent yet, the newest first."""
    box = own_mailbox(request, mailbox)
    drafts = Draft.objects.writable_by(request.user).unsent().filter(mailbox=box)
    page = paging.page_of(drafts, "updated_at", cursor_of(request, "after"))
    now, manner = timezone.now(), manner_of(request)
    rows = [
        (row, dates.short(row.draft.updated_at, manner, now, has_headings=False))
        for row in drafting.rows(page.rows, box)
    ]
    context = {"mailbox": box, "rows": rows, "after": page.after, "at": "drafts"}
    return render(request, "mailbox/drafts/index.html", context)


@require_POST
@login_required
def begin(request: PortalRequest) -> HttpResponse:
    """Begin a letter: mode=new, reply, reply_all, forward or forward_attached, message=id."""
    mode, now = request.POST.get("mode", "new"), timezone.now()
    if mode == "new":
        box = _box(request)
        to = [request.POST["to"]] if request.POST.get("to") else []
        draft = drafting.start(box, by=request.user, now=now, to=to)
    else:
        message = _message(request)
        if mode == "forward_attached":
            draft = answering.forward(message, by=request.user, now=now, as_attachment=True)
        elif mode in ANSWERS:
            draft = ANSWERS[mode](message, by=request.user, now=now)
        else:
            raise Http404
    return redirect("mailbox:draft", draft.pk)


def _box(request: PortalRequest) -> Mailbox:
    """Where a new letter is begun: in the mailbox the page shows, else in the person's own."""
    named = request.POST.get("mailbox", "")
    try:
        return own_mailbox(request, UUID(named)) if named else mailbox_of(request)
    except ValueError:
        raise Http404 from None


def _message(request: PortalRequest) -> Message:
    try:
        return own_message(request, UUID(request.POST.get("message", "")))
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def write(request: PortalRequest, draft: UUID) -> HttpResponse:
    """The compose page; a POST is its plain form: keep what it holds and come back."""
    found = composing.find_draft(request, draft)
    if found.submission is not None:
        return redirect("mailbox:submission", found.submission.pk)
    if request.method != "POST":
        page = composing.page_of(request, found)
        context = {"page": page, "mailbox": found.mailbox, "at": "drafts"}
        return render(request, "mailbox/compose/write.html", context)
    kept = keeping.keep_form(request, found)
    if kept.pk == found.pk:
        messages.success(request, _("The draft is saved."))
    return redirect(keeping.url_of(kept, found))


@require_POST
@login_required
def save(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Keep what the scripts send; the answer names the new version and who the recipients are.

    aside=1: what another window has saved becomes a draft of its own first.
    """
    found = composing.find_draft(request, draft)
    values, version = composing.submitted(request, found)
    keeping.take_sender(request, found, values)
    now = timezone.now()
    if request.GET.get("aside") == "1":
        version = copying.put_on_top(found, values, version=version, by=request.user, now=now)
    else:
        version = drafting.save(found, values, version=version, now=now)
    return JsonResponse(
        {
            "version": version,
            "saved_at": dates.clock(found.updated_at, manner_of(request)),
            "people": composing.people_of(drafting.open_draft(found)),
        }
    )


@require_POST
@login_required
def copy(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Keep what the scripts send as a draft of its own, beside the one they started from."""
    found = composing.find_draft(request, draft)
    values, _version = composing.submitted(request, found)
    kept = copying.keep_apart(found, values, by=request.user, now=timezone.now())
    return JsonResponse({"url": keeping.url_of(kept, found)})


@require_POST
@login_required
def send(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Keep the letter as it stands and send it; the page after it offers to undo."""
    found = composing.find_draft(request, draft)
    if composing.is_script(request):
        values, version = composing.submitted(request, found)
        keeping.take_sender(request, found, values)
        drafting.save(found, values, version=version, now=timezone.now())
    elif (kept := keeping.keep_form(request, found)).pk != found.pk:
        return redirect(keeping.url_of(kept, found))
    chosen = drafting.open_draft(found).send_at
    at = moment_of(chosen) if chosen else None
    sent = submission.send(found, by=request.user, now=timezone.now(), at=at)
    if at is None:
        messages.success(request, _("Sending"), extra_tags=f"undo:{sent.pk}")
    else:
        moment = dates.moment(at, manner_of(request), weekday=True)
        messages.success(request, _("The letter will be sent %(moment)s.") % {"moment": moment})
    if composing.is_script(request):
        return JsonResponse({"url": _place_after(found)})
    return redirect("mailbox:submission", sent.pk)


def _place_after(draft: Draft) -> str:
    """Back to the conversation that was answered, else to the inbox."""
    answered = draft.answers
    if answered is None or answered.folder is None:
        return reverse("mailbox:inbox")
    return reverse(
        "mailbox:thread", args=[answered.mailbox_id, answered.folder.slug, answered.thread_id]
    )


@require_POST
@login_required
def discard(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Throw a draft away with its files."""
    found = composing.find_draft(request, draft)
    drafting.discard(found)
    messages.success(request, _("The draft is gone."))
    return redirect("mailbox:drafts", found.mailbox_id)
