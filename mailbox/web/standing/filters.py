"""Filters: what is to happen to arriving mail by itself, in plain words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.web.gates import type_password, typed_password_lately
from govmail_portal import dates
from govmail_portal.errors import PortalError
from mailbox.filing.rules import LONGEST_NAME, Condition, Rule
from mailbox.models import FilterRule, Mailbox
from mailbox.opening import mailbox_key, open_summary
from mailbox.people import delegating
from mailbox.reading.deeds.following import follow
from mailbox.standing import rules
from mailbox.web.acting import toast_of
from mailbox.web.finding import own_message
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import Shell, shell_of, title_of
from mailbox.web.standing import outside
from mailbox.web.standing.forms import rule_from, sheet_of
from mailbox.web.standing.whose import inbox_of, settings_around, settings_of, url_of
from mailbox.web.standing.words import FIELDS, WAYS, told

_SHOWN = 20


class OnlyTheHeadForwards(PortalError):
    message = gettext_lazy(
        "Only whoever heads the office, or acts for them, has its mail forwarded by a filter."
    )


@require_GET
@login_required
def index(request: PortalRequest, mailbox: UUID | None = None) -> HttpResponse:
    """All filters in their order, and to whom mail is forwarded by them."""
    box = settings_of(request, mailbox)
    shell, key = shell_of(request, box), mailbox_key(box)
    folders = {one.slug: title_of(one) for one in shell.folders}
    labels = {str(one.id): one.name for one in shell.labels}
    context = {
        "shell": shell,
        "filters": [told(one, folders, labels) for one in rules.of(box, private_key=key)],
        "forwards": rules.forwards(box, private_key=key),
        "outside": outside.told(request, box),
        "add_url": url_of("filter-new", box, request.user),
    }
    return render(request, "mailbox/rules/index.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@login_required
def add(request: PortalRequest, mailbox: UUID | None = None) -> HttpResponse:
    """A new filter."""
    return _form(request, settings_of(request, mailbox), None, Rule())


@require_GET
@login_required
def from_letter(request: PortalRequest, message: UUID) -> HttpResponse:
    """A new filter, filled in with what a letter shows: its sender and subject."""
    found = own_message(request, message)
    summary = open_summary(found, mailbox_key(found.mailbox))
    conditions = [Condition("from", "is", summary.sender_address)]
    rule = Rule(summary.sender_name[:LONGEST_NAME], True, tuple(conditions))
    return _form(request, settings_around(request, found.mailbox_id), None, rule)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@login_required
def edit(request: PortalRequest, rule: UUID) -> HttpResponse:
    """A filter that is there."""
    row = _row(request, rule)
    return _form(request, row.mailbox, row, _opened(row))


@require_POST
@login_required
def shift(request: PortalRequest, rule: UUID) -> HttpResponse:
    """Ask a filter one place earlier or later."""
    row = _row(request, rule)
    rules.shift(row, up=request.POST.get("to") == "up")
    return redirect(url_of("filters", row.mailbox, request.user))


@require_POST
@login_required
def switch(request: PortalRequest, rule: UUID) -> HttpResponse:
    """Switch a filter on or off; one that forwards is switched on in its own page."""
    row, on = _row(request, rule), request.POST.get("on") == "1"
    held = _opened(row) if on else Rule()
    if held.deeds.forward_to and _may_not_forward(request, row.mailbox):
        raise OnlyTheHeadForwards
    if held.deeds.forward_to and not typed_password_lately(request):
        messages.info(request, _("This filter forwards mail. Save it once more to switch it on."))
        return redirect("mailbox:filter", row.pk)
    rules.switch(row, on=on)
    return redirect(url_of("filters", row.mailbox, request.user))


@require_POST
@login_required
def delete(request: PortalRequest, rule: UUID) -> HttpResponse:
    row = _row(request, rule)
    row.delete()
    messages.success(request, _("The filter is deleted. Letters stay where they are."))
    return redirect(url_of("filters", row.mailbox, request.user))


def _row(request: PortalRequest, rule: UUID) -> FilterRule:
    if (row := FilterRule.objects.filter(pk=rule).first()) is None:
        raise Http404
    row.mailbox = settings_of(request, row.mailbox_id)
    return row


def _may_not_forward(request: PortalRequest, mailbox: Mailbox) -> bool:
    """What a filter forwards goes on after a delegate's time: only who lets others in does it."""
    return not delegating.may_grant(mailbox, request.user)


def _opened(row: FilterRule) -> Rule:
    """A rule that does not open can only be deleted."""
    if (rule := rules.opened(row, mailbox_key(row.mailbox))) is None:
        raise Http404
    return rule


def _form(
    request: PortalRequest, mailbox: Mailbox, row: FilterRule | None, rule: Rule
) -> HttpResponse:
    """Show a filter; keep it; or show what it would catch among the newest letters."""
    key, context = mailbox_key(mailbox), dict[str, Any]()
    before, do = rule, request.POST.get("do", "")
    if request.method == "POST":
        rule = rule_from(request.POST)
    if do == "preview":
        found = list(rules.caught(mailbox, rule, private_key=key))
        context = {"caught": _shown(request, found), "count": len(found)}
    elif request.method == "POST" and do != "more":
        problem = _kept(request, mailbox, row, rule, before)
        if problem is None:
            messages.success(request, _("The filter is kept. It begins with the next letter."))
            if request.POST.get("also") == "1":
                return _follow(request, mailbox, rule)
            return redirect(url_of("filters", mailbox, request.user))
        context = problem
    sheet = sheet_of(rule)
    context |= {
        "shell": (shell := shell_of(request, mailbox)),
        "filters_url": url_of("filters", mailbox, request.user),
        "add_url": url_of("filter-new", mailbox, request.user),
        "row": row,
        "sheet": sheet.with_another_line() if do == "more" else sheet,
        "folders": _places(shell),
        "labels": [(str(one.id), one.name) for one in shell.labels],
        "fields": FIELDS.items(),
        "ways": WAYS.items(),
        "tried_on": rules.TRIED_ON,
    }
    return render(request, "mailbox/rules/form.html", context, status=context.get("status", 200))


def _kept(
    request: PortalRequest, mailbox: Mailbox, row: FilterRule | None, rule: Rule, before: Rule
) -> dict[str, Any] | None:
    """Keep a rule; else what the page has to say about it.

    A rule that forwards is kept only by somebody who has just typed the password: a
    stolen session must not become a leak (ASVS 7.5.1).
    """
    try:
        rules.check(mailbox, rule)
        if rule.deeds.forward_to and _may_not_forward(request, mailbox):
            raise OnlyTheHeadForwards
        if rule.deeds.forward_to and not typed_password_lately(request):
            password = request.POST.get("password", "")
            if not password or not type_password(request, password):
                return {"asks_password": True, "was_wrong": bool(password), "status": 403}
        key = mailbox_key(mailbox)
        if row is None:
            rules.add(mailbox, rule, private_key=key)
        else:
            rules.change(row, rule, private_key=key)
            rules.switch(row, on=True)
    except PortalError as error:
        return {"error": error.message, "status": error.status}
    return None


def _follow(request: PortalRequest, mailbox: Mailbox, rule: Rule) -> HttpResponse:
    """Do it to the letters the filter was tried on, too; the inbox offers the way back."""
    found = list(rules.caught(mailbox, rule, private_key=mailbox_key(mailbox)))
    ids = [one.message.pk for one in found]
    change = follow(mailbox, rule.deeds, ids, now=timezone.now())
    count = manner_of(request).digits(str(len(ids)))
    text = _("The filter has sorted %(count)s letters that were here.") % {"count": count}
    request.session["undo"] = toast_of(request, text, change) | {"folder": "inbox"}
    return redirect(inbox_of(mailbox, request.user))


def _places(shell: Shell) -> list[tuple[str, str]]:
    return [(one.slug, title_of(one)) for one in rules.usable_folders(shell.folders)]


def _shown(request: PortalRequest, found: list[rules.Caught]) -> list[dict[str, Any]]:
    manner, now = manner_of(request), timezone.now()
    return [
        {
            "message": one.message,
            "subject": one.summary.subject,
            "sender": one.summary.sender_name or one.summary.sender_address,
            "when": dates.short(one.message.received_at, manner, now, has_headings=False),
        }
        for one in found[:_SHOWN]
    ]
